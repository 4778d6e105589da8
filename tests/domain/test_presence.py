"""Who is silent, and on whose account."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.presence import Cause, Hearing, Rhythm, State, judge

NOW = 1_800_000_000_000_000
S = 1_000_000
LONG_AGO = Hearing(NOW, NOW - 86_400 * S)


def judged(*devices, hearing=LONG_AGO, known_silent=(), behind=None):
    """devices: (seconds since the last message or None, usual interval or None, site). behind: gateway's row by row."""
    seen = np.array([0 if age is None else NOW - round(age * S) for age, _, _ in devices], np.int64)
    interval = np.array([np.nan if usual is None else usual for _, usual, _ in devices])
    site = np.array([site for _, _, site in devices], np.int64)
    gateway = np.array([(behind or {}).get(row, -1) for row in range(len(devices))], np.int64)
    known = np.zeros(len(devices), bool)
    known[list(known_silent)] = True
    state, cause = judge(seen, interval, site, gateway, known, hearing)
    return [(State(one).name, Cause(why).name) for one, why in zip(state, cause, strict=True)]


@pytest.mark.parametrize(
    ("age", "usual", "expected"),
    [
        (None, 60, ("NEVER", "NONE")),
        (0, 60, ("ONLINE", "NONE")),
        (89, 60, ("ONLINE", "NONE")),
        (91, 60, ("LATE", "NONE")),
        (179, 60, ("LATE", "NONE")),
        (181, 60, ("SILENT", "DEVICE")),
        (14, 1, ("ONLINE", "NONE")),  # nobody is late within seconds
        (29, 1, ("LATE", "NONE")),
        (31, 1, ("SILENT", "DEVICE")),
        (899, None, ("LATE", "NONE")),
        (901, None, ("SILENT", "DEVICE")),
    ],
)
def test_a_device_is_late_and_then_silent_by_its_own_interval(age, usual, expected):
    assert judged((age, usual, 1), (1, 60, 1))[0] == expected


def test_a_device_whose_neighbours_report_is_silent_itself():
    assert judged((500, 60, 1), (10, 60, 1), (20, 60, 2)) == [
        ("SILENT", "DEVICE"),
        ("ONLINE", "NONE"),
        ("ONLINE", "NONE"),
    ]


def test_a_site_whose_devices_fell_silent_together_is_the_cause():
    assert judged((200, 60, 1), (210, 60, 1), (100, 60, 1), (5, 60, 2), (None, 60, 1)) == [
        ("SILENT", "SITE"),
        ("SILENT", "SITE"),
        ("LATE", "NONE"),
        ("ONLINE", "NONE"),
        ("NEVER", "NONE"),
    ]


def test_a_device_that_fell_silent_long_before_its_site_did_so_itself():
    found = judged((86_400, 60, 1), (200, 60, 1), (210, 60, 1))
    assert found == [("SILENT", "DEVICE"), ("SILENT", "SITE"), ("SILENT", "SITE")]


def test_a_device_alone_in_its_site_is_the_cause_itself():
    assert judged((200, 60, 1)) == [("SILENT", "DEVICE")]
    assert judged((200, 60, 1), (90_000, 60, 1))[0] == ("SILENT", "DEVICE")


def test_behind_a_gateway_that_is_silent_or_late_the_gateway_is_the_cause():
    devices = [(200, 60, 1), (300, 60, 1), (190, 60, 2), (10, 60, 1), (None, 60, 1)]
    behind = dict.fromkeys(range(1, 5), 0)
    silent, late = judged(*devices, behind=behind), judged((100, 60, 1), *devices[1:], behind=behind)
    assert silent == [
        ("SILENT", "DEVICE"),
        ("SILENT", "GATEWAY"),
        ("SILENT", "GATEWAY"),
        ("ONLINE", "NONE"),
        ("NEVER", "NONE"),
    ]
    assert late[:3] == [("LATE", "NONE"), ("SILENT", "GATEWAY"), ("SILENT", "GATEWAY")]


