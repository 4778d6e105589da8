"""Excess reactive energy, from the channels of a meter to the line of an invoice."""

from datetime import date
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pytest
from test_invoicing import JULY, D, billing, today  # noqa: F401 - fixtures

from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US, HOUR_US
from calha.metering.invoicing import differences, issue, verified
from calha.metering.previews import previews

PROFILE = """
name: two_registers
title: {pt: Medidor, en: Meter}
description: {pt: Medidor de energia ativa e reativa, en: A meter of active and reactive energy}
interval_s: 900
channels:
  - {key: energy, name: {pt: Ativa, en: Active}, kind: counter, unit: kWh}
  - {key: reactive, name: {pt: Reativa, en: Reactive}, kind: counter, unit: kvarh}
"""
TARIFF = """
key: reactive
name: {pt: Energia, en: Energy}
unit: kWh
versions:
  - valid_from: 2020-01-01
    components:
      - {kind: usage, key: reactive, name: {pt: R, en: R}, quantity: excess_reactive, unit: kWh, price: 0.3, is_taxed: false}
"""
TEN = JULY + 10 * HOUR_US


@pytest.fixture
def contract(plant, billing):  # noqa: F811
    registry = plant.registry
    registry.save_profile(PROFILE)
    registry.create_device("m1", "two_registers", registry.sites()[0].id)
    billing.tariffs.save(read_tariff(TARIFF, "test"), "test")
    customer = billing.customers.add(registry.sites()[0].id, "Fábrica")
    terms = {"channel": "energy", "tariff": "reactive", "from_day": date(2026, 1, 1), "until_day": None, "dwellings": 1}
    more = {"contracted": D(0), "cycle_day": 1, "due_days": 10, "reactive_channel": "reactive"}
    return billing.customers.add_contract("C-1", customer.id, "m1", **terms, **more)


def hours(plant, channel, begin, amounts):
    """Registers that count so much in each hour from a time on, and nothing in the rest of July."""
    at = np.arange(JULY, JULY + 31 * DAY_US + 1, HOUR_US // 4, dtype=np.int64)
    register = np.interp(at, begin + np.arange(len(amounts) + 1) * HOUR_US, 1000 + np.cumsum([0.0, *amounts]))
    plant.send(at, np.round(register, 3), channel=channel)


def total(plant, billing, contract, active, reactive, begin=TEN):  # noqa: F811
    hours(plant, "energy", begin, active)
    hours(plant, "reactive", begin, reactive)
    (preview,) = previews(billing, [contract], "2026-07")
    assert preview.problem is None
    return preview.total


@pytest.mark.parametrize(
    ("reactive", "expected"),
    [(75, "4.50"), (100 * (1 / 0.92**2 - 1) ** 0.5, "0.00"), (100 * (1 / 0.95**2 - 1) ** 0.5, "0.00")],
)
def test_an_hour_below_the_reference_costs_its_excess(plant, billing, contract, reactive, expected):  # noqa: F811
    """P 100 kWh, Q 75 kvarh → power factor 0.80; 0.100 MWh × (0.92/0.80 − 1) × 300 = 4.50; 0.92 and 0.95 → 0."""
    assert total(plant, billing, contract, [100], [reactive]) == D(expected)


def test_a_good_hour_does_not_make_up_for_a_bad_one(plant, billing, contract):  # noqa: F811
    assert total(plant, billing, contract, [100, 1000], [75, 0]) == D("4.50")


def test_the_night_is_not_checked_for_inductive_excess(plant, billing, contract):  # noqa: F811
    assert total(plant, billing, contract, [100], [75], JULY + 5 * HOUR_US) == 0
    assert total(plant, billing, contract, [100], [75], JULY + 6 * HOUR_US) == D("4.50")
    assert total(plant, billing, contract, [100], [75], JULY + 23 * HOUR_US) == D("4.50")


def test_reference_and_hours_are_configuration(plant, billing, contract):  # noqa: F811
    text = TARIFF.replace("    components:", "    reactive: {reference: 0.8, from_hour: 0}\n    components:")
    billing.tariffs.save(read_tariff(text, "test"), "test")
    assert total(plant, billing, contract, [100], [75]) == 0
    assert total(plant, billing, contract, [60], [80], JULY) == D("6.00")  # 60 × (0.8/0.6 − 1) × 0.3


def test_the_invoice_has_the_line_and_can_be_verified(plant, billing, contract):  # noqa: F811
    assert total(plant, billing, contract, [100], [75]) == D("4.50")
    (preview,) = previews(billing, [contract], "2026-07")
    (line,) = preview.bill.lines
    assert (line.key, line.quantity, line.unit) == ("reactive", Decimal(15), "kWh")
    (row,) = issue(billing, [preview])
    assert verified(billing, row) == []


def test_without_a_channel_there_is_no_excess(plant, billing, contract):  # noqa: F811
    changed = billing.customers.change_contract("C-1", reactive_channel=None)
    assert total(plant, billing, changed, [100], [75]) == 0


def test_the_green_tariff_bills_the_excess_beside_energy_and_demand(plant, billing, contract):  # noqa: F811
    green = read_tariff((files("calha.tariffs") / "energia_verde_a4.yaml").read_text(), "test")
    billing.tariffs.save(green, "test")
    changed = billing.customers.change_contract("C-1", tariff="energia_verde_a4")
    hours(plant, "energy", TEN, [100])
    hours(plant, "reactive", TEN, [75])
    (preview,) = previews(billing, [changed], "2026-07")
    quantities = {line.key: line.quantity for line in preview.bill.lines}
    assert (quantities["reactive"], quantities["demand"], quantities["te_off_peak"]) == (15, 100, 100)


def test_a_channel_that_is_taken_out_counts_in_what_was_billed_with_it(plant, billing, contract):  # noqa: F811
    assert total(plant, billing, contract, [100], [75]) == D("4.50")
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    billing.customers.change_contract("C-1", reactive_channel=None)
    assert list(differences(billing, [row])) == []
    hours(plant, "reactive", TEN, [0])
    assert [one.now.total for one in differences(billing, [row])] == [0], "a corrected reading still corrects it"


def test_a_demand_is_in_kw_also_where_energy_is_billed_in_mwh(plant, billing, contract):  # noqa: F811
    """100 kWh in an hour are 100 kW, and 100 of the 500 that are contracted."""
    component = TARIFF[TARIFF.index("      - ") :]
    demand = "      - {kind: demand, key: demand, name: {pt: D, en: D}, unit: kW, price: 10, is_taxed: false}\n"
    text = TARIFF.replace(component, demand).replace("unit: kWh", "unit: MWh", 1)
    billing.tariffs.save(read_tariff(text, "test"), "test")
    changed = billing.customers.change_contract("C-1", contracted=D(500), reactive_channel=None)
    hours(plant, "energy", TEN, [100])
    (preview,) = previews(billing, [changed], "2026-07")
    assert {line.key: line.quantity for line in preview.bill.lines} == {"demand": 100, "demand.unused": 400}
    assert preview.inputs.metered[0].quantities["consumption"] == D("0.1")
