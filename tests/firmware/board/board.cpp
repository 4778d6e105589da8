// The board: its clock and pins, its MQTT client, and what calls setup() once and loop() for ever.
#include <chrono>
#include <cstring>
#include <thread>

#include "Arduino.h"
#include "MQTT.h"
#include "WiFi.h"

SerialPort Serial;
WiFiStation WiFi;

namespace {
using Clock = std::chrono::steady_clock;
const auto started = Clock::now();
void (*on_pulse)() = nullptr;
uint32_t pulsed_at_ms = 0;
constexpr int kConnected = -1;

int told(const std::string& name, int otherwise) {
  const char* value = getenv(name.c_str());
  return value ? atoi(value) : otherwise;
}
}  // namespace

uint32_t millis() { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count(); }

void delay(uint32_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  uint32_t each_ms = told("PULSE_MS", 0);
  while (on_pulse && each_ms && millis() - pulsed_at_ms >= each_ms) {
    pulsed_at_ms += each_ms;
    on_pulse();
  }
}

void pinMode(int, int) {}
void digitalWrite(int pin, int level) {
  printf("pin %d %s\n", pin, level == HIGH ? "high" : "low");
}
int digitalRead(int pin) { return told("LOW_" + std::to_string(pin), 0) ? LOW : HIGH; }
int analogRead(int pin) { return told("ANALOG_" + std::to_string(pin), 2048); }
int digitalPinToInterrupt(int pin) { return pin; }
void attachInterrupt(int, void (*handler)(), int) { on_pulse = handler; }
void noInterrupts() {}
void interrupts() {}
void configTime(long, int, const char*) {}

void MQTTClient::setOptions(int keep_alive_s, bool is_clean, int timeout_ms) {
  keep_alive_s_ = keep_alive_s;
  is_clean_ = is_clean;
  timeout_ms_ = timeout_ms;
}

bool MQTTClient::connect(const char id[], const char user[], const char password[]) {
  if (mosquitto_) mosquitto_destroy(mosquitto_);
  mosquitto_ = mosquitto_new(id, is_clean_, this);
  mosquitto_username_pw_set(mosquitto_, user, password);
  mosquitto_connect_callback_set(mosquitto_, [](mosquitto*, void* self, int code) {
    if (code == 0) static_cast<MQTTClient*>(self)->answered_ = kConnected;
  });
  mosquitto_publish_callback_set(mosquitto_, [](mosquitto*, void* self, int number) {
    static_cast<MQTTClient*>(self)->answered_ = number;
  });
  mosquitto_subscribe_callback_set(mosquitto_, [](mosquitto*, void* self, int number, int, const int* granted) {
    if (granted[0] == 1) static_cast<MQTTClient*>(self)->answered_ = number;
  });
  mosquitto_message_callback_set(mosquitto_, [](mosquitto*, void* self, const mosquitto_message* message) {
    std::string payload(static_cast<const char*>(message->payload), message->payloadlen);
    auto client = static_cast<MQTTClient*>(self);
    if (message->payloadlen < client->buffer_bytes_) client->handler_(client, message->topic, payload.data(), payload.size());
  });
  is_connected_ = mosquitto_connect(mosquitto_, host_.c_str(), port_, keep_alive_s_) == MOSQ_ERR_SUCCESS;
  return is_connected_ && until_answered(kConnected);
}

bool MQTTClient::subscribe(const char topic[], int qos) {
  int number = 0;
  return mosquitto_subscribe(mosquitto_, &number, topic, qos) == MOSQ_ERR_SUCCESS ? until_answered(number) : lost();
}

bool MQTTClient::publish(const char topic[], const char payload[], bool is_retained, int qos) {
  int number = 0, size = strlen(payload);
  if (size + int(strlen(topic)) + 8 > buffer_bytes_) return lost();
  int code = mosquitto_publish(mosquitto_, &number, topic, size, payload, qos, is_retained);
  return code == MOSQ_ERR_SUCCESS ? until_answered(number) : lost();
}

bool MQTTClient::loop() { return mosquitto_loop(mosquitto_, 0, 1) == MOSQ_ERR_SUCCESS || lost(); }

bool MQTTClient::until_answered(int number) {
  uint32_t from_ms = millis();
  while (answered_ != number) {
    if (mosquitto_loop(mosquitto_, 20, 1) != MOSQ_ERR_SUCCESS || int(millis() - from_ms) > timeout_ms_) return lost();
  }
  return true;
}

bool MQTTClient::lost() {
  is_connected_ = false;
  answered_ = 0;
  return false;
}

int main() {
  mosquitto_lib_init();
  setup();
  for (;;) loop();
}
