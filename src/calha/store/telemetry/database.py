"""The DuckDB file: its tables, its transactions, and what happens when it cannot write.

Whatever DuckDB cannot do for want of space, memory or a file becomes StoreUnavailable. DuckDB may have declared its open
database invalid by then; it is opened anew at the next write, from what is on disk. That may be more than was in memory:
when the checkpoint after a commit fails, COMMIT raises although it is durable.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from calha.domain.errors import StoreUnavailable

log = logging.getLogger(__name__)

FILE_NAME = "telemetry.duckdb"
TEMPORARY_FOLDER = "tmp"
THREADS = 2
CHECKPOINT_BYTES = "64MB"  # a checkpoint then holds a commit up for about 0.1 s, and a start replays in less than 0.3 s

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
UNAVAILABLE = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.ConnectionException,
    OSError,
)
CLOSED_UNDER_IT = (
    "bad_weak_ptr"  # what a reader is told while the writer opens the database anew; of no class of its own
)


class Database:
    """One connection for the writer, of which readers take cursors. opening: how often it was opened."""

    def __init__(self, folder: Path, memory_mb: int) -> None:
        self.folder = folder
        self._memory_mb = memory_mb
        self._is_doubtful = False
        self.opening = 1
        self.con = self._connect()

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob(f"{FILE_NAME}*"))

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around everything that may fail for outer reasons. Raises StoreUnavailable."""
        try:
            yield
        except (*UNAVAILABLE, duckdb.Error) as error:
            if points_beyond_its_end(error):
                raise  # a damaged file, which is another's to deal with
            if not isinstance(error, UNAVAILABLE) and CLOSED_UNDER_IT not in str(error):
                raise
            self._is_doubtful = True
            raise StoreUnavailable(f"the store does not work now: {str(error).splitlines()[0]}") from error

    def doubt(self) -> None:
        """Let the next `revive` see whether the database still works."""
        self._is_doubtful = True

    def revive(self) -> None:
        """Open the database again if it broke. Call within `guard`, as the writer."""
        if not self._is_doubtful:
            return
        try:
            self.con.execute("SELECT committed_seq FROM progress").fetchone()
        except duckdb.Error:
            with suppress(duckdb.Error):
                self.con.close()
            self.con = self._connect()
            self.opening += 1
            log.warning("the store was opened again")
        self._is_doubtful = False

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The writer's connection in a transaction: all of it or nothing."""
        con = self.con
        con.execute("BEGIN")
        try:
            yield con
            con.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):
                con.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self.con.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(
            str(self.folder / FILE_NAME),
            config={
                "memory_limit": f"{self._memory_mb}MB",
                "threads": THREADS,
                "temp_directory": str(self.folder / TEMPORARY_FOLDER),
                "checkpoint_threshold": CHECKPOINT_BYTES,
                "preserve_insertion_order": True,
                "allocator_background_threads": True,  # gives 45 MB of 2 million readings back within 10 s of a question
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        con.execute(_SCHEMA)
        return con


def points_beyond_its_end(error: Exception) -> bool:
    """Whether DuckDB failed at a file whose inside says that there is more: noise, where the disk itself works."""
    return isinstance(error, duckdb.IOException) and "enough bytes" in str(error)
