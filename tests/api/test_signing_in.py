"""Signing in and out, second factors, tokens, links, one's own account, people and the audit log, over HTTP."""

import itertools
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest

from api.browser import Visitor
from running import running_calha

PASSWORD = "canoa lenta abacaxi 7"
OTHER = "girassol bravo no telhado 4"
numbers = itertools.count()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A Calha without any account."""
    with running_calha(tmp_path_factory.mktemp("accounts") / "data", {"CALHA_DEVICES_ANONYMOUS": "false"}) as running:
        yield running


@pytest.fixture
def person(calha):
    """(login, visitor who has signed in with PASSWORD, id) of somebody with the role of a viewer."""
    login = f"person{next(numbers)}@example.org"
    made = invited(calha, login, [{"role": "viewer"}])
    visitor = Visitor(calha)
    assert visitor.send("POST", "/links/password", {"link": secret_of(made["link"]), "password": PASSWORD})[0] == 201
    return login, visitor, made["person"]["id"]


def invited(calha, login, grants):
    status, made = calha.send("POST", "/api/v1/people", {"name": "Somebody", "email": login, "grants": grants})
    assert status == 201, made
    return made


def secret_of(link: str) -> str:
    return link.partition("#")[2]


def sign_in(calha, login, password=PASSWORD, **more):
    visitor = Visitor(calha)
    return visitor, *visitor.send("POST", "/session", {"login": login, "password": password} | more)


def audit(calha, **query):
    asked = "&".join(f"{key}={urllib.parse.quote(value)}" for key, value in query.items())
    return calha.get(f"/api/v1/audit?{asked}")["items"]


def test_the_printed_link_makes_the_first_administrator_once(fresh):
    visitor = Visitor(fresh)
    assert visitor.send("GET", "/set-up") == (200, {"needed": True, "openid": None, "reset_by_mail": False})
    assert visitor.send("GET", "/devices")[0] == 401
    link = secret_of(fresh.log.read_text().split("/link#")[1].split()[0].join(["#", ""]))
    wanted = {"link": link, "name": "Maria", "email": "maria@example.org", "user_name": "maria", "password": PASSWORD}
    assert visitor.send("POST", "/links", {"link": link})[1]["purpose"] == "set_up"
    assert visitor.send("POST", "/set-up", wanted | {"password": "123456789012"})[0] == 422
    assert visitor.send("POST", "/set-up", wanted | {"link": "x" * 43})[0] == 404
    status, me = visitor.send("POST", "/set-up", wanted | {"language": "en"})
    assert (status, me["permissions"]["administer"], me["person"]["language"]) == (201, None, "en")
    assert visitor.send("GET", "/devices")[0] == 200
    assert Visitor(fresh).send("POST", "/set-up", wanted | {"email": "x@example.org"})[0] == 404, "it works once"
    assert visitor.send("GET", "/set-up") == (200, {"needed": False, "openid": None, "reset_by_mail": False})
    fresh.stop()
    log = len(fresh.log.read_text())
    fresh.start()
    assert "/link#" not in fresh.log.read_text()[log:], "there is an administrator"
    assert visitor.send("GET", "/session")[0] == 200, "a session outlives a restart"


def test_whoever_knows_the_password_gets_in_and_the_cookie_is_kept_from_scripts(calha, person):
    login, _, _ = person
    visitor, status, me = sign_in(calha, login.upper())
    assert (status, me["person"]["email"]) == (201, login)
    (cookie,) = visitor.jar
    assert (cookie.name, cookie.secure) == ("calha_session", False)
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite").lower() == "strict"
    assert sign_in(calha, login, "wrong password")[1:][0] == 401
    assert sign_in(calha, "nobody@example.org")[1] == 401


def test_guessing_is_slowed_down_for_the_account(calha, person):
    login, _, _ = person
    answers = [sign_in(calha, login, "wrong")[1:] for _ in range(7)]
    assert [status for status, _ in answers][:5] == [401] * 5
    status, problem = answers[-1]
    assert status == 429
    assert problem["retry_after_s"] > 0
    assert sign_in(calha, login)[1] == 429, "also with the right password"
    time.sleep(problem["retry_after_s"] + 0.2)
    assert sign_in(calha, login)[1] == 201


def test_guessing_by_address_and_by_user_name_counts_together_and_a_right_one_is_not_harmed(calha, person):
    login, visitor, number = person
    user_name = f"user-{number}"
    assert visitor.send("PATCH", "/account", {"user_name": user_name})[0] == 200
    for wrong in (login, user_name, login.upper(), f" {user_name} "):
        assert sign_in(calha, wrong, "wrong")[1] == 401
    assert sign_in(calha, user_name)[1] == 201
    for wrong in (login, user_name, login, user_name, login):
        assert sign_in(calha, wrong, "wrong")[1] == 401
    assert sign_in(calha, user_name, "wrong")[1] == 429


def test_many_guesses_at_once_are_slowed_down_and_many_right_ones_are_let_in(calha, person):
    login, _, _ = person
    with ThreadPoolExecutor(12) as pool:
        right = list(pool.map(lambda _: sign_in(calha, login)[1], range(12)))
        wrong = list(pool.map(lambda _: sign_in(calha, login, "wrong")[1], range(12)))
    assert right == [201] * 12
    assert wrong.count(401) < 12
    assert set(wrong) == {401, 429}


def test_a_change_without_the_token_of_our_own_page_is_refused(calha, person):
    _, visitor, _ = person
    for token in ("", "0" * 32):
        status, problem = visitor.send("PATCH", "/account", {"name": "Eve"}, **{"X-CSRF-Token": token})
        assert status == 403
        assert "X-CSRF-Token" in problem["detail"]
    assert visitor.send("PATCH", "/account", {"name": "Eva", "language": "en"})[1]["name"] == "Eva"


def test_the_second_factor_is_asked_for_and_each_code_serves_once(calha, person):
    login, visitor, _ = person
    key = visitor.send("POST", "/account/second-factor")[1]["key"]
    code = pyotp.TOTP(key)
    proof = {"key": key, "code": "000000", "password": PASSWORD}
    assert visitor.send("PUT", "/account/second-factor", proof)[0] == 401
    for none in ("A" * 16, "A" * 17):
        assert visitor.send("PUT", "/account/second-factor", proof | {"key": none})[0] == 422
    now = time.time()
    proof["code"] = code.at(now)
    for password, refused in ((None, (422, "present_password")), ("wrong", (401, "wrong_credentials"))):
        status, problem = visitor.send("PUT", "/account/second-factor", proof | {"password": password})
        assert (status, problem["reason"]) == refused, "a stolen session does not lock its owner out"
    status, recovery = visitor.send("PUT", "/account/second-factor", proof)
    assert status == 200
    assert len(recovery["codes"]) == 10
    other = visitor.send("POST", "/account/second-factor")[1]["key"]
    proof |= {"key": other, "code": pyotp.TOTP(other).at(time.time())}
    status, problem = visitor.send("PUT", "/account/second-factor", proof)
    assert (status, problem["reason"]) == (409, "second_factor_on"), (
        "a stolen session does not put its own in the place"
    )
    _, status, problem = sign_in(calha, login)
    assert (status, problem["reason"]) == (401, "second_factor_required")
    assert sign_in(calha, login, code=code.at(now))[1] == 401, "the code was used already"
    assert sign_in(calha, login, code=code.at(now + 30))[1] == 201
    assert sign_in(calha, login, code=recovery["codes"][0])[1] == 201
    assert sign_in(calha, login, code=recovery["codes"][0])[1] == 401
    assert visitor.send("POST", "/account/second-factor/removal", {"password": "wrong"})[0] == 401
    assert visitor.send("POST", "/account/second-factor/removal", {"password": PASSWORD})[0] == 204
    assert sign_in(calha, login)[1] == 201


def test_an_api_client_lives_on_short_tokens_and_a_stolen_refresh_token_ends_the_session(calha, person):
    login, _, _ = person
    client = Visitor(calha)
    status, first = client.send("POST", "/tokens", {"login": login, "password": PASSWORD})
    assert status == 201
    client.headers = {"Authorization": f"Bearer {first['access_token']}"}
    assert client.send("GET", "/session")[1]["person"]["email"] == login
    status, second = client.send("POST", "/tokens/refresh", {"refresh_token": first["refresh_token"]})
    assert status == 201
    client.headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert client.send("GET", "/devices")[0] == 200
    assert client.send("POST", "/tokens/refresh", {"refresh_token": first["refresh_token"]})[0] == 401
    assert client.send("GET", "/devices")[0] == 401, "the session is over for both"
    assert client.send("POST", "/tokens/refresh", {"refresh_token": second["refresh_token"]})[0] == 401
    assert any(one["action"] == "session.token_reused" for one in audit(calha, actor=login))


def test_a_thief_who_exchanges_twice_before_the_owner_stays_in_no_longer(calha, person):
    login, _, _ = person
    owner = Visitor(calha).send("POST", "/tokens", {"login": login, "password": PASSWORD})[1]["refresh_token"]
    thief, stolen = Visitor(calha), owner
    for _ in range(3):
        status, tokens = thief.send("POST", "/tokens/refresh", {"refresh_token": stolen})
        assert status == 201
        stolen = tokens["refresh_token"]
    forged = owner[:-1] + ("0" if owner[-1] != "0" else "1")
    assert Visitor(calha).send("POST", "/tokens/refresh", {"refresh_token": forged})[0] == 401
    thief.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert thief.send("GET", "/devices")[0] == 200, "what nobody gave out ends nothing"
    assert Visitor(calha).send("POST", "/tokens/refresh", {"refresh_token": owner})[0] == 401
    assert thief.send("GET", "/devices")[0] == 401
    assert thief.send("POST", "/tokens/refresh", {"refresh_token": stolen})[0] == 401


def test_sessions_are_listed_and_ended_elsewhere(calha, person):
    login, visitor, _ = person
    elsewhere, _, _ = sign_in(calha, login)
    listed = visitor.send("GET", "/account/sessions")[1]["items"]
    assert sorted(one["current"] for one in listed) == [False, True]
    other = next(one["id"] for one in listed if not one["current"])
    assert visitor.send("DELETE", f"/account/sessions/{other}")[0] == 204
    assert elsewhere.send("GET", "/session")[0] == 401
    assert visitor.send("DELETE", "/session")[0] == 204
    assert visitor.send("GET", "/session")[0] == 401


def test_a_new_password_ends_all_other_sessions(calha, person):
    login, visitor, _ = person
    elsewhere, _, _ = sign_in(calha, login)
    assert visitor.send("PUT", "/account/password", {"old": "wrong", "new": OTHER})[0] == 401
    assert visitor.send("PUT", "/account/password", {"old": PASSWORD, "new": "password1234"})[0] == 422
    assert visitor.send("PUT", "/account/password", {"old": PASSWORD, "new": OTHER})[0] == 204
    assert visitor.send("GET", "/session")[0] == 200
    assert elsewhere.send("GET", "/session")[0] == 401
    assert sign_in(calha, login, OTHER)[1] == 201


def test_another_address_needs_the_present_password(calha, person):
    login, visitor, _ = person
    change = {"name": "Eva", "email": f"elsewhere.{login}"}
    assert visitor.send("PATCH", "/account", change)[1]["reason"] == "present_password"
    assert visitor.send("PATCH", "/account", change | {"password": "wrong words"})[1]["reason"] == "wrong_credentials"
    assert visitor.send("GET", "/session")[1]["person"]["email"] == login
    assert visitor.send("PATCH", "/account", {"name": "Eva", "email": login.upper()})[0] == 200, "the same address"
    status, refused = visitor.send("PATCH", "/account", change | {"password": PASSWORD})
    assert (status, refused["reason"]) == (404, "no_mail"), "nobody can confirm it"
    assert visitor.send("GET", "/session")[1]["person"]["email"] == login
    assert "wrong words" not in json.dumps(calha.get("/api/v1/audit?limit=500"))


def test_a_reset_link_works_once(calha, person):
    login, visitor, number = person
    link = secret_of(calha.send("POST", f"/api/v1/people/{number}/reset-link")[1]["link"])
    told = Visitor(calha).send("POST", "/links", {"link": link})[1]
    assert (told["purpose"], told["login"]) == ("reset", login)
    assert Visitor(calha).send("POST", "/links/password", {"link": link, "password": OTHER})[0] == 201
    assert Visitor(calha).send("POST", "/links/password", {"link": link, "password": PASSWORD})[0] == 404
    assert visitor.send("GET", "/session")[0] == 401
    assert sign_in(calha, login, OTHER)[1] == 201


def test_who_is_blocked_is_out_at_once_and_back_when_let_in(calha, person):
    login, visitor, number = person
    assert visitor.send("GET", "/devices")[0] == 200
    assert calha.send("PUT", f"/api/v1/people/{number}/state", {"state": "blocked"})[0] == 200
    assert visitor.send("GET", "/devices")[0] == 401
    assert sign_in(calha, login)[1] == 401
    assert calha.send("PUT", f"/api/v1/people/{number}/state", {"state": "active"})[0] == 200
    assert sign_in(calha, login)[1] == 201


def test_a_role_that_is_taken_holds_no_longer(calha, person):
    _, visitor, number = person
    (grant,) = calha.get(f"/api/v1/people/{number}")["grants"]
    assert visitor.send("GET", "/devices")[0] == 200
    assert calha.send("DELETE", f"/api/v1/people/{number}/grants/{grant['id']}")[0] == 204
    assert visitor.send("GET", "/devices")[0] == 403


def test_a_live_stream_ends_with_the_session_that_asked_for_it(calha, person):
    _, visitor, number = person
    (cookie,) = visitor.jar
    headers = {"Authorization": "", "Cookie": f"calha_session={cookie.value}"}
    with urllib.request.urlopen(calha.request("/api/v1/live", headers=headers), timeout=30) as stream:
        assert stream.readline()
        calha.send("PUT", f"/api/v1/people/{number}/state", {"state": "blocked"})
        while stream.readline():
            pass  # it ends by itself


def test_every_change_and_sign_in_is_in_the_audit_log(calha, person):
    login, _, _ = person
    name = f"audited-{next(numbers)}"
    assert calha.send("POST", "/api/v1/devices", {"key": name})[0] == 201
    assert calha.send("PATCH", f"/api/v1/devices/{name}", {"note": "behind the filter"})[0] == 200
    assert calha.send("DELETE", f"/api/v1/devices/{name}")[0] == 204
    actions = [one["action"] for one in reversed(audit(calha, target=f"device {name}"))]
    assert actions == ["device.created", "device.changed", "device.deleted"]
    changed = audit(calha, target=f"device {name}")[1]
    assert json.loads(changed["before"]) == {"note": ""}
    assert json.loads(changed["after"]) == {"note": "behind the filter"}
    assert changed["actor"] == "local"
    assert changed["address"] == "127.0.0.1"
    assert {"sign_in", "password.set_by_link"} <= {one["action"] for one in audit(calha, actor=login)}
    verdict = calha.get("/api/v1/audit/verdict")
    assert verdict["broken_at"] is None
    assert verdict["entries"] > 3
    exported = calha.get("/api/v1/audit/export", accept="text/csv").decode()
    assert name in exported
    text = json.dumps(calha.get("/api/v1/audit?limit=500")) + exported
    assert PASSWORD not in text
    assert "calha_dev_" not in text


PROFILE = """
name: audit_before
title: {pt: A, en: A}
description: {pt: A, en: A}
channels:
  - {key: x, name: {pt: X, en: X}, unit: UNIT, kind: gauge}
