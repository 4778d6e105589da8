"""Invoices of contracts: previews, issuing, what a change would do to those in force, and issuing again.

Rule 1: a preview is computed from what the store has now; what is issued is exactly a preview.
Rule 2: what was estimated is settled in the next invoice once it is known: by the difference at the prices of its own time.
Rule 3: nothing in force changes by itself. A difference is shown, and a person issues again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from calha.domain.access import Tree
from calha.domain.billing import Bill, Terms
from calha.domain.errors import Conflict, InvalidTariff, Malformed, NotFound
from calha.domain.invoices import (
    Adjustment,
    Estimate,
    Inputs,
    Month,
    Party,
    Sealed,
    credit_note,
    faults,
    made_from,
    seal,
    unseal,
)
from calha.domain.tariffs import CONSUMPTION, Tariff
from calha.metering.cycles import Counter, Cycle, Measured, Wanted, cycle_in, in_one, measured
from calha.metering.estimating import Decision, estimated
from calha.metering.meters import Meter, Meters, Uncountable
from calha.store.billing import (
    ContractRow,
    CustomerRow,
    Customers,
    InvoiceRow,
    Invoices,
    IssuerRow,
    NewInvoice,
    TariffRow,
    Tariffs,
)

HISTORY_MONTHS = 13
LOOK_BACK = timedelta(days=400)  # for the history, and for estimates that are not settled yet
NO_ISSUER = IssuerRow(0, "", "", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Preview:
    """An invoice that could be issued. problem: why it cannot be; inputs and bill may be there. is_short: whether a person can
    decide to have it estimated, because too much of the cycle is missing."""

    contract: ContractRow
    cycle: Cycle | None
    inputs: Inputs | None = None
    bill: Bill | None = None
    problem: str | None = None
    is_short: bool = False

    @property
    def total(self) -> Decimal | None:
        return self.bill.total if self.bill is not None else None


@dataclass(frozen=True, slots=True)
class Difference:
    """An invoice in force, and what it would be now."""

    invoice: InvoiceRow
    now: Preview

    @property
    def amount(self) -> Decimal | None:
        return self.now.total - self.invoice.total if self.now.total is not None else None


@dataclass(frozen=True)
class Billing:
    """What invoicing needs. tree: of the sites, for whose issuer stands for a contract. today: in the server's own zone."""

    customers: Customers
    tariffs: Tariffs
    invoices: Invoices
    meters: Meters
    counter: Counter
    tree: Callable[[], Tree]
    today: Callable[[], date]


@dataclass
class Books:
    """What many previews share, read once. standing: invoices in force by contract, as far back as anything asks for them."""

    tariffs: Mapping[str, tuple[TariffRow, Tariff]]
    customers: Mapping[int, CustomerRow]
    standing: Mapping[int, Sequence[InvoiceRow]]
    issuers: Mapping[int, IssuerRow]
    tree: Tree
    today: date
    meters: Mapping[tuple[str, str], Meter | Uncountable]


def previews(
    billing: Billing, contracts: Sequence[ContractRow], month: str, decision: Decision | None = None
) -> Iterator[Preview]:
    """What the contracts' cycles that begin in a month would cost. decision: how to estimate where too much is missing.

    Raises StoreUnavailable, Conflict (a decision that is not needed, or cannot be followed).
    """
    books = books_of(billing, contracts)
    cycles = {contract.id: cycle_in(contract, month) for contract in contracts}
    yield from _previews(billing, [(one, cycles[one.id]) for one in contracts], books, decision)


def issue(billing: Billing, found: Sequence[Preview], run_id: int | None = None) -> Sequence[InvoiceRow]:
    """Issue previews, all or none. Raises Conflict for one with a problem, and a cycle that is billed already or not over."""
    new, sealed = [], {}
    for one in found:
        if one.inputs is None or one.bill is None or one.problem is not None:
            raise Conflict(f"contract {one.contract.number} cannot be billed: {one.problem}")
        if one.inputs.until > billing.today():
            raise Conflict(f"the cycle of contract {one.contract.number} ends on {one.inputs.until}; it is not over")
        row = _new(billing, one)
        new.append(row)
        sealed[row.contract_id, row.from_day] = one
    return billing.invoices.add(
        new, lambda row, number, _: _seal(sealed[row.contract_id, row.from_day], row, number), run_id
    )


