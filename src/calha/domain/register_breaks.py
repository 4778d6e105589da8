"""What an operator knows of a register, worked into its readings: exchanges, resets, and readings that are wrong.

An exchange at a time between two readings becomes two readings at that time, the closing one of the old meter and the opening
one of the new meter; the step between them counts nothing. At the very time of a reading it is about the step that ends there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.registers import Decision, Verdict

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Qualities = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of one series that count: by time, each time once (twice at a break), none bad and no NaN."""

    at: Ints
    value: Floats
    quality: Qualities

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def of(cls, at: Ints, value: Floats, quality: Qualities) -> "Readings":
        """From readings in any order; of several with one time the last given counts."""
        usable = (quality < Quality.BAD) & np.isfinite(value)
        at, value, quality = at[usable], value[usable], quality[usable]
        order = np.argsort(at, kind="stable")
        at, value, quality = at[order], value[order], quality[order]
        is_last = np.append(at[1:] != at[:-1], True)[: len(at)]
        return cls(at[is_last], value[is_last], quality[is_last])

    @classmethod
    def joined(cls, parts: Sequence["Readings"]) -> "Readings":
        """All of them together; of several with one time that of the last part counts."""
        if len(parts) == 1:
            return parts[0]
        return cls.of(
            np.concatenate([part.at for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.quality for part in parts]),
        )

    def take(self, selection: Flags | slice) -> "Readings":
        return Readings(self.at[selection], self.value[selection], self.quality[selection])

    def with_one(self, place: int, at: Micros, value: float, quality: int) -> "Readings":
        """The same with one more reading before the one at `place`."""
        return Readings(
            np.insert(self.at, place, at), np.insert(self.value, place, value), np.insert(self.quality, place, quality)
        )


@dataclass(frozen=True, slots=True)
class Told:
    """Readings with what was said of them. decided: decisions by the place of the reading at which their step ends.

    wrong: readings that an operator took out, with who did.
    """

    readings: Readings
    decided: Mapping[int, Decision]
    wrong: Sequence[tuple[Micros, float, str]]

    def is_joint(self, place: int) -> bool:
        """Whether the step that ends there leads from a closing reading to an opening one."""
        return place > 0 and bool(self.readings.at[place - 1] == self.readings.at[place])


def told(readings: Readings, decisions: Sequence[Decision]) -> Told:
    """Of several decisions with one time the last given counts."""
    latest = {decision.at: decision for decision in decisions}
    taken_out = {at: one.author for at, one in latest.items() if one.verdict is Verdict.GLITCH}
    is_wrong = np.isin(readings.at, list(taken_out))
    wrong = [(at, float(readings.value[readings.at == at][0]), taken_out[at]) for at in readings.at[is_wrong].tolist()]
    readings = readings.take(~is_wrong)
    said = sorted((one for one in latest.values() if one.verdict is not Verdict.GLITCH), key=lambda one: one.at)
    about_steps = []
    for decision in said:
        known = len(readings)
        if decision.is_break:
            readings = _with_break(readings, decision)
        if len(readings) != known + 1:  # a break with a reading on one side only joins nothing
            about_steps.append(decision)
    placed = {_end_of_step(readings, decision.at): decision for decision in about_steps}
    return Told(readings, {place: one for place, one in placed.items() if 0 < place < len(readings)}, wrong)


def _with_break(readings: Readings, decision: Decision) -> Readings:
    """With the closing and the opening reading where the break lies between two readings."""
    place = int(np.searchsorted(readings.at, decision.at))
    if place < len(readings) and readings.at[place] == decision.at:
        return readings
    for value, neighbour in ((_opening(decision), place), (decision.closing, place - 1)):
        if value is not None:
            readings = readings.with_one(place, decision.at, float(value), Quality.GOOD)
        elif 0 <= neighbour < len(readings):
            readings = readings.with_one(place, decision.at, float(readings.value[neighbour]), Quality.UNCERTAIN)
    return readings


def _opening(decision: Decision) -> Decimal | None:
    return Decimal(0) if decision.opening is None and decision.verdict is Verdict.RESET else decision.opening


def _end_of_step(readings: Readings, at: Micros) -> int:
    """The place of the reading at that time (the opening one at a joint), else of the first after it."""
    after = int(np.searchsorted(readings.at, at, side="right"))
    return after - 1 if after and readings.at[after - 1] == at else after
