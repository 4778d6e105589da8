"""Series over HTTP: found by words, summed up, calculated; and only those that one may see."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from persons import Person

BEGIN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
TIME = f"from={quote(BEGIN.isoformat())}&to={quote((BEGIN + timedelta(hours=4)).isoformat())}"


@pytest.fixture(scope="module")
def tanks(calha):
    """Two devices that were read each ten minutes: one from 0 to 23, the other always 10 less than the square."""
    calha.send("POST", "/api/v1/sites", {"name": "Água Funda", "parent_id": 1})
    site = next(one["id"] for one in calha.get("/api/v1/sites")["items"] if one["name"] == "Água Funda")
    for key, value in (("explore-a", lambda n: n), ("explore-b", lambda n: n * n - 10)):
        new = {"key": key, "profile": "generic", "site_id": site, "name": f"Reservatório {key[-1].upper()}"}
        assert calha.send("POST", "/api/v1/devices", new)[0] == 201
        sent = [
            {"ts": (BEGIN + timedelta(minutes=10 * n)).isoformat(), "values": {"level": value(n)}} for n in range(24)
        ]
        status, answer = calha.send("POST", f"/api/v1/telemetry/{key}", sent)
        assert status == 200, answer
    calha.until_stored()
    return site


def names(found):
    return [f"{one['device']}/{one['channel']['key']}" for one in found["items"]]


def test_series_are_found_by_words_of_channel_device_and_site(calha, tanks):
    for words in ("explore-a level", "reservatório level", "água FUNDA level", "agua reservatorio", "funda"):
        assert "explore-a/level" in names(calha.get(f"/api/v1/series?q={quote(words)}")), words
    assert names(calha.get("/api/v1/series?q=explore-a%20pressure")) == []
    first = calha.get("/api/v1/series?q=explore-&limit=1")
    rest = calha.get(f"/api/v1/series?q=explore-&after={first['next']}")
    assert names(first) + names(rest) == ["explore-a/level", "explore-b/level"]


def test_statistics_are_exact(calha, tanks):
    one, other = calha.get(f"/api/v1/statistics?series=explore-a/level&series=explore-b/level&{TIME}")
    assert (one["count"], one["mean"], one["total"], one["first"], one["last"]) == (24, 11.5, 276.0, 0.0, 23.0)
    assert (one["minimum"]["value"], one["maximum"]["value"], one["percentiles"]["p50"]) == (0.0, 23.0, 11.5)
    assert datetime.fromisoformat(one["maximum"]["at"]) == BEGIN + timedelta(minutes=230)
    assert one["shares"] == {"good": 1.0, "estimated": 0.0, "uncertain": 0.0, "bad": 0.0}
    assert (other["device"], other["maximum"]["value"], other["consumed"]) == ("explore-b", 519.0, None)


def test_a_series_is_calculated_from_others(calha, tanks):
    both = f"series=explore-a/level&series=explore-b/level&{TIME}"
    found = calha.get(f"/api/v1/calculated?formula={quote('a * a - b')}&{both}")
    assert (found["resolution"], found["value"], set(found["quality"])) == ("raw", [10.0] * 24, {"good"})
    yes = calha.get(f"/api/v1/calculated?formula={quote('a > 11.5')}&{both}")
    assert yes["value"] == [0.0] * 12 + [1.0] * 12
    long = f"series=explore-a/level&from={quote((BEGIN - timedelta(days=365)).isoformat())}"
    assert calha.get(f"/api/v1/calculated?formula=a&{long}")["resolution"] == "1d"


def test_a_formula_is_checked_before_it_is_used(calha):
    asked = "/api/v1/formula?series=2&formula="
    assert calha.get(asked + quote("b > 2 * b")) == {"letters": ["b"], "is_yes_no": True}
    for wrong, reason, told in (
        ("a - c", "no_series", "'c' is none of the series; they are a, b"),
        ("a -", "formula_ends_early", "character 4: ends too early"),
    ):
        status, problem = calha.send("GET", asked + quote(wrong))
        assert (status, problem["reason"]) == (422, reason)
        assert told in problem["detail"]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("statistics?series=level", 422, "bad_series"),
        ("statistics?series=nobody/level", 404, "unknown_device"),
        ("statistics?series=explore-a/nothing", 404, "unknown_channel"),
        ("calculated?series=explore-a/level&formula=a+-", 422, "formula_ends_early"),
        ("calculated?series=explore-a/level&formula=b", 422, "no_series"),
        ("statistics?series=explore-a/level&from=2026-01-02&to=2026-01-01", 422, "bad_time"),
    ],
)
def test_what_makes_no_sense_is_refused(calha, tanks, path, status, reason):
    answered, problem = calha.send("GET", f"/api/v1/{path}")
    assert (answered, problem["reason"]) == (status, reason), problem


def test_nobody_finds_what_he_may_not_see(calha, tanks):
    status, elsewhere = calha.send("POST", "/api/v1/sites", {"name": "Elsewhere", "parent_id": 1})
    assert status == 201
    stranger = Person(calha, "Eva", {"role": "viewer", "site_id": elsewhere["id"]})
    assert names(stranger.get("/api/v1/series?q=explore-")) == []
    for path in ("statistics?series=explore-a/level", "calculated?formula=a&series=explore-a/level"):
        assert stranger.send("GET", f"/api/v1/{path}")[0] == 404
    viewer = Person(calha, "Rui", {"role": "viewer", "site_id": tanks})
    assert names(viewer.get("/api/v1/series?q=explore-")) == ["explore-a/level", "explore-b/level"]
