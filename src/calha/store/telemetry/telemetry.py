"""The telemetry store: one writer, many readers. Synchronous; every method may be called from any thread.

Rule 1: the log sequence reached is stored in the same transaction as the readings, so that after a crash the writer goes
        on exactly behind what is stored.
Rule 2: a reader sees one moment: its list of segments and its snapshot of the hot table are taken together.
Rule 3: nothing that fails leaves half a change; a store that cannot write says StoreUnavailable and can be tried again.
"""

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Batch, Micros
from calha.domain.times import DAY_US, HOUR_US
from calha.domain.written import Written
from calha.store.telemetry.judge import Grouped, Judgement, Stored, doubtful, group, judge
from calha.store.telemetry.latest import Latest
from calha.store.telemetry.query import Columns, Reader, grid_for
from calha.store.telemetry.segments import TARGET_ROWS, Segment, Segments

log = logging.getLogger(__name__)

FILE_NAME = "telemetry.duckdb"
COLD_FOLDER = "cold"
TEMPORARY_FOLDER = "tmp"
MAX_HOT_ROWS = 20_000_000  # above it, hours of the current days become cold as well
MERGE_LATE_ROWS = 50_000  # late readings of the past are merged into their segments when there are so many,
MERGE_LATE_AFTER_S = 6 * 3_600  # or after this time
COMMITS_MEASURED = 1_000
CHECKPOINT_BYTES = "128MB"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS hot (
    series INTEGER, event_at BIGINT, value DOUBLE, quality UTINYINT, arrived_at BIGINT, seq BIGINT
);
CREATE TABLE IF NOT EXISTS progress (committed_seq BIGINT, latest_seq BIGINT);
INSERT INTO progress SELECT 0, 0 WHERE NOT EXISTS (FROM progress);
CREATE TABLE IF NOT EXISTS segment (name VARCHAR, from_at BIGINT, until_at BIGINT, rows BIGINT);
CREATE TABLE IF NOT EXISTS rolled (name VARCHAR, level VARCHAR, series INTEGER);
CREATE TABLE IF NOT EXISTS latest (
    series INTEGER, event_at BIGINT, value DOUBLE, quality UTINYINT, arrived_at BIGINT, seq BIGINT
);
"""
_UNAVAILABLE = (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException, duckdb.TransactionException)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sizes, and times of the last commits in ms (0 before the first)."""

    rows_hot: int
    rows_cold: int
    segments: int
    bytes: int
    commit_ms_p50: float
    commit_ms_p99: float


