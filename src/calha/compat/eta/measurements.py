"""`POST /coleta`, `/coleta/batch` and `/medicao`: measurements come in.

Rule 1: a request is taken whole or not at all. If one item is wrong nothing of it is stored, the answer names the items, and
        the body is kept in quarantine.
Rule 2: it is answered when everything is on disk. The same measurement again is the same reading, with the same number.
Rule 3: `falha` makes a reading bad: its value is kept, and no mean or curve counts it. A value that is no number (null, NaN)
        is a failed one.
"""

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, BeforeValidator, StringConstraints

from calha.compat.eta import ids
from calha.compat.eta.door import Measures
from calha.compat.eta.filters import local_text
from calha.compat.eta.parts import SUFFIXES, Here, Parts
from calha.compat.eta.plant import NO_SENSOR, NO_UNIT, show_unit
from calha.domain.errors import LogUnavailable, Malformed
from calha.domain.profiles import ProfileChannel
from calha.domain.readings import Micros
from calha.domain.times import to_micros
from calha.ingest.decode import Decoding, decode_record
from calha.ingest.eta_batch import marked
from calha.ingest.service import Message
from calha.store.eta import EtaSensorRow, Picture

SOURCE = "eta"
MAX_FAULTS_TOLD = 20
MAX_COLLECTIONS = 10_000
EMPTY = "Parâmetro não informado."
WORDS = {
    "time_in_future": "data_hora está no futuro.",
    "time_before_2000": "data_hora é anterior a 2000.",
    "not_a_number": "valor_str não é um número.",
    "wrong_kind": "o valor não serve para este sensor.",
    "unknown_state": "o valor não é um estado deste sensor.",
}

Kind = Annotated[Literal["INST", "HORA", "DIA"], BeforeValidator(lambda given: str(given).upper())]

router = APIRouter()


def _finite(given: object) -> object:
    return None if type(given) is float and not math.isfinite(given) else given


class NovaMedicao(BaseModel):
    sensor_id: int
    unidade_id: int
    valor: Annotated[float | None, BeforeValidator(_finite)] = None
    valor_str: Annotated[str | None, StringConstraints(max_length=255)] = None
    valor_bool: bool | None = None
    falha: bool = False
    tipo: Kind = "INST"
    data_hora: datetime | None = None

    @property
    def value(self) -> float | bool | str | None:
        return next((one for one in (self.valor, self.valor_bool, self.valor_str) if one is not None), None)


class NovaColeta(BaseModel):
    """data_hora may be missing, as the collector of one generation leaves it out."""

    origem: Annotated[str, StringConstraints(max_length=100)] = "CLP"
    data_hora: datetime | None = None
    medicoes: list[NovaMedicao]


class Row(NamedTuple):
    """place: where in the request it stands."""

    sensor: EtaSensorRow
    new: NovaMedicao
    at: Micros
    place: str

    @property
    def record(self) -> dict[str, Any]:
        """As `decode` reads it."""
        key = self.sensor.channel + SUFFIXES[self.new.tipo]
        return {"ts": self.at, "values": {key: marked(self.new.value, self.new.falha)}}


class Taken:
    """One request's measurements with their sensors and times, or what is wrong with them."""

    def __init__(self, picture: Picture, zone: ZoneInfo, now: Micros) -> None:
        self._picture = picture
        self._zone = zone
        self._now = now
        self.faults: list[str] = []
        self.rows: list[Row] = []

    def add(self, collection: NovaColeta, place: str) -> dict[str, Any]:
        """The answer to a collection, if nothing is wrong."""
        times = [self._at(one.data_hora or collection.data_hora) for one in collection.medicoes]
        begin = self._at(collection.data_hora) if collection.data_hora is not None else min(times)
        number = ids.of_collection(min(times), max(times))
        measured = [
            self._measured(one, at, number, f"{place}medicoes[{position}]")
            for position, (one, at) in enumerate(zip(collection.medicoes, times, strict=True))
        ]
        when = local_text(begin, self._zone)
        return {"origem": collection.origem, "id": number, "data_hora": when, "medicoes": measured}

    def _measured(self, new: NovaMedicao, at: Micros, collection: int, place: str) -> dict[str, Any]:
        sensor = self._picture.sensors.get(new.sensor_id)
        unit = self._picture.units.get(new.unidade_id)
        if sensor is None:
            self.faults.append(f"{place}.sensor_id = {new.sensor_id}: {NO_SENSOR}")
        elif unit is None:
            self.faults.append(f"{place}.unidade_id = {new.unidade_id}: {NO_UNIT}.")
        elif sensor.unit_id is not None and self._picture.symbol_of(sensor) != unit.symbol:
            known = self._picture.symbol_of(sensor)
            self.faults.append(
                f"{place}.unidade_id = {new.unidade_id}: o sensor mede em {known}, não em {unit.symbol}."
            )
        else:
            self.rows.append(Row(sensor, new, at, place))
        number = ids.of_measurement(at, new.sensor_id, new.tipo)
        sent = {"valor": new.valor, "valor_str": new.valor_str, "valor_bool": new.valor_bool}
        told = {"sensor_id": new.sensor_id, "unidade_id": new.unidade_id, **sent, "falha": new.falha, "tipo": new.tipo}
        return told | {"id": number, "data_hora": local_text(at, self._zone), "coleta_id": collection}

    def _at(self, moment: datetime | None) -> Micros:
        if moment is None:
            return self._now
        try:
            return to_micros(moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone))
        except OverflowError:
            return 0  # which the decoder refuses, as before 2000


