"""Alarm states (ISA-18.2 §5.2, IEC 62682): which act leads from which state to which.

Rule 1: every transition lives in TRANSITIONS, LATCHING and AWAY; nothing else in Calha changes an alarm's state.
Rule 2: this module knows no clock, no database and no user: time and author come with the act.
Rule 3: what is unknown is no act. A reading of bad quality raises nothing and clears nothing.
Rule 4: an alarm that is away (shelved, suppressed by design, out of service) still knows whether its condition holds. When it
        comes back it is raised anew if it holds, and normal if not.

    normal ──raise──► unacknowledged ──acknowledge──► acknowledged ──clear──► normal
                        │        ▲                         │
                      clear    raise                     clear (latching)
                        ▼        │                         ▼
                       returned ─┴─acknowledge──► normal  latched ──reset, once acknowledged──► normal
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from calha.domain.errors import Conflict, Malformed
from calha.domain.readings import Micros
from calha.domain.times import DAY_US

MAX_SHELVED_US = 7 * DAY_US
MAX_NOTE = 500


class State(StrEnum):
    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


class Act(StrEnum):
    RAISE = "raise"
    CLEAR = "clear"
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    TAKE_OUT = "take_out"
    PUT_BACK = "put_back"
    HELD = "held"
    ENDED = "ended"
    UNTOLD = "untold"


ASIDE: Final = frozenset({Act.HELD, Act.ENDED, Act.UNTOLD})
"""What late readings prove of the past, and that a chain tells of it no further: stands in the history, leads to no state, and
is told to nobody."""


class Priority(StrEnum):
    """At most four (ISA-18.2 §11.5). critical: the operator leaves everything else."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


TRANSITIONS: Final[Mapping[tuple[State, Act], State]] = {
    (State.NORMAL, Act.RAISE): State.UNACKNOWLEDGED,
    (State.UNACKNOWLEDGED, Act.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.UNACKNOWLEDGED, Act.CLEAR): State.RETURNED,
    (State.ACKNOWLEDGED, Act.CLEAR): State.NORMAL,
    (State.RETURNED, Act.ACKNOWLEDGE): State.NORMAL,
    (State.RETURNED, Act.RAISE): State.UNACKNOWLEDGED,
    (State.LATCHED, Act.RAISE): State.UNACKNOWLEDGED,
    (State.LATCHED, Act.ACKNOWLEDGE): State.LATCHED,
    (State.LATCHED, Act.RESET): State.NORMAL,
}
LATCHING: Final[Mapping[tuple[State, Act], State]] = {
    (State.UNACKNOWLEDGED, Act.CLEAR): State.LATCHED,
    (State.ACKNOWLEDGED, Act.CLEAR): State.LATCHED,
}
AWAY: Final[Mapping[Act, State]] = {
    Act.SHELVE: State.SHELVED,
    Act.SUPPRESS: State.SUPPRESSED,
    Act.TAKE_OUT: State.OUT_OF_SERVICE,
}
BACK: Final[Mapping[Act, State]] = {
    Act.UNSHELVE: State.SHELVED,
    Act.UNSUPPRESS: State.SUPPRESSED,
    Act.PUT_BACK: State.OUT_OF_SERVICE,
}
ANNUNCIATED: Final = frozenset({State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED, State.LATCHED})
"""States in which an operator sees the alarm."""

AWAY_STATES: Final = frozenset(AWAY.values())
_RANK: Final[Mapping[State, int]] = {State.SHELVED: 1, State.SUPPRESSED: 2, State.OUT_OF_SERVICE: 3}


@dataclass(frozen=True, slots=True)
class Alarm:
    """is_active: whether the condition holds. is_first_out: it was the first of its group to be raised.

    raised_at, cleared_at: of the last time. away_until: when it comes off the shelf by itself.
    """

    state: State = State.NORMAL
    is_active: bool = False
    is_acknowledged: bool = True
    is_first_out: bool = False
    raised_at: Micros | None = None
    cleared_at: Micros | None = None
    away_until: Micros | None = None
    reason: str = ""

    @property
    def is_annunciated(self) -> bool:
        return self.state in ANNUNCIATED

    @property
    def is_away(self) -> bool:
        return self.state in AWAY_STATES


