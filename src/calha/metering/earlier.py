"""What a cycle takes over from invoices before it: estimates that are to be settled, and credits of injected energy.

Rule 1: an estimate is settled once, by the difference at the prices of its own time; what was settled is not asked for again.
Rule 2: an invoice with net metering is not settled by a line, as its credits would be others as well: it is issued again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from calha.domain.invoices import Adjustment, made_from, unseal
from calha.domain.net_metering import Lot
from calha.metering.books import LOOK_BACK, Billing, Books
from calha.metering.cycles import Cycle, Wanted, in_one, measured
from calha.store.billing import ContractRow, InvoiceRow


def settlements(billing: Billing, wanted: Wanted, books: Books) -> Iterator[Adjustment]:
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


def is_settled(billing: Billing, row: InvoiceRow, books: Books) -> bool:
    """Whether a later invoice in force has made up for what was estimated; that one would then be issued again."""
    return row.is_estimated and row.number in set(_settled(billing, books.standing.get(row.contract_id, ()), date.max))


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


def _settled(billing: Billing, standing: Sequence[InvoiceRow], before: date) -> Iterator[str]:
    for row in standing:
        if row.from_day < before:
            inputs = unseal(billing.invoices.content(row.number)).inputs
            yield from (one.invoice for one in inputs.adjustments if one.invoice)


def _settlement(billing: Billing, wanted: Wanted, row: InvoiceRow) -> Iterator[Adjustment]:
    sealed = unseal(billing.invoices.content(row.number))
    if sealed.inputs.net_metering is not msgspec.UNSET:
        return  # its credits would be others as well: it is issued again instead
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
