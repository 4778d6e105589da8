"""Invoices: previews, issuing, the page itself, what would differ today, cancelling and issuing again; one's own."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from msgspec import UnsetType
from starlette.responses import Response

from calha.api.access import Bills, Caller, Self
from calha.api.bills import bill_answer, reading_answers, register_part_answers
from calha.api.net_metering import net_metering_answer
from calha.api.routes.customers import Limit, MonthQuery, billed_sites, contract_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_billing import (
    METHOD_TEXT,
    CreditLeft,
    DifferenceAnswer,
    EstimateAnswer,
    EstimateMethod,
    InvoiceAnswer,
    InvoiceWhole,
    NewInvoice,
    PreviewAnswer,
    ReceivedPayment,
    VerifiedAnswer,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.collection_barcode import typeable_line
from calha.domain.errors import Conflict, NotFound
from calha.domain.invoices import Inputs, after, is_divided, is_overdue, unseal
from calha.metering import invoicing
from calha.metering.books import issuer_of
from calha.metering.credits import CreditLeft as Credit
from calha.metering.credits import credit_left
from calha.metering.estimating import Decision
from calha.metering.previews import Preview, previews
from calha.reports.invoices import State, barcode, invoice_pdf, pix_code
from calha.store.billing import InvoiceRow

router = api_router("billing")

InvoiceNumber = Annotated[str, Path(max_length=32, examples=["2026-000001"])]
PDF = "application/pdf"
MAX_COMPARED = 500  # invoices whose differences are computed for one question
_PAGES: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}, "description": "The pages."}
}


@router.get("/invoices")
async def list_invoices(
    services: Here,
    caller: Bills,
    contract: Annotated[str | None, Query(max_length=64, examples=["C-1001"])] = None,
    customer: Annotated[int | None, Query(ge=1, le=2**31 - 1, examples=[1])] = None,
    state: Annotated[Literal["issued", "overdue", "paid", "cancelled", "replaced"] | None, Query()] = None,
    month: Annotated[str | None, Query(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", examples=["2026-07"])] = None,
    search: Annotated[str, Query(max_length=32, description="In the number.", examples=["0001"])] = "",
    after: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.", examples=[9])
    ] = None,
    limit: Limit = 100,
) -> Page[InvoiceAnswer]:
    """Invoices and credit notes, newest first."""
    contract_id = (await contract_of(caller, services, contract)).id if contract is not None else None
    rows = await asyncio.to_thread(
        lambda: services.billing.invoices.list(
            billed_sites(caller),
            customers=None if customer is None else [customer],
            contract_id=contract_id,
            state=None if state == "overdue" else state,
            overdue_on=services.billing.today() if state == "overdue" else None,
            month=month,
            search=search,
            before_id=after,
            limit=limit,
        )
    )
    return await _page(services, rows, limit)


@router.get("/invoices/preview")
async def preview_invoice(
    services: Here,
    caller: Bills,
    contract: Annotated[str, Query(max_length=64, examples=["C-1001"])],
    month: MonthQuery,
    estimate: Annotated[EstimateMethod | None, Query(description="Where too much is missing. " + METHOD_TEXT)] = None,
    consumption: Annotated[
        Decimal | None, Query(ge=0, le=10**9, max_digits=20, description="What is stated.", examples=["12.5"])
    ] = None,
) -> PreviewAnswer:
    """What a contract's cycle that begins in a month costs by now. Nothing is issued."""
    row = await contract_of(caller, services, contract)
    decision = Decision(estimate, caller.principal.name, "", consumption) if estimate is not None else None
    (found,) = await asyncio.to_thread(lambda: list(previews(services.billing, [row], month, decision)))
    return await _preview_answer(services, found)


