"""Dialects: how devices of a replaced system speak MQTT, on topics that are not Calha's own.

Whoever comes without a proof is known as nobody, so its messages must be heard, and its commands be said, in one place of
the log: all devices of dialects have the same HOME (see `log.shards`).
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

HOME = "dialects"


class Topics(NamedTuple):
    """MQTT topics that somebody may publish and subscribe."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


class Speech(NamedTuple):
    """What a device is told."""

    topic: str
    payload: bytes


class Dialect(Protocol):
    def knows(self, device: str) -> bool:
        """Whether it is a device of this system."""

    async def of_device(self, device: str) -> Topics:
        """Of a device of this system; nothing for another one."""

    async def of_anybody(self) -> Topics:
        """Of whoever comes without a proof; nothing where that is not allowed."""

    async def is_there(self, device: str) -> bool:
        """Whether a device of this system would hear a command now."""

    async def say(self, device: str, order: bytes) -> Speech | None:
        """A command in the device's words; None when there is nothing to tell it."""


def joined(found: Iterable[Topics]) -> Topics:
    every = tuple(found)
    return Topics(
        tuple(topic for one in every for topic in one.publish),
        tuple(topic for one in every for topic in one.subscribe),
    )
