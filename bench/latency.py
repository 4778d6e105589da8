"""Percentiles of many latencies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Latency:
    """In milliseconds; None where nothing was measured."""

    count: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    @classmethod
    def of(cls, values_ms: "Sequence[float] | np.ndarray") -> "Latency":
        values = np.asarray(values_ms, np.float64)
        if not len(values):
            return cls(0, None, None, None)
        p50, p99 = np.percentile(values, [50, 99])
        return cls(len(values), round(float(p50), 2), round(float(p99), 2), round(float(values.max()), 2))

    def as_json(self) -> dict[str, float | None]:
        return asdict(self)
