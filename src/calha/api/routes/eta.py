"""ETA flow: bringing its database over. Its measurements go the way of all imports, under the channels told here."""

import asyncio
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from calha.api.access import Administers
from calha.api.routing import api_router
from calha.api.schemas import Answer, Body
from calha.api.services import Here

router = api_router("eta", "/eta")

MAX_ROWS = 10_000
Number = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
Code = Annotated[int | None, Field(ge=-(2**31), le=2**31 - 1, examples=[1])]
Name = Annotated[str, Field(max_length=255, examples=["Vazão ETA 1"])]
Kind = Annotated[str, Field(max_length=16, examples=["VAZAO"])]
Counts = dict[str, int]
MeasurementKind = Literal["INST", "HORA", "DIA"]


class OldUnit(Body):
    id: Number
    name: Name
    symbol: Annotated[str, Field(max_length=20, examples=["m³/h"])]


class OldDevice(Body):
    id: Number
    name: Name
    code: Code = None
    kind: Kind
    location: Annotated[str | None, Field(max_length=100, examples=["Casa de bombas"])] = None


class OldSensor(Body):
    id: Number
    name: Name
    code: Code = None
    kind: Kind
    device_id: Number
    unit_id: Annotated[int | None, Field(ge=1, le=2**31 - 1, examples=[5])] = None
    kinds: list[MeasurementKind] = Field([], description="Of which there are measurements.", examples=[["INST"]])


class OldPerson(Body):
    name: Name
    user_name: Annotated[str, Field(min_length=1, max_length=64, examples=["maria"])]
    email: Annotated[str | None, Field(max_length=254, examples=["maria@example.org"])] = None
    password_hash: Annotated[str, Field(max_length=255, description="bcrypt.", examples=["$2b$12$…"])]
    kind: Annotated[str, Field(max_length=16, description="ADMIN or COMUM.", examples=["COMUM"])]


class OldPlant(Body):
    units: list[OldUnit] = Field([], max_length=MAX_ROWS)
    devices: list[OldDevice] = Field([], max_length=MAX_ROWS)
    sensors: list[OldSensor] = Field([], max_length=MAX_ROWS)
    people: list[OldPerson] = Field([], max_length=MAX_ROWS)


class SeriesOfSensor(Answer):
    sensor_id: Annotated[int, Field(examples=[1])]
    kind: MeasurementKind
    device: str = Field(description="Empty in a dry run for what would be made.", examples=["eta-1"])
    channel: str = Field(examples=["flow_1"])
    exists: bool


class CarriedOver(Answer):
    new: Counts = Field(description="By table: units, devices, sensors, users.", examples=[{"sensors": 1}])
    known: Counts = Field(description="Here already, as they are there.", examples=[{"units": 5}])
    changed: Counts = Field(description="Here already, changed to what they are there.", examples=[{"sensors": 2}])
    rejected: Counts = Field(description="By reason.", examples=[{"no_bcrypt": 1}])
    examples: dict[str, str] = Field(description="One of each reason.", examples=[{"no_bcrypt": "maria: …"}])
    series: list[SeriesOfSensor] = Field(description="Where the measurements of each sensor and kind go.")
    dry_run: bool


@router.post("/import")
async def bring_over(
    plant: OldPlant,
    services: Here,
    caller: Administers,
    dry_run: Annotated[bool, Query(description="Only say what would become of it.")] = False,
) -> CarriedOver:
    """Take over units, devices, sensors and people with their numbers; again as often as you like."""
    from calha.compat.eta import carry_over as old  # asked for once in a lifetime
    from calha.store.eta import EtaUnitRow

    carry_over = old.CarryOver(services.settings.compat.eta, services.registry, services.accounts, dry_run)
    receipt = await asyncio.to_thread(
        carry_over.bring,
        [EtaUnitRow(**one.model_dump()) for one in plant.units],
        [old.OldDevice(**one.model_dump()) for one in plant.devices],
        [old.OldSensor(**one.model_dump() | {"kinds": tuple(one.kinds)}) for one in plant.sensors],
        [old.OldPerson(**one.model_dump()) for one in plant.people],
    )
    await services.ingest.refresh()
    told = {"new": dict(receipt.new), "changed": dict(receipt.changed), "rejected": dict(receipt.rejected)}
    if not dry_run:
        await caller.note("eta.imported", "eta", after=told)
    caller.noted = True
    series = [SeriesOfSensor.model_validate(one._asdict()) for one in receipt.series]
    return CarriedOver(**told, known=dict(receipt.known), examples=receipt.examples, series=series, dry_run=dry_run)
