"""What a tariff makes of metered quantities: the lines of a bill. Pure arithmetic in Decimal.

A cycle is cut into parts where the tariff or its taxes change; the quantities of a part come from intervals where there are
any, and are else divided by days. Minimums, blocks, discounts and the highest demand belong to the whole cycle: each part pays,
at its own prices and taxes, its share of what the whole cycle comes to.

Rule 1: the same input gives the same lines, digit by digit, for ever: nothing is asked of clocks, databases or locales.
Rule 2: unit prices stay unrounded after the taxes are put in; only amounts of lines, or the total, are rounded.
Rule 3: a cut costs no cent: lines of one component in several parts add up to their rounded sum.
Rule 4: taxes inside are told from the rounded total, so that what is left for the utility takes the cent of residue.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from calha.domain.errors import InvalidTariff
from calha.domain.tariffs import (
    DEMAND,
    GREEN,
    Block,
    Component,
    Demand,
    Fixed,
    Flag,
    Share,
    Tariff,
    Taxes,
    Text,
    Usage,
    Version,
)

PLACES = 9  # of divided quantities, so that their sum is exact
ONE, ZERO, HUNDRED = Decimal(1), Decimal(0), Decimal(100)
UNUSED, OVERAGE, DISCOUNT = "unused", "overage", "discount"  # after the key of the line that they belong to


@dataclass(frozen=True, slots=True)
class Metered:
    """Quantities of the days from `from_` until before `until`, by name, such as consumption, peak, demand."""

    from_: date
    until: date
    quantities: Mapping[str, Decimal]
    is_estimated: bool = False

    @property
    def days(self) -> int:
        return (self.until - self.from_).days


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contract says. dwellings: economias behind the meter. contracted: demand, kW."""

    dwellings: int = 1
    contracted: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Step:
    """How a line came about: so many units of one dwelling at a price, taxes inside."""

    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """key: of the component, with a suffix for what follows from it. unit_price: taxes inside, unrounded; None where several
    prices apply (see `steps`). has_icms: whether ICMS is inside."""

    key: str
    name: Text
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    amount: Decimal
    from_: date
    until: date
    is_estimated: bool = False
    is_taxed: bool = False
    has_icms: bool = False
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """taxes: amounts inside the total, by name. net: what is left without them."""

    lines: tuple[Line, ...]
    total: Decimal
    taxes: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        return self.total - sum(self.taxes.values(), ZERO)

    @property
    def is_estimated(self) -> bool:
        return any(line.is_estimated for line in self.lines)


def bill(tariff: Tariff, metered: Sequence[Metered], terms: Terms | None = None, *, by_part: bool = False) -> Bill:
    """The bill for the spans of one cycle, which follow each other without a gap. Raises InvalidTariff.

    A quantity that a component charges and no span tells counts as zero. by_part: as the first invoices were made, which took
    each part for a cycle of its own, with its own minimum, blocks and highest demand.
    """
    terms = terms or Terms()
    spans = [part for span in metered for part in divided(span, tariff.changes_between(span.from_, span.until))]
    cycle_days = sum(span.days for span in spans)
    if not spans or any(one.until != next_.from_ for one, next_ in pairwise(spans)) or cycle_days <= 0:
        raise InvalidTariff("the spans of a cycle follow each other without a gap and have at least one day")
    wholes = [[span] for span in spans] if by_part else [spans]
    lines = [line for whole in wholes for line in _Whole(tariff, whole, terms, cycle_days).lines()]
    total = sum((line.amount for line in lines), ZERO)
    return Bill(tuple(lines), tariff.rounding(total), _taxes(tariff, lines))


def divided(metered: Metered, days: Sequence[date]) -> list[Metered]:
    """The same quantities, cut at some days in proportion to time; the last part has what is left of the division.

    A highest value, such as demand, is the same in each part.
    """
    bounds = [metered.from_, *days, metered.until]
    left = dict(metered.quantities)
    parts = []
    for from_, until in pairwise(bounds):
        is_last = until == metered.until
        share = Decimal((until - from_).days) / metered.days
        own = {
            name: left[name] if is_last or name == DEMAND else round(total * share, PLACES)
            for name, total in metered.quantities.items()
        }
        left = {name: rest if name == DEMAND else rest - own[name] for name, rest in left.items()}
        parts.append(Metered(from_, until, own, metered.is_estimated))
    return parts


