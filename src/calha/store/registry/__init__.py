"""The registry: sites, devices, channels, profiles, events. SQLite, MariaDB or PostgreSQL, one code path."""

from calha.store.registry.registry import Registry
from calha.store.registry.rows import ChannelRow, DeviceRow, EventRow, NewDevice, Page, Position, Selection, SiteRow

__all__ = [
    "ChannelRow",
    "DeviceRow",
    "EventRow",
    "NewDevice",
    "Page",
    "Position",
    "Registry",
    "Selection",
    "SiteRow",
]
