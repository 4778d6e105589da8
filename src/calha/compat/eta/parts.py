"""What the routes of ETA flow work with, and the questions that several of them ask."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Query, Request
from pydantic import AfterValidator

from calha.accounts.accounts import Accounts
from calha.compat.eta.outliers import Judge, unusual
from calha.config.compat import EtaSection
from calha.domain.readings import Micros
from calha.ingest.eta_batch import MEANS
from calha.ingest.service import Ingest
from calha.store.eta import EtaNumbers, EtaSensorRow, Picture
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

MAX_PAGE = 10_000
Limit = Annotated[int, Query(ge=0), AfterValidator(lambda asked: min(asked, MAX_PAGE))]
Offset = Annotated[int, Query(ge=0)]
SUFFIXES = {"INST": ""} | MEANS  # of the channel for each kind of measurement


@dataclass(frozen=True)
class Parts:
    """site: the number of the site in which it stands. judge: tells what is unusual in a curve."""

    section: EtaSection
    site: int
    registry: Registry
    numbers: EtaNumbers
    accounts: Accounts
    ingest: Ingest
    telemetry: Telemetry
    clock: Callable[[], Micros]
    judge: Judge = unusual
    numbering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def picture(self) -> Picture:
        return await asyncio.to_thread(self.numbers.picture)

    async def zone(self) -> ZoneInfo:
        return ZoneInfo((await asyncio.to_thread(self.registry.site, self.site)).zone)

    async def sensor_of_code(self, code: int) -> tuple[EtaSensorRow, str]:
        """The sensor and the symbol of its unit. Answers 404 if there is none."""
        picture = await self.picture()
        sensor = picture.sensor_of_code(code)
        if sensor is None:
            raise HTTPException(404, "Sensor não encontrado.")
        return sensor, picture.symbol_of(sensor)

    def series(self, sensor: EtaSensorRow, kind: str) -> int | None:
        """Where its measurements of a kind are stored: INST, HORA or DIA; None while there has been none."""
        entry = self.ingest.directory.devices.get(sensor.device)
        found = entry.channels.get(sensor.channel + SUFFIXES[kind]) if entry is not None else None
        return found.series if found is not None else None

    def all_series(self, sensor: EtaSensorRow) -> list[int]:
        return [found for kind in SUFFIXES if (found := self.series(sensor, kind)) is not None]


def _of_request(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Here = Annotated[Parts, Depends(_of_request)]
