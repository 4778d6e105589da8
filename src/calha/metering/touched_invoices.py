"""Which invoices a change would touch, and by how much, before anybody makes it.

A change is supposed: of a meter (`counting.Supposed`) or of a tariff. Each invoice in force that it may reach is computed with
it and without it; those that would be another amount are told. Nothing is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from calha.domain.invoices import digest
from calha.domain.readings import Micros
from calha.domain.register_breaks import Ints
from calha.domain.tariff_reader import to_json
from calha.domain.tariffs import Tariff
from calha.domain.times import to_datetime
from calha.metering.books import Billing
from calha.metering.counting import Counted, Counting, Supposed
from calha.metering.invoicing import Difference, differences
from calha.metering.meters import Meter
from calha.store.billing import ContractRow, InvoiceRow, TariffRow, Tariffs

MAX_COMPARED = 500  # invoices for one question, the oldest that the change reaches first
MAX_CONTRACTS = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """An invoice in force. now, then: what it would be without and with the change; None where it could not be computed."""

    invoice: InvoiceRow
    contract: ContractRow
    now: Decimal | None
    then: Decimal | None
    problem: str | None

    @property
    def difference(self) -> Decimal | None:
        """Of what would be asked for by then to what has been invoiced."""
        return self.then - self.invoice.total if self.then is not None else None


@dataclass(frozen=True, slots=True)
class Reach:
    """What was found. is_whole: whether all invoices that the change may reach were compared."""

    touched: Sequence[Touched]
    is_whole: bool


def touched_by_meter(billing: Billing, counting: Counting, meter: Meter, supposed: Supposed, from_at: Micros) -> Reach:
    """Invoices that a change of a meter from a time on would touch."""
    day = to_datetime(from_at).astimezone(meter.zone).date()
    contracts = billing.customers.contracts(device=meter.device, limit=MAX_CONTRACTS)
    standing = billing.invoices.standing([one.id for one in contracts], day)
    rows = sorted((row for some in standing.values() for row in some), key=lambda row: (row.from_day, row.id))
    return _touched(billing, replace(billing, counter=_Supposing(counting, supposed)), rows)


def touched_by_tariff(billing: Billing, tariff: Tariff, sites: frozenset[int] | None) -> Reach:
    """Invoices for devices on some sites (None = all) that a new revision of a tariff would touch, whatever is used by now."""
    rows = billing.invoices.made_with(tariff.key, sites, MAX_COMPARED + 1)
    return _touched(billing, replace(billing, tariffs=_SupposedTariffs(billing.tariffs, tariff)), rows)


def _touched(billing: Billing, supposing: Billing, rows: Sequence[InvoiceRow]) -> Reach:
    """rows: the oldest first."""
    compared = rows[:MAX_COMPARED]
    contracts = billing.customers.contracts_by_id({row.contract_id for row in compared})
    found = list(_compared(billing, supposing, compared, contracts))
    return Reach(found, is_whole=len(rows) <= MAX_COMPARED)


def _compared(
    billing: Billing, supposing: Billing, rows: Sequence[InvoiceRow], contracts: Mapping[int, ContractRow]
) -> Iterator[Touched]:
    without = {one.invoice.id: one for one in differences(billing, rows)}
    with_ = {one.invoice.id: one for one in differences(supposing, rows)}
    for row in rows:
        now, then = _total(row, without.get(row.id)), _total(row, with_.get(row.id))
        if now != then:
            problem = with_[row.id].now.problem if row.id in with_ else None
            yield Touched(row, contracts[row.contract_id], now, then, problem)


def _total(row: InvoiceRow, difference: Difference | None) -> Decimal | None:
    return row.total if difference is None else difference.now.total


@dataclass(frozen=True, slots=True)
class _Supposing:
    """Counts as if something had been said already."""

    counting: Counting
    supposed: Supposed

    def of_all(self, meters: Sequence[Meter], bounds: Ints) -> Iterator[Counted]:
        return self.counting.of_all(meters, bounds, self.supposed)


class _SupposedTariffs(Tariffs):
    """The tariffs as if a revision had been written already."""

    def __init__(self, known: Tariffs, tariff: Tariff) -> None:
        self._known = known
        self._tariff = tariff
        content = to_json(tariff).decode()
        self._row = TariffRow(tariff.key, 0, digest(content.encode()), content, "", to_datetime(0))

    def current(self, key: str) -> TariffRow:
        return self._row if key == self._tariff.key else self._known.current(key)

    def by_hash(self, sha256: str) -> Tariff:
        return self._tariff if sha256 == self._row.sha256 else self._known.by_hash(sha256)
