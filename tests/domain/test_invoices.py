"""Invoices: an issued one can be computed anew to the last byte, and shows when somebody touched it."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files

import msgspec
import pytest

from calha.domain.billing import Metered, Terms
from calha.domain.errors import Conflict
from calha.domain.invoices import (
    Adjustment,
    Inputs,
    Month,
    Party,
    RegisterReading,
    Sealed,
    after,
    credit_note,
    faults,
    is_overdue,
    made_from,
    seal,
    unseal,
)
from calha.domain.tariff_reader import read_tariff

D = Decimal
SEALED_BEFORE = (
    "ad48703137fd12654ab19cbd708b02768036f31a9ede395e35484d468e351678"  # of `issued()`, by the first version
)
COPASA = read_tariff((files("calha.tariffs") / "agua_fixa_copasa.yaml").read_text())
INPUTS = Inputs(
    contract="C-1",
    customer=Party(name="Ana Lima", document="12345678909", address="Rua A, 1"),
    issuer=Party(name="Água Exemplo", city="São Paulo", pix_key="11222333000181"),
    device="meter-1",
    channel="volume",
    unit="m³",
    zone="America/Sao_Paulo",
    language="pt-BR",
    tariff="abc",
    from_=date(2018, 6, 1),
    until=date(2018, 7, 1),
    due_on=date(2018, 7, 15),
    terms=Terms(2),
    metered=(Metered(date(2018, 6, 1), date(2018, 7, 1), {"consumption": D("24.125")}),),
    opening=RegisterReading(at=1_527_822_000_000_000, value=D("100.000"), unit="m³", quality="good"),
    closing=RegisterReading(at=1_530_414_000_000_000, value=D("124.125"), unit="m³", quality="estimated"),
    adjustments=(
        Adjustment(key="settlement", name={"pt": "Acerto", "en": "Settlement"}, amount=D("-3.10"), invoice="7"),
    ),
    history=(Month(from_=date(2018, 5, 1), quantity=D("20.5")),),
)


def issued(inputs=INPUTS):
    return Sealed(kind="invoice", number="8", issued_on=date(2018, 7, 2), inputs=inputs, bill=made_from(inputs, COPASA))


def test_adjustments_are_lines_after_those_of_the_tariff():
    made = made_from(INPUTS, COPASA)
    assert made.lines[-1].key == "settlement"
    assert made.total == sum(line.amount for line in made.lines)
    without = made_from(msgspec.structs.replace(INPUTS, adjustments=()), COPASA)
    assert made.total == without.total - D("3.10")


def test_an_issued_invoice_is_read_back_and_computed_anew():
    content, sha256 = seal(issued())
    assert unseal(content) == issued()
    assert faults(content, sha256, COPASA, "abc") == []
    assert seal(unseal(content)) == (content, sha256)


def test_an_invoice_that_was_issued_before_net_metering_still_holds():
    """Written as it was kept then, without the fields that came later: not one byte of it may count as changed."""
    sealed = issued(msgspec.structs.replace(INPUTS, format=1))
    kept = json.loads(seal(sealed)[0])
    assert not {"estimate", "exchanges", "net_metering"} & kept["inputs"].keys()
    assert seal(sealed)[1] == SEALED_BEFORE


def test_an_invoice_of_which_each_part_was_a_cycle_of_its_own_still_holds():
    text = """
key: cut
name: {}
unit: m³
versions: [{valid_from: 2018-01-01, components: [{kind: fixed, key: f, name: {}, amount: 20.00, proration: none}]}]
taxes: [{valid_from: 2018-01-01}, {valid_from: 2018-06-11}]
"""
    tariff = read_tariff(text)
    first, now = (
        Sealed(kind="invoice", number="8", issued_on=date(2018, 7, 2), inputs=inputs, bill=made_from(inputs, tariff))
        for inputs in (msgspec.structs.replace(INPUTS, adjustments=(), format=number) for number in (1, 2))
    )
    assert (first.total, now.total) == (D("40.00"), D("20.00"))
    assert faults(*seal(first), tariff, "abc") == faults(*seal(now), tariff, "abc") == []


def test_whatever_is_touched_shows():
    content, sha256 = seal(issued())
    cheaper = content.replace(b'"value":"124.125"', b'"value":"123.125"')
    assert "the content has changed since it was issued" in faults(cheaper, sha256, COPASA, "abc")
    sealed = issued()
    forged = msgspec.structs.replace(sealed, bill=replace(sealed.bill, total=D("1.00")))
    assert any("computed anew" in fault for fault in faults(*seal(forged), COPASA, "abc"))
    assert faults(content, sha256, COPASA, "other") == ["the tariff is another one than that it was computed with"]


def test_a_credit_note_takes_back_each_line():
    note = credit_note(issued(), "9", date(2018, 8, 1))
    assert note.total == -issued().total
    assert [line.amount for line in note.bill.lines] == [-line.amount for line in issued().bill.lines]
    assert note.credits == "8"
    assert faults(*seal(note), COPASA, "abc") == []


@pytest.mark.parametrize(
    ("state", "event", "result"),
    [
        ("issued", "pay", "paid"),
        ("issued", "cancel", "cancelled"),
        ("issued", "replace", "replaced"),
        ("paid", "replace", "replaced"),
        ("paid", "refund", "issued"),
    ],
)
def test_events_lead_to_states(state, event, result):
    assert after(state, event) == result


@pytest.mark.parametrize(
    ("state", "event"), [("cancelled", "pay"), ("replaced", "cancel"), ("paid", "cancel"), ("paid", "pay")]
)
def test_other_events_are_refused(state, event):
    with pytest.raises(Conflict, match=f"{state} cannot be"):
        after(state, event)


def test_an_invoice_is_overdue_after_its_due_day():
    due = date(2018, 7, 15)
    assert not is_overdue("issued", due, due)
    assert is_overdue("issued", due, date(2018, 7, 16))
    assert not is_overdue("paid", due, date(2018, 8, 1))
