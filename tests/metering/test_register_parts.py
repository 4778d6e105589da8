"""The constant of a measurement, as a Brazilian bill shows it: readings, difference, constant, consumption."""

import io
from decimal import Decimal

import pypdf
from test_invoicing import AUGUST, JULY, billing, contract, hourly, today  # noqa: F401 - fixtures

from calha.domain.invoices import is_divided, register_parts_of, unseal
from calha.domain.registers import Plate, Verdict
from calha.domain.times import DAY_US, HOUR_US
from calha.metering.invoicing import issue, verified
from calha.metering.previews import previews
from calha.reports.invoices import invoice_pdf
from calha.store.metering import DecisionRow, PlateRow

D = Decimal
HALF = JULY + 15 * DAY_US
EXCHANGED = HALF + HOUR_US // 2


def said(plant, multiplier, since=0, digits=None):
    row = PlateRow(plant.meter().series, since, Plate(multiplier=D(multiplier), digits=digits), None, "Ana", 1)
    plant.registers.save_plate(row)


def issued(billing, contract):  # noqa: F811
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    assert verified(billing, row) == []
    return row, unseal(billing.invoices.content(row.number))


def told(sealed):
    return [
        (one.opening, one.closing, one.difference, one.multiplier, one.consumption)
        for one in register_parts_of(sealed.inputs)
    ]


def test_readings_difference_and_constant_are_the_consumption(plant, billing, contract):  # noqa: F811
    said(plant, 40)
    hourly(plant, JULY, AUGUST, 100)
    row, sealed = issued(billing, contract)
    assert told(sealed) == [(D(100), D("107.44"), D("7.44"), D(40), D("297.6"))]
    assert row.quantity == D("297.6")
    assert not is_divided(sealed)
    page = pypdf.PdfReader(io.BytesIO(invoice_pdf(sealed, row.txid, "issued"))).pages[0]
    text = " ".join(page.extract_text().split())
    for part in ("CONSTANTE DE MEDIÇÃO", "Diferença", "7,44 m³", "× 40", "297,6 m³"):
        assert part in text, (part, text)


def test_a_constant_of_one_is_not_shown(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, AUGUST, 100)
    row, sealed = issued(billing, contract)
    assert told(sealed) == []
    assert b"register_parts" not in billing.invoices.content(row.number), (
        "the bytes of what needs none stay as they are"
    )


def test_a_register_that_starts_over_has_the_difference_that_it_counted(plant, billing, contract):  # noqa: F811
    said(plant, 10, digits=5)
    hourly(plant, JULY, HALF - HOUR_US, 99_996.4)
    hourly(plant, HALF, AUGUST, 0)
    row, sealed = issued(billing, contract)
    ((opening, closing, difference, _, consumption),) = told(sealed)
    assert (opening, closing) == (D("99996.4"), D("3.84"))
    assert (difference, consumption) == (D("7.44"), D("74.4"))
    assert row.quantity == D("74.4")


def test_each_meter_has_its_own_constant(plant, billing, contract):  # noqa: F811
    said(plant, 10)
    said(plant, 20, EXCHANGED)
    hourly(plant, JULY, EXCHANGED, 1500)
    hourly(plant, HALF + HOUR_US, AUGUST, 0.3)
    series = plant.meter().series
    row = DecisionRow(series, EXCHANGED, Verdict.EXCHANGE, D("1503.6"), D("0.29"), "A1", "B2", "velho", "Ana", 1)
    plant.registers.decide(row)
    row, sealed = issued(billing, contract)
    old, new = told(sealed)
    assert old == (D(1500), D("1503.6"), D("3.6"), D(10), D(36))
    assert new[:4] == (D("0.29"), D("4.13"), D("3.84"), D(20))
    assert row.quantity == old[4] + new[4]


def test_a_constant_that_changed_without_a_reading_claims_no_difference(plant, billing, contract):  # noqa: F811
    said(plant, 1)
    said(plant, 20, HALF)
    hourly(plant, JULY, AUGUST, 100)
    _, sealed = issued(billing, contract)
    assert told(sealed) == [(D(100), None, None, D(1), None), (None, D("107.44"), None, D(20), None)]


def test_where_no_reading_is_at_midnight_the_invoice_says_that_the_rest_is_divided(plant, billing, contract):  # noqa: F811
    said(plant, 40)
    half = HOUR_US // 2
    hourly(plant, JULY - half, AUGUST - half, 100)
    hourly(plant, AUGUST + half, AUGUST + half, 107.47)  # thrice as much in the hour around midnight
    row, sealed = issued(billing, contract)
    assert (told(sealed)[0][4], row.quantity) == (D("297.6"), D("298"))
    assert is_divided(sealed)
    page = pypdf.PdfReader(io.BytesIO(invoice_pdf(sealed, row.txid, "issued"))).pages[0]
    assert "de meia-noite a meia-noite, 298 m³" in " ".join(page.extract_text().split())
