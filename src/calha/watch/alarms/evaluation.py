"""Follows checks as readings arrive: which conditions begin to hold, and which end, and when.

Rule 1: what counts is the time of the reading, not of its arrival. A reading that is not newer than those taken of its series
        is passed over: it may complete the record (`replay`), but never changes the live alarm.
Rule 2: readings of the same time are one moment: a check looks once they are all in.
Rule 3: a reading that proves nothing (bad quality, an estimate) ends no alarm and raises none; a delay that was running begins
        anew with the next one that does.
Rule 4: a delay that is over between two readings ends when it is over, with `pass_time` or the next reading.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from calha.domain.alarm_rules import BY_DESIGN, MAX_REPEAT
from calha.domain.readings import Micros
from calha.watch.alarms.checks import NEVER, Bools, Checks, Floats, Ints, Key, Rows, proofs
from calha.watch.alarms.forces import in_force
from calha.watch.alarms.late import LateReadings
from calha.watch.alarms.memory import Expecting, Memory, nothing
from calha.watch.alarms.signals import signals
from calha.watch.anomaly.keeping import Columns, Unreadable, pack, unpack

_NAME = "alarms"

Part = TypeVar("Part", Memory, "_Conditions")


@dataclass(frozen=True, slots=True)
class Changes:
    """Columns in the order in which it happened: the check, when, whether its condition holds from then on, its signal."""

    check: Rows
    at: Ints
    holds: Bools
    signal: Floats

    def __len__(self) -> int:
        return len(self.check)

    @classmethod
    def concatenate(cls, parts: "list[Changes]") -> "Changes":
        if not parts:
            return cls(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0))
        return cls(*(np.concatenate([getattr(one, part.name) for one in parts]) for part in fields(cls)))


@dataclass
class _Conditions:
    """A row for each check. base: whether the signal is beyond its limit. active: whether that has lasted long enough.

    since: from when on the condition is other than `active`, NEVER while it is not. at: newest time that was looked at.
    began: the last times at which `base` began, of checks that count them; beginnings: how many.
    """

    base: Bools
    active: Bools
    since: Ints
    at: Ints
    signal: Floats
    began: Ints
    beginnings: Ints

    @classmethod
    def of(cls, size: int) -> Self:
        never = np.full(size, NEVER, np.int64)
        return cls(
            np.zeros(size, bool),
            np.zeros(size, bool),
            never,
            never.copy(),
            np.full(size, np.nan),
            np.full((size, MAX_REPEAT), NEVER, np.int64),
            np.zeros(size, np.int64),
        )


class Evaluation:
    def __init__(self, checks: Checks, expecting: Expecting = nothing) -> None:
        self.checks = checks
        self._expecting = expecting
        self._memory = Memory.of(len(checks), checks.inputs.shape[1])
        self._now = _Conditions.of(len(checks))
        self._newest = np.full(len(checks.starts) - 1, NEVER, np.int64)  # of each series
        self.late = LateReadings()

    @property
    def active(self) -> Bools:
        """Of each check: whether its condition holds."""
        return self._now.active

    def take(self, series: NDArray[np.integer], at: Ints, value: Floats, quality: NDArray[np.uint8]) -> Changes:
        """Take readings in any order."""
        fresh = self._fresh(series, at)
        series, at, value, quality = series[fresh], at[fresh], value[fresh], quality[fresh]
        place, rows, columns = self.checks.looking_at(series.astype(np.int64))
        if not len(rows):
            return Changes.concatenate([])
        times = np.maximum(at[place], self._now.at[rows])
        proven = proofs(value, quality)[place]
        found: list[Changes] = []
        for pairs, firsts in _moments(rows, times):
            self._memory.held[rows[pairs], columns[pairs]] = proven[pairs]
            found += self._look(rows[firsts], times[firsts])
        return Changes.concatenate(found)

    def begin(
        self, rows: Rows, at: Ints, value: Floats, quality: NDArray[np.uint8], not_before: Micros, begins_at: Micros
    ) -> Changes:
        """Look at checks for the first time, by the newest reading of each series (columns by series id).

        begins_at: delays run from then on, however old the reading.
        """
        inputs = self.checks.inputs[rows]
        is_told = (inputs >= 0) & (inputs < len(at))
        place = np.where(is_told, inputs, 0)
        is_told &= at[place] >= not_before
        self._memory.held[rows] = np.where(is_told, proofs(value[place], quality[place]), np.nan)
        np.maximum.at(self._newest, inputs[is_told], at[place][is_told])
        newest = np.where(is_told, at[place], NEVER).max(axis=1, initial=NEVER)
        begun = newest != NEVER
        found = self._look(rows[begun], newest[begun])
        for one in found:  # they hold from then on: what was measured before, and comes now, ends them then
            self._now.at[one.check] = np.maximum(self._now.at[one.check], begins_at)
        pending = rows[self._now.since[rows] != NEVER]
        self._now.since[pending] = np.maximum(self._now.since[pending], begins_at)
        return Changes.concatenate(found)

    def pass_time(self, now: Micros) -> Changes:
        """End the delays that were over before now."""
        rows = np.flatnonzero(self._now.since != NEVER)
        return Changes.concatenate(self._end_delays(rows, np.full(len(rows), now, np.int64)))

    def _fresh(self, series: NDArray[np.integer], at: Ints) -> Rows:
        """Which readings of watched series are newer than those that were taken."""
        found = np.flatnonzero(series < len(self._newest))
        is_fresh = at[found] > self._newest[series[found]]
        fresh: Rows = found[is_fresh]
        self._note_late(series, at, found[~is_fresh])
        np.maximum.at(self._newest, series[fresh], at[fresh])
        return fresh

    def _note_late(self, series: NDArray[np.integer], at: Ints, passed: Rows) -> None:
        """Of what is passed over, readings that are older than the newest of a watched series."""
        if not len(passed):
            return
        numbers, starts = series[passed].astype(np.int64), self.checks.starts
        is_late = (at[passed] < self._newest[numbers]) & (starts[numbers + 1] > starts[numbers])
        if is_late.any():
            self.late.add(numbers[is_late], at[passed][is_late])

    def newest(self, series: int) -> Micros:
        """Time of the newest reading that was taken of a watched series."""
        return int(self._newest[series])

    def _look(self, rows: Rows, at: Ints) -> list[Changes]:
        """One moment of each of these checks."""
        found = self._end_delays(rows, at)
        signal, is_told = signals(self.checks, self._memory, rows, at, self._expecting)
        if not is_told.all():
            rows, at, signal = rows[is_told], at[is_told], signal[is_told]
        now = self._now
        now.at[rows], now.signal[rows] = at, np.where(np.isnan(signal), now.signal[rows], signal)
        is_known, holds = self._conditions(rows, at, signal)
        differs = is_known & (holds != now.active[rows])
        now.since[rows] = np.where(differs, np.where(now.since[rows] == NEVER, at, now.since[rows]), NEVER)
        changed = rows[differs]
        return found + self._switch(changed[now.since[changed] + self._delay(changed) <= at[differs]])

    def _conditions(self, rows: Rows, at: Ints, signal: Floats) -> tuple[Bools, Bools]:
        """Of each check: whether something is known, and if so, whether the condition holds."""
        checks, now = self.checks, self._now
        beyond = signal * checks.side[rows]
        if checks.forces:
            self._silence(rows, at, beyond)
        before, limit = now.base[rows], checks.limit[rows]
        base = (beyond > limit) | (before & ~(beyond <= limit - checks.deadband[rows]))
        now.base[rows] = base
        holds, counted = base, checks.repeats[rows] > 0
        if counted.any():
            holds = base.copy()
            holds[counted] = self._repeated(rows[counted], at[counted], (base & ~before)[counted])
        return ~np.isnan(beyond), holds

    def _silence(self, rows: Rows, at: Ints, beyond: Floats) -> None:
        """Outside its schedule no condition holds."""
        force = self.checks.force[rows]
        for number in np.unique(force[force >= 0]).tolist():
            mine = np.flatnonzero(force == number)
            beyond[mine[~in_force(self.checks.forces[number], at[mine])]] = -np.inf

    def _repeated(self, rows: Rows, at: Ints, begins: Bools) -> Bools:
        now, counts = self._now, self.checks.repeats[rows]
        begun = rows[begins]
        now.began[begun, now.beginnings[begun] % MAX_REPEAT] = at[begins]
        now.beginnings[begun] += 1
        oldest = now.began[rows, (now.beginnings[rows] - counts) % MAX_REPEAT]
        is_recent: Bools = oldest >= at - self.checks.within_us[rows]
        return is_recent & (now.beginnings[rows] >= counts)

    def _end_delays(self, rows: Rows, at: Ints) -> list[Changes]:
        pending = rows[self._now.since[rows] != NEVER]
        if not len(pending):
            return []
        until = at[self._now.since[rows] != NEVER]
        return self._switch(pending[self._now.since[pending] + self._delay(pending) < until])

    def _switch(self, rows: Rows) -> list[Changes]:
        if not len(rows):
            return []
        now = self._now
        at = now.since[rows] + self._delay(rows)
        now.active[rows] ^= True
        now.since[rows] = NEVER
        now.at[rows] = np.maximum(now.at[rows], at)
        return [Changes(rows, at, now.active[rows], now.signal[rows])]

    def _delay(self, rows: Rows) -> Ints:
        found: Ints = np.where(self._now.active[rows], self.checks.off_delay_us[rows], self.checks.on_delay_us[rows])
        return found

    # -- what is remembered

    def succeed(self, other: "Evaluation") -> Rows:
        """Take over what another knows of the same checks; of a changed rule only whether its condition held.

        The checks that are new or changed.
        """
        known = set(other.checks.keys)
        self._take_over(other.checks.keys, other._memory, other._now, other._newest)
        return np.array([row for row, key in enumerate(self.checks.keys) if key not in known], np.intp)

    def resume(self, active: Mapping[tuple[int, str, str], bool]) -> None:
        """Whether conditions hold, by rule, limit and device; what is suppressed by design is kept unless it is told.

        A delay that ran towards what is told by now has ended.
        """
        for row, key in enumerate(self.checks.keys):
            before = bool(self._now.active[row])
            told = active.get(key[:3], before if key.limit == BY_DESIGN else False)
            if told != before:
                self._now.since[row] = NEVER
            self._now.active[row] = told

    @property
    def suppressed(self) -> set[tuple[int, str]]:
        """Rules and devices that are suppressed by design now."""
        return {
            (key.rule, key.device)
            for row, key in enumerate(self.checks.keys)
            if key.limit == BY_DESIGN and self._now.active[row]
        }

    def to_bytes(self, seq: int) -> bytes:
        """All that is remembered, and the log sequence through which readings were taken."""
        names = [f"{key.rule}/{key.version}/{key.limit}/{key.device}" for key in self.checks.keys]
        columns: Columns = {"seq": np.array([seq]), "names": np.array(names, np.str_), "newest": self._newest}
        for part in (self._memory, self._now):
            columns |= {one.name: getattr(part, one.name) for one in fields(part)}
        return pack(_NAME, columns)

    @classmethod
    def of_bytes(cls, data: bytes, checks: Checks, expecting: Expecting = nothing) -> "tuple[Evaluation, int]":
        """What was remembered, as far as the checks are the same, and through which log sequence. Raises Unreadable."""
        columns, found = unpack(_NAME, data), cls(checks, expecting)
        try:
            keys = [_key(one) for one in columns["names"].tolist()]
            size, width = columns["held"].shape
            memory = _filled(Memory.of(size, width), columns)
            newest = columns["newest"].astype(np.int64)
            found._take_over(keys, memory, _filled(_Conditions.of(size), columns), newest)
            return found, int(columns["seq"].tolist()[0])
        except (KeyError, ValueError, IndexError, TypeError) as error:
            raise Unreadable(f"what alarms remember does not fit together: {error}") from error

    def _take_over(self, keys: Sequence[Key], memory: Memory, now: _Conditions, newest: Ints) -> None:
        common = min(len(newest), len(self._newest))
        self._newest[:common] = newest[:common]
        same = {key: row for row, key in enumerate(keys)}
        names = {key[:3]: row for key, row in same.items()}
        known = [(row, names[key[:3]]) for row, key in enumerate(self.checks.keys) if key[:3] in names]
        mine = [(row, same[key]) for row, key in enumerate(self.checks.keys) if key in same]
        if known:
            new, before = np.array(known, np.intp).T
            self._now.active[new] = now.active[before]
        if mine:
            new, before = np.array(mine, np.intp).T
            for target, source in ((self._memory, memory), (self._now, now)):
                for one in fields(target):
                    _copy(getattr(target, one.name), new, getattr(source, one.name), before)


def _copy(to: NDArray[Any], new: Rows, of: NDArray[Any], before: Rows) -> None:
    if to.ndim == 1:
        to[new] = of[before]
    else:
        width = min(to.shape[1], of.shape[1])  # of another number of inputs at most
        to[new, :width] = of[before, :width]


def _filled(part: Part, columns: Columns) -> Part:
    for one in fields(part):
        kept, expected = columns[one.name], getattr(part, one.name)
        if kept.shape != expected.shape or kept.dtype != expected.dtype:
            raise ValueError(f"the column {one.name} has another shape")
        setattr(part, one.name, kept)
    return part


def _key(name: str) -> Key:
    rule, version, limit, device = name.split("/", 3)
    return Key(int(rule), limit, device, int(version))


def _moments(rows: Rows, at: Ints) -> Iterator[tuple[Rows, Rows]]:
    """The first moment of every check, then the second of those that have one…: (its readings, one of each check)."""
    order = np.lexsort((at, rows))
    sorted_rows, sorted_at = rows[order], at[order]
    is_check = np.append(True, sorted_rows[1:] != sorted_rows[:-1])
    is_moment = is_check | np.append(True, sorted_at[1:] != sorted_at[:-1])
    number = np.cumsum(is_moment) - 1
    first_of_check = np.maximum.accumulate(np.where(is_check, number, 0))
    turn = number - first_of_check
    if not turn.any():
        yield order, order[is_moment]
        return
    by_turn = np.argsort(turn, kind="stable")
    ends = np.cumsum(np.bincount(turn))
    for start, end in zip(np.append(0, ends[:-1]).tolist(), ends.tolist(), strict=True):
        mine = by_turn[start:end]
        yield order[mine], order[mine[is_moment[mine]]]
