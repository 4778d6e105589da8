"""A forgotten password, in a real browser with a real mail server."""

import re

import pytest
from playwright.sync_api import expect
from signing_in import ADMINISTRATOR, administrator
from steps import field, scrolls_sideways
from test_accounts import assert_accessible

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
