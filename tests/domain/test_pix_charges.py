"""Charges at a payment provider: what is sent, and what is believed of the answer."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.domain.pix_charges import charge_txid, invoice_txid, read_location, read_received

D = Decimal
LOCATION = "pix.example.com/qr/v2/cobv/9d36b84f"
CHARGE = {"txid": "FAT00000000000002026000017", "valor": {"original": "40.00"}, "location": LOCATION}
PAGING = {"paginacao": {"paginaAtual": 0, "quantidadeDePaginas": 1}}


def test_an_invoice_is_found_again_by_its_charge():
    assert charge_txid("FAT2026000017") == CHARGE["txid"]
    assert len(CHARGE["txid"]) == 26
    assert invoice_txid(CHARGE["txid"]) == invoice_txid("FAT2026000017") == "FAT2026000017"
    assert invoice_txid("cd1fe328c875481285a6f233ae41b662") == "cd1fe328c875481285a6f233ae41b662"


@pytest.mark.parametrize("answer", [CHARGE, CHARGE | {"location": None, "loc": {"id": 7, "location": LOCATION}}])
def test_a_charge_stands_somewhere(answer):
    assert read_location(answer, CHARGE["txid"], D("40.00")) == LOCATION


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        CHARGE | {"txid": "FAT00000000000002026000018"},
        CHARGE | {"valor": {"original": "4.00"}},
        CHARGE | {"valor": "40.00"},
        CHARGE | {"location": ""},
    ],
)
def test_another_charge_is_not_believed(answer):
    with pytest.raises(Malformed):
        read_location(answer, CHARGE["txid"], D("40.00"))


def test_what_came_in_is_read_with_its_pages():
    one = {"endToEndId": "E1", "txid": CHARGE["txid"], "valor": "40.00", "horario": "2026-08-05T10:30:00.120Z"}
    ((received,), pages) = read_received({"parametros": PAGING, "pix": [one]})
    assert (received.id, received.amount, pages) == ("E1", D("40.00"), 1)
    assert received.paid_at == datetime(2026, 8, 5, 10, 30, 0, 120_000, UTC)
    assert read_received({"parametros": PAGING}) == ([], 1), "providers leave out an empty list"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["parametros", "paginacao", "pix", "valor", "horario"]), inner)
    ),
)


@given(JSON)
def test_nothing_but_malformed_leaves_the_reader(answer):
    for read in (read_received, lambda found: read_location(found, "FAT1", D(1))):
        try:
            read(answer)
        except Malformed:
            continue
