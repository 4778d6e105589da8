"""What billing works with, and what many previews share: the customers, tariffs and invoices of some contracts, read once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from calha.domain.access import Tree
from calha.domain.errors import NotFound
from calha.domain.tariffs import Tariff
from calha.metering.cycles import Counter
from calha.metering.meters import Meter, Meters, Uncountable
from calha.store.billing import (
    ContractRow,
    Credits,
    CustomerRow,
    Customers,
    InvoiceRow,
    Invoices,
    IssuerRow,
    TariffRow,
    Tariffs,
)

LOOK_BACK = timedelta(days=400)  # for the history, and for estimates that are not settled yet
NO_ISSUER = IssuerRow(0, "", "", "", "", "", "", "")


@dataclass(frozen=True)
class Billing:
    """What invoicing needs. tree: of the sites, for whose issuer stands for a contract. today: in the server's own zone."""

    customers: Customers
    tariffs: Tariffs
    invoices: Invoices
    credits: Credits
    meters: Meters
    counter: Counter
    tree: Callable[[], Tree]
    today: Callable[[], date]


@dataclass
class Books:
    """What many previews share, read once. standing: invoices in force by contract, as far back as anything asks for them.

    moved: invoices of others whose credits were moved to a contract, by its number.
    """

    tariffs: Mapping[str, tuple[TariffRow, Tariff]]
    customers: Mapping[int, CustomerRow]
    standing: Mapping[int, Sequence[InvoiceRow]]
    issuers: Mapping[int, IssuerRow]
    tree: Tree
    today: date
    meters: Mapping[tuple[str, str], Meter | Uncountable]
    moved: Mapping[str, Sequence[InvoiceRow]]


def books_of(billing: Billing, contracts: Sequence[ContractRow], days: Iterable[date] = ()) -> Books:
    """What previews or forecasts of some contracts need. days: at which their cycles begin, of those that may be long past."""
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
        billing.invoices.standing(ids, min([today, *days]) - 2 * LOOK_BACK),
        billing.customers.issuers(),
        billing.tree(),
        today,
        billing.meters.of_channels(_channels(contracts)),
        billing.credits.moved_to({one.number for one in contracts}),
    )


def _channels(contracts: Iterable[ContractRow]) -> Iterator[tuple[str, str]]:
    for one in contracts:
        yield one.device, one.channel
        for channel in (one.reactive_channel, one.injected_channel):
            if channel:
                yield one.device, channel


def issuer_of(site_id: int, issuers: Mapping[int, IssuerRow], tree: Tree) -> IssuerRow:
    """Of a site, or of the nearest above it that has one; a blank one where nobody is named."""
    return next((issuers[site] for site in tree.above(site_id) if site in issuers), NO_ISSUER)
