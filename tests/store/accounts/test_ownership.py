"""Whose a device is, and with which keys fleets ask: on each database."""

from datetime import UTC, datetime, timedelta

import pytest

from calha.domain.claim_codes import plain
from calha.domain.errors import Conflict, NotFound
from calha.store.accounts import People
from calha.store.accounts.credentials import Credentials
from calha.store.accounts.ownership import Ownerships
from calha.store.accounts.provisioning import NewProvisioningKey, ProvisioningKeys
from calha.store.registry import NewDevice


@pytest.fixture
def devices(registry, site):
    other = registry.create_site("Outra", site, "UTC").id
    registry.create_devices([NewDevice("a", "generic", serial="S1"), NewDevice("b", "generic", site_id=other)], site)
    return other


@pytest.fixture
def person(registry):
    def make(name):
        return People(registry.engine).create(name, None, name, None).id

    return make


def test_each_device_has_a_code_and_stands_in_its_own_site(registry, site, devices):
    codes = Ownerships(registry.engine).codes(["a", "b", "none"])
    assert codes.keys() == {"a", "b"}
    assert all(plain(code) == code for code in codes.values())
    assert (registry.device("a").site_id, registry.device("b").site_id) == (site, devices)


def test_a_device_has_one_owner_at_a_time(registry, devices, person):
    ownerships, ana, rui = Ownerships(registry.engine), person("ana"), person("rui")
    code = ownerships.codes(["a"])["a"]
    assert ownerships.claim(code, ana, "Chácara") == "a"
    for somebody in (ana, rui):
        with pytest.raises(Conflict):
            ownerships.claim(code, somebody, "")
    with pytest.raises(NotFound):
        ownerships.rename("a", rui, "Meu")
    ownerships.release("a")
    with pytest.raises(NotFound):
        ownerships.release("a")
    with pytest.raises(NotFound):
        ownerships.claim(code, rui, "")
    ownerships.claim(ownerships.codes(["a"])["a"], rui, "")
    assert [(one.device, one.label) for one in ownerships.owned_now(rui)] == [("a", "a")]
    assert ownerships.owned_now(ana) == []
    assert ownerships.was_anothers("a", rui)
    assert not ownerships.was_anothers("b", rui)
    (first,), (second,) = ownerships.of(ana)["a"], ownerships.of(rui)["a"]
    assert first[1] is not None
    assert first[1] <= second[0]
    assert second[1] is None


def test_who_is_forgotten_owns_nothing_any_more(registry, devices, person):
    ownerships, ana = Ownerships(registry.engine), person("ana")
    ownerships.claim(ownerships.codes(["a"])["a"], ana, "Casa da Ana")
    People(registry.engine).anonymise(ana)
    assert ownerships.owner("a") is None
    assert ownerships.owned_now(ana) == []


def test_a_provisioning_key_counts_its_devices(registry, site, devices):
    keys = ProvisioningKeys(registry.engine)
    made = keys.add(NewProvisioningKey("Lote", "generic", site, 1, None, "ana"), "calha_fleet_abcd", "digest")
    assert keys.find("digest") == made
    keys.take_place(made.id)
    with pytest.raises(Conflict):
        keys.take_place(made.id)
    keys.give_back(made.id)
    keys.take_place(made.id)
    assert keys.list()[0].devices == 1
    assert made.holds
    assert not keys.revoke(made.id).holds
    old = NewProvisioningKey("Velha", "generic", site, 1, datetime.now(UTC) - timedelta(days=1), "ana")
    assert not keys.add(old, "calha_fleet_efgh", "other").holds


def test_a_device_that_asked_may_ask_again_when_it_is_allowed_to(registry, devices):
    keys, soon = ProvisioningKeys(registry.engine), datetime.now(UTC) + timedelta(hours=1)
    assert keys.state_of("a") == (False, False)
    keys.note("a")
    assert keys.state_of("a") == (True, False)
    keys.allow_again("a", soon)
    assert keys.state_of("a") == (True, True)
    keys.note("a")
    assert keys.state_of("a") == (True, False)
    keys.allow_again("b", soon)
    assert keys.state_of("b") == (True, True)
    with pytest.raises(NotFound):
        keys.allow_again("none", soon)


def test_many_secrets_are_added_at_once(registry, devices):
    credentials = Credentials(registry.engine)
    credentials.add_first({"a": "1" * 64, "b": "2" * 64, "none": "3" * 64})
    assert {key: device for key, (device, _) in credentials.devices_by_digest().items()} == {
        "1" * 64: "a",
        "2" * 64: "b",
    }
    assert [one.key for one in registry.devices_of_serial("S1")] == ["a"]
    assert registry.serials() == {"S1"}