class Telemetry:
    def __init__(self, folder: Path, memory_mb: int, hot_days: int) -> None:
        self._folder = folder
        self._memory_mb = memory_mb
        self._hot_days = hot_days
        self._writing = threading.RLock()
        self._swapping = threading.Lock()
        self._compacting = threading.Lock()
        self._commit_ms: deque[float] = deque(maxlen=COMMITS_MEASURED)
        self._garbage: list[Segment] = []
        self._late_merged_at = time.monotonic()
        self._hot_rows = 0
        self.committed_seq = 0
        self.latest = Latest()
        self._segments = Segments(folder / COLD_FOLDER)
        self._con = self._connect()
        self._load()

    @classmethod
    def open(cls, folder: Path, *, memory_mb: int = 400, hot_days: int = 2) -> Self:
        """Open or create the store in a folder. Raises StoreUnavailable."""
        folder.mkdir(parents=True, exist_ok=True)
        with _saying_unavailable():
            return cls(folder, memory_mb, hot_days)

    # -- writing

    def write(self, batch: Batch, through_seq: int) -> Written:
        """Store a batch and the log sequence that it reaches, in one transaction; what became of each reading.

        Raises StoreUnavailable with nothing changed.
        """
        with self._writing:
            started = time.perf_counter()
            with _saying_unavailable(self._recover):
                judgement = self._judged(batch)
                rows = batch.take(judgement.insert)
                self._commit(rows, batch.take(judgement.replace), through_seq)
            self.latest.take(rows, through_seq)
            self._hot_rows += len(rows)
            self.committed_seq = through_seq
            self._commit_ms.append((time.perf_counter() - started) * 1000)
            return Written(judgement.outcome)

    def judge(self, batch: Batch) -> Written:
        """What `write` would say, with nothing written."""
        with self._writing, _saying_unavailable(self._recover):
            return Written(self._judged(batch).outcome)

    # -- reading

    def readings(
        self,
        series: Sequence[int],
        from_: Micros,
        until: Micros,
        *,
        points: int | None = None,
        resolution: str | None = None,
        zone: ZoneInfo | None = None,
    ) -> dict[int, Columns]:
        """Points of each series in [from_, until): all readings, at a resolution ("raw", "1m", "15m", "1h", "1d" in
        `zone`), or about `points` of them in the coarsest buckets that give so many, with every extreme kept."""
        grid = grid_for(from_, until, points, resolution, zone)
        with self._snapshot() as (con, segments):
            return Reader(con, self._segments, segments).columns(series, from_, until, grid, points)

    def export(self, series: Sequence[int] | None, from_: Micros, until: Micros) -> Iterator[Any]:
        """Arrow record batches (series, event_at, value, quality, arrived_at) by series and time."""
        chosen = "" if series is None else f"AND series IN ({', '.join(str(int(one)) for one in series) or 'NULL'})"
        with self._snapshot() as (con, segments):
            query = f"{self._merged(segments)} SELECT * FROM merged WHERE event_at >= ? AND event_at < ? {chosen} ORDER BY series, event_at"
            yield from con.execute(query, [from_, until]).fetch_record_batch(100_000)

    def counts_and_checksum(self) -> dict[str, Any]:
        """Number of readings and series, and a checksum over every series, time, value and quality."""
        with self._snapshot() as (con, segments):
            query = f"""
                {self._merged(segments)}
                SELECT count(*), count(DISTINCT series),
                    coalesce(sum(hash(series, event_at, value, quality)::HUGEINT), 0)
                FROM merged
            """
            row = con.execute(query).fetchone()
        assert row is not None
        return {"readings": row[0], "series": row[1], "checksum": f"{int(row[2]):x}"}

    def statistics(self) -> Statistics:
        times = sorted(self._commit_ms) or [0.0]
        return Statistics(
            rows_hot=self._hot_rows,
            rows_cold=sum(segment.rows for segment in self._segments.all),
            segments=len(self._segments.all),
            bytes=self._segments.bytes() + sum(path.stat().st_size for path in self._folder.glob(f"{FILE_NAME}*")),
            commit_ms_p50=round(times[len(times) // 2], 2),
            commit_ms_p99=round(times[int(len(times) * 0.99)], 2),
        )

    # -- keeping house

    def compact(self, now: Micros) -> None:
        """Move complete days that are no longer hot into sorted files, and late readings into theirs.

        May be interrupted at any point. Raises StoreUnavailable.
        """
        with self._compacting, _saying_unavailable(self._recover):
            self._segments.remove_files(self._garbage)
            self._garbage = []
            self._flush_latest()
            until = now - now % DAY_US - self._hot_days * DAY_US
            if self._hot_rows > MAX_HOT_ROWS:
                until = max(until, now - now % HOUR_US - HOUR_US)
            self._merge_late()
            self._move_to_cold(until)

    def backup(self, target: Path) -> None:
        """Copy the store into a new folder; what is written meanwhile waits. Raises StoreUnavailable."""
        with self._compacting, self._writing, _saying_unavailable(self._recover):
            self._con.execute("CHECKPOINT")
            (target / COLD_FOLDER).mkdir(parents=True)
            for path in self._folder.glob(f"{FILE_NAME}*"):
                shutil.copy2(path, target / path.name)
            for segment in self._segments.all:
                for level in (None, *segment.rolled):
                    source = Path(self._segments.path(segment, level))
                    shutil.copy2(source, target / COLD_FOLDER / source.name)

    @classmethod
    def describe(cls, folder: Path) -> dict[str, Any]:
        """Counts, checksum and log sequence of a store that is not in use."""
        telemetry = cls.open(folder)
        try:
            return telemetry.counts_and_checksum() | {"committed_seq": telemetry.committed_seq}
        finally:
            telemetry.close()

    def retain(self, series: Sequence[int], before: Micros) -> None:
        """Drop readings of these series before a time, for good. Raises StoreUnavailable."""
        if not series:
            return
        listed = ", ".join(str(int(number)) for number in series)
        with self._compacting, _saying_unavailable(self._recover):
            for segment in [one for one in self._segments.all if one.from_at < before]:
                self._rewrite(
                    segment, segment.from_at, segment.until_at, f"series IN ({listed}) AND event_at < {int(before)}"
                )
            with self._writing, self._transaction() as con:
                con.execute(f"DELETE FROM hot WHERE series IN ({listed}) AND event_at < ?", [before])

    def close(self) -> None:
        with self._compacting, self._writing:
            with suppress(StoreUnavailable), _saying_unavailable():
                self._flush_latest()
            self._con.close()

    # -- below: writing

    def _judged(self, batch: Batch) -> Judgement:
        self.latest.reach(int(batch.series.max(initial=0)))
        grouped = group(batch)
        return judge(grouped, self._stored(grouped), self.latest)

    def _stored(self, grouped: Grouped) -> Stored:
        """What the store has for the groups that it may have: from memory for the newest readings, else looked up."""
        groups = doubtful(grouped, self.latest)
        rows = grouped.first_rows[groups]
        series, at = grouped.batch.series[rows], grouped.batch.at[rows]
        is_latest = at == self.latest.at[series]
        newest = series[is_latest]
        found = [(groups[is_latest], self.latest.value[newest], self.latest.quality[newest])]
        if not is_latest.all():
            found.append(self._look_up(groups[~is_latest], series[~is_latest], at[~is_latest]))
        return Stored(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _look_up(self, groups: Any, series: Any, at: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - arrays
        con = self._con
        low, high = int(at.min()), int(at.max())
        con.register("asked", {"place": groups.astype(np.int64), "series": series, "event_at": at})
        try:
            parts = [
                con.execute(
                    "SELECT place, value, quality FROM asked JOIN hot USING (series, event_at) WHERE event_at BETWEEN ? AND ?",
                    [low, high],
                ).fetchnumpy()
            ]
            for segment in self._segments.overlapping(low, high + 1):
                parts.append(
                    con.execute(
                        """
                        SELECT place, value, quality FROM asked JOIN read_parquet(?) AS cold USING (series, event_at)
                        WHERE event_at BETWEEN ? AND ? AND series BETWEEN ? AND ?
                        """,
                        [self._segments.path(segment), low, high, int(series.min()), int(series.max())],
                    ).fetchnumpy()
                )
        finally:
            con.unregister("asked")
        place, value, quality = (
            np.concatenate([part[name] for part in parts]) for name in ("place", "value", "quality")
        )
        _, first = np.unique(place, return_index=True)  # the hot table comes first and wins
        return place[first], value[first], quality[first]

    def _commit(self, rows: Batch, replaced: Batch, through_seq: int) -> None:
        with self._transaction() as con:
            if len(replaced):
                con.register("replaced", {"series": replaced.series, "event_at": replaced.at})
                con.execute(
                    """
                    DELETE FROM hot USING replaced
                    WHERE hot.series = replaced.series AND hot.event_at = replaced.event_at AND hot.event_at BETWEEN ? AND ?
                    """,
                    [int(replaced.at.min()), int(replaced.at.max())],
                )
                con.unregister("replaced")
            if len(rows):
                columns = {
                    "series": rows.series,
                    "event_at": rows.at,
                    "value": rows.value,
                    "quality": rows.quality,
                    "arrived_at": rows.arrived_at,
                }
                con.register("arrived", columns)
                con.execute("INSERT INTO hot SELECT *, ? FROM arrived", [through_seq])
                con.unregister("arrived")
            con.execute("UPDATE progress SET committed_seq = ?", [through_seq])

    # -- below: compaction

    def _merge_late(self) -> None:
        segments = self._segments.all
        if not segments:
            return
        waited = time.monotonic() - self._late_merged_at
        found = (
            self._con.cursor()
            .execute("SELECT event_at FROM hot WHERE event_at < ?", [self._segments.horizon])
            .fetchnumpy()["event_at"]
        )
        if not len(found) or (len(found) < MERGE_LATE_ROWS and waited < MERGE_LATE_AFTER_S):
            return
        self._late_merged_at = time.monotonic()
        for segment in segments:
            if ((found >= segment.from_at) & (found < segment.until_at)).any():
                self._rewrite(segment, segment.from_at, segment.until_at)

    def _move_to_cold(self, until: Micros) -> None:
        horizon = self._segments.horizon
        if until <= horizon:
            return
        days = self._con.cursor().execute(
            "SELECT event_at - event_at % ? AS day, count(*) FROM hot WHERE event_at >= ? AND event_at < ? GROUP BY day ORDER BY day",
            [DAY_US, horizon, until],
        )
        last = self._segments.all[-1] if self._segments.all else None
        rows = last.rows if last is not None else 0
        begin = last.from_at if last is not None else 0
        pending = 0
        for day, count in days.fetchall():
            if rows and rows + count > TARGET_ROWS:
                self._rewrite(last, begin, max(day, horizon)) if pending else None
                last, begin, rows, pending = None, max(day, horizon), 0, 0
            rows += count
            pending += count
        if pending:
            self._rewrite(last, begin, until)

    def _rewrite(self, segment: Segment | None, from_at: Micros, until_at: Micros, without: str = "false") -> None:
        """Write [from_at, until_at) anew from a segment (None: there is none yet) and the hot table."""
        seq = self.committed_seq
        hot = "FROM hot WHERE event_at >= ? AND event_at < ? AND seq <= ?"
        values: list[Any] = [from_at, until_at, seq]
        source = f"SELECT series, event_at, value, quality, (arrived_at - event_at) // 1000 AS delay {hot}"
        if segment is not None:
            source = f"""
                SELECT series, event_at, value, quality, delay FROM read_parquet(?) AS cold
                ANTI JOIN (SELECT series, event_at {hot}) AS hot USING (series, event_at)
                UNION ALL {source}
            """
            values = [self._segments.path(segment), *values, *values]
        con = self._con.cursor()
        try:
            name = f"{from_at // HOUR_US}-{until_at // HOUR_US}-{seq}-{time.time_ns() % 1_000_000_000}"
            source = f"SELECT * FROM ({source}) WHERE NOT ({without})"
            new = self._segments.write(con, name, from_at, until_at, source, values)
        finally:
            con.close()
        old = [segment] if segment is not None else []
        with self._writing, self._swapping:
            with self._transaction() as con:
                self._segments.replace(con, old, new)
                deleted = con.execute(
                    "DELETE FROM hot WHERE event_at >= ? AND event_at < ? AND seq <= ?", [from_at, until_at, seq]
                ).fetchone()
            self._hot_rows -= deleted[0] if deleted else 0
            self._segments.adopt(old, new)
            self._garbage += old

    def _flush_latest(self) -> None:
        with self._writing:
            series = self.latest.changed_since(-1)
            columns = {
                "series": series.astype(np.int32),
                "event_at": self.latest.at[series],
                "value": self.latest.value[series],
                "quality": self.latest.quality[series],
                "arrived_at": self.latest.arrived_at[series],
                "seq": self.latest.seq[series],
            }
            with self._transaction() as con:
                con.execute("DELETE FROM latest")
                if len(series):
                    con.register("newest", columns)
                    con.execute("INSERT INTO latest SELECT * FROM newest")
                    con.unregister("newest")
                con.execute("UPDATE progress SET latest_seq = ?", [self.committed_seq])

    # -- below: connections

    def _connect(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(
            str(self._folder / FILE_NAME),
            config={
                "memory_limit": f"{self._memory_mb}MB",
                "threads": 2,
                "temp_directory": str(self._folder / TEMPORARY_FOLDER),
                "checkpoint_threshold": CHECKPOINT_BYTES,
                "preserve_insertion_order": True,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        con.execute(_SCHEMA)
        return con

    def _load(self) -> None:
        con = self._con
        progress = con.execute("SELECT committed_seq, latest_seq FROM progress").fetchone()
        assert progress is not None
        self.committed_seq, latest_seq = progress
        self._segments.load(con)
        (self._hot_rows,) = con.execute("SELECT count(*) FROM hot").fetchone() or (0,)
        newer = """
            SELECT series, max(event_at) AS event_at, arg_max(value, event_at) AS value,
                arg_max(quality, event_at) AS quality, arg_max(arrived_at, event_at) AS arrived_at,
                arg_max(seq, event_at) AS seq
            FROM hot WHERE seq > ? GROUP BY series ORDER BY series
        """
        for query, values in (("SELECT * FROM latest ORDER BY series", []), (newer, [latest_seq])):
            found = con.execute(query, values).fetchnumpy()
            names = ("series", "event_at", "value", "quality", "arrived_at")
            columns = [np.ma.filled(found[name], np.nan if name == "value" else 0) for name in names]
            self.latest.take(Batch(*columns), np.asarray(found["seq"], np.int64))

    def _recover(self) -> None:
        """After a failure that may have invalidated the database: open it again, if it can be."""
        try:
            self._con.execute("SELECT committed_seq FROM progress")
        except duckdb.Error:
            log.warning("the store is opened again")
            with suppress(duckdb.Error):
                self._con.close()
            with suppress(duckdb.Error):
                self._con = self._connect()
                self.latest = Latest()
                self._load()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        con = self._con
        con.execute("BEGIN")
        try:
            yield con
            con.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                con.execute("ROLLBACK")
            raise

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Segment]]]:
        """A cursor that sees one moment, and the segments of that moment. Raises StoreUnavailable."""
        with _saying_unavailable():
            with self._swapping:
                con = self._con.cursor()
                con.execute("BEGIN")
                con.execute("SELECT committed_seq FROM progress").fetchone()
                segments = list(self._segments.all)
            try:
                yield con, segments
            finally:
                con.close()

    def _merged(self, segments: Sequence[Segment]) -> str:
        """A WITH clause for `merged`: every reading once, late ones in place of what they replace."""
        hot = "SELECT series, event_at, value, quality, arrived_at FROM hot"
        if not segments:
            return f"WITH merged AS ({hot})"
        files = ", ".join("'" + self._segments.path(segment).replace("'", "''") + "'" for segment in segments)
        return f"""
            WITH merged AS (
                SELECT series, event_at, value, quality, event_at + delay * 1000 AS arrived_at FROM read_parquet([{files}]) AS cold
                ANTI JOIN (SELECT series, event_at FROM hot WHERE event_at < {segments[-1].until_at}) AS late
                    USING (series, event_at)
                UNION ALL {hot}
            )
        """


@contextmanager
def _saying_unavailable(recover: Any = None) -> Iterator[None]:  # noqa: ANN401 - a function without arguments
    try:
        yield
    except _UNAVAILABLE as error:
        if recover is not None:
            recover()
        raise StoreUnavailable(f"the store does not work now: {str(error).splitlines()[0]}") from error
