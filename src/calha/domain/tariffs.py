"""Tariffs: what is charged, as dated configuration. Computing a bill from it is `billing`.

A tariff has versions, each valid from a day until the next begins, and a version has components, each of which makes one
line of a bill. All prices are without the taxes that are "inside" (por dentro); `taxes` adds them.

Rule 1: no price, rate, limit or window stands in code; they all come from here.
Rule 2: numbers are Decimal from the text on; YAML's binary floats never appear.
Rule 3: what is read is checked as a whole, so that a tariff that was accepted can be computed with.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from calha.domain.errors import InvalidTariff
from calha.domain.money import Rounding
from calha.domain.net_metering import MONTHS_VALID
from calha.domain.posts import Windows

MAX_VERSIONS = 600
MAX_COMPONENTS = 50
MAX_BLOCKS = 50
MAX_NUMBER = Decimal(10) ** 12
MAX_PLACES = 12

GREEN = "green"  # the flag that costs nothing
CONSUMPTION = "consumption"  # the quantity that most components charge
DEMAND = "demand"
EXCESS_REACTIVE = "excess_reactive"
INJECTED = "injected"
COMPENSATED, NET = "compensated", "net"  # of the consumption: paid by injected energy, and what is left

Text = dict[Literal["pt", "en"], str]
Days = Literal["none", "by_days"]
Hour = Annotated[int, msgspec.Meta(ge=0, le=24)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    pass


class Block(_Strict, frozen=True, kw_only=True):
    """A range of a quantity: above the block before it, up to `up_to` (the last has none).

    price: of each unit in it. amount: charged once if anything of the block is reached, and always for the first block.
    """

    up_to: Decimal | None = None
    price: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


class Discount(_Strict, frozen=True, kw_only=True):
    """Per cent off the price of the units up to `up_to`, above the range before it."""

    up_to: Decimal | None = None
    percent: Decimal


class _Component(_Strict, frozen=True, kw_only=True):
    """key: a word by which others refer to it. is_taxed: whether the taxes inside apply.

    per_dwelling, where there is such a field: whether it counts for each dwelling (economia) behind the meter.
    """

    key: str
    name: Text
    is_taxed: bool = True


class Fixed(_Component, frozen=True, kw_only=True, tag="fixed", tag_field="kind"):
    """An amount a month."""

    amount: Decimal
    per_dwelling: bool = False
    proration: Days = "by_days"


class Usage(_Component, frozen=True, kw_only=True, tag="usage", tag_field="kind"):
    """A quantity at a price.

    quantity: which one; by time of use it is the post. One of `price` and `blocks` is given.
    mode: `graduated` charges each unit at its own block's price, `volume` all at that of the last one reached.
    minimum: quantity charged at least. percent: of the price (Fio B of net metering, say). A negative price is a credit.
    """

    quantity: str = CONSUMPTION
    unit: str = ""
    price: Decimal | None = None
    blocks: tuple[Block, ...] = ()
    mode: Literal["graduated", "volume"] = "graduated"
    minimum: Decimal = Decimal(0)
    percent: Decimal = Decimal(100)
    per_dwelling: bool = False
    proration: Days = "by_days"
    discounts: tuple[Discount, ...] = ()


class Demand(_Component, frozen=True, kw_only=True, tag="demand", tag_field="kind"):
    """The highest mean power of the cycle, at least what is contracted.

    Above `tolerance_percent` over the contract, all that is above the contract costs `overage_factor` × the price in addition.
    untaxed_unused: what is contracted and not used carries no ICMS (STJ, Súmula 391).
    """

    quantity: str = DEMAND
    unit: str = "kW"
    price: Decimal
    tolerance_percent: Decimal = Decimal(5)
    overage_factor: Decimal = Decimal(2)
    untaxed_unused: bool = True


class Share(_Component, frozen=True, kw_only=True, tag="share", tag_field="kind"):
    """A percentage of other lines: sewage of water, a tax withheld (negative)."""

    of: tuple[str, ...]
    percent: Decimal
    is_taxed: bool = False


class Flag(_Component, frozen=True, kw_only=True, tag="flag", tag_field="kind"):
    """The month's flag (bandeira) on a quantity; each day of a cycle counts at the flag of its month."""

    quantity: str = CONSUMPTION
    unit: str = "kWh"


Component = Fixed | Usage | Demand | Share | Flag


class FlagPrices(_Strict, frozen=True, kw_only=True):
    """Prices of the flags for `per` units, from a day on. Green costs nothing."""

    valid_from: date
    prices: dict[str, Decimal]
    per: Decimal = Decimal(100)


class Flags(_Strict, frozen=True, kw_only=True):
    """months: `2024-09` → name of the flag; a month that is not named is green.

    days: where a flag changes within a month, the day from which another holds to the month's end (`2022-04-16` → green).
    """

    prices: tuple[FlagPrices, ...] = ()
    months: dict[str, str] = {}
    days: dict[str, str] = {}

    def name_on(self, day: date) -> str:
        """The flag of a day."""
        month = f"{day:%Y-%m}"
        begun = [one for one in self.days if month < one <= day.isoformat()]
        return self.days[max(begun)] if begun else self.months.get(month, GREEN)


