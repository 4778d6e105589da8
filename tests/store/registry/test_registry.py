"""Sites, devices, channels, profiles and events, on every database."""

from datetime import UTC, datetime

import pytest

from calha.domain.errors import Conflict, InvalidConfiguration, InvalidProfile, Malformed, NotFound
from calha.domain.times import to_micros
from calha.store.registry import NewDevice, Position, Registry, Selection, gateways
from calha.store.registry.registry import MAX_SITE_DEPTH

OWN_PROFILE = """
name: silo
title: {pt: Silo, en: Silo}
description: {pt: Nível de silo, en: Silo level}
channels:
  - {key: level, name: {pt: Nível, en: Level}, unit: m, maximum: 12, aliases: [nivel]}
"""


def test_sites_are_a_tree_with_paths(registry, site):
    plant = registry.create_site("ETA Norte", site, "America/Manaus")
    line = registry.create_site("Linha 1", plant.id, "America/Manaus")
    assert line.path == ["Companhia", "ETA Norte", "Linha 1"]
    assert [one.name for one in registry.sites()] == ["Companhia", "ETA Norte", "Linha 1"]
    renamed = registry.update_site(plant.id, name="ETA Sul")
    assert registry.site(line.id).path == ["Companhia", "ETA Sul", "Linha 1"]
    assert renamed.zone == "America/Manaus"


def test_where_things_are_is_kept_changed_and_forgotten(registry, site):
    recife, olinda = Position(-8.05, -34.9), Position(-8.01, -34.855)
    plant = registry.create_site("ETA", site, "UTC", recife)
    assert registry.site(plant.id).position == recife
    assert registry.update_site(plant.id, name="ETA Sul").position == recife
    assert registry.update_site(plant.id, position=olinda).position == olinda
    assert registry.update_site(plant.id, position=None).position is None
    registry.create_device("placed", "generic", plant.id, position=recife)
    registry.create_device("somewhere", "generic", plant.id)
    assert [one.key for one in registry.devices(site=plant.id, placed=True).items] == ["placed"]
    assert registry.update_device("placed", note="by the road").position == recife
    assert registry.update_device("somewhere", position=olinda).position == olinda
    assert registry.update_device("placed", position=None).position is None
    assert [one.key for one in registry.devices(site=plant.id, placed=True).items] == ["somewhere"]


def test_a_site_that_cannot_stand_there_is_refused_and_nothing_changes(registry, site):
    chain = [site]
    for level in range(MAX_SITE_DEPTH - 1):
        chain.append(registry.create_site(f"level {level}", chain[-1], "UTC").id)
    other = registry.create_site("other", None, "UTC")
    below = registry.create_site("below", other.id, "UTC")
    before = registry.sites()
    with pytest.raises(Conflict, match="levels deep"):
        registry.create_site("too deep", chain[-1], "UTC")
    with pytest.raises(Conflict, match="levels deep"):
        registry.update_site(other.id, parent_id=chain[-2])
    with pytest.raises(NotFound, match="no site 99999"):
        registry.update_site(below.id, parent_id=99999)
    assert registry.sites() == before


def test_the_last_site_stays(registry, site):
    for other in registry.sites():
        if other.id != site:
            registry.delete_site(other.id)
    with pytest.raises(Conflict, match="only site"):
        registry.delete_site(site)


def test_what_names_no_site_goes_to_the_oldest_whatever_others_are_called(registry, site):
    registry.create_site("A name before all others", None, "UTC")
    assert registry.first_site().id == min(one.id for one in registry.sites())


def test_a_site_cannot_stand_below_itself_nor_vanish_with_what_it_holds(registry, site):
    plant = registry.create_site("ETA", site, "UTC")
    with pytest.raises(Conflict):
        registry.update_site(site, parent_id=plant.id)
    with pytest.raises(Conflict, match="1 sites"):
        registry.delete_site(site)
    registry.create_device("pump", "generic", plant.id)
    with pytest.raises(Conflict, match="1 devices"):
        registry.delete_site(plant.id)
    registry.delete_device("pump")
    registry.delete_site(plant.id)
    with pytest.raises(NotFound):
        registry.site(plant.id)


