"""Billing cycles of contracts, and what their meters counted in them, as quantities of a tariff."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain import quality, units
from calha.domain.billing import ZERO, Metered
from calha.domain.calendars import Calendar, day_of_month
from calha.domain.consumption import Consumption
from calha.domain.errors import IncompatibleUnits, UnknownUnit
from calha.domain.invoices import Exchange, RegisterPart, RegisterReading
from calha.domain.posts import Windows
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.tariffs import (
    CONSUMPTION,
    DEMAND,
    EXCESS_REACTIVE,
    INJECTED,
    Demand,
    Flag,
    Tariff,
    Usage,
    Version,
    in_post,
    posts_of,
)
from calha.domain.times import DAY_US, to_datetime, to_micros
from calha.metering.completeness import missing_share
from calha.metering.counting import Counted, Shown
from calha.metering.meters import Meter
from calha.metering.reactive import excess
from calha.metering.register_parts import register_parts
from calha.store.billing import ContractRow

QUARTERS_AN_HOUR = 4


@dataclass(frozen=True, slots=True)
class Cycle:
    """Local days, `until` is the first that is not in it."""

    from_: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.from_).days

    def __iter__(self) -> Iterator[date]:
        return (self.from_ + timedelta(days=number) for number in range(self.days))


@dataclass(frozen=True, slots=True)
class Measured:
    """What was counted in a cycle. total: None where nothing is known; spans may tell what was counted beside it.

    known: share of the time of which the amount is. problem: why it cannot be billed without hands, None if it can. is_short:
    whether that is because too much is missing. opening, closing: what a register showed at its ends. register_parts: how
    that is its consumption, where its constant is not 1. is_sure: whether good
    readings tell all of it, though where one cycle ends and another begins may be divided between them.
    """

    spans: tuple[Metered, ...]
    total: Decimal | None
    known: float
    is_estimated: bool
    problem: str | None = None
    is_short: bool = False
    opening: RegisterReading | None = None
    closing: RegisterReading | None = None
    exchanges: tuple[Exchange, ...] = ()
    register_parts: tuple[RegisterPart, ...] = ()
    is_sure: bool = False

    @property
    def days_between(self) -> int | None:
        """Days between the readings at its ends, None where nothing shows a register."""
        if self.opening is None or self.closing is None:
            return None
        return round((self.closing.at - self.opening.at) / DAY_US)


class Counter(Protocol):
    """What counts: `metering.counting.Counting`."""

    def of_all(self, meters: Sequence[Meter], bounds: NDArray[np.int64]) -> Iterator[Counted]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cycle of a contract that is to be measured. reactive, injected: what counts such energy, if anything does."""

    contract: ContractRow
    meter: Meter
    tariff: Tariff
    cycle: Cycle
    reactive: Meter | None = None
    injected: Meter | None = None


def cycle_in(contract: ContractRow, month: str) -> Cycle | None:
    """The cycle of a contract that begins in a month (YYYY-MM), as far as it runs then."""
    first = date.fromisoformat(f"{month}-01")
    next_ = first + timedelta(days=monthrange(first.year, first.month)[1])
    from_, until = (day_of_month(day, contract.cycle_day) for day in (first, next_))
    begin, end = max(from_, contract.from_day), min(until, contract.until_day or until)
    return Cycle(begin, end) if begin < end else None


def cycle_at(contract: ContractRow, day: date) -> Cycle | None:
    """The cycle in which a day lies, None where the contract does not run."""
    begun = day.replace(day=1) - timedelta(days=1)
    found = (cycle_in(contract, f"{month:%Y-%m}") for month in (day, begun))
    return next((one for one in found if one is not None and one.from_ <= day < one.until), None)


