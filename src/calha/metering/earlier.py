"""What a cycle takes over from invoices before it: estimates to be settled, costs of late payment, credits of injected energy.

Rule 1: an estimate is settled once, by the difference at the prices of its own time; what was settled is not asked for again.
        A register that was silent when the cycle ended is divided there, and the next cycle has the rest.
Rule 2: an invoice with net metering is not settled by a line, as its credits would be others as well: it is issued again.
Rule 3: what late payment costs is charged once, by the first invoice that is issued after the payment; no fine on a fine.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import msgspec

from calha.domain.billing import PLACES, ZERO, Metered
from calha.domain.errors import Malformed, NotFound
from calha.domain.invoices import Adjustment, Inputs, made_from, unseal
from calha.domain.late_payment import Delay, LateKind, delay_of, late_charges
from calha.domain.net_metering import Lot
from calha.domain.tariffs import CONSUMPTION, DEMAND, Tariff, Text, posts_of
from calha.metering.as_billed import counting_as_billed
from calha.metering.books import LOOK_BACK, Billing, Books
from calha.metering.cycles import Cycle, Wanted, in_one, measured
from calha.metering.paid_before import CREDIT, PAID, paid_instead
from calha.metering.taken_over import referred, taken
from calha.store.billing import ContractRow, InvoiceRow

SETTLEMENT = "settlement"
LATE: Mapping[LateKind, Text] = {
    "late_fine": {"pt": "Multa por atraso da fatura", "en": "Fine for late payment of invoice"},
    "late_interest": {"pt": "Juros de mora da fatura", "en": "Interest on late payment of invoice"},
    "late_index": {"pt": "Atualização monetária da fatura", "en": "Rise of prices until payment of invoice"},
}


def settlements(billing: Billing, wanted: Wanted, books: Books) -> Iterator[Adjustment]:
    """What estimated invoices before this cycle turned out to be, unless another invoice in force has settled them."""
    standing = books.standing.get(wanted.contract.id, ())
    earliest = wanted.cycle.from_ - LOOK_BACK
    open_ = [row for row in standing if row.is_estimated and earliest < row.from_day < wanted.cycle.from_]
    if not open_:
        return
    after = [row for row in standing if row.from_day > open_[0].from_day]
    found = taken(billing, after, (SETTLEMENT,), wanted.cycle.from_)
    for row in open_:
        if found.is_open(row.number):
            yield from _settlement(billing, wanted, row)


def charges_for_lateness(billing: Billing, wanted: Wanted, books: Books) -> Iterator[Adjustment]:
    """What invoices before this cycle that were paid late cost in addition, unless another invoice in force charges it."""
    if all(version.late_payment is None for version in wanted.tariff.versions):
        return
    standing = books.standing.get(wanted.contract.id, ())
    earliest = wanted.cycle.from_ - LOOK_BACK
    late = [
        (paid, row, delay)
        for row in standing
        if earliest < row.from_day < wanted.cycle.from_
        for paid in (*paid_instead(billing, row), row)
        if (delay := _delay(paid, wanted)) is not None
    ]
    if not late:
        return
    after = [row for row in standing if row.from_day > late[0][0].from_day]
    found = taken(billing, after, LATE, wanted.cycle.from_)
    for paid, now, delay in late:
        if found.is_open(paid.number):
            amount = min(_without(billing, paid, LATE), _without(billing, now, (*LATE, PAID, CREDIT)))
            yield from _lateness(wanted.tariff, paid, amount, delay)


def is_settled(billing: Billing, row: InvoiceRow, books: Books) -> bool:
    """Whether a later invoice in force has made up for what was estimated; that one would then be issued again."""
    if not row.is_estimated:
        return False
    standing = books.standing.get(row.contract_id, ())
    return any(row.number in referred(billing, one, (SETTLEMENT,)) for one in standing if one.from_day > row.from_day)


def is_decided(billing: Billing, row: InvoiceRow) -> bool:
    """Whether a person had it estimated."""
    return row.is_estimated and unseal(billing.invoices.content(row.number)).inputs.estimate is not msgspec.UNSET


def opening_credits(
    billing: Billing, standing: Mapping[int, Sequence[InvoiceRow]], contract: ContractRow, day: date
) -> tuple[Lot, ...]:
    """What the last invoice in force before a day left of a customer's injected energy."""
    for row in reversed(standing.get(contract.id, ())):
        if row.from_day < day:
            said = unseal(billing.invoices.content(row.number)).inputs.net_metering
            if not isinstance(said, msgspec.UnsetType):
                return said.closing
    return ()


