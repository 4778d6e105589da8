"""All steps of a register at once: what was consumed between each two readings, and which steps are events.

Growth, which is nearly everything, is array work; only steps that are not simply growth are judged one by one
(`registers.verdict`), in the order of their times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from calha.domain.quality import Quality
from calha.domain.register_breaks import Flags, Floats, Ints, Qualities, Readings, Told, told
from calha.domain.registers import (
    A_TICK,
    LOOK_AHEAD,
    NO_CAP,
    Decision,
    Register,
    RegisterEvent,
    Verdict,
    register_at,
    that_goes_on,
    verdict,
    volume_of,
)

LARGEST = 4e12  # units of consumption; beyond, ticks would not fit 64 bits


@dataclass(frozen=True, slots=True)
class Steps:
    """at, reading: of the readings that count. volume: ticks of the step that ends at each; the first has none.

    quality: of the step, that is the worse of its two readings, and uncertain where a verdict is not sure.
    """

    at: Ints
    reading: Floats
    volume: Ints
    quality: Qualities
    events: tuple[RegisterEvent, ...]


def steps(readings: Readings, registers: Sequence[Register], decisions: Sequence[Decision] = ()) -> Steps:
    """Judge the steps between readings. registers: at least one; each holds for the steps that begin in its time."""
    ordered = sorted(registers, key=lambda register: register.valid_from)
    largest = LARGEST / float(max(register.multiplier for register in ordered))
    countable = readings.take(np.abs(readings.value) <= largest)
    return _Judging(told(countable, decisions), ordered).steps()


class _Judging:
    def __init__(self, given: Told, registers: Sequence[Register]) -> None:
        self._told = given
        self._registers = registers
        self._at, self._value = given.readings.at, given.readings.value
        self._volume = np.zeros(len(self._at), np.int64)
        self._quality = given.readings.quality.copy()
        self._dropped = np.zeros(len(self._at), bool)
        self._events = [_taken_out(at, value, author) for at, value, author in given.wrong]

    def steps(self) -> Steps:
        if len(self._at) > 1:
            self._quality[1:] = np.maximum(self._quality[1:], self._quality[:-1])
            growth, cap = self._growth()
            self._volume[1:] = growth
            odd = (growth < 0) | (growth > cap) | _falls_soon(growth)
            odd[[place - 1 for place in self._told.decided]] = True
            reached = 0
            for before in np.flatnonzero(odd).tolist():
                if before >= reached:
                    reached = self._judge(before)
        counted = ~self._dropped
        events = tuple(sorted(self._events, key=lambda event: event.at))
        return Steps(self._at[counted], self._value[counted], self._volume[counted], self._quality[counted], events)

    def _growth(self) -> tuple[Ints, Ints]:
        """Ticks by which the register grew in each step, and the most that are plausible."""
        which = np.searchsorted([one.valid_from for one in self._registers], self._at[:-1], side="right") - 1
        growth, cap = np.zeros(len(which), np.int64), np.full(len(which), NO_CAP, np.int64)
        for number in np.unique(np.maximum(which, 0)).tolist():
            register, chosen = self._registers[number], np.maximum(which, 0) == number
            marks = np.rint(self._value * 10.0**register.reading_decimals).astype(np.int64)
            growth[chosen] = (np.diff(marks) * register.ticks_per_step)[chosen]
            if register.max_flow is not None:
                cap[chosen] = register.cap(np.diff(self._at)[chosen])
        return growth, cap

    def _judge(self, before: int) -> int:
        """Judge the step from the reading at place `before`; the place from which to go on."""
        register, after = self._register(before), before + 1
        v0, v1 = (register.ticks(float(self._value[place])) for place in (before, after))
        decision = self._told.decided.get(after)
        if decision is not None:
            self._count(
                before, after, decision.verdict, self._as_decided(register, decision, after, v0, v1), decision.author
            )
            return after
        following = self._following(before, register)
        found = verdict(register, v0, v1, int(self._at[after] - self._at[before]), following)
        if found is Verdict.GLITCH:
            place = that_goes_on(register, v0, v1, following)
            assert place is not None
            return self._skip(before, after + 1 + place, following[place][0] - v0)
        if found is not Verdict.NORMAL:
            self._count(before, after, found, volume_of(register, found, v0, v1))
        return after

    def _as_decided(self, register: Register, decision: Decision, after: int, v0: int, v1: int) -> int:
        if self._told.is_joint(after):
            return 0
        if not decision.is_break:
            return volume_of(register, decision.verdict, v0, v1)
        closing = register.ticks(float(decision.closing)) if decision.closing is not None else v0
        starts_at_zero = decision.opening is None and decision.verdict is Verdict.RESET
        opening = (
            register.ticks(float(decision.opening)) if decision.opening is not None else 0 if starts_at_zero else v1
        )
        return closing - v0 + v1 - opening

    def _count(self, before: int, after: int, found: Verdict, volume: int, author: str | None = None) -> None:
        self._volume[after] = volume
        if author is None and not found.is_sure:
            self._quality[after] = max(self._quality[after], Quality.UNCERTAIN)
        self._events.append(
            RegisterEvent(
                int(self._at[before]),
                int(self._at[after]),
                float(self._value[before]),
                float(self._value[after]),
                found,
                A_TICK * volume,
                author,
            )
        )

    def _skip(self, before: int, goes_on: int, volume: int) -> int:
        """Leave out the readings between `before` and the one that goes on from it."""
        for wrong in range(before + 1, goes_on):
            self._dropped[wrong] = True
            self._count(before, wrong, Verdict.GLITCH, 0)
        self._volume[goes_on] = volume
        readings = self._told.readings.quality
        self._quality[goes_on] = max(readings[before], readings[goes_on])
        return goes_on

    def _register(self, place: int) -> Register:
        return register_at(self._registers, int(self._at[place]))

    def _following(self, before: int, register: Register) -> list[tuple[int, int]]:
        """(ticks, µs since `before`) of the readings behind the next one, not beyond a decided step."""
        found = []
        for place in range(before + 2, min(before + 2 + LOOK_AHEAD, len(self._at))):
            if place in self._told.decided:
                break
            found.append((register.ticks(float(self._value[place])), int(self._at[place] - self._at[before])))
        return found


def _falls_soon(growth: Ints) -> Flags:
    """Which steps are followed by a fall within LOOK_AHEAD steps: they may be an excursion."""
    soon = np.zeros(len(growth), bool)
    for ahead in range(1, min(LOOK_AHEAD + 1, len(growth))):
        soon[:-ahead] |= growth[ahead:] < 0
    return soon


def _taken_out(at: int, value: float, author: str) -> RegisterEvent:
    return RegisterEvent(at, at, value, value, Verdict.GLITCH, Decimal(0), author)
