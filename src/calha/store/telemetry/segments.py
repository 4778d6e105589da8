"""Cold readings: Parquet files sorted by series and time, together one gapless past.

A segment holds [from_at, until_at); segments do not overlap. Everything before the horizon, the end of the last segment,
belongs to the first segment that ends after it. Readings that arrive for that past later stay in the hot table and win
over the segment at every query, until compaction writes the segment anew. Beside a segment lie rollup files, one a
level, with the series for which that pays, and the hours that stay of readings whose retention has ended.

A file is written under a temporary name, synced, renamed, and only then listed in the database, in the same transaction
that takes its readings out of the hot table.

Rule 1: a file is removed only when the database, read again, does not list it and no snapshot reads it.
Rule 2: a listed file that is gone or unreadable is a gap that everybody is told of; queries answer without it. While
        there is a gap, files that are not listed stay: they may be all that is left of it.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np

from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.durable import sync
from calha.store.telemetry.database import points_beyond_its_end
from calha.store.telemetry.hours import KEPT, aggregated
from calha.store.telemetry.packing import OPTIONS, cold_rows, packed, quoted
from calha.store.telemetry.rollup import LEVELS

log = logging.getLogger(__name__)

NOT_YET: Micros = np.iinfo(np.int64).max  # later than any reading
WORTH_ROLLING = 15.0  # readings a bucket on average, from which a rollup is written
ROLLED_LEVELS = ("1m", "15m", "1h")  # days are made of these, in each site's own zone


@dataclass(frozen=True, slots=True)
class Segment:
    """rolled: by level, the series that have a rollup there."""

    name: str
    from_at: Micros
    until_at: Micros
    rows: int
    rolled: dict[str, frozenset[int]] = field(default_factory=dict)

    def overlaps(self, from_: Micros, until: Micros) -> bool:
        return self.from_at < until and from_ < self.until_at


@dataclass(frozen=True, slots=True)
class Gap:
    """Readings that cannot be read: the file in which they are, their time span and number."""

    file: str
    from_at: Micros
    until_at: Micros
    rows: int
    reason: str

    def __str__(self) -> str:
        begin = f"{to_datetime(self.from_at):%Y-%m-%d %H:%M}" if self.from_at else "the beginning"
        until = f"{to_datetime(self.until_at):%Y-%m-%d %H:%M}"
        return (
            f"{self.rows} readings from {begin} until {until} UTC are missing: {self.file} {self.reason}. "
            "Put the file back from a backup; it is taken up by itself"
        )


class Segments:
    """The list of segments, in memory and in the database, and their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.all: list[Segment] = []
        self._unreadable: dict[str, str] = {}  # paths of listed files, and why

    def since(self, con: duckdb.DuckDBPyConnection) -> Micros:
        """No reading is earlier; NOT_YET without any."""
        for segment in self.all:
            if not self.has(segment):
                return segment.from_at
            row = con.execute("SELECT min(event_at) FROM read_parquet(?)", [self.path(segment)]).fetchone()
            if row is not None and row[0] is not None:
                return int(row[0])
        return NOT_YET

    @property
    def horizon(self) -> Micros:
        """Before this, readings in the hot table are late or corrected ones."""
        return self.all[-1].until_at if self.all else 0

    @property
    def rows(self) -> int:
        return sum(segment.rows for segment in self.all)

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for segment in self.all for path in self.files(segment) if path.exists())

    def path(self, segment: Segment, level: str | None = None) -> str:
        return str(self.folder / (f"{segment.name}.{level}.parquet" if level else f"{segment.name}.parquet"))

    def files(self, segment: Segment) -> list[Path]:
        return [Path(self.path(segment, level)) for level in (None, *segment.rolled)]

    def hours(self, segments: Sequence[Segment]) -> str | None:
        """A query for the hours kept beside these segments; None if there are none."""
        paths = [self.path(segment, KEPT) for segment in segments if KEPT in segment.rolled]
        return f"SELECT * FROM read_parquet([{quoted(paths)}])" if paths else None

    def overlapping(self, from_: Micros, until: Micros) -> list[Segment]:
        return [segment for segment in self.all if segment.overlaps(from_, until)]

    def has(self, segment: Segment, level: str | None = None) -> bool:
        """Whether the readings of a segment, or its rollup of a level, can be read."""
        return self.path(segment, level) not in self._unreadable

    @property
    def unreadable(self) -> list[Segment]:
        return [segment for segment in self.all if not (self.has(segment) and self.has(segment, KEPT))]

    @property
    def gaps(self) -> list[Gap]:
        unreadable = self._unreadable
        return [
            Gap(Path(path).name, segment.from_at, segment.until_at, segment.rows, unreadable[path])
            for segment in self.all
            for level in (None, KEPT)
            if (path := self.path(segment, level)) in unreadable
        ]

    def read(self, con: duckdb.DuckDBPyConnection) -> None:
        """Take the list from the database."""
        rolled: dict[str, dict[str, set[int]]] = {}
        for name, level, series in con.execute("SELECT name, level, series FROM rolled").fetchall():
            rolled.setdefault(name, {}).setdefault(level, set()).add(series)
        rows = con.execute("SELECT name, from_at, until_at, rows FROM segment ORDER BY from_at").fetchall()
        self.all = _gapless(
            Segment(name, from_at, until_at, count, {k: frozenset(ids) for k, ids in rolled.get(name, {}).items()})
            for name, from_at, until_at, count in rows
        )

    @property
    def is_whole(self) -> bool:
        return not self._unreadable

    def examine(self, con: duckdb.DuckDBPyConnection, *, to_the_last_byte: bool = False) -> bool:
        """See which listed files are there and sound; whether that has changed, which is also logged."""
        before = self._unreadable
        ill = {
            str(path): reason
            for segment in self.all
            for path in self.files(segment)
            if (reason := _illness(con, path, to_the_last_byte or str(path) in before)) is not None
        }
        self._unreadable = ill
        for gap in self.gaps:
            if str(self.folder / gap.file) not in before:
                log.warning("%s", gap)
        return ill.keys() != before.keys()

    def tidy(self, in_use: Iterable[Segment]) -> None:
        """Remove files that are neither listed nor in use."""
        kept = {path for segment in (*self.all, *in_use) for path in self.files(segment)}
        leftovers = [path for path in self.folder.iterdir() if path not in kept]
        if self.gaps and leftovers:
            log.warning("%d files in %s are not listed, and kept while others are missing", len(leftovers), self.folder)
            return
        _remove(leftovers)

    def write(
        self,
        con: duckdb.DuckDBPyConnection,
        name: str,
        from_at: Micros,
        until_at: Micros,
        source: str,
        hours: str | None = None,
    ) -> Segment | None:
        """Write the readings of a query (series, event_at, value, quality, delay), and the hours of another, as a segment.

        None if there is neither.
        """
        path = self.folder / f"{name}.parquet"
        try:
            rows = _copy(con, packed(source), path)
            rolled = {}
            for level in ROLLED_LEVELS if rows else ():
                series = self._worth_rolling(con, path, level)
                if series:
                    self._write_rollup(con, path, self.folder / f"{name}.{level}.parquet", level, series)
                    rolled[level] = frozenset(series)
            if hours is not None and (kept := self._write_hours(con, hours, self.folder / f"{name}.{KEPT}.parquet")):
                rolled[KEPT] = kept
        except BaseException:  # a full disk needs the space of what was begun
            self.remove_begun(name)
            raise
        if not rows and KEPT not in rolled:
            self.remove_begun(name)
            return None
        return Segment(name, from_at, until_at, rows, rolled)

    def _write_hours(self, con: duckdb.DuckDBPyConnection, query: str, path: Path) -> frozenset[int]:
        """The series that have any; without one there is no file."""
        if not _copy(con, query, path):
            path.unlink()
            return frozenset()
        found = con.execute("SELECT DISTINCT series FROM read_parquet(?)", [str(path)]).fetchall()
        return frozenset(series for (series,) in found)

    def remove_begun(self, name: str) -> None:
        """Remove the files of a segment that was never listed."""
        _remove(self.folder.glob(f"{name}.*"))

    def replace(self, con: duckdb.DuckDBPyConnection, old: Sequence[Segment], new: Sequence[Segment]) -> None:
        """List `new` in place of `old`; inside the caller's transaction, after which `adopt` follows."""
        for segment in old:
            con.execute("DELETE FROM segment WHERE name = ?", [segment.name])
            con.execute("DELETE FROM rolled WHERE name = ?", [segment.name])
        for segment in new:
            con.execute(
                "INSERT INTO segment VALUES (?, ?, ?, ?)",
                [segment.name, segment.from_at, segment.until_at, segment.rows],
            )
            for level, series in segment.rolled.items():
                con.register("listed", {"series": np.array(sorted(series), np.int32)})
                con.execute("INSERT INTO rolled SELECT ?, ?, series FROM listed", [segment.name, level])
                con.unregister("listed")

    def adopt(self, old: Sequence[Segment], new: Sequence[Segment]) -> None:
        """Take the committed change over in memory."""
        gone = {segment.name for segment in old}
        self.all = _gapless([*(segment for segment in self.all if segment.name not in gone), *new])

    def remove_files(self, old: Sequence[Segment]) -> None:
        """Remove the files of segments that are no longer listed."""
        _remove(path for segment in old for path in self.files(segment))

    def _worth_rolling(self, con: duckdb.DuckDBPyConnection, path: Path, level: str) -> list[int]:
        found = con.execute(
            """
            SELECT series FROM read_parquet(?)
            GROUP BY series HAVING count(*) >= ? * count(DISTINCT event_at // ?)
            """,
            [str(path), WORTH_ROLLING, LEVELS[level]],
        ).fetchall()
        return [series for (series,) in found]

    def _write_rollup(
        self, con: duckdb.DuckDBPyConnection, source: Path, target: Path, level: str, series: list[int]
    ) -> None:
        readings = f"FROM ({cold_rows([str(source)])}) WHERE series IN (SELECT series FROM chosen)"
        con.register("chosen", {"series": np.array(series, np.int32)})
        try:
            _copy(con, aggregated(readings, LEVELS[level]), target)
        finally:
            con.unregister("chosen")


