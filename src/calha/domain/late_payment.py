"""What a bill costs in addition when it is paid after its due day: a fine once, interest by the day, and the rise of prices.

Sources: REN ANEEL 1000/2021, art. 343 (a fine of at most 2 %, 1 % a month by the day, brought up to date by the IPCA); Lei
7.089/1983 (who pays on the first working day after a Saturday, Sunday or holiday is not late).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from calha.domain.holidays import national_holidays
from calha.domain.tariffs import LatePayment

MONTH_DAYS = 30  # of interest
_HUNDRED = Decimal(100)

LateKind = Literal["late_fine", "late_interest", "late_index"]


@dataclass(frozen=True, slots=True)
class Delay:
    """Of a payment, from the due day on."""

    due_on: date
    paid_on: date

    @property
    def days(self) -> int:
        return (self.paid_on - self.due_on).days


def delay_of(due_on: date, paid_on: date) -> Delay | None:
    """None for a payment on the first working day after the due day, or before."""
    last = due_on
    while last.weekday() >= 5 or last in national_holidays(last.year):
        last += timedelta(days=1)
    return Delay(due_on, paid_on) if paid_on > last else None


def late_charges(rule: LatePayment, amount: Decimal, delay: Delay) -> Iterator[tuple[LateKind, Decimal]]:
    """What a bill of an amount costs in addition, unrounded."""
    if amount <= 0:
        return
    charges: dict[LateKind, Decimal] = {
        "late_fine": amount * rule.fine_percent / _HUNDRED,
        "late_interest": amount * rule.interest_percent / _HUNDRED * delay.days / MONTH_DAYS,
        "late_index": amount * (_rise(rule, delay.due_on, delay.paid_on) - 1),
    }
    yield from ((kind, charge) for kind, charge in charges.items() if charge)


def _rise(rule: LatePayment, from_: date, until: date) -> Decimal:
    """The factor by which the index rose; of a month in part, by its days."""
    factor = Decimal(1)
    first = from_.replace(day=1)
    while first < until:
        next_ = (first + timedelta(days=31)).replace(day=1)
        days = (min(until, next_) - max(from_, first)).days
        factor *= 1 + rule.index.get(f"{first:%Y-%m}", Decimal(0)) / _HUNDRED * days / (next_ - first).days
        first = next_
    return factor
