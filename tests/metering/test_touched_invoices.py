"""Which invoices a change would touch is told before it is made: readings, edits, verdicts, tariffs."""

from datetime import date
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pytest
from test_invoicing import AUGUST, JULY, SEPTEMBER, D, billing, contract, contracted, hourly, today  # noqa: F401 - fixtures

from calha.domain.edits import Edit
from calha.domain.quality import Quality
from calha.domain.register_breaks import Readings
from calha.domain.registers import Decision, Verdict
from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US, HOUR_US
from calha.metering.counting import Supposed
from calha.metering.editing import Asked
from calha.metering.invoicing import issue
from calha.metering.previews import previews
from calha.metering.touched_invoices import touched_by_meter, touched_by_tariff
from calha.store.metering import DecisionRow

TEN_DAYS = JULY + 10 * DAY_US


@pytest.fixture
def issued(plant, billing, contract):  # noqa: F811
    """July and August at 0.01 m³ an hour and 5.00 a m³."""
    hourly(plant, JULY, SEPTEMBER, 100)
    plant.now = SEPTEMBER + 14 * DAY_US
    return [issue(billing, list(previews(billing, [contract], month)))[0] for month in ("2026-07", "2026-08")]


def touched(plant, billing, supposed, from_at=JULY):  # noqa: F811
    reach = touched_by_meter(billing, plant.counting, plant.meter(), supposed, from_at)
    assert reach.is_whole
    return [(one.invoice.from_day.month, one.invoice.total, one.then, one.difference) for one in reach.touched]


def test_an_edit_touches_the_invoices_of_its_own_time(plant, billing, issued):  # noqa: F811
    series = plant.meter().series
    edit = Edit(np.array([TEN_DAYS, TEN_DAYS + HOUR_US]), np.array([2_010_000]), Quality.SUBSTITUTED)
    assert touched(plant, billing, Supposed(series, edits=[edit])) == [(7, D("37.20"), D("47.20"), D("10.00"))]
    same = Edit(edit.bounds, np.array([10_000]), Quality.SUBSTITUTED)
    assert touched(plant, billing, Supposed(series, edits=[same])) == []
    assert billing.invoices.get(issued[0].number).total == D("37.20"), "nothing is changed by asking"


def test_taking_an_edit_back_touches_them_again(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, AUGUST, 100)
    plant.now = SEPTEMBER
    editing = plant.metering.editing
    asked = Asked(TEN_DAYS, TEN_DAYS + HOUR_US, method="manual", total=D("2.01"))
    made = editing.apply(editing.propose(plant.meter(), asked), "read anew", "Ana")
    issue(billing, list(previews(billing, [contract], "2026-07")))
    undone = Supposed(plant.meter().series, without=frozenset([made.id]))
    assert touched(plant, billing, undone) == [(7, D("47.20"), D("37.20"), D("-10.00"))]


def test_a_reading_between_two_months_touches_both(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, AUGUST - 5 * DAY_US, 100)
    hourly(plant, AUGUST + 5 * DAY_US, SEPTEMBER, 108.64)
    for month in ("2026-07", "2026-08"):
        issue(billing, list(previews(billing, [contract], month)))
    read = Readings.of(np.array([AUGUST]), np.array([108.0]), np.array([Quality.MANUAL]).astype(np.uint8))
    (july, august) = touched(plant, billing, Supposed(plant.meter().series, readings=read))
    assert july[2] == D("40.00")
    assert july[3] + august[3] == 0, "what July pays more August pays less"


def test_a_verdict_touches_the_invoices_of_its_step(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, TEN_DAYS, 1500)
    hourly(plant, TEN_DAYS + HOUR_US, AUGUST, 0.3)
    issue(billing, list(previews(billing, [contract], "2026-07")))
    exchange = Decision(TEN_DAYS + HOUR_US, Verdict.EXCHANGE, D("1503.4"), D("0.3"), "Ana")
    ((month, _, _, difference),) = touched(plant, billing, Supposed(plant.meter().series, [exchange]))
    assert (month, difference) == (7, D("3.50")), "1 m³ until the old meter went, but what a reset had counted"


def test_taking_a_verdict_or_a_reading_back_touches_them_again(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, TEN_DAYS, 1500)
    hourly(plant, TEN_DAYS + HOUR_US, AUGUST, 0.3)
    meter = plant.meter()
    exchange = DecisionRow(
        meter.series, TEN_DAYS + HOUR_US, Verdict.EXCHANGE, D("1503.4"), D("0.3"), None, None, "", "Ana", 1
    )
    made = plant.registers.decide(exchange)
    issue(billing, list(previews(billing, [contract], "2026-07")))
    ((_, _, _, difference),) = touched(plant, billing, Supposed(meter.series, undecided=frozenset([made.id])))
    assert difference == D("-3.50")
    wrong = Supposed(meter.series, [Decision(AUGUST, Verdict.GLITCH)])
    ((_, _, _, difference),) = touched(plant, billing, wrong)
    assert difference == D("-0.05"), "the last hour is not known any more"


def test_a_tariff_touches_the_invoices_of_its_contracts(plant, billing, issued):  # noqa: F811
    contracted(plant, billing, "m2", tariff="agua_fixa_copasa")
    text = (files("calha.tariffs") / "preco_por_unidade_agua.yaml").read_text()
    reach = touched_by_tariff(billing, read_tariff(text.replace("price: 5.00", "price: 6.00"), "test"), None)
    assert [(one.invoice.number, one.difference) for one in reach.touched] == [
        (issued[0].number, D("7.44")),
        (issued[1].number, D("7.44")),
    ]
    assert touched_by_tariff(billing, read_tariff(text, "test"), None).touched == []
    assert touched_by_tariff(billing, read_tariff(text.replace("5.00", "6.00"), "test"), frozenset()).touched == []


def test_a_tariff_touches_what_was_billed_by_it_before_another_was_agreed(plant, billing, contract, issued):  # noqa: F811
    billing.customers.change_contract(contract.number, tariff="agua_fixa_copasa")
    text = (files("calha.tariffs") / "preco_por_unidade_agua.yaml").read_text()
    reach = touched_by_tariff(billing, read_tariff(text.replace("price: 5.00", "price: 6.00"), "test"), None)
    assert [one.invoice.number for one in reach.touched] == [one.number for one in issued]
    other = (files("calha.tariffs") / "agua_fixa_copasa.yaml").read_text().replace("amount: 15.29", "amount: 16.29")
    assert touched_by_tariff(billing, read_tariff(other, "test"), None).touched == [], "nothing was billed by it yet"


def test_what_could_not_be_computed_by_then_says_why(plant, billing, issued):  # noqa: F811
    text = (files("calha.tariffs") / "preco_por_unidade_agua.yaml").read_text()
    first = read_tariff(text, "test").versions[0].valid_from
    later = text.replace(str(first), "2026-08-01")
    reach = touched_by_tariff(billing, read_tariff(later, "test"), None)
    (july,) = reach.touched
    assert (july.invoice.from_day, july.then, july.difference) == (date(2026, 7, 1), None, None)
    assert july.problem
    assert isinstance(july.now, Decimal)
