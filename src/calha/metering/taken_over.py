"""What invoices take over from others, once: their lines name the invoice that they settle, charge or credit."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from calha.domain.invoices import unseal
from calha.metering.books import Billing
from calha.store.billing import InvoiceRow


@dataclass(frozen=True, slots=True)
class Taken:
    """Numbers of invoices. own: by the invoice of the cycle itself, None where it is not billed."""

    elsewhere: frozenset[str]
    own: frozenset[str] | None

    def is_open(self, number: str) -> bool:
        """Whether the cycle takes it over: once in force it takes what it took, whatever has come since."""
        return number not in self.elsewhere and (self.own is None or number in self.own)


def taken(billing: Billing, standing: Sequence[InvoiceRow], keys: Collection[str], cycle_from: date) -> Taken:
    """From which invoices those in force have lines of some kinds."""
    by_cycle = {row.from_day: frozenset(referred(billing, row, keys)) for row in standing}
    own = by_cycle.pop(cycle_from, None)
    return Taken(frozenset().union(*by_cycle.values()), own)


def referred(billing: Billing, row: InvoiceRow, keys: Collection[str]) -> Iterator[str]:
    """Numbers of the invoices to which an invoice's adjustments of some kinds refer."""
    inputs = unseal(billing.invoices.content(row.number)).inputs
    yield from (one.invoice for one in inputs.adjustments if one.key in keys)
