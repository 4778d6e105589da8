"""What the store of alarms answers and takes: plain frozen rows."""

from dataclasses import dataclass
from typing import NamedTuple

from calha.domain.alarm_rules import NamedRule
from calha.domain.alarm_states import Act, Alarm, Priority, State
from calha.domain.readings import Micros


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule, and who changed it last."""

    named: NamedRule
    author: str
    changed_at: Micros


@dataclass(frozen=True, slots=True)
class Change:
    """A condition that begins to hold, or no longer does. limit: its name; limit_value: where it lies.

    The limit BY_DESIGN says that all alarms of the rule and device begin to be suppressed, or no longer are.
    is_suppressed: whether they are by then. is_by_clock: `at` is when Calha saw it, and no reading's time: it is never too
    old to be told, whatever became of the clock.
    """

    rule: int
    limit: str
    device: str
    at: Micros
    holds: bool
    signal: float | None
    limit_value: float | None
    priority: Priority
    latching: bool = False
    first_out: str = ""
    is_suppressed: bool = False
    is_by_clock: bool = False


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm with what its rule says of it. signal: what it was when it was raised or cleared last.

    device_name: what people call the device. zone: of its site.
    """

    id: int
    rule: int
    name: str
    limit: str
    device: str
    site: int
    priority: Priority
    latching: bool
    alarm: Alarm
    signal: float | None
    limit_value: float | None
    changed_at: Micros
    device_name: str
    zone: str


@dataclass(frozen=True, slots=True)
class TransitionRow:
    id: int
    at: Micros
    made_at: Micros
    act: Act
    before: State
    after: State
    signal: float | None
    author: str
    note: str


class ToldTransition(NamedTuple):
    """A transition, with its alarm as it stands when it is told."""

    transition: TransitionRow
    alarm: AlarmRow


class Raising(NamedTuple):
    """An alarm that was raised or cleared, as health figures need it."""

    alarm: int
    rule: int
    name: str
    device: str
    priority: Priority
    at: Micros
    holds: bool
