"""`/dispositivo`, `/sensor` and `/unidade-medida`: devices, channels and units of Calha under the numbers of ETA flow.

A `dispositivo` is a device, a `sensor` a channel of it. What the original could not do, giving a sensor the code by which
history and reports ask for it, is done here: `codigo` may be sent, and without one a sensor's code is its number.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field, StringConstraints

from calha.compat.eta.door import Configures, Reads
from calha.compat.eta.parts import Here, Limit, Offset, Parts
from calha.domain.errors import Conflict, NotFound
from calha.domain.profiles import ProfileChannel
from calha.store.eta import EtaDeviceRow, EtaSensorRow, EtaUnitRow, Picture

DEVICE_PROFILE = "generic"
MAX_KEYS_TRIED = 100
IN_USE = "Não é possível excluir o registro. Há dependências associadas."
INVALID = "Erro ao salvar no banco. Chave duplicada ou dado inválido."
NO_DEVICE, NO_SENSOR, NO_UNIT = "Dispositivo não encontrado.", "Sensor não encontrado.", "Unidade não encontrada"
MISSING = {"/dispositivo": NO_DEVICE, "/sensor": NO_SENSOR, "/unidade-medida": NO_UNIT}

Name = Annotated[str, StringConstraints(min_length=3, max_length=255)]
Place = Annotated[str, StringConstraints(min_length=3, max_length=100)]
Code = Annotated[int, Field(ge=0, le=2**31 - 1)]
Row = TypeVar("Row")

router = APIRouter()


def shown(path: str, rows: Callable[[Picture], Mapping[int, Row]], show: Callable[[Row], dict[str, Any]]) -> None:
    """The routes that show all, some and one of a kind."""

    @router.get(f"{path}/all")
    async def show_all(parts: Here, _: Reads) -> list[dict[str, Any]]:
        return [show(row) for row in rows(await parts.picture()).values()]

    @router.get(path)
    async def show_some(parts: Here, _: Reads, limit: Limit = 10, offset: Offset = 0) -> list[dict[str, Any]]:
        return [show(row) for row in list(rows(await parts.picture()).values())[offset : offset + limit]]

    @router.get(f"{path}/{{number}}")
    async def show_one(number: int, parts: Here, _: Reads) -> dict[str, Any]:
        return show(_found(rows(await parts.picture()), number, MISSING[path]))


class Dispositivo(BaseModel):
    nome: Name
    tipo: Literal["RASPBERRY", "CLP"]
    localizacao: Place | None
    codigo: Code | None = None


class Sensor(BaseModel):
    nome: Name
    tipo: Literal["TEMPERATURA", "VAZAO", "PRESSAO", "NIVEL"]
    dispositivo_id: int
    codigo: Code | None = None


class Unidade(BaseModel):
    denominacao: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    sigla: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class UnidadeAlterada(Unidade):
    id: int


# -- dispositivo


@router.post("/dispositivo")
async def add_device(new: Dispositivo, parts: Here, caller: Configures) -> dict[str, Any]:
    """Register a device of Calha and give it a number."""
    async with parts.numbering:
        number = max((await parts.picture()).devices, default=0) + 1
        key = await _new_device(parts, number, new.nome)
        add = partial(parts.numbers.add_device, key, new.nome, new.tipo, new.localizacao, new.codigo, number)
        try:
            await _saved(add)
        except HTTPException:
            await asyncio.to_thread(parts.registry.delete_device, key)
            raise
    await parts.ingest.refresh()
    await caller.note("device.created", f"device {key}", new.model_dump())
    return _device((await parts.picture()).devices[number])


@router.put("/dispositivo/{number}")
async def change_device(number: int, new: Dispositivo, parts: Here, caller: Configures) -> dict[str, Any]:
    before = _found((await parts.picture()).devices, number, NO_DEVICE)
    changes = {"name": new.nome, "kind": new.tipo, "location": new.localizacao} | _code(new)
    await _saved(partial(parts.numbers.change_device, number, **changes))
    await asyncio.to_thread(partial(parts.registry.update_device, before.device, name=new.nome[:100]))
    await caller.note("device.changed", f"device {before.device}", new.model_dump(), _device(before))
    return _device(_found((await parts.picture()).devices, number, NO_DEVICE))


@router.delete("/dispositivo/{number}")
async def remove_device(number: int, parts: Here, caller: Configures) -> bool:
    """Remove a device without sensors and readings; the gateway's stays."""
    row = _found((await parts.picture()).devices, number, NO_DEVICE)
    entry = parts.ingest.directory.devices.get(row.device)
    series = [channel.series for channel in entry.channels.values()] if entry is not None else []
    if row.device == parts.section.device or parts.telemetry.latest.has_any(series):
        raise HTTPException(400, IN_USE)
    await _removed(partial(parts.numbers.remove_device, number))
    await asyncio.to_thread(parts.registry.delete_device, row.device)
    await parts.ingest.refresh()
    await caller.note("device.deleted", f"device {row.device}", before=_device(row))
    return True


# -- sensor


@router.post("/sensor")
async def add_sensor(new: Sensor, parts: Here, caller: Configures) -> dict[str, Any]:
    """Make a channel of the device and give it a number and a code."""
    async with parts.numbering:
        picture = await parts.picture()
        if new.dispositivo_id not in picture.devices:
            raise HTTPException(400, NO_DEVICE)
        number = max(picture.sensors, default=0) + 1
        device = picture.devices[new.dispositivo_id].device
        series = await _saved(partial(parts.registry.add_channel, device, _channel(number, new.nome)))
        add = partial(parts.numbers.add_sensor, series, new.nome, new.tipo, new.dispositivo_id)
        try:
            await _saved(partial(add, code=new.codigo, number=number))
        except HTTPException:
            await asyncio.to_thread(parts.registry.remove_channel, series)
            raise
    await parts.ingest.refresh()
    await caller.note("channel.created", f"device {device}", new.model_dump())
    return _sensor((await parts.picture()).sensors[number])


