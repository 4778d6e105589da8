"""Alarm rules as plain data: a signal, limits for it, and what keeps it from crying wolf.

A rule looks at one signal of each device that it applies to and has up to four limits; each limit of each device is an alarm
of its own, with its own priority. Above `hi` and `hihi`, or below `lo` and `lolo`, the condition holds (a value that equals
the limit does not); it ends when the signal has come back by the deadband. What is either so or not (a state, silence, a
formula that says yes or no) is a signal of 1 or 0 with the limit YES.

on_delay_s: the condition has to last so long before the alarm is raised; off_delay_s: it has to be gone so long before the
alarm is cleared. lasting_s says the same as on_delay_s of what is the matter itself ("the pump runs for 8 hours"), and the
two add up. repeat: only the nth time within a time counts. schedule: the local times at which the rule is in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Final, Literal

from calha.domain.alarm_states import Priority
from calha.domain.supply_voltage import Level, Measure

LimitName = Literal["hihi", "hi", "lo", "lolo"]
LIMIT_NAMES: Final[tuple[LimitName, ...]] = ("hihi", "hi", "lo", "lolo")

MAX_REPEAT = 16
MAX_STATES = 64  # codes 0 to 63: a set of them is one number
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Limit:
    name: LimitName
    value: float
    priority: Priority

    @property
    def side(self) -> int:
        """1 where the condition holds above the limit, -1 where it holds below."""
        return 1 if self.name in ("hi", "hihi") else -1


YES_VALUE: Final = 0.5


def yes(priority: Priority) -> tuple[Limit, ...]:
    """The limit of a signal that is 1 or 0."""
    return (Limit("hi", YES_VALUE, priority),)


@dataclass(frozen=True, slots=True)
class Value:
    """A channel's value itself."""

    channel: str


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a channel changes, in its unit per hour, from the first reading of one `over_s` to the first of the next."""

    channel: str
    over_s: float


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far a channel is from its mean over the `over_s` before this one."""

    channel: str
    over_s: float


@dataclass(frozen=True, slots=True)
class FromExpected:
    """How far a gauge is from what is expected of it at this hour; as a percentage of that where asked.

    What is expected is what the detectors of anomalies have learnt: the slow level and what the hour of the week adds to it.
    """

    channel: str
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class VoltageQuality:
    """DRP or DRC (PRODIST, Module 8) of a voltage over the last seven days, in %; the day that runs is one of them."""

    channel: str
    nominal: float
    measure: Measure
    level: Level = "low"


@dataclass(frozen=True, slots=True)
class LeastHour:
    """What a counter has grown in the lowest hour of a local day, told when the day is over: water that never rests."""

    channel: str


@dataclass(frozen=True, slots=True)
class StateIs:
    """Whether a channel has one of these codes."""

    channel: str
    codes: tuple[int, ...]

    @property
    def mask(self) -> int:
        return sum(1 << code for code in self.codes)


@dataclass(frozen=True, slots=True)
class NoData:
    """Whether a device has been silent for longer than is usual for it; never for what lies behind a silent gateway."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A channel less another one of the same device; as a percentage of the other where asked."""

    channel: str
    other: str
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression over channels of the device: see `domain.formulas`. is_yes: it says yes or no."""

    text: str
    channels: tuple[str, ...]
    is_yes: bool


Signal = Value | Rate | Deviation | FromExpected | VoltageQuality | LeastHour | StateIs | NoData | Difference | Formula


@dataclass(frozen=True, slots=True)
class Repeat:
    """Only when it began `count` times within `within_s`."""

    count: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the week (0 Monday) and the local times of them; `until` at or before `from_` lies on the next day."""

    days: frozenset[int]
    from_: time = time(0)
    until: time = time(0)


@dataclass(frozen=True, slots=True)
class Suppression:
    """By design: while a state of the device has one of these codes, and `after_s` longer, its alarms are suppressed."""

    channel: str
    codes: tuple[int, ...]
    after_s: float = 0.0


BY_DESIGN: Final = "by_design"
"""Stands for a suppression where a limit's name stands for an alarm."""


@dataclass(frozen=True, slots=True)
class Rule:
    """first_out: name of the group of which the first alarm is marked. See the top of this module for the rest."""

    signal: Signal
    limits: tuple[Limit, ...]
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    lasting_s: float = 0.0
    latching: bool = False
    repeat: Repeat | None = None
    schedule: tuple[Period, ...] = ()
    first_out: str = ""
    suppress_while: Suppression | None = None


@dataclass(frozen=True, slots=True)
class Rationalisation:
    """Why the alarm exists (ISA-18.2 §9): its cause, what happens if nobody acts, what to do, and in which time."""

    cause: str = ""
    consequence: str = ""
    action: str = ""
    respond_s: int | None = None

    @property
    def is_complete(self) -> bool:
        return bool(self.cause and self.consequence and self.action and self.respond_s)


@dataclass(frozen=True, slots=True)
class Where:
    """To which devices a rule applies: those of a profile, in a site and below, or one; of several all must fit."""

    profile: str | None = None
    site: int | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule as it is kept. version: grows with each change."""

    id: int
    name: str
    rule: Rule
    where: Where
    rationalisation: Rationalisation = field(default_factory=Rationalisation)
    is_enabled: bool = True
    version: int = 1


def channels_of(signal: Signal) -> Sequence[str]:
    """The channels that a signal is made of, the one that leads first."""
    match signal:
        case NoData():
            return ()
        case Difference(channel, other):
            return (channel, other)
        case Formula(_, channels):
            return channels
        case _:
            return (signal.channel,)
