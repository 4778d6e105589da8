"""Commands to devices: which event leads from which state to which, and which parameters a command takes.

awaiting_approval ─approve─► queued ─send─► sent ─deliver─► delivered ─execute─► executed ─verify─► verified
        any of the first three: ─cancel─► cancelled, ─expire─► expired
        once the device may have it: ─reject─► rejected; delivered and no word since: ─time_out─► timed_out

Rule 1: every transition lives in TRANSITIONS; nothing else in Calha changes a command's state.
Rule 2: this module knows no clock, no database and no user: time and author come with the event.
Rule 3: a state says what is known of the device. What it has executed stays executed, also when it says so too late, or
        although the command was cancelled, or when the read-back does not agree (which `verification` tells).
Rule 4: a device may hear and say everything twice; what it repeats changes nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from calha.domain.errors import Conflict, Malformed
from calha.domain.profiles import Command, Parameter, Verify
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US

MAX_TEXT_PARAMETER = 1_000
MAX_TOLD = 10  # wrong parameters in one answer

Value = float | int | bool | str
Parameters = Mapping[str, Value]
Verification = Literal["pending", "passed", "failed"]


class State(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"  # another person has to agree first
    QUEUED = "queued"  # Calha has it
    SENT = "sent"  # where the device gets it as soon as it is awake
    DELIVERED = "delivered"  # the device says that it has it
    EXECUTED = "executed"  # the device says that it did it
    VERIFIED = "verified"  # a channel shows it
    REJECTED = "rejected"  # the device says that it will not
    TIMED_OUT = "timed_out"  # delivered, and not a word since
    EXPIRED = "expired"  # the device did not take it in time
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    APPROVE = "approve"
    SEND = "send"
    DELIVER = "deliver"
    EXECUTE = "execute"
    VERIFY = "verify"
    NOT_VERIFIED = "not_verified"
    REJECT = "reject"
    TIME_OUT = "time_out"
    EXPIRE = "expire"
    CANCEL = "cancel"


_ON_THE_WAY: Mapping[EventKind, State] = {
    EventKind.DELIVER: State.DELIVERED,
    EventKind.EXECUTE: State.EXECUTED,
    EventKind.REJECT: State.REJECTED,
    EventKind.CANCEL: State.CANCELLED,
    EventKind.EXPIRE: State.EXPIRED,
}

TRANSITIONS: Mapping[State, Mapping[EventKind, State]] = {
    State.AWAITING_APPROVAL: {
        EventKind.APPROVE: State.QUEUED,
        EventKind.CANCEL: State.CANCELLED,
        EventKind.EXPIRE: State.EXPIRED,
    },
    # A reply while queued: Calha was killed after it had sent and before it had noted so.
    State.QUEUED: {EventKind.SEND: State.SENT, **_ON_THE_WAY},
    State.SENT: {EventKind.SEND: State.SENT, **_ON_THE_WAY},
    State.DELIVERED: {
        EventKind.EXECUTE: State.EXECUTED,
        EventKind.REJECT: State.REJECTED,
        EventKind.TIME_OUT: State.TIMED_OUT,
    },
    State.EXECUTED: {EventKind.VERIFY: State.VERIFIED, EventKind.NOT_VERIFIED: State.EXECUTED},
    State.TIMED_OUT: {EventKind.EXECUTE: State.EXECUTED, EventKind.REJECT: State.REJECTED},
    State.EXPIRED: {EventKind.EXECUTE: State.EXECUTED},
    State.CANCELLED: {EventKind.EXECUTE: State.EXECUTED},
    State.VERIFIED: {},
    State.REJECTED: {},
}

FOR_THE_DEVICE = (State.QUEUED, State.SENT)  # what it has still to get
OPEN = (State.AWAITING_APPROVAL, State.QUEUED, State.SENT, State.DELIVERED)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a command, when, by whom (a person, a device, Calha), and what there is to say about it."""

    kind: EventKind
    at: Micros
    by: str
    note: str = ""