def test_behind_a_gateway_that_reports_or_never_has_a_device_is_the_cause_itself():
    assert judged((10, 60, 1), (200, 60, 1), behind={1: 0})[1] == ("SILENT", "DEVICE")
    assert judged((None, 60, 1), (200, 60, 1), behind={1: 0})[1] == ("SILENT", "DEVICE")


def test_gateways_that_fall_silent_together_do_so_with_their_site():
    found = judged((200, 60, 1), (210, 60, 1), (200, 60, 1), (5, 60, 1), behind={2: 0, 3: 1})
    assert found == [("SILENT", "SITE"), ("SILENT", "SITE"), ("SILENT", "GATEWAY"), ("ONLINE", "NONE")]


@pytest.mark.parametrize("fault", [Cause.BROKER, Cause.PLATFORM])
def test_while_calha_cannot_hear_no_device_is_to_blame(fault):
    hearing = Hearing(NOW, NOW - 86_400 * S, fault)
    assert judged((10, 60, 1), (100, 60, 1), (500, 60, 1), (None, 60, 1), hearing=hearing) == [
        ("ONLINE", "NONE"),
        ("LATE", fault.name),
        ("SILENT", fault.name),
        ("NEVER", "NONE"),
    ]


def test_after_calha_was_away_each_device_has_its_time_to_be_heard_again():
    back = Hearing(NOW, NOW - 100 * S, last_fault=Cause.PLATFORM)
    found = judged((7_200, 60, 1), (7_200, 10, 2), (50, 60, 2), (5_000, 10, 1), hearing=back, known_silent=[3])
    assert found == [("LATE", "PLATFORM"), ("SILENT", "DEVICE"), ("ONLINE", "NONE"), ("SILENT", "DEVICE")]


def test_without_devices_nothing_is_judged():
    assert judged() == []


def test_the_interval_is_the_median_of_the_last_gaps():
    rhythm = Rhythm(np.array([np.nan, 900.0]))
    row = np.array([0])
    for gap in (60.0, 60.0):
        rhythm.take(row, np.array([gap]))
    assert np.isnan(rhythm.interval_s[0])
    for gap in (61.0, 7_200.0, 59.0):
        rhythm.take(row, np.array([gap]))
    assert rhythm.interval_s.tolist() == [60.0, 900.0]
    for _ in range(8):
        rhythm.take(row, np.array([10.0]))
    assert rhythm.interval_s[0] == 10.0


def test_what_was_learnt_survives_a_restart_and_yields_to_what_is_heard():
    rhythm = Rhythm(np.array([60.0, 900.0]), np.array([True, False]))
    assert rhythm.is_learnt.tolist() == [True, False]
    rhythm.take(np.array([0]), np.array([5.0]))
    assert rhythm.interval_s[0] == 60.0
    for _ in range(15):
        rhythm.take(np.array([0]), np.array([5.0]))
    assert rhythm.interval_s[0] == 5.0


def test_rows_move_when_devices_come_and_go():
    old = Rhythm(np.array([np.nan, np.nan]))
    for _ in range(3):
        old.take(np.array([0, 1]), np.array([10.0, 20.0]))
    new = Rhythm(np.array([np.nan, 300.0, np.nan]))
    new.keep(np.array([1]), np.array([2]), old)
    assert new.interval_s[2] == 20.0
    assert new.interval_s[1] == 300.0
    assert new.is_learnt.tolist() == [False, False, True]


@given(st.lists(st.floats(1, 1e6), min_size=3, max_size=40))
def test_the_interval_lies_among_the_gaps_that_are_remembered(gaps):
    rhythm = Rhythm(np.array([np.nan]))
    for gap in gaps:
        rhythm.take(np.array([0]), np.array([gap]))
    recent = np.array(gaps[-15:], np.float32)
    assert recent.min() <= rhythm.interval_s[0] <= recent.max()
