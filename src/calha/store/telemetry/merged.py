"""SQL for every reading once: segments, with late and corrected readings of the hot table in place of what they replace."""

from collections.abc import Sequence

from calha.domain.readings import Micros
from calha.store.telemetry.packing import cold_rows, is_one_of
from calha.store.telemetry.segments import Segment, Segments


class Merged:
    """Queries over some segments and the hot table. Only our own names and integers get into their text."""

    def __init__(self, files: Segments, segments: Sequence[Segment]) -> None:
        self._paths = [files.path(segment) for segment in segments if files.has(segment)]
        self._horizon = segments[-1].until_at if segments else 0

    def in_order(self, series: Sequence[int] | None, from_: Micros, until: Micros) -> str:
        chosen = f"event_at >= {int(from_)} AND event_at < {int(until)}"
        if series is not None:
            chosen += f" AND {is_one_of(series)}"
        return f"""
            SELECT series, event_at, CASE WHEN NOT isnan(value) THEN value END AS value, quality,
                event_at + delay * 1000 AS arrived_at
            FROM ({self._rows(chosen, f"event_at < {self._horizon} AND {chosen}")}) ORDER BY series, event_at
        """

    def checksum(self) -> str:
        """Number of readings, of series, and a sum of hashes that does not depend on where a reading lies."""
        return f"""
            SELECT count(*), count(DISTINCT series), coalesce(sum(hash(series, event_at, value, quality)::HUGEINT), 0)
            FROM ({self._rows("true", f"event_at < {self._horizon}")})
        """

    def for_segment(self, from_at: Micros, until_at: Micros, seq: int, without: str = "false") -> str:
        """Rows of a segment to be: of the hot table only those up to a log sequence, and none `without` describes."""
        chosen = f"event_at >= {int(from_at)} AND event_at < {int(until_at)} AND NOT ({without})"
        old = f"{chosen} AND seq <= {int(seq)}"
        return self._rows(chosen, old, old)

    def _rows(self, cold: str, overriding: str, hot: str = "") -> str:
        recent = f"""
            SELECT series, event_at, value, quality, (arrived_at - event_at) // 1000 AS delay FROM hot WHERE {hot or cold}
        """
        if not self._paths:
            return recent
        return f"""
            SELECT series, event_at, value, quality, delay FROM ({cold_rows(self._paths)}) AS cold
            ANTI JOIN (SELECT series, event_at FROM hot WHERE {overriding}) AS late USING (series, event_at)
            WHERE {cold}
            UNION ALL {recent}
        """