@router.put("/sensor/{number}")
async def change_sensor(number: int, new: Sensor, parts: Here, caller: Configures) -> dict[str, Any]:
    """What it has measured stays with the channel, also when it is said to stand at another device."""
    picture = await parts.picture()
    before = _found(picture.sensors, number, NO_SENSOR)
    if new.dispositivo_id not in picture.devices:
        raise HTTPException(400, NO_DEVICE)
    changes = {"name": new.nome, "kind": new.tipo, "eta_device_id": new.dispositivo_id} | _code(new)
    await _saved(partial(parts.numbers.change_sensor, number, **changes))
    rename = partial(parts.registry.update_channel, before.device, before.channel, name=new.nome[:100])
    await asyncio.to_thread(rename)
    await parts.ingest.refresh()
    await caller.note("channel.changed", f"device {before.device}", new.model_dump(), _sensor(before))
    return _sensor(_found((await parts.picture()).sensors, number, NO_SENSOR))


@router.delete("/sensor/{number}")
async def remove_sensor(number: int, parts: Here, caller: Configures) -> bool:
    """Remove a sensor that has measured nothing."""
    row = _found((await parts.picture()).sensors, number, NO_SENSOR)
    if parts.telemetry.latest.has_any(parts.all_series(row)):
        raise HTTPException(400, IN_USE)
    await asyncio.to_thread(parts.numbers.remove_sensor, number)
    await parts.ingest.refresh()
    await caller.note("channel.deleted", f"device {row.device}", before=_sensor(row))
    return True


# -- unidade-medida


@router.post("/unidade-medida")
async def add_unit(new: Unidade, parts: Here, caller: Configures) -> dict[str, Any]:
    number = await asyncio.to_thread(parts.numbers.add_unit, new.denominacao, new.sigla)
    await caller.note("unit.created", f"unit {number}", new.model_dump())
    return _unit((await parts.picture()).units[number])


@router.put("/unidade-medida")
@router.put("/unidade-medida/{_number}")
async def change_unit(new: UnidadeAlterada, parts: Here, caller: Configures) -> dict[str, Any]:
    """The number in the body counts, as ever. Its sensors' channels get the new symbol."""
    picture = await parts.picture()
    before = _found(picture.units, new.id, NO_UNIT)
    change = partial(parts.numbers.change_unit, new.id, name=new.denominacao, symbol=new.sigla)
    await asyncio.to_thread(change)
    for sensor in picture.sensors.values():
        if sensor.unit_id == new.id:
            await asyncio.to_thread(show_unit, parts, sensor, new.sigla)
    await caller.note("unit.changed", f"unit {new.id}", new.model_dump(), _unit(before))
    return _unit((await parts.picture()).units[new.id])


@router.delete("/unidade-medida/{number}")
async def remove_unit(number: int, parts: Here, caller: Configures) -> bool:
    row = _found((await parts.picture()).units, number, NO_UNIT)
    await _removed(partial(parts.numbers.remove_unit, number))
    await caller.note("unit.deleted", f"unit {number}", before=_unit(row))
    return True


def show_unit(parts: Parts, sensor: EtaSensorRow, symbol: str) -> None:
    """Let the sensor's channel say in which unit it is."""
    parts.registry.update_channel(sensor.device, sensor.channel, unit=symbol)


async def _new_device(parts: Parts, number: int, name: str) -> str:
    """The key of a new device: `eta-<number>`, or the next that nobody has."""
    for attempt in range(MAX_KEYS_TRIED):
        key = f"eta-{number}" + (f"-{attempt + 1}" if attempt else "")
        try:
            create = partial(parts.registry.create_device, key, DEVICE_PROFILE, parts.site, name=name[:100])
            await asyncio.to_thread(create)
        except Conflict:
            continue
        return key
    raise HTTPException(400, INVALID)


def _channel(number: int, name: str) -> ProfileChannel:
    return ProfileChannel(f"sensor_{number}", {"pt": name[:100], "en": name[:100]})


def _code(new: Dispositivo | Sensor) -> dict[str, object]:
    """A code that is not sent stays as it is."""
    return {"code": new.codigo} if new.codigo is not None else {}


async def _saved(change: partial[Row]) -> Row:
    try:
        return await asyncio.to_thread(change)
    except Conflict:
        raise HTTPException(400, INVALID) from None


async def _removed(change: partial[None]) -> None:
    try:
        await asyncio.to_thread(change)
    except Conflict:
        raise HTTPException(400, IN_USE) from None
    except NotFound:
        raise HTTPException(404) from None


def _found(rows: Mapping[int, Row], number: int, missing: str) -> Row:
    """Answers 404 if there is none."""
    if number not in rows:
        raise HTTPException(404, missing)
    return rows[number]


def _device(row: EtaDeviceRow) -> dict[str, Any]:
    return {"nome": row.name, "tipo": row.kind, "localizacao": row.location, "id": row.id, "codigo": row.code}


def _sensor(row: EtaSensorRow) -> dict[str, Any]:
    found = {"nome": row.name, "tipo": row.kind, "dispositivo_id": row.device_id, "id": row.id, "codigo": row.code}
    return found | {"unidade_id": row.unit_id}


def _unit(row: EtaUnitRow) -> dict[str, Any]:
    return {"denominacao": row.name, "sigla": row.symbol, "id": row.id}


shown("/dispositivo", lambda picture: picture.devices, _device)
shown("/sensor", lambda picture: picture.sensors, _sensor)
shown("/unidade-medida", lambda picture: picture.units, _unit)
