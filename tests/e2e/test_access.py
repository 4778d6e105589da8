"""What must hold on every page: accessible by axe-core and by keyboard, and never telling what is not so."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from accessibility import open_page, violations, walk_to
from playwright.sync_api import Page, expect
from screens import keep
from steps import ensure, mosquitto_pub, scrolls_sideways, tile

PAGES = ("/", "/devices/eta-1", "/quarantine", "/devices/eta-1?table=true", "/sites", "/devices/eta-1/data", "/status")
PAGES += ("/devices/new-1", "/nowhere")  # a walk, so that no two of one kind follow each other

OTHERS = ("/home", "/alarms", "/alarms/rules", "/alarms/rules/new", "/alarms/health", "/anomalies", "/exceptions")
OTHERS += (
    "/reports",
    "/dashboards",
    "/sites/1/balance",
    "/devices/eta-1/consumption",
    "/billing",
    "/billing/customers",
)
OTHERS += (
    "/billing/tariffs",
    "/billing/new-tariff",
    "/billing/runs",
    "/billing/payments",
    "/connections",
    "/escalation",
)
OTHERS += (
    "/people",
    "/people/1",
    "/keys",
    "/fleets",
    "/audit",
    "/my",
    "/account",
    "/notifications",
    "/outbox",
    "/claim",
)

DIALOGS = (("/", "New device"), ("/sites", "Delete Calha"), ("/devices/eta-1", "Edit"))
DIALOGS += (("/devices/eta-1/data", "Discard"),)


@pytest.fixture(scope="module")
def busy(calha):
    """A Calha whose pages all have something to show."""
    ensure(calha, "eta-1")
    ensure(calha, "new-1", "machine")
    ensure(calha, "a-key-that-is-as-long-as-a-key-may-be-" + "x" * 26, "generic")
    mosquitto_pub(calha, "eta-1", {"flow_1": 61.5, "flow_2": 999, "inflow": 125.25, "level": 3.1, "pump": 1})
    mosquitto_pub(calha, "eta-1", {"flow_1": "x"})
    mosquitto_pub(calha, "stranger", {"ph": 7})
    calha.until_stored()
    return calha


@pytest.fixture
def calm(page):
    """A page without animations."""
    page.emulate_media(reduced_motion="reduce")
    return page


def test_no_page_has_a_serious_accessibility_violation(busy, calm, request):
    found = []
    for path in walked(calm, busy):
        for scheme in ("light", "dark"):
            calm.emulate_media(color_scheme=scheme)
            keep(calm, f"page{path}-{scheme}-{request.node.callspec.id}")
            found += [(path, scheme, *one) for one in violations(calm)]
    assert found == []


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_nor_has_any_other_page_in_either_theme(busy, calm):
    open_page(calm, busy.address)
    found = []
    for path in OTHERS:
        walk_to(calm, path)
        calm.emulate_media(color_scheme="light")
        found += [(path, *one) for one in violations(calm)]
        calm.emulate_media(color_scheme="dark")
        found += [(path, "dark", *one) for one in violations(calm, "color-contrast")]
    assert found == []


def test_no_dialog_has_a_serious_accessibility_violation(busy, calm):
    found = []
    for path, button in DIALOGS:
        open_page(calm, busy.address + path)
        calm.get_by_role("button", name=button).click()
        expect(calm.get_by_role("dialog")).to_be_visible()
        for scheme in ("light", "dark"):
            calm.emulate_media(color_scheme=scheme)
            found += [(button, scheme, *one) for one in violations(calm)]
    assert found == []


@pytest.mark.desktop
def test_stale_values_can_still_be_read(busy, calm):
    stream_once(busy, calm, "eta-1")
    open_page(calm, f"{busy.address}/devices/eta-1")
    expect(tile(calm, "Outlet flow 1")).to_contain_text("61.50")
    expect(tile(calm, "Outlet flow 1")).to_have_class(re.compile("stale"))
    assert violations(calm) == []


@pytest.mark.desktop
def test_a_device_with_readings_is_never_said_to_have_none(busy, page):
    held = []

    def hold(route):
        held.append(route)

    page.route("**/api/v1/live?*", hold)
    open_page(page, f"{busy.address}/devices/eta-1", is_live=False)
    page.wait_for_timeout(500)
    said = page.locator("main").inner_text()
    for route in held:
        route.continue_()
    assert "Waiting for the first reading" not in said
    assert "never" not in said


@pytest.mark.parametrize("page", ["phone"], indirect=True)
def test_the_overview_never_cuts_a_value(busy, page):
    open_page(page, busy.address)
    expect(page.get_by_role("link", name="eta-1")).to_contain_text("61.50")
    cut = page.locator(".device-values").evaluate_all(
        """rows => rows.flatMap(row => [...row.children].filter(value => {
            const [inner, outer] = [value.getBoundingClientRect(), row.getBoundingClientRect()];
            const isSeen = inner.left < outer.right && inner.top < outer.bottom;
            return isSeen && (inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1);
        }).map(value => value.innerText))"""
    )
    assert cut == []


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("page", ["phone"], indirect=True)
def test_no_page_scrolls_sideways_on_a_phone(busy, page, language):
    page.add_init_script(f"localStorage.setItem('calha.language', '{language}')")
    assert [path for path in walked(page, busy) if scrolls_sideways(page)] == []


def test_the_keyboard_reaches_content_and_navigation_and_shows_where_it_is(busy, page):
    open_page(page, busy.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    assert has_visible_focus(page)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"

    open_page(page, busy.address)
    wanted = {"Devices", "Dashboards", "Sites", "Language", "Theme", "New device"}
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(e => e.getAttribute('aria-label') || e.innerText.trim())(document.activeElement)"))
        assert has_visible_focus(page), reached
        if wanted <= reached:
            break
    assert wanted <= reached
    page.get_by_role("link", name="Sites", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sites")).to_be_visible()


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_page_prints_black_on_white_and_without_what_is_pressed(busy, calm):
    calm.emulate_media(color_scheme="dark")
    open_page(calm, f"{busy.address}/devices/eta-1")
    calm.emulate_media(color_scheme="dark", media="print")
    expect(calm.get_by_role("navigation", name="Main navigation")).to_have_count(0)
    expect(calm.get_by_role("button")).to_have_count(0)
    expect(calm.get_by_role("heading", level=1)).to_be_visible()
    colours = calm.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    keep(calm, "printed-device")


def test_a_dialog_holds_the_focus_and_gives_it_back(busy, page):
    open_page(page, busy.address)
    page.get_by_role("button", name="New device").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Key")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="New device")).to_be_focused()


def walked(page: Page, calha) -> Iterator[str]:
    """The paths of PAGES, each when its page is open: a walk inside the app, as loading it anew takes most of the time."""
    open_page(page, calha.address + PAGES[0])
    yield PAGES[0]
    for path in PAGES[1:]:
        walk_to(page, path)
        yield path


def stream_once(calha, page: Page, device: str) -> None:
    """Live values of a device come once, then the connection is lost for good."""
    latest = calha.get(f"/api/v1/latest?device={device}")["items"]
    readings = [{**one, "t": time.time() * 1000} for one in latest]
    event = f"event: readings\ndata: {json.dumps({'readings': readings})}\n\n"
    answers = [lambda route: route.fulfill(content_type="text/event-stream", body=event)]
    page.route("**/api/v1/live?*", lambda route: answers.pop()(route) if answers else route.abort())


def has_visible_focus(page: Page) -> bool:
    return page.evaluate(
        """() => {
            const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
            const { left, top, width, height } = document.activeElement.getBoundingClientRect();
            const isOnScreen = width > 0 && height > 0 && left >= 0 && top >= 0 && left < innerWidth && top < innerHeight;
            return isOnScreen && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
        }"""
    )
