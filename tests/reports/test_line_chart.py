"""Charts of reports: round numbers, gaps, and no extreme left out."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.reports.bar_chart import MAX_BARS, WIDEST, bar_chart
from calha.reports.line_chart import MAX_POINTS, decimals, line_chart, thinned, time_ticks, value_ticks

START = datetime(2025, 5, 1, 7, 31)  # noqa: DTZ001 - local time, as reports have it
SVG = "{http://www.w3.org/2000/svg}"


def drawn(value, step=timedelta(minutes=3), marked=None, at=None):
    moments = at or [START + step * number for number in range(len(value))]
    return ET.fromstring(line_chart(moments, np.array(value, float), "m³/h <&>", marked))


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_the_axis_encloses_the_values_with_a_few_round_numbers(low, span):
    ticks = value_ticks(low, low + span)
    allowed = abs(low) * 1e-9 + 1e-9
    assert ticks[0] <= low + allowed
    assert ticks[-1] >= low + span * (1 - 1e-9) - allowed
    assert 2 <= len(ticks) <= 8


@given(st.timedeltas(timedelta(0), timedelta(days=9_000)), st.timedeltas(timedelta(0), timedelta(days=9_000)))
@settings(deadline=None)
def test_times_on_the_axis_lie_within_it(before, span):
    first = START - before
    ticks = time_ticks(first, first + span)
    assert len(ticks) <= 8
    assert all(first <= tick <= first + span for tick in ticks)


def test_a_gap_breaks_the_line_and_marks_are_dots():
    at = [START + timedelta(minutes=3 * number) for number in (0, 1, 2, 60, 61, 62)]
    picture = drawn([1, 2, 3, 4, 5, 6], at=at, marked=np.array([0, 0, 1, 0, 0, 0], bool))
    assert len(picture.findall(f"{SVG}polyline")) == 2
    assert len(picture.findall(f"{SVG}circle")) == 1


@pytest.mark.parametrize("value", [[5.0], [5.0, 5.0], [0.0, 0.0, 0.0]])
def test_few_and_equal_values_can_be_drawn(value):
    assert len(drawn(value)) > 3


@pytest.mark.parametrize(("step", "count"), [(5, 0), (2.5, 1), (0.25, 2), (20.0, 0), (0.1, 1), (1000, 0)])
def test_an_axis_is_written_with_the_decimals_that_its_step_needs(step, count):
    assert decimals(step) == count


def bars(value, step=timedelta(days=1)):
    first = datetime(2025, 5, 1)  # noqa: DTZ001 - local time, as reports have it
    moments = [first + step * number for number in range(len(value))]
    return ET.fromstring(bar_chart(moments, np.array(value, float), "m³", "pt-BR"))


def test_a_day_that_is_not_known_keeps_its_place_among_the_bars():
    picture = bars([4.0, np.nan, 2.0])
    first, last = picture.findall(f"{SVG}rect")
    assert float(last.get("x")) - float(first.get("x")) > 2 * float(first.get("width"))
    words = [one.text for one in picture.findall(f"{SVG}text")]
    assert [one for one in words if "/" in one] == ["01/05/25", "02/05/25", "03/05/25"], "days, and no hours"


def test_a_single_bar_is_no_wall():
    (bar,) = bars([4.0]).findall(f"{SVG}rect")
    assert float(bar.get("width")) == WIDEST
    assert len(bars(np.ones(4_000), timedelta(hours=1)).findall(f"{SVG}rect")) <= MAX_BARS


def test_what_is_thinned_keeps_extremes_and_marks():
    value = np.random.default_rng(1).normal(60, 1, 100_000)
    value[[777, 50_001]] = [200.0, -5.0]
    marked = np.zeros(100_000, bool)
    marked[31] = True
    kept = thinned(value, marked)
    assert {31, 777, 50_001, 0, 99_999} <= set(kept.tolist())
    assert len(kept) <= 2 * MAX_POINTS
