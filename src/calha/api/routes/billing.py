"""Billing runs, and payments that come in."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import Bills, BillsAll, Caller
from calha.api.routes.customers import Limit, MonthQuery, billed_sites
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_billing import (
    Number,
    PaymentAnswer,
    PixNotice,
    PixPayment,
    RunAnswer,
    RunPreview,
    RunRequest,
    StatementReceipt,
    StatementText,
    UnbilledAnswer,
    UnbilledAnswers,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import NotFound
from calha.domain.pix_charges import invoice_txid
from calha.metering.statements import StatementLine, read_statement
from calha.metering.unbilled import unbilled
from calha.store.billing import STATEMENT, PaymentRow, PaymentState, RunRow

router = api_router("billing")

MAX_FAULTS = 100  # lines of a statement that are named
MAX_UNBILLED = 200  # cycles that are named


@router.get("/billing-runs")
async def list_runs(services: Here, caller: Bills) -> Page[RunAnswer]:
    """Billing runs, newest first."""
    rows = await asyncio.to_thread(services.billing_runs.runs.list)
    return Page(items=[RunAnswer.model_validate(row) for row in rows if _may_see(caller, row)], next=None)


@router.post("/billing-runs", status_code=202)
async def begin_run(request: RunRequest, services: Here, caller: Bills) -> RunAnswer:
    """Issue the invoices of all cycles that begin in a month and are not billed yet. Ask for its progress by its id."""
    caller.require(Permission.BILL, request.site_id)
    sites = _below(services, request.site_id)
    run = await asyncio.to_thread(
        services.billing_runs.begin, request.month, caller.principal.name, request.site_id, sites, request.cycle_day
    )
    await caller.note("billing_run.begun", f"billing run {run.id}", after=request.model_dump())
    services.work(f"billing run {run.id}", lambda: services.billing_runs.work(run, sites))
    return RunAnswer.model_validate(run)


@router.get("/billing-runs/preview")
async def preview_run(
    services: Here,
    caller: Bills,
    month: MonthQuery,
    site_id: Annotated[int | None, Query(ge=1, le=2**31 - 1, examples=[1])] = None,
    cycle_day: Annotated[int | None, Query(ge=1, le=31)] = None,
) -> RunPreview:
    """What a run would issue by now, and what it could not bill and why. At most 500 contracts are looked at."""
    caller.require(Permission.BILL, site_id)
    found = await asyncio.to_thread(services.billing_runs.preview, month, _below(services, site_id), cycle_day)
    unusual = [{"contract": number, "days": days} for number, days in found.unusual]
    return RunPreview.model_validate({**asdict(found), "total": str(found.total), "unusual": unusual})


@router.get("/billing-runs/{run_id}")
async def read_run(run_id: Number, services: Here, caller: Bills) -> RunAnswer:
    """How far a run is."""
    return RunAnswer.model_validate(await _run_of(caller, services, run_id))


@router.post("/billing-runs/{run_id}/stop", status_code=202)
async def stop_run(run_id: Number, services: Here, caller: Bills) -> RunAnswer:
    """Let a run end after what it is at. What is issued stays; another run of the month issues what is missing."""
    run = await _run_of(caller, services, run_id)
    services.billing_runs.stop(run_id)
    await caller.note("billing_run.stopped", f"billing run {run_id}")
    return RunAnswer.model_validate(run)


@router.get("/unbilled-days")
async def list_unbilled(services: Here, caller: Bills) -> UnbilledAnswers:
    """Days that no invoice charges, though the contract's invoices before them are there; at most 200 cycles.

    The running backlog, which is the next run's, is not among them; `GET /billing-runs/preview` tells it.
    """
    found = await asyncio.to_thread(
        lambda: list(islice(unbilled(services.billing, billed_sites(caller)), MAX_UNBILLED + 1))
    )
    payers = await asyncio.to_thread(services.billing.customers.named, {one.contract.customer_id for one in found})
    cycles = [
        UnbilledAnswer(
            contract=one.contract.number,
            customer_id=one.contract.customer_id,
            customer=payers[one.contract.customer_id].name,
            from_day=one.days.from_,
            until_day=one.days.until,
            invoice=one.invoice,
        )
        for one in found[:MAX_UNBILLED]
    ]
    return UnbilledAnswers(cycles=cycles, is_whole=len(found) <= MAX_UNBILLED)


@router.get("/payments")
async def list_payments(
    services: Here,
    _: BillsAll,
    state: Annotated[PaymentState | None, Query()] = None,
    after: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before.", examples=[9])
    ] = None,
    limit: Limit = 100,
) -> Page[PaymentAnswer]:
    """Payments that came in, newest first."""
    rows = await asyncio.to_thread(lambda: services.billing.invoices.payments(state, before_id=after, limit=limit))
    return Page(items=[_payment(row) for row in rows], next=str(rows[-1].id) if len(rows) == limit else None)


@router.post("/payments/statement")
async def take_statement(body: StatementText, services: Here, caller: BillsAll) -> StatementReceipt:
    """Take the payments out of a bank's statement (CSV). The same statement again changes nothing."""
    states, faults = await asyncio.to_thread(_take_all, services, body.text)
    receipt = StatementReceipt(**{name: states[name] for name in _STATES}, unreadable=faults)
    await caller.note("statement.taken", "payments", after=dict(states))
    return receipt