class _Whole:
    """The parts of a cycle, and what belongs to all of them together."""

    def __init__(self, tariff: Tariff, spans: Sequence[Metered], terms: Terms, cycle_days: int) -> None:
        self.tariff, self.spans, self.terms, self.cycle_days = tariff, spans, terms, cycle_days
        self.days = sum(span.days for span in spans)
        self._so_far: dict[str, tuple[Decimal, Decimal]] = {}  # by key of line: exactly, and as it was charged

    def lines(self) -> Iterator[Line]:
        found = [line for span in self.spans for line in _Part(self, span).lines()]
        yield from found
        yield from self._to_minimum(sum((line.amount for line in found), ZERO))

    def quantity(self, name: str) -> Decimal:
        parts = [span.quantities.get(name, ZERO) for span in self.spans]
        return max(parts) if name == DEMAND else sum(parts[1:], parts[0])

    def rounded(self, key: str, amount: Decimal) -> Decimal:
        """The amount of a line, so that the lines of one key add up to their rounded sum."""
        if key not in self._so_far:
            line = self.tariff.rounding.of_line(amount)
            self._so_far[key] = amount, line
            return line
        before, charged = self._so_far[key]
        line = self.tariff.rounding.of_line(round(before + amount, PLACES)) - charged
        self._so_far[key] = before + amount, charged + line
        return line

    def _to_minimum(self, charged: Decimal) -> Iterator[Line]:
        versions = [(self.tariff.version_at(span.from_), span) for span in self.spans]
        shares = [
            version.minimum_amount * (Decimal(span.days) / (version.cycle_days or self.cycle_days))
            for version, span in versions
        ]
        minimum = sum(shares[1:], shares[0])
        if minimum and minimum > charged:
            name: Text = {"pt": "Complemento do valor mínimo", "en": "Up to the minimum amount"}
            amount = self.tariff.rounding.of_line(minimum - charged)
            yield Line("minimum", name, ONE, "", amount, amount, self.spans[0].from_, self.spans[-1].until)