def differences(billing: Billing, invoices: Iterable[InvoiceRow]) -> Iterator[Difference]:
    """What invoices in force would be with today's readings, edits and tariffs; only those that would differ."""
    rows = list(invoices)
    contracts = billing.customers.contracts_by_id({row.contract_id for row in rows})
    books = books_of(billing, list(contracts.values()))
    cycles = [(contracts[row.contract_id], Cycle(row.from_day, row.until_day)) for row in rows]
    for row, now in zip(rows, _in_order(cycles, _previews(billing, cycles, books)), strict=True):
        if now.total == row.total or (now.is_short and _is_decided(billing, row)):
            continue
        if not _is_settled(billing, row, books):
            yield Difference(row, now)


def issue_again(billing: Billing, number: str) -> Sequence[InvoiceRow]:
    """Take an invoice back by a credit note and issue it with today's readings, edits and tariff.

    Returns the credit note and the new invoice. Raises NotFound, Conflict (its state; nothing would change; a problem).
    """
    row = billing.invoices.get(number)
    found = list(differences(billing, [row]))
    if not found:
        raise Conflict(f"invoice {number} would be the same again")
    now = found[0].now
    if now.inputs is None or now.bill is None:
        raise Conflict(f"invoice {number} cannot be issued again: {now.problem}")
    old = unseal(billing.invoices.content(number))
    today = billing.today()
    note = replace(_row_of(row, today), kind="credit_note", total=-row.total, quantity=-row.quantity, credits_id=row.id)
    again = replace(_new(billing, now), replaces_id=row.id)

    def seal_one(new: NewInvoice, own_number: str, _: str | None) -> tuple[bytes, str]:
        return seal(credit_note(old, own_number, today)) if new.kind == "credit_note" else _seal(now, new, own_number)

    return billing.invoices.replace(row.id, [note, again], seal_one)


def verified(billing: Billing, row: InvoiceRow) -> Sequence[str]:
    """What does not hold of a kept invoice; nothing when computing it anew gives the same to the last byte."""
    return faults(
        billing.invoices.content(row.number), row.sha256, billing.tariffs.by_hash(row.tariff_sha256), row.tariff_sha256
    )


def issuer_of(site_id: int, issuers: Mapping[int, IssuerRow], tree: Tree) -> IssuerRow:
    """Of a site, or of the nearest above it that has one; a blank one where nobody is named."""
    site: int | None = site_id
    while site is not None and site not in issuers:
        site = tree.parents.get(site)
    return issuers[site] if site is not None else NO_ISSUER


# -- below: how a preview comes about


def books_of(billing: Billing, contracts: Sequence[ContractRow]) -> Books:
    """What previews or forecasts of some contracts need."""
    ids = [one.id for one in contracts]
    tariffs = {}
    for key in {one.tariff for one in contracts}:
        try:
            row = billing.tariffs.current(key)
        except NotFound:
            continue
        tariffs[key] = (row, billing.tariffs.by_hash(row.sha256))
    today = billing.today()
    return Books(
        tariffs,
        billing.customers.named({one.customer_id for one in contracts}),
        billing.invoices.standing(ids, today - 2 * LOOK_BACK),
        billing.customers.issuers(),
        billing.tree(),
        today,
        billing.meters.of_channels(_channels(contracts)),
    )


def _channels(contracts: Iterable[ContractRow]) -> Iterator[tuple[str, str]]:
    for one in contracts:
        yield one.device, one.channel
        if one.reactive_channel:
            yield one.device, one.reactive_channel


