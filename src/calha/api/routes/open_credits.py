"""Credits of money that invoices left: which are open, and what a person does with one."""

import asyncio
from datetime import UTC, datetime
from itertools import islice

from calha.api.access import Bills
from calha.api.routes.customers import billed_sites, contract_of
from calha.api.routes.invoices import InvoiceNumber, billed_by, credit_answers, credit_of
from calha.api.routing import api_router
from calha.api.schemas_billing import CreditHolder, CreditLeft, CreditsLeft, PaidOut
from calha.api.services import Here, Services
from calha.domain.errors import Conflict
from calha.metering.credits import move, open_credits, pay_out

router = api_router("billing")

MAX_CREDITS = 200  # that are listed


@router.get("/open-credits")
async def list_open_credits(services: Here, caller: Bills) -> CreditsLeft:
    """Credits that no invoice has taken and nobody has paid out, oldest first; at most 200.

    One comes off the next invoice of its contract by itself. Where that has ended (`is_stranded`), pay it out or move it.
    """
    found = await asyncio.to_thread(
        lambda: list(islice(open_credits(services.billing, billed_sites(caller)), MAX_CREDITS + 1))
    )
    credits_ = await credit_answers(services, found[:MAX_CREDITS])
    return CreditsLeft(credits=credits_, is_whole=len(found) <= MAX_CREDITS)


@router.post("/invoices/{number}/payout")
async def pay_credit_out(number: InvoiceNumber, paid: PaidOut, services: Here, caller: Bills) -> CreditLeft:
    """Say that the credit of an invoice was given back to the customer; 409 where an invoice has taken it."""
    await billed_by(caller, services, number)
    await asyncio.to_thread(pay_out, services.billing, number, paid.paid_at, paid.reference)
    found = await _credit(services, number)
    await caller.note(
        "credit.paid_out", f"invoice {number}", after=paid.model_dump(mode="json") | {"amount": found.amount}
    )
    return found


@router.delete("/invoices/{number}/payout")
async def take_payout_back(number: InvoiceNumber, services: Here, caller: Bills) -> CreditLeft:
    """It was not paid out after all: the credit is open again."""
    await billed_by(caller, services, number)
    row = await asyncio.to_thread(services.billing.invoices.get, number)
    await asyncio.to_thread(services.billing.credits.take_payout_back, row)
    found = await _credit(services, number)
    await caller.note("credit.payout_taken_back", f"invoice {number}", before={"amount": found.amount})
    return found


@router.put("/invoices/{number}/credit")
async def move_credit(number: InvoiceNumber, wanted: CreditHolder, services: Here, caller: Bills) -> CreditLeft:
    """Have the credit come off the next invoice of another contract of the same customer."""
    await billed_by(caller, services, number)
    await contract_of(caller, services, wanted.contract)
    await asyncio.to_thread(move, services.billing, number, wanted.contract, datetime.now(UTC))
    found = await _credit(services, number)
    await caller.note("credit.moved", f"invoice {number}", after={"contract": wanted.contract, "amount": found.amount})
    return found


async def _credit(services: Services, number: str) -> CreditLeft:
    row = await asyncio.to_thread(services.billing.invoices.get, number)
    found = await credit_of(services, row)
    if found is None:
        raise Conflict(f"invoice {number} has no credit that is open", "no_open_credit")
    return found
