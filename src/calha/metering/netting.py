"""Net metering of a contract's cycle: what was taken and injected, and the credits that earlier invoices left."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from calha.domain.billing import PLACES, ZERO, Metered
from calha.domain.net_ledger import ledger_of
from calha.domain.net_metering import Credits, Lot
from calha.domain.tariffs import COMPENSATED, CONSUMPTION, NET, in_post
from calha.metering.cycles import Wanted


def netted(wanted: Wanted, spans: Sequence[Metered], opening: Sequence[Lot]) -> tuple[tuple[Metered, ...], Credits]:
    """The spans with what is compensated and what is left to pay in each, and what becomes of the ledger."""
    cycle = wanted.cycle.from_, wanted.cycle.until
    ledger = ledger_of(wanted.tariff.version_at(wanted.cycle.from_), spans, opening, cycle)
    found = [dict(span.quantities) for span in spans]
    for name, own, more in _wholes(ledger):
        for quantities, part in zip(found, _parts(spans, name, own), strict=True):
            quantities |= {in_post(kind, more) if more else kind: amount for kind, amount in part.items()}
    return tuple(
        Metered(span.from_, span.until, quantities, span.is_estimated)
        for span, quantities in zip(spans, found, strict=True)
    ), ledger


def _wholes(ledger: Credits) -> Iterator[tuple[str, Decimal, str]]:
    """What was compensated of the consumption, in all and in each post."""
    yield CONSUMPTION, ledger.compensated, ""
    for one in ledger.posts:
        yield one.post, one.compensated, one.post


def _parts(spans: Sequence[Metered], name: str, compensated: Decimal) -> Iterator[Mapping[str, Decimal]]:
    """Of each span, in proportion to what was consumed; the last span has what is left of the division."""
    whole = sum((span.quantities.get(name, ZERO) for span in spans), ZERO)
    left = compensated
    for span in spans:
        used = span.quantities.get(name, ZERO)
        own = left if span is spans[-1] else round(compensated * used / whole, PLACES) if whole else ZERO
        left -= own
        yield {COMPENSATED: own, NET: used - own}
