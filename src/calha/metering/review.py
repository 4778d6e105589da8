"""Register events and what operators make of them: shown with their effect before anything is decided, and taken back likewise.

A decision is about the step of a register that ends at, or contains, its time. It holds until it is taken back; consumption
follows at the next question, because nothing that is derived is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from calha.domain.calendars import Calendar
from calha.domain.consumption import Interval
from calha.domain.errors import Malformed, NotFound
from calha.domain.readings import Micros
from calha.domain.register_breaks import Ints
from calha.domain.registers import RegisterEvent, Verdict
from calha.domain.times import DAY_US, require_plausible
from calha.metering.counting import Counting, Supposed
from calha.metering.meters import Meter
from calha.metering.windows import Windows
from calha.store.metering import DecisionRow, RegisterStore

MAX_REVIEW_US = 400 * DAY_US  # in one question


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An event of a register, and the decision about it if there is one."""

    event: RegisterEvent
    decision: DecisionRow | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change makes of the days that it touches, as one interval each."""

    before: Interval
    after: Interval

    @property
    def difference(self) -> Decimal | None:
        if self.before.amount is None or self.after.amount is None:
            return None
        return self.after.amount - self.before.amount


class Review:
    def __init__(
        self, counting: Counting, windows: Windows, registers: RegisterStore, clock: Callable[[], Micros]
    ) -> None:
        self._counting = counting
        self._windows = windows
        self._registers = registers
        self._clock = clock

    def events(self, meter: Meter, from_: Micros, until: Micros) -> list[Reviewed]:
        """Events of a register in a time, oldest first."""
        if until - from_ > MAX_REVIEW_US:
            raise Malformed(f"ask for at most {MAX_REVIEW_US // DAY_US} days at once", "bad_time")
        found = self._counting.of(meter, np.array([from_, until], np.int64)).events
        return with_decisions(found, self._registers.decisions([meter.series])[meter.series])

    def effect(self, meter: Meter, row: DecisionRow, then: Meter | None = None) -> Effect:
        """What a decision would change. then: the meter with the register that comes with it. Raises Malformed for one that
        cannot be."""
        days = self._days(meter, row)
        before = self._counting.of(meter, days).consumption.total()
        supposed = Supposed(meter.series, [row.decision()], meter=then)
        return Effect(before, self._counting.of(meter, days, supposed).consumption.total())

    def decide(self, meter: Meter, row: DecisionRow) -> DecisionRow:
        """Keep a decision. Raises Malformed for one that cannot be, TooLarge."""
        self.effect(meter, row)
        return self._registers.decide(row)

    def undo(self, meter: Meter, decision_id: int, author: str) -> DecisionRow:
        """The decision that no longer holds. Raises NotFound, Conflict if it has been taken back."""
        return self._registers.undo_decision(meter.series, decision_id, author, self._clock())

    def _days(self, meter: Meter, row: DecisionRow) -> Ints:
        """The days that the step in question touches."""
        if meter.source != "register":
            raise Malformed(f"{meter.device} {meter.channel} is a flow, not a register", "not_a_register")
        require_plausible(row.at, self._clock())
        at = self._windows.readings([meter], row.at, row.at)[meter.series].at
        if not len(at):
            raise NotFound(f"{meter.device} {meter.channel} has no readings yet")
        must_be_reading = row.verdict not in (Verdict.EXCHANGE, Verdict.RESET, Verdict.RESTART)
        if must_be_reading and not (at == row.at).any():
            raise Malformed(
                "there is no reading at this very time; only an exchange or a reset lies between two", "no_reading"
            )
        place = int(np.searchsorted(at, row.at))
        first, last = int(at[max(0, place - 1)]), int(at[min(len(at) - 1, place)])
        calendar = Calendar("1d", meter.zone)
        begin, end = calendar.containing(min(first, row.at))[0], calendar.containing(max(last, row.at) - 1)[1]
        return np.array([begin, end], np.int64)


def with_decisions(events: Sequence[RegisterEvent], decisions: Sequence[DecisionRow]) -> list[Reviewed]:
    by_step = {
        (event.before_at, event.at): next(
            (row for row in reversed(decisions) if event.before_at < row.at <= event.at or row.at == event.at), None
        )
        for event in events
        if event.decided_by is not None
    }
    return [Reviewed(event, by_step.get((event.before_at, event.at))) for event in events]
