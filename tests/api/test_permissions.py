"""Every route declares what it asks of its caller, and refuses the wrong role, a foreign site, and nobody at all."""

import json
import re

import pytest
from described import DOCUMENT
from fastapi.routing import APIRoute, APIWebSocketRoute

from calha.api import access
from calha.api.app import ROUTERS
from calha.api.routes import status
from calha.domain.access import PERMISSIONS, Permission, Role
from persons import Person

ROUTES = [
    (method, path, operation["x-requires"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if "x-requires" in operation
]
IDS = [f"{method} {path}" for method, path, _ in ROUTES]
PUBLIC = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/api/v1/set-up"),
    ("post", "/api/v1/set-up"),
    ("post", "/api/v1/session"),
    ("post", "/api/v1/session/passkey"),
    ("post", "/api/v1/session/passkey/options"),
    ("post", "/api/v1/tokens"),
    ("post", "/api/v1/tokens/refresh"),
    ("post", "/api/v1/links"),
    ("post", "/api/v1/links/address"),
    ("post", "/api/v1/links/password"),
    ("post", "/api/v1/passwords/strength"),
    ("post", "/api/v1/passwords/forgotten"),
    ("post", "/api/v1/provision"),
    ("post", "/api/v1/webhooks/pix"),
    ("post", "/api/v1/webhooks/pix/pix"),
    ("get", "/api/v1/tls/authority"),
    ("get", "/api/v1/session/openid"),
    ("get", "/api/v1/session/openid/callback"),
    ("get", "/api/v1/shared/dashboard"),
    ("get", "/api/v1/shared/now"),
    ("get", "/api/v1/shared/readings"),
    ("get", "/api/v1/shared/calculated"),
    ("get", "/api/v1/shared/files/{file_id}"),
}

EVERYBODYS = {"/api/v1/profiles/{name}", "/api/v1/tariffs/{key}", "/api/v1/tariffs/{key}/revisions"}
EVERYBODYS |= {"/api/v1/tariffs/{key}/calculation"}  # of the text that the caller sends
SHARED = {"/api/v1/views/{view_id}"}  # one's own, or of a site
NAMING = [
    (method, path)
    for method, path, required in ROUTES
    if (required["where"] == "anywhere" or path in SHARED) and "{" in path and path not in EVERYBODYS
]
NOTE = {"from": "2026-06-01T03:00:00Z", "text": "Filter 2 was washed"}
BODIES = {  # by the end of the path, where an empty one is refused before it is looked at who asks
    "nodes": b'{"nodes": [{"node": "i=2258", "device": "perm-own", "channel": "vibration"}]}',
    "read": b'{"nodes": ["i=2258"]}',
    "verdict": b'{"verdict": "real"}',
    "{team_id}": b'{"name": "x", "site_id": null, "members": []}',
    "{chain_id}": b'{"name": "x", "site_id": null, "steps": [{"wait_min": 0, "persons": [1]}]}',
    "channels": b'{"kind": "webhook", "name": "x"}',
    "{rule_id}": b'{"name": "x", "version": 1, "where": {}, "definition": {"signal": {"kind": "no_data"}}}',
    "{report_id}": b'{"name": "x", "definition": {"kind": "flow", "period": {"relative": "today"}, "site_id": 1}}',
    "{annotation_id}": json.dumps(NOTE).encode(),
    "{dashboard_id}": b'{"name": "x", "site_id": 1, "document": {}}',
    "links": b'{"name": "x"}',
    "{view_id}": b'{"name": "x", "search": {}}',
    "payment": b'{"paid_at": "2026-08-05T10:30:00Z"}',
    "payout": b'{"paid_at": "2026-08-05T10:30:00Z"}',
    "credit": b'{"contract": "perm-1"}',
}
TARIFF = """
key: perm_water
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components: [{kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: 5, is_taxed: false}]
"""


@pytest.fixture(scope="module")
def plant(calha):
    """Two plants with a device each, and a key for each role on one of them, one on the other, one on all."""
    sites, keys = {}, {}
    for name in ("own", "foreign"):
        _, site = calha.send("POST", "/api/v1/sites", {"name": name})
        sites[name] = site["id"]
        calha.send("POST", "/api/v1/devices", {"key": f"perm-{name}", "site_id": site["id"], "profile": "machine"})
    for role in Role:
        for place, site in (("own", sites["own"]), ("everywhere", None)):
            wanted = {"name": f"{role} {place}", "role": role, "site_id": site, "scopes": list(Permission)}
            status_, made = calha.send("POST", "/api/v1/keys", wanted)
            assert status_ == 201, made
            keys[role, place] = made["key"]
    return sites, keys


def test_every_route_declares_exactly_one_requirement():
    for router in (*ROUTERS, status.probes):
        for route in router.routes:
            if isinstance(route, APIRoute | APIWebSocketRoute):
                assert access.requirement_of(route) is not None, f"{route.path} declares no permission"


def test_only_these_routes_are_open_to_nobody():
    found = {
        (method, path)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if operation["security"] == []
    }
    assert found <= PUBLIC


@pytest.mark.parametrize(("method", "path", "required"), ROUTES, ids=IDS)
def test_nobody_is_refused(calha, plant, method, path, required):
    assert ask(calha, None, method, address(path, plant[0]["own"], "perm-own")) == 401


@pytest.mark.parametrize(("method", "path", "required"), ROUTES, ids=IDS)
def test_a_role_that_does_not_carry_the_permission_is_refused(calha, plant, method, path, required):
    sites, keys = plant
    wrong = [role for role in Role if required["permission"] not in PERMISSIONS[role]]
    if required["where"] == "self":
        wrong = []  # whoever has signed in, about himself
    for role in wrong:
        for place in ("own", "everywhere"):
            answered = ask(calha, keys[role, place], method, address(path, sites["own"], "perm-own"))
            assert answered in (403, 404), f"{role} {place}: {answered}"


@pytest.mark.parametrize(
    ("method", "path"), [(m, p) for m, p, r in ROUTES if r["where"] == "anywhere" and r["permission"] != "send"]
)
def test_a_devices_secret_opens_nothing_but_sending(calha, secret, method, path):
    assert ask(calha, secret, method, path) == 403


@pytest.fixture(scope="module")
def secret(calha) -> str:
    return str(calha.send("POST", "/api/v1/devices", {"key": "perm-secret", "profile": "machine"})[1]["secret"])


@pytest.mark.parametrize(("method", "path", "required"), ROUTES, ids=IDS)
def test_a_foreign_site_is_refused_even_to_its_neighbours_administrator(calha, plant, method, path, required):
    sites, keys = plant
    if required["where"] in ("anywhere", "self"):
        pytest.skip("names no site; what it shows is tested below")
    answered = ask(calha, keys[Role.ADMINISTRATOR, "own"], method, address(path, sites["foreign"], "perm-foreign"))
    assert answered in (403, 404)


@pytest.fixture(scope="module")
def foreign(calha, plant):
    """What stands in paths, of the foreign site: a connection, a customer with a contract, a billing run, a bad message."""
    site = plant[0]["foreign"]
    assert calha.send("PUT", "/api/v1/tariffs/perm_water", {"text": TARIFF})[0] == 200
    wanted = {"site_id": site, "name": "foreign", "endpoint": "opc.tcp://127.0.0.1:1", "enabled": False}
    calha.send("POST", "/api/v1/devices", {"key": "perm-meter", "site_id": site, "profile": "water_meter"})
    customer = calha.send("POST", "/api/v1/customers", {"site_id": site, "name": "foreign"})[1]["id"]
    terms = {"number": "perm-1", "customer_id": customer, "device": "perm-meter", "channel": "total"}
    terms |= {"tariff": "perm_water", "from_day": "2020-01-01"}
    assert calha.send("POST", "/api/v1/contracts", terms)[0] == 201
    assert calha.send("POST", "/api/v1/telemetry/perm-meter", {"ts": "nonsense", "x": 1})[0] == 422
    (kept, *_) = calha.get("/api/v1/quarantine?device=perm-meter")["items"]
    rule = {"name": "foreign", "where": {"site_id": site}, "definition": {"signal": {"kind": "no_data"}}}
    definition = {"kind": "flow", "period": {"relative": "yesterday"}, "site_id": site}
    report = calha.send("POST", "/api/v1/reports", {"name": "foreign", "definition": definition})[1]["id"]
    team = calha.send("POST", "/api/v1/teams", {"name": "foreign", "site_id": site, "members": []})[1]["id"]
    viewer = {"name": "foreign", "user_name": "perm.foreign", "grants": [{"role": "viewer"}]}
    person = calha.send("POST", "/api/v1/people", viewer)[1]["person"]["id"]
    chain = {"name": "foreign", "site_id": site, "steps": [{"wait_min": 0, "persons": [person]}]}
    view = {"page": "/explore", "name": "foreign", "search": {}, "site_id": site}
    engineer = Person(calha, "perm.sharing", {"role": "engineer", "site_id": site})
    return {
        "view_id": engineer.send("PUT", "/api/v1/views", view)[1]["id"],
        "team_id": team,
        "channel_id": 1,
        "chain_id": calha.send("POST", "/api/v1/escalation-chains", chain)[1]["id"],
        "rule_id": calha.send("POST", "/api/v1/alarm-rules", rule)[1]["id"],
        "alarm_id": 1,
        "connection_id": calha.send("POST", "/api/v1/connections", wanted)[1]["id"],
        "customer_id": customer,
        "number": "perm-1",
        "run_id": calha.send("POST", "/api/v1/billing-runs", {"month": "2020-01", "site_id": site})[1]["id"],
        "seq": kept["seq"],
        "node_id": 1,
        "report_id": report,
        "report_run_id": calha.send("POST", f"/api/v1/reports/{report}/runs")[1]["id"],
        "format": "csv",
        "anomaly_id": 1,
        "dashboard_id": calha.send("POST", "/api/v1/dashboards", {"name": "foreign", "site_id": site, "document": {}})[
            1
        ]["id"],
        "file_id": 1,
        "link_id": 1,
        "annotation_id": calha.send("POST", "/api/v1/annotations", NOTE | {"site_id": site})[1]["id"],
    }


@pytest.mark.parametrize(("method", "path"), NAMING, ids=[f"{method} {path}" for method, path in NAMING])
def test_what_is_named_in_a_path_belongs_to_a_site_too(calha, plant, foreign, method, path):
    address_ = path.format(**foreign) + ("?q=ab" if path.endswith("/search") else "")
    body = BODIES.get(path.rpartition("/")[2], b"{}")
    assert ask(calha, plant[1][Role.ADMINISTRATOR, "own"], method, address_, body) in (403, 404)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/connections", "foreign"),
        ("/api/v1/customers", "foreign"),
        ("/api/v1/contracts", "perm-1"),
        ("/api/v1/billing-runs", "2020-01"),
        ("/api/v1/alarm-rules", "foreign"),
        ("/api/v1/reports", "foreign"),
        ("/api/v1/report-runs", "foreign"),
        ("/api/v1/dashboards", "foreign"),
        ("/api/v1/views/shared", "foreign"),
        ("/api/v1/devices?q=perm-", "perm-meter"),
        ("/api/v1/teams", "foreign"),
        ("/api/v1/escalation-chains", "foreign"),
    ],
)
def test_lists_of_what_is_configured_show_nothing_of_a_foreign_site(calha, plant, foreign, path, name):
    def listed(place):
        return text_of(calha.request(path, headers={"Authorization": f"Bearer {plant[1][Role.ADMINISTRATOR, place]}"}))

    assert name not in listed("own")
    assert name in listed("everywhere")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sites",
        "/api/v1/devices?limit=1000&q=perm-",
        "/api/v1/latest",
        "/api/v1/events?limit=500",
        "/api/v1/quarantine?limit=500",
        "/api/v1/quarantine/summary",
    ],
)
def test_lists_show_nothing_of_a_foreign_site(calha, plant, path):
    _, keys = plant
    for device in ("perm-own", "perm-foreign"):
        assert calha.send("POST", f"/api/v1/telemetry/{device}", {"ts": "nonsense", "x": 1})[0] == 422
        assert calha.send("POST", f"/api/v1/telemetry/{device}", {"vibration": 1.5})[0] == 200
    calha.until_stored()
    request = calha.request(path, headers={"Authorization": f"Bearer {keys[Role.VIEWER, 'own']}"})
    text = text_of(request)
    assert "perm-foreign" not in text
    assert '"foreign"' not in text
    everything = text_of(calha.request(path, headers={"Authorization": f"Bearer {keys[Role.VIEWER, 'everywhere']}"}))
    assert "foreign" in everything