class Step(NamedTuple):
    """A state that a command has reached: when, by whom, and what there is to say about it."""

    state: State
    at: Micros
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a channel is to show, at most `tolerance` away, and for how long it may take."""

    channel: str
    expected: float
    tolerance: float
    within_s: float

    def agrees(self, value: float) -> bool:
        return abs(value - self.expected) <= self.tolerance + 1e-9 * abs(self.expected)


def can(state: State, kind: EventKind) -> bool:
    return kind in TRANSITIONS[state]


def advance(state: State, event: Event) -> State:
    """The state after an event. Raises Conflict for one that cannot happen in this state."""
    after = TRANSITIONS[state].get(event.kind)
    if after is None:
        raise Conflict(
            f"the command is {state}; {event.kind} is not possible any more, or not yet", "command_state", state=state
        )
    return after


def verification_after(kind: EventKind, before: Verification | None, has_read_back: bool) -> Verification | None:
    """Whether a channel has shown the execution, after an event."""
    if kind is EventKind.EXECUTE:
        return "pending" if has_read_back else None
    if kind is EventKind.VERIFY:
        return "passed"
    return "failed" if kind is EventKind.NOT_VERIFIED else before


def due_after(
    state: State, at: Micros, expires_at: Micros, answer_s: float, read_back: ReadBack | None, is_pending: bool
) -> Micros | None:
    """When a command that has reached a state goes on without anybody's doing; None if it does not."""
    if state in (State.AWAITING_APPROVAL, State.QUEUED, State.SENT):
        return expires_at
    if state is State.DELIVERED:
        return at + round(answer_s * SECOND_US)
    if state is State.EXECUTED and is_pending and read_back is not None:
        return at + round(read_back.within_s * SECOND_US)
    return None


def checked(command: Command, given: Mapping[str, object]) -> Parameters:
    """The parameters as the device gets them. Raises Malformed, which names each wrong one and what is allowed."""
    known = {parameter.key: parameter for parameter in command.parameters}
    faults = {key: f"{key!r} is unknown; allowed: {', '.join(known) or 'none'}" for key in given if key not in known}
    values: dict[str, Value] = {}
    for key, parameter in known.items():
        if key not in given:
            if not parameter.optional:
                faults[key] = f"{key!r} is missing; allowed: {allowed(parameter)}"
            continue
        value = _as_kind(parameter, given[key])
        if value is None:
            faults[key] = f"{key!r} is {_shown(given[key])}; allowed: {allowed(parameter)}"
        else:
            values[key] = value
    if faults:
        told = list(faults.items())[:MAX_TOLD]
        detail, names = "; ".join(fault for _, fault in told), ", ".join(name[:64] for name, _ in told)
        raise Malformed(f"command {command.key!r}: parameter {detail}", "bad_parameter", parameters=names)
    return values


def read_back(verify: Verify | None, parameters: Parameters) -> ReadBack | None:
    """What to look for after the execution; None if nothing is declared, or its parameter was left out."""
    if verify is None:
        return None
    expected = verify.equals if verify.parameter is None else parameters.get(verify.parameter)
    if expected is None or isinstance(expected, str):
        return None
    return ReadBack(verify.channel, float(expected), verify.tolerance, verify.within_s)


def allowed(parameter: Parameter) -> str:
    """What a parameter may be, in words."""
    if parameter.kind == "choice":
        return ", ".join(parameter.choices)
    if parameter.kind == "boolean":
        return "true, false"
    if parameter.kind == "text":
        return f"a text of up to {MAX_TEXT_PARAMETER} characters"
    what = "a whole number" if parameter.kind == "integer" else "a number"
    low, high, unit = parameter.minimum, parameter.maximum, f" {parameter.unit}" if parameter.unit else ""
    if low is not None and high is not None:
        return f"{what} from {low:g} to {high:g}{unit}"
    if low is not None:
        return f"{what} from {low:g}{unit}"
    return f"{what} up to {high:g}{unit}" if high is not None else f"{what}{f' in{unit}' if unit else ''}"


def _as_kind(parameter: Parameter, value: object) -> Value | None:
    """The value as its kind wants it, None if it cannot be that."""
    if parameter.kind == "choice":
        return value if isinstance(value, str) and value in parameter.choices else None
    if parameter.kind == "boolean":
        return value if isinstance(value, bool) else None
    if parameter.kind == "text":
        return value if isinstance(value, str) and len(value) <= MAX_TEXT_PARAMETER and "\0" not in value else None
    return _as_number(parameter, value)


def _as_number(parameter: Parameter, value: object) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300 or not math.isfinite(value):
        return None
    if parameter.kind == "integer" and (value != int(value) or abs(value) > 2**53):
        return None
    if parameter.minimum is not None and value < parameter.minimum:
        return None
    if parameter.maximum is not None and value > parameter.maximum:
        return None
    return int(value) if parameter.kind == "integer" else value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
