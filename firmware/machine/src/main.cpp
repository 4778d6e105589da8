// A machine with a relay, a temperature sensor (NTC) and a speed sensor. Whoever stands beside it can stop it with a button; too
// hot, it stops itself. Commands of the profile machine: start (with the highest temperature, if told), stop, reset.
#include <calha.h>

#include "config.h"

constexpr int kRelayPin = 26, kButtonPin = 14, kTemperaturePin = 34, kSpeedPin = 35;
constexpr double kNtcBeta = 3950, kHighestRpm = 3000;
enum State { kStopped = 0, kRunning = 1, kFault = 2 };

WiFiClient net;
Calha calha(DEVICE, SECRET);
State state = kStopped;
double hottest_c = 80, temperature_c = 0;
uint32_t sent_at_ms = 0;

void report() {
  sent_at_ms = millis();
  double rpm = state == kRunning ? analogRead(kSpeedPin) / 4095.0 * kHighestRpm : 0;
  char values[80];
  snprintf(values, sizeof values, "\"state\":%d,\"temperature\":%.1f,\"rpm\":%.0f", state, temperature_c, rpm);
  calha.send(values);
}

void become(State next) {
  state = next;
  digitalWrite(kRelayPin, state == kRunning ? HIGH : LOW);
  report();  // at once: it is what shows that a command was done
}

double measured_c() {
  double share = analogRead(kTemperaturePin) / 4095.0;
  double ratio = 1 / constrain(share, 0.001, 0.999) - 1;
  return 1 / (log(1 / ratio) / kNtcBeta + 1 / 298.15) - 273.15;
}

std::string act(const std::string& command, const cJSON* parameters) {
  if (command == "start") {
    if (state == kFault) return "it is in fault: reset it first";
    if (digitalRead(kButtonPin) == LOW) return "somebody holds the stop button";
    const cJSON* limit = cJSON_GetObjectItem(parameters, "temperatura");
    if (cJSON_IsNumber(limit)) hottest_c = constrain(limit->valuedouble, 20, 120);
    become(kRunning);
  } else if (command == "stop") {
    become(state == kFault ? kFault : kStopped);
  } else if (command == "reset") {
    if (state == kFault && temperature_c > hottest_c) return "it is still too hot";
    hottest_c = 80;
    become(kStopped);
  } else {
    return "no such command: " + command;
  }
  return "";
}

void setup() {
  Serial.begin(115200);
  pinMode(kRelayPin, OUTPUT);
  digitalWrite(kRelayPin, LOW);
  pinMode(kButtonPin, INPUT_PULLUP);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  calha.begin(CALHA_HOST, CALHA_PORT, net, act);
}

void loop() {
  temperature_c = measured_c();
  if (state == kRunning && temperature_c > hottest_c) become(kFault);
  if (state == kRunning && digitalRead(kButtonPin) == LOW) become(kStopped);
  if (millis() - sent_at_ms >= INTERVAL_MS) report();
  calha.loop();
  delay(10);
}
