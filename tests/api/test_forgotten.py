"""A forgotten password is set again with a link by e-mail; a real Calha and a real mail server."""

import itertools
import re
import time

import pyotp
import pytest

from api.browser import Visitor
from postman import PASSWORD as MAIL_PASSWORD
from postman import USER, postman
from running import running_calha

PASSWORD = "canoa lenta abacaxi 7"
OTHER = "girassol bravo no telhado 4"
PUBLIC = "https://calha.example.org"
numbers = itertools.count()


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forgotten")
    with postman("starttls", folder) as server:
        settings = {
            "CALHA_SMTP_HOST": "127.0.0.1",
            "CALHA_SMTP_PORT": str(server.port),
            "CALHA_SMTP_USER": USER,
            "CALHA_SMTP_PASSWORD": MAIL_PASSWORD,
            "CALHA_SMTP_SENDER": "Calha <calha@example.org>",
            "CALHA_SMTP_AUTHORITY": str(folder / "authority.pem"),
            "CALHA_HTTP_PUBLIC_URL": PUBLIC,
        }
        with running_calha(folder / "data", settings) as running:
            running.postman = server
            yield running


@pytest.fixture
def person(calha):
    """(address, visitor who has signed in, id) of somebody who speaks English."""
    email = f"ana{next(numbers)}@example.org"
    body = {"name": "Ana\nLima", "email": email, "language": "en", "grants": [{"role": "viewer"}]}
    status, made = calha.send("POST", "/api/v1/people", body)
    assert status == 201, made
    visitor = Visitor(calha)
    link = made["link"].partition("#")[2]
    assert visitor.send("POST", "/links/password", {"link": link, "password": PASSWORD})[0] == 201
    return email, visitor, made["person"]["id"]


def ask(calha, login):
    return Visitor(calha).send("POST", "/passwords/forgotten", {"login": login})


def mailed_link(calha, email):
    message = calha.postman.next_message()
    assert message["To"] == email
    found = re.search(rf"{PUBLIC}/link#(\S+)", message.get_content())
    assert found is not None
    return found[1], message


def test_the_link_comes_by_mail_works_once_and_ends_all_sessions(calha, person):
    email, before, _ = person
    assert Visitor(calha).send("GET", "/set-up")[1]["reset_by_mail"] is True
    assert ask(calha, email.upper()) == (202, None)
    link, message = mailed_link(calha, email)
    assert (message["Subject"], message["From"]) == ("Calha: set another password", "Calha <calha@example.org>")
    assert "Hello, Ana Lima." in message.get_content()
    visitor = Visitor(calha)
    told = visitor.send("POST", "/links", {"link": link})[1]
    assert (told["purpose"], told["login"]) == ("forgotten", email)
    assert visitor.send("POST", "/links/password", {"link": link, "password": OTHER})[0] == 201
    assert visitor.send("GET", "/session")[0] == 200
    assert before.send("GET", "/session")[0] == 401
    assert Visitor(calha).send("POST", "/links/password", {"link": link, "password": OTHER})[0] == 404
    assert Visitor(calha).send("POST", "/session", {"login": email, "password": OTHER})[0] == 201
    actions = [one["action"] for one in calha.get(f"/api/v1/audit?actor={email}")["items"]]
    assert {"password.forgotten", "password.set_by_link"} <= set(actions)


def test_the_message_speaks_the_persons_language(calha, person):
    email, _, number = person
    assert calha.send("PATCH", f"/api/v1/people/{number}", {"language": "pt-BR"})[0] == 200
    assert ask(calha, email)[0] == 202
    _, message = mailed_link(calha, email)
    assert message["Subject"] == "Calha: definir outra senha"
    assert "Olá, Ana Lima." in message.get_content()


def test_whether_somebody_is_known_is_not_told(calha, person):
    email, _, number = person
    user_name, known = f"without.mail.{number}", f"known.{number}@example.org"
    assert calha.send("POST", "/api/v1/people", {"name": "B", "user_name": user_name})[0] == 201
    assert calha.send("POST", "/api/v1/people", {"name": "C", "email": known})[0] == 201
    assert calha.send("PUT", f"/api/v1/people/{number}/state", {"state": "blocked"})[0] == 200
    answers = [ask(calha, login) for login in ("nobody@example.org", user_name, email, known)]
    assert answers == [(202, None)] * 4
    mailed_link(calha, known)  # and no other was sent before it
    assert not calha.postman.has_message


