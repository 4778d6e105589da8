"""Whether a water meter fits what runs through it, at the flows of its norm."""

from decimal import Decimal

import numpy as np
import pytest

from calha.domain.errors import InvalidProfile
from calha.domain.meter_sizes import WaterMeterSize
from calha.domain.meter_sizing import Sizing, sizing_of
from calha.domain.profile_reader import read_profile

SIZE = WaterMeterSize(Decimal("2.5"), Decimal(160))  # Q2 25 L/h, Q4 3.125 m³/h
WEEK = 7 * 96


def quarters(m3_h, share=1.0):
    """A week in which so much runs in some of the quarter hours, in litres of each."""
    return np.where(np.arange(WEEK) < share * WEEK, m3_h * 250.0, 0.0)


@pytest.mark.parametrize(
    ("m3_h", "verdict", "below_q2", "above_q3"),
    [
        (0.0249, "too_large", 1.0, 0),
        (0.025, "fits", 0.0, 0),
        (2.5, "fits", 0.0, 0),
        (2.51, "fits", 0.0, WEEK),
        (3.125, "fits", 0.0, WEEK),
        (3.126, "too_small", 0.0, WEEK),
    ],
)
def test_a_meter_fits_between_q2_and_q4(m3_h, verdict, below_q2, above_q3):
    found = sizing_of(quarters(m3_h), SIZE)
    assert found == Sizing(verdict, pytest.approx(m3_h), below_q2, above_q3)


def test_half_of_the_volume_below_q2_is_still_right():
    """25 quarter hours of 24 L/h run as much as one of 600 L/h."""
    volumes = np.zeros(WEEK)
    volumes[:25], volumes[25] = 6.0, 150.0
    assert (sizing_of(volumes, SIZE).verdict, sizing_of(volumes, SIZE).below_q2) == ("fits", 0.5)
    volumes[26] = 6.0
    assert sizing_of(volumes, SIZE).verdict == "too_large"


def test_without_a_week_or_without_water_nothing_is_said():
    assert sizing_of(np.append(quarters(1.0)[1:], np.nan), SIZE) is None
    assert sizing_of(np.zeros(WEEK), SIZE) is None


PROFILE = """
name: sized
title: {pt: Medidor, en: Meter}
description: {pt: Medidor, en: Meter}
interval_s: 900
channels:
  - {key: total, name: {pt: Volume, en: Volume}, kind: counter, unit: L}
water: {register: total, size: SIZE}
"""


def test_a_profile_says_the_size_of_its_type_plate():
    assert read_profile(PROFILE.replace("SIZE", "{q3_m3_h: 2.5, r: 160}"), "sized").water.size == SIZE


@pytest.mark.parametrize("wrong", ["{q3_m3_h: 0, r: 160}", "{q3_m3_h: 2.5, r: 0.5}", "{q3_m3_h: 7000, r: 160}"])
def test_a_size_that_is_none_is_refused_with_its_line(wrong):
    with pytest.raises(InvalidProfile, match=r":8:.* m³/h"):
        read_profile(PROFILE.replace("SIZE", wrong), "sized")
