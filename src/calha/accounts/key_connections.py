"""Which names API keys have opened MQTT connections under, so that these are closed when a key is revoked.

The log server keeps connections while the core is started anew, and does not tell who opened them; so it is kept in a file
of the data folder, one line for each key and name. Nothing is forced to disk: a power cut takes it with the connections.
"""

import json
import logging
from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path

log = logging.getLogger(__name__)

FILE_NAME = "key-connections"
MAX_KEYS = 10_000


class KeyConnections:
    def __init__(self, path: Path | None = None, keys: Collection[int] = ()) -> None:
        """path: None to remember nothing beyond this process. keys: that there are; of others nothing is taken over."""
        self._path = path
        self._names: OrderedDict[int, set[str]] = OrderedDict()
        if path is not None and path.exists():
            self._read(path, keys)

    def of(self, key_id: int) -> frozenset[str]:
        return frozenset(self._names.get(key_id, ()))

    def add(self, key_id: int, name: str) -> None:
        if name in self._names.get(key_id, ()):
            return
        self._remember(key_id, name)
        if self._path is None:
            return
        try:
            with self._path.open("a") as file:
                file.write(_line(key_id, name))
        except OSError as error:  # whoever has proved himself is let in on a full disk, too
            log.warning("%s cannot be written: %s", self._path, error)

    def _remember(self, key_id: int, name: str) -> None:
        self._names.setdefault(key_id, set()).add(name)
        while len(self._names) > MAX_KEYS:
            self._names.popitem(last=False)

    def _read(self, path: Path, keys: Collection[int]) -> None:
        for line in path.read_text().splitlines():
            try:
                key_id, name = json.loads(line)
            except ValueError:  # cut off with the process that wrote it
                continue
            if key_id in keys:
                self._remember(key_id, name)
        new = path.with_suffix(".new")
        new.write_text("".join(_line(key_id, name) for key_id, names in self._names.items() for name in sorted(names)))
        new.replace(path)


def _line(key_id: int, name: str) -> str:
    return json.dumps([key_id, name]) + "\n"
