"""The pins of a Pico: analog ones measure the middle; the input is pulsed every PULSE_MS, outputs are told as they change."""

import os
import sys
import threading
import time


class ADC:
    def __init__(self, pin):
        self._pin = pin

    def read_u16(self):
        return 32_768


class Pin:
    IN, OUT, PULL_UP, IRQ_FALLING = range(4)

    def __init__(self, number, mode, pull=None, value=None):
        self._number, self._value = number, value

    def value(self, wanted):
        if wanted != self._value:
            sys.stdout.write(f"pin {self._number} {'high' if wanted else 'low'}\n")
        self._value = wanted

    def irq(self, handler, trigger):
        threading.Thread(target=self._pulse, args=(handler,), daemon=True).start()

    def _pulse(self, handler):
        while True:
            time.sleep(int(os.environ["PULSE_MS"]) / 1000)
            handler(self)
