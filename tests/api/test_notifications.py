"""Notifications over the API: own channels, teams and chains, links in real letters, real alarms that ring."""

import itertools
import json
import re
import time
import urllib.error
import urllib.request

import pytest

from persons import Person
from postman import postman
from receiver import receiver
from running import running_calha

NUMBERS = itertools.count(1)
PUBLIC = "https://calha.example.org"
RULE = {"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": {"value": 85, "priority": "high"}}}


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notify")
    with postman() as mail, receiver() as hooks:
        settings = {
            "CALHA_SMTP_HOST": "127.0.0.1",
            "CALHA_SMTP_PORT": str(mail.port),
            "CALHA_SMTP_SECURITY": "none",
            "CALHA_SMTP_SENDER": "Calha <calha@example.org>",
            "CALHA_HTTP_PUBLIC_URL": PUBLIC,
            "CALHA_NOTIFICATIONS_HOSTS": "127.0.0.1",
        }
        with running_calha(folder / "data", settings) as running:
            running.mail, running.hooks = mail, hooks
            yield running


@pytest.fixture
def site(calha):
    return calha.send("POST", "/api/v1/sites", {"name": f"Notify {next(NUMBERS)}"})[1]["id"]


@pytest.fixture
def ana(calha, site):
    return Person(calha, "Ana", {"role": "operator", "site_id": site})


def add_hook(calha, person, path=""):
    body = {"kind": "webhook", "name": "Meu programa", "address": calha.hooks.url + path}
    status, made = person.send("POST", "/api/v1/account/notifications/channels", body)
    assert status == 201, made
    return made


def chain_of(site, *persons, **more):
    steps = [{"wait_min": 0 if number == 0 else 5, "persons": [one.id]} for number, one in enumerate(persons)]
    return {"name": "Bombas", "site_id": site, "steps": steps} | more


def open_page(calha, token, form=None, language="pt-BR"):
    """As a browser without any session does."""
    request = urllib.request.Request(f"{calha.address}/a/{token}", form, {"Accept-Language": language})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_a_channel_is_added_tested_switched_off_and_removed_and_its_secret_told_once(calha, ana):
    made = add_hook(calha, ana)
    assert made["secret"].startswith("whsec_")
    path = f"/api/v1/account/notifications/channels/{made['id']}"
    assert ana.send("POST", path + "/test") == (200, {"sent": True, "detail": ""})
    assert json.loads(calha.hooks.next_post().body)["type"] == "test"
    calha.hooks.answers.append((404, {}))
    assert ana.send("POST", path + "/test") == (200, {"sent": False, "detail": "HTTP 404 ok"})
    calha.hooks.next_post()
    own = ana.get("/api/v1/account/notifications")
    assert [one["id"] for one in own["channels"]] == [made["id"]]
    assert made["secret"] not in json.dumps(own)
    assert own["can_mail"]
    assert own["services"]["tgram"] == "Telegram"
    assert ana.send("PATCH", path, {"enabled": False})[1]["enabled"] is False
    stranger = Person(calha, "Eva", {"role": "viewer"})
    for method, ending in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        assert stranger.send(method, path + ending, {})[0] == 404
    assert ana.send("DELETE", path)[0] == 204
    assert ana.get("/api/v1/account/notifications")["channels"] == []
    audited = calha.get(f"/api/v1/audit?q=person%20{ana.id}&limit=100")
    assert made["secret"] not in json.dumps(audited)
    assert {"notify_channel.added", "notify_channel.removed"} <= {one["action"] for one in audited["items"]}


@pytest.mark.parametrize(
    ("kind", "address", "reason"),
    [
        ("webhook", "http://10.0.0.1/", "host_not_named"),
        ("webhook", "file:///etc/passwd", "bad_address"),
        ("apprise", "syslog://", "unknown_service"),
        ("email", "nobody", "bad_email"),
        ("push", "", "bad_subscription"),
    ],
)
def test_a_channel_that_must_not_be_is_refused(ana, kind, address, reason):
    body = {"kind": kind, "name": "x", "address": address}
    status, problem = ana.send("POST", "/api/v1/account/notifications/channels", body)
    assert (status, problem["reason"]) == (422, reason)


def test_no_more_tests_than_may_be(calha, ana):
    made = add_hook(calha, ana)
    path = f"/api/v1/account/notifications/channels/{made['id']}/test"
    answers = [ana.send("POST", path)[0] for _ in range(11)]
    assert answers == [200] * 10 + [429]
    for _ in range(10):
        calha.hooks.next_post()


def test_preferences_are_kept(ana):
    wanted = {"least": "medium", "urgent": "high", "digest_min": 60, "tells_end": False, "follows": True, "per_hour": 5}
    wanted["quiet"] = {"from": "22:00", "until": "06:30", "zone": "America/Recife"}
    path = "/api/v1/account/notifications/preferences"
    status, kept = ana.send("PUT", path, wanted)
    assert (status, kept) == (200, wanted | {"version": kept["version"]})
    assert ana.get("/api/v1/account/notifications")["preferences"] == kept
    wrong = wanted | {"quiet": wanted["quiet"] | {"zone": "Mars/Base"}}
    assert ana.send("PUT", path, wrong)[1]["reason"] == "unknown_zone"


