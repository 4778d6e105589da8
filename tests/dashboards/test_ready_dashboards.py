"""Ready-made dashboards fit whatever channels a device has."""

from itertools import product

import pytest

from calha.dashboards import ready
from calha.domain.profiles import ProfileChannel
from calha.store.registry.profiles import packaged


def cells(document):
    return [
        (x, y) for one in document.widgets for x, y in product(range(one.x, one.x + one.w), range(one.y, one.y + one.h))
    ]


@pytest.mark.parametrize("profile", packaged().values(), ids=lambda profile: profile.name)
def test_each_profile_has_one_without_overlaps(profile):
    made = ready.of_device("pump-1", profile.channels, profile.commands)
    covered = cells(made)
    assert len(set(covered)) == len(covered)
    shown = {one.channel for widget in made.widgets for one in widget.series_shown()}
    assert {one.key for one in profile.channels[: ready.MAX_TILES]} <= shown
    assert [one.command for one in made.widgets if one.kind == "command"] == [one.key for one in profile.commands][:12]


def test_channels_of_one_unit_share_a_chart_and_states_a_timeline():
    channels = [
        ProfileChannel("in", {}, unit="m³/h"),
        ProfileChannel("out", {}, unit="m³/h"),
        ProfileChannel("level", {}, unit="m"),
        ProfileChannel("total", {}, kind="counter", unit="m³"),
        ProfileChannel("state", {}, kind="state"),
    ]
    made = ready.of_device("plc", channels, [])
    charts = [[one.channel for one in widget.series] for widget in made.widgets if widget.kind == "chart"]
    assert charts == [["in", "out"], ["level"], ["total"]]
    looks = [(widget.look, widget.w) for widget in made.widgets if widget.kind == "chart"]
    assert looks == [("line", 6), ("line", 6), ("bar", 12)], (
        "a register as what was added, the last of a row alone wide"
    )
    assert [[one.channel for one in widget.series] for widget in made.widgets if widget.kind == "timeline"] == [
        ["state"]
    ]


def test_a_device_with_very_many_channels_and_one_without_any_have_one_too():
    many = [ProfileChannel(f"c{n}", {}, unit=f"u{n}") for n in range(200)]
    assert len(ready.of_device("plc", many, []).widgets) <= 60
    assert [one.kind for one in ready.of_device("plc", [], []).widgets] == ["alarms"]


def test_a_site_shows_its_plant_and_its_alarms():
    assert [one.kind for one in ready.of_site(7).widgets] == ["plant", "alarms"]
    assert [one.kind for one in ready.of_site(7, has_map=True).widgets] == ["plant", "alarms", "map"]
