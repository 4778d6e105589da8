// Flash memory for tests: a file per value, in the folder KEPT.
#pragma once
#include <fstream>
#include <string>

class Preferences {
 public:
  bool begin(const char* name) {
    folder_ = std::string(getenv("KEPT")) + "/" + name + "-";
    return true;
  }
  double getDouble(const char* key, double otherwise) { return get(key, otherwise); }
  uint32_t getUInt(const char* key, uint32_t otherwise) { return get(key, otherwise); }
  void putDouble(const char* key, double value) { std::ofstream(folder_ + key) << value; }
  void putUInt(const char* key, uint32_t value) { std::ofstream(folder_ + key) << value; }

 private:
  template <typename Number>
  Number get(const char* key, Number otherwise) {
    std::ifstream(folder_ + key) >> otherwise;
    return otherwise;
  }
  std::string folder_;
};
