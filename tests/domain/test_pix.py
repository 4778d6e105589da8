"""Pix BR Code: vectors of the central bank and of libraries, and the traps that a right check sum does not catch."""

# ruff: noqa: E501 - a code is one word

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.domain.pix import BrCode, Payee, crc16, dynamic_code, is_key, read_code, static_code

P1 = "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
P2 = "00020101021226770014BR.GOV.BCB.PIX2555pix.example.com/qr/93598be0-1bd0-4997-8318-81776a1d8a995204000053039865802BR5907EMPRESA6009SAO PAULO62070503***6304EEAB"
P3 = "00020101021226720014br.gov.bcb.pix2550bx.com.br/pix/8b3da2f3-9a41-40d1-a91a-bd93113bd4415204000053039865406123.455802BR5913Fulano de Tal6008BRASILIA62190515RP12345678-2019630445C8"
P4 = "00020101021126570014BR.GOV.BCB.PIX2535HTTPS://PIX.EXAMPLE.COM/API/WEBHOOK5204000053039865802BR5908JOHN DOE6012PORTO ALEGRE621905150512TX1234567896304B7DF"
P5 = "00020126360014br.gov.bcb.pix0114112223330001815204000053039865406196.885802BR5925COMPANHIA DE AGUA EXEMPLO6009SAO PAULO62190515FAT2024050001236304980D"
P6 = "00020126650014br.gov.bcb.pix0125financeiro@exemplo.com.br0214Fatura 05-202452040000530398654040.015802BR5915ENERGIA EXEMPLO6012PORTO ALEGRE62100506UC000163049A30"
N1 = "00020126360014BR.GOV.BCB.PIX0114+5511943214321520400005303986540566.665802BR5907EMPRESA6008BRASILIA62080503***6304170E"


def test_the_check_sum_has_its_published_check_value():
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (P1, BrCode("Fulano de Tal", "BRASILIA", key="123e4567-e12b-12d1-a456-426655440000")),
        (
            P2,
            BrCode("EMPRESA", "SAO PAULO", url="pix.example.com/qr/93598be0-1bd0-4997-8318-81776a1d8a99", is_once=True),
        ),
        (
            P3,
            BrCode(
                *("Fulano de Tal", "BRASILIA"),
                url="bx.com.br/pix/8b3da2f3-9a41-40d1-a91a-bd93113bd441",
                amount=Decimal("123.45"),
                txid="RP12345678-2019",
                is_once=True,
            ),
        ),
        (P4, BrCode("JOHN DOE", "PORTO ALEGRE", url="HTTPS://PIX.EXAMPLE.COM/API/WEBHOOK", txid="0512TX123456789")),
        (
            P5,
            BrCode(
                *("COMPANHIA DE AGUA EXEMPLO", "SAO PAULO"),
                key="11222333000181",
                amount=Decimal("196.88"),
                txid="FAT202405000123",
            ),
        ),
        (
            P6,
            BrCode(
                *("ENERGIA EXEMPLO", "PORTO ALEGRE"),
                key="financeiro@exemplo.com.br",
                description="Fatura 05-2024",
                amount=Decimal("0.01"),
                txid="UC0001",
            ),
        ),
    ],
)
def test_known_codes_are_read(text, expected):
    assert read_code(text) == expected


def test_what_is_made_is_the_published_text():
    assert static_code(Payee("Fulano de Tal", "BRASILIA", "123e4567-e12b-12d1-a456-426655440000"), None) == P1
    company = Payee("COMPANHIA DE ÁGUA EXEMPLO", "SÃO PAULO", "11222333000181")
    assert static_code(company, Decimal("196.88"), "FAT202405000123") == P5
    energy = Payee("ENERGIA EXEMPLO", "PORTO ALEGRE", "financeiro@exemplo.com.br")
    assert static_code(energy, Decimal("0.01"), "UC0001", "Fatura 05-2024") == P6


