"""The alarm console: seen from every page, worked through by keyboard, put on the shelf, and its history."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect
from steps import ensure, field, mosquitto_pub, scrolls_sideways
from test_access import violations

from running import Calha

pytestmark = pytest.mark.slow

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


class Loudspeaker:
    """The tones that a page plays, as the browser's own inspector tells of them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.tones = 0
        inspector = page.context.new_cdp_session(page)
        inspector.on("WebAudio.audioNodeCreated", self._note)
        inspector.send("WebAudio.enable")

    def _note(self, told) -> None:
        self.tones += told["node"]["nodeType"] == "Oscillator"

    def until_heard(self, tones: int) -> None:
        deadline = time.monotonic() + WITHIN_MS / 1000
        while self.tones < tones:
            assert time.monotonic() < deadline, f"{self.tones} tones are played"
            self._page.wait_for_timeout(100)


def test_alarms_are_seen_from_any_page_and_worked_through_by_keyboard(calha, page, device, machines):
    page.goto(f"{calha.address}/status")
    link = page.get_by_role("link", name=re.compile("^Alarms"))
    expect(link).to_contain_text("2 alarms to acknowledge", timeout=WITHIN_MS)
    banner = page.get_by_role("region", name="Alarms to acknowledge")
    expect(banner).to_contain_text("1 more")
    loudspeaker = Loudspeaker(page)
    banner.get_by_role("button", name="Sound off").click()
    expect(banner.get_by_role("button", name="Sound on")).to_be_visible()
    loudspeaker.until_heard(3)
    banner.get_by_role("button", name="Silence").click()
    expect(banner.get_by_role("button", name="Silence")).to_have_count(0)
    assert violations(page) == []
    assert not scrolls_sideways(page)

    link.click()
    expect(page.get_by_role("button", name="Sound on").first).to_be_visible()
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
    expect(banner).to_have_count(0)


def test_what_happened_to_a_device_is_marked_on_its_chart_and_told_in_its_timeline(calha, page, device):
    ensure(calha, device, "machine")
    made = calha.send(
        "POST", "/api/v1/alarm-rules", {"name": "Trembling", "definition": RULE, "where": {"device": device}}
    )
    assert made[0] == 201
    mosquitto_pub(calha, device, {"vibration": 9})
    page.goto(f"{calha.address}/devices/{device}")
    marks = page.get_by_role("list", name="Alarms and anomalies on the chart")
    mark = marks.get_by_role("link", name=re.compile("^Raised: Trembling"))
    expect(mark).to_be_visible(timeout=WITHIN_MS)
    mosquitto_pub(calha, device, {"vibration": 1})
    timeline = page.get_by_role("region", name="Timeline")
    happened = timeline.get_by_role("list", name="Events")
    expect(happened).to_contain_text("Returned", timeout=WITHIN_MS)
    expect(happened).to_contain_text(f"Device {device} created")
    timeline.get_by_text("Alarms", exact=True).click()
    expect(happened).not_to_contain_text("created")
    expect(page).to_have_url(re.compile("kinds=alarm"))
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.reload()
    expect(happened.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Show as table").click()
    table = page.get_by_role("table", name="Alarms and anomalies on the chart")
    expect(table.get_by_role("row").filter(has_text="Trembling")).to_contain_text("high")
    page.get_by_role("button", name="Show as chart").click()
    mark.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/alarms\?id=\d+"))
    expect(page.get_by_role("region", name="Trembling")).to_contain_text("returned, unacknowledged")


@pytest.mark.desktop
def test_an_alarm_is_shelved_with_a_reason_and_taken_back(calha, page, device, machines):
    page.goto(f"{calha.address}/alarms?q={machines[0]}")
    expect(lines(page)).to_have_count(1, timeout=WITHIN_MS)
    expect(page.get_by_role("region", name="Alarms to acknowledge")).to_be_visible()  # it moves the buttons down
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


@pytest.mark.desktop
def test_a_rule_is_tried_on_the_past_cured_and_kept(calha, page, device):
    ensure(calha, device, "machine")
    minutes = range(2 * 24 * 60, 0, -1)
    now = time.time()
    peaks = [{"ts": now - 60 * one, "values": {"vibration": 9 if one % 60 == 0 else 5}} for one in minutes]
    for start in range(0, len(peaks), 500):
        assert calha.send("POST", f"/api/v1/telemetry/{device}", peaks[start : start + 500])[0] == 200
    calha.until_stored()

    page.goto(f"{calha.address}/alarms")
    page.get_by_role("link", name="Alarm rules").click()
    page.get_by_role("link", name="New rule").first.click()
    page.get_by_label("Begin with a ready rule").select_option(label="Machine: Machine in fault")
    expect(field(page, "Codes of the state")).to_have_value("2")
    field(page, "Signal").select_option("value")
    field(page, "For which devices").select_option("device")
    field(page, "Name of the alarm").fill("Shaking")
    field(page, "Key of the device").fill(device)
    page.get_by_role("combobox", name="Channel").or_(page.get_by_role("textbox", name="Channel")).first.fill(
        "vibration"
    )
    page.get_by_role("textbox", name="high limit", exact=True).fill("7")
    page.get_by_role("button", name="Try").click()
    trial = page.get_by_role("region", name="Try on the past")
    expect(trial).to_contain_text("48 alarms on 1 device:", timeout=WITHIN_MS)
    assert violations(page) == []
    trial.get_by_role("listitem").filter(has_text="On-delay").get_by_role("button", name="Use").click()
    expect(trial).to_contain_text("0 alarms on 1 device:", timeout=WITHIN_MS)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Rule saved")).to_be_visible()
    page.get_by_role("link", name="Shaking").click()
    expect(field(page, "On-delay (s)")).not_to_have_value("")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Rule removed")).to_be_visible()
    expect(page.get_by_role("link", name="Shaking")).to_have_count(0)


@pytest.mark.desktop
def test_the_health_of_the_alarms_is_told_with_advice(calha, page, device, machines):
    calha.until_stored()
    page.goto(f"{calha.address}/alarms/health")
    expect(page.get_by_role("region", name="What to do")).to_contain_text("Too many are high", timeout=WITHIN_MS)
    expect(page.get_by_role("row").filter(has_text="High or critical")).to_contain_text("bad")
    expect(page.get_by_role("region", name="The ten most frequent")).to_contain_text("Vibration")
    assert violations(page) == []
    assert not scrolls_sideways(page)
