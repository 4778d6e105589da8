"""Previews: what the cycles of contracts would cost by now, from what the store has now. Nothing is issued here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import msgspec

from calha.domain.billing import Bill, Terms
from calha.domain.errors import Conflict, InvalidTariff, Malformed, NotFound
from calha.domain.invoices import Estimate, Inputs, Month, Party, is_too_long, made_from
from calha.domain.net_metering import Credits
from calha.domain.tariffs import UsualDays
from calha.metering.books import Billing, Books, books_of, issuer_of
from calha.metering.cycles import Cycle, Measured, Wanted, cycle_in, measured
from calha.metering.earlier import charges_for_lateness, opening_credits, settlements
from calha.metering.estimating import Decision, estimated
from calha.metering.meters import Meter
from calha.metering.netting import netted
from calha.metering.paid_before import credits_left
from calha.store.billing import ContractRow, InvoiceRow

HISTORY_MONTHS = 13


@dataclass(frozen=True, slots=True)
class Preview:
    """An invoice that could be issued. problem: why it cannot be; inputs and bill may be there. is_short: whether a person can
    decide to have it estimated, because too much of the cycle is missing. days: between its readings."""

    contract: ContractRow
    cycle: Cycle | None
    inputs: Inputs | None = None
    bill: Bill | None = None
    problem: str | None = None
    is_short: bool = False
    days: int | None = None
    usual_days: UsualDays = field(default_factory=UsualDays)

    @property
    def is_of_unusual_length(self) -> bool:
        """Whether more or fewer days lie between its readings than is usual: a first or last cycle, or readings missed."""
        return self.days is not None and self.days not in self.usual_days

    @property
    def total(self) -> Decimal | None:
        return self.bill.total if self.bill is not None else None


def previews(
    billing: Billing, contracts: Sequence[ContractRow], month: str, decision: Decision | None = None
) -> Iterator[Preview]:
    """What the contracts' cycles that begin in a month would cost. decision: how to estimate where too much is missing.

    Raises StoreUnavailable, Conflict (a decision that is not needed, or cannot be followed).
    """
    cycles = {contract.id: cycle_in(contract, month) for contract in contracts}
    books = books_of(billing, contracts, (one.from_ for one in cycles.values() if one is not None))
    yield from previews_of(billing, [(one, cycles[one.id]) for one in contracts], books, decision)


def previews_of(
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


def in_order(cycles: Sequence[tuple[ContractRow, Cycle | None]], found: Iterable[Preview]) -> Iterator[Preview]:
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
        if contract.injected_channel and tariff.version_at(cycle.from_).net_metering is None:
            return Preview(
                contract, cycle, problem=f"tariff {contract.tariff!r} knows no net metering on {cycle.from_}"
            )
        tariff.version_at(cycle.from_)
        reactive, injected = (
            _meter(contract, channel, books) if channel else None
            for channel in (contract.reactive_channel, contract.injected_channel)
        )
        return Wanted(contract, _meter(contract, contract.channel, books), tariff, cycle, reactive, injected)
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
    if not counted.spans or (counted.total is None and decision is None):
        return Preview(contract, cycle, problem=counted.problem, is_short=counted.is_short)
    ledger: Credits | msgspec.UnsetType = msgspec.UNSET
    if wanted.tariff.version_at(cycle.from_).net_metering is not None:
        spans, ledger = netted(wanted, counted.spans, opening_credits(billing, books.standing, contract, cycle.from_))
        counted = replace(counted, spans=spans)
    taken_over = (
        *settlements(billing, wanted, books),
        *charges_for_lateness(billing, wanted, books),
        *credits_left(billing, wanted, books),
    )
    inputs = msgspec.structs.replace(
        _inputs(wanted, counted, books), adjustments=taken_over, estimate=estimate, net_metering=ledger
    )
    made = made_from(inputs, wanted.tariff)
    problem = counted.problem
    if problem is None and is_too_long(inputs, made):
        problem = f"the invoice would have {len(made.lines)} lines, which is more than can be kept"
    return Preview(
        contract,
        cycle,
        inputs,
        made,
        problem,
        counted.is_short,
        days=counted.days_between if counted.days_between is not None else cycle.days,
        usual_days=wanted.tariff.version_at(cycle.from_).usual_days,
    )


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
        register_parts=counted.register_parts or msgspec.UNSET,
        history=_history(books.standing.get(contract.id, ()), cycle),
        reactive_channel=contract.reactive_channel or msgspec.UNSET,
        injected_channel=contract.injected_channel or msgspec.UNSET,
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
