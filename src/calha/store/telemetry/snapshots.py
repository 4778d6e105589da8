"""What a reader sees: one moment of the hot table together with the list of segments of that moment.

Compaction changes both at once, under the same lock under which a snapshot is taken. A segment that was replaced keeps its
files until the last snapshot that may read them has ended. A database that is opened anew brings its own list, which may
be another than the one in memory: a commit can have reached the disk and yet have been reported as failed.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb

from calha.store.telemetry.database import Database
from calha.store.telemetry.segments import Segment, Segments


class Snapshots:
    def __init__(self, database: Database, segments: Segments) -> None:
        self._database = database
        self._segments = segments
        self._lock = threading.Lock()
        self._begun = 0
        self._active: set[int] = set()
        self._replaced: list[tuple[int, Segment]] = []  # with the number of the last snapshot that may read it
        self._opening = 0  # of the database, from which the list is

    @contextmanager
    def take(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Segment]]]:
        """A cursor in a transaction, and its segments. Raises StoreUnavailable."""
        with self._database.guard():
            with self._lock:
                self._follow()
                con = self._database.con.cursor()
                con.execute("BEGIN")
                con.execute(
                    "SELECT committed_seq FROM progress"
                ).fetchone()  # DuckDB's snapshot begins with a first read
                segments = list(self._segments.all)
                self._begun += 1
                number = self._begun
                self._active.add(number)
            try:
                yield con, segments
            finally:
                con.close()
                with self._lock:
                    self._active.remove(number)
                    self._sweep()

    @contextmanager
    def swap(self, old: Sequence[Segment], new: Sequence[Segment]) -> Iterator[None]:
        """Around the transaction that replaces segments: no snapshot begins meanwhile, and the next see the new ones."""
        with self._lock:
            yield
            self._segments.adopt(old, new)
            self._replaced += [(self._begun, segment) for segment in old]
            self._sweep()

    def revive(self) -> None:
        """Open the database again if it broke, with its list."""
        with self._lock:
            self._database.revive()
            self._follow()

    def reread(self) -> None:
        """Take the list from the database, and remove the files that it does not list. Nobody may be writing files."""
        with self._lock:
            self._read()
            self._segments.tidy(segment for _, segment in self._replaced)

    def examine(self, *, to_the_last_byte: bool = False) -> bool:
        """See which listed files can be read; whether that has changed."""
        with self._lock:
            self._follow()
            con = self._database.con.cursor()
        try:
            return self._segments.examine(con, to_the_last_byte=to_the_last_byte)
        finally:
            con.close()

    def _follow(self) -> None:
        if self._opening != self._database.opening:
            self._read()

    def _read(self) -> None:
        before = self._segments.all
        opening = self._database.opening
        con = self._database.con.cursor()
        try:
            self._segments.read(con)
            self._segments.examine(con)
        finally:
            con.close()
        self._opening = opening
        listed = {segment.name for segment in self._segments.all}
        self._replaced += [(self._begun, segment) for segment in before if segment.name not in listed]
        self._sweep()

    def _sweep(self) -> None:
        oldest = min(self._active, default=self._begun + 1)
        self._segments.remove_files([segment for last, segment in self._replaced if last < oldest])
        self._replaced = [(last, segment) for last, segment in self._replaced if last >= oldest]
