"""Claiming: a device becomes its owner's by the code on its label, and each owner sees his own time only."""

import io
import json
import sqlite3
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from persons import Person

pytestmark = pytest.mark.slow

TARIFF = """
key: claim_water
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components: [{kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: 5, is_taxed: false}]
"""


def code_of(calha, device):
    with sqlite3.connect(f"file:{calha.folder}/registry.sqlite?mode=ro", uri=True) as registry:
        query = "SELECT code FROM claim_code JOIN device ON device.id = device_id WHERE key = ?"
        return registry.execute(query, [device]).fetchone()[0]


def report(calha, device, value):
    assert calha.send("POST", f"/api/v1/telemetry/{device}", {"flow": value})[0] == 200
    calha.until_stored()


def flows(person, device):
    found = person.get(f"/api/v1/devices/{device}/readings?channel=flow&resolution=raw")["series"]
    return found[0]["value"]


def latest(person, device):
    return [one["value"] for one in person.get(f"/api/v1/latest?device={device}")["items"] if one["channel"] == "flow"]


def exported(person, device=""):
    body = person.send("GET", f"/api/v1/export?device={device}")[1]
    return pa.ipc.open_stream(io.BytesIO(body)).read_all().to_pylist()


def first_live_values(person):
    """What a stream of all latest values brings before its first pause."""
    headers = {"Authorization": f"Bearer {person.token}"}
    request = urllib.request.Request(f"{person.calha.address}/api/v1/live?since=0", headers=headers)
    values, ends_at = [], time.monotonic() + 7
    with urllib.request.urlopen(request, timeout=60) as stream:
        while time.monotonic() < ends_at:
            line = stream.readline().decode()
            if line.startswith("event: status") and values:
                return values
            if line.startswith("data: "):
                values += [one["value"] for one in json.loads(line[6:]).get("readings", [])]
    return values


def audited(calha, action):
    return [one["target"] for one in calha.get(f"/api/v1/audit?q={action}&limit=500")["items"]]


def reads_of(calha, device):
    """(reader, whose curve) of each noted read."""
    found = calha.get(f"/api/v1/audit?q=curve.read&target=device%20{device}")["items"]
    return [(one["actor"], json.loads(one["after"])["owner"]) for one in found]


def test_a_claim_makes_the_device_ones_own(calha):
    calha.create_device("claim-own", "water_flow")
    person, other = Person(calha, "maria"), Person(calha, "jose")
    code = code_of(calha, "claim-own")
    typed = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    assert person.send("GET", "/api/v1/devices/claim-own")[0] == 404
    offer = person.get(f"/api/v1/claims/{typed}")
    assert (offer["profile"], offer["free"], offer["yours"]) == ("water_flow", True, False)
    status, claimed = person.send("POST", "/api/v1/claims", {"code": typed, "name": "Chácara"})
    assert (status, claimed["device"], claimed["name"]) == (201, "claim-own", "Chácara")
    (own,) = person.get("/api/v1/account/devices")["items"]
    assert (own["name"], own["zone"]) == ("Chácara", calha.get("/api/v1/devices/claim-own")["zone"])
    assert [one["key"] for one in person.get("/api/v1/devices")["items"]] == ["claim-own"]
    assert calha.get("/api/v1/devices/claim-own")["name"] == "claim-own"  # its operator's name stays
    offer = other.get(f"/api/v1/claims/{code}")
    assert (offer["free"], offer["yours"], offer["serial"]) == (False, False, None)
    assert other.send("POST", "/api/v1/claims", {"code": code})[0] == 409
    assert person.send("POST", "/api/v1/claims", {"code": code})[0] == 409
    assert "device claim-own" in audited(calha, "device.claimed")
    known = calha.get("/api/v1/devices/claim-own/claim")
    assert (known["code"].replace("-", ""), known["owner"]) == (code, "maria")
    assert person.send("GET", "/api/v1/devices/claim-own/claim")[0] == 403
    assert person.send("PATCH", "/api/v1/account/devices/claim-own", {"name": "Sítio"})[1]["name"] == "Sítio"
    assert other.send("PATCH", "/api/v1/account/devices/claim-own", {"name": "Meu"})[0] == 404


