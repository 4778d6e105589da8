"""What people write and order: not lost when another saves, a page is left or a line is cut; not done twice."""

import re
from collections.abc import Iterator

import pytest
from chromium import saving_context
from playwright.sync_api import Dialog, Page, Request, expect
from screens import SIZES, keep
from signing_in import administrator, cookie, signed_in
from steps import ensure, field, mosquitto_pub, scrolls_sideways
from test_access import violations

from persons import Person
from running import Calha

pytestmark = pytest.mark.desktop
RULE = {"signal": {"kind": "value", "channel": "vibration"}, "limits": {"hi": {"value": 7, "priority": "high"}}}


@pytest.fixture
def rule(calha: Calha, device: str) -> int:
    ensure(calha, device, "machine")
    status, made = calha.send(
        "POST", "/api/v1/alarm-rules", {"name": device, "definition": RULE, "where": {"device": device}}
    )
    assert status == 201, made
    return made["id"]


def answering(page: Page, accepts: bool) -> list[str]:
    """What the browser asks before a page is left, answered each time."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if accepts:
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    return asked


def changes(page: Page, path: str) -> list[Request]:
    """The changes that a page asks of the server at addresses that end so."""
    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one) if one.method != "GET" and one.url.endswith(path) else None)
    return sent


def test_what_one_writes_of_a_rule_stays_when_another_saves_it(calha, page, rule, device):
    page.clock.install()
    page.goto(f"{calha.address}/alarms/rules/{rule}")
    name = field(page, "Name of the alarm")
    name.fill("Mine")
    theirs = {"name": "Theirs", "definition": RULE, "where": {"device": device}, "version": 1}
    status, answer = calha.send("PUT", f"/api/v1/alarm-rules/{rule}", theirs)
    assert status == 200, answer
    page.clock.fast_forward(30_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when one comes back to the tab
    told = page.get_by_role("alert").filter(has_text="Somebody else has saved this")
    expect(told).to_be_visible()
    expect(name).to_have_value("Mine")
    assert violations(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Somebody else has changed this meanwhile")).to_be_visible()
    keep(page, "changed-by-another")
    told.get_by_role("button", name="Discard mine and show theirs").click()
    expect(name).to_have_value("Theirs")
    expect(told).to_have_count(0)


def test_what_is_not_saved_is_not_left_without_a_question(calha, page, rule):
    page.goto(f"{calha.address}/alarms/rules")
    page.goto(f"{calha.address}/alarms/rules/{rule}")
    field(page, "Name of the alarm").fill("Half a rule")
    asked = answering(page, accepts=False)
    page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Devices").click()
    page.wait_for_function("true")
    expect(field(page, "Name of the alarm")).to_have_value("Half a rule")
    assert asked == ["Leave without saving what has changed?"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile("/alarms/rules$"))
    assert len(asked) == 1


def test_the_way_back_out_of_a_dashboard_that_is_built_asks_first(calha, page, device):
    site = calha.first_site()["id"]
    status, board = calha.send(
        "POST", "/api/v1/dashboards", {"name": device, "site_id": site, "document": {"widgets": []}}
    )
    assert status == 201, board
    page.goto(f"{calha.address}/dashboards/{board['id']}")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Name").fill("Another name")
    asked = answering(page, accepts=False)
    page.go_back()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Another name")
    assert asked == ["Leave without saving what has changed?"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Another name", level=1)).to_be_visible()


def test_two_people_change_different_things_of_a_device(calha, page, device):
    ensure(calha, device, "machine")
    page.goto(f"{calha.address}/devices/{device}")
    page.get_by_role("button", name="Edit", exact=True).click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill("Pump at the river")
    assert calha.send("PATCH", f"/api/v1/devices/{device}", {"serial": "A17-0042"})[0] == 200
    form.get_by_role("button", name="Vibration").click()
    page.get_by_role("dialog", name=re.compile("Vibration")).get_by_role("button", name="Cancel").click()
    expect(field(form, "Name")).to_have_value("Pump at the river")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Pump at the river", level=1)).to_be_visible()
    changed = calha.get(f"/api/v1/devices/{device}")
    assert (changed["name"], changed["serial"]) == ("Pump at the river", "A17-0042")


def test_a_double_click_orders_once(calha, page, device):
    ensure(calha, device, "machine")
    mosquitto_pub(calha, device, {"vibration": 1, "state": 1})
    page.goto(f"{calha.address}/devices/{device}")
    page.get_by_role("region", name="Reset", exact=True).get_by_role("button", name="Reset").dblclick()
    expect(page.get_by_role("region", name="Reset", exact=True)).to_contain_text("by maria@example.org")
    page.get_by_role("region", name="Start", exact=True).get_by_role("button", name="Start").click()
    page.get_by_role("dialog").get_by_role("button", name="Start").dblclick()
    expect(page.get_by_role("region", name="Start", exact=True)).to_contain_text("by maria@example.org")
    ordered = [one["command"] for one in calha.get(f"/api/v1/devices/{device}/commands")["items"]]
    assert sorted(ordered) == ["reset", "start"]

    sent = changes(page, f"/devices/{device}")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete device").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).dblclick()
    expect(page.get_by_text(f"Device {device} deleted.")).to_be_visible()
    assert len(sent) == 1


def test_a_click_beside_a_dialog_loses_nothing_that_was_typed(calha, page, device):
    ensure(calha, device, "water_meter")  # without any device there is no list to add one to
    page.goto(f"{calha.address}/?dialog=new")
    form = page.get_by_role("dialog")
    expect(form).to_be_visible()
    page.mouse.click(20, 450)
    expect(form).to_have_count(0)
    page.goto(f"{calha.address}/sites")
    page.get_by_role("button", name="New site").first.click()  # another where there is no site yet
    field(form, "Name of the site").fill("Half a site")
    page.mouse.click(20, 450)
    expect(field(form, "Name of the site")).to_have_value("Half a site")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_a_number_that_may_be_two_is_not_guessed(calha, page, device):
    ensure(calha, device, "water_meter")
    mosquitto_pub(calha, device, {"total": 98_000_123.5})
    calha.until_stored()
    page.goto(f"{calha.address}/devices/{device}/consumption")
    page.get_by_role("button", name="Enter a reading").click()
    form = page.get_by_role("dialog")
    field(form, "When it was read (America/Sao_Paulo)").fill("2026-01-15T18:00")
    reading = field(form, "Reading in L")
    sent = changes(page, "/manual-readings")
    for typed, told in (
        ("12,345", "This could be 12345 or 12.345. Write one of them."),
        ("12 l", "This is not a number."),
    ):
        reading.fill(typed)
        expect(reading).to_have_accessible_description(told)
        form.get_by_role("button", name="Save").click()
        expect(reading).to_be_focused()
    assert sent == []
    assert violations(page) == []
    reading.fill("98000123.5")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Readings made by people")).to_contain_text("98,000,123.5 L")


def test_a_file_that_does_not_come_is_told_and_not_kept(calha, page, device):
    ensure(calha, device, "machine")
    mosquitto_pub(calha, device, {"vibration": 1})
    calha.until_stored()
    page.goto(f"{calha.address}/devices/{device}")
    page.get_by_role("button", name="Export").click()
    saved: list[object] = []
    page.on("download", lambda one: saved.append(one))
    refusal = {"status": 413, "reason": "too_many_readings", "detail": "more than two million readings"}
    problem = "application/problem+json"
    page.route(
        "**/readings?*resolution=raw*", lambda route: route.fulfill(status=413, json=refusal, content_type=problem)
    )
    page.get_by_role("button", name=re.compile("^Every reading")).click()
    expect(page.get_by_role("alert").filter(has_text="Ask for a shorter time")).to_be_visible()
    assert saved == []
    page.unroute("**/readings?*resolution=raw*")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name=re.compile("^Every reading")).click()
    assert "vibration" in downloading.value.path().read_text()


def test_a_page_by_plain_http_copies_too(calha, page, device):
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false })")
    page.goto(f"{calha.address}/connections")
    text = page.locator("pre").first
    expect(text).to_be_visible()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied").first).to_be_visible()
    page.goto(f"{calha.address}/audit")
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("Control+v")
    assert search.input_value().startswith("[[connectors.mqtt]]")


@pytest.fixture
def shared(calha: Calha, browser) -> Iterator[tuple[Page, Page]]:
    """Two tabs of one browser."""
    context = saving_context(browser, viewport=SIZES["desktop"], locale="en-US", service_workers="block")
    context.add_cookies([cookie(calha, administrator(calha))])
    context.add_init_script("localStorage.setItem('calha.language', 'en')")
    yield context.new_page(), context.new_page()
    context.close()


def test_a_tab_shows_nothing_of_one_person_to_the_next(calha, shared, device):
    first, second = shared
    viewer = Person(calha, device, {"role": "viewer", "site_id": None})
    first.goto(f"{calha.address}/people")
    expect(first.get_by_role("heading", name="People")).to_be_visible()
    second.context.add_cookies([cookie(calha, signed_in(calha, viewer.login))])
    second.goto(f"{calha.address}/home")
    expect(second.get_by_role("button", name=re.compile(f"{device}"))).to_be_visible()
    first.get_by_role("button", name="Invite").click()
    form = first.get_by_role("dialog")
    field(form, "Name").fill("Nobody")
    field(form, "User name").fill("nobody.at.all")
    form.get_by_role("button", name="Make the invitation").click()
    expect(first.get_by_role("heading", name="No permission")).to_be_visible()
    expect(first.get_by_text("Maria Souza")).to_have_count(0)


def test_on_a_phone_the_fields_say_what_is_wrong_without_moving_the_page(calha, browser, device):
    ensure(calha, device, "water_meter")
    mosquitto_pub(calha, device, {"total": 1})
    calha.until_stored()
    context = saving_context(
        browser, viewport=SIZES["phone"], locale="pt-BR", color_scheme="dark", service_workers="block"
    )
    context.add_cookies([cookie(calha, administrator(calha))])
    context.add_init_script("localStorage.setItem('calha.language', 'pt-BR')")
    phone = context.new_page()
    phone.goto(f"{calha.address}/devices/{device}/consumption")
    phone.get_by_role("button", name="Informar leitura").click()
    reading = field(phone.get_by_role("dialog"), "Leitura em L")
    reading.fill("12.345")
    expect(reading).to_have_accessible_description("Pode ser 12345 ou 12,345. Escreva um dos dois.")
    assert not scrolls_sideways(phone)
    keep(phone, "unclear-number-phone")
    context.close()


def test_what_is_typed_fast_into_a_filter_is_all_there(calha, page):
    page.goto(f"{calha.address}/alarms")
    search = page.get_by_role("searchbox")
    expect(search).to_be_visible()
    search.press_sequentially("reservatorio do alto da serra")
    expect(search).to_have_value("reservatorio do alto da serra")
    expect(page).to_have_url(re.compile("q=reservatorio"))


def test_whoever_cannot_be_signed_out_is_told(calha, page):
    page.goto(f"{calha.address}/status")
    page.route(
        "**/api/v1/session", lambda route: route.abort() if route.request.method == "DELETE" else route.fallback()
    )
    page.get_by_role("button", name=re.compile("Maria Souza")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("alert").filter(has_text="Calha does not answer")).to_be_visible()
    expect(page.get_by_role("heading", name="System")).to_be_visible()
