"""Numbers of measurements and collections, made from what they stand for. Pure.

The original counted its rows; here a number says where to look, so that nothing has to be stored beside the readings, the
same measurement has the same number whenever it is sent, and later ones have higher numbers.

measurement  41 bits ms since 2000 (until 2069), 10 bits sensor, 2 bits kind
collection   32 bits s since 2000 (until 2136), 21 bits minutes that it spans (almost four years)

All are below 2^53, as large as a number can be that JavaScript keeps exactly.
"""

from typing import NamedTuple

from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import EARLIEST, MINUTE_US, SECOND_US

KINDS = ("INST", "HORA", "DIA")
MS_US = 1_000
MAX = 2**53
SPAN_BITS, SENSOR_BITS, KIND_BITS = 21, 10, 2


class Measured(NamedTuple):
    """at: to the millisecond."""

    at: Micros
    sensor: int
    kind: str


def of_measurement(at: Micros, sensor: int, kind: str) -> int:
    ms = (at - EARLIEST) // MS_US
    return (ms << SENSOR_BITS | sensor) << KIND_BITS | KINDS.index(kind)


def measurement(number: int) -> Measured:
    """What a number stands for. Raises NotFound for one that cannot be."""
    kind, rest = number & (1 << KIND_BITS) - 1, number >> KIND_BITS
    if not 0 <= number < MAX or kind >= len(KINDS):
        raise NotFound(f"there is no measurement {number}")
    return Measured(EARLIEST + (rest >> SENSOR_BITS) * MS_US, rest & (1 << SENSOR_BITS) - 1, KINDS[kind])


def of_collection(first_at: Micros, last_at: Micros) -> int:
    """The number of what was measured from the second of `first_at` to the minute of `last_at`."""
    begin_s = (first_at - EARLIEST) // SECOND_US
    span_us = last_at - EARLIEST - begin_s * SECOND_US
    minutes = -(-span_us // MINUTE_US) if span_us >= SECOND_US else 0
    return begin_s << SPAN_BITS | min(minutes, (1 << SPAN_BITS) - 1)


def collection(number: int) -> tuple[Micros, Micros]:
    """The half-open time that a collection covers. Raises NotFound for a number that cannot be."""
    if not 0 <= number < MAX:
        raise NotFound(f"there is no collection {number}")
    begin_at = EARLIEST + (number >> SPAN_BITS) * SECOND_US
    return begin_at, begin_at + (number & (1 << SPAN_BITS) - 1) * MINUTE_US + SECOND_US
