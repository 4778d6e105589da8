"""Plans of compaction: which files are written anew, and where they are cut."""

import pytest

from calha.domain.times import DAY_US, HOUR_US
from calha.store.telemetry import compaction
from calha.store.telemetry.compaction import Rewrite, cuts, plan
from calha.store.telemetry.segments import Segment


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "TARGET_ROWS", 100)


def segment(first_day: int, last_day: int, rows: int) -> Segment:
    return Segment(f"{first_day}", first_day * DAY_US, last_day * DAY_US, rows)


def test_nothing_to_do_plans_nothing() -> None:
    assert plan([segment(0, 5, 100)], {}, 9 * DAY_US, merge_late=True) == []


def test_complete_days_join_a_small_last_file() -> None:
    small = segment(0, 5, 40)
    assert plan([small], {5 * 24: 30}, 6 * DAY_US, merge_late=False) == [Rewrite(small, 0, 6 * DAY_US, 70)]


def test_complete_days_begin_a_new_file_after_a_full_one() -> None:
    plans = plan([segment(0, 5, 100)], {5 * 24: 30}, 6 * DAY_US, merge_late=False)
    assert plans == [Rewrite(None, 5 * DAY_US, 6 * DAY_US, 30)]


def test_late_readings_rewrite_only_their_file() -> None:
    files = [segment(0, 5, 100), segment(5, 9, 100), segment(9, 12, 100)]
    late = {6 * 24 + 3: 2}
    assert plan(files, late, 12 * DAY_US, merge_late=True) == [Rewrite(files[1], 5 * DAY_US, 9 * DAY_US, 102)]
    assert plan(files, late, 12 * DAY_US, merge_late=False) == []


def test_files_are_cut_between_days() -> None:
    by_hour = {day * 24 + 7: 40 for day in range(5)}
    assert cuts(by_hour, 0, 5 * DAY_US) == [(0, 2 * DAY_US), (2 * DAY_US, 4 * DAY_US), (4 * DAY_US, 5 * DAY_US)]


def test_a_day_that_is_too_large_is_cut_between_hours() -> None:
    parts = cuts({0: 60, 1: 60, 2: 30, 24: 10}, 0, 2 * DAY_US)
    assert parts == [(0, HOUR_US), (HOUR_US, 2 * DAY_US)]
