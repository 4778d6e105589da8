"""Any series side by side: found by words, over any time, against a time before; taken along as table and picture."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chromium import saving_context
from playwright.sync_api import Browser, Page, Route, expect
from screens import keep
from steps import ensure, field, scrolls_sideways
from test_access import violations

from running import Calha

pytestmark = pytest.mark.shared

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOURS = 30


def plant(calha: Calha, name: str) -> tuple[str, str]:
    """Two devices with a day and more of readings each minute: estimated and bad ones among them, and an hour of none."""
    pair = f"{name}-a", f"{name}-b"
    for place, key in enumerate(pair):
        ensure(calha, key, "generic")
        lines = [
            {"ts": (NOW - timedelta(minutes=minute)).isoformat(), "values": values(place, minute)}
            for minute in range(HOURS * 60, 0, -1)
            if not 300 < minute < 360
        ]
        for start in range(0, len(lines), 500):
            status, answer = calha.send("POST", f"/api/v1/telemetry/{key}", lines[start : start + 500])
            assert status == 200, answer
        for channel, unit in (("flow", "m³/h"), ("pressure", "bar")):
            assert calha.send("PATCH", f"/api/v1/devices/{key}/channels/{channel}", {"unit": unit})[0] == 200
    calha.until_stored()
    return pair


def values(place: int, minute: int) -> dict[str, object]:
    flow = 20 + 10 * place + (minute % 720) / 60
    return {"flow": flow, "pressure": 3 + (minute % 180) / 100}


def pick(page: Page, device: str, channel: str) -> None:
    page.get_by_role("combobox", name="Add series").fill(f"{device} {channel}")
    page.get_by_role("option").filter(has_text=device).filter(has_text=channel).first.click()


def test_series_of_two_devices_stand_in_one_chart_with_their_statistics(calha, page, device):
    one, other = plant(calha, device)
    page.goto(f"{calha.address}/explore")
    expect(page.get_by_text("Compare whatever you like")).to_be_visible()
    pick(page, one, "flow")
    pick(page, other, "pressure")
    page.keyboard.press("Escape")
    chosen = page.get_by_role("list", name="Chosen series")
    expect(chosen.get_by_role("listitem")).to_have_count(2)
    expect(page.locator(".chart canvas")).to_have_count(1)
    row = page.get_by_role("row", name=re.compile(rf"{one} · flow \(m³.h\)"))
    expect(row).to_contain_text(re.compile(r"2(5\.[89]|6\.[01])"))  # the hour goes on while this is read
    expect(row).to_contain_text("100.0 %")
    page.get_by_label("Compare with").select_option("day")
    expect(page.get_by_role("row", name="↳ day before")).to_have_count(2)
    page.get_by_role("button", name="+ Calculated series").click()
    page.get_by_label("Formula").fill("a * b")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(chosen.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("img", name=re.compile(r"a \* b"))).to_be_visible()
    assert violations(page) == []
    assert not scrolls_sideways(page)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_role("img", name=re.compile(r"a \* b"))).to_be_visible()
    expect(page.get_by_role("row", name="↳ day before")).to_have_count(2)
    page.get_by_role("button", name=f"Remove {one} · flow").click()
    expect(chosen.get_by_role("listitem")).to_have_count(1)


@pytest.mark.desktop
def test_what_is_shown_is_taken_along(calha, page, device):
    one, _ = plant(calha, device)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{calha.address}/explore?s={one}/flow&range=1h")
    expect(page.locator(".chart canvas")).to_have_count(1)
    expect(page.get_by_text("Resolution: single readings")).to_be_visible()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Copy table").click()
    expect(page.get_by_text(re.compile(r"\d+ rows copied"))).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t")[1] == f"{one} · flow (m³/h)"
    assert 30 < len(lines) <= 61  # fewer where the readings were sent minutes ago
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("button", name="Picture (PNG)").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.desktop
def test_notes_and_views_are_kept_and_begin_reports_and_rules(calha, page, device):
    ensure(calha, device, "generic")
    assert calha.send("POST", f"/api/v1/telemetry/{device}", {"flow": 5})[0] == 200
    calha.until_stored()
    page.goto(f"{calha.address}/explore?s={device}/flow&range=1h")
    page.get_by_role("button", name="+ Note").click()
    page.get_by_label("What happened").fill("Filter 2 was washed")
    page.get_by_role("button", name="Save", exact=True).click()
    noted = page.get_by_role("region", name="Notes")
    expect(noted.get_by_role("listitem")).to_contain_text("Filter 2 was washed")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Name of this view").fill("Washing")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("View “Washing” saved")).to_be_visible()
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Name of this view").fill("Washing")
    expect(page.get_by_text("this one takes its place")).to_be_visible()
    assert violations(page) == []

    page.goto(f"{calha.address}/devices/{device}")
    expect(noted.get_by_role("listitem")).to_contain_text("Filter 2 was washed")
    noted.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(noted.get_by_role("listitem")).to_have_count(0)

    page.goto(f"{calha.address}/explore")
    page.get_by_role("button", name="Saved views").click()
    expect(page.get_by_text("There is nothing to save yet")).to_be_visible()
    page.get_by_role("button", name="Washing", exact=True).click()
    expect(page.get_by_role("list", name="Chosen series").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Use in…").click()
    page.get_by_role("link", name="New alarm rule").click()
    expect(page).to_have_url(re.compile(rf"rules/new.*device={device}"))
    expect(page.get_by_role("combobox", name="For which devices")).to_have_value("device")
    page.go_back()
    page.get_by_label("Show", exact=True).select_option("max")
    expect(page.get_by_role("img", name=re.compile(r"flow \(maximum\)"))).to_be_visible()
    page.get_by_label("of each", exact=True).select_option("15m")
    expect(page).to_have_url(re.compile("agg=max&step=15m"))
    page.get_by_role("button", name="Use in…").click()
    page.get_by_role("button", name="Save as dashboard").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/dashboards/\d+\?edit=true"))
    page.go_back()
    page.get_by_role("button", name="Use in…").click()
    page.get_by_role("link", name="New report").click()
    expect(page.get_by_role("dialog", name="New report")).to_be_visible()


@pytest.mark.desktop
def test_a_choice_stays_under_the_finger_while_the_page_still_learns_what_is_shown(calha, page, device):
    ensure(calha, device, "generic")
    assert calha.send("POST", f"/api/v1/telemetry/{device}", {"flow": 5})[0] == 200
    calha.until_stored()
    held: list[Route] = []
    page.route(f"**/api/v1/devices/{device}", lambda route: held.append(route))
    with page.expect_request(f"**/api/v1/devices/{device}"):
        page.goto(f"{calha.address}/explore?s={device}/flow&range=1h")
    page.get_by_role("button", name="Use in…").click()
    as_board = page.get_by_role("button", name="Save as dashboard")
    expect(as_board).to_be_disabled()
    page.get_by_role("link", name="New alarm rule").hover()
    page.mouse.down()
    for route in held:
        route.continue_()
    expect(as_board).to_be_enabled()
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"rules/new.*device={device}"))


def test_what_is_calculated_stands_on_a_dashboard_and_on_its_link(calha, page: Page, browser: Browser, device):
    one, other = plant(calha, device)
    page.goto(f"{calha.address}/explore?s={one}/flow,{other}/flow&range=1h")
    page.get_by_role("button", name="+ Calculated series").click()
    field(page, "Formula").fill("c - a")
    expect(page.get_by_text("“c” is none of the series; they are a, b.")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    field(page, "Formula").fill("b - a")
    expect(page.get_by_text("is none of the series")).to_have_count(0)
    field(page, "Name").fill("Loss")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("list", name="Chosen series").get_by_role("listitem")).to_have_count(3)
    page.get_by_role("button", name="Use in…").click()
    page.get_by_role("button", name="Save as dashboard").click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill(f"Loss of {device}")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/dashboards/\d+\?edit=true"))

    page.get_by_role("button", name="Edit Chart").click()
    form = page.get_by_role("dialog", name="Chart")
    expect(field(form, "Formula")).to_have_value("b - a")
    form.get_by_role("button", name="+ Calculated series").click()
    formula = field(form, "Formula").nth(1)
    formula.fill("100 * (b - a) / z")
    expect(form.get_by_text("“z” is none of the series; they are a, b.")).to_be_visible()
    assert violations(page) == []
    keep(page, f"dashboard-calculated-form-{device}")
    form.get_by_role("button", name="Apply").click()
    expect(formula).to_be_focused()
    formula.fill("100 * (b - a) / b")
    expect(form.get_by_text("is none of the series")).to_have_count(0)
    field(form, "Unit").nth(1).fill("%")
    form.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/dashboards/\d+$"))

    lines = ["Loss (m³/h)", "100 * (b - a) / b (%)"]
    chart = page.get_by_role("region", name="Chart")
    for line in lines:
        expect(chart.locator(".u-legend").get_by_text(line)).to_be_attached()
    assert violations(page) == []
    assert not scrolls_sideways(page)
    keep(page, f"dashboard-calculated-{device}")

    page.get_by_role("button", name="Share").click()
    form = page.get_by_role("dialog", name="Share")
    field(form, "For whom or where").fill("Screen")
    form.get_by_role("button", name="Make a public link").click()
    link = form.locator('pre[aria-label="Public link"]').inner_text()
    stranger = saving_context(browser, locale="en-US").new_page()
    stranger.goto(link)
    chart = stranger.get_by_role("region", name="Chart")
    for line in lines:
        expect(chart.locator(".u-legend").get_by_text(line)).to_be_attached()
    stranger.context.close()
