"""Backups while Calha runs, and their restoration into an empty folder, proved by counts and checksums.

A backup is a folder: `telemetry/`, `registry.sqlite` (another database is dumped with its own tools), `quarantine.ndjson`
and `manifest.json` with the log sequence that the store had reached, row counts and checksums. Readings still in the log
at that moment are in the next backup; the devices have their acknowledgement and the log keeps them. Quarantined messages
go back into the log at the first start on the restored folder.
"""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calha.domain.errors import CalhaError, Conflict, NotFound
from calha.log.quarantine import Entry, Kept, Quarantine
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

MANIFEST = "manifest.json"
QUARANTINE_FILE = "quarantine.ndjson"
RETURNING_FILE = "quarantine-returning.ndjson"  # in a restored data folder, until its first start
PAGE = 500


class DamagedBackup(CalhaError):
    """A backup whose restored copy does not have the counts and checksums that it promises."""


async def make_backup(
    folder: Path, name: str, registry: Registry, telemetry: Telemetry, quarantine: Quarantine
) -> dict[str, Any]:
    """Write `backups/<name>` below the data folder; the manifest. Raises Conflict if there is one of that name."""
    target = folder / "backups" / name
    if target.exists():
        raise Conflict(f"there is a backup {target} already; choose another name")
    unfinished = target.with_name(f".{name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    await asyncio.to_thread(telemetry.backup, unfinished / "telemetry")
    includes_registry = registry.is_file
    if includes_registry:
        await asyncio.to_thread(registry.backup, unfinished / "registry.sqlite")
    kept = await _write_quarantine(unfinished / QUARANTINE_FILE, quarantine)
    manifest = {
        "telemetry": await asyncio.to_thread(Telemetry.describe, unfinished / "telemetry"),
        "registry_included": includes_registry,
        "quarantine_messages": kept,
        "folder": str(target),
    }
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=2))
    unfinished.rename(target)
    return manifest


def restore_backup(backup: Path, folder: Path) -> dict[str, Any]:
    """Bring a backup into an empty data folder and compare. Raises NotFound, Conflict, DamagedBackup."""
    if not (backup / MANIFEST).is_file():
        raise NotFound(f"{backup} is no backup: it has no {MANIFEST}")
    if folder.exists() and any(path.name != "calha.lock" for path in folder.iterdir()):
        raise Conflict(f"{folder} is not empty; restore into a new folder with --data")
    manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(backup / "telemetry", folder / "telemetry")
    if manifest["registry_included"]:
        shutil.copy2(backup / "registry.sqlite", folder / "registry.sqlite")
    shutil.copy2(backup / QUARANTINE_FILE, folder / RETURNING_FILE)
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
