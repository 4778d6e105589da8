"""The telemetry store: one writer, many readers. Synchronous; every method may be called from any thread.

Rule 1: the log sequence reached is stored in the same transaction as the readings, so that after a crash the writer goes
        on exactly behind what is stored.
Rule 2: a reader sees one moment, of segments and hot table together.
Rule 3: nothing that fails leaves half a change; a store that cannot write says StoreUnavailable and can be tried again.
"""

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Batch, Micros
from calha.domain.times import DAY_US, HOUR_US
from calha.domain.written import Written
from calha.store.telemetry import hot
from calha.store.telemetry.columns import Columns, grid_for
from calha.store.telemetry.compaction import Rewrite, cuts, needs_cutting, plan
from calha.store.telemetry.database import FILE_NAME, UNAVAILABLE, Database, points_beyond_its_end
from calha.store.telemetry.hours import Expiry, kept_hours
from calha.store.telemetry.judge import Grouped, Judgement, Stored, doubtful, group, judge
from calha.store.telemetry.latest import Latest
from calha.store.telemetry.merged import Merged
from calha.store.telemetry.query import Reader
from calha.store.telemetry.segments import NOT_YET, Gap, Segment, Segments
from calha.store.telemetry.snapshots import Snapshots
from calha.store.telemetry.touched import Stored as NewlyStored
from calha.store.telemetry.touched import Touched, stored, touched

log = logging.getLogger(__name__)

