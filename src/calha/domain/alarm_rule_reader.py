"""Reads a rule from plain data, as JSON and YAML give it, and writes it back. What is wrong is refused with its place.

Rule 1: nothing but InvalidRule leaves `read_rule`, whatever the data.
Rule 2: a name that is not known is refused with those that are, so that a typing error never leaves a rule silent.
Rule 3: `write_rule` gives what `read_rule` reads as the same rule.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Any, Final, NoReturn

from calha.domain.alarm_rules import (
    DAYS,
    LIMIT_NAMES,
    MAX_REPEAT,
    MAX_STATES,
    Deviation,
    Difference,
    Formula,
    Limit,
    NoData,
    Period,
    Rate,
    Repeat,
    Rule,
    Signal,
    StateIs,
    Value,
    yes,
)
from calha.domain.alarm_states import Priority
from calha.domain.errors import InvalidRule, Malformed
from calha.domain.formulas import compiled

MAX_S = 30 * 86_400.0
MAX_PERIODS = 20
MAX_KEY = 64

Given = Mapping[str, Any]

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

_SECONDS: Final = ("on_delay_s", "off_delay_s", "lasting_s")
_PARTS: Final = (
    "signal", "limits", "priority", "deadband", *_SECONDS, "latching", "repeat", "schedule", "first_out",
)  # fmt: skip


def read_rule(data: object) -> Rule:
    """The rule in plain data. Raises InvalidRule."""
    given = _mapping(data, "rule", _PARTS)
    if "signal" not in given:
        _fail("rule.signal", "is missing")
    signal = _signal(given["signal"])
    priority = _priority(given.get("priority", "medium"), "rule.priority")
    return Rule(
        signal=signal,
        limits=_limits(given, signal, priority),
        deadband=_number(given.get("deadband", 0), "rule.deadband", 0),
        latching=_boolean(given.get("latching", False), "rule.latching"),
        repeat=_repeat(given["repeat"]) if given.get("repeat") is not None else None,
        schedule=_schedule(given.get("schedule") or []),
        first_out=_text(given.get("first_out", ""), "rule.first_out", is_empty_allowed=True),
        **{name: _number(given.get(name, 0), f"rule.{name}", 0, MAX_S) for name in _SECONDS},
    )


def write_rule(rule: Rule) -> dict[str, Any]:
    """The rule as plain data."""
    written: dict[str, Any] = {"signal": _written_signal(rule.signal), "deadband": rule.deadband}
    if is_yes(rule.signal):
        written["priority"] = rule.limits[0].priority.value
    else:
        written["limits"] = {one.name: {"value": one.value, "priority": one.priority.value} for one in rule.limits}
    written |= {name: getattr(rule, name) for name in (*_SECONDS, "latching", "first_out")}
    if rule.repeat is not None:
        written["repeat"] = {"count": rule.repeat.count, "within_s": rule.repeat.within_s}
    written["schedule"] = [_written_period(one) for one in rule.schedule]
    return written


def is_yes(signal: Signal) -> bool:
    """Whether a signal is either so or not, and therefore has no limits."""
    return isinstance(signal, StateIs | NoData) or (isinstance(signal, Formula) and signal.is_yes)


# -- signals


def _signal(data: object) -> Signal:
    place = "rule.signal"
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in _SIGNALS:
        _fail(f"{place}.kind", f"is {_shown(kind)}; allowed: {', '.join(_SIGNALS)}")
    names, read = _SIGNALS[kind]
    given = _mapping(data, place, ("kind", *names))
    for name in names:
        if name not in given and name != "percent":
            _fail(f"{place}.{name}", "is missing")
    return read(given)


def _difference(given: Given) -> Signal:
    channel, other = _key(given, "channel"), _key(given, "other")
    if channel == other:
        _fail("rule.signal.other", f"is {other!r} as well; a channel does not differ from itself")
    return Difference(channel, other, _boolean(given.get("percent", False), "rule.signal.percent"))


def _formula(given: Given) -> Signal:
    text = _text(given["text"], "rule.signal.text", most=500)
    try:
        found = compiled(text)
    except Malformed as error:
        _fail("rule.signal.text", str(error))
    return Formula(text, found.channels, found.is_yes)


def _states(given: Given) -> Signal:
    place, codes = "rule.signal.codes", given["codes"]
    if not isinstance(codes, Sequence) or isinstance(codes, str) or not 0 < len(codes) <= MAX_STATES:
        _fail(place, f"a list of 1 to {MAX_STATES} codes is expected")
    return StateIs(_key(given, "channel"), tuple(sorted({_integer(one, place, 0, MAX_STATES - 1) for one in codes})))


def _over(given: Given) -> float:
    return _number(given["over_s"], "rule.signal.over_s", 1, MAX_S)


_SIGNALS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Given], Signal]]]] = {
    "value": (("channel",), lambda given: Value(_key(given, "channel"))),
    "rate": (("channel", "over_s"), lambda given: Rate(_key(given, "channel"), _over(given))),
    "deviation": (("channel", "over_s"), lambda given: Deviation(_key(given, "channel"), _over(given))),
    "state": (("channel", "codes"), _states),
    "no_data": ((), lambda _: NoData()),
    "difference": (("channel", "other", "percent"), _difference),
    "formula": (("text",), _formula),
}


def _written_signal(signal: Signal) -> dict[str, Any]:
    match signal:
        case Value(channel):
            return {"kind": "value", "channel": channel}
        case Rate(channel, over_s):
            return {"kind": "rate", "channel": channel, "over_s": over_s}
        case Deviation(channel, over_s):
            return {"kind": "deviation", "channel": channel, "over_s": over_s}
        case StateIs(channel, codes):
            return {"kind": "state", "channel": channel, "codes": list(codes)}
        case NoData():
            return {"kind": "no_data"}
        case Difference(channel, other, is_percent):
            return {"kind": "difference", "channel": channel, "other": other, "percent": is_percent}
        case Formula(text, _, _):
            return {"kind": "formula", "text": text}


# -- limits


def _limits(given: Given, signal: Signal, priority: Priority) -> tuple[Limit, ...]:
    if is_yes(signal):
        if given.get("limits"):
            _fail("rule.limits", "this signal is either so or not and has no limits; leave them out")
        return yes(priority)
    limits = _mapping(given.get("limits", {}), "rule.limits", LIMIT_NAMES)
    found = tuple(_limit(name, limits[name], priority) for name in LIMIT_NAMES if limits.get(name) is not None)
    if not found:
        _fail("rule.limits", f"at least one is needed: {', '.join(LIMIT_NAMES)}")
    _require_order(found)
    return found


def _limit(name: Any, data: object, priority: Priority) -> Limit:  # noqa: ANN401 - one of LIMIT_NAMES
    place = f"rule.limits.{name}"
    if not isinstance(data, Mapping):
        return Limit(name, _number(data, place), priority)
    given = _mapping(data, place, ("value", "priority"))
    if "value" not in given:
        _fail(f"{place}.value", "is missing")
    own = _priority(given.get("priority", priority), f"{place}.priority")
    return Limit(name, _number(given["value"], f"{place}.value"), own)


def _require_order(limits: Sequence[Limit]) -> None:
    """From hihi down to lolo."""
    for above, below in pairwise(limits):
        if above.value <= below.value:
            _fail(f"rule.limits.{above.name}", f"{above.value:g} is not above {below.name} {below.value:g}")


# -- what keeps it quiet


def _repeat(data: object) -> Repeat:
    given = _mapping(data, "rule.repeat", ("count", "within_s"))
    count = _integer(given.get("count"), "rule.repeat.count", 2, MAX_REPEAT)
    return Repeat(count, _number(given.get("within_s"), "rule.repeat.within_s", 1, MAX_S))


def _schedule(data: object) -> tuple[Period, ...]:
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) > MAX_PERIODS:
        _fail("rule.schedule", f"a list of at most {MAX_PERIODS} periods is expected")
    return tuple(_period(one, f"rule.schedule[{place}]") for place, one in enumerate(data))


def _period(data: object, place: str) -> Period:
    given = _mapping(data, place, ("days", "from", "until"))
    days = given.get("days", list(DAYS))
    if not isinstance(days, Sequence) or isinstance(days, str) or not days or any(one not in DAYS for one in days):
        _fail(f"{place}.days", f"a list of days is expected: {', '.join(DAYS)}")
    numbers = frozenset(DAYS.index(one) for one in days)
    return Period(numbers, _clock(given, "from", place), _clock(given, "until", place))


def _clock(given: Given, name: str, place: str) -> time:
    text = given.get(name, "00:00")
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        _fail(f"{place}.{name}", f"is {_shown(text)}; a local time is expected, as in 22:30")
    return time.fromisoformat(text)


def _written_period(period: Period) -> dict[str, Any]:
    days = [DAYS[number] for number in sorted(period.days)]
    return {"days": days, "from": f"{period.from_:%H:%M}", "until": f"{period.until:%H:%M}"}


# -- plain data


def _mapping(data: object, place: str, allowed: Sequence[str]) -> Given:
    if not isinstance(data, Mapping):
        _fail(place, f"is {_shown(data)}; names and values are expected")
    for name in data:
        if name not in allowed:
            _fail(f"{place}.{str(name)[:MAX_KEY]}", f"is not known; allowed: {', '.join(allowed) or 'nothing'}")
    return data


def _number(data: object, place: str, least: float = -math.inf, most: float = math.inf) -> float:
    is_number = isinstance(data, int | float) and not isinstance(data, bool)
    value = float(data) if is_number and abs(data) < 1e300 else math.nan  # type: ignore[arg-type]
    if not math.isfinite(value):
        _fail(place, f"is {_shown(data)}; a number is expected")
    if not least <= value <= most:
        allowed = f"allowed: {least:g} to {most:g}" if most < math.inf else f"at least {least:g}"
        _fail(place, f"is {value:g}; {allowed}")
    return value


def _integer(data: object, place: str, least: int, most: int) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not least <= data <= most:
        _fail(place, f"is {_shown(data)}; a whole number from {least} to {most} is expected")
    return data


def _boolean(data: object, place: str) -> bool:
    if not isinstance(data, bool):
        _fail(place, f"is {_shown(data)}; true or false is expected")
    return data


def _text(data: object, place: str, most: int = MAX_KEY, is_empty_allowed: bool = False) -> str:
    if not isinstance(data, str) or len(data) > most or not (data.strip() or is_empty_allowed):
        _fail(place, f"is {_shown(data)}; a text of 1 to {most} characters is expected")
    return data


def _key(given: Given, name: str) -> str:
    return _text(given[name], f"rule.signal.{name}")


def _priority(data: object, place: str) -> Priority:
    if not isinstance(data, str) or data not in set(Priority):
        _fail(place, f"is {_shown(data)}; allowed: {', '.join(Priority)}")
    return Priority(data)


def _shown(data: object) -> str:
    return "missing" if data is None else repr(data)[:60]


def _fail(place: str, reason: str) -> NoReturn:
    raise InvalidRule(f"{place}: {reason}", where=place)
