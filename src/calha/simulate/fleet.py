"""Many simulated devices of one kind, and their readings as records to send."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.simulate.faults import Faults, measure
from calha.simulate.noise import Flags, Seeds, Times
from calha.simulate.signals import Kind, Values

SPREAD_DEG = 0.012  # a good kilometre, from the middle to the device farthest away
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))

Record = dict[str, Any]  # {"ts": ms, "values": {channel: value}}


class NewDevice(NamedTuple):
    """What the registry has to know of a simulated device."""

    key: str
    name: str
    profile: str
    position: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """Devices `<prefix>-0001` and on, called `<name> 1` and on. The first `faulty` of them have the faults.

    near: latitude and longitude around which they stand.
    """

    kind: Kind
    size: int
    prefix: str
    seed: int = 1
    faults: Faults = field(default_factory=Faults)
    faulty: int = 0
    name: str = ""
    near: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        self.faults.require_possible(self.kind)

    @property
    def devices(self) -> list[NewDevice]:
        title = self.name or self.kind.name.replace("-", " ").capitalize()
        return [
            NewDevice(self.key(n), f"{title} {n + 1}", self.kind.profile, self._position(n)) for n in range(self.size)
        ]

    def _position(self, device: int) -> dict[str, float] | None:
        """Around `near`, as seeds of a sunflower lie: spread evenly, and each time the same."""
        if self.near is None:
            return None
        away, angle = SPREAD_DEG * math.sqrt(device / self.size), GOLDEN_ANGLE * device
        latitude, longitude = self.near
        return {
            "latitude": round(latitude + away * math.sin(angle), 6),
            "longitude": round(longitude + away * math.cos(angle), 6),
        }

    def key(self, device: int) -> str:
        return f"{self.prefix}-{device + 1:04d}"

    def at_one_time(self, devices: NDArray[np.intp], at: Micros) -> Iterator[tuple[int, Record]]:
        """The record of each device at one instant; none for a device that has dropped out."""
        values, exists = self._measure(devices, np.full(len(devices), at, np.int64))
        for device, record, there in zip(devices.tolist(), self._records(at, values), exists.tolist(), strict=True):
            if there:
                yield device, record

    def over_time(self, device: int, at: Times) -> list[Record]:
        """The records of one device at many instants."""
        values, exists = self._measure(np.full(len(at), device, np.intp), at)
        records = self._records(at, values)
        return [record for record, there in zip(records, exists.tolist(), strict=True) if there]

    def _measure(self, devices: NDArray[np.intp], at: Times) -> tuple[Values, Flags]:
        seeds: Seeds = devices.astype(np.uint64) + np.uint64(self.seed * 1_000_003)
        return measure(self.kind, seeds, at, devices < self.faulty, self.faults)

    def _records(self, at: Micros | Times, values: Values) -> list[Record]:
        """States and pieces are sent as whole numbers."""
        columns = [
            values[channel].astype(np.int64).tolist() if digits == 0 else values[channel].tolist()
            for channel, digits in self.kind.decimals.items()
        ]
        rows = zip(*columns, strict=True)
        if isinstance(at, int):
            return [{"ts": at // 1_000, "values": dict(zip(self.kind.channels, row, strict=True))} for row in rows]
        stamps = (at // 1_000).tolist()
        return [
            {"ts": ts, "values": dict(zip(self.kind.channels, row, strict=True))}
            for ts, row in zip(stamps, rows, strict=True)
        ]