def test_a_zone_that_does_not_exist_is_refused(registry, site):
    with pytest.raises(Malformed, match="IANA"):
        registry.create_site("X", site, "Brazil/Somewhere")


def test_a_device_has_the_channels_of_its_profile(registry, site):
    device = registry.create_device("eta-1", "water_flow", site, name="ETA 1", serial="S1", note="açude")
    channels = {channel.key: channel for channel in device.channels}
    assert channels["flow_1"].unit == "m³/h"
    assert channels["pump"].kind == "state"
    assert channels["pump"].states == {"0": {"pt": "parada", "en": "stopped"}, "1": {"pt": "ligada", "en": "running"}}
    assert (device.name, device.serial, device.note, device.site_path) == ("ETA 1", "S1", "açude", ["Companhia"])
    assert registry.device("eta-1") == device


def test_a_key_is_given_once(registry, site):
    registry.create_device("a", "generic", site)
    with pytest.raises(Conflict, match="device a already"):
        registry.create_device("a", "generic", site)
    with pytest.raises(NotFound, match="no profile"):
        registry.create_device("b", "nothing", site)
    with pytest.raises(NotFound, match="no site"):
        registry.create_device("b", "generic", site + 1000)


def test_keys_tell_upper_from_lower_case(registry, site):
    registry.create_device("a", "generic", site)
    registry.create_device("A", "generic", site)
    assert [channel.key for channel in registry.discover("a", ["flow", "FLOW"])] == ["flow", "FLOW"]


def test_devices_are_listed_in_pages_and_found_by_text_profile_and_subtree(registry, site):
    plant = registry.create_site("ETA", site, "UTC")
    other = registry.create_site("Outra", None, "UTC")
    registry.create_devices([NewDevice(f"m-{n:03}", "water_meter") for n in range(25)], plant.id)
    registry.create_device("x-100%", "machine", other.id, name="Moedor")
    first = registry.devices(limit=20)
    rest = registry.devices(limit=20, after=first.next)
    assert [one.key for one in (*first.items, *rest.items)] == [f"m-{n:03}" for n in range(25)] + ["x-100%"]
    assert rest.next is None
    assert [one.key for one in registry.devices(q="moed").items] == ["x-100%"]
    assert [one.key for one in registry.devices(q="100%").items] == ["x-100%"]
    assert len(registry.devices(site=site).items) == 25
    assert [one.key for one in registry.devices(profile="machine").items] == ["x-100%"]
    assert registry.device_keys(other.id) == {"x-100%"}


def test_a_change_based_on_an_old_version_is_refused(registry, site):
    before = registry.create_device("a", "generic", site)
    after = registry.update_device("a", version=before.version, name="A")
    assert after.version == before.version + 1
    with pytest.raises(Conflict, match="meanwhile"):
        registry.update_device("a", version=before.version, name="B")
    assert registry.device("a").name == "A"


def test_a_device_may_stand_behind_a_gateway_but_not_behind_itself(registry, site):
    registry.create_device("gateway", "generic", site)
    registry.create_device("inner", "generic", site, gateway="gateway")
    device = registry.create_device("meter", "generic", site, gateway="inner")
    assert (device.gateway, registry.device("inner").gateway, registry.device("gateway").gateway) == (
        "inner",
        "gateway",
        None,
    )
    assert registry.directory().devices["meter"].gateway == "inner"
    for gateway in ("meter", "gateway"):
        with pytest.raises(Conflict, match="itself"):
            registry.update_device("gateway", gateway=gateway)
    with pytest.raises(NotFound, match="no device 'nowhere'"):
        registry.update_device("meter", gateway="nowhere")
    assert registry.update_device("meter", name="M").gateway == "inner"
    assert registry.update_device("meter", gateway=None).gateway is None
    registry.delete_device("gateway")
    assert registry.device("inner").gateway is None


