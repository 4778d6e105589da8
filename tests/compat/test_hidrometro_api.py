"""Clients of Hidrômetro Inteligente over HTTP and Socket.IO: the dialogues as they were, for those who may."""

import json
import queue
import time

import httpx
import pytest
import socketio

from hidrometro_meter import Meter, PageClient, kept, running_hidrometro, until
from persons import PASSWORD, Person
from ports import free_ports

pytestmark = pytest.mark.slow

NOW = int(time.time()) - 3_600


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    (node_port,) = free_ports(1)
    settings = {"default_serial": "PADRAO", "node_port": node_port, "anonymous_pages": "true"}
    with running_hidrometro(tmp_path_factory.mktemp("hidrometro") / "data", **settings) as running:
        running.node_port = node_port
        running.site = make_site(running, "Bairro")
        running.admin = Person(running, "admin", {"role": "engineer"})
        running.neighbour = Person(running, "neighbour", {"role": "viewer", "site_id": running.site})
        with Meter(running.meter_port) as meter:
            for number in range(5):
                meter.report(ts=NOW + number, totalLiters=100 + number, flowLmin=0, numeroSerie="CASA-1")
                meter.report(ts=(NOW + number) * 1_000, totalLiters=900, flowLmin=number, numeroSerie="CASA-2")
        assert running.send("PATCH", "/api/v1/devices/hidrometro-CASA-1", {"site_id": running.site})[0] == 200
        with Meter(running.meter_port) as meter:
            meter.report(ts=NOW + 3, totalLiters=7, flowLmin=1.5, numeroSerie="PADRAO")
        running.until_stored()
        yield running


def make_site(calha, name):
    status, site = calha.send("POST", "/api/v1/sites", {"name": name, "parent_id": 1})
    assert status == 201, site
    return site["id"]


def make_meter(calha, serial):
    """One with a secret of its own."""
    body = {"key": f"hidrometro-{serial}", "profile": "hidrometro_meter", "serial": serial}
    status, made = calha.send("POST", "/api/v1/devices", body)
    assert status == 201, made
    return made["secret"]


def ask(calha, method, path, person=None, token=None, port=None, **more):
    headers = {"Authorization": f"Bearer {person.token if person else token}"} if person or token else {}
    answer = httpx.request(
        method, f"http://127.0.0.1:{port or calha.page_port}{path}", headers=headers, timeout=60, **more
    )
    return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else answer.text


def test_each_generation_says_that_it_is_there(calha):
    assert ask(calha, "GET", "/healthz") == (200, {"status": "ok"})
    assert ask(calha, "GET", "/healthz", port=calha.node_port) == (200, "ok")


def test_a_person_signs_in_for_a_token(calha):
    status, told = ask(calha, "POST", "/api/login", json={"username": calha.admin.login, "password": PASSWORD})
    assert (status, told["role"]) == (200, "admin")
    assert ask(calha, "GET", "/api/current?serial=CASA-1", token=told["token"])[1]["totalLiters"] == 104
    assert (
        ask(calha, "POST", "/api/login", json={"username": calha.neighbour.login, "password": PASSWORD})[1]["role"]
        == "user"
    )


@pytest.mark.parametrize(
    "said", [{"username": "admin", "password": "admin"}, {}, {"username": "x"}, {"username": 5, "password": []}, [1]]
)
def test_nobody_signs_in_without_a_password_of_his_own(calha, said):
    assert ask(calha, "POST", "/api/login", json=said) == (401, {"error": "invalid credentials"})


def test_guessing_has_to_wait(calha):
    for _ in range(20):
        status, told = ask(calha, "POST", "/api/login", json={"username": "guessed", "password": "x"})
        if status == 429:
            return
        assert told == {"error": "invalid credentials"}
    raise AssertionError("guessing is not slowed down")


