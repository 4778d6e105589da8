// Calha over MQTT. What is sent is kept until Calha has acknowledged that it is on disk (PUBACK), over any disconnection; when
// the memory for it is full the oldest goes. A command is done once, before it expires, and answered.
#pragma once
#include <Arduino.h>
#include <MQTT.h>
#include <WiFi.h>
#include <cJSON.h>
#include <sys/time.h>
#include <algorithm>
#include <deque>
#include <functional>
class Calha {
 public:
  // Does a command: returns nothing when it is done, else why not (plain ASCII without quotes).
  using Act = std::function<std::string(const std::string& command, const cJSON* parameters)>;
  Calha(const char* device, const char* secret) : device_(device), secret_(secret) {}
  void begin(const char* host, int port, Client& net, Act act) {
    act_ = act;
    configTime(0, 0, "pool.ntp.org");  // UTC
    mqtt_.begin(host, port, net);
    mqtt_.setOptions(30, false, 5000);  // the session is kept: commands wait in it while this is away
    // Nothing may be published in here, as an acknowledgement may just be waited for.
    mqtt_.onMessageAdvanced([this](MQTTClient*, char*, char* bytes, int size) { heard_.emplace_back(bytes, size); });
  }
  // values: such as "flow":12.5,"total":48211.3. Nothing is kept before the clock is right, as its time would be wrong.
  void send(const std::string& values) {
    timeval now;
    if (gettimeofday(&now, nullptr) != 0 || now.tv_sec < 1700000000) return;
    Serial.println(values.c_str());
    if (outbox_.size() >= kMostKept) outbox_.pop_front();
    std::string at_ms = std::to_string(now.tv_sec * 1000LL + now.tv_usec / 1000);
    outbox_.push_back({"telemetry", "{\"ts\":" + at_ms + ",\"values\":{" + values + "}}"});
  }
  void loop() {
    if (!mqtt_.connected() && !connect()) return;
    mqtt_.loop();
    for (; !heard_.empty(); heard_.pop_front()) obey(heard_.front());
    if (outbox_.empty()) return;
    std::string topic = base_ + outbox_.front().first, text = outbox_.front().second;
    if (mqtt_.publish(topic.c_str(), text.c_str(), false, 1)) outbox_.pop_front();  // acknowledged, and not before
  }
 private:
  using Pair = std::pair<std::string, std::string>;
  static constexpr uint32_t kMostKept = 1000, kMostRemembered = 16, kFirstPauseMs = 500, kLongestPauseMs = 30000;
  bool connect() {
    if (WiFi.status() != WL_CONNECTED || millis() - tried_at_ms_ < pause_ms_) return false;
    bool is_in = mqtt_.connect(device_, device_, secret_) && mqtt_.subscribe((base_ + "commands").c_str(), 1);
    pause_ms_ = is_in ? kFirstPauseMs : std::min(pause_ms_ * 2, kLongestPauseMs);
    tried_at_ms_ = millis();
    return is_in;
  }
  void obey(const std::string& text) {
    cJSON* order = cJSON_Parse(text.c_str());
    auto word = [order](const char* key) { return cJSON_GetStringValue(cJSON_GetObjectItem(order, key)); };
    const char *id = word("id"), *command = word("command"), *expires_at = word("expires_at");
    if (id && command && expires_at) {
      auto known = std::find_if(done_.begin(), done_.end(), [id](const Pair& one) { return one.first == id; });
      std::string said = known == done_.end() ? answer(command, expires_at, order) : known->second;  // its answer was lost
      if (known == done_.end()) done_.push_back({id, said});
      if (done_.size() > kMostRemembered) done_.pop_front();
      outbox_.push_front({std::string("commands/") + id + "/reply", said});
    }
    cJSON_Delete(order);
  }
  std::string answer(const std::string& command, const std::string& expires_at, const cJSON* order) {
    char now[20];
    time_t at = time(nullptr);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", gmtime(&at));
    std::string refusal = expires_at < now ? "it came too late" : act_(command, cJSON_GetObjectItem(order, "parameters"));
    return refusal.empty() ? "{\"state\":\"executed\"}" : "{\"state\":\"rejected\",\"detail\":\"" + refusal + "\"}";
  }
  const char *device_, *secret_;
  const std::string base_ = std::string("calha/v1/") + device_ + "/";  // of the topics
  MQTTClient mqtt_{1024};
  Act act_;
  std::deque<Pair> outbox_, done_;  // topic and text; id and answer
  std::deque<std::string> heard_;
  uint32_t tried_at_ms_ = 0, pause_ms_ = kFirstPauseMs;
};