@router.post("/coletas", include_in_schema=False)  # as the collector's documentation has it
@router.post("/coleta")
async def take_collection(new: NovaColeta, parts: Here, _: Measures) -> dict[str, Any]:
    return (await _take(parts, [new]))[0]


@router.post("/coletas/batch", include_in_schema=False)
@router.post("/coleta/batch")
async def take_collections(new: list[NovaColeta], parts: Here, _: Measures) -> list[dict[str, Any]]:
    """All or none, also when one in the middle is wrong."""
    if len(new) > MAX_COLLECTIONS:
        raise HTTPException(413, f"No máximo {MAX_COLLECTIONS} coletas por vez.")
    return await _take(parts, new)


@router.post("/medicao")
async def take_measurement(new: NovaMedicao, parts: Here, _: Measures) -> dict[str, Any]:
    """A single one, with a collection of its own."""
    found: dict[str, Any] = (await _take(parts, [NovaColeta(medicoes=[new])]))[0]["medicoes"][0]
    return found


# -- in


async def _take(parts: Parts, new: Sequence[NovaColeta]) -> list[dict[str, Any]]:
    if any(not one.medicoes for one in new):
        raise HTTPException(400, EMPTY)
    taken = Taken(await parts.picture(), await parts.zone(), parts.clock())
    places = (f"[{position}]." if len(new) > 1 else "" for position in range(len(new)))
    answers = [taken.add(one, place) for one, place in zip(new, places, strict=True)]
    if not taken.faults:
        await _make_channels(parts, taken)
        taken.faults = _faults(parts, taken)
    if taken.faults:
        await _set_aside(parts, new, taken.faults)
    await _log(parts, _records(taken))
    await _adopt_units(parts, taken)
    return answers


def _records(taken: Taken) -> dict[str, list[dict[str, Any]]]:
    """By device."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in taken.rows:
        found.setdefault(row.sensor.device, []).append(row.record)
    return found


def _faults(parts: Parts, taken: Taken) -> list[str]:
    """What the decoder would refuse, with the place of each."""
    faults: list[str] = []
    devices, now = parts.ingest.directory.devices, parts.clock()
    for row in taken.rows:
        tried = Decoding()
        decode_record(row.record, devices[row.sensor.device], now, tried, may_defer=False)
        faults += [f"{row.place}: {WORDS.get(found.reason, found.detail)}" for found in tried.problems]
    return faults


async def _set_aside(parts: Parts, new: Sequence[NovaColeta], faults: Sequence[str]) -> None:
    """Keep the request in quarantine and answer 400."""
    told = " ".join(faults[:MAX_FAULTS_TOLD])
    body = json.dumps([one.model_dump(mode="json") for one in new]).encode()
    await _take_messages(parts, [Message("", body, parts.clock(), SOURCE, "coleta", "json", Malformed(told))])
    raise HTTPException(400, f"Nada foi gravado. {told}")


async def _log(parts: Parts, records: Mapping[str, Sequence[Any]]) -> None:
    now = parts.clock()
    for device in records:
        if not parts.ingest.admits(device, now):
            parts.ingest.refuse(device, "too_fast")
            raise HTTPException(429, "Requisições demais.", {"Retry-After": "1"})
    messages = [
        Message(device, json.dumps(found).encode(), now, SOURCE, "coleta", "json") for device, found in records.items()
    ]
    await _take_messages(parts, messages)


async def _take_messages(parts: Parts, messages: Sequence[Message]) -> None:
    try:
        await parts.ingest.take(messages, SOURCE)
    except LogUnavailable:
        parts.ingest.refuse("", "log_unavailable")
        raise HTTPException(503, "Nada foi gravado; tente de novo.", {"Retry-After": "5"}) from None


async def _make_channels(parts: Parts, taken: Taken) -> None:
    """Means that are sent have channels of their own, made when the first one comes."""
    needed = {(sensor.id, new.tipo): sensor for sensor, new, _, _ in taken.rows}
    missing = [(sensor, kind) for (_, kind), sensor in needed.items() if parts.series(sensor, kind) is None]
    for sensor, kind in missing:
        words = {"HORA": ("média por hora", "mean by hour"), "DIA": ("média por dia", "mean by day")}[kind]
        name = {"pt": f"{sensor.name[:60]}, {words[0]}", "en": f"{sensor.name[:60]}, {words[1]}"}
        unit = parts.numbers.picture().symbol_of(sensor)
        channel = ProfileChannel(sensor.channel + SUFFIXES[kind], name, unit=unit)
        await asyncio.to_thread(parts.registry.add_channel, sensor.device, channel)
    if missing:
        await parts.ingest.refresh()


async def _adopt_units(parts: Parts, taken: Taken) -> None:
    """A sensor without a unit measures in the one that comes with its first measurement."""
    for sensor, new, _, _ in {row.sensor.id: row for row in taken.rows if row.sensor.unit_id is None}.values():
        await asyncio.to_thread(parts.numbers.change_sensor, sensor.id, unit_id=new.unidade_id)
        symbol = (await parts.picture()).units[new.unidade_id].symbol
        await asyncio.to_thread(show_unit, parts, sensor, symbol)
