"""The app without a connection: it opens with what was, says so, and keeps what is done until it can be sent."""

import re

from playwright.sync_api import expect
from screens import keep
from steps import field, mosquitto_pub, tile


def test_a_register_read_without_a_connection_is_entered_once(calha, installed):
    page = installed
    meter = {"key": "field-1", "profile": "water_meter"}
    assert calha.send("POST", "/api/v1/devices", meter)[0] == 201
    mosquitto_pub(calha, "field-1", {"total": 100})
    calha.until_stored()
    page.goto(f"{calha.address}/outbox")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    expect(page.locator("datalist option")).to_have_count(1)
    page.goto(f"{calha.address}/devices/field-1")
    expect(tile(page, "Total volume")).to_contain_text("100")

    calha.stop()
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("No connection since")
    expect(tile(page, "Total volume")).to_contain_text("100")
    expect(tile(page, "Total volume")).to_have_class(re.compile("stale"))
    keep(page, "offline-device")

    page.goto(f"{calha.address}/outbox")
    field(page, "Meter (key)").fill("field-1")
    page.get_by_label(re.compile("^Value of the register")).fill("101,5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 waits for the connection")).to_be_visible()
    page.reload()
    expect(page.get_by_text("field-1 · total: 101.5")).to_be_visible()
    keep(page, "offline-outbox")

    calha.start()
    expect(page.get_by_text("Nothing waits")).to_be_visible(timeout=60_000)
    entered = calha.get("/api/v1/devices/field-1/manual-readings?channel=total")
    assert [one["value"] for one in entered] == ["101.5"]