def test_each_owner_sees_his_own_time_only(calha):
    calha.create_device("claim-time")
    first, second = Person(calha, "ana"), Person(calha, "rui")
    report(calha, "claim-time", 1.0)
    old = code_of(calha, "claim-time")
    assert first.send("POST", "/api/v1/claims", {"code": old})[0] == 201
    assert latest(first, "claim-time") == []  # measured before it was his
    report(calha, "claim-time", 2.0)
    assert latest(first, "claim-time") == [2.0]
    assert second.send("DELETE", "/api/v1/devices/claim-time/claim")[0] == 404
    assert first.send("DELETE", "/api/v1/devices/claim-time/claim")[0] == 204
    assert first.send("DELETE", "/api/v1/devices/claim-time/claim")[0] in (403, 404)
    report(calha, "claim-time", 3.0)
    assert second.send("POST", "/api/v1/claims", {"code": old})[0] == 404
    assert second.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-time")})[0] == 201
    assert latest(second, "claim-time") == []
    assert first_live_values(second) == []
    report(calha, "claim-time", 4.0)
    assert flows(first, "claim-time") == [2.0]
    assert flows(second, "claim-time") == [4.0]
    assert latest(first, "claim-time") == []
    assert latest(second, "claim-time") == [4.0]
    assert first_live_values(first) == []
    assert first_live_values(second) == [4.0]
    assert [row["value"] for row in exported(first)] == [2.0]
    assert [row["value"] for row in exported(second)] == [4.0]
    assert first.get("/api/v1/account/devices")["items"] == []
    assert len(second.get("/api/v1/account/devices")["items"]) == 1
    assert second.get("/api/v1/events?device=claim-time")["items"] == []  # created long before
    assert len(calha.get("/api/v1/events?device=claim-time")["items"]) == 1


def test_who_gave_a_device_back_does_not_learn_where_it_is_now(calha):
    calha.create_device("claim-place")
    first, second = Person(calha, "eda"), Person(calha, "lia")
    assert first.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-place")})[0] == 201
    place = {"note": "at Lia's, behind the house", "position": {"latitude": -8.05, "longitude": -34.9}}
    assert first.send("DELETE", "/api/v1/devices/claim-place/claim")[0] == 204
    assert second.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-place")})[0] == 201
    assert calha.send("PATCH", "/api/v1/devices/claim-place", place)[0] == 200
    path = "/api/v1/devices/claim-place"
    for shown in (first.get(path), first.get("/api/v1/devices")["items"][0]):
        assert (shown["note"], shown["position"], shown["presence"]) == ("", None, None)
    assert second.get(path)["position"] == place["position"]


def test_each_owner_sees_the_commands_of_his_time_only(calha):
    calha.create_device("claim-cmd", "machine")
    first, second = Person(calha, "ana"), Person(calha, "rui")
    ids = []
    for person in (first, second):
        assert person.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-cmd")})[0] == 201
        status, made = calha.send("POST", "/api/v1/devices/claim-cmd/commands", {"command": "stop"})
        assert status == 201, made
        ids.append(made["id"])
        if person is first:
            assert person.send("DELETE", "/api/v1/devices/claim-cmd/claim")[0] == 204
    for person, own, foreign in ((first, *ids), (second, *reversed(ids))):
        for path in ("/api/v1/commands", "/api/v1/devices/claim-cmd/commands"):
            assert [one["id"] for one in person.get(path)["items"]] == [own]
        assert person.send("GET", f"/api/v1/devices/claim-cmd/commands/{own}")[0] == 200
        assert person.send("GET", f"/api/v1/devices/claim-cmd/commands/{foreign}")[0] == 404
    assert len(calha.get("/api/v1/devices/claim-cmd/commands")["items"]) == 2


def test_whoever_reads_anothers_curve_is_written_down_once_and_its_owner_learns_it(calha):
    calha.create_device("claim-curve")
    owner, reader = Person(calha, "lia"), Person(calha, "ivo", {"role": "viewer"})
    assert owner.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-curve")})[0] == 201
    report(calha, "claim-curve", 1.0)
    assert flows(owner, "claim-curve") == [1.0]
    assert reads_of(calha, "claim-curve") == []
    for _ in range(2):
        exported(reader, "claim-curve")
        flows(reader, "claim-curve")
    assert reads_of(calha, "claim-curve") == [(reader.login, f"person {owner.id}")]
    known = calha.get(f"/api/v1/people/{owner.id}/export")
    assert list(known["devices"]) == ["claim-curve"]
    assert (reader.login, "curve.read") in {(one["actor"], one["action"]) for one in known["audit"]}


def test_a_customers_curve_is_his_also_without_an_account_and_who_pays_is_not_forgotten(calha):
    calha.create_device("claim-pays", "water_meter")
    person, reader = Person(calha, "bia"), Person(calha, "ivo", {"role": "viewer"})
    meters = calha.get("/api/v1/devices/claim-pays/meters")
    channel = next(one["channel"] for one in meters if one["source"] == "register")
    assert calha.send("PUT", "/api/v1/tariffs/claim_water", {"text": TARIFF})[0] == 200
    today, begun = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=40)
    customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Bia Reis", "document": "12345678909"})[1]
    terms = {"number": "P-1", "customer_id": customer["id"], "device": "claim-pays", "channel": channel}
    status, made = calha.send("POST", "/api/v1/contracts", terms | {"tariff": "claim_water", "from_day": str(begun)})
    assert status == 201, made
    reader.get("/api/v1/devices/claim-pays/readings")
    assert reads_of(calha, "claim-pays") == [(reader.login, f"customer {customer['id']}")]
    assert calha.send("PATCH", f"/api/v1/customers/{customer['id']}", {"person_id": person.id})[0] == 200
    known = calha.get(f"/api/v1/people/{person.id}/export")
    assert [one["document"] for one in known["customers"]] == ["12345678909"]
    assert [one["number"] for one in known["contracts"]] == ["P-1"]
    status, refused = calha.send("DELETE", f"/api/v1/people/{person.id}")
    assert (status, refused["reason"]) == (409, "running_contract")
    assert calha.send("PATCH", "/api/v1/contracts/P-1", {"until_day": str(today - timedelta(days=1))})[0] == 200
    assert calha.send("DELETE", f"/api/v1/people/{person.id}")[0] == 204
    left = calha.get(f"/api/v1/customers/{customer['id']}")
    assert (left["name"], left["document"], left["person_id"]) == (f"#{customer['id']}", "", None)