def measured(wanted: Sequence[Wanted], counter: Counter) -> Iterator[tuple[Wanted, Measured]]:
    """What was counted; cycles with the same intervals are counted together. Raises StoreUnavailable, TooLarge."""
    groups: dict[bytes, list[Wanted]] = {}
    intervals: dict[tuple[object, ...], NDArray[np.int64]] = {}
    for one in wanted:
        shared = (str(one.meter.zone), one.tariff.key, one.cycle)
        if shared not in intervals:
            intervals[shared] = _bounds(one.tariff, one.cycle, one.meter.zone)
        groups.setdefault(intervals[shared].tobytes(), []).append(one)
    for bounds, together in groups.items():
        edges = np.frombuffer(bounds, np.int64)
        meters = [meter for one in together for meter in (one.reactive, one.injected) if meter is not None]
        beside = {found.meter.series: found for found in counter.of_all(meters, edges)}
        counted = counter.of_all([one.meter for one in together], edges)
        for one, found in zip(together, counted, strict=True):
            opening, closing = (_reading(shown, one.meter.reading_unit) for shown in found.ends)
            reactive, injected = (
                beside[meter.series] if meter is not None else None for meter in (one.reactive, one.injected)
            )
            made = _measured(one, found, reactive, injected)
            shown = replace(made, opening=opening, closing=closing, exchanges=tuple(_exchanges(found)))
            yield one, replace(shown, register_parts=_register_parts(one, found, shown))


@dataclass(frozen=True, slots=True)
class _Beside:
    """What was counted beside the consumption."""

    reactive: Consumption | None
    injected: Consumption | None


def _measured(wanted: Wanted, found: Counted, reactive: Counted | None, injected: Counted | None) -> Measured:
    consumption = found.consumption
    total, known = consumption.total(), 1 - missing_share(found, by_time=False)
    try:
        counted = consumption.given_in(wanted.tariff.unit)
        fed = injected.consumption.given_in(wanted.tariff.unit) if injected is not None else None
    except (IncompatibleUnits, UnknownUnit):
        reason = f"the tariff is for {wanted.tariff.unit}, the meter counts {consumption.unit}"
        return Measured((), total.amount, known, is_estimated=False, problem=reason)
    is_estimated = (
        total.quality >= Quality.UNCERTAIN or known < 1.0 or (injected is not None and _is_doubtful(injected))
    )
    beside = _Beside(reactive.consumption if reactive is not None else None, fed)
    spans = tuple(_spans(wanted, counted, beside, is_estimated=is_estimated))
    if total.amount is None:
        return Measured(spans, None, 0.0, is_estimated=True, problem="no readings in this cycle", is_short=True)
    short = _too_short(wanted, found, "cycle")
    if short is None and injected is not None:
        short = _too_short(wanted, injected, "injected energy")
    problem = short
    if problem is None and any(value < 0 for span in spans for value in span.quantities.values()):
        problem = "the consumption is negative: judge the register's events first"
    is_sure = bool(consumption.is_sure.all())
    return Measured(spans, counted.total().amount, known, is_estimated, problem, short is not None, is_sure=is_sure)


def _is_doubtful(found: Counted) -> bool:
    return found.consumption.total().quality >= Quality.UNCERTAIN or missing_share(found, by_time=False) > 0


def _too_short(wanted: Wanted, found: Counted, what: str) -> str | None:
    """Why too much of a cycle is missing for an invoice without hands, None if it is not."""
    missing = missing_share(found, by_time=_is_by_time(wanted.tariff, wanted.cycle))
    limit = wanted.tariff.version_at(wanted.cycle.from_).max_missing_percent
    if Decimal(missing) * 100 < limit:
        return None
    return f"only {1 - missing:.0%} of the {what} is known; where {limit}% or more is missing, a person decides"


def _exchanges(found: Counted) -> Iterator[Exchange]:
    for one in found.exchanges:
        yield Exchange(at=one.at, closing=one.closing, opening=one.opening, unit=found.meter.reading_unit)


def _register_parts(wanted: Wanted, found: Counted, measured: Measured) -> tuple[RegisterPart, ...]:
    if measured.opening is None or measured.closing is None or not measured.spans:
        return ()
    return tuple(register_parts(found, measured.opening, measured.closing, measured.exchanges, wanted.tariff.unit))


def _reading(shown: Shown | None, unit: str) -> RegisterReading | None:
    """Decimals beyond a millionth are of binary fractions, not of the meter."""
    if shown is None:
        return None
    value = Decimal(f"{shown.value:.6f}").normalize()
    return RegisterReading(at=shown.at, value=Decimal(f"{value:f}"), unit=unit, quality=quality.label(shown.quality))


