"""`calha import eta`: brings the database of ETA flow over, and goes on where it was interrupted."""

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from calha.cli.options import configuration, progress_bar
from calha.domain.errors import InvalidConfiguration

if TYPE_CHECKING:
    from calha.cli.running import Running
    from calha.compat.eta.old_database import OldDatabase, Part

PLANT, READINGS, SITES = "/api/v1/eta/import", "/api/v1/import", "/api/v1/sites"
ARROW = "application/vnd.apache.arrow.stream"
TABLES = ("units", "devices", "sensors", "users")
OUTCOMES = {"stored": "new", "late": "new", "duplicate": "duplicate", "corrected": "corrected"}
FOLDER = "moving"
PASSWORD_VARIABLE = "MYSQL_PWD"  # noqa: S105 - a name, as MariaDB's own client reads it


@dataclass
class Progress:
    """What has become of the measurements so far. last_id: of the last that was dealt with. finished: there was no more."""

    last_id: int = 0
    finished: bool = False
    readings: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)


def bring(
    url: str | None, zone: str | None, dry_run: bool, again: bool, data: Path | None, config: Path | None
) -> None:
    """Bring everything over, and say what became of it."""
    from calha.cli.running import Running

    if url is None:
        raise InvalidConfiguration("name the old database: --from mysql://USER:PASSWORD@HOST/NAME")
    settings = configuration(data, config).settings
    running = Running(settings.data.folder)
    with _opened(url) as old:
        there = _plant(old)
        plant = running.post(PLANT, json.dumps(there).encode(), dry_run="true" if dry_run else None)
        local = ZoneInfo(zone or _zone(running, settings.compat.eta.site))
        file = _progress_file(settings.data.folder, url)
        progress = Progress() if again or dry_run else _read(file)
        if progress.last_id:
            typer.echo(f"Going on behind measurement {progress.last_id}; --again begins with the first.")
        bringing = _Bringing(running, plant, there, dry_run)
        with progress_bar("measurements", old.count(progress.last_id)) as (bar, task):
            for part in old.parts(progress.last_id, local):
                bringing.take(part, progress)
                if not dry_run:
                    _write(file, progress)
                bar.advance(task, part.rows)
        if not dry_run:
            progress.finished = True
            _write(file, progress)
    _show(plant, progress, dry_run)


class _Bringing:
    """Sends measurements to the channels of their sensors."""

    def __init__(self, running: "Running", plant: dict[str, Any], there: dict[str, Any], dry_run: bool) -> None:
        self._running = running
        self._dry_run = dry_run
        self._series = {(one["sensor_id"], one["kind"]): one for one in plant["series"]}
        self._symbols = {one["id"]: one["symbol"] for one in there["units"]}
        self._measured_in = {one["id"]: self._symbols.get(one.get("unit_id")) for one in there["sensors"]}

    def take(self, part: "Part", progress: Progress) -> None:
        """Adds to the counts, and goes on to the end of the part."""
        progress.rejected.update(part.rejected)
        columns: dict[str, list[Any]] = {name: [] for name in ("device", "channel", "at", "value", "quality")}
        rows = zip(part.sensor, part.unit, part.kind, part.at, part.value, part.failed, strict=True)
        for sensor, unit, kind, at, value, failed in rows:
            series = self._series.get((sensor, kind))
            if series is None:
                progress.rejected["unknown_sensor"] += 1
            elif self._symbols.get(unit) != self._measured_in[sensor]:
                progress.rejected["other_unit"] += 1
            elif not series["exists"]:
                progress.readings["new"] += 1  # in a dry run: there is nothing yet with which it could be compared
            else:
                row = (series["device"], series["channel"], at, value, "bad" if failed else "good")
                for column, cell in zip(columns.values(), row, strict=True):
                    column.append(cell)
        if columns["at"]:
            self._send(columns, progress)
        progress.last_id = part.last_id

    def _send(self, columns: dict[str, list[Any]], progress: Progress) -> None:
        receipt = self._running.post(READINGS, _arrow(columns), ARROW, dry_run="true" if self._dry_run else None)
        for outcome, name in OUTCOMES.items():
            progress.readings[name] += receipt[outcome]
        progress.rejected.update(receipt["rejected"])


def _plant(old: "OldDatabase") -> dict[str, Any]:
    """Units, devices, sensors and people as the API takes them."""
    uses = old.uses()

    def sensor(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
        found = uses.get(row[0])
        used = {"unit_id": found.unit_id, "kinds": list(found.kinds)} if found is not None else {}
        return dict(zip(("id", "name", "code", "kind", "device_id"), row, strict=True)) | used

    return {
        "units": [dict(zip(("id", "name", "symbol"), row, strict=True)) for row in old.units()],
        "devices": [dict(zip(("id", "name", "code", "kind", "location"), row, strict=True)) for row in old.devices()],
        "sensors": [sensor(row) for row in old.sensors()],
        "people": [
            dict(zip(("name", "user_name", "email", "password_hash", "kind"), row, strict=True)) for row in old.people()
        ],
    }


@contextmanager
def _opened(url: str) -> "Iterator[OldDatabase]":
    from calha.compat.eta.old_database import OldDatabase

    old = OldDatabase.open(_with_password(url))
    try:
        yield old
    finally:
        old.close()


def _with_password(url: str) -> str:
    """Asked for where the address has none, as whoever looks at the list of processes could read it there."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidConfiguration("--from is no database address; write mysql://USER@HOST/NAME") from None
    if parsed.password is not None or not parsed.username:
        return url
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None and sys.stdin.isatty():
        password = typer.prompt(f"Password of {parsed.username}", hide_input=True)
    return parsed.set(password=password).render_as_string(hide_password=False)


def _zone(running: "Running", site: str) -> str:
    """Of the site in which ETA flow stands, whose local times the database holds."""
    sites = running.get(SITES)["items"]
    found = next((one for one in sites if site in ("", one["name"])), min(sites, key=lambda one: int(one["id"])))
    return str(found["zone"])


def _progress_file(folder: Path, url: str) -> Path:
    from sqlalchemy import make_url

    parsed = make_url(url)
    source = f"{parsed.host}:{parsed.port}/{parsed.database}"
    return folder / FOLDER / f"eta-{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"


def _read(file: Path) -> Progress:
    """Counts begin anew when everything had been brought over."""
    if not file.exists():
        return Progress()
    found = json.loads(file.read_text())
    if found["finished"]:
        return Progress(found["last_id"])
    return Progress(found["last_id"], False, Counter(found["readings"]), Counter(found["rejected"]))


def _write(file: Path, progress: Progress) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(vars(progress)))
    new.replace(file)


def _arrow(columns: dict[str, list[Any]]) -> bytes:
    import io

    import pyarrow as pa

    moment, words = pa.timestamp("us", "UTC"), pa.string()
    types = {"device": words, "channel": words, "at": pa.int64(), "value": pa.float64(), "quality": words}
    arrays = {name: pa.array(columns[name], kind) for name, kind in types.items()}
    arrays["at"] = arrays["at"].cast(moment)
    table = pa.table(arrays)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _show(plant: dict[str, Any], progress: Progress, dry_run: bool) -> None:
    typer.echo("Dry run, nothing was changed:" if dry_run else "Receipt:")
    for table in TABLES:
        new, known, changed = (plant[name].get(table, 0) for name in ("new", "known", "changed"))
        typer.echo(f"  {table:12} new {new}, here already {known}, changed {changed}")
    readings = progress.readings
    told = f"new {readings['new']}, duplicate {readings['duplicate']}, corrected {readings['corrected']}"
    typer.echo(f"  {'measurements':12} {told}")
    rejected = Counter(plant["rejected"]) + progress.rejected
    typer.echo(f"  {'rejected':12} {rejected.total()}")
    for reason, count in rejected.most_common():
        example = plant["examples"].get(reason)
        typer.echo(f"    {reason}: {count}" + (f", such as {example}" if example else ""))
    if rejected:
        raise typer.Exit(1)
