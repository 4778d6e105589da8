"""Customers, their contracts, and who issues their invoices."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Path, Query

from calha.api.access import Bills, BillsSite, Caller
from calha.api.based import Based
from calha.api.personal import known_of_customer
from calha.api.routing import api_router
from calha.api.schemas import Body, Page, SiteId
from calha.api.schemas_billing import (
    Contract,
    ContractChange,
    Customer,
    CustomerChange,
    Issuer,
    IssuerBody,
    NewContract,
    NewCustomer,
    Number,
)
from calha.api.services import Here, Services
from calha.domain import units
from calha.domain.access import Permission
from calha.domain.errors import Malformed, NotFound
from calha.domain.pix import is_key, static_code
from calha.reports.invoices import payee_of
from calha.store.billing import ContractRow, CustomerRow

router = api_router("billing")

After = Annotated[int, Query(ge=0, le=2**31 - 1, description="Go on after this one (`next` of the page before).")]
Limit = Annotated[int, Query(ge=1, le=500)]
MonthQuery = Annotated[str, Query(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", examples=["2026-07"])]
ContractPath = Annotated[str, Path(max_length=64, examples=["C-1001"])]


@router.get("/customers")
async def list_customers(
    services: Here,
    caller: Bills,
    search: Annotated[str, Query(max_length=100, description="In name or document.", examples=["ana"])] = "",
    after: After = 0,
    limit: Limit = 100,
) -> Page[Customer]:
    """The customers of the caller's sites."""
    customers = services.billing.customers
    rows = await asyncio.to_thread(customers.list, billed_sites(caller), search, after, limit)
    next_ = str(rows[-1].id) if len(rows) == limit else None
    return Page(items=[Customer.model_validate(row) for row in rows], next=next_)


@router.post("/customers", status_code=201)
async def add_customer(new: NewCustomer, services: Here, caller: Bills) -> Customer:
    """Register a customer."""
    caller.require(Permission.BILL, new.site_id)
    row = await asyncio.to_thread(lambda: services.billing.customers.add(**new.model_dump()))
    await caller.note("customer.added", f"customer {row.id}", after=new.model_dump())
    return Customer.model_validate(row)


@router.get("/customers/{customer_id}")
async def read_customer(customer_id: Number, services: Here, caller: Bills) -> Customer:
    """One customer."""
    return Customer.model_validate(await customer_of(caller, services, customer_id))


@router.patch("/customers/{customer_id}")
async def change_customer(customer_id: Number, change: CustomerChange, services: Here, caller: Bills) -> Customer:
    """Change what is given. Invoices that are issued keep what they said."""
    before = await customer_of(caller, services, customer_id)
    changes = _given(change, "person_id")
    if "site_id" in changes:
        caller.require(Permission.BILL, changes["site_id"])
    row = await asyncio.to_thread(lambda: services.billing.customers.change(customer_id, **changes))
    await caller.note(
        "customer.changed", f"customer {customer_id}", {name: getattr(before, name) for name in changes}, changes
    )
    return Customer.model_validate(row)


@router.delete("/customers/{customer_id}", status_code=204)
async def forget_customer(customer_id: Number, services: Here, caller: Bills) -> None:
    """Forget who a customer without an account was (LGPD Art. 18 IV); refused while he pays a contract.

    Readings stay. Issued invoices, and the audit log of the time until now, keep the name, as the law wants.
    """
    row = await customer_of(caller, services, customer_id)
    await asyncio.to_thread(services.billing.customers.forget_customer, customer_id, services.billing.today())
    await asyncio.to_thread(services.accounts.withdraw_letters, [row.email])
    await caller.note("customer.anonymised", f"customer {customer_id}")


@router.get("/customers/{customer_id}/export")
async def export_customer(customer_id: Number, services: Here, caller: Bills) -> dict[str, Any]:
    """Everything that Calha knows about a customer, whether he has an account or not (LGPD Art. 18 II)."""
    customer = await customer_of(caller, services, customer_id)
    known = await asyncio.to_thread(known_of_customer, services, customer)
    await caller.note("customer.exported", f"customer {customer_id}")
    return known