def test_the_newest_reading_is_told_to_whoever_may_see_its_meter(calha):
    told = {"ts": (NOW + 4) * 1_000, "totalLiters": 104.0, "flowLmin": 0.0, "numero_serie": "CASA-1"}
    for person in (calha.admin, calha.neighbour):
        assert ask(calha, "GET", "/api/current?serial=casa-1", person) == (200, told)
    assert ask(calha, "GET", "/api/current", calha.neighbour) == (200, told), "his only one"
    assert ask(calha, "GET", "/api/current", calha.admin)[1]["numero_serie"] == "PADRAO", "the default one"
    assert ask(calha, "GET", "/api/current?serial=CASA-2", calha.neighbour)[0] == 404
    assert ask(calha, "GET", "/api/current?serial=CASA-9", calha.admin)[0] == 404
    assert ask(calha, "GET", "/api/current", token="wrong") == (401, {"error": "invalid token"})


def test_whoever_has_not_signed_in_sees_the_default_meter_and_no_other(calha):
    assert ask(calha, "GET", "/api/current")[1]["numero_serie"] == "PADRAO"
    assert ask(calha, "GET", "/api/history")[1] == {
        "history": [{"ts": (NOW + 3) * 1_000, "totalLiters": 7, "flowLmin": 1.5}]
    }
    assert ask(calha, "GET", "/api/current?serial=CASA-1")[0] == 404
    assert ask(calha, "GET", "/api/history?serial=CASA-1", port=calha.node_port)[0] == 404


def test_history_is_oldest_first_and_bounded(calha):
    rows = [{"ts": (NOW + number) * 1_000, "totalLiters": 900.0, "flowLmin": float(number)} for number in range(5)]

    def history(query):
        return ask(calha, "GET", f"/api/history?serial=CASA-2&{query}", calha.admin)

    assert history("") == (200, {"history": rows})
    assert history("limit=2")[1]["history"] == rows[-2:]
    assert history("limit=0")[1]["history"] == rows, "0 is everything"
    assert history(f"from={(NOW + 1) * 1_000}&to={(NOW + 2) * 1_000}")[1]["history"] == rows[1:3]
    for wrong in ("limit=abc", "limit=-1", "from=x", "limit=99999999999999999999"):
        status, told = history(wrong)
        assert status == 400
        assert told["error"]


def test_a_reading_is_taken_from_whoever_may_send_it(calha):
    secret = make_meter(calha, "HTTP-1")
    for token, at in ((calha.admin.token, 0), (secret, 1)):
        said = {"ts": NOW + at, "totalLiters": at, "flowLmin": 0, "serial": "HTTP-1"}
        assert ask(calha, "POST", "/api/data", token=token, json=said) == (200, {"status": "ok"})
    assert ask(calha, "POST", "/api/data", token=secret, json={"ts": NOW + 2, "totalLiters": 2})[0] == 200
    calha.until_stored()
    assert calha.values("hidrometro-HTTP-1", "total") == [0, 1, 2]
    said = {"ts": NOW, "totalLiters": 666, "serial": "CASA-2"}
    assert ask(calha, "POST", "/api/data", json=said) == (401, {"error": "missing token"})
    assert ask(calha, "POST", "/api/data", token="x.y.z", json=said) == (401, {"error": "invalid token"})
    assert ask(calha, "POST", "/api/data", calha.neighbour, json=said)[0] == 403
    assert ask(calha, "POST", "/api/data", token=secret, json=said)[0] == 403
    calha.until_stored()
    assert 666 not in calha.values("hidrometro-CASA-2", "total")


@pytest.mark.parametrize(
    "poison",
    [b"[1]", b"5", b"null", b"", b"\xff", b'{"totalLiters": "abc", "serial": "CASA-1"}', b'{"ts": 1}', b"[" * 9_000],
)
def test_poison_is_refused_with_a_reason_and_kept(calha, poison):
    status, told = ask(calha, "POST", "/api/data", calha.admin, content=poison)
    assert status == 422
    assert told["error"]
    assert ask(calha, "GET", "/api/current?serial=CASA-1", calha.admin)[1]["totalLiters"] == 104


def test_a_body_without_an_end_is_cut_off(calha):
    assert ask(calha, "POST", "/api/data", calha.admin, content=b"x" * 70_000)[0] == 413


