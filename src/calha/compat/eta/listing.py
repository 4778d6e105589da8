"""`/coleta` and `/medicao` are listed: measurements as they are stored, under the numbers that they have for ever.

A collection in a list is what was measured in one second; the number that a request got covers all of its time.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException

from calha.compat.eta import history, ids
from calha.compat.eta.door import Reads
from calha.compat.eta.filters import local_text
from calha.compat.eta.history import Measurement
from calha.compat.eta.parts import Here, Limit, Offset, Parts
from calha.domain.errors import NotFound
from calha.domain.times import SECOND_US
from calha.store.eta import Picture

NO_MEASUREMENT = "Medição não encontrada"

router = APIRouter()


@router.get("/coleta/all")
async def all_collections(parts: Here, _: Reads) -> list[dict[str, Any]]:
    """The newest of them, oldest first."""
    return _collections(await _newest(parts), await parts.zone(), await parts.picture())


@router.get("/coleta")
async def some_collections(parts: Here, _: Reads, limit: Limit = 10, offset: Offset = 0) -> list[dict[str, Any]]:
    picture, zone = await parts.picture(), await parts.zone()
    return await asyncio.to_thread(_page_of_collections, parts, picture, zone, limit, offset)


@router.get("/coleta/{number}")
async def one_collection(number: int, parts: Here, _: Reads) -> dict[str, Any]:
    picture, zone = await parts.picture(), await parts.zone()
    try:
        since, until = ids.collection(number)
    except NotFound:
        raise HTTPException(404) from None
    rows = await asyncio.to_thread(history.measurements, parts, picture, since, until)
    if not rows:
        raise HTTPException(404)
    return _collection(rows, zone, picture, number)


@router.get("/medicao/all")
async def all_measurements(parts: Here, _: Reads) -> list[dict[str, Any]]:
    """The newest of them, oldest first."""
    zone = await parts.zone()
    return [_shown(row, zone) for row in await _newest(parts)]


@router.get("/medicao")
async def some_measurements(parts: Here, _: Reads, limit: Limit = 10, offset: Offset = 0) -> list[dict[str, Any]]:
    picture, zone = await parts.picture(), await parts.zone()
    rows = await asyncio.to_thread(_page, parts, picture, zone, limit, offset)
    return [_shown(row, zone) for row in rows]


@router.get("/medicao/{number}")
async def one_measurement(number: int, parts: Here, _: Reads) -> dict[str, Any]:
    picture, zone = await parts.picture(), await parts.zone()
    try:
        at, sensor, kind = ids.measurement(number)
    except NotFound:
        raise HTTPException(404, NO_MEASUREMENT) from None
    rows = await asyncio.to_thread(history.measurements, parts, picture, at, at + ids.MS_US)
    for row in rows:
        if (row.sensor.id, row.kind) == (sensor, kind):
            return _shown(row, zone)
    raise HTTPException(404, NO_MEASUREMENT)


async def _newest(parts: Parts) -> list[Measurement]:
    picture, zone = await parts.picture(), await parts.zone()
    return await asyncio.to_thread(_newest_rows, parts, picture, zone)


def _newest_rows(parts: Parts, picture: Picture, zone: ZoneInfo) -> list[Measurement]:
    found: list[Measurement] = []
    for rows in history.newest_first(parts, picture, zone):
        found = rows + found
        if len(found) >= history.MAX_ROWS:
            break
    return found[-history.MAX_ROWS :]


def _page(parts: Parts, picture: Picture, zone: ZoneInfo, limit: int, offset: int) -> list[Measurement]:
    found: list[Measurement] = []
    for rows in history.oldest_first(parts, picture, zone):
        found += rows[offset : offset + limit - len(found)]
        offset = max(0, offset - len(rows))
        if len(found) >= limit:
            break
    return found


def _page_of_collections(
    parts: Parts, picture: Picture, zone: ZoneInfo, limit: int, offset: int
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for rows in history.oldest_first(parts, picture, zone):
        groups = _instants(rows)
        chosen = groups[offset : offset + limit - len(found)]
        found += [_collection(group, zone, picture) for group in chosen]
        offset = max(0, offset - len(groups))
        if len(found) >= limit:
            break
    return found


def _collections(rows: Sequence[Measurement], zone: ZoneInfo, picture: Picture) -> list[dict[str, Any]]:
    return [_collection(group, zone, picture) for group in _instants(rows)]


def _instants(rows: Iterable[Measurement]) -> list[list[Measurement]]:
    """Rows of the same second together."""
    groups: dict[int, list[Measurement]] = {}
    for row in rows:
        groups.setdefault(row.at // SECOND_US, []).append(row)
    return list(groups.values())


def _collection(
    rows: Sequence[Measurement], zone: ZoneInfo, picture: Picture, number: int | None = None
) -> dict[str, Any]:
    first = rows[0]
    number = ids.of_collection(first.at, first.at) if number is None else number
    kind = picture.devices[first.sensor.device_id].kind
    measured = [_shown(row, zone) | {"coleta_id": number} for row in rows]
    return {"origem": kind, "id": number, "data_hora": local_text(first.at, zone), "medicoes": measured}


def _shown(row: Measurement, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "sensor_id": row.sensor.id,
        "unidade_id": row.sensor.unit_id,
        "valor": None if math.isnan(row.value) else row.value,
        "valor_str": None,
        "valor_bool": None,
        "falha": row.failed,
        "tipo": row.kind,
        "id": ids.of_measurement(row.at, row.sensor.id, row.kind),
        "data_hora": local_text(row.at, zone),
        "coleta_id": ids.of_collection(row.at, row.at),
    }
