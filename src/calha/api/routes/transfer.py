"""Readings in bulk: import and export as Arrow streams, and backups. `calha import|export|backup` speak to these."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from calha.api.access import Administers, SendsAll, Views
from calha.api.bodies import read_body
from calha.api.curve_reads import note_curve_reads
from calha.api.routing import api_router
from calha.api.schemas import Answer, Body
from calha.api.services import Here, Services
from calha.domain.access import Periods
from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.times import from_text
from calha.domain.written import OUTCOMES
from calha.ingest.bulk import UNREADABLE_TIME, Table, batch_of_table, rejected_reasons
from calha.ingest.service import MAX_PROBLEMS_APART, Message

router = api_router("transfer")

ARROW = "application/vnd.apache.arrow.stream"
MAX_IMPORT_BYTES = 64 * 1024 * 1024
MAX_NAMED = 20  # rows that a receipt tells
Window = tuple[list[int], Micros, Micros]  # series, since, until
_ARROW_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}}}
}


class UnreadableLine(Answer):
    """A row that was not imported because its time cannot be read."""

    line: int = Field(examples=[17])
    problem: str = Field(examples=["'31/01/2026' is no time with a zone; write it as 2026-01-31T12:00:00-03:00"])


class ImportReceipt(Answer):
    stored: int = Field(description="New, and newest of their series.")
    late: int = Field(description="New, older than the newest.")
    corrected: int
    duplicate: int
    rejected: dict[str, int]
    unreadable: list[UnreadableLine] = Field(
        description="The first rows whose time cannot be read. The first 1000 of a request are in quarantine."
    )
    dry_run: bool


class NewBackup(Body):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}$", examples=["2026-01-31"])]


@router.post("/import", openapi_extra=_ARROW_BODY)
async def import_readings(
    services: Here,
    caller: SendsAll,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only say what would become of the readings.")] = False,
    first_line: Annotated[
        int, Query(ge=1, le=2**62, description="Line of its file in which the first row stands.", examples=[2])
    ] = 1,
) -> ImportReceipt:
    """Columns device, channel, at (timestamp, µs, or ISO 8601 with a zone), value, quality if you like; up to 64 MiB a request.

    A row that cannot be taken is counted under its reason, and the others are imported.
    """
    too_large = f"an import takes {MAX_IMPORT_BYTES} bytes a request; send it in parts"
    body = await read_body(request, MAX_IMPORT_BYTES, too_large)
    table = await asyncio.to_thread(batch_of_table, body, services.ingest.directory, services.clock())
    batch = table.batch
    if dry_run:
        judged = await asyncio.to_thread(services.telemetry.judge, batch)
        outcomes = {name: int((judged.outcome == code).sum()) for code, name in enumerate(OUTCOMES)}
    else:
        services.ingest.counters.received(batch)
        outcomes = await services.transfer.load(batch)
        await _set_aside(services, table, first_line)
    if not dry_run:
        await caller.note("readings.imported", "readings", after=outcomes)
    unreadable = [
        UnreadableLine(line=first_line + row.place, problem=row.detail) for row in table.unreadable[:MAX_NAMED]
    ]
    return ImportReceipt(rejected=rejected_reasons(table.rejected), unreadable=unreadable, dry_run=dry_run, **outcomes)


@router.get("/export", response_class=StreamingResponse)
async def export_readings(
    services: Here,
    caller: Views,
    device: Annotated[str | None, Query(description="Device keys, separated by commas; all when missing.")] = None,
    from_: Annotated[str | None, Query(alias="from")] = None,
    to: Annotated[str | None, Query()] = None,
) -> Response:
    """Every reading, by series and time, as an Arrow stream: device, channel, unit, at, value, quality, arrived_at."""
    from datetime import UTC

    since = from_text(from_, UTC) if from_ else 0
    until = from_text(to, UTC) if to else 2**62
    wanted = set(device.split(",")) if device else None
    directory, reach = services.ingest.directory, caller.reach()
    seen = {key: reach.periods(key, entry.site) for key, entry in directory.devices.items()}
    names = {number: name for number, name in directory.names.items() if seen.get(name[0])}
    series = sorted(number for number, (key, _) in names.items() if wanted is None or key in wanted)
    windows = [window for number in series for window in _windows(number, seen[names[number][0]], since, until)]
    if wanted and (missing := wanted - {key for key, _ in names.values()}):
        raise Malformed(
            f"no device {', '.join(sorted(missing))} with readings", "unknown_device", device=", ".join(sorted(missing))
        )
    await note_curve_reads(caller, sorted({names[number][0] for number in series}), since, until)
    units = await asyncio.to_thread(services.registry.units)
    chunks = _export(services, _joined(windows), units)
    return StreamingResponse(_in_thread(chunks), media_type=ARROW)


@router.post("/backups", status_code=201)
async def make_backup(new: NewBackup, services: Here, caller: Administers) -> dict[str, Any]:
    """Copy everything while Calha runs, into `backups/<name>` of the data folder."""
    made = await services.backup(new.name)
    await caller.note("backup.made", f"backup {new.name}")
    return made


async def _set_aside(services: Services, table: Table, first_line: int) -> None:
    """Keep what cannot be read, each row as if its device had sent it; count what is rejected otherwise, or beyond that."""
    kept = table.unreadable[:MAX_PROBLEMS_APART]
    messages = [
        Message(
            row.device or None,
            json.dumps({"ts": row.at, "values": {row.channel: row.value}}).encode(),
            services.clock(),
            "import",
            "",
            fault=Malformed(f"line {first_line + row.place}: {row.detail}", UNREADABLE_TIME),
        )
        for row in kept
    ]
    await services.ingest.take(messages, "import")
    for reason, count in (table.rejected - Counter({UNREADABLE_TIME: len(kept)})).items():
        services.ingest.refuse("", reason, count)


def _windows(series: int, periods: Periods, since: Micros, until: Micros) -> Iterator[Window]:
    """The parts of a time that lie in one of the periods."""
    for from_at, until_at in periods:
        first, last = max(since, from_at), until if until_at is None else min(until, until_at)
        if first < last:
            yield [series], first, last


def _joined(windows: list[Window]) -> list[Window]:
    """Series with the same time together, as one question to the store."""
    joined: list[Window] = []
    for series, since, until in windows:
        if joined and joined[-1][1:] == (since, until):
            joined[-1][0].extend(series)
        else:
            joined.append((series, since, until))
    return joined


def _export(services: Services, windows: list[Window], units: dict[int, str]) -> Iterator[bytes]:
    import pyarrow as pa  # 25 MB that an idle Calha does without

    from calha.ingest.bulk import EXPORT_SCHEMA, described

    names = services.ingest.directory.names
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, EXPORT_SCHEMA()) as writer:
        for series, since, until in windows:
            for part in services.telemetry.export(series, since, until):
                writer.write_batch(described(part, names, units))
                yield sink.getvalue()
                sink.seek(0)
                sink.truncate()
    yield sink.getvalue()


async def _in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk
