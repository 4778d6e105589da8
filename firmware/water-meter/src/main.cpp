// A water meter that counts the pulses of a flow sensor: litres since ever, and flow. The total survives a power cut (up to a
// minute of it is lost). Commands of the profile water_meter: reset, setCalibration (pulses per litre), setInterval.
#include <Preferences.h>
#include <calha.h>

#include "config.h"

constexpr int kPulsePin = 27;
constexpr uint32_t kSaveEachMs = 60000;

WiFiClient net;
Calha calha(DEVICE, SECRET);
Preferences kept;
volatile uint32_t pulses = 0;
double total_l = 0, pulses_per_l = 450;  // YF-S201
uint32_t interval_ms = INTERVAL_MS, measured_at_ms = 0, saved_at_ms = 0;

void IRAM_ATTR count() { pulses = pulses + 1; }

void save() {
  saved_at_ms = millis();
  kept.putDouble("total_l", total_l);
  kept.putDouble("pulses_per_l", pulses_per_l);
  kept.putUInt("interval_ms", interval_ms);
}

void measure(uint32_t passed_ms) {
  noInterrupts();
  uint32_t counted = pulses;
  pulses = 0;
  interrupts();
  double litres = counted / pulses_per_l;
  total_l += litres;
  char values[80];
  snprintf(values, sizeof values, "\"total\":%.3f,\"flow\":%.3f", total_l, litres * 60000 / passed_ms);
  calha.send(values);
}

std::string act(const std::string& command, const cJSON* parameters) {
  auto number = [parameters](const char* key) {
    const cJSON* found = cJSON_GetObjectItem(parameters, key);
    return cJSON_IsNumber(found) ? found->valuedouble : 0;
  };
  if (command == "reset") {
    total_l = 0;
  } else if (command == "setCalibration" && number("value") > 0) {
    pulses_per_l = number("value");
  } else if (command == "setInterval" && number("seconds") >= 1 && number("seconds") <= 86400) {
    interval_ms = number("seconds") * 1000;
  } else {
    return "no such command or value: " + command;
  }
  save();
  return "";
}

void setup() {
  Serial.begin(115200);
  kept.begin("meter");
  total_l = kept.getDouble("total_l", total_l);
  pulses_per_l = kept.getDouble("pulses_per_l", pulses_per_l);
  interval_ms = kept.getUInt("interval_ms", interval_ms);
  pinMode(kPulsePin, INPUT_PULLUP);
  attachInterrupt(digitalPinToInterrupt(kPulsePin), count, FALLING);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  calha.begin(CALHA_HOST, CALHA_PORT, net, act);
}

void loop() {
  uint32_t passed_ms = millis() - measured_at_ms;
  if (passed_ms >= interval_ms) {
    measured_at_ms += passed_ms;
    measure(passed_ms);
  }
  if (millis() - saved_at_ms >= kSaveEachMs) save();
  calha.loop();
  delay(10);
}
