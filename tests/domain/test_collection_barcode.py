"""Bar codes of utility bills: published lines, and a line whose blocks are right and whose whole is wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.check_digits import modulus_11
from calha.domain.collection_barcode import (
    ENERGY_AND_GAS,
    collection_barcode,
    interleaved_2_of_5,
    read_collection,
    typeable_line,
)
from calha.domain.errors import Malformed


@pytest.mark.parametrize(
    ("line", "segment", "amount", "company"),
    [
        ("83640000001-1 33120138000-2 81288462711-6 08013618155-1", 3, "133.12", "0138"),
        ("85890000460-9 52460179160-5 60759305086-5 83148300001-0", 5, "46052.46", "0179"),
        ("836000000015522801380034710717288116000212965610", 3, "152.28", "0138"),
        ("836400000011079401380070610530261110080671594119", 3, "107.94", "0138"),
        ("836100000022434201380079213410922115000104587191", 3, "243.42", "0138"),
    ],
)
def test_published_lines_are_read(line, segment, amount, company):
    read = read_collection(line)
    assert (read.segment, read.amount, read.company) == (segment, Decimal(amount), company)


@pytest.mark.parametrize(
    ("line", "digit"),
    [
        ("836400000011331201380002812884627116080136181551", "4"),
        ("858900004609524601791605607593050865831483000010", "9"),
        ("836000000015522801380034710717288116000212965610", "0"),
        ("836400000011079401380070610530261110080671594119", "4"),
        ("836100000022434201380079213410922115000104587191", "1"),
    ],
)
def test_the_general_check_digit_is_the_published_one(line, digit):
    barcode = "".join(line[place : place + 11] for place in range(0, 48, 12))
    assert barcode[3] == digit
    assert typeable_line(barcode) == line


@pytest.mark.parametrize(("remainder", "digit"), [(0, "0"), (1, "0"), (10, "1"), (2, "9"), (9, "2")])
def test_by_modulus_11_a_remainder_of_ten_gives_one_and_of_one_or_nought_gives_nought(remainder, digit):
    block = next(f"{number:011}" for number in range(100) if modulus_11(f"{number:011}") == remainder)
    assert typeable_line("8580" + "0" * 29 + block)[-1] == digit


def test_a_line_and_its_bar_code_say_the_same():
    barcode = "83640000001331201380008128846271108013618155"
    assert typeable_line(barcode) == "836400000011331201380002812884627116080136181551"
    assert read_collection(barcode) == read_collection(typeable_line(barcode))
    by_modulus_11 = "85890000460524601791606075930508683148300001"
    assert typeable_line(by_modulus_11) == "858900004609524601791605607593050865831483000010"


def test_right_blocks_do_not_make_a_wrong_whole_right():
    with pytest.raises(Malformed, match="general check digit is 9, it should be 8"):
        read_collection("85890000464-1 52460179160-5 60759305086-5 83148300001-0")


@given(st.decimals("0", "999999999.99", places=2), st.from_regex(r"[0-9]{25}", fullmatch=True))
def test_what_is_made_is_read_back(amount, free):
    made = collection_barcode(ENERGY_AND_GAS, "0138", amount, free)
    for text in (made, typeable_line(made)):
        read = read_collection(text)
        assert (read.segment, read.company, read.amount, read.free) == (3, "0138", amount, free)


@given(st.integers(0, 47), st.integers(1, 9))
def test_any_changed_digit_of_a_line_is_noticed(place, by):
    line = "836400000011331201380002812884627116080136181551"
    changed = line[:place] + str((int(line[place]) + by) % 10) + line[place + 1 :]
    with pytest.raises(Malformed):
        read_collection(changed)


@pytest.mark.parametrize(
    "text", ["", "8364", "8" * 44, "x" * 44, "²" * 44, "21290001192110001210904475617405975870000002000"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(Malformed):
        read_collection(text)


@pytest.mark.parametrize(
    ("company", "amount", "free"), [("138", "1.00", "0" * 25), ("0138", "1.005", "0" * 25), ("0138", "1.00", "0" * 24)]
)
def test_what_does_not_fit_is_refused(company, amount, free):
    with pytest.raises(Malformed):
        collection_barcode(ENERGY_AND_GAS, company, Decimal(amount), free)


def test_each_pair_of_digits_has_two_wide_bars_and_two_wide_gaps():
    widths = interleaved_2_of_5("83640000001331201380008128846271108013618155")
    assert widths[:4] == [False] * 4
    assert widths[-3:] == [True, False, False]
    pairs = [widths[place : place + 10] for place in range(4, len(widths) - 3, 10)]
    assert len(pairs) == 22
    assert all(sum(pair[::2]) == 2 and sum(pair[1::2]) == 2 for pair in pairs)
