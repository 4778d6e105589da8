"""Connections over the API, with a real PLC: made and tried, nodes browsed and mapped, who may, and what is never told."""

import json
import time

import pytest
from test_permissions import ask

from plcs import running_plc

USER, PASSWORD = "calha", "segredo-do-clp"
GVL = "nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|Plc3 V3.5.19.61-77f4 192.168.119.204 .Application.GVL"


@pytest.fixture(scope="module")
def plc(tmp_path_factory):
    options = ("--interval", "0.2", "--older", "--no-stops", "--security", "none", "--security", "encrypt")
    folder = tmp_path_factory.mktemp("plc")
    with running_plc(
        folder, *options, "--user", f"{USER}:{PASSWORD}", "--status", "vazao_saida2=BadSensorFailure"
    ) as one:
        yield one


@pytest.fixture(scope="module")
def site(calha):
    return calha.send("POST", "/api/v1/sites", {"name": "ETA com CLP"})[1]["id"]


@pytest.fixture(scope="module")
def trusted(calha, plc):
    """The fingerprint of the PLC's certificate, as a person reads it off a trial."""
    status, trial = calha.send("POST", "/api/v1/connections/test", {"endpoint": plc.address, "security": "encrypt"})
    assert (status, trial["ok"], trial["cause"]) == (200, False, "certificate_unknown")
    assert trial["offered"] == ["none", "encrypt"]
    return trial["certificate"]["sha256"]


@pytest.fixture
def connection(calha, plc, site, trusted):
    body = {"name": f"CLP {time.monotonic_ns()}", "site_id": site, "endpoint": plc.address, "security": "encrypt"}
    body |= {"user_name": USER, "password": PASSWORD, "trusted": trusted, "publishing_ms": 200}
    status, made = calha.send("POST", "/api/v1/connections", body)
    assert status == 201, made
    yield made
    calha.send("DELETE", f"/api/v1/connections/{made['id']}")