def test_a_command_reaches_its_meter_and_is_answered_honestly(calha):
    with Meter(calha.meter_port, "hidrometro-d1") as meter, Meter(calha.meter_port, "hidrometro-d2") as other:
        meter.report(totalLiters=1, flowLmin=0, numeroSerie="CASA-1")
        other.report(totalLiters=1, flowLmin=0, numeroSerie="CASA-2")
        said = {"action": "simulate", "value": "8", "serial": "CASA-1"}
        status, told = ask(calha, "POST", "/api/cmd", calha.admin, json=said)
        assert (status, told["status"], told["cmd"]) == (200, "sent", {"action": "simulate", "value": 8.0})
        assert meter.next_order() == {"action": "simulate", "value": 8.0}
        meter.report(totalLiters=1, flowLmin=8, numeroSerie="CASA-1")
        path = f"/api/cmd/{told['id']}?serial=CASA-1"
        until(lambda: ask(calha, "GET", path, calha.admin)[1]["state"] == "verified")
        query = "/api/cmd?action=reset&serial=CASA-1"
        assert ask(calha, "GET", query, calha.admin, port=calha.node_port)[1]["topic"] == "hidrometro/leandro/cmd"
        assert meter.next_order() == {"action": "reset"}
        assert other.hears_nothing()
    audit = calha.get("/api/v1/audit?limit=100")["items"]
    assert (calha.admin.login, "device hidrometro-CASA-1") in {(one["actor"], one["target"]) for one in audit}


def test_a_command_that_cannot_be_sent_is_not_called_sent(calha):
    def command(person=None, **said):
        return ask(calha, "POST", "/api/cmd", person, json=said)

    status, told = command(calha.admin, action="reset", serial="CASA-2")
    assert status == 503
    assert "nothing was sent" in told["error"]
    assert command(calha.admin, action="explode", serial="CASA-2")[0] == 400
    assert command(calha.admin)[0] == 400
    assert command(calha.admin, action="reset", serial="CASA-9")[0] == 404
    assert command(action="reset") == (401, {"error": "missing token"})
    assert command(calha.neighbour, action="reset") == (403, {"error": "forbidden"})
    assert ask(calha, "GET", "/api/cmd?action=reset", port=calha.node_port) == (401, {"error": "missing token"})


def test_the_size_of_the_history_is_told_to_those_who_operate(calha):
    assert ask(calha, "GET", "/api/debug/history-size?serial=CASA-2", calha.admin)[1]["limit"] == 1_000
    assert ask(calha, "GET", "/api/debug/history-size") == (401, {"error": "missing token"})
    assert ask(calha, "GET", "/api/debug/history-size", calha.neighbour) == (403, {"error": "forbidden"})