def test_an_invitation_comes_by_mail_and_its_link_sets_the_first_password(calha):
    email = f"bia{next(numbers)}@example.org"
    body = {"name": "Bia\nReis", "email": email, "language": "en", "by_mail": True}
    status, made = calha.send("POST", "/api/v1/people", body)
    assert (status, made["is_mailed"]) == (201, True)
    link, message = mailed_link(calha, email)
    assert (message["Subject"], message["From"]) == ("Calha: invitation", "Calha <calha@example.org>")
    for part in ("Hello, Bia Reis.", f"the account {email} of Calha ({PUBLIC})", "within 3 days"):
        assert part in message.get_content()
    assert link == made["link"].partition("#")[2], "the administrator sees the same one"
    visitor = Visitor(calha)
    assert visitor.send("POST", "/links", {"link": link})[1]["purpose"] == "invite"
    assert visitor.send("POST", "/links/password", {"link": link, "password": PASSWORD})[0] == 201
    assert visitor.send("GET", "/session")[0] == 200
    assert Visitor(calha).send("POST", "/links", {"link": link})[0] == 404
    assert link not in calha.log.read_text()


def test_an_invitation_is_mailed_on_request_only_and_needs_an_address(calha):
    number = next(numbers)
    quiet = {"name": "D", "email": f"d{number}@example.org"}
    assert calha.send("POST", "/api/v1/people", quiet)[1]["is_mailed"] is False
    refused = calha.send("POST", "/api/v1/people", {"name": "E", "user_name": f"e.{number}", "by_mail": True})
    assert (refused[0], refused[1]["reason"]) == (422, "no_email")
    assert calha.get(f"/api/v1/people?q=e.{number}")["items"] == [], "and nobody is made"
    known = {"name": "F", "email": f"f{number}@example.org", "language": "pt-BR", "by_mail": True}
    assert calha.send("POST", "/api/v1/people", known)[0] == 201
    _, message = mailed_link(calha, known["email"])  # and no other was sent before it
    assert message["Subject"] == "Calha: convite"


def test_asking_again_and_again_is_slowed_down_for_anybody(calha):
    for login in ("somebody@example.org", "nobody@example.org.br"):
        statuses = [ask(calha, login)[0] for _ in range(6)]
        assert statuses == [202] * 5 + [429]


def test_a_newer_link_takes_the_place_of_the_older_and_leaves_an_invitation_alone(calha):
    email = f"rui{next(numbers)}@example.org"
    invited = calha.send("POST", "/api/v1/people", {"name": "Rui", "email": email})[1]["link"].partition("#")[2]
    links = []
    for _ in range(2):
        assert ask(calha, email)[0] == 202
        links.append(mailed_link(calha, email)[0])
    visitor = Visitor(calha)
    assert [visitor.send("POST", "/links", {"link": one})[0] for one in (*links, invited)] == [404, 200, 200]
    assert visitor.send("POST", "/links/password", {"link": links[1], "password": PASSWORD})[0] == 201
    assert visitor.send("POST", "/links", {"link": invited})[0] == 404, "one password, one link"


def test_a_mailed_link_does_not_stand_in_for_the_second_factor(calha, person):
    email, visitor, _ = person
    key = visitor.send("POST", "/account/second-factor")[1]["key"]
    proof = {"key": key, "code": pyotp.TOTP(key).now(), "password": PASSWORD}
    codes = visitor.send("PUT", "/account/second-factor", proof)[1]["codes"]
    assert ask(calha, email)[0] == 202
    body = {"link": mailed_link(calha, email)[0], "password": OTHER}
    stranger = Visitor(calha)
    assert stranger.send("POST", "/links/password", body)[1]["reason"] == "second_factor_required"
    assert stranger.send("POST", "/links/password", body | {"code": "000000"})[1]["reason"] == "wrong_code"
    assert visitor.send("GET", "/session")[0] == 200, "nothing has happened"
    assert stranger.send("POST", "/links/password", body | {"code": codes[0]})[0] == 201


