"""Every route declares what it asks of its caller, and refuses the wrong role, a foreign site, and nobody at all."""

import re

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute

from calha.api import access
from calha.api.app import ROUTERS, create_app
from calha.api.routes import status
from calha.domain.access import PERMISSIONS, Permission, Role

DOCUMENT = create_app(None).openapi()
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
    ("post", "/api/v1/links/password"),
    ("post", "/api/v1/passwords/strength"),
    ("post", "/api/v1/passwords/forgotten"),
    ("post", "/api/v1/provision"),
    ("get", "/api/v1/tls/authority"),
    ("get", "/api/v1/session/openid"),
    ("get", "/api/v1/session/openid/callback"),
}


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


@pytest.mark.parametrize(("method", "path", "required"), ROUTES, ids=IDS)
def test_a_foreign_site_is_refused_even_to_its_neighbours_administrator(calha, plant, method, path, required):
    sites, keys = plant
    if required["where"] in ("anywhere", "self"):
        pytest.skip("names no site; what it shows is tested below")
    answered = ask(calha, keys[Role.ADMINISTRATOR, "own"], method, address(path, sites["foreign"], "perm-foreign"))
    assert answered in (403, 404)


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


def ask(calha, key: str | None, method: str, path: str) -> int:
    import urllib.error
    import urllib.request

    headers = {"Authorization": f"Bearer {key}"} if key else {"Authorization": ""}
    body = b"{}" if method in ("post", "put", "patch") else None
    headers["Content-Type"] = "application/json"
    try:
        with urllib.request.urlopen(calha.request(path, body, headers, method.upper()), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def text_of(request) -> str:
    import urllib.request

    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()
