"""Reads the signal of a rule from plain data, a kind each, and writes it back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast, get_args

from calha.domain.alarm_rules import (
    MAX_STATES,
    Deviation,
    Difference,
    Formula,
    FromExpected,
    LeastHour,
    NoData,
    Rate,
    Signal,
    StateIs,
    Value,
    VoltageQuality,
)
from calha.domain.errors import InvalidRule, Malformed
from calha.domain.formulas import compiled
from calha.domain.rule_data import Given, boolean, choice, fail, integer, mapping, number, shown, text
from calha.domain.supply_voltage import Level, Measure

MAX_S = 30 * 86_400.0
_CODES: Final = "rule.signal.codes"


def read_signal(data: object) -> Signal:
    """The signal in plain data. Raises InvalidRule."""
    place = "rule.signal"
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in _SIGNALS:
        fail(f"{place}.kind", f"is {shown(kind)}; allowed: {', '.join(_SIGNALS)}")
    names, read = _SIGNALS[kind]
    given = mapping(data, place, ("kind", *names))
    for name in names:
        if name not in given and name not in _MAY_BE_MISSING:
            fail(f"{place}.{name}", "is missing")
    return read(given)


def _difference(given: Given) -> Signal:
    channel, other = _key(given, "channel"), _key(given, "other")
    if channel == other:
        fail("rule.signal.other", f"is {other!r} as well; a channel does not differ from itself")
    return Difference(channel, other, boolean(given.get("percent", False), "rule.signal.percent"))


def _expected(given: Given) -> Signal:
    return FromExpected(_key(given, "channel"), boolean(given.get("percent", False), "rule.signal.percent"))


def _voltage(given: Given) -> Signal:
    nominal = number(given["nominal"], "rule.signal.nominal", 1)
    measure = cast(Measure, choice(given["measure"], "rule.signal.measure", get_args(Measure)))
    level = cast(Level, choice(given.get("level", "low"), "rule.signal.level", get_args(Level)))
    return VoltageQuality(_key(given, "channel"), nominal, measure, level)


def _formula(given: Given) -> Signal:
    written = text(given["text"], "rule.signal.text", most=500)
    try:
        found = compiled(written)
    except Malformed as error:
        place = "rule.signal.text"
        raise InvalidRule(f"{place}: {error}", error.reason, where=place, **error.about) from None
    return Formula(written, found.channels, found.is_yes)


def read_codes(data: object, place: str) -> tuple[int, ...]:
    """Codes of a state. Raises InvalidRule."""
    if not isinstance(data, Sequence) or isinstance(data, str) or not 0 < len(data) <= MAX_STATES:
        fail(place, f"a list of 1 to {MAX_STATES} codes is expected")
    return tuple(sorted({integer(one, place, 0, MAX_STATES - 1) for one in data}))


def _over(given: Given) -> float:
    return number(given["over_s"], "rule.signal.over_s", 1, MAX_S)


_SIGNALS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Given], Signal]]]] = {
    "value": (("channel",), lambda given: Value(_key(given, "channel"))),
    "rate": (("channel", "over_s"), lambda given: Rate(_key(given, "channel"), _over(given))),
    "deviation": (("channel", "over_s"), lambda given: Deviation(_key(given, "channel"), _over(given))),
    "expected": (("channel", "percent"), _expected),
    "voltage_quality": (("channel", "nominal", "measure", "level"), _voltage),
    "least_hour": (("channel",), lambda given: LeastHour(_key(given, "channel"))),
    "state": (("channel", "codes"), lambda given: StateIs(_key(given, "channel"), read_codes(given["codes"], _CODES))),
    "no_data": ((), lambda _: NoData()),
    "difference": (("channel", "other", "percent"), _difference),
    "formula": (("text",), _formula),
}
_MAY_BE_MISSING: Final = ("percent", "level")


def write_signal(signal: Signal) -> dict[str, Any]:
    """The signal as plain data."""
    match signal:
        case Value(channel):
            return {"kind": "value", "channel": channel}
        case Rate(channel, over_s):
            return {"kind": "rate", "channel": channel, "over_s": over_s}
        case Deviation(channel, over_s):
            return {"kind": "deviation", "channel": channel, "over_s": over_s}
        case FromExpected(channel, is_percent):
            return {"kind": "expected", "channel": channel, "percent": is_percent}
        case VoltageQuality(channel, nominal, measure, level):
            written = {"kind": "voltage_quality", "channel": channel, "nominal": nominal}
            return written | {"measure": measure, "level": level}
        case LeastHour(channel):
            return {"kind": "least_hour", "channel": channel}
        case StateIs(channel, codes):
            return {"kind": "state", "channel": channel, "codes": list(codes)}
        case NoData():
            return {"kind": "no_data"}
        case Difference(channel, other, is_percent):
            return {"kind": "difference", "channel": channel, "other": other, "percent": is_percent}
        case Formula():
            return {"kind": "formula", "text": signal.text}


def is_yes(signal: Signal) -> bool:
    """Whether a signal is either so or not, and therefore has no limits."""
    return isinstance(signal, StateIs | NoData) or (isinstance(signal, Formula) and signal.is_yes)


def _key(given: Given, name: str) -> str:
    return text(given[name], f"rule.signal.{name}")
