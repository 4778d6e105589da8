"""Dashboards in the browser: ready-made, built by keyboard, shared by a link, full screen on a screen of its own."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from chromium import saving_context
from playwright.sync_api import Page, expect
from screens import keep
from steps import field, scrolls_sideways
from test_access import violations

from running import Calha

NORTH = "Boards north"


@pytest.fixture(scope="module")
def north(calha: Calha) -> int:
    """A site with a machine that has reported for two hours and goes on."""
    site = calha.send("POST", "/api/v1/sites", {"name": NORTH})[1]["id"]
    pump = {"key": "board-pump", "name": "Pump of the boards", "profile": "machine", "site_id": site}
    assert calha.send("POST", "/api/v1/devices", pump)[0] == 201
    now = datetime.now(UTC)
    sent = [
        {
            "ts": (now - timedelta(minutes=n)).timestamp(),
            "values": {"vibration": 2 + n % 3, "temperature": 61.5, "state": 1},
        }
        for n in range(120, -1, -1)
    ]
    assert calha.send("POST", "/api/v1/telemetry/board-pump", sent)[0] == 200
    calha.until_stored()
    return site


def kept(calha: Calha, site: int, name: str, title: str) -> int:
    """A dashboard with one value, under a title."""
    value = {"id": "w1", "kind": "value", "title": title, "x": 0, "y": 0, "w": 4, "h": 2}
    value |= {"series": {"device": "board-pump", "channel": "temperature"}}
    body = {"name": name, "site_id": site, "document": {"widgets": [value]}}
    status, made = calha.send("POST", "/api/v1/dashboards", body)
    assert status == 201, made
    return made["id"]


def widget(page: Page, name: str):
    return page.get_by_role("group", name=re.compile(f"^{re.escape(name)}: column"))


def test_every_device_and_site_has_a_dashboard_ready_made(calha, page, north):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{calha.address}/devices/board-pump")
    page.get_by_role("link", name="Dashboard", exact=True).click()
    expect(page.get_by_role("heading", name="Pump of the boards")).to_be_visible()
    values = page.get_by_role("region", name="Value")
    expect(values.filter(has_text="Temperature")).to_contain_text("61.5 °C")
    expect(page.get_by_role("img", name="State: running")).to_be_visible()
    expect(page.get_by_role("region", name="Chart").first.locator("canvas")).to_be_visible()
    assert not scrolls_sideways(page)
    assert violations(page) == []

    page.goto(f"{calha.address}/dashboards")
    page.get_by_role("link", name=re.compile(NORTH)).click()
    expect(page.get_by_role("region", name="Plant")).to_contain_text("Pump of the boards")
    expect(page.get_by_role("region", name="Plant")).to_contain_text("61.5 °C")
    assert not scrolls_sideways(page)
    assert violations(page) == []


@pytest.mark.desktop
def test_a_dashboard_is_built_by_keyboard_and_each_step_can_be_undone(calha, page, north):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{calha.address}/dashboards")
    page.get_by_role("button", name="New dashboard").click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill("By keyboard")
    field(form, "Site").select_option(NORTH)
    form.get_by_role("button", name="Save").press("Enter")

    page.get_by_role("button", name="Add widget").press("Enter")
    page.get_by_role("button", name=re.compile("^Value")).press("Enter")
    form = page.get_by_role("dialog", name="Value")
    field(form, "Title").fill("Heat")
    field(form, "Device").fill("board-pump")
    field(form, "Channel").select_option("Temperature (°C)")
    assert violations(page) == []
    form.get_by_role("button", name="Apply").press("Enter")
    expect(widget(page, "Heat")).to_be_focused()
    expect(widget(page, "Heat")).to_contain_text("61.5")

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    moved = "Heat: column 2, row 1, 4 wide, 2 high"
    expect(page.get_by_role("group", name=moved)).to_be_focused()
    page.keyboard.press("Control+d")
    expect(widget(page, "Heat")).to_have_count(2)
    page.keyboard.press("Delete")
    expect(widget(page, "Heat")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(widget(page, "Heat")).to_have_count(2)
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(page.get_by_role("group", name="Heat: column 2, row 1, 3 wide, 2 high")).to_be_visible()
    page.keyboard.press("Control+y")
    expect(page.get_by_role("group", name=moved)).to_be_visible()
    assert violations(page) == []
    keep(page, "dashboard-builder")

    handle = page.locator(".widget-handle")
    place = handle.bounding_box()
    handle.hover()
    page.mouse.down()
    page.mouse.move(place["x"] + 700, place["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.get_by_role("group", name=re.compile(r"^Heat: column [6-9], row 1"))).to_be_visible()

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="By keyboard")).to_be_visible()
    expect(page.get_by_role("region", name="Heat")).to_contain_text("61.5 °C")
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")


@pytest.mark.desktop
def test_a_link_shows_the_dashboard_to_whoever_has_not_signed_in_until_it_is_revoked(calha, page, browser, north):
    page.goto(f"{calha.address}/dashboards/{kept(calha, north, 'For the gate', 'Gate')}")
    page.get_by_role("button", name="Share").click()
    form = page.get_by_role("dialog", name="Share")
    field(form, "For whom or where").fill("Screen at the gate")
    form.get_by_role("button", name="Make a public link").click()
    link = form.locator('pre[aria-label="Public link"]').inner_text()
    assert violations(page) == []

    stranger = saving_context(browser, locale="en-US").new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("region", name="Gate")).to_contain_text("61.5 °C")
    expect(stranger.get_by_role("link", name="Devices")).to_have_count(0)
    keep(stranger, "dashboard-shared")
    form.get_by_role("button", name="Revoke Screen at the gate").click()
    asked = page.get_by_role("dialog").filter(has_text="sees nothing of this dashboard any more")
    asked.get_by_role("button", name="Cancel").last.click()  # the first is the cross
    expect(asked).to_be_hidden()
    expect(form.get_by_text("Screen at the gate")).to_be_visible()
    form.get_by_role("button", name="Revoke Screen at the gate").click()
    asked.get_by_role("button", name="Revoke", exact=True).click()
    expect(form.get_by_text("Screen at the gate")).to_have_count(0)
    expect(stranger.get_by_role("alert")).to_contain_text("This link shows nothing")
    expect(stranger.get_by_text("61.5 °C")).to_have_count(0)
    stranger.reload()
    expect(stranger.get_by_role("alert")).to_contain_text("This link shows nothing")
    stranger.context.close()


@pytest.mark.desktop
def test_full_screen_shows_one_after_the_other_and_says_when_the_line_is_lost(calha, page, north):
    first, second = kept(calha, north, "First screen", "One"), kept(calha, north, "Second screen", "Two")
    page.goto(f"{calha.address}/dashboards")
    page.get_by_role("button", name="Full screen").click()
    form = page.get_by_role("dialog", name="Dashboards on full screen")
    form.get_by_label("Second screen").check()
    form.get_by_label("First screen").check()
    form.get_by_role("button", name="Show First screen earlier").click()
    form.get_by_label("Show each for").fill("5")
    assert violations(page) == []
    form.get_by_role("button", name="Start").click()
    expect(page).to_have_url(re.compile(rf"/kiosk\?boards={first}(,|%2C){second}&every=5$"))
    expect(page.get_by_role("region", name="One")).to_contain_text("61.5 °C")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("region", name="Two")).to_contain_text("61.5 °C")
    calha.stop()
    expect(page.get_by_role("alert")).to_contain_text("No connection since")
    expect(page.locator(".widget-inside.stale")).to_have_count(1)
    calha.start()
    calha.until_ready()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.fixture(scope="module")
def compared(calha: Calha, north: int) -> int:
    """A dashboard whose one chart compares the machine with one of a long name, measured and calculated."""
    name = "Second pump of the boards, behind the old mill at the river"
    long = {"key": "board-pump-2", "name": name, "profile": "machine", "site_id": north}
    calha.send("POST", "/api/v1/devices", long)
    newest = [{"ts": datetime.now(UTC).timestamp(), "values": {"temperature": 72.25}}]
    assert calha.send("POST", "/api/v1/telemetry/board-pump-2", newest)[0] == 200
    calha.until_stored()
    series = [{"device": device, "channel": "temperature"} for device in ("board-pump", "board-pump-2")]
    chart = {"id": "w1", "kind": "chart", "title": "Heat", "x": 0, "y": 0, "w": 6, "h": 6}
    chart |= {"series": series, "range": "6h"}
    chart |= {"calculated": [{"name": "Twice", "formula": "a * 2", "unit": "°C"}]}
    body = {"name": "Compared", "site_id": north, "document": {"widgets": [chart]}}
    status, made = calha.send("POST", "/api/v1/dashboards", body)
    assert status == 201, made
    return made["id"]


def test_a_chart_becomes_a_table_and_a_file_by_keyboard(calha, page, browser, north, compared):
    page.goto(f"{calha.address}/dashboards/{compared}")
    chart = page.get_by_role("region", name="Heat")
    edge = chart.bounding_box()
    for line in ("Pump of the boards · Temperature (°C)", "behind the old mill", "Twice (°C)"):
        name = chart.locator(".u-label").filter(has_text=line).last
        expect(name).to_be_visible()
        place = name.bounding_box()
        assert edge["x"] <= place["x"] < place["x"] + place["width"] <= edge["x"] + edge["width"], line

    ways = page.get_by_role("button", name="Heat: table, copy, files")
    ways.press("Enter")
    expect(page.get_by_role("button", name="Picture (PNG)")).to_be_in_viewport()
    assert violations(page) == []
    keep(page, f"dashboard-chart-menu-{page.viewport_size['width']}")
    page.get_by_role("button", name="Show as table").press("Enter")
    expect(ways).to_be_focused()
    table = chart.get_by_role("table")
    newest = table.get_by_role("row").filter(has_text="behind the old mill")
    expect(newest).to_contain_text("72.3 °C")
    expect(newest).to_contain_text("good")
    expect(table.get_by_role("row").filter(has_text="Twice").first).to_contain_text("123")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    keep(page, f"dashboard-chart-table-{page.viewport_size['width']}")

    ways.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Spreadsheet of what is shown").press("Enter")
    head, *lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert head.startswith("Time (")
    assert "Pump of the boards · Temperature (°C),Quality: Pump of the boards · Temperature (°C)," in head
    assert "Twice (°C),Quality: Twice (°C)" in head
    assert any(",72.25,good," in line for line in lines)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ways.press("Enter")
    page.get_by_role("button", name="Copy table").press("Enter")
    expect(page.get_by_text(re.compile("rows copied"))).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()[0].split("\t")
    assert "Twice (°C)" in copied
    ways.press("Enter")
    page.get_by_role("button", name="Show as chart").press("Enter")
    expect(chart.locator("canvas")).to_be_visible()

    made = calha.send("POST", f"/api/v1/dashboards/{compared}/links", {"name": "Screen", "days": 2})
    assert made[0] == 201, made
    stranger = saving_context(browser, locale="en-US").new_page()
    stranger.goto(made[1]["link"])
    stranger.get_by_role("button", name="Heat: table, copy, files").click()
    stranger.get_by_role("button", name="Show as table").click()
    expect(stranger.get_by_role("row").filter(has_text="behind the old mill")).to_contain_text("72.3 °C")
    stranger.context.close()

    page.goto(f"{calha.address}/kiosk?boards={compared}")
    expect(page.get_by_role("region", name="Heat").locator("canvas")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
