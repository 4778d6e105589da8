"""Fleets: a device asks once for a credential of its own, with the key of its fleet."""

import json
import urllib.error
import urllib.request

import pytest

from persons import Person


def ask(calha, key, serial):
    body = json.dumps({"key": key, "serial": serial}).encode()
    request = urllib.request.Request(
        f"{calha.address}/api/v1/provision", body, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture(scope="module")
def plant(calha):
    root = calha.first_site()
    return calha.send("POST", "/api/v1/sites", {"name": "Frota", "parent_id": root["id"]})[1]["id"]


@pytest.fixture
def make_key(calha, plant):
    def make(**changes):
        body = {"name": "Lote", "profile": "generic", "site_id": plant, "most_devices": 10} | changes
        status, made = calha.send("POST", "/api/v1/provisioning-keys", body)
        assert status == 201, made
        return made

    return make


def sends(calha, device, secret):
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{calha.address}/api/v1/telemetry/{device}", b'{"flow": 1}', headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_device_asks_once_and_sends(calha, make_key, plant):
    made = make_key()
    status, answer = ask(calha, made["key"], "SN 1/2026")
    assert status == 201, answer
    assert answer["device"] == "SN-1-2026"
    assert answer["addresses"]["mqtt"]["port"] == calha.mqtt_port
    assert answer["addresses"]["http"] == f"{calha.address}/api/v1/telemetry/SN-1-2026"
    assert sends(calha, answer["device"], answer["secret"]) == 200
    device = calha.get("/api/v1/devices/SN-1-2026")
    assert (device["serial"], device["site_id"]) == ("SN 1/2026", plant)
    assert ask(calha, made["key"], "SN 1/2026")[0] == 409
    listed = next(one for one in calha.get("/api/v1/provisioning-keys")["items"] if one["id"] == made["id"])
    assert (listed["devices"], listed["holds"], "key" in listed) == (1, True, False)
    targets = [one["target"] for one in calha.get("/api/v1/audit?action=device.provisioned&limit=100")["items"]]
    assert "serial SN 1/2026" in targets


def test_an_administrator_lets_a_device_ask_again_once(calha, make_key):
    key = make_key()["key"]
    first = ask(calha, key, "again-1")[1]
    assert calha.send("PUT", "/api/v1/devices/again-1/provisioning", {})[0] == 204
    status, second = ask(calha, key, "again-1")
    assert (status, second["device"]) == (201, "again-1")
    assert sends(calha, "again-1", first["secret"]) == 401
    assert sends(calha, "again-1", second["secret"]) == 200
    assert ask(calha, key, "again-1")[0] == 409


def test_a_device_that_was_registered_before_is_found_by_its_serial(calha, make_key, plant):
    body = {"key": "pre-1", "serial": "PRE-0001", "site_id": plant}
    assert calha.send("POST", "/api/v1/devices", body)[0] == 201
    key = make_key()["key"]
    assert ask(calha, key, "PRE-0001")[1]["device"] == "pre-1"
    made = calha.send("POST", "/api/v1/devices", {"key": "pre-2", "serial": "PRE-0002", "site_id": plant})[1]
    assert sends(calha, "pre-2", made["secret"]) == 200
    calha.until_stored()
    assert ask(calha, key, "PRE-0002")[0] == 409  # it works already, with a secret of its own
    elsewhere = {"key": "pre-3", "serial": "PRE-0003", "site_id": calha.first_site()["id"]}
    assert calha.send("POST", "/api/v1/devices", elsewhere)[0] == 201
    assert ask(calha, key, "PRE-0003")[0] == 403


def test_a_key_serves_so_many_devices_until_it_is_revoked(calha, make_key):
    made = make_key(most_devices=1)
    assert ask(calha, made["key"], "few-1")[0] == 201
    assert ask(calha, made["key"], "few-2")[0] == 409
    assert calha.send("GET", "/api/v1/devices/few-2")[0] == 404
    other = make_key()
    assert calha.send("DELETE", f"/api/v1/provisioning-keys/{other['id']}")[0] == 204
    assert ask(calha, other["key"], "few-3")[0] == 401
    assert calha.send("DELETE", "/api/v1/provisioning-keys/999999")[0] == 404


def test_two_serials_that_look_alike_get_keys_of_their_own(calha, make_key):
    key = make_key()["key"]
    assert [ask(calha, key, serial)[1]["device"] for serial in ("alike 1", "alike/1")] == ["alike-1", "alike-1-2"]


def test_only_administrators_make_keys(calha, plant):
    engineer = Person(calha, "ugo", {"role": "engineer", "site_id": plant})
    body = {"name": "x", "profile": "generic", "site_id": plant, "most_devices": 1}
    assert engineer.send("POST", "/api/v1/provisioning-keys", body)[0] == 403
    assert engineer.send("GET", "/api/v1/provisioning-keys")[0] == 403
    assert calha.send("POST", "/api/v1/provisioning-keys", body | {"profile": "none"})[0] == 404


def test_wrong_keys_are_slowed_down(calha):
    answers = [ask(calha, f"calha_fleet_wrong_{number:08d}", "guessed")[0] for number in range(8)]
    assert answers[0] == 401
    assert 429 in answers
