"""Hours: what stays of readings when their retention ends, so that long history can still be asked for.

Beside a segment may lie a file of them, of readings that were in its span. An hour that is kept stands for all readings of
its series in that hour for good: readings that come for it afterwards (a device that sends its memory again) change
nothing. Hours are of UTC; a local day of a zone with half hours has the hours that begin in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from calha.domain.readings import Micros
from calha.domain.times import HOUR_US
from calha.store.telemetry.packing import is_one_of

KEPT = "kept"  # as a level of a segment


@dataclass(frozen=True, slots=True)
class Expiry:
    """Readings of some series before a whole hour become hours; hours of them before another time go."""

    series: Sequence[int]
    before: Micros
    hours_before: Micros = 0

    @property
    def readings(self) -> str:
        """A condition on rows of readings."""
        return f"({is_one_of(self.series)} AND event_at < {int(self.before) - int(self.before) % HOUR_US})"

    @property
    def hours(self) -> str:
        """A condition on rows of hours."""
        return f"({is_one_of(self.series)} AND bucket < {int(self.hours_before)})"


def aggregated(source: str, bucket_us: int) -> str:
    """A query's readings as buckets, by series and time."""
    return f"""
        SELECT series, event_at - event_at % {int(bucket_us)} AS bucket,
            count(value) FILTER (good) AS count,
            coalesce(sum(value) FILTER (good), 0) AS total,
            min(value) FILTER (good) AS minimum,
            max(value) FILTER (good) AS maximum,
            arg_min(value, event_at) FILTER (good) AS first,
            min(event_at) FILTER (good) AS first_at,
            arg_max(value, event_at) FILTER (good) AS last,
            max(event_at) FILTER (good) AS last_at,
            max(quality) AS quality
        FROM (SELECT *, quality < 128 AND NOT isnan(value) AS good FROM ({source}))
        GROUP BY ALL ORDER BY series, bucket
    """


def kept_hours(before: str | None, ending: str, expiry: Expiry | None, from_at: Micros, until_at: Micros) -> str | None:
    """A query for the hours of [from_at, until_at): those kept `before` and those of the `ending` readings."""
    parts = []
    if before is not None:
        parts.append(f"SELECT * FROM ({before})")
    if expiry is not None:
        known = f"ANTI JOIN ({before}) AS known USING (series, bucket)" if before is not None else ""
        parts.append(f"SELECT ended.* FROM ({aggregated(ending, HOUR_US)}) AS ended {known}")
    if not parts:
        return None
    gone = expiry.hours if expiry is not None else "false"
    return f"""
        SELECT * FROM ({" UNION ALL ".join(parts)})
        WHERE bucket >= {int(from_at)} AND bucket < {int(until_at)} AND NOT {gone} ORDER BY series, bucket
    """
