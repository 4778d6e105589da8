"""Machines of DataButcher: registering them with the codes that their labels and programs carry."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from calha.api.access import ConfiguresAll
from calha.api.schemas import Answer, Body, DeviceKey, Page, SiteId
from calha.api.services import Here
from calha.compat.databutcher import fleet
from calha.compat.databutcher.ids import CODE, code_of, new_id
from calha.store.databutcher import DataButcherStore

router = APIRouter(prefix="/databutcher", tags=["databutcher"])

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
