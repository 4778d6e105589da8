"""Two people who edit one thing at once: whoever saves last is told who was quicker, and takes nothing back."""

import threading

import pytest

from persons import Person

ISSUER = {"name": "Água Exemplo", "city": "Recife"}
TEMPLATE = {"subject": "ETA: {what}", "text": "{where}"}
NOTIFICATIONS = "/api/v1/account/notifications"


@pytest.fixture(scope="module")
def site(calha):
    status, made = calha.send("POST", "/api/v1/sites", {"name": "Edited at once", "parent_id": 1})
    assert status == 201, made
    return made["id"]


@pytest.fixture(scope="module")
def ana(calha):
    return Person(calha, "Ana", {"role": "administrator", "site_id": None})


@pytest.fixture(scope="module")
def rui(calha):
    return Person(calha, "Rui", {"role": "administrator", "site_id": None})


@pytest.fixture(params=["chain", "team", "preferences", "report", "issuer", "note", "view", "text of messages"])
def edited(request, ana, site):
    """(path, body, its version): a thing, what is sent to change it, and which version that is based on."""
    return MADE[request.param](ana, site)


def chain(ana, site):
    body = {"name": "Bombas", "site_id": site, "steps": [{"wait_min": 0, "persons": [ana.id]}]}
    return added(ana, "/api/v1/escalation-chains", body)


def team(ana, site):
    return added(ana, "/api/v1/teams", {"name": "Plantão", "site_id": site, "members": [ana.id]})


def preferences(ana, site):
    return f"{NOTIFICATIONS}/preferences", {"per_hour": 7}, ana.get(NOTIFICATIONS)["preferences"]["version"]


def report(ana, site):
    definition = {"kind": "flow", "site_id": site, "period": {"relative": "yesterday"}, "language": "en"}
    return added(ana, "/api/v1/reports", {"name": "Flow", "definition": definition})


def issuer(ana, site):
    path = f"/api/v1/sites/{site}/issuer"
    status, made = ana.send("PUT", path, ISSUER)
    assert status == 200, made
    return path, ISSUER, made["version"]


def note(ana, site):
    path, body, version = added(
        ana, "/api/v1/annotations", {"site_id": site, "from": "2026-01-30T12:00:00Z", "text": "x"}
    )
    return path, {name: body[name] for name in ("from", "text")}, version


def view(ana, site):
    body = {"page": "/explore", "name": "Pumps", "search": {"s": "a/b"}, "site_id": site}
    status, made = ana.send("PUT", "/api/v1/views", body)
    assert status == 200, made
    return f"/api/v1/views/{made['id']}", {name: body[name] for name in ("name", "search", "site_id")}, made["version"]


def text_of_messages(ana, site):
    items = ana.get("/api/v1/message-templates")["items"]
    version = next(one["version"] for one in items if (one["kind"], one["language"]) == ("raised", "en"))
    return "/api/v1/message-templates/raised/en", TEMPLATE, version


def added(ana, path, body):
    status, made = ana.send("POST", path, body)
    assert status == 201, made
    return f"{path}/{made['id']}", body, made["version"]


MADE = {"chain": chain, "team": team, "preferences": preferences, "report": report, "issuer": issuer, "note": note}
MADE |= {"view": view, "text of messages": text_of_messages}


def changed(body, number):
    """Something else said, where there is a text or a number to say it in."""
    for name in ("text", "name"):
        if name in body:
            return body | {name: f"{body[name]} {number}"}
    return body | {"per_hour": body["per_hour"] + number}


def test_whoever_saves_last_is_told_who_was_quicker_and_takes_nothing_back(edited, ana, rui):
    path, body, version = edited
    other = ana if path.startswith(NOTIFICATIONS) else rui  # at another computer
    seen = {"If-Match": f'"{version}"'}
    status, first = other.send("PUT", path, changed(body, 1), seen)
    assert status == 200, first
    assert first["version"] != version
    status, problem = ana.send("PUT", path, changed(body, 2), seen)
    assert (status, problem["reason"], problem["about"]["by"]) == (409, "changed_by", other.login.lower())
    status, again = ana.send("PUT", path, changed(body, 2), {"If-Match": f'"{first["version"]}"'})
    assert status == 200, again
    assert ana.send("PUT", path, changed(body, 3))[0] == 200, "who asks for no version replaces what there is"
    ana.send("DELETE", path)


def test_of_many_who_save_at_the_same_moment_one_does(ana, site):
    path, body, version = chain(ana, site)
    answers = []

    def save(number):
        answers.append(ana.send("PUT", path, changed(body, number), {"If-Match": f'"{version}"'})[0])

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers) == [200] + [409] * 7


def test_what_happens_beside_what_is_edited_is_no_change_of_it(ana, site):
    path, body, version = team(ana, site)
    channel = {"kind": "apprise", "name": "Sala", "address": "tgram://123456789:abcdefg_hijklmnop/12315544/"}
    assert ana.send("POST", f"{path}/channels", channel)[0] == 201
    assert ana.send("PUT", path, changed(body, 1), {"If-Match": f'"{version}"'})[0] == 200
