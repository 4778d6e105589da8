"""Reads a rule from plain data, as JSON and YAML give it, and writes it back. What is wrong is refused with its place.

Rule 1: nothing but InvalidRule leaves `read_rule`, whatever the data.
Rule 2: a name that is not known is refused with those that are, so that a typing error never leaves a rule silent.
Rule 3: `write_rule` gives what `read_rule` reads as the same rule.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Any, Final

from calha.domain.alarm_rules import (
    DAYS,
    LIMIT_NAMES,
    MAX_REPEAT,
    Limit,
    Period,
    Repeat,
    Rule,
    Signal,
    Suppression,
    yes,
)
from calha.domain.alarm_signal_reader import MAX_S, is_yes, read_codes, read_signal, write_signal
from calha.domain.alarm_states import Priority
from calha.domain.rule_data import Given, boolean, choice, fail, integer, mapping, number, shown, text

MAX_PERIODS = 20

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

_SECONDS: Final = ("on_delay_s", "off_delay_s", "lasting_s")
_PARTS: Final = (
    "signal", "limits", "priority", "deadband", *_SECONDS, "latching", "repeat", "schedule", "first_out",
    "suppress_while",
)  # fmt: skip


def read_rule(data: object) -> Rule:
    """The rule in plain data. Raises InvalidRule."""
    given = mapping(data, "rule", _PARTS)
    if "signal" not in given:
        fail("rule.signal", "is missing")
    signal = read_signal(given["signal"])
    priority = _priority(given.get("priority", "medium"), "rule.priority")
    return Rule(
        signal=signal,
        limits=_limits(given, signal, priority),
        deadband=number(given.get("deadband", 0), "rule.deadband", 0),
        latching=boolean(given.get("latching", False), "rule.latching"),
        repeat=_repeat(given["repeat"]) if given.get("repeat") is not None else None,
        schedule=_schedule(given.get("schedule") or []),
        suppress_while=_suppression(given["suppress_while"]) if given.get("suppress_while") is not None else None,
        first_out=text(given.get("first_out", ""), "rule.first_out", is_empty_allowed=True),
        **{name: number(given.get(name, 0), f"rule.{name}", 0, MAX_S) for name in _SECONDS},
    )


def write_rule(rule: Rule) -> dict[str, Any]:
    """The rule as plain data."""
    written: dict[str, Any] = {"signal": write_signal(rule.signal), "deadband": rule.deadband}
    if is_yes(rule.signal):
        written["priority"] = rule.limits[0].priority.value
    else:
        written["limits"] = {one.name: {"value": one.value, "priority": one.priority.value} for one in rule.limits}
    written |= {name: getattr(rule, name) for name in (*_SECONDS, "latching", "first_out")}
    if rule.repeat is not None:
        written["repeat"] = {"count": rule.repeat.count, "within_s": rule.repeat.within_s}
    if rule.suppress_while is not None:
        design = rule.suppress_while
        written["suppress_while"] = {
            "channel": design.channel,
            "codes": list(design.codes),
            "after_s": design.after_s,
        }
    written["schedule"] = [_written_period(one) for one in rule.schedule]
    return written


# -- limits


def _limits(given: Given, signal: Signal, priority: Priority) -> tuple[Limit, ...]:
    if is_yes(signal):
        if given.get("limits"):
            fail("rule.limits", "this signal is either so or not and has no limits; leave them out")
        return yes(priority)
    limits = mapping(given.get("limits", {}), "rule.limits", LIMIT_NAMES)
    found = tuple(_limit(name, limits[name], priority) for name in LIMIT_NAMES if limits.get(name) is not None)
    if not found:
        fail("rule.limits", f"at least one is needed: {', '.join(LIMIT_NAMES)}")
    _require_order(found)
    return found


def _limit(name: Any, data: object, priority: Priority) -> Limit:  # noqa: ANN401 - one of LIMIT_NAMES
    place = f"rule.limits.{name}"
    if not isinstance(data, Mapping):
        return Limit(name, number(data, place), priority)
    given = mapping(data, place, ("value", "priority"))
    if "value" not in given:
        fail(f"{place}.value", "is missing")
    own = _priority(given.get("priority", priority), f"{place}.priority")
    return Limit(name, number(given["value"], f"{place}.value"), own)


def _require_order(limits: Sequence[Limit]) -> None:
    """From hihi down to lolo."""
    for above, below in pairwise(limits):
        if above.value <= below.value:
            fail(f"rule.limits.{above.name}", f"{above.value:g} is not above {below.name} {below.value:g}")


def _priority(data: object, place: str) -> Priority:
    return Priority(choice(data, place, list(Priority)))


# -- what keeps it quiet


def _repeat(data: object) -> Repeat:
    given = mapping(data, "rule.repeat", ("count", "within_s"))
    count = integer(given.get("count"), "rule.repeat.count", 2, MAX_REPEAT)
    return Repeat(count, number(given.get("within_s"), "rule.repeat.within_s", 1, MAX_S))


def _suppression(data: object) -> Suppression:
    place = "rule.suppress_while"
    given = mapping(data, place, ("channel", "codes", "after_s"))
    for name in ("channel", "codes"):
        if name not in given:
            fail(f"{place}.{name}", "is missing")
    codes = read_codes(given["codes"], f"{place}.codes")
    after_s = number(given.get("after_s", 0), f"{place}.after_s", 0, MAX_S)
    return Suppression(text(given["channel"], f"{place}.channel"), codes, after_s)


def _schedule(data: object) -> tuple[Period, ...]:
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) > MAX_PERIODS:
        fail("rule.schedule", f"a list of at most {MAX_PERIODS} periods is expected")
    return tuple(_period(one, f"rule.schedule[{place}]") for place, one in enumerate(data))


def _period(data: object, place: str) -> Period:
    given = mapping(data, place, ("days", "from", "until"))
    days = given.get("days", list(DAYS))
    if not isinstance(days, Sequence) or isinstance(days, str) or not days or any(one not in DAYS for one in days):
        fail(f"{place}.days", f"a list of days is expected: {', '.join(DAYS)}")
    numbers = frozenset(DAYS.index(one) for one in days)
    return Period(numbers, _clock(given, "from", place), _clock(given, "until", place))


def _clock(given: Given, name: str, place: str) -> time:
    clock = given.get(name, "00:00")
    if not isinstance(clock, str) or not _CLOCK.fullmatch(clock):
        fail(f"{place}.{name}", f"is {shown(clock)}; a local time is expected, as in 22:30")
    return time.fromisoformat(clock)


def _written_period(period: Period) -> dict[str, Any]:
    days = [DAYS[day] for day in sorted(period.days)]
    return {"days": days, "from": f"{period.from_:%H:%M}", "until": f"{period.until:%H:%M}"}
