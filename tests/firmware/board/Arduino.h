// An ESP32 for tests, as much of it as the examples use. Its pins are told by the environment: PULSE_MS, ANALOG_<pin>, LOW_<pin>.
#pragma once
#include <math.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#define IRAM_ATTR
#define constrain(value, least, most) ((value) < (least) ? (least) : (value) > (most) ? (most) : (value))

enum { LOW, HIGH, INPUT_PULLUP, OUTPUT, FALLING };

uint32_t millis();
void delay(uint32_t ms);
void pinMode(int pin, int mode);
void digitalWrite(int pin, int level);
int digitalRead(int pin);
int analogRead(int pin);
int digitalPinToInterrupt(int pin);
void attachInterrupt(int interrupt, void (*handler)(), int mode);
void noInterrupts();
void interrupts();
void configTime(long zone_s, int summer_s, const char* server);

struct SerialPort {
  void begin(int) { setvbuf(stdout, nullptr, _IOLBF, 0); }
  void println(const char* line) { puts(line); }
};
extern SerialPort Serial;

class Client {};

void setup();
void loop();
