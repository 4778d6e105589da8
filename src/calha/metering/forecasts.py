"""What the running cycles of contracts will come to, in consumption and in money, and which of that is worth a message.

The days of the last weeks tell how a customer uses (`domain.forecasts`); how his consumption divides over the posts of a
tariff is taken to stay the same, and the highest demand of those weeks to come again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from calha.domain.billing import ZERO, Metered, Terms, bill
from calha.domain.calendars import Calendar
from calha.domain.consumption import Consumption
from calha.domain.errors import IncompatibleUnits, UnknownUnit
from calha.domain.forecasts import Range, Warned, forecast, higher_block, warnings
from calha.domain.tariffs import CONSUMPTION, DEMAND, quantities_of
from calha.metering.books import Billing, Books, books_of
from calha.metering.cycles import Cycle, Wanted, begin_of, cycle_at, in_one, measured
from calha.metering.netting import netted
from calha.metering.paid_before import cost
from calha.metering.previews import wanted_in
from calha.store.billing import ContractRow, InvoiceRow

HISTORY_DAYS = 56  # that tell how somebody uses
USUAL_CYCLES = 12  # whose mean is what is usual (REN ANEEL 1000/2021 bills it where a reading is missing)
MIN_CYCLES = 3  # before anything is called usual


@dataclass(frozen=True, slots=True)
class Forecast:
    """used: until before `today`. consumption, bill: what the whole cycle will come to. usual…: of as many days, None where
    too little has been billed. problem: why there is none of all that."""

    contract: ContractRow
    cycle: Cycle | None
    today: date
    unit: str = ""
    used: Decimal | None = None
    consumption: Range | None = None
    bill: Range | None = None
    usual: Decimal | None = None
    usual_bill: Decimal | None = None
    warned: Sequence[Warned] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Usual:
    """The mean of the last cycles, for as many days as the running one has."""

    quantity: Decimal
    total: Decimal


def forecasts(billing: Billing, contracts: Sequence[ContractRow]) -> Iterator[Forecast]:
    """Of cycles that run today; not in the order of the contracts. Raises StoreUnavailable."""
    books = books_of(billing, contracts)
    groups: dict[tuple[Cycle, str], list[Wanted]] = {}
    for contract in contracts:
        one = wanted_in(contract, cycle_at(contract, books.today), books)
        if isinstance(one, Wanted):
            groups.setdefault((one.cycle, str(one.meter.zone)), []).append(one)
        else:
            yield Forecast(one.contract, one.cycle, books.today, problem=one.problem)
    for (cycle, _), together in groups.items():
        first = min(cycle.from_, books.today - timedelta(days=HISTORY_DAYS))
        zone = together[0].meter.zone
        bounds = Calendar("1d", zone).bounds(begin_of(first, zone), begin_of(books.today, zone))
        counted = billing.counter.of_all([one.meter for one in together], bounds)
        for one, found in zip(together, counted, strict=True):
            yield _forecast(billing, one, found.consumption, first, books)


def _forecast(billing: Billing, wanted: Wanted, counted: Consumption, first: date, books: Books) -> Forecast:
    contract, cycle, today, unit = wanted.contract, wanted.cycle, books.today, wanted.tariff.unit
    try:
        days = _days(counted.given_in(unit), first, contract.from_day)
    except (IncompatibleUnits, UnknownUnit):
        reason = f"the tariff is for {unit}, the meter counts {counted.unit}"
        return Forecast(contract, cycle, today, problem=reason)
    used = sum((amount for day, amount in days.items() if day >= cycle.from_), ZERO)
    missing = [day for day in cycle if day not in days]
    found = forecast(float(used), {day: float(amount) for day, amount in days.items()}, missing)
    if found is None:
        return Forecast(contract, cycle, today, unit, used, problem="too few days are known yet")
    usual = _usual(billing, books.standing.get(contract.id, ()), cycle)
    money = _money(wanted, found, _shares(billing, wanted, Cycle(min(days), today)))
    warned = _warned(wanted, found, money, usual) if usual is not None else ()
    quantity, total = (usual.quantity, usual.total) if usual is not None else (None, None)
    return Forecast(contract, cycle, today, unit, used, found, money, quantity, total, warned)


def _days(counted: Consumption, first: date, from_day: date) -> dict[date, Decimal]:
    """What was used under the contract, by day; days of which nothing is known are left out."""
    amounts = ((first + timedelta(days=place), one.amount) for place, one in enumerate(counted))
    return {day: amount for day, amount in amounts if amount is not None and day >= from_day}


def _usual(billing: Billing, standing: Sequence[InvoiceRow], cycle: Cycle) -> _Usual | None:
    before = [row for row in standing if row.until_day <= cycle.from_][-USUAL_CYCLES:]
    if len(before) < MIN_CYCLES:
        return None
    days = sum((row.until_day - row.from_day).days for row in before)
    quantity, total = (
        sum(values, ZERO) * cycle.days / days
        for values in ((row.quantity for row in before), (cost(billing, row) for row in before))
    )
    return _Usual(round(quantity, 3), round(total, 2))


def _shares(billing: Billing, wanted: Wanted, span: Cycle) -> Mapping[str, Decimal]:
    """What else the tariff charges, for each unit of consumption; demand as it was at its highest."""
    version = wanted.tariff.version_at(wanted.cycle.from_)
    names = set(quantities_of(version)) - {CONSUMPTION}
    if not names:
        return {}
    under = Cycle(max(span.from_, wanted.tariff.versions[0].valid_from), span.until)
    ((_, found),) = measured([replace(wanted, cycle=under)], billing.counter)
    spans = found.spans
    if version.net_metering is not None and spans:
        spans, _ = netted(wanted, spans, ())  # credits may make it cheaper still
    whole = in_one(spans)
    shares = {name: in_one(spans, name) / whole if whole else ZERO for name in names}
    return shares | {DEMAND: max((one.quantities.get(DEMAND, ZERO) for one in spans), default=ZERO)}


def _money(wanted: Wanted, found: Range, shares: Mapping[str, Decimal]) -> Range:
    terms, cycle = Terms(wanted.contract.dwellings, wanted.contract.contracted), wanted.cycle
    totals = []
    for amount in (found.low, found.expected, found.high):
        quantities = {name: share if name == DEMAND else amount * share for name, share in shares.items()}
        span = Metered(cycle.from_, cycle.until, quantities | {CONSUMPTION: amount})
        totals.append(bill(wanted.tariff, [span], terms).total)
    return Range(min(totals), totals[1], max(totals))


def _warned(wanted: Wanted, found: Range, money: Range, usual: _Usual) -> Sequence[Warned]:
    contract = wanted.contract
    if contract.alert_percent is None:
        return ()
    version = wanted.tariff.version_at(wanted.cycle.until - timedelta(days=1))
    scale = Decimal(wanted.cycle.days) / (version.cycle_days or wanted.cycle.days)
    block = higher_block(version, contract.dwellings, usual.quantity, found.expected, scale)
    varying = warnings(found, usual.quantity, money, usual.total, contract.alert_percent)
    return [*([block] if block is not None else []), *varying]
