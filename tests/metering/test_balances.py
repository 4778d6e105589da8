"""Water balances over a tree of sites."""

import numpy as np
import pytest

from calha.domain.errors import NotFound
from calha.domain.times import DAY_US, MINUTE_US
from calha.domain.water_balance import Network

START = 1_705_287_600_000_000  # a local midnight
DAYS = START + np.arange(0, 3, dtype=np.int64) * DAY_US


@pytest.fixture
def district(plant):
    """company › north (two houses) › farm (an inlet of its own, one house behind it); an inlet and an outlet at the company."""
    plant.device("in")
    company = plant.registry.sites()[0].id
    north = plant.registry.create_site("Norte", company, "America/Sao_Paulo").id
    farm = plant.registry.create_site("Sítio", north, "America/Sao_Paulo").id
    places = {"out": company, "house-1": north, "house-2": north, "farm-in": farm, "farm-house": farm}
    for key, site in places.items():
        plant.registry.create_device(key, "meter_900", site)
    metering = plant.metering
    series = {key: metering.meters.meter(key, "total").series for key in ("in", *places)}
    metering.balances.store.set_roles(company, {series["in"]: "inlet", series["out"]: "outlet"})
    metering.balances.store.set_roles(farm, {series["farm-in"]: "inlet"})
    daily = {"in": 240, "out": 24, "house-1": 48, "house-2": 24, "farm-in": 72, "farm-house": 60}
    at = START + np.arange(-8 * 96, 2 * 96 + 1, dtype=np.int64) * 15 * MINUTE_US
    for key, amount in daily.items():
        plant.send(at, np.round(1000 + (at - START) / DAY_US * amount, 4) + 3000, key)
    plant.now = START + 3 * DAY_US
    return plant, {"company": company, "north": north, "farm": farm}


def test_losses_are_told_between_an_inlet_and_the_next_meters_behind_it(district):
    plant, sites = district
    company = plant.metering.balances.of(sites["company"], DAYS)
    assert company.supply.tolist() == pytest.approx([240, 240])
    assert company.exported.tolist() == pytest.approx([24, 24])
    assert company.used.tolist() == pytest.approx([144, 144])  # two houses, and what went into the farm
    assert company.losses.tolist() == pytest.approx([72, 72])
    assert sorted(part.meter.device for part in company.parts) == ["farm-in", "house-1", "house-2", "in", "out"]

    farm = plant.metering.balances.of(sites["farm"], DAYS)
    assert farm.losses.tolist() == pytest.approx([12, 12])
    north = plant.metering.balances.of(sites["north"], DAYS)
    assert not north.has_inlet
    assert north.used.tolist() == pytest.approx([144, 144])


def test_a_meter_of_which_nothing_is_known_is_told(district):
    plant, sites = district
    plant.registry.create_device("house-3", "meter_900", sites["north"])
    found = plant.metering.balances.of(sites["company"], DAYS)
    assert found.missing.tolist() == [1, 1]
    assert found.used.tolist() == pytest.approx([144, 144])


def test_the_leakage_index_follows_from_the_network(district):
    plant, sites = district
    store = plant.metering.balances.store
    assert plant.metering.balances.of(sites["company"], DAYS).leakage_index is None
    store.set_network(sites["company"], Network(mains_km=10, connections=500, pressure_m=30, people=100))
    found = plant.metering.balances.of(sites["company"], DAYS)
    assert found.leakage_index == pytest.approx(72_000 / ((180 + 400) * 30))
    assert found.night.flow_l_h == pytest.approx(9_000)  # (240 - 24) m³ a day, evenly
    assert found.night.leakage_l_day == pytest.approx((9_000 - 60) * 24)
    store.set_network(sites["company"], None)
    assert plant.metering.balances.of(sites["company"], DAYS).network is None


def test_a_flow_can_be_an_inlet_and_a_counter_can_be_left_out(district):
    plant, sites = district
    meters = plant.metering.meters
    at = START + np.arange(0, 2 * 96 + 1, dtype=np.int64) * 15 * MINUTE_US
    plant.send(at, np.full(len(at), 10.0), "in", channel="flow")  # L/s
    roles = {meters.meter("in", "flow").series: "inlet", meters.meter("house-1", "total").series: "none"}
    plant.metering.balances.store.set_roles(sites["company"], roles)
    found = plant.metering.balances.of(sites["company"], DAYS)
    assert found.supply.tolist() == pytest.approx([864, 864])
    assert found.used.tolist() == pytest.approx(
        [24 + 72 + 240 + 24] * 2
    )  # the counters at the company are consumption now


def test_a_site_that_is_not_there_is_refused(plant):
    with pytest.raises(NotFound):
        plant.metering.balances.of(99, DAYS)
    with pytest.raises(NotFound):
        plant.metering.balances.store.set_roles(99, {})
