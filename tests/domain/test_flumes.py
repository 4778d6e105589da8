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


@pytest.mark.parametrize("head_ft", [0.5, 1.0, 2.0, 4.0])
def test_ten_feet_follow_the_law_of_the_large_flumes(head_ft):
    """Parshall's own for 10 to 50 ft: Q(cfs) = (3.6875·W + 2.5)·Ha^1.6, in feet."""
    (by_table,) = Flume("10'").flow_m3_s(np.array([head_ft * FOOT_M]))
    assert by_table == pytest.approx((3.6875 * 10 + 2.5) * head_ft**1.6 * FOOT_M**3, rel=5e-4)
    assert (THROATS["10'"].width_m, THROATS["10'"].most_submerged) == (pytest.approx(10 * FOOT_M), 0.80)
    behind = Flume("10'").is_submerged(np.array([1.0, 1.0]), np.array([0.80, 0.81]))
    assert behind.tolist() == [False, True]


@pytest.mark.parametrize(
    ("throat", "k", "n", "most_submerged", "usual_l_s"),
    [
        ('1"', 0.0604, 1.550, 0.50, (0.3, 5.6)),
        ('2"', 0.1207, 1.550, 0.50, (0.6, 13)),
        ('3"', 0.1765, 1.547, 0.50, (0.85, 53.8)),
        ('6"', 0.3812, 1.580, 0.60, (1.4, 110)),
        ('9"', 0.5354, 1.530, 0.60, (2.5, 252)),
        ("1'", 0.6909, 1.522, 0.70, (3.1, 456)),
        ("1½'", 1.0564, 1.5381, 0.70, (4.2, 696)),
        ("2'", 1.4281, 1.5497, 0.70, (12, 937)),
        ("3'", 2.1843, 1.5661, 0.70, (17, 1_426)),
        ("4'", 2.9534, 1.5779, 0.70, (37, 1_921)),
        ("5'", 3.7322, 1.5870, 0.70, (63, 2_422)),
        ("6'", 4.5189, 1.5946, 0.70, (74, 2_929)),
        ("7'", 5.3124, 1.6010, 0.70, (115, 3_440)),
        ("8'", 6.1116, 1.6066, 0.70, (131, 3_950)),
        ("10'", 7.462, 1.6, 0.80, (200, 5_660)),
    ],
)
def test_each_standard_width_has_the_figures_of_the_table(throat, k, n, most_submerged, usual_l_s):
    found = THROATS[throat]
    assert (found.k, found.n, found.most_submerged, found.usual_l_s) == (k, n, most_submerged, usual_l_s)


def test_the_widths_in_inches_are_those_of_the_table():
    assert {throat: THROATS[throat].width_m for throat in ('1"', '2"', '3"', '6"', '9"')} == {
        '1"': 0.0254, '2"': 0.0508, '3"': 0.0762, '6"': 0.1524, '9"': 0.2286,
    }  # fmt: skip


def test_six_inches_and_twenty_centimetres_are_a_hundred_and_eight_cubic_metres_an_hour():
    (flow,) = Flume('6"').flow_m3_s(np.array([0.20]))
    assert flow * 3_600 == pytest.approx(107.915, abs=5e-4)


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
