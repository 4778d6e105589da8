"""What is unusual in a curve: not a tenth of every window, but what stands out."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.compat.eta.analysis import message
from calha.compat.eta.outliers import unusual
from calha.domain.times import HOUR_US, MINUTE_US, from_text

ZONE = ZoneInfo("America/Sao_Paulo")
START = from_text("2025-05-01T00:00:00", ZONE)
A_DAY = 480  # readings, one in three minutes


def times(count, step=3 * MINUTE_US):
    return START + np.arange(count) * step


def plant(days=5, seed=1):
    """Ramps between 60 and 75, as the plant's."""
    place = np.arange(days * A_DAY)
    return 67.5 + 7.5 * np.sin(place / 70) + np.random.default_rng(seed).normal(0, 0.4, len(place))


def found(value):
    return np.flatnonzero(unusual(times(len(value)), value, ZONE)).tolist()


@pytest.mark.parametrize("days", [1, 5, 20])
def test_an_ordinary_plant_has_nothing_unusual(days):
    assert found(plant(days)) == []


def test_steady_data_has_nothing_unusual():
    assert found(np.full(1_000, 60.0)) == []
    assert found(np.zeros(100)) == []


def test_spikes_and_dips_stand_out():
    value = plant()
    value[[100, 1_500]] = [140.0, 8.0]
    assert found(value) == [100, 1_500]


def test_a_pump_that_is_often_off_is_usual_and_a_single_zero_is_not():
    value = plant()
    value[200:212] = 0.0
    value[900:930] = 0.0
    assert found(value) == []
    value = plant()
    value[700] = 0.0
    assert found(value) == [700]


def test_a_night_is_compared_with_nights():
    hours = np.arange(20 * 24)
    at = START + hours * HOUR_US
    value = np.where(hours % 24 < 6, 20.0, 60.0) + np.random.default_rng(2).normal(0, 0.5, len(hours))
    value[24 * 7 + 3] = 60.0
    flags = unusual(at, value, ZONE)
    assert np.flatnonzero(flags).tolist() == [24 * 7 + 3], "60 by night, though 60 is usual by day"


def test_fewer_than_five_are_not_judged():
    assert found(np.array([60.0, 60.0, 60.0, 900.0])) == []
    assert found(np.array([])) == []


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.floats(0.01, 1e4))
def test_the_unit_does_not_matter(values, factor):
    value = np.array(values, float)
    exact = unusual(times(len(value)), value, ZONE)
    scaled = unusual(times(len(value)), value * 2.0 ** round(np.log2(factor)), ZONE)
    assert exact.tolist() == scaled.tolist()


@pytest.mark.parametrize(
    ("count", "anomalies", "words"),
    [
        (0, 0, "Sem dados suficientes para análise."),
        (4, 0, "Dados insuficientes para análise."),
        (9, 0, "Nível estável."),
        (9, 2, "Pequenas variações detectadas no nível de água."),
        (9, 3, "Nível apresentou 3 comportamentos anômalos."),
    ],
)
def test_the_words_are_the_originals(count, anomalies, words):
    assert message(count, anomalies) == words