@dataclass(frozen=True, slots=True)
class Event:
    """An act at a time. until: of shelving. note: its reason, or the comment of an acknowledgement.

    is_first: with a raise, that no other alarm of its first-out group holds.
    """

    act: Act
    at: Micros
    note: str = ""
    until: Micros | None = None
    is_first: bool = False


def step(alarm: Alarm, event: Event, *, latching: bool = False) -> Alarm:
    """The alarm after an event. Raises Conflict for an act that is not possible now, and Malformed for one without reason.

    That a condition holds, or no longer does, is never refused: said twice it changes nothing.
    """
    if event.act in (Act.RAISE, Act.CLEAR):
        return _follow(alarm, event, latching)
    if len(event.note) > MAX_NOTE:
        raise Malformed(f"a note of {len(event.note)} characters; at most {MAX_NOTE} are kept", "note_too_long")
    if event.act in AWAY:
        return _leave(alarm, event)
    if event.act in BACK:
        return _come_back(alarm, event)
    return _answer(alarm, event)


def expired(alarm: Alarm, now: Micros) -> Event | None:
    """The event that takes an alarm off the shelf when its time is over."""
    if alarm.state is State.SHELVED and alarm.away_until is not None and alarm.away_until <= now:
        return Event(Act.UNSHELVE, alarm.away_until)
    return None


def _follow(alarm: Alarm, event: Event, latching: bool) -> Alarm:
    holds = event.act is Act.RAISE
    if alarm.is_active == holds:
        return alarm
    times = {"raised_at": event.at} if holds else {"cleared_at": event.at}
    alarm = replace(alarm, is_active=holds, **times)  # type: ignore[arg-type]
    if alarm.is_away:
        return alarm
    key = alarm.state, event.act
    state = LATCHING[key] if latching and key in LATCHING else TRANSITIONS[key]
    if holds:
        return replace(alarm, state=state, is_acknowledged=False, is_first_out=event.is_first)
    return _settled(replace(alarm, state=state))


def _answer(alarm: Alarm, event: Event) -> Alarm:
    state = TRANSITIONS.get((alarm.state, event.act))
    is_repeated = event.act is Act.ACKNOWLEDGE and alarm.is_acknowledged
    if state is None or is_repeated:
        raise _impossible(alarm, event)
    if event.act is Act.RESET and not alarm.is_acknowledged:
        raise Conflict("an alarm is acknowledged before it is reset", "not_acknowledged")
    return _settled(replace(alarm, state=state, is_acknowledged=True))


def _leave(alarm: Alarm, event: Event) -> Alarm:
    state = AWAY[event.act]
    if _RANK.get(alarm.state, 0) >= _RANK[state] and alarm.state is not state:
        raise _impossible(alarm, event)
    if alarm.state is state and state is not State.SHELVED:
        raise _impossible(alarm, event)
    if not event.note.strip():
        raise Malformed("say why; the reason is kept in the history", "reason_missing")
    if state is State.SHELVED:
        _require_expiry(event)
    return replace(alarm, state=state, away_until=event.until, reason=event.note, is_first_out=False)


def _require_expiry(event: Event) -> None:
    if event.until is None or not event.at < event.until <= event.at + MAX_SHELVED_US:
        days = MAX_SHELVED_US // DAY_US
        raise Malformed(f"an alarm is shelved until a time that lies ahead, by at most {days} days", "bad_expiry")


def _come_back(alarm: Alarm, event: Event) -> Alarm:
    if alarm.state is not BACK[event.act]:
        raise _impossible(alarm, event)
    back = replace(alarm, away_until=None, reason="")
    if alarm.is_active:
        return replace(back, state=State.UNACKNOWLEDGED, is_acknowledged=False)
    return _settled(replace(back, state=State.NORMAL))


def _settled(alarm: Alarm) -> Alarm:
    """What is normal needs no acknowledgement and is first of nothing."""
    if alarm.state is State.NORMAL:
        return replace(alarm, is_acknowledged=True, is_first_out=False)
    return alarm


def _impossible(alarm: Alarm, event: Event) -> Conflict:
    return Conflict(
        f"an alarm that is {alarm.state} cannot be changed by {event.act!r}",
        "impossible_act",
        state=alarm.state,
        act=event.act,
    )
