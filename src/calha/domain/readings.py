"""Batches of readings as columns: the only form in which readings travel inside Calha.

One batch is one message of the log: a 16-byte header, then each column's little-endian bytes one after another.
A batch has at most MAX_READINGS readings; whoever makes batches splits larger ones.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import CorruptBatch
from calha.domain.times import Micros as Micros

MAX_READINGS = 20_000

_MAGIC = b"CALHA\x01"
_HEADER = struct.Struct("<6sHQ")  # magic and version, reserved, number of readings
_BYTES_A_READING = 4 + 8 + 8 + 1 + 8


@dataclass(frozen=True, slots=True)
class Batch:
    """Columns of equal length n, in the order in which the readings arrived.

    series: int32 series ids. at: event time, int64 µs UTC. value: float64. quality: uint8 (see `quality`).
    arrived_at: int64 µs UTC at which Calha first had the reading.
    """

    series: NDArray[np.int32]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    arrived_at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def of(
        cls,
        series: Sequence[int],
        at: Sequence[int],
        value: Sequence[float],
        quality: Sequence[int],
        arrived_at: Sequence[int],
    ) -> Self:
        return cls(
            np.array(series, np.int32),
            np.array(at, np.int64),
            np.array(value, np.float64),
            np.array(quality, np.uint8),
            np.array(arrived_at, np.int64),
        )

    @classmethod
    def concatenate(cls, batches: Sequence["Batch"]) -> "Batch":
        if len(batches) == 1:
            return batches[0]
        if not batches:
            return cls.of([], [], [], [], [])
        return cls(
            np.concatenate([batch.series for batch in batches]),
            np.concatenate([batch.at for batch in batches]),
            np.concatenate([batch.value for batch in batches]),
            np.concatenate([batch.quality for batch in batches]),
            np.concatenate([batch.arrived_at for batch in batches]),
        )

    def take(self, selection: "NDArray[np.intp] | NDArray[np.bool_] | slice") -> "Batch":
        """The readings at an index array, a boolean mask or a slice."""
        return Batch(
            self.series[selection],
            self.at[selection],
            self.value[selection],
            self.quality[selection],
            self.arrived_at[selection],
        )

    def encode(self) -> bytes:
        return b"".join(
            (
                _HEADER.pack(_MAGIC, 0, len(self)),
                self.series.tobytes(),
                self.at.tobytes(),
                self.value.tobytes(),
                self.quality.tobytes(),
                self.arrived_at.tobytes(),
            )
        )

    @classmethod
    def decode(cls, data: bytes | memoryview) -> "Batch":
        """Read what `encode` wrote, without copying the columns. Raises CorruptBatch."""
        if len(data) < _HEADER.size:
            raise CorruptBatch(f"a batch of {len(data)} bytes is shorter than its header")
        magic, _, count = _HEADER.unpack_from(data)
        if magic != _MAGIC or len(data) != _HEADER.size + count * _BYTES_A_READING:
            raise CorruptBatch(f"{len(data)} bytes do not hold the {count} readings that the header announces")
        offset = _HEADER.size
        columns = []
        for kind in ("<i4", "<i8", "<f8", "u1", "<i8"):
            column = np.frombuffer(data, kind, count, offset)
            columns.append(column)
            offset += column.nbytes
        return cls(*columns)