def _spans(wanted: Wanted, consumption: Consumption, beside: _Beside, *, is_estimated: bool) -> Iterator[Metered]:
    zone, cycle, tariff = wanted.meter.zone, wanted.cycle, wanted.tariff
    days = [cycle.from_, *tariff.changes_between(cycle.from_, cycle.until), cycle.until]
    for from_, until in pairwise(days):
        begins = consumption.bounds[:-1]
        inside = (begins >= begin_of(from_, zone)) & (begins < begin_of(until, zone))
        version = tariff.version_at(from_)
        quantities = dict(_quantities(version, consumption, inside, zone))
        if beside.reactive is not None and EXCESS_REACTIVE in _names(version):
            quantities[EXCESS_REACTIVE] = excess(
                version.reactive, consumption, beside.reactive, inside, zone, tariff.unit
            )
        if beside.injected is not None:
            quantities |= _injected(version, beside.injected, inside, zone)
        yield Metered(from_, until, quantities, is_estimated)


def _sum(consumption: Consumption, inside: NDArray[np.bool_]) -> Decimal:
    ticks = np.where(consumption.is_known, consumption.ticks, 0)[inside]
    return consumption.per_tick * int(ticks.sum())


def _quantities(
    version: Version, consumption: Consumption, inside: NDArray[np.bool_], zone: ZoneInfo
) -> Iterator[tuple[str, Decimal]]:
    ticks = np.where(consumption.is_known, consumption.ticks, 0)[inside]
    yield CONSUMPTION, _sum(consumption, inside)
    names = _names(version)
    begins = consumption.bounds[:-1][inside]
    if version.windows is not None and len(begins):
        posts = _posts(version.windows, zone, tuple(begins[[0, -1]].tolist()), begins.tobytes())
        for post in posts_of(version):
            yield post, consumption.per_tick * int(ticks[posts == post].sum())
    if DEMAND in names:
        yield DEMAND, _as_demand(consumption.per_tick * int(ticks.max(initial=0)) * QUARTERS_AN_HOUR, consumption.unit)


def _as_demand(an_hour: Decimal, unit: str) -> Decimal:
    """Of energy in kW, in which a demand is contracted, whatever unit the energy itself is billed in."""
    return units.convert(an_hour, unit, "kWh") if units.quantity(unit) == "energy" else an_hour


def _injected(
    version: Version, injected: Consumption, inside: NDArray[np.bool_], zone: ZoneInfo
) -> Mapping[str, Decimal]:
    """In all, and by post where that matters."""
    found = {INJECTED: _sum(injected, inside)}
    if version.net_metering is not None and version.net_metering.te:
        by_post = dict(_quantities(version, injected, inside, zone))
        found |= {in_post(INJECTED, post): by_post.get(post, ZERO) for post in posts_of(version)}
    return found


@lru_cache(maxsize=64)
def _posts(windows: Windows, zone: ZoneInfo, ends: tuple[int, ...], begins: bytes) -> NDArray[np.str_]:  # noqa: ARG001
    """The post of each interval; the same for all contracts of a tariff."""
    moments = np.frombuffer(begins, np.int64)
    return np.array([windows.post_at(to_datetime(int(at)).astimezone(zone).replace(tzinfo=None)) for at in moments])


def _bounds(tariff: Tariff, cycle: Cycle, zone: ZoneInfo) -> NDArray[np.int64]:
    """The longest intervals of which the tariff's quantities can be made; days, so that it shows which are not known."""
    calendar = Calendar("15m" if _is_by_time(tariff, cycle) else "1d", zone)
    return calendar.bounds(begin_of(cycle.from_, zone), begin_of(cycle.until, zone))


def _is_by_time(tariff: Tariff, cycle: Cycle) -> bool:
    """Whether it matters when something was used, and not only how much."""
    days = [cycle.from_, *tariff.changes_between(cycle.from_, cycle.until)]
    versions = [tariff.version_at(day) for day in days]
    return any(version.windows is not None or _names(version) & {DEMAND, EXCESS_REACTIVE} for version in versions)


def _names(version: Version) -> set[str]:
    return {one.quantity for one in version.components if isinstance(one, Usage | Demand | Flag)}


def begin_of(day: date, zone: ZoneInfo) -> Micros:
    """The moment at which a local day begins."""
    return to_micros(datetime.combine(day, time(), zone))


def in_one(spans: Sequence[Metered], name: str = CONSUMPTION) -> Decimal:
    """A quantity over all spans of a cycle."""
    return sum((span.quantities.get(name, ZERO) for span in spans), ZERO)
