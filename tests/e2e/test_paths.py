"""The paths that a person walks, in a real browser against a running Calha."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from steps import code, connected, ensure, example, ink, mosquitto_pub, no_reload, scrolls_sideways, span, tile


def test_a_first_start_leads_to_the_first_reading(strict, page):
    page.goto(strict.address)
    expect(page.get_by_role("heading", name="Send the first reading")).to_be_visible()
    with no_reload(page):
        page.get_by_label("Key").fill("pump-1")
        page.get_by_label("Profile").select_option("water_flow")
        page.get_by_role("button", name="Create device").click()
        expect(page.get_by_text("Waiting for the first reading")).to_be_visible()
        commands = {name: example(page, name) for name in ("MQTT", "HTTP", "TCP", "Python", "ESP32")}
        secret = code(page, "Secret of the device")
        assert all(secret in command for command in commands.values())
        flow = tile(page, "Outlet flow 1")

        subprocess.run(commands["MQTT"], shell=True, check=True)
        expect(flow).to_contain_text("12.50 m³/h")
        expect(flow).to_contain_text(re.compile("now|s ago"))
        expect(page.get_by_text("Waiting for the first reading")).to_be_hidden()
        expect(page.locator(".chart canvas").first).to_be_visible()
        single_point = ink(page)

        subprocess.run(commands["HTTP"].replace("12.5", "13.5"), shell=True, check=True, capture_output=True)
        expect(flow).to_contain_text("13.50 m³/h")
        subprocess.run(commands["TCP"].replace("12.5", "14.5"), shell=True, check=True, capture_output=True)
        expect(flow).to_contain_text("14.50 m³/h")
        subprocess.run([sys.executable, "-c", commands["Python"].replace("12.5", "15.5")], check=True)
        expect(flow).to_contain_text("15.50 m³/h")
        wait_until(page, lambda: ink(page) > single_point + 50, "the curve does not grow")

        page.get_by_role("button", name="I have kept the secret").click()
        expect(page.get_by_text(secret)).to_have_count(0)


@pytest.mark.desktop
def test_a_command_is_copied_as_it_is_shown(calha, page, device):
    ensure(calha, device)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{calha.address}/devices/{device}")
    command = example(page, "MQTT")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == command


def test_the_overview_is_live_and_can_be_searched_and_filtered(calha, page):
    ensure(calha, "eta-1")
    ensure(calha, "meter-1", "water_meter")
    mosquitto_pub(calha, "eta-1", {"flow_1": 61.5})
    page.goto(calha.address)
    plant = page.get_by_role("link", name=re.compile("eta-1"))
    meter = page.get_by_role("link", name=re.compile("meter-1"))
    with no_reload(page):
        expect(plant).to_contain_text("61.50")
        mosquitto_pub(calha, "eta-1", {"flow_1": 62.5})
        expect(plant).to_contain_text("62.50")
        expect(plant).to_contain_text("live")
        page.get_by_role("searchbox").fill("meter")
        expect(plant).to_be_hidden()
        expect(meter).to_be_visible()
        expect(page).to_have_url(re.compile("q=meter"))
        page.get_by_role("searchbox").fill("")
        expect(plant).to_be_visible()
        page.get_by_label("Profile", exact=True).select_option("water_meter")
        expect(plant).to_be_hidden()
        expect(meter).to_be_visible()
        expect(page).to_have_url(re.compile("profile=water_meter"))
        page.get_by_role("searchbox").fill("nothing has this name")
        expect(page.get_by_text("No device matches the filter.")).to_be_visible()
        page.go_back()
        page.get_by_label("Profile", exact=True).select_option("")
    page.goto(f"{calha.address}/?profile=water_meter")
    expect(page.get_by_label("Profile", exact=True)).to_have_value("water_meter")
    expect(plant).to_be_hidden()
    assert not scrolls_sideways(page)


def test_history_is_zoomed_by_mouse_and_keyboard_and_shown_as_a_table(calha, page, device):
    flows = send_history(calha, device)
    page.goto(f"{calha.address}/devices/{device}")
    history = page.get_by_role("region", name="History")  # the timeline below it has spans of its own
    for preset, label in {
        "15min": "15 min",
        "6h": "6 h",
        "24h": "24 h",
        "7d": "7 d",
        "30d": "30 d",
        "1y": "1 y",
    }.items():
        history.get_by_text(label, exact=True).click()
        expect(page).to_have_url(re.compile(f"range={preset}"))
    history.get_by_text("1 h", exact=True).click()

    chart = page.locator(".chart .u-over").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 80, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from="))
    dragged = span(page)
    assert abs(length(dragged) - 0.3 * 3_600_000) < 0.03 * 3_600_000

    def after(key):
        before = page.url
        page.get_by_role("group", name=re.compile("Drag to zoom")).focus()
        page.keyboard.press(key)
        page.wait_for_url(lambda url: url != before)
        return span(page)

    near = after("+")
    assert abs(length(near) - length(dragged) / 2) <= 2
    wide = after("-")
    assert abs(length(wide) - length(dragged)) <= 2
    earlier = after("ArrowLeft")
    assert earlier[0] < wide[0]
    assert earlier[1] < wide[1]
    later = after("ArrowRight")
    assert later[0] > earlier[0]
    page.go_back()
    assert span(page) == earlier
    page.get_by_role("group", name=re.compile("Drag to zoom")).focus()
    page.keyboard.press("0")
    expect(page).to_have_url(re.compile("range=1h"))

    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("cell", name="60.00 m³/h").first).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("button", name="Every reading (CSV, for programs)").click()
    assert downloading.value.suggested_filename == f"{device}.csv"
    rows = list(csv.DictReader(Path(downloading.value.path()).read_text().splitlines()))
    assert [float(row["value"]) for row in rows] == flows
    assert {(row["channel"], row["unit"], row["quality"]) for row in rows} == {("flow_1", "m³/h", "good")}


@pytest.mark.whole_app
@pytest.mark.desktop
def test_a_killed_core_is_told_and_got_over_without_a_reload(empty, page):
    ensure(empty, "eta-1")
    mosquitto_pub(empty, "eta-1", {"flow_1": 1})
    page.goto(f"{empty.address}/devices/eta-1")
    flow = tile(page, "Outlet flow 1")
    expect(flow).to_contain_text("1.00")
    with no_reload(page), connected(empty) as send:
        os.kill(empty.processes()["core"], signal.SIGKILL)
        expect(
            page.get_by_role("alert").filter(has_text=re.compile(r"No connection since .*\d:\d\d:\d\d"))
        ).to_be_visible()
        expect(flow).to_have_class(re.compile("stale"))
        send("eta-1", {"flow_1": 2})  # the log takes it from whoever was let in, while there is no core
        empty.until_ready()
        expect(flow).to_contain_text("2.00", timeout=30_000)
        expect(flow).not_to_have_class(re.compile("stale"))
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("status").filter(has_text="Live", visible=True)).to_be_visible()


@pytest.mark.desktop
def test_a_core_that_hangs_is_told_although_the_connection_stands(calha, page, device):
    ensure(calha, device)
    mosquitto_pub(calha, device, {"flow_1": 1})
    page.clock.install()
    page.goto(f"{calha.address}/devices/{device}")
    flow = tile(page, "Outlet flow 1")
    expect(flow).to_contain_text("1.00")
    core = calha.processes()["core"]
    os.kill(core, signal.SIGSTOP)
    try:
        page.clock.fast_forward(15_000)
        expect(page.get_by_role("alert").filter(has_text="No connection since")).to_be_visible()
        expect(flow).to_have_class(re.compile("stale"))
    finally:
        os.kill(core, signal.SIGCONT)
    mosquitto_pub(calha, device, {"flow_1": 2})
    expect(flow).to_contain_text("2.00")
    expect(flow).not_to_have_class(re.compile("stale"))


@pytest.mark.desktop
def test_where_is_my_data_tells_counters_and_the_last_error(calha, page, device):
    ensure(calha, device)
    mosquitto_pub(calha, device, {"flow_1": 60})
    mosquitto_pub(calha, device, {"flow_1": "much"})
    page.goto(f"{calha.address}/devices/{device}")
    page.get_by_role("link", name="Where is my data?").click()
    expect(page.get_by_text("not a number").first).to_be_visible()
    expect(page.get_by_text("Correct the value at the device")).to_be_visible()
    expect(page.get_by_label("As it came").first).to_have_text(re.compile("much"))
    expect(page.get_by_role("row", name=re.compile("^On the way"))).to_contain_text("0")
    counters = page.locator("table").first.locator("td").all_inner_texts()
    received, *others = [int(text.replace(",", "")) for text in counters]
    assert received == sum(others) == 2


def test_a_device_that_was_seen_is_registered_and_its_reading_recovered(calha, page, device):
    mosquitto_pub(calha, device, {"ph": 7.2})
    page.goto(f"{calha.address}/quarantine")
    expect(page.get_by_role("heading", name="Seen, not registered")).to_be_visible()
    page.get_by_role("button", name=f"Register {device}").click()
    page.get_by_role("button", name="Create device").click()
    expect(page).to_have_url(re.compile(f"/devices/{device}"))
    expect(tile(page, "ph")).to_contain_text("7.2")
    page.goto(f"{calha.address}/quarantine")
    expect(page.get_by_role("heading", name="Messages")).to_be_visible()
    expect(page.get_by_role("button", name=f"Register {device}")).to_be_hidden()


def test_a_message_is_replayed_once_its_cause_is_mended(calha, page, device):
    ensure(calha, device)
    mosquitto_pub(calha, device, {"turbidity": 0.7})
    page.goto(f"{calha.address}/devices/{device}/data")
    kept = page.get_by_role("article")
    expect(kept).to_contain_text("undeclared channel")
    kept.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("0 readings taken; 1 still with a problem.")).to_be_visible()

    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Profile").select_option("generic")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Changes saved.")).to_be_visible()

    page.goto(f"{calha.address}/quarantine")
    page.get_by_role("article").filter(has_text=device).get_by_role("button", name="Replay").click()
    expect(page.get_by_text("1 reading taken; 0 still with a problem.")).to_be_visible()
    expect(page.get_by_role("article").filter(has_text=device)).to_be_hidden()
    page.goto(f"{calha.address}/devices/{device}")
    expect(tile(page, "turbidity")).to_contain_text("0.7")


@pytest.mark.desktop
def test_a_message_is_discarded_only_after_it_was_confirmed(calha, page, device):
    ensure(calha, device)
    mosquitto_pub(calha, device, {"flow_1": "nonsense"})
    page.goto(f"{calha.address}/devices/{device}/data")
    page.get_by_role("button", name="Discard").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Cancel").last.click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("article")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    dialog.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Nothing in quarantine.")).to_be_visible()


@pytest.mark.desktop
def test_the_system_page_states_the_promise_and_every_task(calha, page):
    page.goto(f"{calha.address}/status")
    expect(page.get_by_text("Acknowledged means on disk")).to_be_visible()
    for task in ("Writing of readings", "Reception over MQTT (0)", "Main process", "Log server"):
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=task, exact=True))
        expect(row).to_contain_text("running")


@pytest.mark.desktop
def test_sites_are_made_renamed_and_deleted(calha, page):
    page.goto(f"{calha.address}/sites")
    page.get_by_role("button", name="New site", exact=True).click()
    page.get_by_label("Name of the site").fill("ETA Norte")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Rename ETA Norte").click()
    page.get_by_label("Name of the site").fill("ETA Sul")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("link", name="ETA Sul", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete ETA Sul").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").last.click()
    expect(page.get_by_role("link", name="ETA Sul", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Delete ETA Sul").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="ETA Sul", exact=True)).to_be_hidden()


@pytest.mark.desktop
def test_language_and_theme_are_remembered(calha, page):
    page.goto(calha.address)
    page.locator("select:visible", has=page.locator("option", has_text="PT")).select_option("pt-BR")
    page.locator("select:visible", has=page.locator("option[value=dark]")).select_option("dark")
    page.goto(f"{calha.address}/sites")
    expect(page.get_by_role("heading", name="Locais")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "pt-BR"
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"


def send_history(calha, device: str) -> list[float]:
    """A reading each 5 s in the last 50 minutes, oldest first; the values."""
    ensure(calha, device)
    now_ms = int(time.time() * 1000)
    flows = [60.0 + n % 7 for n in range(600)]
    records = [{"ts": now_ms - (599 - n) * 5_000, "flow_1": flow} for n, flow in enumerate(flows)]
    status, answer = calha.send("POST", f"/api/v1/telemetry/{device}", records)
    assert status == 200, answer
    calha.until_stored()
    return flows


def length(bounds: tuple[float, float]) -> float:
    return bounds[1] - bounds[0]


def wait_until(page, condition, message: str) -> None:
    for _ in range(50):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError(message)
