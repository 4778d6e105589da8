"""Rosters: which devices report through a gateway, and by which digests it may know them while the hub is away.

A digest is SHA-256 of 256 random bits, or of a certificate: who steals a roster can open nothing with it.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

from calha.accounts.door import Door
from calha.domain.directory import Directory
from calha.domain.link import Roster
from calha.domain.times import to_micros

MAX_DEVICES = 20_000  # of one gateway; those beyond prove themselves at the hub only

Proofs = Mapping[str, tuple[str, datetime | None]]


class _Made(NamedTuple):
    """A roster, and of what it was made."""

    directory: Directory
    proofs: Proofs
    roster: Roster


class Rosters:
    def __init__(self, door: Door, directory: Callable[[], Directory]) -> None:
        self._door = door
        self._directory = directory
        self._made: dict[str, _Made] = {}

    async def of(self, gateway: str) -> Roster:
        """The roster of a gateway as of now; made anew only when devices or credentials may have changed."""
        return await asyncio.to_thread(self._of, gateway)

    def _of(self, gateway: str) -> Roster:
        directory, proofs = self._directory(), self._door.device_proofs()
        made = self._made.get(gateway)
        if made is None or made.directory is not directory or made.proofs is not proofs:
            made = self._made[gateway] = _Made(directory, proofs, _roster(gateway, directory, proofs))
        return made.roster


def _roster(gateway: str, directory: Directory, proofs: Proofs) -> Roster:
    digests = _by_device(proofs)
    behind = [key for key in directory.devices if directory.reports_through(key, gateway)]
    devices = {key: sorted(digests.get(key, [])) for key in sorted(behind)[:MAX_DEVICES]}
    return Roster(sha256(msgspec.msgpack.encode(devices)).hexdigest()[:16], devices)


def _by_device(proofs: Proofs) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for digest, (device, expires_at) in proofs.items():
        found.setdefault(device, []).append((digest, to_micros(expires_at) if expires_at is not None else 0))
    return found