def test_any_page_may_ask_with_a_token_and_none_with_somebodys_cookie(calha):
    headers = {"Origin": "http://elsewhere", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"http://127.0.0.1:{calha.page_port}/api/cmd", headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


class Page:
    """What the original's browser client does, as a client of the same protocol."""

    def __init__(self, calha, port=None, **auth):
        self.heard = queue.Queue()
        self.client = PageClient(reconnection=False)
        for event in ("history:init", "data", "alert"):
            self.client.on(event, lambda content, event=event: self.heard.put((event, content)))
        address = f"http://127.0.0.1:{port or calha.page_port}"
        self.client.connect(address, auth=auth, transports=["websocket"], wait_timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.disconnect()

    def next(self, within_s=60):
        return self.heard.get(timeout=within_s)

    def everything(self, until_event):
        """All that comes until a certain event."""
        found = []
        while not found or found[-1] != until_event:
            found.append(self.next())
        return found


@pytest.mark.parametrize("node", [False, True])
def test_a_page_gets_history_and_newest_reading_of_its_own_meters_and_then_each_new_one(calha, node):
    port = calha.node_port if node else calha.page_port
    with Page(calha, port, token=calha.neighbour.token) as page, Meter(calha.meter_port) as meter:
        event, rows = page.next()
        assert event == "history:init"
        assert set(rows[0]) == {"ts", "totalLiters", "flowLmin"}
        assert rows[0] == {"ts": NOW * 1_000, "totalLiters": 100.0, "flowLmin": 0.0}
        event, newest = page.next()
        assert (event, newest["numero_serie"]) == ("data", "CASA-1")
        meter.report(totalLiters=555, flowLmin=1, numeroSerie="CASA-2")
        meter.report(totalLiters=556, flowLmin=0, numeroSerie="CASA-1")
        event, told = page.next()
        assert (event, told["numero_serie"], told["totalLiters"], told["flowLmin"]) == ("data", "CASA-1", 556.0, 0.0)


def test_the_bytes_of_the_browsers_client_are_understood_while_it_polls(calha):
    """As Socket.IO 4 begins, before it goes over to a WebSocket."""
    address = f"http://127.0.0.1:{calha.page_port}/socket.io/?EIO=4&transport=polling"
    with httpx.Client(timeout=60) as browser:
        opened = browser.get(f"{address}&t=OyZ").text
        assert opened.startswith('0{"sid":')
        session = json.loads(opened[1:])
        assert session["upgrades"] == ["websocket"]
        own = f"{address}&sid={session['sid']}"
        assert browser.post(own, content=f'40{{"token":"{calha.neighbour.token}"}}').text == "OK"
        said = ""
        while said.count("42[") < 2:
            said += "\x1e" + browser.get(own).text
        connected, history, newest = said.strip("\x1e").split("\x1e")[:3]
        assert connected.startswith('40{"sid":')
        assert json.loads(history[2:])[0] == "history:init"
        assert json.loads(newest[2:])[1]["numero_serie"] == "CASA-1"
        assert browser.post(own, content="1").text == "OK"


def test_history_goes_to_who_comes_and_to_nobody_else(calha):
    with Page(calha, token=calha.neighbour.token) as first:
        assert [first.next()[0], first.next()[0]] == ["history:init", "data"]
        with Page(calha, token=calha.neighbour.token) as second, Meter(calha.meter_port) as meter:
            assert second.next()[0] == "history:init"
            meter.report(totalLiters=777, flowLmin=0, numeroSerie="CASA-1")
            assert first.next()[1]["totalLiters"] == 777


def test_a_page_may_ask_for_one_meter(calha):
    with Page(calha, token=calha.admin.token, serial="CASA-2") as page, Meter(calha.meter_port) as meter:
        assert [page.next()[0], page.next()[1]["numero_serie"]] == ["history:init", "CASA-2"]
        meter.report(totalLiters=1, flowLmin=0, numeroSerie="CASA-1")
        meter.report(totalLiters=888, flowLmin=0, numeroSerie="CASA-2")
        assert page.next()[1]["totalLiters"] == 888


def test_a_page_without_a_proof_gets_the_default_meter_and_no_other(calha):
    with Page(calha) as page, Meter(calha.meter_port, "sketch") as meter:
        assert page.next() == ("history:init", [{"ts": (NOW + 3) * 1_000, "totalLiters": 7.0, "flowLmin": 1.5}])
        assert page.next()[1]["numero_serie"] == "PADRAO"
        meter.report(totalLiters=5, flowLmin=0, numeroSerie="CASA-1")
        meter.report(totalLiters=8, flowLmin=0)
        assert page.next()[1]["totalLiters"] == 8


@pytest.mark.parametrize("auth", [{"token": "wrong"}, {"serial": "CASA-1"}, {"serial": "CASA-9"}])
def test_a_page_that_may_not_is_refused(calha, auth):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Page(calha, **auth)


def test_a_page_whose_person_was_blocked_hears_no_more(calha):
    gone = Person(calha, "gone", {"role": "viewer", "site_id": calha.site})
    with Page(calha, token=gone.token) as page:
        page.next()
        assert calha.send("PUT", f"/api/v1/people/{gone.id}/state", {"state": "blocked"})[0] in (200, 204)
        until(lambda: not page.client.connected, within_s=120)


def test_without_the_operators_switch_nothing_is_told_to_strangers(tmp_path):
    with running_hidrometro(tmp_path / "data", default_serial="PADRAO") as calha:
        with Meter(calha.meter_port, "sketch") as meter:
            meter.report(totalLiters=5, flowLmin=0)
        calha.until_stored()
        assert ask(calha, "GET", "/api/current") == (200, {})
        assert ask(calha, "GET", "/api/history") == (200, {"history": []})
        with pytest.raises(socketio.exceptions.ConnectionError):
            Page(calha)
        assert not kept(calha, "unknown_device")