def _previews(
    billing: Billing,
    cycles: Sequence[tuple[ContractRow, Cycle | None]],
    books: Books,
    decision: Decision | None = None,
) -> Iterator[Preview]:
    """Not in the order of the contracts: cycles that are counted together come together."""
    wanted: list[Wanted] = []
    for contract, cycle in cycles:
        found = wanted_in(contract, cycle, books)
        if isinstance(found, Preview):
            yield found
        else:
            wanted.append(found)
    for one, counted in measured(wanted, billing.counter):
        yield _preview(billing, one, counted, books, decision)


def _in_order(cycles: Sequence[tuple[ContractRow, Cycle | None]], found: Iterable[Preview]) -> Iterator[Preview]:
    by_cycle = {(one.contract.id, one.cycle): one for one in found}
    for contract, cycle in cycles:
        yield by_cycle[contract.id, cycle]


def wanted_in(contract: ContractRow, cycle: Cycle | None, books: Books) -> Wanted | Preview:
    """What has to be measured of a cycle, or a preview that says why it cannot be."""
    if cycle is None:
        return Preview(contract, None, problem="the contract does not run in this month")
    if contract.tariff not in books.tariffs:
        return Preview(contract, cycle, problem=f"there is no tariff {contract.tariff!r}")
    try:
        tariff = books.tariffs[contract.tariff][1]
        tariff.version_at(cycle.from_)
        reactive = contract.reactive_channel and _meter(contract, contract.reactive_channel, books)
        return Wanted(contract, _meter(contract, contract.channel, books), tariff, cycle, reactive or None)
    except (NotFound, Malformed, InvalidTariff) as error:
        return Preview(contract, cycle, problem=str(error))


def _meter(contract: ContractRow, channel: str, books: Books) -> Meter:
    """Raises NotFound, Malformed."""
    found = books.meters[contract.device, channel]
    if isinstance(found, Meter):
        return found
    raise found


def _preview(
    billing: Billing, wanted: Wanted, counted: Measured, books: Books, decision: Decision | None = None
) -> Preview:
    contract, cycle = wanted.contract, wanted.cycle
    estimate: Estimate | msgspec.UnsetType = msgspec.UNSET
    if decision is not None:
        if not counted.is_short:
            raise Conflict(f"enough of contract {contract.number} is known: there is nothing to estimate", "not_short")
        counted, estimate = estimated(wanted, counted, decision, billing.counter)
    if not counted.spans:
        return Preview(contract, cycle, problem=counted.problem, is_short=counted.is_short)
    settled = tuple(_settlements(billing, wanted, books))
    inputs = msgspec.structs.replace(_inputs(wanted, counted, books), adjustments=settled, estimate=estimate)
    return Preview(contract, cycle, inputs, made_from(inputs, wanted.tariff), counted.problem, counted.is_short)


def _inputs(wanted: Wanted, counted: Measured, books: Books) -> Inputs:
    contract, cycle = wanted.contract, wanted.cycle
    customer = books.customers[contract.customer_id]
    return Inputs(
        contract=contract.number,
        customer=Party(
            name=customer.name,
            document=customer.document,
            address=customer.address,
            city=customer.city,
            email=customer.email,
        ),
        issuer=_issuer(contract, books),
        device=contract.device,
        channel=contract.channel,
        unit=wanted.tariff.unit,
        zone=str(wanted.meter.zone),
        language=customer.language,
        tariff=books.tariffs[contract.tariff][0].sha256,
        from_=cycle.from_,
        until=cycle.until,
        due_on=books.today + timedelta(days=contract.due_days),
        terms=Terms(contract.dwellings, contract.contracted),
        metered=counted.spans,
        opening=counted.opening,
        closing=counted.closing,
        exchanges=counted.exchanges or msgspec.UNSET,
        history=_history(books.standing.get(contract.id, ()), cycle),
    )


def _issuer(contract: ContractRow, books: Books) -> Party:
    row = issuer_of(contract.site_id, books.issuers, books.tree)
    return Party(
        name=row.name, document=row.document, address=row.address, city=row.city, email=row.email, pix_key=row.pix_key
    )


def _history(standing: Sequence[InvoiceRow], cycle: Cycle) -> tuple[Month, ...]:
    earlier = [row for row in standing if row.from_day < cycle.from_]
    return tuple(
        Month(from_=row.from_day, quantity=row.quantity, is_estimated=row.is_estimated)
        for row in earlier[-HISTORY_MONTHS:]
    )