@router.post("/payments/pix")
async def take_pix(notice: PixNotice, services: Here, caller: BillsAll) -> StatementReceipt:
    """What a payment provider tells through its webhook, as the API Pix of Banco Central has it."""
    receipt = await take_payments(services, notice.pix)
    await caller.note("pix.taken", "payments", after=receipt.model_dump(exclude={"unreadable"}))
    return receipt


async def take_payments(services: Services, payments: Sequence[PixPayment]) -> StatementReceipt:
    """Take each Pix once, and pay the invoice of its txid if the amount is right."""
    states: Counter[str] = Counter()
    for one in payments:
        paid_at = one.horario if one.horario.tzinfo else one.horario.replace(tzinfo=UTC)
        row = await asyncio.to_thread(
            services.billing.invoices.receive, one.endToEndId, "pix", invoice_txid(one.txid), one.valor, paid_at
        )
        states[row.state] += 1
    return StatementReceipt(**{name: states[name] for name in _STATES}, unreadable=[])


_STATES = ("matched", "unmatched", "wrong_amount", "surplus")


def _take_all(services: Services, text: str) -> tuple[Counter[str], list[str]]:
    states: Counter[str] = Counter()
    faults: list[str] = []
    for one in read_statement(text, ZoneInfo(services.settings.registry.zone)):
        if isinstance(one, StatementLine):
            said = one.txid, one.amount, one.paid_at
            row = services.billing.invoices.receive(one.external_id, STATEMENT, *said, row_id=one.row_id)
            states[row.state] += 1
        elif len(faults) < MAX_FAULTS:
            faults.append(f"line {one.line}: {one.reason}")
    return states, faults


def _below(services: Services, site_id: int | None) -> frozenset[int] | None:
    return None if site_id is None else services.ingest.directory.tree.below([site_id])


async def _run_of(caller: Caller, services: Services, run_id: int) -> RunRow:
    run = await asyncio.to_thread(services.billing_runs.runs.get, run_id)
    if not _may_see(caller, run):
        raise NotFound(f"there is no billing run {run_id}")
    return run


def _may_see(caller: Caller, run: RunRow) -> bool:
    sites = billed_sites(caller)
    return sites is None or run.site_id in sites


def _payment(row: PaymentRow) -> PaymentAnswer:
    return PaymentAnswer.model_validate(
        {name: getattr(row, name) for name in PaymentAnswer.model_fields if name != "amount"}
        | {"amount": str(row.amount)}
    )