def test_an_engineer_makes_teams_and_chains_of_his_site_only(calha, site, ana):
    engineer = Person(calha, "Rui", {"role": "engineer", "site_id": site})
    elsewhere = Person(
        calha, "Eva", {"role": "engineer", "site_id": calha.send("POST", "/api/v1/sites", {"name": "E"})[1]["id"]}
    )
    assert ana.send("GET", "/api/v1/teams")[0] == 403
    body = {"name": "Plantão", "site_id": site, "members": [ana.id]}
    status, team = engineer.send("POST", "/api/v1/teams", body)
    assert status == 201, team
    assert [one["id"] for one in team["members"]] == [ana.id]
    path = f"/api/v1/teams/{team['id']}"
    hook = {"kind": "webhook", "name": "Sala", "address": calha.hooks.url}
    assert engineer.send("POST", path + "/channels", hook)[0] == 201
    for nobody in (elsewhere.id, 2**30):
        status, refused = engineer.send("PUT", path, body | {"members": [nobody]})
        assert (status, refused["reason"]) == (422, "without_role")
        assert "Eva" not in str(refused)
    chain = chain_of(site, ana)
    chain["steps"].append({"wait_min": 5, "teams": [team["id"]]})
    status, made = engineer.send("POST", "/api/v1/escalation-chains", chain)
    assert status == 201, made
    for method, where, content in (
        ("PUT", path, body),
        ("DELETE", path, None),
        ("POST", path + "/channels", hook),
        ("PUT", f"/api/v1/escalation-chains/{made['id']}", chain),
        ("DELETE", f"/api/v1/escalation-chains/{made['id']}", None),
        ("POST", f"/api/v1/escalation-chains/{made['id']}/rehearsal", None),
    ):
        assert elsewhere.send(method, where, content)[0] in (403, 404), (method, where)
    assert elsewhere.get("/api/v1/teams")["items"] == []
    assert elsewhere.get("/api/v1/escalation-chains")["items"] == []
    assert engineer.send("POST", "/api/v1/escalation-chains", chain | {"site_id": None})[0] == 403
    candidates = {one["id"] for one in engineer.get(f"/api/v1/teams/candidates?site={site}")["items"]}
    assert {ana.id, engineer.id} <= candidates
    assert elsewhere.id not in candidates
    assert (
        engineer.send("PUT", f"/api/v1/escalation-chains/{made['id']}", chain | {"steps": [{"wait_min": 0}]})[0] == 422
    )
    assert engineer.send("DELETE", f"/api/v1/escalation-chains/{made['id']}")[0] == 204
    assert engineer.send("DELETE", path)[0] == 204


def test_a_rehearsal_goes_through_the_chain_and_the_link_in_its_letter_acknowledges(calha, site):
    status, invited = calha.send(
        "POST",
        "/api/v1/people",
        {"name": "Bia <b>", "email": "bia@example.org", "grants": [{"role": "operator", "site_id": site}]},
    )
    assert status == 201
    chain = {"name": "Noite", "site_id": site, "steps": [{"wait_min": 0, "persons": [invited["person"]["id"]]}]}
    made = calha.send("POST", "/api/v1/escalation-chains", chain)[1]
    path = f"/api/v1/escalation-chains/{made['id']}/rehearsal"
    assert calha.send("POST", path)[1]["messages"] == 1
    letter = calha.mail.next_message()
    assert letter["To"] == "bia@example.org"
    token = re.search(rf"{PUBLIC}/a/(\S+)", letter.get_content())[1]
    for _ in range(2):  # as a scanner of mail does
        status, page, headers = open_page(calha, token)
        assert status == 200
        assert "Ensaio da cadeia Noite" in page
        assert "<form method=post>" in page
        assert "Bia &lt;b&gt;" in page
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
    status, page, _ = open_page(calha, token, b"comment=vou+ver+%3Cb%3E")
    assert (status, "Ninguém mais será chamado" in page) == (200, True)
    status, page, _ = open_page(calha, token, b"comment=")
    assert "já tinha sido reconhecido por Bia &lt;b&gt;" in page
    (line,) = calha.get("/api/v1/notifications?limit=1")["items"]
    assert (line["to"], line["state"], line["notice_state"], line["acknowledged_by"]) == (
        "Bia <b>",
        "sent",
        "acknowledged",
        "Bia <b>",
    )
    audited = calha.get("/api/v1/audit?q=rehearsal&limit=20")["items"]
    assert [one["actor"] for one in audited if one["action"] == "notice.acknowledged"] == ["bia@example.org"]
    status, page, _ = open_page(calha, token[:-8] + "AAAAAAA=", language="en-US")
    assert (status, "This link does not hold" in page) == (404, True)


