"""A cycle of which too much is missing: no bill by itself, one by a person's decision, and what settles it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pytest
from test_invoicing import (  # noqa: F401 - fixtures
    AUGUST,
    JULY,
    SEPTEMBER,
    billing,
    contract,
    contracted,
    hourly,
    today,
)

from calha.domain.errors import Conflict, Malformed
from calha.domain.invoices import unseal
from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US, HOUR_US, to_micros
from calha.metering.billing_run import BillingRuns
from calha.metering.estimating import Decision
from calha.metering.invoicing import differences, issue, verified
from calha.metering.previews import previews
from calha.store.billing import Runs
from calha.store.metering import EditRow, EditStore

D = Decimal
JUNE = JULY - 30 * DAY_US
MEAN = Decision("mean", "ana", "the meter could not be reached")
BY_HOURS = """
key: by_hours
name: {pt: Horária, en: By hours}
unit: m³
versions:
  - valid_from: 2020-01-01
    windows: {windows: [{post: peak, from: "18:00", until: "21:00"}]}
    components:
      - {kind: usage, key: peak, quantity: peak, name: {pt: Ponta, en: Peak}, unit: m³, price: 9.00}
      - {kind: usage, key: off, quantity: off_peak, name: {pt: Fora, en: Off}, unit: m³, price: 3.00}
