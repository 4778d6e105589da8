"""What the registry answers: plain frozen rows, which outlive the database session."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from calha.domain.directory import Kind
from calha.domain.profiles import Text

Row = TypeVar("Row")


class Position(NamedTuple):
    """On the earth, in degrees: north and east are positive."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class SiteRow:
    id: int
    parent_id: int | None
    name: str
    zone: str
    path: list[str]
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """series: the channel's id, under which its readings are stored. name: by language, or as a person wrote it."""

    series: int
    key: str
    name: str | Text
    unit: str
    kind: Kind
    minimum: float | None
    maximum: float | None
    precision: int | None
    discovered: bool
    states: dict[str, str | Text] | None = None


@dataclass(frozen=True, slots=True)
class DeviceRow:
    key: str
    name: str
    serial: str | None
    profile: str
    site_id: int
    site_path: list[str]
    zone: str
    note: str
    created_at: datetime
    version: int
    channels: list[ChannelRow]
    gateway: str | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    id: int
    at: datetime
    kind: str
    device: str | None
    severity: str
    text: Text
    data: Mapping[str, Any] = field(default_factory=dict)


class NewDevice(NamedTuple):
    """A device for `Registry.create_devices`. site_id: where it differs from that of the others. gateway: a device's key."""

    key: str
    profile: str
    name: str = ""
    serial: str | None = None
    note: str = ""
    site_id: int | None = None
    gateway: str | None = None
    position: Position | None = None


class Selection(NamedTuple):
    """Some devices: those in the sites (whose subtrees are listed too), and those named."""

    sites: Collection[int]
    devices: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`next`: cursor for `after`, None on the last page."""

    items: Sequence[Row]
    next: str | None
