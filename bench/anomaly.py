"""What a reading costs the univariate detector: 1,000 series side by side, and one series alone, reading by reading.

A reading a minute with a daily pattern, noise and a spike in every 500; the first two days are learnt before the clock
starts. The time is that of the process, so another process on the same cores does not count, and the median of parts of
which each lasts some milliseconds.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from bench.report import Report, at_most
from calha.domain.times import MINUTE_US
from calha.watch.anomaly.hours import LocalHours, local_hours
from calha.watch.anomaly.keeping import pack
from calha.watch.anomaly.series import SeriesWatch

SERIES = 1_000
LEARNT = 2_880
MEASURED = 720
PART = 20
BEGIN = 1_760_313_600_000_000
SEED = 20_261


def values(series: int) -> NDArray[np.float64]:
    """A row a minute, a column a series."""
    source = np.random.default_rng(SEED)
    minute = np.arange(LEARNT + MEASURED)[:, None]
    daily = 20 * np.sin(2 * np.pi * (minute / 1_440 + source.random(series)))
    found: NDArray[np.float64] = 100 + daily + source.normal(size=(LEARNT + MEASURED, series))
    return np.where(source.random(found.shape) < 1 / 500, found * 1.5, found)


def cost_us(watch: SeriesWatch, minutes: NDArray[np.float64], each: Callable[[int], LocalHours]) -> float:
    """Median cost of a reading, a batch a minute."""
    series = np.arange(minutes.shape[1])
    batches = [
        (np.full(len(series), BEGIN + MINUTE_US * place), row, series, each(place)) for place, row in enumerate(minutes)
    ]
    for batch in batches[:LEARNT]:
        watch.update(*batch)
    parts = []
    for first in range(LEARNT, len(batches), PART):
        began = time.process_time_ns()
        for batch in batches[first : first + PART]:
            watch.update(*batch)
        parts.append((time.process_time_ns() - began) / 1e3 / PART / len(series))
    return statistics.median(parts)


def main() -> int:
    report = Report("anomaly", {"series": SERIES, "readings of each": LEARNT + MEASURED})
    found = values(SERIES)

    def hours(count: int) -> Callable[[int], LocalHours]:
        return lambda place: local_hours(np.full(count, BEGIN + MINUTE_US * place), UTC)

    many = SeriesWatch()
    report.result("a reading of 1,000 series side by side", cost_us(many, found, hours(SERIES)), "µs", at_most(5))
    report.result("a reading of one series alone", cost_us(SeriesWatch(), found[:, :1], hours(1)), "µs", at_most(30))
    began = time.process_time()
    kept = pack("series", many.to_columns())
    report.result("keeping what 1,000 series have taught", (time.process_time() - began) * 1e3, "ms")
    report.result("kept for a series", len(kept) / SERIES, "bytes")
    report.details["unusual"] = {"open events": sum(1 for _ in many.events.opened())}
    return report.finish()
