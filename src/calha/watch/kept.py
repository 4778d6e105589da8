"""What detectors have learnt, as files in a folder: one for all series, one for each group of channels.

What cannot be read is told in the log, and its detector begins anew.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from calha.durable import write_whole
from calha.watch.anomaly.keeping import Columns, Unreadable, pack, unpack

log = logging.getLogger(__name__)

SUFFIX = ".npz"


class Kept:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, detector: str, columns: Columns) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(name), pack(detector, columns))

    def read(self, name: str, detector: str) -> Columns | None:
        """What was written; None where there is nothing, or nothing that can be read."""
        path = self._path(name)
        try:
            return unpack(detector, path.read_bytes())
        except FileNotFoundError:
            return None
        except Unreadable as error:
            log.warning("%s is learnt anew: %s", path, error)
            return None

    def names(self) -> Iterator[str]:
        return (path.name.removesuffix(SUFFIX) for path in self._folder.glob(f"*{SUFFIX}"))

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{SUFFIX}"