COLD_FOLDER = "cold"
MAX_HOT_ROWS = 20_000_000  # above it, hours of the current days become cold as well
MERGE_LATE_ROWS = 50_000  # late readings of the past are merged into their segments when there are so many,
MERGE_LATE_AFTER_S = 6 * 3_600  # or after this time
COMMITS_MEASURED = 1_000
EXPORTED_AT_ONCE = 100_000

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sizes, times of the last commits in ms (0 before the first), and readings whose file is gone or damaged."""

    rows_hot: int
    rows_cold: int
    segments: int
    bytes: int
    bytes_cold: int
    commit_ms_p50: float
    commit_ms_p99: float
    gaps: tuple[Gap, ...]


class Telemetry:
    """since: no reading is earlier, NOT_YET when there is none."""

    def __init__(self, folder: Path, memory_mb: int, hot_days: int) -> None:
        self._folder = folder
        self._hot_days = hot_days
        self._writing = threading.RLock()
        self._compacting = threading.Lock()
        self._commit_ms: deque[float] = deque(maxlen=COMMITS_MEASURED)
        self._late_merged_at = time.monotonic()
        self._hot_rows = 0
        self._awaited: dict[str, int] = {}  # by follower: the log sequence through which it has seen what was stored
        self.since = NOT_YET
        self._loaded_opening = 0
        self.committed_seq = 0
        self.latest = Latest()
        self._database = Database(folder, memory_mb)
        self._segments = Segments(folder / COLD_FOLDER)
        self._snapshots = Snapshots(self._database, self._segments)
        self._snapshots.reread()
        self._load()

    @classmethod
    def open(cls, folder: Path, *, memory_mb: int = 400, hot_days: int = 2) -> Self:
        """Open or create the store in a folder. Raises StoreUnavailable."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls(folder, memory_mb, hot_days)
        except UNAVAILABLE as error:
            raise StoreUnavailable(f"the store in {folder} cannot be opened: {error}") from error

    # -- writing

    def write(self, batch: Batch, through_seq: int) -> Written:
        """Store a batch and the log sequence that it reaches, in one transaction; what became of each reading.

        Raises StoreUnavailable with nothing changed.
        """
        with self._writing, self._database.guard():
            started = time.perf_counter()
            self._revive()
            judgement = self._judged(batch)
            rows = batch.take(judgement.insert)
            self.since = min(int(rows.at.min(initial=NOT_YET)), self.since)
            try:
                with self._database.transaction() as con:
                    removed = hot.remove(con, batch.take(judgement.replace))
                    hot.insert(con, rows, through_seq)
                    con.execute("UPDATE progress SET committed_seq = ?", [through_seq])
            except UNAVAILABLE:
                if self._is_stored_after_all(through_seq):
                    return Written(judgement.outcome)
                raise
            self.latest.take(rows, through_seq)
            self._hot_rows += len(rows) - removed
            self.committed_seq = through_seq
            self._commit_ms.append((time.perf_counter() - started) * 1000)
            return Written(judgement.outcome)

    def judge(self, batch: Batch) -> Written:
        """What `write` would say, with nothing written. Raises StoreUnavailable."""
        with self._writing, self._database.guard():
            self._revive()
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
        """Points of each series in [from_, until): all readings, or in buckets of a resolution ("raw", "1m", "15m", "1h",
        "1d" of `zone`), or about `points` of them at most, with every extreme kept. Raises StoreUnavailable."""
        grid = grid_for(from_, until, points, resolution, zone)

        def ask() -> dict[int, Columns]:
            with self._snapshots.take() as (con, segments):
                return Reader(con, self._segments, segments).columns(series, from_, until, grid, points)

        return self._despite_gaps(ask)

    def touched(self, after_seq: int) -> Touched:
        """What was stored after a log sequence, by series and UTC day. Raises StoreUnavailable."""

        def ask() -> Touched:
            with self._snapshots.take() as (con, _):
                return touched(con, after_seq)

        return self._despite_gaps(ask)

    def stored(self, after_seq: int, about: int) -> NewlyStored:
        """Readings that were stored after a log sequence, about so many at most. Raises StoreUnavailable."""

        def ask() -> NewlyStored:
            with self._snapshots.take() as (con, _):
                return stored(con, after_seq, about)

        return self._despite_gaps(ask)

    def export(self, series: Sequence[int] | None, from_: Micros, until: Micros) -> Iterator[Any]:
        """Arrow record batches (series, event_at, value, quality, arrived_at) by series and time; no value for NaN."""

        def begin() -> tuple[ExitStack, Any]:
            with ExitStack() as stack:
                con, segments = stack.enter_context(self._snapshots.take())
                query = Merged(self._segments, segments).in_order(series, from_, until)
                rows = con.execute(query).to_arrow_reader(EXPORTED_AT_ONCE)
                return stack.pop_all(), rows

        snapshot, rows = self._despite_gaps(begin)
        with snapshot:
            yield from rows

    def counts_and_checksum(self) -> dict[str, Any]:
        """Number of readings and series, and a checksum over every series, time, value and quality."""

        def ask() -> Any:  # noqa: ANN401
            with self._snapshots.take() as (con, segments):
                return con.execute(Merged(self._segments, segments).checksum()).fetchone()

        row = self._despite_gaps(ask)
        return {"readings": row[0], "series": row[1], "checksum": f"{int(row[2]):x}"}

    def statistics(self) -> Statistics:
        times = sorted(self._commit_ms) or [0.0]
        bytes_cold = self._segments.bytes
        return Statistics(
            rows_hot=self._hot_rows,
            rows_cold=self._segments.rows,
            segments=len(self._segments.all),
            bytes=bytes_cold + self._database.bytes,
            bytes_cold=bytes_cold,
            commit_ms_p50=round(times[len(times) // 2], 2),
            commit_ms_p99=round(times[int(len(times) * 0.99)], 2),
            gaps=tuple(self._segments.gaps),
        )

    # -- keeping house

    def await_follower(self, name: str, seq: int) -> None:
        """From now on, what was stored after this log sequence stays where `touched` and `stored` find it.

        A follower says so when it begins, and whenever it has come further.
        """
        self._awaited[name] = seq

    def compact(self, now: Micros, *, all_late: bool = False) -> None:
        """Move complete days that are no longer hot into sorted files, and late readings into theirs.

        What a follower has still to see stays (see `await_follower`), unless that has become too much. Few late readings wait
        for more of them, unless `all_late`. May be interrupted at any point, and goes on beside writers and readers.
        Raises StoreUnavailable.
        """
        with self._compacting, self._database.guard():
            if not self._segments.is_whole:
                self._snapshots.examine()  # whether the file has been put back
            seq = self._seen_by_all(self._keep_latest())
            until = now - now % DAY_US - self._hot_days * DAY_US
            if self._hot_rows > MAX_HOT_ROWS:
                until = max(until, now - now % HOUR_US - HOUR_US)
            for rewrite in self._plan(until, seq, all_late):
                self._rewrite(rewrite, seq)

    def retain(self, series: Sequence[int], before: Micros, *, hours_before: Micros = 0) -> None:
        """Make hours of the readings of these series before a time (to the hour), and drop their hours before another.

        Raises StoreUnavailable.
        """
        if not series:
            return
        expiry = Expiry(series, before, hours_before)
        with self._compacting, self._database.guard():
            seq = self._seen_by_all(self._keep_latest())
            if before > self._segments.horizon:
                for rewrite in self._plan(before - before % HOUR_US, seq, all_late=False):
                    self._rewrite(rewrite, seq)
            for segment in self._segments.all:
                if segment not in self._segments.unreadable and self._is_touched(segment, expiry):
                    self._rewrite(Rewrite(segment, segment.from_at, segment.until_at, segment.rows), seq, expiry)

    def backup(self, target: Path) -> None:
        """Copy the store into a new folder; commits wait only while the recent readings are copied. Raises StoreUnavailable."""
        with self._compacting, self._database.guard():
            (target / COLD_FOLDER).mkdir(parents=True)
            with self._writing:
                self._revive()
                self._keep_latest()
                for path in self._folder.glob(
                    f"{FILE_NAME}*"
                ):  # its journal as well: readers keep a CHECKPOINT from being made
                    shutil.copy2(path, target / path.name)
            for segment in self._segments.all:
                for path in self._segments.files(segment):
                    if path.exists():  # else the copy has the gap that this store has
                        shutil.copy2(path, target / COLD_FOLDER / path.name)

    @classmethod
    def describe(cls, folder: Path) -> dict[str, Any]:
        """Counts, checksum and log sequence of a store that is not in use."""
        telemetry = cls.open(folder)
        try:
            return telemetry.counts_and_checksum() | {"committed_seq": telemetry.committed_seq}
        finally:
            telemetry.close()

    def close(self) -> None:
        with self._compacting, self._writing:
            try:
                with self._database.guard():
                    self._keep_latest()
            except StoreUnavailable as error:
                log.warning("closed without the newest values, which the next start looks up: %s", error)
            self._database.close()

    def _despite_gaps(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again without the files that turn out to be gone or damaged since they were last examined."""
        opening = self._database.opening
        try:
            return ask()
        except (StoreUnavailable, duckdb.Error) as error:
            if not self._has_new_gap(error, opening):
                raise
            return ask()

    def _has_new_gap(self, error: StoreUnavailable | duckdb.Error, opening: int) -> bool:
        try:
            if self._snapshots.examine():
                return True
            if isinstance(error, StoreUnavailable | duckdb.OperationalError) and not points_beyond_its_end(error):
                return False
            if opening == self._database.opening:
                return self._snapshots.examine(to_the_last_byte=True)
        except duckdb.Error as broken:
            self._database.doubt()
            raise StoreUnavailable(f"the store does not work now: {broken}") from error
        raise StoreUnavailable("the store was opened again meanwhile") from error

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
        known = Stored(groups[is_latest], self.latest.value[newest], self.latest.quality[newest])
        if is_latest.all():
            return known
        older, at = groups[~is_latest], at[~is_latest]
        overlapping = self._segments.overlapping(int(at.min()), int(at.max()) + 1)

        def look_up() -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]:
            cold = [self._segments.path(one) for one in overlapping if self._segments.has(one)]
            return hot.look_up(self._database.con, cold, series[~is_latest], at)

        place, value, quality = self._despite_gaps(look_up)
        return Stored(
            np.concatenate([known.group, older[place]]),
            np.concatenate([known.value, value]),
            np.concatenate([known.quality, quality]),
        )

    # -- below: compaction

    def _seen_by_all(self, seq: int) -> int:
        return seq if self._hot_rows > MAX_HOT_ROWS else min([seq, *self._awaited.values()])

    def _plan(self, until: Micros, seq: int, all_late: bool) -> list[Rewrite]:
        horizon = self._segments.horizon
        with self._snapshots.take() as (con, segments):
            by_hour = hot.rows_by_hour(con, max(until, horizon), seq)
        late = sum(count for hour, count in by_hour.items() if hour * HOUR_US < horizon)
        waited_s = time.monotonic() - self._late_merged_at
        merge_late = late > 0 and (all_late or late >= MERGE_LATE_ROWS or waited_s >= MERGE_LATE_AFTER_S)
        if merge_late:
            self._late_merged_at = time.monotonic()
        return plan(segments, by_hour, until, merge_late, self._segments.unreadable)

    def _rewrite(self, rewrite: Rewrite, seq: int, expiry: Expiry | None = None) -> None:
        """Write a segment and the rows that the hot table has for it, up to a log sequence, as new segments."""
        old = [rewrite.segment] if rewrite.segment is not None else []
        new: list[Segment] = []
        con = self._database.con.cursor()
        try:
            for number, (from_at, until_at) in enumerate(self._cuts(con, rewrite, seq)):
                name = f"{from_at // HOUR_US}-{until_at // HOUR_US}-{seq}-{number}-{time.time_ns()}"
                merged = Merged(self._segments, old)
                ending = expiry.readings if expiry is not None else "false"
                source = merged.for_segment(from_at, until_at, seq, without=ending)
                ended = merged.for_segment(from_at, until_at, seq, without=f"NOT {ending}")
                hours = kept_hours(self._segments.hours(old), ended, expiry, from_at, until_at)
                segment = self._segments.write(con, name, from_at, until_at, source, hours)
                new += [segment] if segment is not None else []
            with self._writing, self._snapshots.swap(old, new), self._database.transaction() as writing:
                self._segments.replace(writing, old, new)
                deleted = writing.execute(
                    "DELETE FROM hot WHERE event_at >= ? AND event_at < ? AND seq <= ?",
                    [rewrite.from_at, rewrite.until_at, seq],
                ).fetchone()
        except BaseException as error:
            self._settle()
            if isinstance(error, duckdb.Error) and self._has_new_gap(error, self._database.opening):
                raise StoreUnavailable("a file that was to be written anew is damaged") from error
            raise
        finally:
            con.close()
        with self._writing:
            self._hot_rows -= deleted[0] if deleted else 0

    def _cuts(self, con: Any, rewrite: Rewrite, seq: int) -> list[tuple[Micros, Micros]]:  # noqa: ANN401
        if not needs_cutting(rewrite):
            return [(rewrite.from_at, rewrite.until_at)]
        old = [rewrite.segment] if rewrite.segment is not None else []
        source = Merged(self._segments, old).for_segment(rewrite.from_at, rewrite.until_at, seq)
        by_hour = con.execute(
            f"SELECT event_at // {HOUR_US} AS hour, count(*) FROM ({source}) GROUP BY hour"
        ).fetchall()
        return cuts(dict(by_hour), rewrite.from_at, rewrite.until_at)

    def _is_touched(self, segment: Segment, expiry: Expiry) -> bool:
        """Whether a segment, or the hot table in its span, has what is to go."""
        hours = self._segments.hours([segment]) or "SELECT 0 AS series, 0 AS bucket WHERE false"
        query = f"""
            SELECT 1 FROM read_parquet(?) WHERE {expiry.readings}
            UNION ALL SELECT 1 FROM hot WHERE {expiry.readings} AND event_at >= ? AND event_at < ?
            UNION ALL SELECT 1 FROM ({hours}) WHERE {expiry.hours}
            LIMIT 1
        """
        with self._snapshots.take() as (con, _):
            values = [self._segments.path(segment), segment.from_at, segment.until_at]
            return con.execute(query, values).fetchone() is not None

    def _keep_latest(self) -> int:
        """Put the newest values on disk, for a quick start; the log sequence up to which they are complete."""
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
            with self._database.transaction() as con:
                con.execute("DELETE FROM latest")
                if len(series):
                    con.register("newest", columns)
                    con.execute("INSERT INTO latest SELECT * FROM newest")
                    con.unregister("newest")
                con.execute("UPDATE progress SET latest_seq = ?", [self.committed_seq])
            return self.committed_seq

    # -- below: opening

    def _load(self) -> None:
        opening = self._database.opening
        con = self._database.con
        progress = con.execute("SELECT committed_seq, latest_seq FROM progress").fetchone()
        assert progress is not None
        self.committed_seq, latest_seq = progress
        self._hot_rows = hot.count(con)
        self.since = min(hot.since(con), self._segments.since(con))
        self.latest = Latest()
        self.latest.load(con, latest_seq)
        self._loaded_opening = opening

    def _revive(self) -> None:
        self._snapshots.revive()
        if self._loaded_opening != self._database.opening:
            self._load()

    def _is_stored_after_all(self, seq: int) -> bool:
        """Whether a commit that was reported as failed has reached the disk."""
        if seq <= self.committed_seq:
            return False
        self._database.doubt()
        self._revive()
        return self.committed_seq >= seq

    def _settle(self) -> None:
        """After a failed compaction: go on from what the database says, and free the space of what it does not list."""
        try:
            with self._writing, self._database.guard():
                self._database.doubt()
                self._revive()
                self._snapshots.reread()
                self._hot_rows = hot.count(self._database.con)
        except StoreUnavailable as error:
            log.warning("unfinished files stay until the store can be opened again: %s", error)
