"""What is due in addition for a bill that is paid late."""

from datetime import date
from decimal import Decimal

import pytest

from calha.domain.late_payment import Delay, delay_of, late_charges
from calha.domain.tariffs import LatePayment

D = Decimal
USUAL = LatePayment(fine_percent=D(2), interest_percent=D(1))


@pytest.mark.parametrize(
    ("due_on", "paid_on", "days"),
    [
        ("2026-03-10", "2026-03-10", 0),
        ("2026-03-10", "2026-03-11", 1),
        ("2026-03-10", "2026-02-01", 0),
        ("2026-03-07", "2026-03-09", 0),  # a Saturday, paid on Monday
        ("2026-03-07", "2026-03-10", 3),  # and on Tuesday: from the due day on
        ("2026-04-03", "2026-04-06", 0),  # Good Friday
        ("2025-12-25", "2025-12-26", 0),
        ("2026-01-01", "2026-01-05", 4),  # the second was a working day
    ],
)
def test_who_pays_on_the_first_working_day_is_not_late(due_on: str, paid_on: str, days: int) -> None:
    delay = delay_of(date.fromisoformat(due_on), date.fromisoformat(paid_on))
    assert (delay.days if delay is not None else 0) == days


def test_a_fine_once_and_interest_by_the_day() -> None:
    charges = dict(late_charges(USUAL, D("200.00"), Delay(date(2026, 3, 10), date(2026, 3, 25))))
    assert charges == {"late_fine": D("4.00"), "late_interest": D("1.00")}


def test_the_bill_is_brought_up_to_date_by_the_days_of_each_month() -> None:
    rule = LatePayment(index={"2026-03": D("0.31"), "2026-04": D("0.60")})
    ((kind, amount),) = late_charges(rule, D(1000), Delay(date(2026, 3, 22), date(2026, 4, 16)))
    assert kind == "late_index"
    assert amount == 1000 * ((1 + D("0.0031") * 10 / 31) * (1 + D("0.0060") * 15 / 30) - 1)


def test_nothing_is_due_for_a_credit() -> None:
    assert not list(late_charges(USUAL, D(-20), Delay(date(2026, 3, 10), date(2026, 3, 25))))