def test_a_live_stream_shows_nothing_of_a_foreign_site(calha, plant):
    import urllib.request

    _, keys = plant
    for device in ("perm-own", "perm-foreign"):
        assert calha.send("POST", f"/api/v1/telemetry/{device}", {"vibration": 2.5})[0] == 200
    calha.until_stored()
    headers = {"Authorization": f"Bearer {keys[Role.VIEWER, 'own']}"}
    with urllib.request.urlopen(calha.request("/api/v1/live?since=0", headers=headers), timeout=60) as stream:
        told = ""
        while told.count("event:") < 2:
            told += stream.readline().decode()
        told += stream.readline().decode()
    assert "perm-own" in told
    assert "perm-foreign" not in told
    refused = {"Authorization": f"Bearer {keys[Role.CUSTOMER, 'own']}"}
    assert ask(calha, refused["Authorization"].split()[1], "get", "/api/v1/live?since=0") == 403


def test_a_key_does_no_more_than_its_scopes(calha, plant):
    sites, _ = plant
    wanted = {"name": "narrow", "role": "administrator", "site_id": sites["own"], "scopes": ["view"]}
    key = calha.send("POST", "/api/v1/keys", wanted)[1]["key"]
    assert ask(calha, key, "get", "/api/v1/devices/perm-own") == 200
    assert ask(calha, key, "delete", "/api/v1/devices/perm-own") == 403