def test_a_mail_server_that_is_away_is_told_and_gets_the_message_later(calha, person):
    email, _, _ = person
    calha.postman.stop()
    assert ask(calha, email)[0] == 202
    deadline = time.monotonic() + 60
    while not (mail := calha.get("/api/v1/status")["mail"])["last_error"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert mail["waiting"] == 1
    assert "mail_failing" in [one["code"] for one in calha.get("/api/v1/status")["warnings"]]
    calha.postman.start()
    mailed_link(calha, email)
    while calha.get("/api/v1/status")["mail"]["waiting"]:
        assert time.monotonic() < deadline + 60
        time.sleep(0.2)
    assert calha.get("/api/v1/status")["mail"]["last_error"] is None
    assert "calha_mail_waiting 0" in calha.get("/metrics", accept="*/*").decode()
    assert MAIL_PASSWORD not in calha.log.read_text()


def moving(visitor, email, **more):
    return visitor.send("PATCH", "/account", {"email": email, "password": PASSWORD} | more)


def test_another_address_of_ones_own_counts_when_its_link_is_opened(calha, person):
    email, visitor, number = person
    new = f"new.{email}"
    status, answer = moving(visitor, new.upper(), name="Ana Maria")
    assert (status, answer["email"], answer["confirm"], answer["name"]) == (200, email, new.upper(), "Ana Maria")
    link, message = mailed_link(calha, new.upper())
    assert message["Subject"] == "Calha: confirm your e-mail address"
    stranger = Visitor(calha)
    told = stranger.send("POST", "/links", {"link": link})[1]
    assert (told["purpose"], told["email"], told["login"]) == ("address", new, email)
    refused = stranger.send("POST", "/links/password", {"link": link, "password": OTHER})
    assert (refused[0], refused[1]["reason"]) == (404, "wrong_link"), "it sets no password"
    forged = link.partition(".")[0] + "." + link.partition(".")[2][::-1]
    assert stranger.send("POST", "/links/address", {"link": forged})[0] == 404
    assert calha.get(f"/api/v1/people/{number}")["email"] == email
    assert stranger.send("POST", "/links/address", {"link": link}) == (200, {"email": new})
    assert stranger.send("POST", "/links/address", {"link": link})[1]["reason"] == "old_link"
    assert Visitor(calha).send("POST", "/session", {"login": new, "password": PASSWORD})[0] == 201
    told = calha.get(f"/api/v1/audit?target=person%20{number}")["items"]
    assert ("address.confirmed", f'{{"email": "{new}"}}') in [(one["action"], one["after"]) for one in told]
    known = calha.get(f"/api/v1/people/{number}/export")["audit"]
    assert {one["actor"] for one in known} >= {email, new}, "what he did under the former address is his"


def test_an_address_is_nobodys_until_it_is_confirmed(calha, person):
    email, visitor, number = person
    wanted = f"wanted.{email}"
    assert moving(visitor, wanted)[0] == 200
    link, _ = mailed_link(calha, wanted)
    assert calha.send("POST", "/api/v1/people", {"name": "Its owner", "email": wanted})[0] == 201
    assert Visitor(calha).send("POST", "/links/address", {"link": link})[1]["reason"] == "login_taken"
    assert calha.get(f"/api/v1/people/{number}")["email"] == email
    assert moving(visitor, wanted)[1]["reason"] == "login_taken"
    assert moving(visitor, f"third.{email}")[0] == 200
    third, _ = mailed_link(calha, f"third.{email}")
    assert moving(visitor, f"fourth.{email}")[0] == 200
    mailed_link(calha, f"fourth.{email}")
    assert Visitor(calha).send("POST", "/links/address", {"link": third})[0] == 404, "a newer one took its place"
    statuses = [moving(visitor, f"own{number}.{email}")[0] for number in range(12)]
    assert 429 in statuses, "messages to strangers are slowed down"


def test_what_an_administrator_enters_counts_at_once(calha, person):
    email, visitor, number = person
    assert calha.send("POST", f"/api/v1/people/{number}/grants", {"role": "administrator"})[0] == 201
    status, answer = moving(visitor, f"own.{email}")
    assert (status, answer["email"], answer["confirm"]) == (200, f"own.{email}", None)