def _delay(row: InvoiceRow, wanted: Wanted) -> Delay | None:
    """Of an invoice that was paid too late."""
    if row.paid_at is None:
        return None
    return delay_of(row.due_on, row.paid_at.astimezone(wanted.meter.zone).date())


def _without(billing: Billing, row: InvoiceRow, keys: Collection[str]) -> Decimal:
    """What an invoice comes to without lines of some kinds."""
    lines = unseal(billing.invoices.content(row.number)).bill.lines
    return row.total - sum((line.amount for line in lines if line.key in keys), ZERO)


def _lateness(tariff: Tariff, row: InvoiceRow, amount: Decimal, delay: Delay) -> Iterator[Adjustment]:
    """amount: of which was paid late; of an invoice that was replaced, no more than what has come instead."""
    rule = tariff.version_at(row.due_on).late_payment
    if rule is None:
        return
    for kind, charge in late_charges(rule, amount, delay):
        yield Adjustment(
            key=kind,
            name={language: f"{word} {row.number}" for language, word in LATE[kind].items()},
            amount=charge,
            quantity=Decimal(delay.days),
            unit="d",
            invoice=row.number,
        )


def _known_by_now(
    billing: Billing, wanted: Wanted, cycle: Cycle, billed: Inputs, tariff: Tariff
) -> Sequence[Metered] | None:
    """What was used in a cycle that was estimated; None as long as it is not known, or a person has to judge it."""
    try:
        own = counting_as_billed(billing.meters, wanted, billed, tariff)
    except (NotFound, Malformed):
        return None
    ((_, counted),) = measured([replace(own, cycle=cycle)], billing.counter)
    if not counted.spans or not (counted.is_sure or not counted.is_estimated):
        return None
    if counted.is_short and counted.total is not None and counted.total >= 0:
        return _as_divided(billed.metered, counted.spans, tariff)
    return counted.spans if counted.problem is None else None


def _as_divided(billed: Sequence[Metered], counted: Sequence[Metered], tariff: Tariff) -> Sequence[Metered]:
    """The consumption that the register shows, divided over hours as it was billed, where too many of them are not known.

    A demand that was measured meanwhile counts where it is higher than what was billed.
    """
    used = in_one(billed)
    if not used:
        return counted
    factor = in_one(counted) / used
    return tuple(_scaled(one, factor, by_now, tariff) for one, by_now in zip(billed, counted, strict=True))


def _scaled(billed: Metered, factor: Decimal, counted: Metered, tariff: Tariff) -> Metered:
    divided = (CONSUMPTION, *posts_of(tariff.version_at(billed.from_)))
    known = {name: round(amount * factor, PLACES) for name, amount in billed.quantities.items() if name in divided}
    if DEMAND in billed.quantities:
        known[DEMAND] = max(billed.quantities[DEMAND], counted.quantities.get(DEMAND, ZERO))
    return replace(billed, quantities={**billed.quantities, **known})


def _settlement(billing: Billing, wanted: Wanted, row: InvoiceRow) -> Iterator[Adjustment]:
    sealed = unseal(billing.invoices.content(row.number))
    if sealed.inputs.net_metering is not msgspec.UNSET:
        return  # its credits would be others as well: it is issued again instead
    tariff = billing.tariffs.by_hash(row.tariff_sha256)
    plain = msgspec.structs.replace(sealed.inputs, adjustments=())
    metered = _known_by_now(billing, wanted, Cycle(row.from_day, row.until_day), plain, tariff)
    if metered is None:
        return
    billed = made_from(plain, tariff)
    known = made_from(msgspec.structs.replace(plain, metered=metered), tariff)
    amount, quantity = known.total - billed.total, in_one(metered) - in_one(plain.metered)
    if not amount and not quantity:
        return  # it was right
    yield Adjustment(
        key=SETTLEMENT,
        name={"pt": f"Acerto da fatura {row.number}, estimada", "en": f"Settlement of estimated invoice {row.number}"},
        amount=amount,
        quantity=quantity,
        unit=tariff.unit,
        invoice=row.number,
    )