def _gapless(segments: Iterable[Segment]) -> list[Segment]:
    """By time, each from the end of the one before, so that what came late has a place when a segment is gone."""
    found: list[Segment] = []
    for segment in sorted(segments, key=lambda one: one.until_at):
        found.append(replace(segment, from_at=found[-1].until_at if found else 0))
    return found


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's rows as a file that is there whole or not at all; the number of rows."""
    temporary = path.with_name(path.name + ".unfinished")
    copied = con.execute(f"COPY ({query}) TO '{_quoted(temporary)}' ({OPTIONS})").fetchone()
    sync(temporary)
    temporary.rename(path)
    sync(path.parent)
    return int(copied[0]) if copied else 0


def _illness(con: duckdb.DuckDBPyConnection, path: Path, to_the_last_byte: bool) -> str | None:
    """Why a file cannot be read; None if it can. What is not the file's fault (no memory, a broken database) is raised."""
    if not path.exists():
        return "is gone"
    query = "SELECT num_rows FROM parquet_file_metadata(?)"
    if to_the_last_byte:
        query = "SELECT count(*), max(hash(COLUMNS(*))) FROM read_parquet(?)"
    try:
        con.execute(query, [str(path)]).fetchone()
    except duckdb.Error as error:
        if isinstance(error, duckdb.OperationalError | duckdb.FatalException) and not points_beyond_its_end(error):
            raise
        return f"is damaged ({str(error).splitlines()[0]})"
    return None


def _remove(paths: Iterable[Path]) -> None:
    """What cannot be removed now is left for the next start: it is in nobody's way."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", path, error)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