def test_a_dynamic_code_carries_the_address_of_the_charge():
    made = dynamic_code(Payee("EMPRESA", "SAO PAULO"), "pix.example.com/qr/1", Decimal("10.00"))
    assert read_code(made) == BrCode(
        "EMPRESA", "SAO PAULO", url="pix.example.com/qr/1", amount=Decimal("10.00"), is_once=True
    )


def test_a_wrong_length_is_refused_although_the_check_sum_is_right():
    assert N1.endswith(f"{crc16(N1[:-4].encode()):04X}")
    with pytest.raises(Malformed, match="field 62"):
        read_code(N1)
    mended = N1.replace("62080503***6304170E", "62070503***630404ED")
    assert read_code(mended).amount == Decimal("66.66")


@given(st.integers(0, len(P1) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_any_changed_character_is_noticed(place, letter):
    changed = P1[:place] + letter + P1[place + 1 :]
    if changed != P1:
        with pytest.raises(Malformed):
            read_code(changed)


@given(st.text(max_size=200))
def test_nothing_but_malformed_leaves_the_reader(text):
    for tried in (text, text + "6304" + f"{crc16((text + '6304').encode()):04X}"):
        with suppress(Malformed):
            read_code(tried)


@given(
    amount=st.decimals("0.01", "9999999999.99", places=2),
    txid=st.from_regex(r"[A-Za-z0-9]{1,25}", fullmatch=True),
    name=st.text(st.characters(codec="latin-1", categories=["L"]), min_size=1, max_size=12),
)
def test_what_is_made_is_read_back(amount, txid, name):
    try:
        made = static_code(Payee(name, "Recife", "11222333000181"), amount, txid)
    except Malformed:
        return  # letters without a counterpart in ASCII
    assert (read_code(made).amount, read_code(made).txid) == (amount, txid)


@pytest.mark.parametrize(
    ("payee", "amount", "txid"),
    [
        (Payee("x" * 26, "Recife", "11222333000181"), Decimal("1.00"), "A1"),
        (Payee("Loja", "x" * 16, "11222333000181"), Decimal("1.00"), "A1"),
        (Payee("Loja", "Recife", "not a key"), Decimal("1.00"), "A1"),
        (Payee("Loja", "Recife", "11222333000181"), Decimal("1.005"), "A1"),
        (Payee("Loja", "Recife", "11222333000181"), Decimal(0), "A1"),
        (Payee("Loja", "Recife", "11222333000181"), Decimal("1.00"), "with-hyphen"),
        (Payee("Loja", "Recife", "11222333000181"), Decimal("1.00"), "A" * 26),
    ],
)
def test_what_does_not_fit_is_refused_not_cut(payee, amount, txid):
    with pytest.raises(Malformed):
        static_code(payee, amount, txid)


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        *(("12345678909", True), ("11222333000181", True), ("+5511943214321", True), ("a@exemplo.com.br", True)),
        ("123e4567-e12b-12d1-a456-426655440000", True),
        (f"{'a' * 65}@exemplo.com", True),  # 77 characters
        (f"{'a' * 66}@exemplo.com", False),
        *(("1234567890", False), ("5511943214321", False), ("A@Exemplo.com", False), ("", False)),
        ("１２３４５６７８９０９", False),
        ("123E4567-E12B-12D1-A456-426655440000", False),
    ],
)
def test_a_key_has_one_of_five_forms(key, is_one):
    assert is_key(key) is is_one


def test_the_check_sum_keeps_its_leading_zeros():
    txids = [f"FAT{number * 7_654_321}" for number in range(1, 200)]
    codes = [static_code(Payee("Loja", "Recife", "11222333000181"), None, txid) for txid in txids]
    assert any(code[-4] == "0" for code in codes), "as one code in sixteen has"
    assert [read_code(code).txid for code in codes] == txids


def test_accents_are_folded_before_lengths_are_measured():
    made = static_code(Payee("João", "São Luís", "11222333000181"), None)
    assert "5904Joao6008Sao Luis" in made


def test_an_address_with_a_scheme_is_never_generated():
    with pytest.raises(Malformed, match="scheme"):
        dynamic_code(Payee("EMPRESA", "SAO PAULO"), "https://pix.example.com/qr/1")