def test_gateways_stand_only_so_deep(registry, site):
    registry.create_device("g0", "generic", site)
    for depth in range(gateways.MAX_DEPTH):
        registry.create_device(f"g{depth + 1}", "generic", site, gateway=f"g{depth}")
    with pytest.raises(Conflict, match="deep"):
        registry.create_device("too-deep", "generic", site, gateway=f"g{gateways.MAX_DEPTH}")


def test_another_profile_adds_its_channels_and_loses_none(registry, site):
    registry.create_device("a", "water_meter", site)
    device = registry.update_device("a", profile="machine")
    assert {"total", "flow", "rpm", "state"} <= {channel.key for channel in device.channels}


def test_a_channel_can_be_changed_within_reason(registry, site):
    registry.create_device("a", "water_meter", site)
    changed = registry.update_channel("a", "flow", unit="m³/h", minimum=1, maximum=2, precision=3, name="Vazão")
    assert (changed.unit, changed.minimum, changed.maximum, changed.precision, changed.name) == (
        "m³/h",
        1,
        2,
        3,
        "Vazão",
    )
    assert registry.update_channel("a", "flow", minimum=None).minimum is None
    with pytest.raises(Malformed, match="not above"):
        registry.update_channel("a", "flow", minimum=5)
    with pytest.raises(NotFound, match="no channel"):
        registry.update_channel("a", "colour", unit="m")


def test_undeclared_keys_are_discovered_up_to_the_profiles_limit(registry, site):
    registry.create_device("g", "generic", site)
    made = registry.discover("g", ["a", "b", "a"])
    assert [(one.key, one.kind, one.unit, one.discovered) for one in made] == [
        ("a", "gauge", "", True),
        ("b", "gauge", "", True),
    ]
    assert registry.discover("g", ["b"]) == []
    registry.discover("g", [f"k{n}" for n in range(200)])
    assert len(registry.device("g").channels) == registry.profile("generic").max_channels
    assert registry.directory().devices["g"].may_discover == 0
    registry.create_device("f", "water_flow", site)
    assert registry.discover("f", ["colour"]) == []


def test_a_series_number_is_never_given_twice(registry, site):
    first = registry.create_device("a", "water_meter", site).channels[-1].series
    registry.delete_device("a")
    assert registry.create_device("a", "water_meter", site).channels[0].series > first


def test_the_directory_knows_channels_by_key_alias_and_states_by_every_word(registry, site):
    registry.create_device("eta", "water_flow", site)
    entry = registry.directory().devices["eta"]
    assert entry.channels["VAZAO_SAIDA1"] is entry.channels["flow_1"]
    assert entry.channels["pump"].states == {
        "parada": 0,
        "stopped": 0,
        "off": 0,
        "desligada": 0,
        "ligada": 1,
        "running": 1,
        "on": 1,
        "ativa": 1,
    }
    assert str(entry.zone) == "America/Sao_Paulo"
    series = entry.channels["flow_1"].series
    assert registry.directory().names[series] == ("eta", "flow_1")
    assert registry.units()[series] == "m³/h"


def test_the_version_grows_with_each_change_and_tells_the_directory(registry, site):
    before = registry.directory().version
    assert registry.version == before
    registry.create_device("a", "generic", site)
    assert registry.version > before
    assert registry.directory().version == registry.version


def test_a_profile_of_ones_own_can_be_saved_used_and_deleted(registry, site):
    assert registry.save_profile(OWN_PROFILE).source == "user"
    device = registry.create_device("silo-1", "silo", site)
    assert [channel.key for channel in device.channels] == ["level"]
    assert "nivel" in registry.directory().devices["silo-1"].channels
    with pytest.raises(Conflict, match="1 devices use"):
        registry.delete_profile("silo")
    registry.delete_device("silo-1")
    registry.delete_profile("silo")
    with pytest.raises(NotFound):
        registry.profile("silo")


def test_a_packaged_profile_is_neither_replaced_nor_deleted(registry):
    with pytest.raises(Conflict, match="comes with Calha"):
        registry.save_profile(OWN_PROFILE.replace("name: silo", "name: machine", 1))
    with pytest.raises(Conflict):
        registry.delete_profile("machine")
    with pytest.raises(InvalidProfile, match="profile:6:"):
        registry.save_profile(OWN_PROFILE.replace("maximum: 12", "maximum: high"))


