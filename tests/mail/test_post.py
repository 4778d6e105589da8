"""Letters on their way to a real mail server: sent, tried again, given up, never lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from calha.domain.errors import MailFull
from calha.mail import Letter, MailServer, Outbox, PostOffice, outbox, post
from postman import PASSWORD, USER, Postman, postman

LETTER = Letter("test", "maria@example.org", "Olá", "Vazão às 12 h: 12,5 m³/h\n")


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """No pause between tries."""
    monkeypatch.setattr(post, "FIRST_BACK_OFF_S", 0.0)
    monkeypatch.setattr(post._Patience, "wait", lambda _: None)


@pytest.fixture
def given_up():
    return []


@pytest.fixture
def office(tmp_path, given_up):
    def of(server: Postman, security="none", **more) -> PostOffice:
        reached = MailServer("127.0.0.1", server.port, security, "Calha <calha@example.org>", **more)
        told = lambda letter, why: given_up.append((letter.to, why))  # noqa: E731
        return PostOffice(reached, Outbox(tmp_path / "outbox"), told)

    return of


def test_a_letter_arrives_as_it_was_written(office):
    with postman() as server:
        sends = office(server)
        sends.post(LETTER)
        sends.round()
        message = server.next_message()
    assert (message["To"], message["From"], message["Subject"]) == (LETTER.to, "Calha <calha@example.org>", "Olá")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")
    assert message.get_content().replace("\r\n", "\n") == LETTER.text
    assert (sends.counters.sent, sends.waiting, sends.counters.last_error) == (1, 0, None)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_with_tls_the_server_is_believed_by_its_authority_and_not_without(office, tmp_path, security):
    with postman(security, tmp_path) as server:
        stranger = office(server, security, user=USER, password=PASSWORD)
        stranger.post(LETTER)
        stranger.round()
        assert "certificate verify failed" in stranger.counters.last_error
        sends = office(server, security, user=USER, password=PASSWORD, authority=tmp_path / "authority.pem")
        sends.round()
        assert server.next_message()["To"] == LETTER.to
    assert (sends.counters.sent, sends.waiting) == (1, 0)


def test_a_server_without_starttls_gets_no_letter(office):
    with postman() as server:
        sends = office(server, "starttls")
        sends.post(LETTER)
        sends.round()
        assert not server.has_message
    assert "STARTTLS" in sends.counters.last_error
    assert sends.waiting == 1


def test_a_wrong_password_is_told_and_the_letter_waits(office, tmp_path):
    with postman("starttls", tmp_path) as server:
        sends = office(server, "starttls", user=USER, password="wrong", authority=tmp_path / "authority.pem")
        sends.post(LETTER)
        sends.round()
    assert sends.counters.last_error.startswith("535")
    assert "wrong" not in sends.counters.last_error
    assert sends.waiting == 1


def test_a_server_that_is_away_gets_it_when_it_is_back_also_after_a_restart_of_ours(office):
    server = Postman()
    sends = office(server)
    sends.post(LETTER)
    sends.round()
    assert (sends.counters.failures, sends.waiting) == (1, 1)
    server.start()
    again = office(server)
    again.round()
    assert server.next_message()["To"] == LETTER.to
    server.stop()
    assert again.waiting == 0


def test_a_letter_that_is_deferred_is_tried_again_and_holds_up_no_other(office):
    with postman() as server:
        server.answers.append("451 try again later")
        sends = office(server)
        sends.post(LETTER)
        sends.post(Letter("test", "rui@example.org", "B", "b"))
        sends.round()
        assert (server.next_message()["To"], sends.waiting) == ("rui@example.org", 1)
        sends.round()
        assert (server.next_message()["To"], sends.waiting) == (LETTER.to, 0)
    assert (sends.counters.sent, sends.counters.failures) == (2, 1)


@pytest.mark.parametrize("to", ["nobody@example.org", "josé@example.org"], ids=["unknown", "not ASCII"])
def test_what_the_server_will_never_take_is_given_up_and_told(office, given_up, to):
    with postman() as server:
        server.refused.add("nobody@example.org")
        sends = office(server)
        sends.post(Letter("test", to, "A", "a"))
        sends.post(LETTER)
        sends.round()
        assert server.next_message()["To"] == LETTER.to
    assert [one for one, _ in given_up] == [to]
    assert (sends.counters.given_up, sends.waiting) == (1, 0)


def test_what_is_of_no_use_any_more_is_given_up_and_not_sent(office, given_up, monkeypatch):
    with postman() as server:
        sends = office(server)
        sends.post(Letter("test", "late@example.org", "A", "a", datetime.now(UTC) - timedelta(seconds=1)))
        sends.post(Letter("test", "in-time@example.org", "A", "a", datetime.now(UTC) + timedelta(hours=1)))
        sends.round()
        assert server.next_message()["To"] == "in-time@example.org"
        monkeypatch.setattr(post, "GIVE_UP_US", -1)
        sends.post(LETTER)
        sends.round()
        assert not server.has_message
    assert [one for one, _ in given_up] == ["late@example.org", LETTER.to]
    assert sends.waiting == 0


def test_what_waits_for_somebody_who_is_forgotten_is_thrown_away(office):
    sends = office(Postman())
    sends.post(LETTER)
    sends.post(replace(LETTER, to="Joao@Example.org"))
    sends.withdraw({"joao@example.org"})
    assert sends.waiting == 1
    with postman() as server:
        office(server).round()
        assert server.next_message()["To"] == LETTER.to
        assert not server.has_message


def test_no_more_letters_wait_than_may(office, monkeypatch):
    monkeypatch.setattr(outbox, "MAX_WAITING", 2)
    sends = office(Postman())
    sends.post(LETTER)
    sends.post(LETTER)
    with pytest.raises(MailFull):
        sends.post(LETTER)
    assert sends.waiting == 2


def test_the_outbox_is_its_owners_alone_and_a_damaged_file_is_set_aside(office, tmp_path):
    with postman() as server:
        sends = office(server)
        sends.post(LETTER)
        folder = tmp_path / "outbox"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
        (folder / "0000000000000001-x.letter").write_text('{"to": "x"}')
        sends.round()
        assert server.next_message()["To"] == LETTER.to
    assert [path.name for path in folder.iterdir()] == ["0000000000000001-x.damaged"]
