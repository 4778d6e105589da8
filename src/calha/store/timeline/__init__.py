"""What happened to a device, from all tables that tell of it, as one list."""

from calha.store.timeline.rows import KINDS, Entry, Kind, Place
from calha.store.timeline.timeline import Timeline

__all__ = ["KINDS", "Entry", "Kind", "Place", "Timeline"]
