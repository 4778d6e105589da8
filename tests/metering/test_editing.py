"""Estimates and edits over the stores: proposed, applied, taken back."""

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from calha.domain.calendars import Calendar
from calha.domain.errors import Conflict, Malformed, NotFound, TooLarge
from calha.domain.quality import Quality
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.domain.validation import Finding
from calha.metering.editing import Asked

START = 1_705_287_600_000_000  # Monday 2024-01-15T03:00Z, a local midnight
HOURS = Calendar("1h", ZoneInfo("America/Sao_Paulo"))
DAYS = Calendar("1d", ZoneInfo("America/Sao_Paulo"))


@pytest.fixture
def habitual(plant):
    """A meter of three weeks: as many m³ in an hour as it is past noon or midnight; silent on the last day from 4 to 10."""
    plant.device("m1")
    at = START + np.arange(0, 22 * DAY_US + 1, 15 * MINUTE_US, dtype=np.int64)
    hours = (at - START) / HOUR_US
    whole, part = np.divmod(hours, 1)
    per_hour = np.arange(12 * 22 * 2) % 12
    register = np.concatenate([[0], np.cumsum(per_hour)])[whole.astype(int)] + part * (whole.astype(int) % 12)
    kept = (hours <= 21 * 24 + 4) | (hours >= 21 * 24 + 10)
    plant.send(at[kept], np.round(register[kept], 3))
    return plant


LAST = START + 21 * DAY_US
GAP = Asked(LAST + 4 * HOUR_US, LAST + 10 * HOUR_US)


def amounts(plant, from_at, until_at, calendar=HOURS):
    found = plant.counting.of(plant.meter(), calendar.bounds(from_at, until_at)).consumption
    return [None if one.amount is None else float(one.amount) for one in found]


def propose(plant, asked):
    return plant.metering.editing.propose(plant.meter(), asked)


def proposed(plant, asked):
    found = propose(plant, asked)
    return found.method, [float(one.amount) for one in found.after]


def test_a_gap_between_two_registers_is_spread_as_usual_and_its_sum_is_exact(habitual):
    assert amounts(habitual, GAP.from_at, GAP.until_at) == [6.5] * 6
    assert proposed(habitual, GAP) == ("register", [4, 5, 6, 7, 8, 9])


@pytest.mark.parametrize(
    ("asked", "method", "expected"),
    [
        (replace(GAP, method="like_days"), "like_days", [4, 5, 6, 7, 8, 9]),
        (replace(GAP, method="manual", total=Decimal(78)), "manual", [8, 10, 12, 14, 16, 18]),
        (replace(GAP, method="manual", amounts=[Decimal(one) for one in range(6)]), "manual", [0, 1, 2, 3, 4, 5]),
        (Asked(LAST + 12 * HOUR_US, LAST + 14 * HOUR_US, method="interpolation"), "interpolation", [8.0, 5.0]),
        (Asked(LAST + 12 * HOUR_US, LAST + 13 * HOUR_US), "interpolation", [6.0]),
        (Asked(LAST + 12 * HOUR_US, LAST + 16 * HOUR_US), "like_days", [0, 1, 2, 3]),
    ],
)
def test_each_method_says_what_it_is_for(habitual, asked, method, expected):
    assert proposed(habitual, asked) == (method, expected)


def test_the_mean_day_serves_where_there_is_nothing_better(habitual):
    method, found = proposed(habitual, replace(GAP, method="mean"))
    assert method == "mean"
    assert sum(found) == pytest.approx(132 * 6 / 24)


def test_an_edit_replaces_what_is_counted_and_is_taken_back(habitual):
    plant = habitual
    before = amounts(plant, LAST, LAST + DAY_US, DAYS)
    proposal = propose(plant, replace(GAP, method="manual", total=Decimal(78)))
    assert float(proposal.after.total().amount - proposal.before.total().amount) == 39
    made = plant.metering.editing.apply(proposal, "estourou", "Ana")
    assert amounts(plant, GAP.from_at, GAP.until_at) == [8, 10, 12, 14, 16, 18]
    assert amounts(plant, LAST, LAST + DAY_US, DAYS) == [before[0] + 39]
    hour = plant.counting.of(plant.meter(), HOURS.bounds(GAP.from_at, GAP.from_at + 1)).consumption.interval(0)
    assert hour.quality == Quality.SUBSTITUTED
    measured = plant.counting.of(plant.meter(), HOURS.bounds(GAP.from_at, GAP.until_at), measured=True).consumption
    assert float(measured.total().amount) == 39
    assert [(one.author, one.reason, one.method) for one in history(plant)] == [("Ana", "estourou", "manual")]

    plant.metering.editing.undo(plant.meter(), made.id, "Bruno")
    assert amounts(plant, LAST, LAST + DAY_US, DAYS) == before
    assert [one.undone_by for one in history(plant)] == ["Bruno"]
    with pytest.raises(Conflict):
        plant.metering.editing.undo(plant.meter(), made.id, "Bruno")
    with pytest.raises(NotFound):
        plant.metering.editing.undo(plant.meter(), 10_000, "Bruno")


def history(plant):
    return plant.metering.edits.history(plant.meter().series, 0, plant.now)


def test_an_estimate_follows_when_the_gap_is_filled_by_late_readings_and_it_is_taken_back(habitual):
    plant = habitual
    made = plant.metering.editing.apply(propose(plant, GAP), "", "Ana")
    plant.send([LAST + 7 * HOUR_US], [2793.0 - 21 + 30])
    assert amounts(plant, GAP.from_at, GAP.until_at) == [4, 5, 6, 7, 8, 9]
    plant.metering.editing.undo(plant.meter(), made.id, "Ana")
    assert sum(amounts(plant, GAP.from_at, GAP.until_at)) == 39
    assert amounts(plant, GAP.from_at, GAP.until_at) != [6.5] * 6


def test_an_edit_closes_the_exceptions_that_it_covers_and_opens_them_again(habitual):
    plant = habitual
    findings, series = plant.metering.findings, plant.meter().series
    gap = Finding("gap", GAP.from_at, GAP.until_at, {"minutes": 360.0})
    findings.replace(series, LAST, LAST + DAY_US, [gap, Finding("high", LAST, LAST + DAY_US)], 1)
    made = plant.metering.editing.apply(propose(plant, GAP), "", "Ana")
    assert [(one.rule, one.state) for one in findings.page(None).items] == [("gap", "estimated"), ("high", "open")]
    plant.metering.editing.undo(plant.meter(), made.id, "Ana")
    assert [one.state for one in findings.page(None).items] == ["open", "open"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (replace(GAP, until_at=GAP.from_at), Malformed),
        (replace(GAP, until_at=1_900_000_000_000_000), Malformed),
        (replace(GAP, from_at=GAP.until_at - 63 * DAY_US), TooLarge),
        (replace(GAP, method="manual"), Malformed),
        (replace(GAP, method="manual", amounts=[Decimal(1)]), Malformed),
        (replace(GAP, method="interpolation"), Malformed),
        (Asked(START - 10 * DAY_US, START - 9 * DAY_US), Malformed),
    ],
)
def test_an_edit_that_cannot_be_is_refused(habitual, asked, error):
    with pytest.raises(error):
        propose(habitual, asked)