"""


def only(billing, contract, month="2026-07", decision=None):  # noqa: F811
    (found,) = previews(billing, [contract], month, decision)
    return found


def test_where_a_quarter_is_missing_the_run_names_it_and_issues_nothing(plant, billing, contract):  # noqa: F811
    other = contracted(plant, billing, "m2")
    hourly(plant, JULY, JULY + 23 * DAY_US, 100)  # 8 of 31 days are missing
    hourly(plant, JULY, JULY + 24 * DAY_US, 100, device="m2")
    runs = BillingRuns(billing, Runs(plant.registry.engine))
    done = runs.work(runs.begin("2026-07", "ana", None, None), None)
    assert (done.issued, done.failed) == (1, 1)
    assert done.problems == [
        [contract.number, "only 74% of the cycle is known; where 25% or more is missing, a person decides"]
    ]
    (row,) = billing.invoices.list(contract_id=other.id)
    assert row.is_estimated
    with pytest.raises(Conflict, match="a person decides"):
        issue(billing, [only(billing, contract)])


def test_how_much_may_be_missing_is_the_tariffs_word(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, JULY + 16 * DAY_US, 100)
    assert only(billing, contract).is_short
    text = (files("calha.tariffs") / "preco_por_unidade_agua.yaml").read_text()
    billing.tariffs.save(
        read_tariff(text.replace("    components:", "    max_missing_percent: 60\n    components:")), "me"
    )
    assert only(billing, contract).problem is None


def test_a_person_has_the_mean_billed_and_the_reading_settles_it(plant, billing, contract):  # noqa: F811
    hourly(plant, JUNE, JULY, 100 - 7.2)
    hourly(plant, JULY, JULY + 20 * DAY_US, 100)
    found = only(billing, contract, decision=MEAN)
    assert found.problem is None
    assert found.inputs.metered[0].quantities["consumption"] == D("7.440"), "4.8 counted, and 11 days at 0.24"
    (july,) = issue(billing, [found])
    said = unseal(billing.invoices.content(july.number)).inputs.estimate
    assert (said.method, said.known_percent, said.cycles, said.by) == ("mean", 64, 1, "ana")
    assert july.is_estimated
    assert verified(billing, july) == []
    assert list(differences(billing, [july])) == [], "nothing is known yet that would change it"
    hourly(plant, JULY + 20 * DAY_US, SEPTEMBER, 104.8, 0.02)  # what it really was: twice as much
    (difference,) = differences(billing, [july])
    assert difference.amount == D("13.20")
    (august,) = issue(billing, [only(billing, contract, "2026-08")])
    (settled,) = unseal(billing.invoices.content(august.number)).inputs.adjustments
    assert (settled.invoice, settled.quantity) == (july.number, D("2.640"))
    assert settled.amount == D("13.20")


def test_without_readings_the_whole_cycle_follows_the_mean(plant, billing, contract):  # noqa: F811
    hourly(plant, JUNE, JULY, 100)
    later = only(billing, contract, "2026-08", MEAN)
    assert later.total == D("37.20"), "31 days at 0.24 m³, at 5.00"
    assert later.inputs.estimate.known_percent == 0


def test_where_no_mean_is_known_a_person_states_the_consumption(plant, billing, contract):  # noqa: F811
    with pytest.raises(Conflict, match="state what was used"):
        only(billing, contract, decision=MEAN)
    stated = only(billing, contract, decision=Decision("stated", "ana", "read by telephone", D("12.5")))
    assert stated.total == D("62.50")
    with pytest.raises(Malformed):
        Decision("stated", "ana", "?")
    hourly(plant, JULY, AUGUST, 100)
    with pytest.raises(Conflict, match="nothing to estimate"):
        only(billing, contract, decision=MEAN)


def test_a_hole_counts_where_the_hour_matters_until_somebody_fills_it(plant, billing, contract):  # noqa: F811
    billing.tariffs.save(read_tariff(BY_HOURS), "test")
    by_hours = billing.customers.change_contract(contract.number, tariff="by_hours")
    hourly(plant, JUNE, JULY + 10 * DAY_US, 100)
    hourly(plant, JULY + 20 * DAY_US, AUGUST, 100 + 50 * 0.24)  # the register is known on both sides of the hole
    assert only(billing, contract).problem is None, "the total is known, and nothing else matters"
    short = only(billing, by_hours)
    assert short.is_short
    counted = short.inputs.metered[0].quantities
    decided = only(billing, by_hours, decision=MEAN)
    assert decided.inputs.metered[0].quantities["consumption"] == counted["consumption"] == D("7.44")
    bounds = tuple(JULY + day * DAY_US for day in range(10, 21))
    edit = EditRow(plant.meter().series, bounds, (D("0.24"),) * 10, "same_days", "estimated", "ana", SEPTEMBER)
    EditStore(plant.registry.engine).add(edit)
    assert only(billing, by_hours).problem is None


def test_a_flow_with_a_hole_is_short(plant, billing):  # noqa: F811
    by_flow = contracted(plant, billing, "m1", channel="flow")
    for begin, end in ((JULY, JULY + 10 * DAY_US), (JULY + 20 * DAY_US, AUGUST)):
        at = np.arange(begin, end + 1, HOUR_US, dtype=np.int64)
        plant.send(at, np.full(len(at), 0.1), channel="flow")
    found = only(billing, by_flow)
    assert found.is_short
    assert found.problem.startswith("only 68% of the cycle is known")
    assert to_micros(datetime(2026, 7, 1, 3, tzinfo=UTC)) == JULY
    assert found.cycle.from_ == date(2026, 7, 1)


@pytest.mark.parametrize(("stated", "settled"), [("7.44", None), ("10.00", "-2.56"), ("5.00", "2.44")])
def test_what_the_register_shows_settles_an_estimate_whose_hours_stay_unknown(
    plant,
    billing,  # noqa: F811
    contract,  # noqa: F811
    stated,
    settled,
):
    billing.tariffs.save(read_tariff(BY_HOURS), "test")
    by_hours = billing.customers.change_contract(contract.number, tariff="by_hours")
    hourly(plant, JUNE, JULY + 10 * DAY_US, 100 - 7.2)
    decision = Decision("stated", "ana", "read by telephone", D(stated))
    (july,) = issue(billing, [only(billing, by_hours, decision=decision)])
    hourly(plant, AUGUST, SEPTEMBER, 107.44)  # silent for 21 of 31 days
    (august,) = issue(billing, [only(billing, by_hours, "2026-08")])
    adjusted = unseal(billing.invoices.content(august.number)).inputs.adjustments
    assert [(one.invoice, one.quantity) for one in adjusted] == ([(july.number, D(settled))] if settled else [])
    a_day = unseal(billing.invoices.content(july.number)).bill.total / D(stated)  # a m³ costs as it was divided
    assert all(abs(one.amount - one.quantity * a_day) < D("0.02") for one in adjusted)
    assert list(differences(billing, [july, august])) == []
    assert verified(billing, august) == []
