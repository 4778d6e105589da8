"""A clean-in-place station: runs a recipe of phases, each with its valve, and reports phase, temperature, conductivity, flow
and pressure of the return at a fixed rate. Commands of the profile cip_station: startRecipe, abort."""

import time

import config
import network
import ntptime
from calha import Calha
from machine import ADC, Pin

JOINING = 1, 2  # states of the Wi-Fi in which to wait
# Phases: 0 idle, 1 pre-rinse, 2 caustic, 3 rinse, 4 acid, 5 final rinse, 6 sanitise
RECIPES = {"full": (1, 2, 3, 4, 5, 6), "caustic_only": (1, 2, 5), "rinse": (1, 5), "sanitise": (1, 6)}
MINUTES = {1: 3, 2: 15, 3: 5, 4: 10, 5: 5, 6: 10}

sensors = {"temperature": (ADC(26), 150), "conductivity": (ADC(27), 200), "pressure": (ADC(28), 10)}  # full scale
valves = {phase: Pin(9 + phase, Pin.OUT, value=0) for phase in MINUTES}
pulses = 0
left, ends_at = [], 0  # phases to come, of which the first runs, and until when


def count(_):
    global pulses
    pulses += 1


def run(phases):
    """Open the valve of the first phase, and no other."""
    global left, ends_at
    left = list(phases)
    ends_at = time.time() + (MINUTES[left[0]] * config.SECONDS_A_MINUTE if left else 0)
    for phase, valve in valves.items():
        valve.value(1 if left[:1] == [phase] else 0)


def act(command, parameters):
    if command == "abort":
        return run([])
    if command != "startRecipe" or parameters.get("recipe") not in RECIPES:
        return "no such command or recipe"
    return "a recipe runs: abort it first" if left else run(RECIPES[parameters["recipe"]])


def measured(passed_ms):
    global pulses
    values = {name: round(adc.read_u16() / 65535 * most, 2) for name, (adc, most) in sensors.items()}
    counted, pulses = pulses, 0
    values["flow"] = round(counted * 3600 / passed_ms / config.PULSES_PER_LITRE, 2)  # m3/h
    values["phase"] = left[0] if left else 0
    return values


def set_clock():
    try:
        ntptime.settime()
    except OSError:
        return False
    return True


Pin(22, Pin.IN, Pin.PULL_UP).irq(count, Pin.IRQ_FALLING)
wifi = network.WLAN(network.STA_IF)
wifi.active(True)
calha = Calha(config.HOST, config.PORT, config.DEVICE, config.SECRET, act)
has_time, measured_at = False, time.ticks_ms()
while True:
    time.sleep_ms(max(0, config.EACH_MS - time.ticks_diff(time.ticks_ms(), measured_at)))
    passed_ms, measured_at = time.ticks_diff(time.ticks_ms(), measured_at), time.ticks_ms()
    if left and time.time() >= ends_at:
        run(left[1:])
    values = measured(passed_ms)
    if wifi.isconnected():
        has_time = has_time or set_clock()
    elif wifi.status() not in JOINING:
        wifi.connect(config.WIFI_NAME, config.WIFI_PASSWORD)
    if has_time:  # without it no reading has its time, and no command expires
        calha.send(values)
        calha.look()
