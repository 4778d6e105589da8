"""The paths that a person walks, in a real browser against a running Calha."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
NOW_MS = int(time.time() * 1000)


def mosquitto_pub(calha, device, values, ts=None):
    message = {"values": values} | ({"ts": ts} if ts else {})
    command = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-q", "1", "-t", f"calha/v1/{device}/telemetry"]
    subprocess.run([*command, "-m", json.dumps(message)], check=True)


def ensure(calha, key, profile="water_flow"):
    status, answer = calha.send("POST", "/api/v1/devices", {"key": key, "profile": profile})
    assert status in (201, 409), answer


def tile(page, name):
    return page.get_by_role("group", name=name, exact=True)


def test_a_first_start_leads_to_the_first_reading(page, empty):
    page.goto(empty.address)
    expect(page.get_by_role("heading", name="Send the first reading")).to_be_visible()
    page.get_by_label("Key").fill("pump-1")
    page.get_by_label("Profile").select_option("water_flow")
    page.get_by_role("button", name="Create device").click()
    expect(page.get_by_text("Waiting for the first reading")).to_be_visible()
    commands = {name: page.get_by_label(name, exact=True).inner_text() for name in ("MQTT", "HTTP", "TCP")}
    assert str(empty.mqtt_port) in commands["MQTT"]
    subprocess.run(commands["MQTT"], shell=True, check=True)
    expect(tile(page, "Outlet flow 1")).to_contain_text("12.50 m³/h")
    expect(tile(page, "Outlet flow 1")).to_contain_text(re.compile("now|s ago"))
    expect(page.get_by_text("Waiting for the first reading")).to_be_hidden()
    subprocess.run(commands["HTTP"].replace("12.5", "13.5"), shell=True, check=True, capture_output=True)
    expect(tile(page, "Outlet flow 1")).to_contain_text("13.50 m³/h")
    subprocess.run(commands["TCP"].replace("12.5", "14.5"), shell=True, check=True, capture_output=True)
    expect(tile(page, "Outlet flow 1")).to_contain_text("14.50 m³/h")
    expect(page.locator(".chart canvas").first).to_be_visible()


def test_the_overview_is_live_and_can_be_searched(page, calha):
    ensure(calha, "eta-1")
    ensure(calha, "meter-1", "water_meter")
    mosquitto_pub(calha, "eta-1", {"flow_1": 61.5})
    page.goto(calha.address)
    row = page.get_by_role("link", name=re.compile("eta-1"))
    expect(row).to_contain_text("61.50")
    mosquitto_pub(calha, "eta-1", {"flow_1": 62.5})
    expect(row).to_contain_text("62.50")
    expect(row).to_contain_text("live")
    page.get_by_role("searchbox").fill("meter")
    expect(row).to_be_hidden()
    expect(page.get_by_role("link", name=re.compile("meter-1"))).to_be_visible()
    assert "q=meter" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_history_is_zoomed_by_mouse_and_keyboard_and_shown_as_a_table(page, calha):
    ensure(calha, "eta-2")
    records = [{"ts": NOW_MS - n * 5_000, "flow_1": 60 + n % 7} for n in range(600)]
    calha.send("POST", "/api/v1/telemetry/eta-2", records)
    calha.until_stored()
    page.goto(f"{calha.address}/devices/eta-2")
    chart = page.locator(".chart .u-over").first
    expect(chart).to_be_visible()
    page.get_by_text("15 min", exact=True).click()
    expect(page).to_have_url(re.compile("range=15min"))
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 80, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from="))
    group = page.get_by_role("group", name=re.compile("Drag to zoom"))
    for key in ("+", "-", "ArrowLeft"):
        before = page.url
        group.focus()
        page.keyboard.press(key)
        page.wait_for_url(lambda url, before=before: url != before)
    page.keyboard.press("0")
    expect(page).to_have_url(re.compile("range=1h"))
    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("cell", name=re.compile(r"6\d\.00 m³")).first).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download CSV").click()
    lines = Path(downloading.value.path()).read_text().splitlines()
    assert lines[0] == "channel,unit,at,value,quality"
    assert len(lines) > 100


def test_a_lost_connection_is_told_and_got_over_without_a_reload(page, empty):
    ensure(empty, "eta-1")
    mosquitto_pub(empty, "eta-1", {"flow_1": 1})
    page.goto(f"{empty.address}/devices/eta-1")
    expect(tile(page, "Outlet flow 1")).to_contain_text("1.00")
    os.kill(empty.processes()["core"], signal.SIGKILL)
    expect(page.get_by_role("alert").filter(has_text="No connection since")).to_be_visible()
    expect(tile(page, "Outlet flow 1")).to_have_class(re.compile("stale"))
    empty.until_ready()
    mosquitto_pub(empty, "eta-1", {"flow_1": 2})
    expect(tile(page, "Outlet flow 1")).to_contain_text("2.00", timeout=30_000)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_where_is_my_data_tells_counters_and_the_last_error(page, calha):
    ensure(calha, "eta-3")
    mosquitto_pub(calha, "eta-3", {"flow_1": 60})
    mosquitto_pub(calha, "eta-3", {"flow_1": "much"})
    page.goto(f"{calha.address}/devices/eta-3/data")
    expect(page.get_by_text("not a number").first).to_be_visible()
    expect(page.get_by_text("Correct the value at the device")).to_be_visible()
    numbers = [int(text.replace(",", "")) for text in page.locator("table").first.locator("td").all_inner_texts()]
    assert numbers[0] == sum(numbers[1:]) > 0


def test_a_device_that_was_seen_is_registered_with_one_button(page, calha, request):
    stranger = f"stranger-{abs(hash(request.node.name)) % 10_000}"
    mosquitto_pub(calha, stranger, {"ph": 7.2})
    page.goto(f"{calha.address}/quarantine")
    page.get_by_role("button", name=f"Register {stranger}").click()
    page.get_by_role("button", name="Create device").click()
    expect(page).to_have_url(re.compile(f"/devices/{stranger}"))
    expect(tile(page, "ph")).to_contain_text("7.2")


def test_a_message_is_discarded_only_after_it_was_confirmed(page, calha, request):
    device = f"bad-{abs(hash(request.node.name)) % 10_000}"
    ensure(calha, device)
    mosquitto_pub(calha, device, {"flow_1": "nonsense"})
    page.goto(f"{calha.address}/devices/{device}/data")
    page.get_by_role("button", name="Discard").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Cancel").last.click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Discard")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    dialog.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Nothing in quarantine.")).to_be_visible()


def test_the_system_page_states_the_promise_and_every_task(page, calha):
    page.goto(f"{calha.address}/status")
    expect(page.get_by_text("Acknowledged means on disk")).to_be_visible()
    for task in ("writer", "mqtt", "process core", "process log server"):
        expect(page.get_by_role("cell", name=task, exact=True)).to_be_visible()


def test_sites_are_made_renamed_and_deleted(page, calha):
    page.goto(f"{calha.address}/sites")
    page.get_by_role("button", name="New site", exact=True).click()
    page.get_by_label("Name of the site").fill("ETA Norte")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Rename ETA Norte").click()
    page.get_by_label("Name of the site").fill("ETA Sul")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Delete ETA Sul").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="ETA Sul")).to_be_hidden()


def test_language_and_theme_are_remembered(page, calha):
    page.goto(calha.address)
    page.locator("select:visible", has=page.locator("option", has_text="PT")).select_option("pt-BR")
    page.locator("select:visible", has=page.locator("option[value=dark]")).select_option("dark")
    page.reload()
    expect(page.get_by_role("heading", name="Dispositivos")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "pt-BR"
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"


def test_the_keyboard_reaches_the_content_first(page, calha):
    page.goto(calha.address)
    expect(page.get_by_role("heading").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_accessibility_violation(page, calha, scheme):
    ensure(calha, "eta-1")
    mosquitto_pub(calha, "eta-1", {"flow_1": 61.5})
    mosquitto_pub(calha, "eta-1", {"flow_1": "x"})
    page.emulate_media(color_scheme=scheme)
    found = []
    for path in ("/", "/devices/eta-1", "/devices/eta-1/data", "/quarantine", "/sites", "/status", "/nowhere"):
        page.goto(calha.address + path)
        page.wait_for_timeout(700)
        page.evaluate(AXE.read_text())
        result = page.evaluate("axe.run()")
        found += [
            (path, one["id"], one["nodes"][0]["html"][:120])
            for one in result["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    assert found == []
