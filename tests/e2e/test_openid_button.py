"""Signing in with an OpenID Connect provider, a real process beside ours, in a real browser."""

import re

import pytest
from playwright.sync_api import expect
from test_access import violations

from identities import USERS, openid_provider
from running import running_calha


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openid")
    with openid_provider(folder) as settings, running_calha(folder / "data", settings) as running:
        person = {"name": "Maria", "email": USERS[0]["email"], "language": "en", "grants": [{"role": "administrator"}]}
        assert running.send("POST", "/api/v1/people", person)[0] == 201
        yield running


@pytest.mark.desktop
def test_whoever_was_invited_comes_in_through_his_provider_and_nobody_else(company, stranger):
    stranger.goto(f"{company.address}/status?x=1")
    assert violations(stranger) == []
    stranger.get_by_role("link", name="Sign in with Company").click()
    stranger.get_by_role("textbox").first.fill("u3")
    stranger.get_by_role("button", name=re.compile("Authorize|Sign in|Login", re.IGNORECASE)).first.click()
    expect(stranger.get_by_role("alert")).to_contain_text("ask an administrator for an invitation", ignore_case=True)
    assert violations(stranger) == []

    stranger.goto(f"{company.address}/status")
    stranger.get_by_role("link", name="Sign in with Company").click()
    stranger.get_by_role("textbox").first.fill("u1")
    stranger.get_by_role("button", name=re.compile("Authorize|Sign in|Login", re.IGNORECASE)).first.click()
    expect(stranger).to_have_url(f"{company.address}/status")
    expect(stranger.get_by_role("heading", name="System")).to_be_visible()

    maria = company.get("/api/v1/people")["items"][0]["id"]
    stranger.goto(f"{company.address}/people/{maria}")
    linked = stranger.get_by_role("region", name="Account at the provider")
    expect(linked).to_contain_text("u1")
    assert violations(stranger) == []
    linked.get_by_role("button", name="Unlink").click()
    stranger.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(stranger.get_by_role("link", name="Sign in with Company")).to_be_visible()
    assert company.get(f"/api/v1/people/{maria}/identities")["items"] == []
