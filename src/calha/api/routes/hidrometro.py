"""Hidrômetro Inteligente: bringing its database over."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AfterValidator, Field

from calha.api.access import Administers
from calha.api.routing import api_router
from calha.api.schemas import Answer, Body
from calha.api.services import Here
from calha.domain.times import is_zone

router = api_router("hidrometro", "/hidrometro")

MAX_ROWS = 5_000
Table = Literal["customers", "kinds", "meters", "tariffs", "months", "users", "alerts", "readings", "node_readings"]


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("not an IANA time zone; write it as in America/Sao_Paulo or UTC")
    return name


class OldRows(Body):
    table: Table = Field(description="What the rows are; customers come before meters, and meters before readings.")
    rows: list[dict[str, Any]] = Field(
        max_length=MAX_ROWS,
        description="As they stand in the old database, with the serial number of their meter, or their customer's row.",
        examples=[[{"id_tipo_dispositivo": 1, "nome_tipo": "Residencial", "descricao": ""}]],
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="Of times written without one.", examples=["UTC"]
    )
    serial: str | None = Field(
        None, max_length=64, description="Of the meter whose readings the Node generation kept.", examples=["HID-01"]
    )
    coming: list[str] = Field(
        [], max_length=100_000, description="Meters that a dry run may take for there.", examples=[["HID-01"]]
    )


class RowsCarriedOver(Answer):
    new: int = Field(description="Rows that were not here.", examples=[12])
    known: int = Field(description="Rows that were here already, and stay as they are.", examples=[2])
    readings: dict[str, int] = Field(description="stored, late, corrected, duplicate.", examples=[{"stored": 400}])
    rejected: dict[str, int] = Field(description="By reason.", examples=[{"unknown_meter": 4}])
    examples: dict[str, str] = Field(
        description="One of each reason.", examples=[{"unknown_meter": "there is no meter HID-09"}]
    )
    dry_run: bool


@router.post("/import")
async def bring_rows_over(
    given: OldRows,
    services: Here,
    caller: Administers,
    dry_run: Annotated[bool, Query(description="Only say what would become of the rows.")] = False,
) -> RowsCarriedOver:
    """Take over rows of one table of its database; what is here already stays as it is."""
    from calha.compat.hidrometro.carry_over import CarryOver  # for once in a lifetime; it takes a twentieth of a start
    from calha.compat.hidrometro.wire import serial_of

    carry_over = CarryOver(
        services.registry,
        services.accounts,
        services.ingest,
        services.transfer,
        services.telemetry,
        services.clock,
    )
    serial = serial_of(given.serial)
    receipt = await carry_over.bring(given.table, given.rows, ZoneInfo(given.zone), dry_run, serial, given.coming)
    caller.noted = dry_run
    if not dry_run:
        after = {"new": receipt.new, "readings": dict(receipt.readings)}
        await caller.note("hidrometro.imported", f"{len(given.rows)} rows of {given.table}", after=after)
    return RowsCarriedOver(
        new=receipt.new,
        known=receipt.known,
        readings=receipt.readings,
        rejected=receipt.rejected,
        examples=receipt.examples,
        dry_run=dry_run,
    )
