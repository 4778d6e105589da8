"""Cells: local times over changes of the clock, and texts that stay texts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.times import HOUR_US, to_datetime
from calha.reports.cells import harmless, local_micros, plain

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["America/Sao_Paulo", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    st.integers(946_684_800, 1_900_000_000),
    st.lists(st.integers(0, 400 * 24), min_size=1, max_size=60),
)
def test_local_times_are_those_of_the_zone_at_each_moment(name, begin, hours):
    zone = ZoneInfo(name)
    at = begin * 1_000_000 + np.array(sorted(hours), np.int64) * HOUR_US
    for one, local in zip(at.tolist(), local_micros(at, zone).tolist(), strict=True):
        assert EPOCH + timedelta(microseconds=local) == to_datetime(one).astimezone(zone).replace(tzinfo=None)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1", "\n=1", "|cmd", "＝1", "\x00=1"]
)
def test_what_a_spreadsheet_would_take_for_a_formula_is_a_text(text):
    assert harmless(text).startswith("'")


@pytest.mark.parametrize("text", ["pump-1", "Vazão = 2", "a@b", "", "12,5"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == text


def test_signs_that_no_document_can_hold_go():
    assert plain("a\x00b\x1fc\ud800\ufffed\n") == "abcd\n"
