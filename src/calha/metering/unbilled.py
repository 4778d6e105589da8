"""Days of contracts that no invoice in force charges, though their time is over and invoices before them are there.

A contract that was ended within a cycle and made to go on afterwards leaves the rest of that cycle: its last invoice is issued
again over the whole of it. Whole cycles are left by runs that were not begun, or could not bill them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from calha.metering.books import Billing
from calha.metering.cycles import Cycle, cycle_at
from calha.store.billing import ContractRow, InvoiceRow, Seam

CONTRACTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Unbilled:
    """A cycle of which `days` are not billed. invoice: the one that ends within it, None where all of it is missing."""

    contract: ContractRow
    days: Cycle
    invoice: str | None


def unbilled(billing: Billing, sites: Collection[int] | None) -> Iterator[Unbilled]:
    """Of contracts of devices on some sites (None = all), by contract, oldest first."""
    after_id = 0
    while page := billing.customers.contracts(sites, after_id=after_id, limit=CONTRACTS_AT_ONCE):
        contracts = {one.id: one for one in page}
        for seam in billing.invoices.seams(list(contracts)):
            yield from _left(contracts[seam.contract_id], seam, billing.today())
        after_id = page[-1].id


def cycle_of(contract: ContractRow, row: InvoiceRow, today: date) -> Cycle:
    """The days that an invoice is about: those it was issued for, or all of its cycle where the contract goes on by now."""
    now = cycle_at(contract, row.from_day)
    if now is None or now.from_ != row.from_day or not row.until_day <= now.until <= today:
        return Cycle(row.from_day, row.until_day)
    return now


def _left(contract: ContractRow, seam: Seam, today: date) -> Iterator[Unbilled]:
    """What lies between an invoice and the next one; behind the last one, what would not be billed by the next run."""
    begin = seam.until_day
    is_ended = contract.until_day is not None and contract.until_day <= today
    while (cycle := cycle_at(contract, begin)) is not None and begin < (seam.next_from or today):
        is_cut = cycle.from_ < begin
        if cycle.until > today or not (is_cut or is_ended or seam.next_from is not None):
            return
        yield Unbilled(contract, Cycle(begin, cycle.until), seam.number if is_cut else None)
        begin = cycle.until