class _Part:
    """One part of a cycle, under one version of a tariff and one set of taxes."""

    def __init__(self, whole: _Whole, metered: Metered) -> None:
        tariff = whole.tariff
        self._whole, self._tariff, self._metered, self._terms = whole, tariff, metered, whole.terms
        self._version: Version = tariff.version_at(metered.from_)
        self._taxes = tariff.taxes_at(metered.from_)
        usual_days = self._version.cycle_days or whole.cycle_days
        self._share = Decimal(metered.days) / usual_days
        self._whole_share = Decimal(whole.days) / usual_days
        self._of_whole = Decimal(metered.days) / whole.days
        self._is_alone = len(whole.spans) == 1
        self._amounts: dict[str, Decimal] = {}

    def lines(self) -> Iterator[Line]:
        for component in self._version.components:
            for line in self._of(component):
                self._amounts[component.key] = self._amounts.get(component.key, ZERO) + line.amount
                yield line

    def _of(self, component: Component) -> Iterator[Line]:
        if isinstance(component, Fixed):
            yield from self._fixed(component)
        elif isinstance(component, Usage):
            yield from self._usage(component)
        elif isinstance(component, Demand):
            yield from self._demand(component)
        elif isinstance(component, Share):
            base = sum((self._amounts.get(key, ZERO) for key in component.of), ZERO)
            yield self._line(component, component.percent, "%", None, base * component.percent / HUNDRED)
        else:
            yield self._flag(component)

    def _fixed(self, fixed: Fixed) -> Iterator[Line]:
        """What is not divided by days is charged once, as it was when the cycle began."""
        dwellings = Decimal(self._terms.dwellings if fixed.per_dwelling else 1)
        if fixed.proration == "by_days":
            yield self._priced(fixed, dwellings * self._share, "", fixed.amount)
        elif self._metered is self._whole.spans[0]:
            line = self._priced(fixed, dwellings, "", fixed.amount)
            yield replace(line, until=self._whole.spans[-1].until)

    def _usage(self, usage: Usage) -> Iterator[Line]:
        """The share by quantity of what the whole cycle would cost here; amounts of blocks go by days."""
        dwellings = self._terms.dwellings if usage.per_dwelling else 1
        scale = self._whole_share if usage.proration == "by_days" else ONE
        each = max(self._whole.quantity(usage.quantity) / dwellings, usage.minimum * scale)
        own = self._charged(usage.quantity, each, dwellings)
        gross = self._gross(usage) * usage.percent / HUNDRED
        whole = tuple(_steps(usage, each, scale))
        steps = tuple(Step(self._share_of(step.quantity, own, each), step.price * gross) for step in whole)
        amounts = _amounts(usage, each, scale) * self._of_whole
        cost = sum((self._share_of(step.quantity * step.price, own, each) for step in whole), amounts)
        if amounts:
            steps = (Step(ONE, amounts * gross), *(step for step in steps if step.price))
        one_price = steps[0].price if len(steps) == 1 and not amounts else None
        yield self._line(usage, own * dwellings, usage.unit, one_price, cost * gross * dwellings, steps)
        price = _cost_of(usage, scale)
        for lower, upper, percent in _ranges(usage, scale):
            if each > lower:
                off = price(min(each, upper)) - price(lower) if upper is not None else price(each) - price(lower)
                quantity = self._share_of((each if upper is None else min(each, upper)) - lower, own, each)
                less = -self._share_of(off, own, each) * gross * dwellings * percent / HUNDRED
                yield self._line(usage, quantity * dwellings, usage.unit, None, less, suffix=DISCOUNT)

    def _charged(self, name: str, each: Decimal, dwellings: int) -> Decimal:
        """What is charged here of a quantity of one dwelling: what was used, and by days what is missing to the minimum."""
        if self._is_alone:
            return each
        if name == DEMAND:
            return self._by_days(each)
        missing = each - self._whole.quantity(name) / dwellings
        return self._metered.quantities.get(name, ZERO) / dwellings + self._by_days(missing)

    def _share_of(self, whole: Decimal, own: Decimal, each: Decimal) -> Decimal:
        """Of something of the whole cycle, as much as is charged here of its quantity."""
        if self._is_alone:
            return whole
        return whole * own / each if each else whole * self._of_whole

    def _by_days(self, whole: Decimal) -> Decimal:
        """Of a quantity of the whole cycle; the parts add up to it."""
        if self._is_alone:
            return whole
        first, days = self._whole.spans[0].from_, self._whole.days
        before, until = ((day - first).days for day in (self._metered.from_, self._metered.until))
        return round(whole * until / days, PLACES) - round(whole * before / days, PLACES)

    def _demand(self, demand: Demand) -> Iterator[Line]:
        measured, contracted = self._whole.quantity(demand.quantity), self._terms.contracted
        price = demand.price * self._share
        yield self._priced(demand, measured, demand.unit, price)
        if measured < contracted:
            yield self._priced(
                demand, contracted - measured, demand.unit, price, UNUSED, has_icms=not demand.untaxed_unused
            )
        elif measured > contracted * (1 + demand.tolerance_percent / HUNDRED):
            yield self._priced(demand, measured - contracted, demand.unit, price * demand.overage_factor, OVERAGE)

    def _flag(self, flag: Flag) -> Line:
        days = [self._metered.from_ + timedelta(days=number) for number in range(self._metered.days)]
        price = sum((self._flag_price(day) for day in days), ZERO) / len(days)
        return self._priced(flag, self._by_days(self._whole.quantity(flag.quantity)), flag.unit, price)

    def _flag_price(self, day: date) -> Decimal:
        """Of one unit."""
        flags = self._tariff.flags
        name = flags.name_on(day)
        valid = [one for one in flags.prices if one.valid_from <= day]
        if name == GREEN or not valid:
            return ZERO
        return valid[-1].prices.get(name, ZERO) / valid[-1].per

    def _priced(
        self,
        component: Component,
        quantity: Decimal,
        unit: str,
        price: Decimal,
        suffix: str = "",
        *,
        has_icms: bool = True,
    ) -> Line:
        gross = price * self._gross(component, has_icms=has_icms)
        return self._line(component, quantity, unit, gross, quantity * gross, suffix=suffix, has_icms=has_icms)

    def _line(
        self,
        component: Component,
        quantity: Decimal,
        unit: str,
        unit_price: Decimal | None,
        amount: Decimal,
        steps: tuple[Step, ...] = (),
        suffix: str = "",
        has_icms: bool = True,
    ) -> Line:
        is_taxed = component.is_taxed and self._taxes is not None
        key = f"{component.key}.{suffix}" if suffix else component.key
        return Line(
            key=key,
            name=component.name,
            quantity=quantity,
            unit=unit,
            unit_price=unit_price,
            amount=self._whole.rounded(key, amount),
            from_=self._metered.from_,
            until=self._metered.until,
            is_estimated=self._metered.is_estimated and not isinstance(component, Fixed),
            is_taxed=is_taxed,
            has_icms=is_taxed and has_icms,
            steps=steps if len(steps) > 1 else (),
        )

    def _gross(self, component: Component, *, has_icms: bool = True) -> Decimal:
        """By what a price is multiplied for the taxes inside."""
        return gross_factor(self._taxes, has_icms=has_icms) if self._taxes and component.is_taxed else ONE


