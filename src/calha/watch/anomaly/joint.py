"""Watches the channels of one device together: whether its levels have moved, whether the channels still go together, and
whether one of them has frozen.

Some channels are judged (vibration, current, flow, pressure: what tells of the device), others only drive them
(temperature, voltage, speed: what the surroundings or the operator do). An event begins when a level or the relations are
LIMIT deviations away from how they usually are, or a value has been repeated LIMIT times as long as it ever was. It lasts
until all have come back, and what is learnt of them waits for that; after it the levels may be other than before, so for
SETTLING readings they are learnt anew. After an event of LONGEST readings the device is learnt from the beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.watch.anomaly.events import Event, Grouping, Kind, Sight
from calha.watch.anomaly.keeping import Columns, Unreadable
from calha.watch.anomaly.levels import LONG as LONG_MEAN
from calha.watch.anomaly.levels import SHORT as SHORT_MEAN
from calha.watch.anomaly.levels import Levels
from calha.watch.anomaly.reckoning import Floats
from calha.watch.anomaly.relations import Relations
from calha.watch.anomaly.repeats import Repeats

LIMIT = 5.0
BACK, OF_PEAK = 0.45, 0.1  # of LIMIT, or of the peak: below that what was beyond LIMIT has come back
OTHERS_BACK = 0.6  # of LIMIT: where the rest has to be for an event to end
HELD = 0.8  # of LIMIT: a level that is farther away during an event is not learnt until it ends
SETTLING = 90
LONGEST, LONGEST_AT_FIRST = 2_000, 50
SHORT = 16  # readings; an event shorter than that leaves what was learnt as it was
FIRST_LOOK = 60
WARM_UP = 400
PACE = 0.3  # of learning after the warm-up
DOUBT = 0.4  # of LIMIT: relations are learnt only up to there


@dataclass(slots=True)
class JointFindings:
    """score, is_unusual: of each reading; unusual is every reading of an event. began, ended: events."""

    score: Floats
    is_unusual: NDArray[np.bool_]
    began: list[Event] = field(default_factory=list)
    ended: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    """readings: of the device so far. last_at: time of the newest. may: how much it may show, in LIMITs, after answers.

    age, peak: of the event that lasts, in readings and deviations. quiet: readings for which none
    begins. unusual_at: time of its last reading. beyond: of levels, relations and repetitions those that were beyond LIMIT in
    it. held: levels.
    """

    readings: int = 0
    last_at: int = np.iinfo(np.int64).min
    may: float = 1.0
    age: int = -1
    peak: float = 0.0
    quiet: int = 0
    unusual_at: int = 0
    beyond: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    held: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def is_in_event(self) -> bool:
        return self.age >= 0


class _Shown(NamedTuple):
    """What a channel shows: the mean of `over` readings, and how far from what is expected it may lie."""

    seen: float
    expected: float
    reach: float
    over: int


class JointWatch:
    """judged, drivers: series of the channels, in the order in which their values come."""

    def __init__(self, judged: Sequence[int], drivers: Sequence[int] = ()) -> None:
        self.judged, self.drivers = tuple(judged), tuple(drivers)
        self._levels = Levels.begin(len(self.judged))
        self._relations = Relations.begin(len(self.judged), len(self.drivers))
        channels = len(self.judged)
        self._repeats = Repeats.begin(channels)
        self._state = _State(beyond=np.zeros(2 * channels + 1, bool), held=np.zeros(channels, bool))
        self._event: Event | None = None

    def update(self, at: NDArray[np.int64], values: Floats) -> JointFindings:
        """Take readings in the order of their times, a row each: judged channels, then drivers, NaN where one is missing.

        A row that is not newer than the one before is left out.
        """
        found = JointFindings(np.zeros(len(at)), np.zeros(len(at), bool))
        for place, (moment, row) in enumerate(zip(at.tolist(), values, strict=True)):
            if moment > self._state.last_at:
                self._state.last_at = moment
                found.score[place] = self._take(moment, row, found)
                found.is_unusual[place] = self._state.is_in_event and self._state.readings > WARM_UP
        return found

    @property
    def may(self) -> float:
        """How much may be shown without an anomaly, in limits; `answers` tells how much."""
        return self._state.may

    @may.setter
    def may(self, limits: float) -> None:
        self._state.may = limits

    @property
    def lasting(self) -> Event | None:
        return self._event

    def to_columns(self) -> Columns:
        """All that was learnt, and the event that lasts."""
        columns = {name: np.array(value) for name, value in zip(_NAMES, self._values(), strict=True)}
        lasting = Grouping.of_events([self._event] if self._event is not None else [])
        return columns | lasting.columns() | {"judged": np.array(self.judged), "drivers": np.array(self.drivers)}

    @classmethod
    def of_columns(cls, columns: Columns) -> Self:
        """Goes on exactly where `to_columns` was. Raises Unreadable."""
        found = cls(columns["judged"].tolist(), columns["drivers"].tolist())
        for part, name in _FIELDS:
            kept, target = columns[f"{part}.{name}"], getattr(found, f"_{part}")
            if kept.shape != np.shape(getattr(target, name)):
                raise Unreadable(f"{part}.{name} is of another shape")
            setattr(target, name, kept if kept.ndim else kept.item())
        found._event = next(Grouping.of_columns(columns).opened(), None)
        return found

    def _take(self, at: Micros, row: Floats, found: JointFindings) -> float:
        state, judged = self._state, row[: len(self.judged)]
        moved = self._levels.look(judged, state.readings)
        apart = self._relations.look(row)
        away = np.concatenate((moved, [apart], self._repeats.look(judged)))
        if state.readings < WARM_UP:
            self._repeats.accept()
        if state.readings >= FIRST_LOOK:
            self._follow(at, away, judged, found)
        pace = 1.0 if state.readings < WARM_UP else PACE
        state.held = state.is_in_event & (state.held | (moved > HELD * LIMIT * state.may))
        self._levels.learn(judged, pace, SETTLING, state.held)
        if not state.is_in_event:
            is_usual = state.readings < WARM_UP or apart < DOUBT * LIMIT
            self._relations.learn(row, pace, is_usual=is_usual)
        state.readings += 1
        return self._score(max(float(away.max()), 0.0)) if state.readings > WARM_UP else 0.0

    def _follow(self, at: Micros, away: Floats, judged: Floats, found: JointFindings) -> None:
        """Begin an event, go on with it, or end it. away: how far each level, the relations and each repetition are."""
        state, most = self._state, float(away.max())
        state.quiet = max(0, state.quiet - 1)
        if not state.is_in_event:
            if most <= LIMIT * state.may or state.quiet:
                return
            state.peak, state.beyond = 0.0, np.zeros(len(away), bool)
        state.age += 1
        state.beyond |= away > LIMIT * state.may
        if state.age and self._has_ended(away):
            self._end(found)
            return
        state.peak = max(state.peak, most)
        if state.readings >= WARM_UP:
            self._note(at, away, judged, found)

    def _has_ended(self, away: Floats) -> bool:
        state, limit = self._state, LIMIT * self._state.may
        peak = max(state.peak, float(away.max()))
        back = np.where(state.beyond, max(BACK * limit, OF_PEAK * peak), max(OTHERS_BACK * limit, OF_PEAK * peak))
        return bool((away < back).all()) or state.age > self._longest()

    def _longest(self) -> int:
        return LONGEST if self._state.readings >= WARM_UP else LONGEST_AT_FIRST

    def _end(self, found: JointFindings) -> None:
        state = self._state
        if self._event is not None:
            found.ended.append(replace(self._event, ended_at=state.unusual_at))
            self._event = None
        if state.age > LONGEST:
            self._begin_anew()
        elif state.age >= SHORT:
            state.quiet = SETTLING
            self._levels.begin_anew()
        state.age = -1

    def _begin_anew(self) -> None:
        """What lasts so long is how the device now is; nothing of it is known."""
        self._levels = Levels.begin(len(self.judged))
        self._relations = Relations.begin(len(self.judged), len(self.drivers))
        self._repeats.accept()
        self._state.readings = 0

    def _note(self, at: Micros, away: Floats, judged: Floats, found: JointFindings) -> None:
        series, seen = self._sight(at, away, judged)
        self._state.unusual_at = at
        if self._event is None:
            self._event = Event(series, at, None, 1, seen)
            found.began.append(self._event)
        elif seen.score > self._event.peak.score:
            self._event = Event(series, self._event.started_at, None, self._event.readings + 1, seen)
        else:
            self._event = replace(self._event, readings=self._event.readings + 1)

    def _sight(self, at: Micros, away: Floats, judged: Floats) -> tuple[int, Sight]:
        """The channel that shows it most, and what it shows."""
        place, channels = int(np.argmax(away)), len(self.judged)
        if place < channels:
            channel, shown = place, self._level_shown(place)
        elif place == channels:
            channel = self._relations.least_as_foretold()
            shown = self._relation_shown(channel, float(judged[channel]))
        else:
            channel = place - channels - 1
            shown = self._repetition_shown(channel)
        return self.judged[channel], Sight(
            Kind.JOINT,
            at,
            value=float(judged[channel]),
            score=self._score(float(away.max())),
            confidence=min(1.0, self._state.readings / LONG_MEAN),
            seen=shown.seen,
            low=shown.expected - shown.reach,
            high=shown.expected + shown.reach,
            expected=shown.expected,
            over=shown.over,
        )

    def _level_shown(self, channel: int) -> _Shown:
        levels, limit = self._levels, LIMIT * self._state.may
        expected, reach = float(levels.long[channel]), limit * float(levels.deviation()[channel])
        return _Shown(float(levels.short[channel]), expected, reach, int(SHORT_MEAN))

    def _relation_shown(self, channel: int, value: float) -> _Shown:
        expected, off = self._relations.foretold(channel)
        return _Shown(value, expected, LIMIT * self._state.may * off, 1)

    def _repetition_shown(self, channel: int) -> _Shown:
        """Within its range, as nothing but its staying there is unusual."""
        level, value = self._level_shown(channel), float(self._repeats.last[channel])
        reach = max(level.reach, abs(value - level.expected))
        return _Shown(value, level.expected, reach, int(self._repeats.run[channel]) + 1)

    def _score(self, most: float) -> float:
        return most / (most + LIMIT * self._state.may)

    def _values(self) -> list[object]:
        return [getattr(getattr(self, f"_{part}"), name) for part, name in _FIELDS]


_FIELDS = [
    (part, one.name)
    for part, kind in (("state", _State), ("levels", Levels), ("relations", Relations), ("repeats", Repeats))
    for one in fields(kind)
]
_NAMES = [f"{part}.{name}" for part, name in _FIELDS]
