"""How a command reaches its device.

A device that listens on a TCP connection gets it there. Any other has it waiting at the log server, which hands it to a
session subscribed with QoS 1, also when the device wakes much later; and it may fetch it over HTTP.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from calha.domain.readings import Micros


class Carrier(Protocol):
    """Who holds connections of devices, on which commands can be written to them."""

    def call(self, device: str, order: bytes) -> bool:
        """Write a command to its device; False when that is not connected here."""

    def is_connected(self, device: str) -> bool: ...

    def speakers(self) -> set[str]:
        """The devices that are connected here."""

    async def disconnect(self, device: str) -> int:
        """Close the connections of a device; how many there were."""


@dataclass(frozen=True, slots=True)
class Ways:
    """call: write to the device's open connections, False without any. mail: leave a message at the log server, and under
    which sequence, None if there is nothing to tell the device; recall: take it back. is_connected: whether it holds a
    connection. These three raise LogUnavailable. is_online: whether it is there, as its presence tells. last_seen: when its
    last message came.
    """

    call: Callable[[str, bytes], bool]
    mail: Callable[[str, bytes], Awaitable[int | None]]
    recall: Callable[[str, int], Awaitable[None]]
    is_connected: Callable[[str], Awaitable[bool]]
    is_online: Callable[[str], Awaitable[bool]]
    last_seen: Callable[[str], Micros | None]
