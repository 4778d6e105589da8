"""What people have to know, and when each of them is told: priorities, quiet hours, digests, escalation.

Rule 1: a message is told at once or held. What is held for one channel comes as one message when its time has come, so
that nothing is lost by quiet hours, a digest or a limit.
Rule 2: what must not wait is said by each person or team himself (`urgent`); quiet hours and digests never hold it.
Rule 3: this module knows no clock, no database and no channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from calha.domain.alarm_states import Priority
from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.times import HOUR_US, MINUTE_US, to_datetime, to_micros

MAX_STEPS = 8
MAX_RECIPIENTS = 50  # of one step
LONGEST_WAIT_MIN = 24 * 60
LAST_WAIT_MIN = 15
CRITICAL_WAIT_US = MINUTE_US  # longest that a limit holds what is critical

ORDER = {priority: number for number, priority in enumerate(Priority)}
Happening = Literal["raised", "over", "again"]


def reaches(priority: Priority, least: Priority) -> bool:
    """Whether it is as high as `least`."""
    return ORDER[priority] >= ORDER[least]


@dataclass(frozen=True, slots=True)
class Text:
    """The same in both languages."""

    pt: str
    en: str

    def of(self, language: str) -> str:
        return self.pt if language.startswith("pt") else self.en


@dataclass(frozen=True, slots=True)
class Notice:
    """What, where, since when.

    source: what it is about, as `alarm 17`; while a notice of a source is open, a second one adds nothing. link: path in the
    web app that shows it. persons: who must know besides those whom the chains name.
    """

    source: str
    what: Text
    where: str
    site: int | None
    priority: Priority
    since: Micros
    link: str = "/"
    persons: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a channel is."""

    kind: Literal["person", "team"]
    id: int


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times of each day; over midnight where `until` is not after `from_`."""

    from_: time
    until: time
    zone: ZoneInfo

    def end_of(self, now: Micros) -> Micros | None:
        """When the quiet hours that hold now are over; None while there are none."""
        local = to_datetime(now).astimezone(self.zone)
        for day in (local.date() - timedelta(days=1), local.date()):
            begin = datetime.combine(day, self.from_, self.zone)
            last = day if self.until > self.from_ else day + timedelta(days=1)
            end = datetime.combine(last, self.until, self.zone)
            if begin.astimezone(UTC) <= local.astimezone(UTC) < end.astimezone(UTC):
                return to_micros(end.astimezone(UTC))
        return None


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody wants to be told.

    least: lower priorities are not told. urgent: from here on neither quiet hours nor digest hold it. digest_min: what is not
    urgent is gathered for so long; 0 for never. tells_end: whether it is told that it is over. follows: whether he is told of
    everything on the sites where he has a role, without a chain that names him. per_hour: messages an hour and channel.
    """

    least: Priority = Priority.LOW
    urgent: Priority = Priority.CRITICAL
    quiet: QuietHours | None = None
    digest_min: int = 0
    tells_end: bool = True
    follows: bool = False
    per_hour: int = 30


def held_until(wanted: Preferences, priority: Priority, now: Micros) -> Micros:
    """When quiet hours and digest let a message go: `now`, or later."""
    if reaches(priority, wanted.urgent):
        return now
    quiet_end = wanted.quiet.end_of(now) if wanted.quiet is not None else None
    return quiet_end or _next_digest(now, wanted.digest_min)


def limited_until(wanted: Preferences, priority: Priority, now: Micros, left: Sequence[Micros]) -> Micros:
    """When the limit of messages an hour lets one go: `now`, or later. left: when messages left by this channel."""
    last_hour = sorted(at for at in left if at > now - HOUR_US)
    if len(last_hour) < wanted.per_hour:
        return now
    free = last_hour[-wanted.per_hour] + HOUR_US
    return min(free, now + CRITICAL_WAIT_US) if priority is Priority.CRITICAL else free


def _next_digest(now: Micros, digest_min: int) -> Micros:
    """At the full hour for one of 60 minutes, so that digests of several channels come together."""
    if digest_min == 0:
        return now
    step = digest_min * MINUTE_US
    return (now // step + 1) * step


@dataclass(frozen=True, slots=True)
class Step:
    """wait_min: after the step before, while nobody has acknowledged."""

    wait_min: int
    owners: tuple[Owner, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Who is told of what happens on a site and all below it (None: everywhere), one step after the other until somebody
    acknowledges. repeats: how often the whole chain begins again."""

    name: str
    site: int | None
    least: Priority
    steps: tuple[Step, ...]
    repeats: int = 0
    enabled: bool = True

    def __post_init__(self) -> None:
        """Raises Malformed."""
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise Malformed(f"a chain has 1 to {MAX_STEPS} steps, not {len(self.steps)}", "bad_chain")
        if not all(1 <= len(one.owners) <= MAX_RECIPIENTS for one in self.steps):
            raise Malformed(f"each step tells 1 to {MAX_RECIPIENTS} people or teams", "empty_step")
        if not all(0 <= one.wait_min <= LONGEST_WAIT_MIN for one in self.steps):
            raise Malformed(f"a step waits {LONGEST_WAIT_MIN} minutes at most", "bad_chain")
        if self.repeats and sum(one.wait_min for one in self.steps) == 0:
            raise Malformed("a chain that begins again needs a step that waits", "bad_chain")

    @property
    def last(self) -> int:
        """Number of the last step, counted through all repeats from 0."""
        return len(self.steps) * (self.repeats + 1) - 1

    def wait_after(self, number: int) -> int:
        """Minutes until the step after this one; after the last, until it counts that nobody has acknowledged."""
        return self.steps[(number + 1) % len(self.steps)].wait_min if number < self.last else LAST_WAIT_MIN

    def owners_of(self, number: int) -> tuple[Owner, ...]:
        return self.steps[number % len(self.steps)].owners
