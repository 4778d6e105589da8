"""Net metering of a contract's cycle: what was taken and injected, and the credits that earlier invoices left."""

from collections.abc import Sequence
from decimal import Decimal

from calha.domain.billing import PLACES, ZERO, Metered
from calha.domain.net_metering import Credits, Lot, compensate
from calha.domain.tariffs import COMPENSATED, CONSUMPTION, INJECTED, NET
from calha.metering.cycles import Wanted, in_one


def netted(wanted: Wanted, spans: Sequence[Metered], opening: Sequence[Lot]) -> tuple[tuple[Metered, ...], Credits]:
    """The spans with what is compensated and what is left to pay in each, and what becomes of the ledger."""
    rule = wanted.tariff.version_at(wanted.cycle.from_).net_metering
    assert rule is not None, "asked only where the tariff has net metering"
    cycle = wanted.cycle.from_, wanted.cycle.until
    ledger = compensate(in_one(spans), in_one(spans, INJECTED), opening, cycle, rule.minimum, rule.months)
    return tuple(_divided(spans, ledger)), ledger


def _divided(spans: Sequence[Metered], ledger: Credits) -> list[Metered]:
    """In proportion to what was consumed; the last span has what is left of the division."""
    left = ledger.compensated
    found: list[Metered] = []
    for span in spans:
        used = span.quantities.get(CONSUMPTION, ZERO)
        share = used / ledger.consumed if ledger.consumed else Decimal(0)
        own = left if span is spans[-1] else round(ledger.compensated * share, PLACES)
        left -= own
        quantities = {**span.quantities, COMPENSATED: own, NET: used - own}
        found.append(Metered(span.from_, span.until, quantities, span.is_estimated))
    return found
