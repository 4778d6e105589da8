"""Bank statements as CSV, as banks write them."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.metering.statements import StatementLine, Unreadable, amount_of, read_statement

D = Decimal


def test_a_brazilian_statement_is_read():
    text = (
        "Data;Histórico;Documento;Valor\n"
        "05/08/2026;PIX RECEBIDO FAT2026000001 ANA LIMA;E123;1.234,56\n"
        "\n"
        "06/08/2026;TARIFA;E124;-12,00\n"
        "06/08/2026 14:30;PIX RECEBIDO;E125;R$ 10,00\n"
    )
    first, second = read_statement(text)
    assert first == StatementLine(2, "E123", "FAT2026000001", D("1234.56"), datetime(2026, 8, 5, tzinfo=UTC))
    assert (second.txid, second.paid_at.hour) == ("PIX RECEBIDO", 14), "it stays to be matched by a person"


def test_a_day_begins_where_the_bank_is():
    (found,) = read_statement("Data;Histórico;Valor\n05/08/2026;FAT2026000001;50,00\n", ZoneInfo("America/Sao_Paulo"))
    assert found.paid_at == datetime(2026, 8, 5, 3, tzinfo=UTC)


def test_an_english_statement_without_numbers_of_its_own_is_recognised_when_it_comes_again():
    text = (
        "date,description,amount\n2026-08-05T10:00:00Z,FAT2026000001,50.00\n2026-08-05T10:00:00Z,FAT2026000002,50.00\n"
    )
    once, again = list(read_statement(text)), list(read_statement(text))
    assert once == again
    assert once[0].external_id != once[1].external_id


def test_the_number_of_a_charge_names_its_invoice():
    """A dynamic code's payment carries the charge's txid, which is the invoice's filled up with zeros."""
    charged = "Data;Histórico;Valor\n05/08/2026;PIX FAT00000000000002026000017 ANA;50,00\n"
    (found,) = read_statement(charged)
    assert found.txid == "FAT2026000017"


def test_a_number_that_a_bank_repeats_tells_no_two_payments_apart():
    text = "Data;Histórico;Documento;Valor\n"
    text += "05/08/2026;PIX FAT2026000001;0;50,00\n05/08/2026;PIX FAT2026000002;0;50,00\n"
    first, second = read_statement(text)
    assert first.external_id == second.external_id == "0"
    assert first.row_id != second.row_id


def test_a_line_that_cannot_be_read_is_told_and_the_others_count():
    lines = ("05/08/2026;FAT1;abc", "31/02/2026;FAT1;1,00", "05/08/2026;FAT1", "05/08/2026;FAT1;1,00")
    text = "data;txid;valor\n" + "\n".join(lines)
    found = list(read_statement(text))
    assert [one.line for one in found if isinstance(one, Unreadable)] == [2, 3, 4]
    assert [one.line for one in found if isinstance(one, StatementLine)] == [5]


def test_without_its_columns_a_file_is_refused_with_what_is_missing():
    with pytest.raises(Malformed, match="amount: valor"):
        list(read_statement("data;txid\n05/08/2026;FAT1"))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        *(
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1234.5", "1234.5"),
            ("1.234", "1234"),
            ("R$ 10,00", "10"),
        ),
        *(("-12,00", "-12"), ("12,00D", "-12"), ("12,00C", "12"), ("0,05", "0.05"), ("1.234.567,89", "1234567.89")),
        *(("12,00-", "-12"), ("(1.012,00)", "-1012"), ("R$ -12,00", "-12"), ("- R$ 12,00", "-12")),
    ],
)
def test_amounts_as_people_and_programs_write_them(text, amount):
    assert amount_of(text) == D(amount)


@given(st.text(max_size=200))
def test_no_text_brings_it_to_a_fall(text):
    for one in read_statement("data;txid;valor\n" + text.replace("\x00", "")):
        assert one.line >= 2
