"""Events: readings that are unusual one after the other are one anomaly, with a start, a peak and an end.

An event begins with a score of ALARMING, lasts while such readings follow each other with fewer than GAP others between
them, and ends with the last of them. It is described by what was seen at its peak.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, Self

import numpy as np

from calha.domain.readings import Micros
from calha.watch.anomaly.keeping import Columns
from calha.watch.anomaly.usual import ACTIVITY, FROZEN, RESIDUAL, SCALES, SHIFT, VALUE, VIEWS, Look, Usual

ALARMING = 0.5
GAP = 60

_SEEN = ("value", "score", "confidence", "seen", "low", "high", "expected")

Side = Literal["above", "below"]


class Kind(StrEnum):
    """extreme: outside all that was seen so far. unseasonal: not usual at this hour. shift: the level has moved. drift: it
    moves slowly. variation: livelier or quieter than usual. frozen: the same value again and again. joint: the channels of
    a device do not go together as they do. leak: a district's flows and pressures do not.
    """

    EXTREME = "extreme"
    UNSEASONAL = "unseasonal"
    SHIFT = "shift"
    DRIFT = "drift"
    VARIATION = "variation"
    FROZEN = "frozen"
    JOINT = "joint"
    LEAK = "leak"


_ORDER = tuple(Kind)
_BY_VIEW = {VALUE: Kind.EXTREME, RESIDUAL: Kind.UNSEASONAL, FROZEN: Kind.FROZEN}
KINDS = tuple(
    _BY_VIEW.get(view, Kind.VARIATION if view >= ACTIVITY else Kind.DRIFT if view == ACTIVITY - 1 else Kind.SHIFT)
    for view in range(VIEWS)
)
"""The kind of anomaly that a view shows."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen: something of size `seen` that is usually between `low` and `high`, on the `side` of it.

    expected: the value that was expected. over: readings of which `seen` is a mean, 1 for the value itself, 0 for those of
    a day. For the kind variation seen, low and high are mean distances from the expected value; for frozen, repetitions.
    """

    kind: Kind
    at: Micros
    value: float
    score: float
    confidence: float
    seen: float
    low: float
    high: float
    expected: float
    over: int

    @property
    def side(self) -> Side:
        return "below" if self.seen < self.low else "above"


@dataclass(frozen=True, slots=True)
class Event:
    """ended_at: time of its last unusual reading; None while it lasts. readings: unusual ones in it."""

    series: int
    started_at: Micros
    ended_at: Micros | None
    readings: int
    peak: Sight


def sight(at: Micros, score: float, look: Look[float], usual: Usual[float], confidence: float) -> Sight:
    """What was seen in the view that stood out most, in the channel's unit. usual: as it was before the reading.

    A shift makes a series look livelier as well, so of the two a shift is named.
    """
    view = max(range(VIEWS), key=lambda one: look.excess[one])
    if ACTIVITY <= view < FROZEN and look.excess[view - len(SCALES)] > look.excess[view] / 4.0:
        view -= len(SCALES)
    value, expected = look.views[VALUE], usual.level + usual.season
    seen = look.views[view]
    if view == FROZEN:
        low, high = 0.0, usual.longest
    elif view in (VALUE, RESIDUAL):
        base = 0.0 if view == VALUE else expected
        seen, low, high = value, base + usual.low[view], base + usual.high[view]
    else:
        base = expected if view < ACTIVITY else 0.0
        seen, low, high = (base + usual.noise * one for one in (seen, usual.low[view], usual.high[view]))
    over = int(SCALES[(view - SHIFT) % len(SCALES)]) if SHIFT <= view < FROZEN else 1
    return Sight(KINDS[view], at, value, score, confidence, seen, low, high, expected, over)


@dataclass(slots=True)
class _Open:
    event: Event
    last_at: Micros
    quiet: int = 0


class Grouping:
    """The events of many series, of which few are open at any time."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}

    def __contains__(self, series: int) -> bool:
        return series in self._open

    def add(self, series: int, seen: Sight) -> Event | None:
        """An unusual reading; gives the event when it begins with it."""
        found = self._open.get(series)
        if found is None:
            event = Event(series, seen.at, None, 1, seen)
            self._open[series] = _Open(event, seen.at)
            return event
        peak = seen if seen.score > found.event.peak.score else found.event.peak
        found.event = replace(found.event, readings=found.event.readings + 1, peak=peak)
        found.last_at, found.quiet = seen.at, 0
        return None

    def pass_by(self, series: int) -> Event | None:
        """A reading as usual; gives the event that has ended before it."""
        found = self._open.get(series)
        if found is None:
            return None
        found.quiet += 1
        return self.end(series) if found.quiet >= GAP else None

    def end(self, series: int) -> Event:
        found = self._open.pop(series)
        return replace(found.event, ended_at=found.last_at)

    @classmethod
    def of_events(cls, events: Iterable[Event]) -> Self:
        """Events that last."""
        found = cls()
        for event in events:
            found._open[event.series] = _Open(event, event.peak.at)
        return found

    def opened(self) -> Iterator[Event]:
        """The events that last, as they are now."""
        return (one.event for one in self._open.values())

    def columns(self) -> Columns:
        """The events that last, to be kept."""
        rows = [(series, one.last_at, one.quiet, one.event) for series, one in self._open.items()]
        peaks = [event.peak for *_, event in rows]
        return {
            "event_numbers": np.array([(*row[:3], row[3].started_at, row[3].readings) for row in rows], np.int64),
            "event_kinds": np.array([_ORDER.index(peak.kind) for peak in peaks], np.uint8),
            "event_times": np.array([(peak.at, peak.over) for peak in peaks], np.int64),
            "event_sights": np.array([[getattr(peak, name) for name in _SEEN] for peak in peaks], np.float64),
        }

    @classmethod
    def of_columns(cls, columns: Columns) -> Self:
        """What `columns` gave."""
        found = cls()
        parts = (columns[name].tolist() for name in ("event_numbers", "event_kinds", "event_times", "event_sights"))
        for (series, last_at, quiet, started_at, readings), kind, (at, over), seen in zip(*parts, strict=True):
            peak = Sight(kind=_ORDER[kind], at=at, over=over, **dict(zip(_SEEN, seen, strict=True)))
            found._open[series] = _Open(Event(series, started_at, None, readings, peak), last_at, quiet)
        return found
