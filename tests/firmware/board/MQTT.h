// The MQTT client of the examples (256dpi/MQTT), as much of it as they use, over libmosquitto: with QoS 1 `publish` returns true
// when the acknowledgement has come, and messages that come meanwhile are handed over from within it.
#pragma once
#include <mosquitto.h>

#include <functional>
#include <string>

#include "Arduino.h"

class MQTTClient {
 public:
  using Handler = std::function<void(MQTTClient* client, char topic[], char bytes[], int length)>;
  explicit MQTTClient(int buffer_bytes) : buffer_bytes_(buffer_bytes) {}
  void begin(const char host[], int port, Client&) {
    host_ = host;
    port_ = port;
  }
  void setOptions(int keep_alive_s, bool is_clean, int timeout_ms);
  void onMessageAdvanced(Handler handler) { handler_ = handler; }
  bool connect(const char id[], const char user[], const char password[]);
  bool subscribe(const char topic[], int qos);
  bool publish(const char topic[], const char payload[], bool is_retained, int qos);
  bool loop();
  bool connected() { return is_connected_; }

 private:
  bool until_answered(int number);
  bool lost();

  int buffer_bytes_, port_ = 0, keep_alive_s_ = 10, timeout_ms_ = 1000, answered_ = 0;
  bool is_clean_ = true, is_connected_ = false;
  std::string host_;
  Handler handler_;
  mosquitto* mosquitto_ = nullptr;
};
