"""Times of devices whose clocks may be wrong, as they may stay that way: the replaced servers did not look at them.

A time of day that cannot be, as it is ahead of the arrival by more than MAX_AHEAD_US or before EARLIEST, is not believed: the
arrival stands in for it, which the quality says. A clock that is behind cannot be told from a reading that comes late, and is.

A clock that goes a little fast comes slowly to where it is not believed any more, and crosses that line to and fro. So what
stands in is never before what the device said last: its readings stay in their order, and no register seems to fall.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.times import EARLIEST, MAX_AHEAD_US


class Stamp(NamedTuple):
    """When something was measured. is_own: by the device's own clock."""

    at: Micros
    is_own: bool

    def record(self, values: Mapping[str, Any]) -> bytes:
        """As ingest takes it."""
        if not self.is_own:
            quality = Quality.ARRIVAL_TIME.label
            values = {channel: {"value": value, "quality": quality} for channel, value in values.items()}
        return msgspec.json.encode({"ts": self.at, "values": values})


class Clocks:
    """newest: the time of a device's newest stored reading, 0 without any; None for one that is not registered."""

    def __init__(self, newest: Callable[[str], Micros | None]) -> None:
        self._newest = newest
        self._last: dict[str, Micros] = {}

    def stamp(self, device: str, said: Micros | None, arrived_at: Micros) -> Stamp:
        """said: None for no time of day. No more devices are remembered than are registered."""
        known = self._last.get(device) or self._newest(device)
        last, latest = known or 0, arrived_at + MAX_AHEAD_US
        if said is not None and EARLIEST <= said <= latest:
            stamp = Stamp(said, is_own=True)
        else:
            stamp = Stamp(min(max(arrived_at, last + 1), latest), is_own=False)
        if known is not None:
            self._last[device] = max(stamp.at, last)
        return stamp
