"""Parshall flumes against published and calculated flows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.domain.flumes import THROATS, Flume

FOOT_M = 0.3048


@pytest.mark.parametrize(
    ("flume", "level_m", "l_s"),
    [
        (Flume('6"'), 0.20, 29.976),
        (Flume('9"', k=0.535, n=1.53), 0.25, 64.151),
        (Flume('9"'), 0.25, 64.199),
        (Flume('9"'), 0.35, 107.424),
        (Flume('9"'), 0.48, 174.172),
        (Flume("1'"), 0.30, 110.559),
        (Flume("2'", k=1.429, n=1.55), 0.66, 750.5),
        (Flume('3"', k=0.1771), 0.20, 14.686),
        (Flume("1'"), 0.0, 0.0),
        (Flume("1'"), -0.05, 0.0),
        (Flume("1'", zero_m=0.02), 0.32, 110.559),
        (Flume("1'", cut_off_m=0.01), 0.01, 0.0),
    ],
)
def test_flow_of_a_level(flume, level_m, l_s):
    assert flume.flow_m3_s(np.array([level_m]))[0] * 1000 == pytest.approx(l_s, rel=1e-4)


def test_flow_of_two_feet_as_published_with_a_rounded_exponent():
    assert Flume("2'").flow_m3_s(np.array([0.30]))[0] * 1000 == pytest.approx(220.97, rel=3e-4)


@pytest.mark.parametrize("feet", [1, 1.5, 2, 3, 4, 5, 6, 7, 8])
def test_the_table_agrees_with_parshalls_law_from_1_to_8_feet(feet):
    throat = THROATS["1½'" if feet == 1.5 else f"{feet}'"]
    head_ft = 0.4 / FOOT_M
    by_law = 4 * feet * head_ft ** (1.522 * feet**0.026) * FOOT_M**3
    assert throat.k * 0.4**throat.n == pytest.approx(by_law, rel=5e-4)
    assert throat.width_m == pytest.approx(feet * FOOT_M)


def test_no_level_or_an_impossible_one_gives_no_flow():
    assert np.isnan(Flume("1'").flow_m3_s(np.array([np.nan, 12.0, -12.0, np.inf]))).all()


def test_a_level_behind_above_70_per_cent_means_submerged():
    found = Flume("1'").is_submerged(np.array([0.30, 0.30, 0.0]), np.array([0.21, 0.22, 0.1]))
    assert found.tolist() == [False, True, False]


@pytest.mark.parametrize("wrong", [{"throat": "30cm"}, {"throat": "1'", "k": 0.0}, {"throat": "1'", "n": 0.633}])
def test_a_flume_that_cannot_be_is_refused(wrong):
    with pytest.raises(Malformed):
        Flume(**wrong)


@given(st.sampled_from(sorted(THROATS)), st.lists(st.floats(0, 2), min_size=2, max_size=20))
def test_flow_grows_with_level(throat, levels):
    flow = Flume(throat).flow_m3_s(np.array(sorted(levels)))
    assert (np.diff(flow) >= 0).all()