@router.get("/invoices/differences")
async def list_differences(
    services: Here,
    caller: Bills,
    month: MonthQuery,
    contract: Annotated[str | None, Query(max_length=64, examples=["C-1001"])] = None,
) -> Page[DifferenceAnswer]:
    """Which invoices of a month would be another amount with today's readings, edits and tariffs; nothing is changed.

    At most 500 invoices are compared; name the contract where there are more.
    """
    contract_id = (await contract_of(caller, services, contract)).id if contract is not None else None
    rows = await asyncio.to_thread(
        lambda: services.billing.invoices.list(
            billed_sites(caller), contract_id=contract_id, month=month, limit=MAX_COMPARED
        )
    )
    standing = [row for row in rows if row.kind == "invoice" and row.state in ("issued", "paid")]
    found = await asyncio.to_thread(lambda: list(invoicing.differences(services.billing, standing)))
    names = await _names(services, [one.invoice for one in found])
    return Page(
        items=[
            DifferenceAnswer(
                number=one.invoice.number,
                contract=names[one.invoice.id][0],
                customer=names[one.invoice.id][1],
                from_day=one.invoice.from_day,
                until_day=one.invoice.until_day,
                issued=str(one.invoice.total),
                now=_text(one.now.total),
                difference=_text(one.amount),
                problem=one.now.problem,
            )
            for one in found
        ],
        next=None,
    )


@router.post("/invoices", status_code=201)
async def issue_invoice(new: NewInvoice, services: Here, caller: Bills) -> InvoiceAnswer:
    """Issue the invoice of one cycle, exactly as its preview says. It cannot be changed afterwards.

    A cycle of which too much is missing needs a person's decision how to estimate it; a later invoice settles that.
    """
    row = await contract_of(caller, services, new.contract)
    asked, by = new.estimate, caller.principal.name
    decision = Decision(asked.method, by, asked.reason, asked.consumption) if asked is not None else None
    (found,) = await asyncio.to_thread(lambda: list(previews(services.billing, [row], new.month, decision)))
    (issued,) = await asyncio.to_thread(lambda: invoicing.issue(services.billing, [found]))
    told = {"total": str(issued.total)}
    if asked is not None:
        told |= {"estimated": asked.method, "reason": asked.reason}
    await caller.note("invoice.issued", f"invoice {issued.number}", after=told)
    return (await _page(services, [issued], 1)).items[0]


@router.get("/invoices/{number}")
async def read_invoice(number: InvoiceNumber, services: Here, caller: Self) -> InvoiceWhole:
    """One invoice, whole; also one's own."""
    return await _whole(services, await invoice_of(caller, services, number))


