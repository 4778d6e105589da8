"""How well an alarm system serves its operators: the figures of ISA-18.2-2016 §16 (IEC 62682) against their limits.

What is counted are alarms that were annunciated; acknowledgements, shelving and messages of the system are none of them.
A flood begins with the ten minutes in which more than FLOOD_BEGINS alarms come, and ends with the first ten minutes of fewer
than FLOOD_ENDS. An alarm chatters when it comes and goes more than CHATTER_TRANSITIONS times in CHATTER_US, is fleeting when
it goes within FLEETING_US, and is stale when it stands for longer than STALE_US.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from calha.domain.alarm_states import Priority
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US

SLOT_US = 10 * MINUTE_US
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
CHATTER_TRANSITIONS, CHATTER_US = 5, 5 * MINUTE_US
FLEETING_US = 10 * SECOND_US
STALE_US = DAY_US
TOP = 10
DUE_MIX: Final[Mapping[Priority, float]] = {Priority.LOW: 0.80, Priority.MEDIUM: 0.15, Priority.HIGH: 0.05}


class Moment(NamedTuple):
    """An alarm (any number) that was raised, or cleared, at a time."""

    alarm: int
    at: Micros
    holds: bool
    priority: Priority


@dataclass(frozen=True, slots=True)
class Flood:
    """alarms: in it. peak: most of them in ten minutes."""

    from_at: Micros
    until_at: Micros
    alarms: int
    peak: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure against the standard: good up to `target`, bearable up to `limit`. What has no target is only told."""

    name: str
    value: float
    target: float
    limit: float

    @property
    def verdict(self) -> str:
        if self.value <= self.target:
            return "good"
        return "bearable" if self.value <= self.limit else "bad"


@dataclass(frozen=True, slots=True)
class Health:
    """figures: by name. top: alarms that came most often, with how often. mix: share of each priority.

    chattering, fleeting, stale: the alarms that did so, with how often; stale with since when.
    """

    alarms: int
    figures: Sequence[Figure]
    floods: Sequence[Flood]
    top: Sequence[tuple[int, int]]
    chattering: Mapping[int, int]
    fleeting: Mapping[int, int]
    stale: Mapping[int, Micros]
    mix: Mapping[Priority, float]


def health(moments: Sequence[Moment], from_at: Micros, until: Micros, consoles: int = 1) -> Health:
    """Of what happened in [from_at, until), by time. consoles: at how many operators sit, who share the alarms."""
    raised = [one for one in moments if one.holds]
    slots = _slots([one.at for one in raised], from_at, until)
    found = floods(slots.tolist(), from_at)
    counts = Counter(one.alarm for one in raised)
    top = counts.most_common(TOP)
    spans = list(_spans(moments))
    chattering, stale = _chattering(moments), _stale(moments, until)
    fleeting = Counter(alarm for alarm, began, ended in spans if ended - began < FLEETING_US)
    priorities = Counter(one.priority for one in raised)
    mix = {one: priorities[one] / len(raised) if raised else 0.0 for one in Priority}
    hours = (until - from_at) / HOUR_US
    flooded_us = sum(one.until_at - one.from_at for one in found)
    figures = [
        Figure("alarms_an_hour", len(raised) / hours / consoles, 6.0, 12.0),
        Figure("alarms_in_10_minutes", int(slots.max(initial=0)) / consoles, 10.0, 10.0),
        Figure("slots_over_10_percent", 100 * float((slots > FLOOD_BEGINS * consoles).mean()), 1.0, 1.0),
        Figure("flood_percent", 100 * flooded_us / (until - from_at), 1.0, 5.0),
        Figure("top_10_percent", 100 * sum(number for _, number in top) / max(1, len(raised)), 5.0, 20.0),
        Figure("chattering", float(len(chattering)), 0.0, 0.0),
        Figure("fleeting", float(len(fleeting)), 0.0, 0.0),
        Figure("stale", float(len(stale)), 4.0, 4.0),
        Figure("high_percent", 100 * (mix[Priority.HIGH] + mix[Priority.CRITICAL]), 5.0, 10.0),
        Figure("critical_percent", 100 * mix[Priority.CRITICAL], 1.0, 1.0),
    ]
    return Health(len(raised), figures, found, top, chattering, fleeting, stale, mix)


def floods(counts: Sequence[int], from_at: Micros) -> list[Flood]:
    """Floods in counts of alarms in ten minutes after another; one that has not ended ends with them."""
    found: list[Flood] = []
    begin: int | None = None
    for place, count in enumerate([*counts, 0]):
        if begin is None and count > FLOOD_BEGINS:
            begin = place
        elif begin is not None and count < FLOOD_ENDS:
            part = counts[begin:place]
            found.append(Flood(from_at + begin * SLOT_US, from_at + place * SLOT_US, sum(part), max(part)))
            begin = None
    return found


def _slots(at: Sequence[Micros], from_at: Micros, until: Micros) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    size = max(1, -(-(until - from_at) // SLOT_US))
    return np.bincount((np.array(at, np.int64) - from_at) // SLOT_US, minlength=size)


def _spans(moments: Iterable[Moment]) -> Iterable[tuple[int, Micros, Micros]]:
    """(alarm, raised at, cleared at) of those that both happened in the time."""
    open_: dict[int, Micros] = {}
    for one in moments:
        if one.holds:
            open_[one.alarm] = one.at
        elif one.alarm in open_:
            yield one.alarm, open_.pop(one.alarm), one.at


def _chattering(moments: Iterable[Moment]) -> dict[int, int]:
    """Alarms with more than CHATTER_TRANSITIONS transitions within CHATTER_US, and the most that there were."""
    times: dict[int, list[Micros]] = {}
    for one in moments:
        times.setdefault(one.alarm, []).append(one.at)
    found = {}
    for alarm, at in times.items():
        ordered = np.array(at, np.int64)
        within = np.searchsorted(ordered, ordered + CHATTER_US, side="right") - np.arange(len(ordered))
        if within.max() > CHATTER_TRANSITIONS:
            found[alarm] = int(within.max())
    return found


def _stale(moments: Iterable[Moment], until: Micros) -> dict[int, Micros]:
    last: dict[int, Moment] = {one.alarm: one for one in moments}
    return {alarm: one.at for alarm, one in last.items() if one.holds and until - one.at > STALE_US}
