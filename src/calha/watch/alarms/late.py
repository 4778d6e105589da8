"""Late readings complete the record: what they prove of the past goes into an alarm's history, and raises nothing now.

Rule 1: only a time that is over counts: the condition began and ended before the newest reading.
Rule 2: what the history tells already is not told twice; a time that touches one of its own is the same.
Rule 3: what is expected now is not what was expected then, so rules that go by it complete nothing.
Rule 4: of at most MAX_LATE series late readings are kept in mind at a time; those of more are passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calha.domain.alarm_rules import FromExpected, LeastHour, Rule, VoltageQuality
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.watch.alarms.checks import Check, Ints
from calha.watch.alarms.replay import Track, replay

MAX_LATE = 2_000
MARGIN_US = 60 * SECOND_US
_LOOKS_BACK_S: Mapping[type, float] = {VoltageQuality: 8 * 86_400.0, LeastHour: 2 * 86_400.0}


@dataclass
class LateReadings:
    """Of which series readings came late, and the first and last of their times."""

    spans: dict[int, tuple[Micros, Micros]] = field(default_factory=dict)

    def add(self, series: Ints, at: Ints) -> None:
        """Take note of late readings."""
        for one in np.unique(series).tolist():
            mine = at[series == one]
            first, last = int(mine.min()), int(mine.max())
            if one in self.spans:
                known = self.spans[one]
                self.spans[one] = min(known[0], first), max(known[1], last)
            elif len(self.spans) < MAX_LATE:
                self.spans[one] = first, last

    def drain(self) -> dict[int, tuple[Micros, Micros]]:
        """All that is known, which is forgotten."""
        found, self.spans = self.spans, {}
        return found


def span_of(check: Check, late: Mapping[int, tuple[Micros, Micros]]) -> tuple[Micros, Micros] | None:
    """The time in which a check has something new to look at; None without any."""
    if check.is_design or isinstance(check.rule.signal, FromExpected):
        return None
    mine = [late[one] for one in check.inputs if one in late]
    return (min(first for first, _ in mine), max(last for _, last in mine)) if mine else None


def reach_us(rule: Rule) -> int:
    """How far a reading's effect goes: delays, what a signal looks back at, and what counts repeats."""
    over_s = _LOOKS_BACK_S.get(type(rule.signal), getattr(rule.signal, "over_s", 0.0))
    repeat_s = rule.repeat.within_s if rule.repeat is not None else 0.0
    reach_s = 2 * over_s + repeat_s + rule.on_delay_s + rule.lasting_s + rule.off_delay_s
    return round(reach_s * SECOND_US) + MARGIN_US


def missed(
    check: Check,
    inputs: Sequence[Track],
    span: tuple[Micros, Micros],
    until: Micros,
    told: Iterable[tuple[Micros, Micros]],
) -> list[tuple[Micros, Micros]]:
    """(began, ended) of the times that the late readings of a span prove, and that are not among those that were told."""
    found = replay(check, inputs, until)
    ended = found.ended[:-1] if found.lasts else found.ended
    whole = zip(found.began[: len(ended)].tolist(), ended.tolist(), strict=True)
    known = list(told)
    reach = reach_us(check.rule)
    return [
        (began, end)
        for began, end in whole
        if began <= span[1] + reach
        and end >= span[0] - MARGIN_US
        and not any(first <= end and began <= last for first, last in known)
    ]
