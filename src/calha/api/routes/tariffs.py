"""Tariffs: written as YAML or JSON, kept by revision, for the whole installation."""

import asyncio
import json
from typing import Annotated

from fastapi import Path

from calha.api.access import Bills, BillsAll
from calha.api.bills import bill_answer
from calha.api.routes.customers import billed_sites
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_billing import Calculation, CalculationAnswer, TariffAnswer, TariffText, TariffWhole
from calha.api.services import Here
from calha.domain.billing import Metered, Terms, bill
from calha.domain.errors import InvalidTariff, Malformed
from calha.domain.tariff_reader import read_tariff, reread_tariff
from calha.domain.tariff_writer import to_yaml
from calha.domain.tariffs import quantities_of
from calha.store.billing import TariffRow

router = api_router("billing", "/tariffs")

Key = Annotated[str, Path(max_length=64, examples=["agua_fixa_copasa"])]
MAX_DAYS = 400  # of a cycle that is only computed
COUNTED = 500  # contracts of a tariff that are counted; more are told as so many


@router.get("")
async def list_tariffs(services: Here, _: Bills) -> Page[TariffAnswer]:
    """The newest revision of each."""
    rows = await asyncio.to_thread(services.billing.tariffs.newest)
    return Page(items=[_answer(row) for row in rows], next=None)


@router.get("/{key}")
async def read_tariff_of(key: Key, services: Here, caller: Bills) -> TariffWhole:
    """The newest revision, whole."""
    row = await asyncio.to_thread(services.billing.tariffs.current, key)
    contracts = await asyncio.to_thread(
        lambda: services.billing.customers.contracts(billed_sites(caller), tariff=key, limit=COUNTED)
    )
    return _whole(row, len(contracts))


@router.get("/{key}/revisions")
async def list_revisions(key: Key, services: Here, _: Bills) -> Page[TariffAnswer]:
    """All revisions, newest first."""
    rows = await asyncio.to_thread(services.billing.tariffs.revisions, key)
    return Page(items=[_answer(row) for row in rows], next=None)


@router.put("/{key}")
async def write_tariff(key: Key, body: TariffText, services: Here, caller: BillsAll) -> TariffWhole:
    """Write a new revision. Invoices that are issued keep the revision that they were made with."""
    tariff = await asyncio.to_thread(read_tariff, body.text, key)
    if tariff.key != key:
        raise InvalidTariff(f"the text is of the tariff {tariff.key!r}, not of {key!r}", line=1)
    row = await asyncio.to_thread(services.billing.tariffs.save, tariff, caller.principal.name, body.after_revision)
    await caller.note("tariff.written", f"tariff {key}", after={"revision": row.revision, "sha256": row.sha256})
    return _whole(row, None)


@router.post("/{key}/calculation")
async def calculate(key: Key, asked: Calculation, caller: Bills) -> CalculationAnswer:
    """Check a tariff, and compute what some quantities would cost by it. Nothing is written."""
    caller.noted = True
    return await asyncio.to_thread(_calculated, key, asked)


def _calculated(key: str, asked: Calculation) -> CalculationAnswer:
    """Raises InvalidTariff, Malformed."""
    if not 0 < (asked.until_day - asked.from_day).days <= MAX_DAYS:
        raise Malformed(f"a cycle has from 1 to {MAX_DAYS} days", "bad_time")
    tariff = read_tariff(asked.text, key)
    metered = Metered(asked.from_day, asked.until_day, asked.quantities)
    try:
        made = bill(tariff, [metered], Terms(asked.dwellings, asked.contracted))
    except ArithmeticError:
        raise InvalidTariff("prices and quantities are too large to be multiplied") from None
    known = quantities_of(tariff.version_at(asked.from_day))
    return CalculationAnswer(quantities=list(known), unit=tariff.unit, bill=bill_answer(made))


def _answer(row: TariffRow) -> TariffAnswer:
    content = json.loads(row.content)
    return TariffAnswer(
        key=row.key,
        revision=row.revision,
        sha256=row.sha256,
        name=content["name"],
        unit=content["unit"],
        made_by=row.made_by,
        made_at=row.made_at,
        contracts=None,
    )


def _whole(row: TariffRow, contracts: int | None) -> TariffWhole:
    content = json.loads(row.content)
    text = to_yaml(reread_tariff(row.content, row.key))
    return TariffWhole(**{**_answer(row).model_dump(), "contracts": contracts, "content": content, "text": text})
