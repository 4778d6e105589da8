"""Sign-in with an OpenID Connect provider, a real process beside ours."""

import json
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from api.browser import Visitor
from identities import USERS, openid_provider
from running import running_calha


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openid")
    with openid_provider(folder) as settings, running_calha(folder / "data", settings) as running:
        for user in USERS[:2]:
            grants = [{"role": "viewer"}]
            made = running.send("POST", "/api/v1/people", {"name": "P", "email": user["email"], "grants": grants})
            assert made[0] == 201
        yield running


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Follows redirects by hand, so that each can be looked at."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), NoRedirect)

    def go(self, address: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self._opener.open(address, data, timeout=120) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Location") or error.read().decode()


def at_provider(browser: Browser, calha, subject: str, target: str = "/devices") -> str:
    """Where the provider sends the browser back to, signed in there as somebody."""
    status, address = browser.go(f"{calha.address}/api/v1/session/openid?to={target}")
    assert status == 303
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    status, back = browser.go(address, {"sub": subject})
    assert status == 302, back
    return back


def test_somebody_invited_signs_in_and_is_known_the_next_time(calha):
    for _ in range(2):
        browser = Browser()
        status, target = browser.go(at_provider(browser, calha, "u1"))
        assert (status, target) == (303, "/devices")
        assert {cookie.name for cookie in browser.jar} == {"calha_session"}
        status, me = browser.go(f"{calha.address}/api/v1/session")
        assert json.loads(me)["person"]["email"] == "maria@example.org"
    assert any(one["after"] == '{"by": "Company"}' for one in calha.get("/api/v1/audit?q=Company")["items"])


@pytest.mark.parametrize("subject", ["u2", "u3"], ids=["an address that is not verified", "nobody invited"])
def test_who_has_no_account_gets_none(calha, subject):
    browser = Browser()
    assert browser.go(at_provider(browser, calha, subject)) == (303, "/sign-in?refused=no_account")
    assert browser.go(f"{calha.address}/api/v1/session")[0] == 401


def test_who_is_given_the_address_of_another_later_gets_nowhere_until_that_one_is_unlinked(calha):
    """u4 has the address at the provider that was u1's."""
    first = Browser()
    assert first.go(at_provider(first, calha, "u1"))[1] == "/devices"
    person = json.loads(first.go(f"{calha.address}/api/v1/session")[1])["person"]["id"]
    path = f"/api/v1/people/{person}/identities"
    assert [one["subject"] for one in calha.get(path)["items"]] == ["u1"]
    later = Browser()
    assert later.go(at_provider(later, calha, "u4")) == (303, "/sign-in?refused=other_identity")
    assert later.go(f"{calha.address}/api/v1/session")[0] == 401
    entry = calha.get(f"/api/v1/audit?target=person%20{person}")["items"][0]
    assert (entry["action"], entry["actor"]) == ("sign_in.failed", "Company: u4")
    assert calha.send("DELETE", path)[0] == 204
    assert calha.get(path)["items"] == []
    assert first.go(f"{calha.address}/api/v1/session")[0] == 401
    assert later.go(at_provider(later, calha, "u4"))[1] == "/devices"
    assert first.go(at_provider(first, calha, "u1")) == (303, "/sign-in?refused=other_identity")
    assert calha.send("DELETE", path)[0] == 204
    assert first.go(at_provider(first, calha, "u1"))[1] == "/devices"


def test_an_answer_cannot_be_brought_by_another_browser_or_twice(calha):
    browser = Browser()
    back = at_provider(browser, calha, "u1")
    assert Browser().go(back) == (303, "/sign-in?refused=old_challenge")
    forged = back.replace("state=", "state=x")
    assert browser.go(forged)[1] == "/sign-in?refused=wrong_state"
    again = Browser()
    back = at_provider(again, calha, "u1")
    cookies = list(again.jar)
    assert again.go(back)[1] == "/devices"
    for cookie in cookies:
        again.jar.set_cookie(cookie)
    assert again.go(back)[1] == "/sign-in?refused=provider_refused"


def test_nobody_takes_the_identity_of_another_by_typing_his_address(calha):
    """u3 has a verified address at the provider, and no account here."""
    made = calha.send("POST", "/api/v1/people", {"name": "Eve", "user_name": "eve", "grants": [{"role": "viewer"}]})[1]
    eve = Visitor(calha)
    password = "canoa lenta abacaxi 7"
    link = made["link"].partition("#")[2]
    assert eve.send("POST", "/links/password", {"link": link, "password": password})[0] == 201
    status, refused = eve.send("PATCH", "/account", {"email": USERS[2]["email"], "password": password})
    assert (status, refused["reason"]) == (404, "no_mail")
    browser = Browser()
    assert browser.go(at_provider(browser, calha, "u3"))[1] == "/sign-in?refused=no_account"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_way_back_leads_to_our_own_pages_only(calha, target):
    address = f"{calha.address}/api/v1/session/openid?to={urllib.parse.quote(target, safe='')}"
    assert Browser().go(address)[0] == 422


def test_the_provider_is_named_and_its_secret_is_nowhere(calha):
    assert calha.get("/api/v1/set-up")["openid"] == "Company"
    assert "not in the log" not in calha.log.read_text()
