"""Tariffs: written as YAML or JSON, kept by revision, for the whole installation."""

import asyncio
import json
from typing import Annotated

from fastapi import Path

from calha.api.access import Configures, ConfiguresAll
from calha.api.routes.customers import billed_sites
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_billing import TariffAnswer, TariffText, TariffWhole
from calha.api.services import Here
from calha.domain.errors import InvalidTariff
from calha.domain.tariff_reader import read_tariff
from calha.store.billing import TariffRow

router = api_router("billing", "/tariffs")

Key = Annotated[str, Path(max_length=64, examples=["agua_fixa_copasa"])]
COUNTED = 500  # contracts of a tariff that are counted; more are told as so many


@router.get("")
async def list_tariffs(services: Here, _: Configures) -> Page[TariffAnswer]:
    """The newest revision of each."""
    rows = await asyncio.to_thread(services.billing.tariffs.newest)
    return Page(items=[_answer(row) for row in rows], next=None)


@router.get("/{key}")
async def read_tariff_of(key: Key, services: Here, caller: Configures) -> TariffWhole:
    """The newest revision, whole."""
    row = await asyncio.to_thread(services.billing.tariffs.current, key)
    contracts = await asyncio.to_thread(
        lambda: services.billing.customers.contracts(billed_sites(caller), tariff=key, limit=COUNTED)
    )
    return _whole(row, len(contracts))


@router.get("/{key}/revisions")
async def list_revisions(key: Key, services: Here, _: Configures) -> Page[TariffAnswer]:
    """All revisions, newest first."""
    rows = await asyncio.to_thread(services.billing.tariffs.revisions, key)
    return Page(items=[_answer(row) for row in rows], next=None)


@router.put("/{key}")
async def write_tariff(key: Key, body: TariffText, services: Here, caller: ConfiguresAll) -> TariffWhole:
    """Write a new revision. Invoices that are issued keep the revision that they were made with."""
    tariff = await asyncio.to_thread(read_tariff, body.text, key)
    if tariff.key != key:
        raise InvalidTariff(f"the text is of the tariff {tariff.key!r}, not of {key!r}")
    row = await asyncio.to_thread(services.billing.tariffs.save, tariff, caller.principal.name, body.after_revision)
    await caller.note("tariff.written", f"tariff {key}", after={"revision": row.revision, "sha256": row.sha256})
    return _whole(row, None)


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
    return TariffWhole(**{**_answer(row).model_dump(), "contracts": contracts, "content": json.loads(row.content)})
