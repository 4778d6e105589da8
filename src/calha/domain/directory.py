"""What ingest knows of the registry: an immutable picture of devices and channels, replaced as a whole when they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from calha.domain.access import Tree
from calha.domain.readings import Micros

MAX_GATEWAYS_DEEP = 8  # more than the registry lets stand behind one another

Kind = Literal["gauge", "counter", "state"]


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    """One channel as the decoder needs it. `states` maps a text (lower case) to its code, for kind state."""

    series: int
    kind: Kind
    minimum: float | None = None
    maximum: float | None = None
    states: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """One device as the decoder needs it.

    channels: by key and by every alias of the profile. may_discover: how many undeclared keys may still become channels.
    zone: of the device's site, for times written without one. site: where it stands, for who may see it.
    gateway: the device through which it reports. since: when the device was deleted that had the key before, µs, or 0;
    whatever bears the key from before tells of that one, perhaps of another owner.
    """

    key: str
    zone: tzinfo
    channels: Mapping[str, ChannelEntry]
    may_discover: int = 0
    site: int = 0
    gateway: str | None = None
    profile: str = ""
    since: Micros = 0


@dataclass(frozen=True, slots=True)
class Directory:
    """All devices by key, and back from series id to (device key, channel key). tree: the sites in which they stand."""

    devices: Mapping[str, DeviceEntry]
    names: Mapping[int, tuple[str, str]]
    version: int = 0
    tree: Tree = field(default_factory=Tree)

    def reports_through(self, device: str, gateway: str) -> bool:
        """Whether a gateway may speak for a device: for itself, and for those behind it, also behind one another."""
        key: str | None = device
        for _ in range(MAX_GATEWAYS_DEEP):
            if key == gateway:
                return True
            entry = self.devices.get(key) if key is not None else None
            key = entry.gateway if entry is not None else None
        return False

    def is_of_another(self, device: str, at: Micros) -> bool:
        """Whether what a device of this key did then was done by one that was deleted since."""
        entry = self.devices.get(device)
        return entry is not None and at < entry.since

    def zone_of(self, device: str) -> str | None:
        """The name of the time zone of where a device stands; None for one that is not registered."""
        entry = self.devices.get(device)
        return str(entry.zone) if entry is not None else None

    def site_of(self, device: str) -> int | None:
        """Where a device stands; None for one that is not registered."""
        entry = self.devices.get(device)
        return entry.site if entry is not None else None
