"""A person chooses how he is told, an engineer makes a chain and rehearses it, and the link in the message acknowledges."""

import json

import pytest
from playwright.sync_api import expect
from screens import keep
from signing_in import administrator
from steps import field, scrolls_sideways
from test_accounts import assert_accessible

from receiver import receiver
from running import running_calha


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with receiver() as hooks:
        settings = {"CALHA_NOTIFICATIONS_HOSTS": "127.0.0.1"}
        with running_calha(tmp_path_factory.mktemp("notify") / "data", settings) as running:
            running.hooks = hooks
            yield running


def pick(page, place, name, choice):
    """Choose in a field that takes several, and leave its list."""
    place.get_by_role("combobox", name=name).click()
    page.get_by_role("option", name=choice).click()
    page.keyboard.press("Escape")


def test_a_chain_is_made_rehearsed_and_acknowledged_by_the_link(calha, page, device):
    administrator(calha)
    page.goto(f"{calha.address}/notifications")
    expect(page.get_by_role("heading", name="My notifications")).to_be_visible()
    page.get_by_role("button", name="Add a channel").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Kind").select_option("webhook")
    field(form, "Address").fill("http://10.0.0.1/")
    form.get_by_role("button", name="Add a channel").click()
    expect(form.get_by_role("alert")).to_contain_text("Messages may not go to 10.0.0.1")
    field(form, "Address").fill(f"{calha.hooks.url}/{device}")
    field(form, "Name of the channel").fill(device)
    form.get_by_role("button", name="Add a channel").click()
    expect(form.get_by_text("Copy the secret now")).to_be_visible()
    form.get_by_role("button", name="I have kept it").click()
    page.get_by_role("button", name=f"Test {device}").click()
    expect(page.get_by_role("status").filter(has_text="Test message sent")).to_be_visible()
    assert calha.hooks.next_post().path == f"/{device}"
    page.get_by_label("Quiet hours").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Preferences saved.")).to_be_visible()
    page.reload()
    expect(field(page, "From")).to_have_value("22:00")
    assert_accessible(page)
    assert not scrolls_sideways(page)
    keep(page, f"notifications {device}")
    page.get_by_label("Quiet hours").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Preferences saved.")).to_be_visible()

    page.goto(f"{calha.address}/escalation")
    page.get_by_role("button", name="New chain").click()
    form = page.get_by_role("dialog")
    field(form, "Name of the chain").fill(f"Night {device}")
    pick(page, form, "Tell", "Maria Souza")
    assert_accessible(page)
    form.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=f"Rehearse Night {device}").click()
    told = json.loads(calha.hooks.next_post().body)
    assert told["subject"] == f"[Calha] High: Rehearsal of the chain Night {device}"
    expect(page.get_by_text(f"Rehearsal of the chain Night {device}")).to_be_visible()
    assert_accessible(page)
    assert not scrolls_sideways(page)
    keep(page, f"escalation {device}")

    page.goto(told["notices"][0]["acknowledge"])
    page.get_by_label("Comment (optional)").fill("on my way")
    keep(page, f"acknowledge {device}")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody else will be called.")
    page.goto(f"{calha.address}/escalation")
    expect(page.get_by_text("acknowledged by Maria Souza").first).to_be_visible()
    page.get_by_role("button", name=f"Remove Night {device}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("group", name=f"Night {device}")).to_have_count(0)
    page.goto(f"{calha.address}/notifications")
    page.get_by_role("button", name=f"Remove {device}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("group", name=device)).to_have_count(0)
