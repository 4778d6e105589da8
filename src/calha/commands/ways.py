"""How a command reaches its device, and whether the device is there.

A device that listens on a TCP connection gets it there. Any other has it waiting at the log server, which hands it to a
session subscribed with QoS 1, also when the device wakes much later; and it may fetch it over HTTP.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calha.domain.errors import LogUnavailable
from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US

RECENT_US = MINUTE_US  # within which a message means that the device is there; longer for one that reports less often
INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Ways:
    """call: write to the device's open connections, False without any. mail: leave a message at the log server, and under
    which sequence; recall: take it back. Both raise LogUnavailable. is_connected: whether it holds a connection.
    last_seen: when its last message came.
    """

    call: Callable[[str, bytes], bool]
    mail: Callable[[str, bytes], Awaitable[int]]
    recall: Callable[[str, int], Awaitable[None]]
    is_connected: Callable[[str], Awaitable[bool]]
    last_seen: Callable[[str], Micros | None]

    async def is_online(self, device: str, interval_s: float | None, now: Micros) -> bool:
        """As far as is known: it has a connection, or has reported as lately as such a device does."""
        seen_at = self.last_seen(device)
        recent_us = max(RECENT_US, INTERVALS * round((interval_s or 0) * 1_000_000))
        if seen_at is not None and now - seen_at <= recent_us:
            return True
        try:
            return await self.is_connected(device)
        except LogUnavailable:
            return False
