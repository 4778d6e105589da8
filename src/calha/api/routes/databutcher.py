"""DataButcher: registering machines with the codes that their labels and programs carry, and bringing its database over."""

import asyncio
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from calha.api.access import Administers, ConfiguresAll
from calha.api.routing import api_router
from calha.api.schemas import Answer, Body, DeviceKey, Page, SiteId
from calha.api.services import Here
from calha.compat.databutcher import fleet
from calha.compat.databutcher.ids import CODE, code_of, new_id
from calha.store.databutcher.store import DataButcherStore

router = api_router("databutcher", "/databutcher")

MAX_DOCUMENTS = 5_000
EXAMPLE = "69206b8f7b28c5a21cdf12f7"
Code = Annotated[str, Field(pattern=rf"^{CODE.pattern}$", examples=[EXAMPLE])]
Name = Annotated[str, Field(max_length=100, examples=["Moedor"])]


class NewMachine(Body):
    maker: Name = ""
    model: Name = ""
    device: DeviceKey | None = Field(None, description="A device of Calha that gets the code; a new one when missing.")
    code: Code | None = Field(None, description="What its program calls itself; a new one when missing.")
    site_id: SiteId | None = Field(None, description="Of a new device; the first site when missing.")


class Machine(Answer):
    code: str = Field(description="What the QR code on its label says.", examples=[EXAMPLE])
    device: str
    maker: str = Field(examples=["Moedor"])
    model: str = Field(examples=["M-200"])
    proven: bool = Field(description="Whether it has a credential of its own.")


class OldDocuments(Body):
    documents: list[dict[str, Any]] = Field(
        max_length=MAX_DOCUMENTS,
        description="As MongoDB's tools write them, in plain or extended JSON; of any collection.",
        examples=[[{"_id": {"$oid": EXAMPLE}, "fabricante": "Moinhos", "modelo": "M-200"}]],
    )
    coming: list[Code] = Field(
        [], max_length=100_000, description="Machines that a dry run may take for there.", examples=[[EXAMPLE]]
    )


class CarriedOver(Answer):
    new: dict[str, int] = Field(description="Documents by kind: users, machines, records.", examples=[{"machines": 1}])
    known: dict[str, int] = Field(description="Documents that were here already.", examples=[{"users": 2}])
    readings: dict[str, int] = Field(description="stored, late, corrected, duplicate.", examples=[{"stored": 400}])
    rejected: dict[str, int] = Field(description="By reason.", examples=[{"unknown_machine": 4}])
    examples: dict[str, str] = Field(
        description="One of each reason.", examples=[{"unknown_machine": f"there is no machine {EXAMPLE}"}]
    )
    dry_run: bool


@router.post("/import")
async def bring_over(
    given: OldDocuments,
    services: Here,
    caller: Administers,
    dry_run: Annotated[bool, Query(description="Only say what would become of the documents.")] = False,
) -> CarriedOver:
    """Take over documents of its database; what is here already stays as it is."""
    from calha.compat.databutcher.carry_over import CarryOver  # asked for once in a lifetime

    carry_over = CarryOver(
        services.registry,
        services.accounts,
        services.ingest,
        services.transfer,
        services.telemetry,
        services.clock,
    )
    receipt = await carry_over.bring(given.documents, dry_run, given.coming)
    caller.noted = dry_run
    if not dry_run:
        after = {"new": receipt.new, "readings": receipt.readings, "rejected": receipt.rejected}
        await caller.note("databutcher.imported", f"{len(given.documents)} documents", after=after)
    return CarriedOver(
        new=receipt.new,
        known=receipt.known,
        readings=receipt.readings,
        rejected=receipt.rejected,
        examples=receipt.examples,
        dry_run=dry_run,
    )


@router.post("/machines", status_code=201)
async def register_machine(new: NewMachine, services: Here, caller: ConfiguresAll) -> Machine:
    """Give a machine a code; 409 when it, or the code, has one already."""
    store = DataButcherStore(services.registry.engine)
    code = code_of(new.code) if new.code is not None else new_id()
    assert code is not None
    row = await asyncio.to_thread(
        fleet.register,
        services.registry,
        store,
        code,
        maker=new.maker,
        model=new.model,
        site_id=new.site_id,
        device=new.device,
    )
    await services.ingest.refresh()
    await caller.note("databutcher.machine", f"device {row.device}", after={"code": code})
    await services.ingest.replay_all(reason="unknown_device", device=row.device)
    return Machine.model_validate(row)


@router.get("/machines")
def list_machines(
    services: Here,
    _: ConfiguresAll,
    after: Annotated[
        str | None, Query(max_length=64, description="Code after which to go on.", examples=[EXAMPLE])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Page[Machine]:
    """All machines by their codes."""
    rows = DataButcherStore(services.registry.engine).machines()
    found = [row for code, row in rows.items() if after is None or code > after]
    items = [Machine.model_validate(row) for row in found[:limit]]
    return Page(items=items, next=items[-1].code if len(found) > limit else None)
