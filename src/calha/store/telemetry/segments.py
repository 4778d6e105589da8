"""Cold readings: Parquet files sorted by series and time, together one gapless past.

A segment holds [from_at, until_at); segments do not overlap. Everything before the horizon, the end of the last segment,
belongs to the first segment that ends after it. Readings that arrive for that past later stay in the hot table and win
over the segment at every query, until compaction writes the segment anew. Beside a segment lie rollup files, one a
level, with the series for which that pays.

A file is written under a temporary name, synced, renamed, and only then listed in the database, in the same transaction
that takes its readings out of the hot table. What is on disk and not listed is removed at the next start.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from calha.domain.readings import Micros
from calha.store.telemetry.packing import OPTIONS, cold_rows, packed
from calha.store.telemetry.rollup import LEVELS

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


class Segments:
    """The list of segments, in memory and in the database, and their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.all: list[Segment] = []

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

    def overlapping(self, from_: Micros, until: Micros) -> list[Segment]:
        return [segment for segment in self.all if segment.overlaps(from_, until)]

    def load(self, con: duckdb.DuckDBPyConnection) -> None:
        """Read the list, and remove files that are not on it."""
        rolled: dict[str, dict[str, set[int]]] = {}
        for name, level, series in con.execute("SELECT name, level, series FROM rolled").fetchall():
            rolled.setdefault(name, {}).setdefault(level, set()).add(series)
        rows = con.execute("SELECT name, from_at, until_at, rows FROM segment ORDER BY from_at").fetchall()
        self.all = _gapless(
            Segment(name, from_at, until_at, count, {k: frozenset(ids) for k, ids in rolled.get(name, {}).items()})
            for name, from_at, until_at, count in rows
        )
        listed = {path for segment in self.all for path in self.files(segment)}
        for path in self.folder.iterdir():
            if path not in listed:
                path.unlink()

    def write(
        self,
        con: duckdb.DuckDBPyConnection,
        name: str,
        from_at: Micros,
        until_at: Micros,
        source: str,
    ) -> Segment | None:
        """Write the readings of a query (series, event_at, value, quality, delay) as a segment; None if there are none."""
        path = self.folder / f"{name}.parquet"
        try:
            rows = _copy(con, packed(source), (), path)
            rolled = {}
            for level in ROLLED_LEVELS if rows else ():
                series = self._worth_rolling(con, path, level)
                if series:
                    self._write_rollup(con, path, self.folder / f"{name}.{level}.parquet", level, series)
                    rolled[level] = frozenset(series)
        except BaseException:  # a full disk needs the space of what was begun
            self.remove_begun(name)
            raise
        if not rows:
            path.unlink()
            return None
        return Segment(name, from_at, until_at, rows, rolled)

    def remove_begun(self, name: str) -> None:
        for path in self.folder.glob(f"{name}.*"):
            path.unlink(missing_ok=True)

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
        for segment in old:
            for path in self.files(segment):
                path.unlink(missing_ok=True)

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
        query = f"""
            SELECT series, event_at - event_at % ? AS bucket,
                count(value) FILTER (good) AS count,
                coalesce(sum(value) FILTER (good), 0) AS total,
                min(value) FILTER (good) AS minimum,
                max(value) FILTER (good) AS maximum,
                arg_min(value, event_at) FILTER (good) AS first,
                min(event_at) FILTER (good) AS first_at,
                arg_max(value, event_at) FILTER (good) AS last,
                max(event_at) FILTER (good) AS last_at,
                max(quality) AS quality
            FROM (SELECT *, quality < 128 AND NOT isnan(value) AS good FROM ({cold_rows([str(source)])})
                  WHERE series IN (SELECT series FROM chosen))
            GROUP BY ALL ORDER BY series, bucket
        """
        con.register("chosen", {"series": np.array(series, np.int32)})
        try:
            _copy(con, query, [LEVELS[level]], target)
        finally:
            con.unregister("chosen")


def _gapless(segments: Iterable[Segment]) -> list[Segment]:
    """By time, each from the end of the one before, so that what came late has a place when a segment is gone."""
    found: list[Segment] = []
    for segment in sorted(segments, key=lambda one: one.until_at):
        found.append(replace(segment, from_at=found[-1].until_at if found else 0))
    return found


def _copy(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any], path: Path) -> int:
    """Write a query's rows as a file that is there whole or not at all; the number of rows."""
    temporary = path.with_name(path.name + ".unfinished")
    copied = con.execute(f"COPY ({query}) TO '{_quoted(temporary)}' ({OPTIONS})", values).fetchone()
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return int(copied[0]) if copied else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
