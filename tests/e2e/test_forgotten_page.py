"""A forgotten password, in a real browser with a real mail server."""

import re

import pytest
from playwright.sync_api import expect
from signing_in import ADMINISTRATOR, administrator
from steps import field, scrolls_sideways
from test_accounts import assert_accessible

from persons import PASSWORD, Person
from postman import postman
from running import running_calha


@pytest.fixture(scope="module")
def posted(tmp_path_factory):
    with postman() as server:
        settings = {
            "CALHA_SMTP_HOST": "127.0.0.1",
            "CALHA_SMTP_PORT": str(server.port),
            "CALHA_SMTP_SECURITY": "none",
            "CALHA_SMTP_SENDER": "calha@example.org",
            "CALHA_HTTP_PUBLIC_URL": "https://calha.example.org",
        }
        with running_calha(tmp_path_factory.mktemp("forgotten") / "data", settings) as running:
            administrator(running)
            yield running, server


@pytest.mark.desktop
def test_a_forgotten_password_is_set_again_with_the_mailed_link(posted, stranger):
    calha, server = posted
    stranger.goto(calha.address)
    stranger.get_by_role("button", name="Forgot the password?").click()
    expect(stranger.get_by_role("heading", name="Forgotten password")).to_be_visible()
    field(stranger, "E-mail or user name").fill(ADMINISTRATOR)
    assert_accessible(stranger)
    stranger.get_by_role("button", name="Send the link").click()
    expect(stranger.get_by_role("status")).to_contain_text("a link is on its way")
    assert_accessible(stranger)
    assert not scrolls_sideways(stranger)
    (secret,) = re.findall(r"/link#(\S+)", server.next_message().get_content())
    stranger.goto(f"{calha.address}/link#{secret}")
    expect(stranger.get_by_role("heading", name="Set another password")).to_be_visible()
    field(stranger, "New password").fill("trem azul girassol 42")
    stranger.get_by_role("button", name="Set password and sign in").click()
    expect(stranger).to_have_url(f"{calha.address}/home")
    stranger.goto(f"{calha.address}/status")
    expect(stranger.get_by_role("row", name=re.compile("Sent since the start")).first).to_be_visible()
    assert_accessible(stranger)


def test_another_address_of_ones_own_is_confirmed_with_the_mailed_link(posted, stranger):
    calha, server = posted
    width = (stranger.viewport_size or {})["width"]
    person = Person(calha, "ana", {"role": "viewer"})
    address = f"{person.login}@example.org"
    assert person.send("PATCH", "/api/v1/account", {"language": "en"})[0] == 200
    stranger.goto(f"{calha.address}/account")
    field(stranger, "E-mail or user name").fill(person.login)
    field(stranger, "Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    field(stranger, "E-mail").fill(address)
    stranger.get_by_label("Present password").first.fill(PASSWORD)
    stranger.get_by_role("button", name="Save").first.click()
    expect(stranger.get_by_text(f"We sent a link to {address}.")).to_be_visible()
    expect(field(stranger, "E-mail")).to_have_value("")
    stranger.screenshot(path=f"artifacts/e2e/address-asked-{width}.png")
    (secret,) = re.findall(r"/link#(\S+)", server.next_message().get_content())
    stranger.goto(f"{calha.address}/link#{secret}")
    expect(stranger.get_by_role("heading", name="Confirm the e-mail address")).to_be_visible()
    expect(stranger.get_by_text(f"Confirm that {address} is yours.")).to_be_visible()
    stranger.screenshot(path=f"artifacts/e2e/address-link-{width}.png")
    assert_accessible(stranger)
    assert not scrolls_sideways(stranger)
    stranger.get_by_role("button", name="Confirm the address").click()
    expect(stranger.get_by_role("heading", name="Address confirmed")).to_be_visible()
    assert_accessible(stranger)
    stranger.get_by_role("button", name="Go to Calha").click()
    stranger.goto(f"{calha.address}/account")
    expect(field(stranger, "E-mail")).to_have_value(address)
    stranger.goto(f"{calha.address}/link#{secret}")
    expect(stranger.get_by_role("heading", name="This link does not work any more")).to_be_visible()