def test_an_alarm_rings_and_acknowledging_by_the_link_acknowledges_the_alarm(calha, site, ana):
    add_hook(calha, ana, "/alarm")
    device = f"tank-{next(NUMBERS)}"
    assert (
        calha.send("POST", "/api/v1/devices", {"key": device, "name": "Tanque", "site_id": site, "profile": "generic"})[
            0
        ]
        == 201
    )
    assert calha.send("POST", f"/api/v1/telemetry/{device}", {"level": 50})[0] == 200
    calha.until_stored()
    rule = {"name": "Nível alto", "where": {"device": device}, "definition": RULE, "is_enabled": True}
    why = {"cause": "Boia presa", "consequence": "Transbordo", "action": "Fechar o registro", "respond_s": 1800}
    status, made = calha.send("POST", "/api/v1/alarm-rules", rule | {"rationalisation": why})
    assert status == 201, made
    assert calha.send("POST", "/api/v1/escalation-chains", chain_of(site, ana))[0] == 201
    assert calha.send("POST", f"/api/v1/telemetry/{device}", {"level": 92})[0] == 200
    posted = calha.hooks.next_post()
    said = json.loads(posted.body)
    assert posted.path == "/alarm"
    assert said["subject"] == "[Calha] Alta: Nível alto: 92 (limite 85)"
    assert "Tanque · Notify" in said["text"]
    advice = (
        "O que fazer: Fechar o registro\nAgir em: 30 min\nSe ninguém agir: Transbordo\nCausa provável: Boia presa\n"
    )
    assert advice in said["text"]
    assert {name: said["notices"][0][name] for name in why} == why
    token = said["notices"][0]["acknowledge"].rpartition("/")[2]
    assert open_page(calha, token, b"comment=vou")[0] == 200
    (alarm,) = calha.get(f"/api/v1/alarms?device={device}")["items"]
    assert said["notices"][0]["link"] == f"{PUBLIC}/alarms?id={alarm['id']}"
    assert calha.get(f"/api/v1/alarms/{alarm['id']}") == alarm
    assert (alarm["state"], alarm["is_acknowledged"]) == ("acknowledged", True)
    history = calha.get(f"/api/v1/alarms/{alarm['id']}/history")["items"]
    assert (history[0]["act"], history[0]["author"], history[0]["note"]) == ("acknowledge", "Ana", "vou")
    assert calha.send("POST", f"/api/v1/telemetry/{device}", {"level": 40})[0] == 200
    over = json.loads(calha.hooks.next_post().body)
    assert over["type"] == "notice.over"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        log = ana.get("/api/v1/account/notifications/log")["items"]
        if [one["state"] for one in log] == ["sent", "sent"]:
            break
        time.sleep(0.1)
    assert [(one["happening"], one["state"]) for one in log] == [("over", "sent"), ("raised", "sent")]
    told = calha.get("/api/v1/status")["notifications"]
    assert told["sent"] >= 2
    metrics = calha.get("/metrics", accept="*/*").decode()
    assert re.search(r'^calha_notifications_total\{outcome="sent"\} [1-9]', metrics, re.MULTILINE)
    assert "calha_notifications_waiting " in metrics
    happened = calha.get(f"/api/v1/devices/{device}/timeline?kind=alarm&limit=2")
    assert [(one["what"], one["author"], one["channels"]) for one in happened["items"]] == [
        ("clear", "", ["level"]),
        ("acknowledge", "Ana", ["level"]),
    ]
    (raised,) = calha.get(f"/api/v1/devices/{device}/timeline?kind=alarm&after={happened['next']}")["items"]
    assert (raised["what"], raised["severity"], raised["about"]) == ("raise", "high", str(alarm["id"]))
    for bad in ("kind=nonsense", "after=1.2", "from=2026-01-02&to=2026-01-01"):
        assert calha.send("GET", f"/api/v1/devices/{device}/timeline?{bad}")[0] == 422


def test_a_person_is_told_all_that_is_known_and_forgotten_with_his_channels(calha, site):
    eva = Person(calha, "Eva", {"role": "operator", "site_id": site})
    made = add_hook(calha, eva)
    body = {"name": "Plantão", "site_id": site, "members": [eva.id]}
    team = calha.send("POST", "/api/v1/teams", body)[1]["id"]
    known = calha.get(f"/api/v1/people/{eva.id}/export")["notifications"]
    assert [one["id"] for one in known["channels"]] == [made["id"]]
    assert known["teams"] == ["Plantão"]
    assert made["secret"] not in json.dumps(known)
    assert calha.send("DELETE", f"/api/v1/people/{eva.id}")[0] == 204
    (left,) = (one for one in calha.get("/api/v1/teams")["items"] if one["id"] == team)
    assert left["members"] == []
