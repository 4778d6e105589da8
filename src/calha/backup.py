"""Backups while Calha runs, and their restoration into an empty folder, proved by counts and checksums.

A backup is a folder: `telemetry/`, `registry.sqlite` (another database is dumped with its own tools), `quarantine.ndjson`
and `manifest.json` with the log sequence that the store had reached, row counts, and a checksum of the readings and of each
file. Readings still in the log at that moment are in the next backup; the devices have their acknowledgement and the log
keeps them. Quarantined messages go back into the log at the first start on the restored folder.

A folder has its name, and a manifest, once everything in it is on disk. What was begun and not finished is removed.
"""

import asyncio
import base64
import hashlib
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calha.domain.errors import CalhaError, Conflict, DiskFull, NotFound
from calha.durable import sync
from calha.log.quarantine import Entry, Kept, Quarantine
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

MANIFEST = "manifest.json"
QUARANTINE_FILE = "quarantine.ndjson"
UNFINISHED = ".unfinished"
RETURNING_FILE = "quarantine-returning.ndjson"  # in a restored data folder, until its first start
PAGE = 500
MEGABYTE = 1_000_000
LEFT_FREE = 200 * MEGABYTE


class DamagedBackup(CalhaError):
    """A backup whose restored copy does not have the counts and checksums that it promises."""


class Backups:
    """Makes the backups of a data folder, one at a time."""

    def __init__(self, folder: Path, registry: Registry, telemetry: Telemetry, quarantine: Quarantine) -> None:
        self._folder = folder / "backups"
        self._registry = registry
        self._telemetry = telemetry
        self._quarantine = quarantine
        self._making = asyncio.Lock()

    async def make(self, name: str) -> dict[str, Any]:
        """Write `backups/<name>` below the data folder; the manifest.

        Raises Conflict if there is one of that name or one is being made, DiskFull, StoreUnavailable.
        """
        target = self._folder / name
        if self._making.locked():
            raise Conflict("a backup is being made; ask again when it is there")
        async with self._making:
            if target.exists():
                raise Conflict(f"there is a backup {target} already; choose another name")
            unfinished = target.with_name(f".{name}{UNFINISHED}")
            await asyncio.to_thread(_remove_unfinished, self._folder)
            await asyncio.to_thread(self._require_room)
            try:
                manifest = await self._write(unfinished) | {"folder": str(target)}
                await asyncio.to_thread(_finish, unfinished, target, manifest)
            finally:
                await asyncio.to_thread(_remove_unfinished, self._folder)
        return manifest

    def _require_room(self) -> None:
        """Before anything is copied: a disk that a backup fills is one on which no reading can be stored."""
        self._folder.mkdir(exist_ok=True)
        needed = self._telemetry.statistics().bytes + self._registry.bytes + LEFT_FREE
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise DiskFull(
                f"a backup needs {needed / MEGABYTE:.0f} MB free in {self._folder}, of which it leaves "
                f"{LEFT_FREE / MEGABYTE:.0f}, and there are {free / MEGABYTE:.0f}; take older backups away"
            )

    async def _write(self, folder: Path) -> dict[str, Any]:
        await asyncio.to_thread(self._telemetry.backup, folder / "telemetry")
        if self._registry.is_file:
            await asyncio.to_thread(self._registry.backup, folder / "registry.sqlite")
        kept = await _write_quarantine(folder / QUARANTINE_FILE, self._quarantine)
        return {
            "telemetry": await asyncio.to_thread(Telemetry.describe, folder / "telemetry"),
            "registry_included": self._registry.is_file,
            "quarantine_messages": kept,
        }


def restore_backup(backup: Path, folder: Path) -> dict[str, Any]:
    """Bring a backup into an empty data folder and compare. Raises NotFound, Conflict, DamagedBackup."""
    if not (backup / MANIFEST).is_file():
        raise NotFound(f"{backup} is no backup: it has no {MANIFEST}")
    if folder.exists() and any(path.name != "calha.lock" for path in folder.iterdir()):
        raise Conflict(f"{folder} is not empty; restore into a new folder with --data")
    manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
    _require_whole(backup, manifest)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(backup / "telemetry", folder / "telemetry")
    if manifest["registry_included"]:
        shutil.copy2(backup / "registry.sqlite", folder / "registry.sqlite")
    shutil.copy2(backup / QUARANTINE_FILE, folder / RETURNING_FILE)
    _sync(folder)
    restored = Telemetry.describe(folder / "telemetry")
    if restored != manifest["telemetry"]:
        raise DamagedBackup(f"the restored copy has {restored}, the backup promises {manifest['telemetry']}")
    return manifest


async def return_quarantine(folder: Path, quarantine: Quarantine) -> int:
    """Put the messages of a restored backup back into the log, once, also when this is interrupted; how many.

    What quarantine has no room for stays in the file for the next start. Raises LogUnavailable.
    """
    path = folder / RETURNING_FILE
    if not path.exists():
        return 0
    there = {kept.entry async for kept in _all(quarantine)}
    returned = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            entry = Entry(**(fields | {"payload": base64.b64decode(fields["payload"])}))
            if entry not in there:
                if not await quarantine.put(entry):
                    return returned
                returned += 1
    path.unlink()
    return returned


async def _all(quarantine: Quarantine) -> AsyncIterator[Kept]:
    after = 0
    while page := await quarantine.list(after_seq=after, limit=PAGE):
        for kept in page:
            yield kept
        after = page[-1].seq


async def _write_quarantine(path: Path, quarantine: Quarantine) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as out:
        async for kept in _all(quarantine):
            entry = asdict(kept.entry) | {"payload": base64.b64encode(kept.entry.payload).decode()}
            out.write(json.dumps(entry) + "\n")
            count += 1
    return count


def _finish(unfinished: Path, target: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest and give the folder its name, when everything in it is on disk."""
    manifest["files"] = {str(path.relative_to(unfinished)): _checksum(path) for path in _files(unfinished)}
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=2))
    _sync(unfinished)
    unfinished.rename(target)
    sync(target.parent)


def _remove_unfinished(folder: Path) -> None:
    for path in folder.glob(f".*{UNFINISHED}"):
        shutil.rmtree(path)


def _require_whole(backup: Path, manifest: dict[str, Any]) -> None:
    """Raises DamagedBackup naming the files that are not what they were when the backup was made."""
    promised: dict[str, str] = manifest.get("files", {})  # older backups have none
    there = {str(path.relative_to(backup)): path for path in _files(backup)}
    missing = sorted(promised.keys() - there.keys())
    changed = sorted(name for name, sum_ in promised.items() if name in there and _checksum(there[name]) != sum_)
    if missing or changed:
        told = [f"{name} is missing" for name in missing] + [f"{name} has changed" for name in changed]
        raise DamagedBackup(f"{backup} is not what it was when it was made: {'; '.join(told)}. Take another backup")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    for path in (*_files(folder), *(path for path in folder.rglob("*") if path.is_dir()), folder):
        sync(path)