def gross_factor(taxes: Taxes, *, has_icms: bool = True) -> Decimal:
    """By what a price without taxes is multiplied so that they are inside. Source: ANEEL; see `Taxes`."""
    icms = taxes.icms / HUNDRED if has_icms else ZERO
    others = (taxes.pis + taxes.cofins) / HUNDRED
    return ONE / (ONE - others - icms) if taxes.method == "old" else ONE / ((ONE - others) * (ONE - icms))


def _taxes(tariff: Tariff, lines: Sequence[Line]) -> dict[str, Decimal]:
    """Amounts of the taxes inside, over all lines, each rounded once."""
    found = dict.fromkeys(("icms", "pis", "cofins"), ZERO)
    for line in lines:
        taxes = tariff.taxes_at(line.from_) if line.is_taxed else None
        if taxes is None:
            continue
        icms = line.amount * taxes.icms / HUNDRED if line.has_icms else ZERO
        base = line.amount if taxes.method == "old" else line.amount - icms
        found["icms"] += icms
        found["pis"] += base * taxes.pis / HUNDRED
        found["cofins"] += base * taxes.cofins / HUNDRED
    return {name: tariff.rounding(amount) for name, amount in found.items() if amount}


def _cost_of(usage: Usage, scale: Decimal) -> Callable[[Decimal], Decimal]:
    """What a quantity of one dwelling costs, without taxes."""
    return lambda quantity: sum(
        (step.quantity * step.price for step in _steps(usage, quantity, scale)), _amounts(usage, quantity, scale)
    )


def _steps(usage: Usage, quantity: Decimal, scale: Decimal) -> Iterator[Step]:
    if usage.price is not None:
        yield Step(quantity, usage.price)
    elif usage.mode == "volume":
        yield Step(quantity, _reached(usage, quantity, scale)[-1][0].price)
    else:
        for block, lower, upper in _reached(usage, quantity, scale):
            yield Step((quantity if upper is None else min(quantity, upper)) - lower, block.price)


def _amounts(usage: Usage, quantity: Decimal, scale: Decimal) -> Decimal:
    return sum((block.amount * scale for block, _, _ in _reached(usage, quantity, scale)), ZERO)


def _reached(usage: Usage, quantity: Decimal, scale: Decimal) -> list[tuple[Block, Decimal, Decimal | None]]:
    """The blocks that a quantity reaches into, always the first, as (block, lower, upper)."""
    found: list[tuple[Block, Decimal, Decimal | None]] = []
    lower = ZERO
    for block in usage.blocks:
        if found and quantity <= lower:
            break
        upper = None if block.up_to is None else block.up_to * scale
        found.append((block, lower, upper))
        lower = upper or ZERO
    return found


def _ranges(usage: Usage, scale: Decimal) -> Iterator[tuple[Decimal, Decimal | None, Decimal]]:
    """The discounts as (above, up to, per cent)."""
    lower = ZERO
    for discount in usage.discounts:
        upper = None if discount.up_to is None else discount.up_to * scale
        yield lower, upper, discount.percent
        lower = upper or ZERO


def excess_reactive(active_kwh: Decimal, reactive_kvarh: Decimal, reference: Decimal) -> Decimal:
    """Excess reactive energy of one hour, kWh: active × (reference / power factor − 1), nothing at or above the reference.

    Source: ANEEL REN 414, art. 96 (kept by REN 1000); power factor = P / √(P² + Q²).
    """
    if active_kwh <= 0:
        return ZERO
    apparent = (active_kwh * active_kwh + reactive_kvarh * reactive_kvarh).sqrt()
    return max(ZERO, reference * apparent - active_kwh)