"""
CHANGES = {
    "channel.changed": (
        "PATCH",
        "/api/v1/devices/audit-before/channels/vibration",
        [{"precision": 1}, {"precision": 3}],
    ),
    "issuer.set": (
        "PUT",
        "/api/v1/sites/1/issuer",
        [{"name": "Old", "city": "Recife"}, {"name": "New", "city": "Natal"}],
    ),
    "profile.saved": (
        "PUT",
        "/api/v1/profiles/audit_before",
        [PROFILE.replace("UNIT", unit) for unit in ("m", "bar")],
    ),
}


@pytest.mark.parametrize("action", CHANGES)
def test_the_audit_log_tells_what_was_before_a_change(calha, action):
    if action == "channel.changed":
        calha.create_device("audit-before", "machine")
    method, path, (old, new) = CHANGES[action]
    for body in (old, new):
        is_text = isinstance(body, str)
        kind = "application/yaml" if is_text else "application/json"
        status, answer = calha.send(method, path, body.encode() if is_text else body, kind)
        assert status == 200, answer
    told = calha.get(f"/api/v1/audit?q={action}")["items"][0]
    for side, given in (("before", old), ("after", new)):
        kept = json.loads(told[side])
        assert kept == given if isinstance(given, str) else given.items() <= kept.items(), side


def test_what_is_known_of_a_person_is_exported_and_forgotten(calha, person):
    old, visitor, number = person
    login = f"new.{old}"
    assert visitor.send("PATCH", "/account", {"name": "Eva"})[0] == 200
    assert calha.send("PATCH", f"/api/v1/people/{number}", {"email": login})[0] == 200
    known = calha.get(f"/api/v1/people/{number}/export")
    assert known["person"]["email"] == login
    assert known["roles"][0]["role"] == "viewer"
    assert {(one["actor"], one["action"]) for one in known["audit"]} >= {(old, "sign_in"), (old, "person.changed")}
    assert "password_hash" not in json.dumps(known)
    link = calha.send("POST", f"/api/v1/people/{number}/reset-link")[1]["link"].partition("#")[2]
    assert calha.send("DELETE", f"/api/v1/people/{number}")[0] == 204
    assert Visitor(calha).send("POST", "/links", {"link": link})[0] == 404
    assert visitor.send("GET", "/session")[0] == 401
    assert calha.get(f"/api/v1/people/{number}")["name"] == f"#{number}"
    assert calha.get("/api/v1/audit/verdict")["broken_at"] is None


def test_nobody_is_left_without_a_login_or_a_name(calha, person):
    _, visitor, number = person
    for change in ({"email": None}, {"email": None, "user_name": None}):
        status, refused = calha.send("PATCH", f"/api/v1/people/{number}", change)
        assert (status, refused["reason"]) == (422, "no_login")
    assert visitor.send("PATCH", "/account", {"name": None, "language": None})[0] == 200
    assert visitor.send("GET", "/session")[1]["person"]["name"]


def test_what_is_exported_of_a_person_is_not_what_another_did_under_the_same_name(calha, person):
    name, visitor, number = person
    assert calha.send("POST", f"/api/v1/people/{number}/grants", {"role": "administrator"})[0] == 201
    assert visitor.send("POST", "/keys", {"name": "first", "scopes": ["view"]})[0] == 201
    assert visitor.send("PATCH", "/account", {"email": f"other.{name}", "password": PASSWORD})[0] == 200
    invited(calha, name, [])
    second = calha.get(f"/api/v1/people?q={name}")["items"]
    later = next(one["id"] for one in second if one["email"] == name)
    known = calha.get(f"/api/v1/people/{later}/export")
    assert known["keys"] == []
    assert "key.made" not in {one["action"] for one in known["audit"]}
    (key,) = calha.get(f"/api/v1/people/{number}/export")["keys"]
    assert (key["name"], key["made_by"], key["made_by_id"]) == ("first", name, number)


def test_a_password_is_measured_and_not_kept(calha):
    visitor = Visitor(calha)
    measured = visitor.send("POST", "/passwords/strength", {"password": "password1234"})[1]
    assert (measured["good"], measured["score"]) == (False, measured["score"])
    assert visitor.send("POST", "/passwords/strength", {"password": PASSWORD, "words": ["maria"]})[1]["good"]


def test_a_forged_host_makes_no_link_of_ours_that_leads_elsewhere(calha):
    body = json.dumps({"name": "E", "email": f"e{next(numbers)}@example.org"}).encode()
    request = calha.request(
        "/api/v1/people", body, {"Content-Type": "application/json", "Host": "evil.example"}, "POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 421
