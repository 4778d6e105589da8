import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.simulate.calendar import hour
from calha.simulate.faults import FAULTS, Faults, measure
from calha.simulate.signals import KINDS, Kind, Values

MONDAY = 1_772_420_400 * SECOND_US  # 2026-03-02, local midnight in São Paulo
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


def month(kind: Kind, faults: Faults | None = None, seed: int = 3, step_us: int = MINUTE_US, days: int = 28):
    at = MONDAY + np.arange(0, days * DAY_US, step_us)
    faulty = np.full(len(at), faults is not None)
    values, exists = measure(kind, np.full(len(at), seed, np.uint64), at, faulty, faults or Faults())
    return at, values, exists


def one_by_one(kind: Kind, seed: int, at: np.ndarray) -> list[Values]:
    return [
        measure(kind, np.array([seed], np.uint64), np.array([t]), np.array([False]), Faults())[0] for t in at.tolist()
    ]


@each_kind
def test_a_signal_gives_a_finite_value_for_each_channel(kind: Kind):
    _, values, exists = month(kind)
    assert set(values) == set(kind.channels)
    assert all(np.isfinite(column).all() for column in values.values())
    assert exists.all()


@each_kind
def test_history_and_live_are_the_same_signal(kind: Kind):
    at, values, _ = month(kind)
    picked = at[::1_999]
    for row, live in zip(range(0, len(at), 1_999), one_by_one(kind, 3, picked), strict=True):
        for channel in kind.channels:
            assert live[channel][0] == pytest.approx(values[channel][row], abs=1e-9), channel


@each_kind
def test_registers_never_go_back(kind: Kind):
    _, values, _ = month(kind)
    for channel in kind.registers:
        steps = np.diff(values[channel])
        assert (steps >= 0).all()
        assert values[channel][-1] > values[channel][0]


@given(seed=st.integers(0, 1 << 40), start=st.integers(0, 5_000), step_s=st.integers(1, 7_200))
@settings(max_examples=40, deadline=None)
def test_registers_never_go_back_at_any_step_for_any_device(seed: int, start: int, step_s: int):
    at = MONDAY + start * HOUR_US + np.arange(200) * step_s * SECOND_US
    for kind in KINDS.values():
        values, _ = measure(kind, np.full(200, seed, np.uint64), at, np.zeros(200, np.bool_), Faults())
        for channel in kind.registers:
            assert (np.diff(values[channel]) >= 0).all(), (kind.name, channel)


@each_kind
def test_two_devices_differ(kind: Kind):
    _, first, _ = month(kind, seed=3)
    _, second, _ = month(kind, seed=4)
    assert any((first[channel] != second[channel]).any() for channel in kind.channels)


def test_the_plant_runs_about_60_and_stops_at_exactly_0():
    _, values, _ = month(KINDS["water-flow"])
    flow = values["flow_1"]
    running = flow[flow > 0]
    assert 58 < np.median(running) < 64
    assert running.min() > 25
    assert running.max() < 80
    assert 0.02 < (flow == 0).mean() < 0.2
    assert ((running > 27) & (running < 33)).any()
    assert set(np.unique(values["pump"])) <= {0.0, 1.0}


def test_water_is_used_by_day_and_hardly_by_night():
    at, values, _ = month(KINDS["water-meter"])
    hours = hour(at)
    night = values["flow"][(hours >= 1) & (hours < 4)].mean()
    morning = values["flow"][(hours >= 6) & (hours < 9)].mean()
    assert night < morning / 20


@pytest.mark.parametrize(
    ("kind", "rate", "register", "units_an_hour"),
    [("water-meter", "flow", "total", 60.0), ("energy-meter", "power", "energy", 1.0)],
)
def test_the_register_is_the_integral_of_the_rate(kind: str, rate: str, register: str, units_an_hour: float):
    _, values, _ = month(KINDS[kind], step_us=SECOND_US, days=1)
    integral = values[rate].sum() / 3_600 * units_an_hour
    assert values[register][-1] - values[register][0] == pytest.approx(integral, rel=0.005)


def test_a_leak_flows_through_every_hour_of_the_night():
    at, values, _ = month(KINDS["water-meter"], Faults(frozenset({"leak"}), MONDAY + 14 * DAY_US))
    night = hour(at) < 4
    before = at < MONDAY + 14 * DAY_US
    assert values["flow"][night & before].min() == 0
    assert values["flow"][night & (at > MONDAY + 14 * DAY_US)].min() >= 0.3
    assert (np.diff(values["total"]) >= 0).all()


def test_the_current_follows_from_power_voltage_and_power_factor():
    _, values, _ = month(KINDS["energy-meter"])
    watts = values["voltage"] * values["current"] * values["power_factor"]
    assert watts == pytest.approx(values["power"] * 1_000, rel=2e-3, abs=6)


def test_a_machine_that_stands_neither_turns_nor_makes_pieces():
    _, values, _ = month(KINDS["machine"])
    stands = values["state"] != 1
    assert set(np.unique(values["state"])) == {0.0, 1.0, 2.0}
    assert (values["rpm"][stands] == 0).all()
    assert (np.diff(values["cycles"])[stands[:-1] & stands[1:]] == 0).all()


def test_a_cleaning_cycle_has_its_phases_in_order():
    _, values, _ = month(KINDS["cip"], step_us=10 * SECOND_US, days=7)
    phase = values["phase"].astype(int)
    changes = phase[np.flatnonzero(np.diff(phase)) + 1].tolist()
    text = "".join(map(str, changes))
    assert "1234560" in text
    assert text.replace("1234560", "") == ""
    caustic = (phase == 2) & np.roll(phase == 2, 60)  # ten minutes into the phase
    assert values["temperature"][caustic].min() > 70
    assert values["concentration"][caustic].min() > 1.3


@each_kind
def test_faults_change_only_what_comes_after_their_start(kind: Kind):
    kinds = frozenset(fault for fault in FAULTS if fault != "leak" or kind.may_leak)
    at, healthy, _ = month(kind)
    _, values, exists = month(kind, Faults(kinds, MONDAY + 14 * DAY_US))
    before = at < MONDAY + 14 * DAY_US
    assert exists[before].all()
    assert 0.05 < 1 - exists[~before].mean() < 0.25
    for channel in kind.channels:
        assert (values[channel][before] == healthy[channel][before]).all()
    assert any((values[channel][~before] != healthy[channel][~before]).any() for channel in kind.channels)


def test_a_stuck_meter_stands_still_for_hours():
    _, values, _ = month(KINDS["energy-meter"], Faults(frozenset({"stuck"}), MONDAY))
    still = np.diff(values["power"]) == 0
    longest = max(len(run) for run in "".join("s" if s else " " for s in still).split())
    assert longest >= 359


def test_a_machine_cannot_leak():
    with pytest.raises(ValueError, match="does not leak"):
        Faults(frozenset({"leak"})).require_possible(KINDS["machine"])