def test_a_revoked_key_opens_nothing_any_more(calha, plant):
    made = calha.send("POST", "/api/v1/keys", {"name": "short", "scopes": ["view"]})[1]
    assert ask(calha, made["key"], "get", "/api/v1/devices") == 200
    assert calha.send("DELETE", f"/api/v1/keys/{made['id']}")[0] == 204
    assert ask(calha, made["key"], "get", "/api/v1/devices") == 401
    listed = [one for one in calha.get("/api/v1/keys")["items"] if made["key"][30:] in str(one)]
    assert listed == [], "a key is shown once"


def address(path: str, site: int, device: str) -> str:
    known = {"key": device, "device": device, "site_id": site}
    others = {"session_id": "0" * 32, "name": "own_profile", "channel": "vibration", "code": "AAAA", "id": "0" * 32}
    return re.sub(r"\{(\w+)\}", lambda found: str(known.get(found[1], others.get(found[1], 1))), path)


def ask(calha, key: str | None, method: str, path: str, content: bytes = b"{}") -> int:
    import urllib.error
    import urllib.request

    headers = {"Authorization": f"Bearer {key}"} if key else {"Authorization": ""}
    body = content if method in ("post", "put", "patch") else None
    headers["Content-Type"] = "application/json"
    try:
        with urllib.request.urlopen(calha.request(path, body, headers, method.upper()), timeout=120) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def text_of(request) -> str:
    import urllib.request

    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read().decode()
