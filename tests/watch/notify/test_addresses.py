"""Where messages may go: an address that a person chose opens neither files nor machines inside."""

import json

import apprise
import pytest
from apprise.plugins import N_MGR

from calha.domain.errors import Malformed, NotFound
from calha.domain.notices import Owner
from calha.mail.smtp import Fate
from calha.watch.notify import posting, services, webhook
from calha.watch.notify.hosts import Hosts
from calha.watch.notify.links import Links
from receiver import receiver

NOBODY = Hosts([])
HERE = Hosts(["127.0.0.1"])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.9",
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "100.64.0.1",
        "224.0.0.1",
    ],
)
def test_a_machine_inside_is_refused_unless_an_administrator_names_it(address):
    with pytest.raises(Malformed) as refused:
        NOBODY.addresses(address, 80)
    assert refused.value.reason == "host_not_named"
    assert Hosts([address]).addresses(address, 80)


def test_a_machine_on_the_internet_needs_no_name():
    assert NOBODY.addresses("8.8.8.8", 443) == ["8.8.8.8"]


def test_a_name_that_leads_inside_is_refused_and_patterns_hold_for_what_is_below():
    with pytest.raises(Malformed):
        NOBODY.addresses("localhost", 80)
    hosts = Hosts(["*.example.org"])
    assert hosts.is_named("ntfy.EXAMPLE.org")
    assert not hosts.is_named("example.org")
    assert not hosts.is_named("example.org.evil.net")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/x", "bad_address"),
        ("file:///etc/passwd", "bad_address"),
        ("https://name:secret@8.8.8.8/", "bad_address"),
        ("https://8.8.8.8:99999/", "bad_address"),
        ("http://127.0.0.1:1/", "host_not_named"),
        ("nonsense", "bad_address"),
    ],
)
def test_a_webhook_goes_to_an_ordinary_address_only(url, reason):
    with pytest.raises(Malformed) as refused:
        posting.require_url(url, NOBODY)
    assert refused.value.reason == reason


def test_a_redirect_is_not_followed_and_counts_as_refused():
    with receiver() as server:
        server.answers.append((302, {"Location": f"{server.url}/inside"}))
        answer = posting.post(f"{server.url}/hook?a=1", b"{}", {}, HERE)
        assert (answer.status, answer.fate) == (302, Fate.REFUSED)
        assert server.next_post().path == "/hook?a=1"
        assert not server.has_post


@pytest.mark.parametrize(
    ("status", "fate"), [(204, Fate.TAKEN), (404, Fate.REFUSED), (429, Fate.LATER), (503, Fate.LATER)]
)
def test_what_an_answer_means(status, fate):
    assert posting.Answer(status, "").fate is fate


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("syslog://localhost", "unknown_service"),
        ("dbus://", "unknown_service"),
        ("fcm://project/token?keyfile=/etc/passwd", "unknown_service"),
        ("mailto://user:password@10.0.0.1", "unknown_service"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/?template=/etc/passwd", "unknown_option"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?image=http://10.0.0.1/", "unknown_option"),
        ("jsons://10.0.0.1/", "host_not_named"),
        ("gotify://example.org/token123456789a", "host_not_named"),
        ("tgram://nonsense", "bad_service_address"),
        ("x" * 2_000, "bad_address"),
    ],
)
def test_an_apprise_address_reads_no_file_and_reaches_nobody_inside(url, reason):
    with pytest.raises(Malformed) as refused:
        services.require_address(url, NOBODY)
    assert refused.value.reason == reason


def test_services_that_go_anywhere_are_those_that_need_a_named_host():
    for scheme in services.HOSTED:
        templates = N_MGR[scheme].templates
        assert not any("{host}" in one or "{hostname}" in one for one in templates), scheme
    for scheme in services.OWN_HOST:
        assert any("{host}" in one for one in N_MGR[scheme].templates), scheme


def test_the_secrets_of_an_address_are_not_told_back():
    token = "123456789:abcdefg_hijklmnop"
    told = services.shown(f"tgram://{token}/12315544/", NOBODY)
    assert told.startswith("Telegram: tgram://")
    assert "abcdefg_hijklmnop" not in told


def test_apprise_sends_and_says_why_it_could_not():
    with receiver() as server:
        url = f"json://127.0.0.1:{server.port}/here"
        assert services.send(url, "Nível", "água 92,1 %", HERE) == (Fate.TAKEN, "")
        said = json.loads(server.next_post().body)
        assert (said["title"], said["message"]) == ("Nível", "água 92,1 %")
        server.answers.append((302, {"Location": f"{server.url}/inside"}))
        fate, why = services.send(url, "a", "b", HERE)
        assert fate is Fate.LATER
        assert why
        server.next_post()
        assert not server.has_post, "redirects are not followed"
    with pytest.raises(Malformed):
        services.send(url, "a", "b", NOBODY)
    assert apprise.__version__


def test_a_webhook_is_signed_as_the_standard_says():
    # The example of the Standard Webhooks specification's reference libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert webhook.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_!!!!", "whsec_YWJj"])
def test_a_secret_that_protects_nothing_is_refused(secret):
    with pytest.raises(Malformed):
        webhook.require_secret(secret)
    assert webhook.require_secret(webhook.new_secret())


def test_a_link_holds_for_one_notice_one_owner_and_some_time():
    links = Links("secret")
    token = links.token(2**40, Owner("team", 7), 1_000)
    assert len(token) <= 50
    assert links.read(token, 999.0) == (2**40, Owner("team", 7))
    with pytest.raises(NotFound) as old:
        links.read(token, 1_001.0)
    assert old.value.reason == "old_link"
    changed = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
    for wrong in (changed, token[:-4], "", "é", "A" * 44):
        with pytest.raises(NotFound) as refused:
            links.read(wrong, 0.0)
        assert refused.value.reason == "bad_link"
    with pytest.raises(NotFound):
        Links("another").read(token, 0.0)
