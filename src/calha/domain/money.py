"""Money: Decimal, with a stated rounding. A policy belongs to a tariff, never to code that computes with it."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

Mode = Literal["half_up", "half_even", "down"]
Level = Literal["line", "total"]

MAX_PLACES = 8

_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


class Rounding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How amounts become money. `half_even` is ABNT NBR 5891; most Brazilian invoices use `half_up` to the cent.

    level: `line` rounds each line, the total is their sum; `total` rounds only the sum.
    """

    mode: Mode = "half_up"
    places: int = 2
    level: Level = "line"

    def __post_init__(self) -> None:
        if not 0 <= self.places <= MAX_PLACES:
            raise ValueError(f"places {self.places} is not between 0 and {MAX_PLACES}")

    def __call__(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self.places), rounding=_MODES[self.mode])

    def of_line(self, amount: Decimal) -> Decimal:
        """What a line shows: rounded, unless only the total is."""
        return self(amount) if self.level == "line" else amount