def test_who_is_forgotten_leaves_his_devices_free_with_new_codes(calha):
    calha.create_device("claim-left")
    person, old = Person(calha, "noa"), code_of(calha, "claim-left")
    assert person.send("POST", "/api/v1/claims", {"code": old})[0] == 201
    assert calha.send("DELETE", f"/api/v1/people/{person.id}")[0] == 204
    assert code_of(calha, "claim-left") != old
    assert calha.get("/api/v1/devices/claim-left/claim")["owner"] is None


def test_a_claimed_device_goes_where_its_claimant_configures(calha):
    calha.create_device("claim-move")
    root = calha.first_site()["id"]
    site = calha.send("POST", "/api/v1/sites", {"name": "Fazenda", "parent_id": root})[1]["id"]
    engineer = Person(calha, "eva", {"role": "engineer", "site_id": site})
    code = code_of(calha, "claim-move")
    assert engineer.send("POST", "/api/v1/claims", {"code": code, "site_id": root})[0] == 403
    assert engineer.send("POST", "/api/v1/claims", {"code": code, "site_id": site, "name": "Bomba"})[0] == 201
    moved = calha.get("/api/v1/devices/claim-move")
    assert (moved["site_id"], moved["name"]) == (site, "Bomba")
    field = calha.send("POST", "/api/v1/sites", {"name": "Roça", "parent_id": site})[1]["id"]
    place = "/api/v1/account/devices/claim-move"
    assert engineer.send("PATCH", place, {"site_id": root})[0] == 403
    assert engineer.send("PATCH", place, {"site_id": field})[1]["name"] == "Bomba"
    assert calha.get("/api/v1/devices/claim-move")["site_id"] == field
    assert engineer.send("DELETE", "/api/v1/devices/claim-move/claim")[0] == 204
    assert engineer.send("PATCH", place, {"site_id": site})[0] == 404


def test_a_device_with_an_earlier_owner_is_not_moved_with_his_history(calha):
    calha.create_device("claim-stay")
    root = calha.first_site()["id"]
    site = calha.send("POST", "/api/v1/sites", {"name": "Vizinho", "parent_id": root})[1]["id"]
    first, engineer = Person(calha, "lia"), Person(calha, "ivo", {"role": "engineer", "site_id": site})
    assert first.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-stay")})[0] == 201
    assert calha.send("DELETE", "/api/v1/devices/claim-stay/claim")[0] == 204
    code = code_of(calha, "claim-stay")
    assert engineer.send("POST", "/api/v1/claims", {"code": code, "site_id": site})[0] == 403
    assert engineer.send("POST", "/api/v1/claims", {"code": code})[0] == 201


def test_wrong_codes_are_slowed_down_and_written_down(calha):
    guesser = Person(calha, "mallory")
    before = len(audited(calha, "claim.failed"))
    answers = [guesser.send("GET", f"/api/v1/claims/0000-0000-000{number}")[0] for number in range(8)]
    assert answers[0] == 404
    assert 429 in answers
    assert len(audited(calha, "claim.failed")) > before


def test_only_a_person_claims(calha):
    calha.create_device("claim-nobody")
    assert calha.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-nobody")})[0] == 403


def test_what_was_somebodys_is_on_no_public_link_also_when_it_was_given_back(calha):
    calha.create_device("claim-shared", "water_flow")
    document = {
        "format": 1,
        "variables": [],
        "widgets": [
            {"id": "v", "kind": "value", "x": 0, "y": 0, "w": 3, "h": 2}
            | {"series": {"device": "claim-shared", "channel": "flow"}}
        ],
    }
    wanted = {"name": "Shared", "site_id": 1, "document": document}
    board = calha.send("POST", "/api/v1/dashboards", wanted)[1]["id"]
    links = f"/api/v1/dashboards/{board}/links"
    status, made = calha.send("POST", links, {"name": "Before"})
    assert status == 201
    owner = Person(calha, "shared")
    assert owner.send("POST", "/api/v1/claims", {"code": code_of(calha, "claim-shared")})[0] == 201
    assert owner.send("DELETE", "/api/v1/devices/claim-shared/claim")[0] == 204
    status, problem = calha.send("POST", links, {"name": "After"})
    assert (status, problem["reason"]) == (403, "not_public")
    headers = {"X-Calha-Link": made["link"].partition("#")[2]}
    request = urllib.request.Request(f"{calha.address}/api/v1/shared/dashboard", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["devices"] == []