class Taxes(_Strict, frozen=True, kw_only=True):
    """Taxes that are part of the price, in per cent, from a day on.

    method `current`: PIS and COFINS are not charged on ICMS, P = T / ((1 − PIS − COFINS) × (1 − ICMS));
    `old`: all on the whole price, P = T / (1 − PIS − COFINS − ICMS).
    """

    valid_from: date
    method: Literal["current", "old"] = "current"
    icms: Decimal = Decimal(0)
    pis: Decimal = Decimal(0)
    cofins: Decimal = Decimal(0)


class Reactive(_Strict, frozen=True, kw_only=True):
    """When reactive energy is in excess: below a power factor, in the hours from `from_hour` until before `until_hour`."""

    reference: Decimal = Decimal("0.92")
    from_hour: Hour = 6
    until_hour: Hour = 24


class NetMetering(_Strict, frozen=True, kw_only=True):
    """Injected energy compensates consumption; what is not compensated stays as a credit for some months.

    minimum: consumption of a cycle that is never compensated. The quantities are `injected`, `compensated` and `net`.
    te: with time of use, what energy costs in each post; the quantities are then also `net_peak` and so on, by post.
    """

    months: int = MONTHS_VALID
    minimum: Decimal = Decimal(0)
    te: dict[str, Decimal] = {}


class LatePayment(_Strict, frozen=True, kw_only=True):
    """What a bill that is paid after its due day costs in addition, in per cent of it, on a later bill.

    fine_percent: once. interest_percent: a month of 30 days, by the days late. index: `2026-03` → how far a price index rose in
    that month, by which the bill is brought up to date for its days late; a month that is not named changes nothing.
    """

    fine_percent: Decimal = Decimal(0)
    interest_percent: Decimal = Decimal(0)
    index: dict[str, Decimal] = {}


class UsualDays(_Strict, frozen=True, kw_only=True):
    """How many days lie between the readings of a cycle that need no second look (ANEEL: about 30, from 27 to 33)."""

    least: int = 27
    most: int = 33

    def __contains__(self, days: int) -> bool:
        return self.least <= days <= self.most


class Version(_Strict, frozen=True, kw_only=True):
    """Components from a day on. windows: when which post applies, for quantities by time of use.

    reactive: for the quantity `excess_reactive`.

    cycle_days: length to which amounts a month and the limits of blocks belong; None = that of the cycle itself.
    max_missing_percent: of a cycle; where so much or more is not known, it is billed by a person's decision only.
    usual_days: of a cycle between its readings; a shorter or longer one is billed, and pointed out before.
    late_payment: of bills that fall due under this version; None costs nothing.
    """

    valid_from: date
    components: tuple[Component, ...]
    windows: Windows | None = None
    reactive: Reactive = Reactive()
    cycle_days: int | None = None
    minimum_amount: Decimal = Decimal(0)
    max_missing_percent: Decimal = Decimal(25)
    net_metering: NetMetering | None = None
    usual_days: UsualDays = UsualDays()
    late_payment: LatePayment | None = None


class Tariff(_Strict, frozen=True, kw_only=True):
    """A tariff with all that it ever was. unit: of its main quantity."""

    key: str
    name: Text
    unit: str
    versions: tuple[Version, ...]
    rounding: Rounding = Rounding()
    taxes: tuple[Taxes, ...] = ()
    flags: Flags = Flags()
    currency: Literal["BRL"] = "BRL"
    source: str = ""

    def version_at(self, day: date) -> Version:
        """The version valid on a day. Raises InvalidTariff when it is before the first."""
        found = [version for version in self.versions if version.valid_from <= day]
        if not found:
            raise InvalidTariff(f"tariff {self.key!r} begins on {self.versions[0].valid_from}, not by {day}")
        return found[-1]

    def taxes_at(self, day: date) -> Taxes | None:
        """The taxes inside the price on a day, None without any."""
        found = [taxes for taxes in self.taxes if taxes.valid_from <= day]
        return found[-1] if found else None

    def changes_between(self, from_: date, until: date) -> list[date]:
        """The days within (from_, until) on which another version or other taxes begin."""
        days = {version.valid_from for version in self.versions} | {taxes.valid_from for taxes in self.taxes}
        return sorted(day for day in days if from_ < day < until)


def in_post(quantity: str, post: str) -> str:
    """The name of what was injected, compensated or is left to pay in one post."""
    return f"{quantity}_{post}"


def posts_of(version: Version) -> tuple[str, ...]:
    """The posts whose consumption a version needs to know."""
    if version.windows is None:
        return ()
    charged = quantities_of(version)
    by_post = version.net_metering is not None and bool(version.net_metering.te)
    return tuple(post for post in version.windows.posts if by_post or post in charged)


def quantities_of(version: Version) -> tuple[str, ...]:
    """What a version charges, by name, in the order of its lines."""
    charged = (one.quantity for one in version.components if isinstance(one, Usage | Demand | Flag))
    return tuple(dict.fromkeys(charged))


def measured_quantities(version: Version) -> tuple[str, ...]:
    """All that is ever measured under a version, by name."""
    posts = version.windows.posts if version.windows is not None else ()
    netted = (INJECTED, COMPENSATED, NET) if version.net_metering is not None else (INJECTED,)
    by_post = version.net_metering.te if version.net_metering is not None else ()
    in_posts = (in_post(one, post) for one in netted for post in by_post)
    return (CONSUMPTION, DEMAND, EXCESS_REACTIVE, *posts, *netted, *in_posts)