def test_events_are_listed_newest_first_in_pages(registry):
    for number in range(5):
        registry.add_event("tested", device="a" if number % 2 else None, text={"pt": str(number), "en": str(number)})
    first = registry.events(limit=3)
    rest = registry.events(limit=3, after=int(first.next or 0))
    assert [one.text["pt"] for one in (*first.items, *rest.items)] == ["4", "3", "2", "1", "0"]
    assert [one.text["pt"] for one in registry.events(device="a").items] == ["3", "1"]


def test_many_devices_are_created_all_or_none(registry, site):
    with pytest.raises(Conflict):
        registry.create_devices(
            [NewDevice("n1", "generic"), NewDevice("n2", "generic"), NewDevice("n1", "generic")], site
        )
    assert registry.devices().items == []


def test_opening_again_finds_everything(database, registry, site):
    registry.create_device("a", "generic", site)
    again = Registry.open(database)
    assert again.device("a") == registry.device("a")
    again.close()


def test_a_url_that_is_none_is_refused():
    with pytest.raises(InvalidConfiguration, match="no database URL"):
        Registry.open("nonsense")
    with pytest.raises(InvalidConfiguration, match="supported are"):
        Registry.open("oracle://host/db")


def test_a_folder_of_profiles_is_read_and_its_faults_name_file_and_line(tmp_path):
    (tmp_path / "silo.yaml").write_text(OWN_PROFILE)
    opened = Registry.open(f"sqlite:///{tmp_path}/r.sqlite", tmp_path)
    assert opened.profile("silo").channels[0].maximum == 12
    opened.close()
    (tmp_path / "silo.yaml").write_text(OWN_PROFILE.replace("kind", "kidn").replace("unit: m", "unti: m"))
    with pytest.raises(InvalidConfiguration, match=r"silo.yaml:6:.*'unti' is unknown; allowed: key, name, kind, unit"):
        Registry.open(f"sqlite:///{tmp_path}/r.sqlite", tmp_path)


def test_a_sqlite_registry_is_copied_while_it_is_used(tmp_path):
    opened = Registry.open(f"sqlite:///{tmp_path}/r.sqlite")
    opened.create_site("A", None, "UTC")
    opened.backup(tmp_path / "copy.sqlite")
    copy = Registry.open(f"sqlite:///{tmp_path}/copy.sqlite")
    assert [site.name for site in copy.sites()] == ["A"]
    copy.close()
    opened.close()


def test_the_series_of_a_retention_class_are_those_whose_profile_says_so(registry, site):
    registry.save_profile(OWN_PROFILE.replace("aliases: [nivel]", "retention: raw"))
    device = registry.create_device("silo-1", "silo", site)
    registry.create_device("eta", "water_flow", site)
    assert registry.series_of_retention("raw") == [device.channels[0].series]


def test_a_device_begins_with_its_own_events_also_where_these_tell_of_before(registry, site):
    registry.create_device("a", "generic", site)
    registry.add_event("old", device="a", text={"pt": "do primeiro", "en": "of the first"})
    registry.delete_device("a")
    registry.create_device("a", "generic", site)
    registry.add_event("imported", device="a", text={"pt": "x", "en": "x"}, at=datetime(2020, 1, 1, tzinfo=UTC))
    sees = Selection(frozenset({site}), [])
    for asked in ({"device": "a"}, {"within": sees}, {"device": "a", "within": sees}):
        assert [one.kind for one in registry.events(**asked).items] == ["imported"]
    assert [one.kind for one in registry.events().items] == ["imported", "device_deleted", "old"]
    entry = registry.directory().devices["a"]
    assert 0 < entry.since <= to_micros(datetime.now(UTC))
    registry.delete_device("a")
    assert [one.kind for one in registry.events(device="a").items][-1] == "old", "nobody has the key: all that there is"
