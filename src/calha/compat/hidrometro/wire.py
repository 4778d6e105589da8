"""What meters of Hidrômetro Inteligente say and hear: JSON objects under several names for the same thing.

    {"ts": 1756137600, "totalLiters": 12345.6, "flowLmin": 8.0}                 firmware, without a serial number
    {"totalLiters": 12345.6, "flowLmin": 8.0, "numeroSerie": "HID-01"}          as documented
    {"total": 12345.6, "flowRate": 8.0}                                         simple sketch

Rule 1: 0 is a value. What is null is a failed read, never 0; what is missing is missing.
Rule 2: `ts` is seconds, milliseconds, or seconds since the meter started: one before CLOCK_SET_FROM is no time of day, and the
        time of arrival stands in for it, which the quality says; as it does for one that lies ahead (see `clocks`).
Rule 3: an object that holds no quantity is no reading (a command that came back on a wildcard, say).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, NamedTuple

import msgspec

from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, time_of
from calha.ingest.decode import parse_number
from calha.ingest.formats import parse_json

CLOCK_SET_FROM: Micros = 1_577_836_800 * SECOND_US  # 2020-01-01: a clock chip that lost its battery begins in 2000
MAX_SERIAL_CHARS = 64

NAMES: Mapping[str, tuple[str, ...]] = {
    "total": ("totalLiters", "total"),
    "flow": ("flowLmin", "flowRate"),
    "battery": ("nivel_bateria", "bateria"),
    "pressure": ("pressao_bar",),
    "leak": ("vazamento_detectado",),
}
SERIAL_NAMES = ("numeroSerie", "serial", "numero_serie", "id_dispositivo")
TIME_NAMES = ("ts", "data_hora", "timestamp")

ACTIONS: Mapping[str, bool] = {  # whether it needs a value
    "reset": False,
    "setCalibration": True,
    "simulate": True,
    "simSetFlow": True,
    "simOff": False,
}
_OTHER_ACTIONS = {"simulateOff": "simOff"}

RESET_BELOW_L = 50.0  # a register that fell, and is below it, was reset: at most what runs through in a minute or two
FLOW_TOLERANCE = 0.2  # L/min: the meter counts whole pulses a second


@dataclass(frozen=True, slots=True)
class Reading:
    """serial: None without. at: None without a time of day. values: by channel, as they were sent."""

    serial: str | None
    at: Micros | None
    values: Mapping[str, Any]

    def number(self, channel: str) -> float:
        """NaN for what is not there, or is no number."""
        value = self.values.get(channel)
        try:
            return parse_number(value) if type(value) is str else float(value) if value is not None else math.nan
        except (Malformed, TypeError, ValueError, OverflowError):
            return math.nan


def read(payload: bytes, zone: tzinfo) -> Reading:
    """zone: of times written without one. Raises Malformed."""
    return reading_of(parse_json(payload), zone)


def reading_of(said: object, zone: tzinfo) -> Reading:
    """Raises Malformed for what is no reading."""
    if type(said) is not dict:
        raise Malformed("an object with totalLiters and flowLmin is expected", "malformed")
    values = {channel: _first(said, names) for channel, names in NAMES.items() if any(name in said for name in names)}
    if not values:
        raise Malformed(f"no reading: neither {', nor '.join(names[0] for names in NAMES.values())}", "no_reading")
    return Reading(serial_of(_first(said, SERIAL_NAMES)), _time(_first(said, TIME_NAMES), zone), values)


def serial_of(given: object) -> str | None:
    """A serial number as this system writes them; None for an empty one. Raises Malformed."""
    if type(given) not in (str, int, type(None)):
        raise Malformed("the serial number is neither a text nor a number", "bad_serial")
    serial = "" if given is None else str(given).strip().upper()
    if len(serial) > MAX_SERIAL_CHARS or not serial.isprintable():
        raise Malformed(f"a serial number has at most {MAX_SERIAL_CHARS} letters and digits", "bad_serial")
    return serial or None


class Order(NamedTuple):
    """A command as meters know it."""

    action: str
    value: float | None

    def payload(self) -> bytes:
        said = {"action": self.action} | ({} if self.value is None else {"value": self.value})
        return msgspec.json.encode(said)


def order_of(action: object, value: object) -> Order:
    """Raises Malformed for a command that no meter knows."""
    name = _OTHER_ACTIONS.get(str(action), str(action))
    if name not in ACTIONS:
        raise Malformed(f"action {str(action)[:40]!r} is unknown; meters know {', '.join(ACTIONS)}", "bad_action")
    if not ACTIONS[name]:
        return Order(name, None)
    try:
        number = parse_number(value) if type(value) is str else float(value)  # type: ignore[arg-type]
    except (Malformed, TypeError, ValueError, OverflowError):
        number = math.nan
    if type(value) is bool or not (number > 0 and math.isfinite(number)):
        raise Malformed(f"{name} needs a value above 0", "bad_parameter")
    return Order(name, number)


class Seen(NamedTuple):
    """What a meter reported; NaN for what it did not."""

    total: float
    flow: float


def shown(order: Order, before: Seen, now: Seen) -> str | None:
    """What a reading tells of a command's execution, in words; None while it tells nothing. A meter itself says nothing."""
    if order.action == "reset" and now.total < RESET_BELOW_L and (now.total < before.total or now.total == 0):
        return f"the register is at {now.total:g} L, after {before.total:g} L"
    is_set = order.value is not None and abs(now.flow - order.value) <= FLOW_TOLERANCE
    if order.action in ("simulate", "simSetFlow") and is_set:
        return f"the flow is {now.flow:g} L/min"
    if order.action == "simOff" and (now.flow == 0 or now.flow < before.flow - FLOW_TOLERANCE):
        return f"the flow is {now.flow:g} L/min, after {before.flow:g}"
    return None


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    """What stands under the first of the names that is there and not null."""
    return next((said[name] for name in names if said.get(name) is not None), None)


def _time(stamp: object, zone: tzinfo) -> Micros | None:
    if stamp is None:
        return None
    at = time_of(stamp, zone)
    return at if at >= CLOCK_SET_FROM else None