@router.get("/invoices/{number}/pdf", response_class=Response, responses=_PAGES)
async def draw_invoice(number: InvoiceNumber, services: Here, caller: Self) -> Response:
    """The pages of an invoice; also of one's own."""
    row = await invoice_of(caller, services, number)
    sealed = unseal(await asyncio.to_thread(services.billing.invoices.content, number))
    company = await _company(services, row)
    state = _state(row, services.billing.today())
    pdf = await asyncio.to_thread(invoice_pdf, sealed, row.txid, state, company, row.charge_url)
    headers = {"Content-Disposition": f'inline; filename="{number}.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type=PDF, headers=headers)


@router.get("/invoices/{number}/verification")
async def verify_invoice(number: InvoiceNumber, services: Here, caller: Bills) -> VerifiedAnswer:
    """Compute an invoice anew from all that was sealed with it, and compare to the last byte."""
    row = await invoice_of(caller, services, number)
    faults = await asyncio.to_thread(invoicing.verified, services.billing, row)
    return VerifiedAnswer(number=number, holds=not faults, faults=list(faults))


@router.post("/invoices/{number}/cancellation")
async def cancel_invoice(number: InvoiceNumber, services: Here, caller: Bills) -> InvoiceAnswer:
    """Take an unpaid invoice out of force; its cycle can be billed again. 409 where a part of it was paid."""
    await billed_by(caller, services, number)
    row = await asyncio.to_thread(invoicing.cancel, services.billing, number)
    await caller.note("invoice.cancelled", f"invoice {number}", after={"total": str(row.total)})
    return (await _page(services, [row], 1)).items[0]


@router.post("/invoices/{number}/payment")
async def receive_payment(
    number: InvoiceNumber, received: ReceivedPayment, services: Here, caller: Bills
) -> InvoiceAnswer:
    """Say that an invoice has been paid whole in another way than by its Pix code, such as in cash."""
    await billed_by(caller, services, number)
    row = await asyncio.to_thread(services.billing.invoices.get, number)
    after(row.state, "pay")
    external_id = f"{number} {received.reference}"
    payment = await asyncio.to_thread(
        services.billing.invoices.receive, external_id, "hand", row.txid or "", row.total, received.paid_at
    )
    if payment.state != "matched":
        raise Conflict(f"invoice {number} has been paid meanwhile")
    await caller.note("invoice.paid", f"invoice {number}", after=received.model_dump(mode="json"))
    paid = await asyncio.to_thread(services.billing.invoices.get, number)
    return (await _page(services, [paid], 1)).items[0]


@router.post("/invoices/{number}/reissue", status_code=201)
async def issue_invoice_again(number: InvoiceNumber, services: Here, caller: Bills) -> Page[InvoiceAnswer]:
    """Take it back by a credit note and issue it with today's readings, edits and tariff; 409 when it would be the same.

    What was paid of it is a line of the new one; where that is more than is due, the next invoice is less by the rest.
    """
    await billed_by(caller, services, number)
    rows = await asyncio.to_thread(invoicing.issue_again, services.billing, number)
    told = {"credit_note": rows[0].number, "invoice": rows[1].number, "total": str(rows[1].total)}
    await caller.note("invoice.issued_again", f"invoice {number}", after=told)
    return await _page(services, rows, len(rows) + 1)


@router.get("/account/invoices")
async def list_own_invoices(
    services: Here,
    caller: Self,
    after: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.", examples=[9])
    ] = None,
    limit: Limit = 100,
) -> Page[InvoiceAnswer]:
    """The invoices that the person who asks pays, newest first."""
    customers = await asyncio.to_thread(services.billing.customers.of_person, caller.person_id())
    ids = [one.id for one in customers]
    rows = await asyncio.to_thread(lambda: services.billing.invoices.list(customers=ids, before_id=after, limit=limit))
    return await _page(services, rows, limit)


async def invoice_of(caller: Caller, services: Services, number: str) -> InvoiceRow:
    """An invoice that the caller bills, or pays. Raises NotFound."""
    row = await asyncio.to_thread(services.billing.invoices.get, number)
    contracts = await asyncio.to_thread(services.billing.customers.contracts_by_id, [row.contract_id])
    if caller.may(Permission.BILL, contracts[row.contract_id].site_id):
        return row
    customer = await asyncio.to_thread(services.billing.customers.get, row.customer_id)
    principal = caller.principal
    if principal.kind == "person" and customer.person_id == principal.id:
        return row
    raise NotFound(f"there is no invoice {number!r}")


async def billed_by(caller: Caller, services: Services, number: str) -> None:
    """Raises NotFound for an invoice that the caller does not bill, also when he pays it."""
    row = await invoice_of(caller, services, number)
    contracts = await asyncio.to_thread(services.billing.customers.contracts_by_id, [row.contract_id])
    caller.require(Permission.BILL, contracts[row.contract_id].site_id)


async def credit_of(services: Services, row: InvoiceRow) -> CreditLeft | None:
    """What an invoice leaves to its customer."""
    found = await asyncio.to_thread(credit_left, services.billing, row)
    return (await credit_answers(services, [found]))[0] if found is not None else None


async def credit_answers(services: Services, found: Sequence[Credit]) -> list[CreditLeft]:
    payers = await asyncio.to_thread(services.billing.customers.named, {one.invoice.customer_id for one in found})
    return [
        CreditLeft(
            number=one.invoice.number,
            customer_id=one.invoice.customer_id,
            customer=payers[one.invoice.customer_id].name,
            contract=one.contract.number,
            amount=str(-one.invoice.total),
            issued_on=one.invoice.issued_on,
            holder=one.holder.number,
            taken_by=one.taken_by,
            paid_at=one.invoice.paid_at,
            is_stranded=one.is_stranded and one.is_open,
        )
        for one in found
    ]