def _settlements(billing: Billing, wanted: Wanted, books: Books) -> Iterator[Adjustment]:
    """What estimated invoices before this cycle turned out to be, unless a later one has settled them."""
    standing = books.standing.get(wanted.contract.id, ())
    earliest = wanted.cycle.from_ - LOOK_BACK
    open_ = [row for row in standing if row.is_estimated and earliest < row.from_day < wanted.cycle.from_]
    if not open_:
        return
    settled = set(_settled(billing, standing, wanted.cycle.from_))
    for row in open_:
        if row.number not in settled:
            yield from _settlement(billing, wanted, row)


def _is_settled(billing: Billing, row: InvoiceRow, books: Books) -> bool:
    """Whether a later invoice in force has made up for what was estimated; that one would then be issued again."""
    return row.is_estimated and row.number in set(_settled(billing, books.standing.get(row.contract_id, ()), date.max))


def _is_decided(billing: Billing, row: InvoiceRow) -> bool:
    """Whether a person had it estimated."""
    return row.is_estimated and unseal(billing.invoices.content(row.number)).inputs.estimate is not msgspec.UNSET


def _settled(billing: Billing, standing: Sequence[InvoiceRow], before: date) -> Iterator[str]:
    for row in standing:
        if row.from_day < before:
            inputs = unseal(billing.invoices.content(row.number)).inputs
            yield from (one.invoice for one in inputs.adjustments if one.invoice)


def _settlement(billing: Billing, wanted: Wanted, row: InvoiceRow) -> Iterator[Adjustment]:
    sealed = unseal(billing.invoices.content(row.number))
    tariff = billing.tariffs.by_hash(row.tariff_sha256)
    cycle = Cycle(row.from_day, row.until_day)
    ((_, counted),) = measured([replace(wanted, cycle=cycle, tariff=tariff)], billing.counter)
    if counted.is_estimated or not counted.spans or counted.problem:
        return
    plain = msgspec.structs.replace(sealed.inputs, adjustments=())
    billed = made_from(plain, tariff)
    known = made_from(msgspec.structs.replace(plain, metered=counted.spans), tariff)
    yield Adjustment(
        key="settlement",
        name={"pt": f"Acerto da fatura {row.number}, estimada", "en": f"Settlement of estimated invoice {row.number}"},
        amount=known.total - billed.total,
        quantity=in_one(counted.spans) - in_one(plain.metered),
        unit=tariff.unit,
        invoice=row.number,
    )


# -- below: from previews to rows


def _new(billing: Billing, preview: Preview) -> NewInvoice:
    inputs, made = preview.inputs, preview.bill
    assert inputs is not None
    assert made is not None
    return NewInvoice(
        kind="invoice",
        contract_id=preview.contract.id,
        customer_id=preview.contract.customer_id,
        from_day=inputs.from_,
        until_day=inputs.until,
        issued_on=billing.today(),
        due_on=inputs.due_on,
        total=made.total,
        quantity=in_one(inputs.metered, CONSUMPTION),
        is_estimated=any(span.is_estimated for span in inputs.metered),
        tariff_sha256=inputs.tariff,
    )


def _row_of(row: InvoiceRow, today: date) -> NewInvoice:
    return NewInvoice(
        kind=row.kind,
        contract_id=row.contract_id,
        customer_id=row.customer_id,
        from_day=row.from_day,
        until_day=row.until_day,
        issued_on=today,
        due_on=row.due_on,
        total=row.total,
        quantity=row.quantity,
        is_estimated=row.is_estimated,
        tariff_sha256=row.tariff_sha256,
    )


def _seal(preview: Preview, row: NewInvoice, number: str) -> tuple[bytes, str]:
    assert preview.inputs is not None
    assert preview.bill is not None
    return seal(
        Sealed(kind="invoice", number=number, issued_on=row.issued_on, inputs=preview.inputs, bill=preview.bill)
    )
