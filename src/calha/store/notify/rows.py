"""What the tables of notifications answer: plain frozen rows."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from calha.domain.alarm_states import Priority
from calha.domain.notices import Chain, Happening, Owner, Text
from calha.domain.readings import Micros

ChannelKind = Literal["email", "apprise", "webhook", "push"]
NoticeState = Literal["open", "acknowledged", "over"]
DeliveryState = Literal["waiting", "sent", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """site: whose engineers may change it; None: those of the whole installation. members: ids of persons."""

    id: int
    site: int | None
    name: str
    language: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """shown: as much of the address as anybody is told. sealed: all of it, encrypted."""

    id: int
    owner: Owner
    kind: ChannelKind
    name: str
    shown: str
    sealed: str
    enabled: bool
    created_at: Micros


@dataclass(frozen=True, slots=True)
class ChainRow:
    id: int
    chain: Chain


class Outgoing(NamedTuple):
    """A message for a channel. due_at: where it lies ahead, the message waits for what else comes by then, and goes with it."""

    channel: int
    happening: Happening
    due_at: Micros


class NextStep(NamedTuple):
    """Of a chain, counted through all repeats."""

    chain: int
    step: int
    due_at: Micros


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: int
    source: str
    state: NoticeState
    what: Text
    where: str
    site: int | None
    priority: Priority
    link: str
    since: Micros
    made_at: Micros
    acknowledged_at: Micros | None
    acknowledged_by: str
    comment: str
    over_at: Micros | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: int
    notice: int
    channel: int
    happening: Happening
    state: DeliveryState
    made_at: Micros
    due_at: Micros
    held: bool
    tries: int
    reason: str
    ended_at: Micros | None


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A line of the delivery log."""

    delivery: DeliveryRow
    notice: NoticeRow
    channel: ChannelRow