@router.get("/contracts")
async def list_contracts(
    services: Here,
    caller: Bills,
    customer: Annotated[int | None, Query(ge=1, le=2**31 - 1, examples=[1])] = None,
    device: Annotated[str | None, Query(max_length=64, examples=["meter-1"])] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Page[Contract]:
    """The contracts about devices on the caller's sites."""
    rows = await asyncio.to_thread(
        lambda: services.billing.customers.contracts(
            billed_sites(caller), customer_id=customer, device=device, after_id=after, limit=limit
        )
    )
    next_ = str(rows[-1].id) if len(rows) == limit else None
    return Page(items=[contract_answer(row) for row in rows], next=next_)


@router.post("/contracts", status_code=201)
async def add_contract(new: NewContract, services: Here, caller: Bills) -> Contract:
    """Have a customer pay a device's channel from a day on. The channel must be one that can be counted."""
    entry = services.ingest.directory.devices.get(new.device)
    if entry is None or not caller.may(Permission.BILL, entry.site):
        raise NotFound(f"there is no device {new.device!r}")
    await customer_of(caller, services, new.customer_id)
    await asyncio.to_thread(services.billing.meters.meter, new.device, new.channel)
    await _require_counting(services, new.device, new.reactive_channel, new.injected_channel)
    await asyncio.to_thread(services.billing.tariffs.current, new.tariff)
    row = await asyncio.to_thread(lambda: services.billing.customers.add_contract(**new.model_dump()))
    await caller.note("contract.added", f"contract {new.number}", after=new.model_dump(mode="json"))
    return contract_answer(row)


@router.get("/contracts/{number}")
async def read_contract(number: ContractPath, services: Here, caller: Bills) -> Contract:
    """One contract."""
    return contract_answer(await contract_of(caller, services, number))


@router.patch("/contracts/{number}")
async def change_contract(number: ContractPath, change: ContractChange, services: Here, caller: Bills) -> Contract:
    """Change its terms from the next invoice on, or end it."""
    before = await contract_of(caller, services, number)
    changes = _given(change, "until_day", "reactive_channel", "injected_channel", "alert_percent")
    channels = changes.get("reactive_channel"), changes.get("injected_channel")
    await _require_counting(services, before.device, *channels)
    if "tariff" in changes:
        await asyncio.to_thread(services.billing.tariffs.current, changes["tariff"])
    row = await asyncio.to_thread(lambda: services.billing.customers.change_contract(number, **changes))
    old = {name: str(getattr(before, name)) for name in changes}
    await caller.note("contract.changed", f"contract {number}", old, change.model_dump(mode="json", exclude_unset=True))
    return contract_answer(row)


@router.get("/sites/{site_id}/issuer")
async def read_issuer(site_id: SiteId, services: Here, _: BillsSite) -> Issuer:
    """Who issues the invoices of a site and of those below it that have no issuer of their own."""
    found = (await asyncio.to_thread(services.billing.customers.issuers)).get(site_id)
    if found is None:
        raise NotFound(f"site {site_id} has no issuer of its own")
    return Issuer.model_validate(found)


@router.put("/sites/{site_id}/issuer")
async def set_issuer(site_id: SiteId, body: IssuerBody, services: Here, caller: BillsSite, base: Based) -> Issuer:
    """Say who issues, and to whose Pix key customers pay; with `If-Match`, only if nobody else has meanwhile (409)."""
    _require_payable(body)
    before = (await asyncio.to_thread(services.billing.customers.issuers)).get(site_id)
    if before is not None:
        await base.require(Issuer.model_validate(before), "issuer.set", f"site {site_id}")
    row = await asyncio.to_thread(lambda: services.billing.customers.set_issuer(site_id, **body.model_dump()))
    await caller.note("issuer.set", f"site {site_id}", asdict(before) if before is not None else None, asdict(row))
    return Issuer.model_validate(row)


def _require_payable(issuer: IssuerBody) -> None:
    """Raises Malformed where no Pix code could be made, which every invoice would then be without."""
    if not issuer.pix_key:
        return
    if not is_key(issuer.pix_key):
        raise Malformed(f"{issuer.pix_key!r} is no Pix key", "not_a_pix_key")
    try:
        static_code(payee_of(issuer.name, issuer.city, issuer.pix_key), None)
    except Malformed as error:
        raise Malformed(str(error), "not_in_a_pix") from None


def _given(change: Body, *nullable: str) -> dict[str, Any]:
    """What a request changes. null stands for nothing, but for fields that may be emptied."""
    given = change.model_dump(exclude_unset=True)
    return {name: value for name, value in given.items() if value is not None or name in nullable}


async def _require_counting(services: Services, device: str, reactive: str | None, injected: str | None) -> None:
    """Raises NotFound, Malformed for a channel that counts no such energy."""
    wanted = ((reactive, "reactive energy", "not_reactive"), (injected, "energy", "not_energy"))
    for channel, quantity, reason in wanted:
        if channel is None:
            continue
        meter = await asyncio.to_thread(services.billing.meters.meter, device, channel)
        if units.quantity(meter.unit) != quantity:
            raise Malformed(f"{device} {channel} counts {meter.unit}, which is no {quantity}", reason)


def billed_sites(caller: Caller) -> frozenset[int] | None:
    """Where the caller may bill; None for everywhere."""
    return caller.sites(Permission.BILL)


async def customer_of(caller: Caller, services: Services, customer_id: int) -> CustomerRow:
    """Raises NotFound, also for a customer of somebody else's sites."""
    row = await asyncio.to_thread(services.billing.customers.get, customer_id)
    if not caller.may(Permission.BILL, row.site_id):
        raise NotFound(f"there is no customer {customer_id}")
    return row


async def contract_of(caller: Caller, services: Services, number: str) -> ContractRow:
    """Raises NotFound, also for a contract of somebody else's sites."""
    row = await asyncio.to_thread(services.billing.customers.contract, number)
    if not caller.may(Permission.BILL, row.site_id):
        raise NotFound(f"there is no contract {number!r}")
    return row


def contract_answer(row: ContractRow) -> Contract:
    return Contract.model_validate({**asdict(row), "contracted": str(row.contracted)})
