"""A meter that is exchanged in the middle of a cycle, on its invoice."""

import io
from datetime import date
from decimal import Decimal

import pypdf
import pytest
from test_invoicing import AUGUST, JULY, billing, contract, hourly, today  # noqa: F401 - fixtures

from calha.domain.invoices import exchanges_of, unseal
from calha.domain.registers import Verdict
from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US, HOUR_US
from calha.metering.cycles import in_one
from calha.metering.invoicing import differences, issue, issue_again, verified
from calha.metering.previews import previews
from calha.reports.invoices import invoice_pdf
from calha.store.metering import DecisionRow

D = Decimal
EXCHANGED = JULY + 10 * DAY_US + 12 * HOUR_US + 30 * 60_000_000
DEARER = """
key: dearer
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components:
      - {kind: fixed, key: base, name: {pt: Fixo, en: Fixed}, amount: 31.00}
      - {kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: 5.00}
  - valid_from: 2026-07-21
    components:
      - {kind: fixed, key: base, name: {pt: Fixo, en: Fixed}, amount: 31.00}
      - {kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: 6.00}
"""


@pytest.fixture
def exchanged(plant):
    """The old meter goes from 100 at 0.01 m³/h until it is taken out at 102.53; the new one begins at 0.3."""
    hourly(plant, JULY, EXCHANGED, 100)
    hourly(plant, EXCHANGED + HOUR_US // 2, AUGUST, 0.31)
    row = DecisionRow(
        plant.meter().series, EXCHANGED, Verdict.EXCHANGE, D("102.53"), D("0.3"), "A1", "B2", "velho", "Ana", 1
    )
    return plant.registers.decide(row)


def test_both_registers_are_shown_and_the_parts_add_up(plant, billing, contract, exchanged):  # noqa: F811
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    inputs = unseal(billing.invoices.content(row.number)).inputs
    (told,) = exchanges_of(inputs)
    assert (told.at, told.closing, told.opening, told.unit) == (EXCHANGED, D("102.53"), D("0.3"), "m³")
    assert (inputs.opening.value, inputs.closing.value) == (D(100), D("5.22"))
    assert row.quantity == (told.closing - inputs.opening.value) + (inputs.closing.value - told.opening) == D("7.45")
    assert (row.total, row.is_estimated) == (D("37.25"), False)
    assert verified(billing, row) == []
    page = pypdf.PdfReader(io.BytesIO(invoice_pdf(unseal(billing.invoices.content(row.number)), row.txid, "issued")))
    text = " ".join(page.pages[0].extract_text().split())
    for part in ("Leitura anterior", "Medidor retirado", "102,53", "Medidor novo", "0,3", "Leitura atual", "5,22"):
        assert part in text, part


def test_a_price_that_changes_after_the_exchange_takes_its_own_days(plant, billing, contract, exchanged):  # noqa: F811
    billing.tariffs.save(read_tariff(DEARER), "test")
    dearer = billing.customers.change_contract(contract.number, tariff="dearer")
    (preview,) = previews(billing, [dearer], "2026-07")
    before, after = preview.inputs.metered
    assert (before.until, after.from_) == (date(2026, 7, 21),) * 2
    assert after.quantities["consumption"] == D("2.64"), "eleven days at 0.24"
    assert in_one(preview.inputs.metered) == D("7.45")
    assert preview.total == D("20.00") + D("24.05") + D("11.00") + D("15.84")


def test_an_exchange_that_is_told_later_corrects_the_bill(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, EXCHANGED, 100)
    hourly(plant, EXCHANGED + HOUR_US // 2, AUGUST, 0.31)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    assert row.is_estimated, "nobody has said yet what the fall of the register means"
    series = plant.meter().series
    told = DecisionRow(series, EXCHANGED, Verdict.EXCHANGE, D("102.53"), D("0.3"), "A1", "B2", "velho", "Ana", 1)
    plant.registers.decide(told)
    assert [one.invoice.number for one in differences(billing, [row])] == [row.number]
    _, again = issue_again(billing, row.number)
    assert (again.quantity, again.is_estimated) == (D("7.45"), False)
    assert exchanges_of(unseal(billing.invoices.content(row.number)).inputs) == ()
