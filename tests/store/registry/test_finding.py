"""Finding by words, on every database."""

import pytest

from calha.store.registry import finding
from calha.store.registry.finding import Finder


@pytest.fixture
def site(registry):
    return registry.create_site("Companhia", None, "America/Sao_Paulo").id


def found(finder, asked, kind="device", limit=10, may_see=lambda _: True):
    return [one.id for one in finder.picture().find(asked, may_see, limit)[kind]]


def test_devices_are_found_by_name_key_serial_and_site_whatever_the_accents(registry, site):
    north = registry.create_site("Estação Norte", site, "UTC")
    registry.create_device("p-1", "water_flow", north.id, name="Bomba de água bruta", serial="SN-77")
    registry.create_device("p-2", "water_flow", site, name="Bomba de recalque")
    finder = Finder(registry)
    assert found(finder, "agua") == ["p-1"]
    assert found(finder, "sn-77") == ["p-1"]
    assert found(finder, "bomba ESTACAO") == ["p-1"]
    assert found(finder, "bomba") == ["p-2", "p-1"]
    assert found(finder, "p-2") == ["p-2"]
    assert found(finder, "estacao", "site") == [str(north.id)]


def test_a_channel_is_found_by_its_own_words_beside_those_of_its_device(registry, site):
    registry.create_device("eta-1", "water_flow", site)
    registry.create_device("eta-2", "water_flow", site)
    finder = Finder(registry)
    (channel, *_) = registry.device("eta-1").channels
    things = finder.picture().find(f"eta-2 {channel.key}", lambda _: True, 10)["channel"]
    assert {one.device for one in things} == {"eta-2"}
    assert channel.key in {one.id for one in things}
    assert found(finder, "eta-1", "channel") == []


def test_series_are_found_by_words_of_channel_device_and_site_in_their_order(registry, site):
    north = registry.create_site("Estação Norte", site, "UTC")
    registry.create_device("eta-9", "water_flow", north.id, name="Vazão")
    registry.create_device("eta-8", "water_flow", site)
    finder = Finder(registry)
    (first, *_) = rows = registry.device("eta-9").channels
    numbers = [row.series for row in rows]

    def series(asked, unit=None, after=0, limit=50, may_see=lambda _: True):
        return [number for number, _ in finder.picture().series(asked, unit, may_see, after, limit)]

    assert series("ESTACAO vazao") == numbers
    assert series("estacao", after=first.series, limit=1) == numbers[1:2]
    assert series(f"norte {first.key}", first.unit) == [first.series]
    assert series("estacao", "no such unit") == []
    assert series("", may_see=lambda device: device.id == "eta-8") == [
        row.series for row in registry.device("eta-8").channels
    ]


def test_what_changes_is_found_at_once_and_never_what_may_not_be_seen(registry, site):
    finder = Finder(registry)
    registry.create_device("late-1", "generic", site)
    assert found(finder, "late-1") == ["late-1"]
    registry.update_device("late-1", name="Outro nome")
    assert found(finder, "outro nome") == ["late-1"]
    assert found(finder, "outro nome", may_see=lambda thing: thing.site != site) == []
    registry.delete_device("late-1")
    assert found(finder, "late-1") == []


def test_no_more_is_found_than_asked_for(registry, site):
    for number in range(5):
        registry.create_device(f"many-{number}", "generic", site)
    assert found(Finder(registry), "many", limit=3) == ["many-0", "many-1", "many-2"]


def test_a_picture_knows_whether_it_has_the_channels_of_all_devices(registry, site, monkeypatch):
    registry.create_device("eta-1", "water_flow", site)
    channels = len(registry.device("eta-1").channels)
    monkeypatch.setattr(finding, "MAX_CHANNELS", channels)
    whole = Finder(registry).picture()
    registry.create_device("eta-2", "water_flow", site)
    cut = Finder(registry).picture()
    assert (whole.is_whole, cut.is_whole) == (True, False)
    assert {key for _, key in cut.series("", None, lambda _: True, 0, 100)} == {"eta-1"}
