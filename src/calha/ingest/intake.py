"""What a connector needs to hand over what it hears: the same on a hub, which decodes it, and on a gateway, which keeps it."""

from collections.abc import Sequence
from typing import Any, Protocol

from calha.domain.directory import Directory
from calha.ingest.service import Message, Receipt


class Intake(Protocol):
    @property
    def directory(self) -> Directory:
        """The devices that are known here."""

    async def take(self, messages: Sequence[Message], source: str) -> Receipt:
        """On disk when it returns. Raises LogFull, LogUnavailable with nothing acknowledged."""

    def devices_named(self, body: bytes, content_type: str, encoding: str) -> set[str]:
        """The devices whose readings a body of many brings."""

    def admits(self, device: str, now: int) -> bool:
        """Whether the device is within its message rate."""

    def refuse(self, device: str, reason: str, readings: int = 1) -> None:
        """Count what a connector refused before it became a message."""


class Orders(Protocol):
    """The commands of devices that speak over a connection of their own."""

    async def fetch(self, device: str, way: str) -> Sequence[Any]:
        """What a device has still to get."""

    async def take_reply(self, device: str, command_id: str, payload: bytes) -> None:
        """What a device says became of a command. Raises Malformed."""
