"""The alarm console: seen from every page, worked through by keyboard, put on the shelf, and its history."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from steps import ensure, mosquitto_pub, scrolls_sideways
from test_access import violations

from running import Calha

WITHIN_MS = 60_000
RULE = {"signal": {"kind": "value", "channel": "vibration"}, "limits": {"hi": {"value": 7, "priority": "high"}}}
WHY = {"cause": "bearing worn", "consequence": "shaft breaks", "action": "stop the pump", "respond_s": 600}


@pytest.fixture
def machines(calha: Calha, device: str) -> list[str]:
    """Two machines with a rule each, that vibrate too much."""
    keys = [f"{device}-{number}" for number in (1, 2)]
    for key in keys:
        ensure(calha, key, "machine")
        rule = {"name": "Vibration", "definition": RULE, "where": {"device": key}, "rationalisation": WHY}
        assert calha.send("POST", "/api/v1/alarm-rules", rule)[0] == 201
        mosquitto_pub(calha, key, {"vibration": 9})
    return keys


def lines(page: Page) -> Locator:
    return page.get_by_role("list", name="Alarms, the most pressing first").get_by_role("listitem")


def test_alarms_are_seen_from_any_page_and_worked_through_by_keyboard(calha, page, device, machines):
    page.goto(f"{calha.address}/status")
    link = page.get_by_role("link", name=re.compile("^Alarms"))
    expect(link).to_contain_text("2 alarms to acknowledge", timeout=WITHIN_MS)
    link.click()
    page.get_by_role("searchbox", name="Name or device").fill(device)
    expect(lines(page)).to_have_count(2)
    detail = page.get_by_role("region", name="Vibration")
    expect(detail).to_contain_text("stop the pump")
    expect(detail).to_contain_text("high limit 7 mm/s")
    assert violations(page) == []
    assert not scrolls_sideways(page)

    page.get_by_role("list", name="Alarms, the most pressing first").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.keyboard.press("a")
    page.get_by_role("dialog").get_by_label("Comment").fill("on my way")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Acknowledged: 2.")).to_be_visible()
    expect(lines(page).filter(has_text=" acknowledged")).to_have_count(2)
    expect(detail.get_by_role("list", name="History")).to_contain_text("on my way")
    expect(link).to_contain_text("0 alarms to acknowledge")

    mosquitto_pub(calha, machines[0], {"vibration": 1})
    expect(lines(page)).to_have_count(1, timeout=WITHIN_MS)


def test_an_alarm_is_shelved_with_a_reason_and_taken_back(calha, page, device, machines):
    page.goto(f"{calha.address}/alarms?q={machines[0]}")
    expect(lines(page)).to_have_count(1, timeout=WITHIN_MS)
    page.get_by_role("button", name="Shelve (1)").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Shelve for").select_option("4")
    form.get_by_label("Reason").fill("sensor is being changed")
    form.get_by_role("button", name="Shelve (1)").click()
    expect(page.get_by_text("No alarm matches the filter.")).to_be_visible()
    page.get_by_text("Shelved", exact=True).click()
    expect(page.get_by_role("region", name="Vibration")).to_contain_text("sensor is being changed")
    assert violations(page) == []
    page.get_by_role("button", name="Unshelve (1)").click()
    expect(page.get_by_text("No alarm matches the filter.")).to_be_visible()
    page.get_by_text("Standing", exact=True).click()
    expect(lines(page)).to_have_count(1)
    expect(lines(page)).to_contain_text("unacknowledged")
