// The network of the machine that runs the test.
#pragma once
#include "Arduino.h"

enum { WL_CONNECTED = 3 };

class WiFiClient : public Client {};

struct WiFiStation {
  void begin(const char*, const char*) {}
  int status() { return WL_CONNECTED; }
};
extern WiFiStation WiFi;
