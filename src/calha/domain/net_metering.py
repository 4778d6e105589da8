"""Net metering: energy that a customer puts into the grid pays for energy that he takes out, now or within some years.

In each cycle what was injected compensates what was consumed; what is left of it becomes a credit, and what is left to be paid
takes credits, the oldest first. A minimum is always paid: it is not compensated. Source: Lei 14.300/2022.

Rule 1: credits follow from the invoices that stand, one after another; nothing else keeps them.
Rule 2: a credit can be used in the cycles that begin before it expires; what is not used is lost, and the invoice says so.
Rule 3: amounts are exact: opening + generated = used + expired + closing.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

MONTHS_VALID = 60  # Lei 14.300, art. 13
MAX_LOTS = 600
ZERO = Decimal(0)


class _Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came later than the first invoices is not written where it is not needed: their bytes stay."""


class Lot(_Kept, frozen=True, kw_only=True):
    """What is left of the credit of one cycle. on: the first day after it. expires: the first day it is worth nothing.

    post: in which it was injected, where the tariff has posts.
    """

    on: date
    expires: date
    amount: Decimal
    post: str = ""


class PostCredits(_Kept, frozen=True, kw_only=True):
    """What was consumed, injected and compensated in one post of a cycle."""

    post: str
    consumed: Decimal
    injected: Decimal
    compensated: Decimal


class Credits(_Kept, frozen=True, kw_only=True):
    """What happened to a customer's credits in a cycle. own: compensated by what was injected in the cycle itself.

    opening, closing: what there was before and is left, oldest first. minimum: consumption that is paid in any case.
    posts: each by itself, where the tariff has posts; `used` is then what credits compensated, not what it took of them.
    """

    consumed: Decimal
    injected: Decimal
    minimum: Decimal
    own: Decimal
    used: Decimal
    generated: Decimal
    expired: Decimal
    opening: tuple[Lot, ...]
    closing: tuple[Lot, ...]
    posts: tuple[PostCredits, ...] = ()

    @property
    def compensated(self) -> Decimal:
        return self.own + self.used

    @property
    def balance(self) -> Decimal:
        return sum((lot.amount for lot in self.closing), ZERO)


def compensate(
    consumed: Decimal,
    injected: Decimal,
    opening: Sequence[Lot],
    cycle: tuple[date, date],
    minimum: Decimal = ZERO,
    months: int = MONTHS_VALID,
) -> Credits:
    """The credits of a cycle (its first day, and the first one after it)."""
    from_, until = cycle
    valid = [lot for lot in opening if lot.expires > from_]
    expired = sum((lot.amount for lot in opening if lot.expires <= from_), ZERO)
    to_compensate = max(consumed - minimum, ZERO)
    own = min(injected, to_compensate)
    left, used = _taken(valid, to_compensate - own)
    generated = injected - own
    if generated > 0:
        left.append(Lot(on=until, expires=months_later(until, months), amount=generated))
    return Credits(
        consumed=consumed,
        injected=injected,
        minimum=minimum,
        own=own,
        used=used,
        generated=generated,
        expired=expired,
        opening=tuple(opening),
        closing=tuple(left),
    )


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _taken(lots: Sequence[Lot], wanted: Decimal) -> tuple[list[Lot], Decimal]:
    """What is left of some lots after so much was taken from the oldest, and how much that was."""
    left: list[Lot] = []
    used = ZERO
    for lot in lots:
        part = min(lot.amount, wanted - used)
        used += part
        if part < lot.amount:
            left.append(msgspec.structs.replace(lot, amount=lot.amount - part))
    return left, used