async def _page(services: Services, rows: Sequence[InvoiceRow], limit: int) -> Page[InvoiceAnswer]:
    names = await _names(services, rows)
    today = services.billing.today()
    next_ = str(rows[-1].id) if len(rows) == limit else None
    return Page(items=[InvoiceAnswer(**_fields(row, names, today)) for row in rows], next=next_)


async def _names(services: Services, rows: Sequence[InvoiceRow]) -> dict[int, tuple[str, str, str]]:
    """Contract, customer and device of each invoice, by its id."""
    customers = services.billing.customers
    contracts = await asyncio.to_thread(customers.contracts_by_id, {row.contract_id for row in rows})
    payers = await asyncio.to_thread(customers.named, {row.customer_id for row in rows})
    return {
        row.id: (contracts[row.contract_id].number, payers[row.customer_id].name, contracts[row.contract_id].device)
        for row in rows
    }


def _fields(row: InvoiceRow, names: dict[int, tuple[str, str, str]], today: date) -> dict[str, Any]:
    contract, customer, device = names[row.id]
    return {
        "number": row.number,
        "kind": row.kind,
        "state": _state(row, today),
        "contract": contract,
        "customer_id": row.customer_id,
        "customer": customer,
        "device": device,
        "from_day": row.from_day,
        "until_day": row.until_day,
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "total": str(row.total),
        "quantity": str(row.quantity),
        "is_estimated": row.is_estimated,
        "paid_at": row.paid_at,
    }


async def _whole(services: Services, row: InvoiceRow) -> InvoiceWhole:
    sealed = unseal(await asyncio.to_thread(services.billing.invoices.content, row.number))
    names = await _names(services, [row])
    digits = barcode(sealed, await _company(services, row))
    history = [
        {"from": one.from_.isoformat(), "quantity": str(one.quantity), "estimated": one.is_estimated}
        for one in sealed.inputs.history
    ]
    return InvoiceWhole(
        **_fields(row, names, services.billing.today()) | {"unit": sealed.inputs.unit},
        bill=bill_answer(sealed.bill),
        channel=sealed.inputs.channel,
        zone=sealed.inputs.zone,
        readings=reading_answers(sealed.inputs),
        register_parts=register_part_answers(sealed.inputs),
        is_divided=is_divided(sealed),
        pix=pix_code(sealed, row.txid, row.charge_url),
        barcode=typeable_line(digits) if digits else None,
        credits=sealed.credits or None,
        credit=await credit_of(services, row),
        estimate=_estimate(sealed.inputs),
        net_metering=net_metering_answer(sealed.inputs),
        history=history,
    )


async def _company(services: Services, row: InvoiceRow) -> str:
    """FEBRABAN's number of whoever issues for the device's site."""
    customers = services.billing.customers
    contracts = await asyncio.to_thread(customers.contracts_by_id, [row.contract_id])
    issuers = await asyncio.to_thread(customers.issuers)
    found = issuer_of(contracts[row.contract_id].site_id, issuers, services.billing.tree())
    return found.company


async def _preview_answer(services: Services, found: Preview) -> PreviewAnswer:
    customer = await asyncio.to_thread(services.billing.customers.get, found.contract.customer_id)
    return PreviewAnswer(
        contract=found.contract.number,
        customer=customer.name,
        from_day=found.cycle.from_ if found.cycle is not None else None,
        until_day=found.cycle.until if found.cycle is not None else None,
        problem=found.problem,
        is_short=found.is_short,
        days=found.days,
        is_of_unusual_length=found.is_of_unusual_length,
        estimate=_estimate(found.inputs) if found.inputs is not None else None,
        is_estimated=found.inputs is not None and any(span.is_estimated for span in found.inputs.metered),
        bill=bill_answer(found.bill) if found.bill is not None else None,
    )


def _estimate(inputs: Inputs) -> EstimateAnswer | None:
    found = inputs.estimate
    if isinstance(found, UnsetType):
        return None
    return EstimateAnswer.model_validate(found, from_attributes=True)


def _state(row: InvoiceRow, today: date) -> State:
    return "overdue" if row.kind == "invoice" and is_overdue(row.state, row.due_on, today) else row.state


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
