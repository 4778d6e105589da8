"""Billing a cycle of which too much is missing, by a person's decision: estimated, marked, and settled by a later invoice.

`mean` adds to what was counted, for the time of which nothing is known, what the last cycles used a day, as REN ANEEL
1000/2021 wants it where a reading is missing; the demand is the contracted one. `stated` takes what the person says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from calha.domain.billing import ONE, ZERO, Metered
from calha.domain.errors import Conflict, InvalidTariff, Malformed
from calha.domain.invoices import Estimate, EstimateMethod
from calha.domain.tariffs import CONSUMPTION, DEMAND, INJECTED, in_post, posts_of, quantities_of
from calha.metering.cycles import Counter, Measured, Wanted, cycle_at, in_one, measured

MEAN_CYCLES = 12  # REN ANEEL 1000/2021
PLACES = 3  # of an estimated quantity


@dataclass(frozen=True, slots=True)
class Decision:
    """consumption: in the tariff's unit, what is stated. Raises Malformed where it is missing, or is not asked for."""

    method: EstimateMethod
    by: str
    reason: str
    consumption: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.method == "stated") != (self.consumption is not None):
            raise Malformed("a consumption is given where it is stated, and only there", "stated_or_not")


@dataclass(frozen=True, slots=True)
class _Usual:
    """Quantities a day, by name, as the mean of so many cycles."""

    a_day: Mapping[str, Decimal]
    cycles: int


def estimated(wanted: Wanted, counted: Measured, decision: Decision, counter: Counter) -> tuple[Measured, Estimate]:
    """What is billed of a cycle, and how that came about. Raises Conflict where nothing tells what it could be."""
    usual = _usual(wanted, counter)
    spans: Sequence[Metered] = counted.spans
    if decision.method == "mean":
        spans = _by_mean(wanted, counted, spans, usual)
    else:
        assert decision.consumption is not None
        spans = _by_word(wanted, spans, decision.consumption, usual)
    estimate = Estimate(
        method=decision.method,
        known_percent=int(counted.known * 100),
        cycles=usual.cycles if decision.method == "mean" else 0,
        reason=decision.reason,
        by=decision.by,
    )
    return replace(counted, spans=spans, is_estimated=True, problem=None), estimate


def _by_mean(wanted: Wanted, counted: Measured, spans: Sequence[Metered], usual: _Usual) -> tuple[Metered, ...]:
    missing = ONE - Decimal(str(round(counted.known, 6)))
    if not usual.cycles and missing:
        raise Conflict(
            f"no cycle of contract {wanted.contract.number} before this one is known whole; state what was used",
            "no_mean",
        )
    return tuple(
        _with(span, wanted, {name: amount * span.days * missing for name, amount in usual.a_day.items()})
        for span in spans
    )


def _by_word(wanted: Wanted, spans: Sequence[Metered], consumption: Decimal, usual: _Usual) -> tuple[Metered, ...]:
    """Divided over the spans by days, and over the posts as before."""
    days = sum(span.days for span in spans)
    used, names = usual.a_day.get(CONSUMPTION, ZERO), _posts(wanted)
    if names and not used:
        raise Conflict(
            f"no cycle of contract {wanted.contract.number} before this one tells how its use divides over the hours",
            "no_mean",
        )
    shares = {name: usual.a_day.get(name, ZERO) / used for name in names} | {CONSUMPTION: ONE}
    blank = (replace(span, quantities=_beside(span.quantities)) for span in spans)
    return tuple(
        _with(span, wanted, {name: consumption * share * span.days / days for name, share in shares.items()})
        for span in blank
    )


def _beside(quantities: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """What was counted beside the consumption, which stays as it is."""
    return {name: amount for name, amount in quantities.items() if _is_beside(name)}


def _is_beside(name: str) -> bool:
    return name in (DEMAND, INJECTED) or name.startswith(in_post(INJECTED, ""))


def _with(span: Metered, wanted: Wanted, more: Mapping[str, Decimal]) -> Metered:
    """A span with more of some quantities, and at least the contracted demand."""
    names = {**span.quantities, **more}
    quantities = {name: round(span.quantities.get(name, ZERO) + more.get(name, ZERO), PLACES) for name in names}
    if DEMAND in quantities_of(wanted.tariff.version_at(span.from_)):
        quantities[DEMAND] = max(span.quantities.get(DEMAND, ZERO), wanted.contract.contracted)
    return Metered(span.from_, span.until, quantities, is_estimated=True)


def _posts(wanted: Wanted) -> set[str]:
    version = wanted.tariff.version_at(wanted.cycle.from_)
    return set(posts_of(version))


def _usual(wanted: Wanted, counter: Counter) -> _Usual:
    """Of those of the last cycles that are known whole."""
    found = [one for _, one in measured(list(_before(wanted)), counter) if not one.is_estimated and one.problem is None]
    days = sum(span.days for one in found for span in one.spans)
    names = {name for one in found for span in one.spans for name in span.quantities if not _is_beside(name)}
    return _Usual({name: sum((in_one(one.spans, name) for one in found), ZERO) / days for name in names}, len(found))


def _before(wanted: Wanted) -> Iterator[Wanted]:
    cycle = wanted.cycle
    for _ in range(MEAN_CYCLES):
        earlier = cycle_at(wanted.contract, cycle.from_ - timedelta(days=1))
        if earlier is None:
            return
        try:
            wanted.tariff.version_at(earlier.from_)
        except InvalidTariff:
            return
        cycle = earlier
        yield replace(wanted, cycle=cycle)