def until(look, within_s=60.0):
    """What `look` gives as soon as it gives something."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.1)
    return found


def state_of(calha, connection):
    return calha.get(f"/api/v1/connections/{connection['id']}")


def device(calha, site, key, profile="water_flow"):
    status, made = calha.send("POST", "/api/v1/devices", {"key": key, "profile": profile, "site_id": site})
    assert status == 201, made


def test_from_a_trial_to_readings_in_a_chart(calha, site, connection):
    device(calha, site, "eta-clp")
    path = f"/api/v1/connections/{connection['id']}"
    top = calha.get(f"{path}/browse")["items"]
    application = next(one for one in top if one["name"] == "Application")
    gvl = calha.send("GET", f"{path}/browse?node={quoted(application['node'])}")[1]["items"][0]
    below = {one["name"]: one for one in calha.get(f"{path}/browse?node={quoted(gvl['node'])}")["items"]}
    assert below["vazao_saida1"] == {
        "node": f"{GVL}.vazao_saida1",
        "name": "vazao_saida1",
        "kind": "variable",
        "path": [],
    }
    found = calha.get(f"{path}/search?q=nivel")
    assert ([one["name"] for one in found["items"]], found["more"]) == (["nivel_reservatorio"], False)
    status, read = calha.send("POST", f"{path}/read", {"nodes": [below["vazao_saida1"]["node"]], "units": True})
    assert status == 200
    (content,) = read["items"]
    assert (content["type"], content["unit"], content["quality"], content["takes"]) == ("Float", "m³/h", "good", True)
    nodes = [
        {"node": f"{GVL}.vazao_saida1", "device": "eta-clp", "channel": "flow_1"},
        {"node": f"{GVL}.vazao_saida2", "device": "eta-clp", "channel": "flow_2"},
        {
            "node": f"{GVL}.nivel_reservatorio",
            "device": "eta-clp",
            "channel": "nivel",
            "new_channel": {"name": "Nível", "unit": "m"},
        },
        {"node": f"{GVL}.nada", "device": "eta-clp", "channel": "nada", "new_channel": {"name": "Nada"}},
    ]
    assert calha.send("POST", f"{path}/nodes", {"nodes": nodes})[1] == {"added": 4, "nodes": 4}
    shown = until(lambda: (now := state_of(calha, connection))["nodes"]["good"] == 2 and now)
    assert (shown["state"], shown["mode"], shown["server"]) == ("connected", "subscription", "CODESYS")
    assert shown["nodes"] == {"good": 2, "uncertain": 0, "bad": 2, "unknown": 0}
    by_channel = {one["channel"]: one for one in calha.get(f"{path}/nodes")["items"]}
    assert by_channel["flow_1"]["state"] == "good"
    assert by_channel["flow_2"] | {"id": 0} == by_channel["flow_2"] | {
        "id": 0,
        "state": "bad",
        "quality": "sensor_failure",
        "value": None,
    }
    assert by_channel["nada"]["fault"] == "the server answers BadNodeIdUnknown"
    until(lambda: len(calha.values("eta-clp", "flow_1")) >= 3)
    calha.until_stored()
    readings = calha.get("/api/v1/devices/eta-clp/readings?channel=flow_2&resolution=raw&from=0946684800&to=4102444800")
    (series,) = readings["series"]
    assert set(series["quality"]) == {"sensor_failure"}
    assert set(series["value"]) == {None}
    told = calha.get("/api/v1/devices/eta-clp/ingest")["last_message"]
    assert (told["transport"], told["error"]) == ("opcua", None)
    until(lambda: (now := calha.get("/api/v1/devices/eta-clp")["presence"])["state"] == "online" and now["connected"])
    metrics = calha.get("/metrics", "text/plain").decode()
    assert f'calha_connection_up{{connection="{connection["name"]}"}} 1' in metrics
    assert f'calha_connection_nodes{{connection="{connection["name"]}",state="bad"}} 2' in metrics
    listed = [one for one in calha.get("/api/v1/status")["connections"] if one["id"] == connection["id"]]
    assert [one["state"] for one in listed] == ["connected"]


def test_a_node_is_changed_and_removed(calha, site, connection):
    device(calha, site, "eta-nodes")
    path = f"/api/v1/connections/{connection['id']}/nodes"
    node = {"node": f"{GVL}.vazao_saida1", "device": "eta-nodes", "channel": "flow_1"}
    calha.send("POST", path, {"nodes": [node]})
    (known,) = calha.get(path)["items"]
    status, changed = calha.send("PATCH", f"{path}/{known['id']}", {"sampling_ms": 500, "deadband": 0.25})
    assert (status, changed["sampling_ms"], changed["deadband"]) == (200, 500, 0.25)
    assert calha.send("DELETE", f"{path}/{known['id']}")[0] == 204
    assert calha.get(path)["items"] == []
    assert calha.send("DELETE", f"{path}/{known['id']}")[0] == 404


def test_a_connection_is_switched_off_and_on(calha, site, connection):
    path = f"/api/v1/connections/{connection['id']}"
    assert calha.send("PATCH", path, {"enabled": False})[1]["enabled"] is False
    until(lambda: state_of(calha, connection)["state"] == "disabled")
    assert len(calha.get(f"{path}/browse")["items"]) > 1, "an engineer can still look around"
    calha.send("PATCH", path, {"enabled": True})
    until(lambda: state_of(calha, connection)["state"] == "connected")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"password": "wrong"}, "login_refused"),
        ({"security": "aes256", "password": PASSWORD}, "policy_not_offered"),
        ({"trusted": "0" * 64}, "certificate_changed"),
        ({"endpoint": "opc.tcp://127.0.0.1:9", "password": PASSWORD}, "unreachable"),
    ],
)
def test_why_a_connection_is_not_there_is_told_in_its_state_and_by_a_trial(calha, connection, change, cause):
    path = f"/api/v1/connections/{connection['id']}"
    assert calha.send("PATCH", path, change)[0] == 200
    shown = until(lambda: (now := state_of(calha, connection))["trouble"] and now["state"] == "waiting" and now)
    assert shown["trouble"]["cause"] == cause
    tried = {name: shown[name] for name in ("endpoint", "security", "user_name", "trusted")}
    status, trial = calha.send("POST", "/api/v1/connections/test", tried | {"connection_id": connection["id"]})
    assert (status, trial["ok"], trial["cause"]) == (200, False, cause)
    status, answer = calha.send("GET", f"{path}/browse")
    assert (status, answer["reason"]) == (502, cause)
    warnings = [
        one["text"]["en"] for one in calha.get("/api/v1/status")["warnings"] if one["code"] == "connection_lost"
    ]
    assert any(connection["name"] in text for text in warnings)
    events = [one for one in calha.get("/api/v1/events")["items"] if one["kind"] == "connection_lost"]
    assert any(one["data"]["connection"] == connection["id"] and one["data"]["cause"] == cause for one in events)


def test_a_password_is_told_nowhere(calha, connection):
    calha.send("PATCH", f"/api/v1/connections/{connection['id']}", {"password": PASSWORD + "2"})
    told = [
        json.dumps(calha.get(path))
        for path in ("/api/v1/connections", f"/api/v1/connections/{connection['id']}", "/api/v1/audit?limit=500")
    ]
    assert '"has_password": true' in told[1]
    assert all(PASSWORD not in text for text in told)
    assert PASSWORD.encode() not in (calha.folder / "registry.sqlite").read_bytes()
    assert PASSWORD not in calha.log.read_text()


def test_a_stored_password_is_not_sent_to_another_address(calha, connection):
    path = f"/api/v1/connections/{connection['id']}"
    for change in ({"endpoint": "opc.tcp://127.0.0.1:9"}, {"security": "none"}):
        status, answer = calha.send("PATCH", path, change)
        assert (status, answer["reason"]) == (422, "password_again")
        tried = {"endpoint": connection["endpoint"], "security": "encrypt", "connection_id": connection["id"]} | change
        assert calha.send("POST", "/api/v1/connections/test", tried)[1]["reason"] == "password_again"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"endpoint": "http://10.0.0.5:4840"}, 422),
        ({"endpoint": "opc.tcp://user:password@10.0.0.5:4840"}, 422),
        ({"security": "basic256"}, 422),
        ({"site_id": 99_999}, 404),
        ({"publishing_ms": 1}, 422),
        ({"name": ""}, 422),
    ],
)
def test_what_cannot_be_a_connection_is_refused(calha, site, body, status):
    known = {"name": "wrong", "site_id": site, "endpoint": "opc.tcp://10.0.0.5:4840"}
    assert calha.send("POST", "/api/v1/connections", known | body)[0] == status


@pytest.mark.parametrize("node", ["vazao", "ns=4;x=1", "i=-1", "ns=4;i=abc", "g=nonsense"])
def test_what_is_no_node_id_is_refused(calha, site, connection, node):
    path = f"/api/v1/connections/{connection['id']}"
    body = {"nodes": [{"node": node, "device": "eta-clp", "channel": "flow_1"}]}
    if calha.send("GET", "/api/v1/devices/eta-clp")[0] == 404:
        device(calha, site, "eta-clp")
    assert calha.send("POST", f"{path}/nodes", body)[0] == 422
    assert calha.send("POST", f"{path}/read", {"nodes": [node]})[0] == 422


def test_the_certificate_to_be_trusted_by_servers_is_there(calha):
    own = calha.get("/api/v1/connections/certificate")
    assert own["pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert own["uri"].startswith("urn:")
    key = calha.folder / "tls" / "opcua-key.pem"
    assert key.stat().st_mode & 0o077 == 0


def test_a_foreign_site_sees_and_changes_nothing(calha, site, connection):
    _, foreign = calha.send("POST", "/api/v1/sites", {"name": "vizinha"})
    device(calha, foreign["id"], f"vizinho-{foreign['id']}")
    keys = {}
    for role in ("viewer", "engineer"):
        for place, where in (("own", site), ("foreign", foreign["id"])):
            wanted = {"name": f"{role} {place}", "role": role, "site_id": where, "scopes": ["view", "configure"]}
            keys[role, place] = calha.send("POST", "/api/v1/keys", wanted)[1]["key"]
    path = f"/api/v1/connections/{connection['id']}"
    assert ask(calha, keys["viewer", "own"], "get", path) == 200
    for method, below in (("patch", ""), ("delete", ""), ("get", "/browse"), ("post", "/nodes"), ("post", "/read")):
        assert ask(calha, keys["viewer", "own"], method, path + below) in (403, 422)
        assert ask(calha, keys["engineer", "foreign"], method, path + below) in (404, 422)
    for below in ("", "/nodes"):
        assert ask(calha, keys["engineer", "foreign"], "get", path + below) == 404
    listed = calha.request("/api/v1/connections", headers={"Authorization": f"Bearer {keys['engineer', 'foreign']}"})
    with calha.open(listed) as answer:
        assert json.loads(answer.read())["items"] == []
    told = calha.request("/api/v1/status", headers={"Authorization": f"Bearer {keys['engineer', 'foreign']}"})
    with calha.open(told) as answer:
        assert connection["name"] not in answer.read().decode()
    body = {"nodes": [{"node": "i=2258", "device": f"vizinho-{foreign['id']}", "channel": "flow_1"}]}
    headers = {"Authorization": f"Bearer {keys['engineer', 'own']}", "Content-Type": "application/json"}
    import urllib.error

    with pytest.raises(urllib.error.HTTPError) as refused:
        calha.open(calha.request(f"{path}/nodes", json.dumps(body).encode(), headers, "POST"))
    assert refused.value.code == 404


def quoted(node: str) -> str:
    from urllib.parse import quote

    return quote(node, safe="")
