"""When people are told: quiet hours, digests, limits, and the steps of a chain."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from calha.domain.alarm_states import Priority
from calha.domain.errors import Malformed
from calha.domain.notices import (
    LAST_WAIT_MIN,
    Chain,
    Owner,
    Preferences,
    QuietHours,
    Step,
    held_until,
    limited_until,
    reaches,
)
from calha.domain.times import HOUR_US, MINUTE_US, to_micros

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NIGHT = QuietHours(time(22), time(6, 30), SAO_PAULO)
ANA, TEAM = Owner("person", 1), Owner("team", 2)


def at(day: int, hour: int, minute: int = 0, month: int = 3, year: int = 2026) -> int:
    return to_micros(datetime(year, month, day, hour, minute, tzinfo=SAO_PAULO).astimezone(UTC))


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at(10, 21, 59), None),
        (at(10, 22), at(11, 6, 30)),
        (at(11, 3), at(11, 6, 30)),
        (at(11, 6, 30), None),
        (at(11, 12), None),
    ],
)
def test_quiet_hours_over_midnight(now, end):
    assert NIGHT.end_of(now) == end


def test_quiet_hours_within_a_day_and_of_a_whole_day():
    lunch = QuietHours(time(12), time(13), SAO_PAULO)
    assert lunch.end_of(at(10, 12, 30)) == at(10, 13)
    assert lunch.end_of(at(10, 11, 59)) is None
    always = QuietHours(time(8), time(8), SAO_PAULO)
    assert always.end_of(at(10, 9)) == at(11, 8)
    assert always.end_of(at(10, 7)) == at(10, 8)


def test_quiet_hours_end_by_the_wall_clock_also_when_the_clocks_change():
    # 2018-11-04 began at 01:00 in São Paulo: the night is an hour shorter.
    before = at(3, 22, month=11, year=2018)
    assert NIGHT.end_of(before) == at(4, 6, 30, month=11, year=2018)
    assert (at(4, 6, 30, month=11, year=2018) - before) == 7 * HOUR_US + 30 * MINUTE_US


def test_what_is_urgent_is_never_held_by_quiet_hours_or_digest():
    wanted = Preferences(urgent=Priority.HIGH, quiet=NIGHT, digest_min=60)
    now = at(10, 23)
    assert held_until(wanted, Priority.HIGH, now) == now
    assert held_until(wanted, Priority.CRITICAL, now) == now
    assert held_until(wanted, Priority.MEDIUM, now) == at(11, 6, 30)


def test_a_digest_comes_at_the_full_hour():
    assert held_until(Preferences(digest_min=60), Priority.LOW, at(10, 9, 12)) == at(10, 10)
    assert held_until(Preferences(), Priority.LOW, at(10, 9, 12)) == at(10, 9, 12)


def test_the_limit_holds_until_a_message_is_an_hour_old_and_what_is_critical_for_a_minute():
    wanted, now = Preferences(per_hour=2), at(10, 9)
    left = [now - 50 * MINUTE_US, now - 10 * MINUTE_US, now - 2 * HOUR_US]
    assert limited_until(wanted, Priority.HIGH, now, left[:1]) == now
    assert limited_until(wanted, Priority.HIGH, now, left) == now + 10 * MINUTE_US
    assert limited_until(wanted, Priority.CRITICAL, now, left) == now + MINUTE_US


def test_priorities_are_ordered():
    assert reaches(Priority.CRITICAL, Priority.LOW)
    assert reaches(Priority.HIGH, Priority.HIGH)
    assert not reaches(Priority.LOW, Priority.MEDIUM)


def test_a_chain_counts_its_steps_through_its_repeats():
    chain = Chain("c", None, Priority.LOW, (Step(0, (ANA,)), Step(10, (TEAM,))), repeats=1)
    assert chain.last == 3
    assert [chain.wait_after(number) for number in range(4)] == [10, 0, 10, LAST_WAIT_MIN]
    assert [chain.owners_of(number) for number in range(4)] == [(ANA,), (TEAM,), (ANA,), (TEAM,)]


@pytest.mark.parametrize(
    ("steps", "repeats"),
    [((), 0), ((Step(0, ()),), 0), ((Step(100_000, (ANA,)),), 0), ((Step(0, (ANA,)),), 1)],
    ids=["no step", "nobody", "waits too long", "begins again without a pause"],
)
def test_a_chain_that_cannot_work_is_refused(steps, repeats):
    with pytest.raises(Malformed):
        Chain("c", None, Priority.LOW, steps, repeats)
