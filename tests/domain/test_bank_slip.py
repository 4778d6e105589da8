"""Bank slips are recognised by all of their check digits, and taken for nothing else."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.bank_slip import BankSlip, recognised
from calha.domain.collection_barcode import read_collection
from calha.domain.errors import Malformed

BARCODE = "21299758700000020000001121100012100447561740"
LINE = "21290001192110001210904475617405975870000002000"


@pytest.mark.parametrize("digits", [BARCODE, LINE])
def test_a_bank_slip_says_its_bank_its_day_and_its_amount(digits):
    found = recognised(digits)
    assert found == BankSlip("212", 7587, Decimal("20.00"), BARCODE)
    assert found.due_on(date(2018, 8, 1)) == date(2018, 7, 16)


@pytest.mark.parametrize(
    ("factor", "near", "due"),
    [
        (9999, date(2025, 2, 1), date(2025, 2, 21)),
        (1000, date(2025, 3, 1), date(2025, 2, 22)),
        (1000, date(2001, 1, 1), date(2000, 7, 3)),
        (0, date(2025, 3, 1), None),
    ],
)
def test_the_due_factor_began_again_in_2025(factor, near, due):
    assert BankSlip("001", factor, Decimal(1), "").due_on(near) == due


@given(st.sampled_from([BARCODE, LINE]), st.data())
def test_a_slip_with_a_wrong_digit_is_none(digits, data):
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([one for one in "0123456789" if one != digits[place]]))
    assert recognised(digits[:place] + wrong + digits[place + 1 :]) is None


def test_a_slip_is_not_taken_for_a_utility_bill():
    with pytest.raises(Malformed, match=r"bank slip of bank 212 over R\$ 20.00"):
        read_collection(LINE)
    assert recognised("83640000001331201380008128846271108013618155") is None
