"""Signs that somebody has tampered with a water meter, each with what must not look like one."""

from decimal import Decimal

import numpy as np
import pytest

from calha.domain.meter_tamper import fallen, idle, reversed_, set_back
from calha.domain.registers import RegisterEvent, Verdict
from calha.domain.times import DAY_US, HOUR_US

UNTIL = 1_000 * DAY_US


def event(verdict, at=UNTIL, author=None):
    return RegisterEvent(at - HOUR_US, at, 100.0, 2.0, verdict, Decimal(0), author)


@pytest.mark.parametrize("verdict", [Verdict.RESET, Verdict.EXCHANGE])
def test_a_register_that_starts_anew_is_a_sign_until_somebody_says_why(verdict):
    found = set_back([event(verdict), event(verdict, UNTIL - DAY_US)])
    assert (found.name, found.at) == ("set_back", UNTIL - DAY_US)
    assert set_back([event(verdict, author="ana")]) is None
    assert set_back([event(Verdict.ROLLOVER), event(Verdict.RESTART)]) is None


def test_the_first_time_that_it_ran_backwards_is_told():
    assert reversed_([event(Verdict.REVERSE, 5), event(Verdict.REVERSE, 3)]).at == 3
    assert reversed_([event(Verdict.RESET)]) is None


def test_a_flow_while_the_register_stands_for_three_hours():
    begins = np.arange(6) * HOUR_US
    flow = np.array([0.0, 120.0, 120.0, np.nan, 120.0, 9.0])
    assert idle(begins, np.array([0.0, 0.0, 12.0, 0.0, 1.0, 0.0]), flow).at == HOUR_US
    assert idle(begins, np.array([0.0, 0.0, 100.0, 0.0, 1.0, 0.0]), flow) is None, "two hours"
    assert idle(begins, np.full(6, np.nan), flow) is None, "of the register nothing is known"


def days(*litres):
    return np.repeat(np.array(litres), 24) / 24


def test_use_that_falls_to_nothing_after_weeks_of_it():
    assert fallen(days(*[300.0] * 14, *[4.0] * 7), UNTIL).at == UNTIL - 7 * DAY_US
    assert fallen(days(*[300.0] * 14, *[4.0] * 6), UNTIL) is None, "a week is needed"
    assert fallen(days(*[300.0] * 13, *[4.0] * 7), UNTIL) is None, "and two before it"
    assert fallen(days(*[300.0] * 20, 3.0, *[4.0] * 7), UNTIL) is None, "it was as low before"
    assert fallen(days(*[300.0] * 20, *[4.0] * 3, np.nan, *[4.0] * 3), UNTIL) is None, "a day is not known"
