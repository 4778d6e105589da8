"""`/medicao/historico` and `/medicao/media-por-…`: what the pages draw."""

import asyncio
from typing import Any

from fastapi import APIRouter

from calha.compat.eta import history
from calha.compat.eta.door import Reads
from calha.compat.eta.filters import Asked, Filter, local_text, window_of
from calha.compat.eta.parts import Here, Parts

router = APIRouter()


@router.get("/medicao/historico/{sensor_codigo}")
async def read_history(sensor_codigo: int, tipo: str, asked: Asked, parts: Here, _: Reads) -> list[dict[str, Any]]:
    return await _curve(parts, sensor_codigo, tipo.upper(), asked)


@router.get("/medicao/media-por-hora/{sensor_codigo}")
async def read_hours(sensor_codigo: int, asked: Asked, parts: Here, _: Reads) -> list[dict[str, Any]]:
    return await _curve(parts, sensor_codigo, "HORA", asked)


@router.get("/medicao/media-por-dia/{sensor_codigo}")
async def read_days(sensor_codigo: int, asked: Asked, parts: Here, _: Reads) -> list[dict[str, Any]]:
    return await _curve(parts, sensor_codigo, "DIA", asked)


async def _curve(parts: Parts, code: int, kind: str, asked: Filter) -> list[dict[str, Any]]:
    sensor, symbol = await parts.sensor_of_code(code)
    zone = await parts.zone()
    found = await asyncio.to_thread(history.curve, parts, sensor, kind, window_of(asked, parts.clock(), zone))
    return [
        {"data": local_text(at, zone), "valor": round(value, 2), "unidade": symbol}
        for at, value in zip(found.at.tolist(), found.value.tolist(), strict=True)
    ]
