"""The Wi-Fi of a Pico: joined after it has been told to."""

STA_IF = 0


class WLAN:
    def __init__(self, interface):
        self._is_joined = False

    def active(self, is_on):
        pass

    def connect(self, name, password):
        self._is_joined = True

    def isconnected(self):
        return self._is_joined

    def status(self):
        return 3 if self._is_joined else 0
