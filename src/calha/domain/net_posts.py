"""Net metering with time of use: injected energy is worth what energy costs in the post in which it was injected.

Rule 1: energy pays for consumption of its own post first; what is left of it pays for other posts, the dearest first, where a
        kWh of it counts as many kWh as its post's TE is of theirs.
Rule 2: what was injected in the cycle comes before credits, and of these the oldest first. A credit stays in its post.
Rule 3: a minimum is never compensated: it is kept out of the cheapest posts.
Rule 4: a credit of a time without posts counts as injected in the post that holds outside all windows.

Source: Lei 14.300/2022; ANEEL REN 1000/2021 (relation of the TE of the posts).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec

from calha.domain.net_metering import MONTHS_VALID, ZERO, Credits, Lot, PostCredits, months_later

PLACES = 9  # of converted energy

Energy = Mapping[str, Decimal]  # by post


@dataclass(frozen=True, slots=True)
class Posts:
    """te: what energy costs in each post, without the grid. default: the post outside all windows."""

    te: Energy
    default: str


def compensate_by_post(
    consumed: Energy,
    injected: Energy,
    opening: Sequence[Lot],
    cycle: tuple[date, date],
    posts: Posts,
    minimum: Decimal = ZERO,
    months: int = MONTHS_VALID,
) -> Credits:
    """The credits of a cycle (its first day, and the first one after it)."""
    from_, until = cycle
    due = _Due(posts.te, _compensable(consumed, posts.te, minimum))
    own, rest = _own(due, injected)
    closing, used = _credits(due, [lot for lot in opening if lot.expires > from_], posts.default)
    expires = months_later(until, months)
    closing += [Lot(on=until, expires=expires, amount=amount, post=post) for post, amount in rest.items() if amount > 0]
    return Credits(
        consumed=_sum(consumed),
        injected=_sum(injected),
        minimum=minimum,
        own=own,
        used=used,
        generated=_sum(rest),
        expired=sum((lot.amount for lot in opening if lot.expires <= from_), ZERO),
        opening=tuple(opening),
        closing=tuple(closing),
        posts=tuple(
            PostCredits(
                post=post,
                consumed=consumed.get(post, ZERO),
                injected=injected.get(post, ZERO),
                compensated=due.paid[post],
            )
            for post in posts.te
        ),
    )


class _Due:
    """What of a cycle's consumption is left to be compensated in each post, and what has been."""

    def __init__(self, te: Energy, left: dict[str, Decimal]) -> None:
        self._te, self._left = te, left
        self.paid = dict.fromkeys(te, ZERO)
        self.dearest_first = sorted(te, key=lambda post: te[post], reverse=True)

    def pay(self, amount: Decimal, of: str, into: Sequence[str]) -> tuple[Decimal, Decimal]:
        """Compensate with energy of one post in others, in their order: what is left of it, and how much it compensated."""
        before = _sum(self.paid)
        for post in into:
            worth = self._converted(amount, of, post)
            part = min(worth, self._left[post])
            amount = ZERO if part == worth else max(ZERO, amount - self._converted(part, post, of))
            self._left[post] -= part
            self.paid[post] += part
        return amount, _sum(self.paid) - before

    def _converted(self, amount: Decimal, of: str, to: str) -> Decimal:
        return amount if of == to else round(amount * self._te[of] / self._te[to], PLACES)


def _compensable(consumed: Energy, te: Energy, minimum: Decimal) -> dict[str, Decimal]:
    """The consumption of each post without the minimum, which is kept out of the cheapest."""
    found, kept = {}, minimum
    for post in sorted(te, key=lambda one: te[one]):
        amount = consumed.get(post, ZERO)
        out = min(amount, kept)
        kept -= out
        found[post] = amount - out
    return found


def _own(due: _Due, injected: Energy) -> tuple[Decimal, dict[str, Decimal]]:
    """What the cycle's own injection compensated, and what is left of it in each post."""
    total, left = ZERO, {}
    for post in due.dearest_first:
        left[post], paid = due.pay(injected.get(post, ZERO), post, [post])
        total += paid
    for post in due.dearest_first:
        left[post], paid = due.pay(left[post], post, due.dearest_first)
        total += paid
    return total, left


def _credits(due: _Due, lots: Sequence[Lot], default: str) -> tuple[list[Lot], Decimal]:
    """What is left of some lots, oldest first, and what they compensated."""
    left: list[Lot] = []
    used = ZERO
    for lot in lots:
        post = lot.post if lot.post in due.paid else default
        amount, paid = due.pay(lot.amount, post, [post, *(one for one in due.dearest_first if one != post)])
        used += paid
        if amount > 0:
            left.append(msgspec.structs.replace(lot, amount=amount))
    return left, used


def _sum(energy: Energy) -> Decimal:
    return sum(energy.values(), ZERO)
