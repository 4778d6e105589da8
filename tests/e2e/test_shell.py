"""The app's frame: the search over everything, the way up, and home for each role."""

import io
import re

import pypdf
import pytest
from accessibility import violations
from playwright.sync_api import expect
from screens import ARTIFACTS, SIZES, keep
from signing_in import cookie, signed_in
from steps import ensure, mosquitto_pub, scrolls_sideways

from persons import Person


@pytest.fixture(scope="module")
def plant(calha):
    """A site below another with a device that reports, and a message in quarantine."""
    root = calha.first_site()["id"]
    here, there = {"latitude": -8.05, "longitude": -34.9}, {"latitude": -8.06, "longitude": -34.88}
    north = {"name": "Estação Norte", "parent_id": root, "position": here}
    site = calha.send("POST", "/api/v1/sites", north)[1]["id"]
    pump = {"key": "pump-7", "name": "Bomba de água bruta", "site_id": site, "profile": "water_flow", "position": there}
    assert calha.send("POST", "/api/v1/devices", pump)[0] == 201
    ensure(calha, "other")
    mosquitto_pub(calha, "pump-7", {"flow_1": 61.5})
    mosquitto_pub(calha, "stranger", {"ph": 7})
    calha.until_stored()
    return calha


def open_palette(page, request):
    if "phone" in request.node.name:
        page.get_by_role("button", name="Search everything").click()
    else:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.keyboard.press("Control+k")


def test_whatever_has_a_name_is_found_by_typing_it(plant, page, request):
    page.goto(f"{plant.address}/sites")
    open_palette(page, request)
    typed = page.get_by_role("combobox", name="Search everything")
    expect(typed).to_be_focused()
    palette = page.get_by_role("dialog", name="Search everything")
    expect(palette.get_by_role("option", name="Devices")).to_be_visible()
    typed.fill("agua estacao")
    option = palette.get_by_role("option").first
    expect(option).to_contain_text("Bomba de água bruta")
    assert typed.get_attribute("aria-activedescendant") == option.get_attribute("id")
    keep(page, f"search-{request.node.callspec.id}")
    assert violations(page) == []
    typed.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bomba de água bruta")
    trail = page.get_by_role("navigation", name="Where you are")
    expect(trail.get_by_role("listitem")).to_have_text(["Home", "Calha", "Estação Norte"])
    trail.get_by_role("link", name="Estação Norte").click()
    expect(page.get_by_role("link", name="pump-7")).to_be_visible()
    expect(page.get_by_role("link", name="other")).to_have_count(0)


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_the_address_above_a_device_leads_to_the_list(plant, page):
    page.goto(f"{plant.address}/devices?q=pump-7")
    expect(page.get_by_role("link", name="pump-7")).to_be_visible()
    expect(page.get_by_role("link", name="other")).to_have_count(0)
    expect(page).to_have_url(f"{plant.address}/?q=pump-7")


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_an_action_is_found_and_the_search_is_left_by_escape(plant, page):
    page.goto(f"{plant.address}/status")
    button = page.get_by_role("button", name="Search everything")
    button.click()
    typed = page.get_by_role("combobox", name="Search everything")
    typed.press("Escape")
    expect(typed).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    typed.fill("new device")
    expect(page.get_by_role("dialog", name="Search everything").get_by_role("option")).to_have_count(1)
    typed.press("Enter")
    expect(page.get_by_role("dialog", name="New device")).to_be_visible()


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_what_a_list_shows_is_saved_under_a_name_and_found_by_the_search(plant, page):
    page.goto(f"{plant.address}/?q=pump-7")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Name of this view").fill("Raw water")
    assert violations(page) == []
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("View “Raw water” saved")).to_be_visible()
    page.goto(f"{plant.address}/quarantine")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search everything").fill("raw water")
    saved = page.get_by_role("group", name="Saved views").get_by_role("option")
    expect(saved).to_have_text("Raw waterDevices")
    saved.click()
    expect(page.get_by_role("link", name="pump-7")).to_be_visible()
    expect(page.get_by_role("link", name="other")).to_have_count(0)
    expect(page.get_by_label("Search name, key, serial…")).to_have_value("pump-7")


@pytest.mark.parametrize(("page", "stranger"), [(size, size) for size in SIZES], indirect=True)
def test_an_engineer_shares_a_view_and_an_operator_opens_it_by_the_search(plant, page, stranger, request):
    name = f"Raw water {request.node.callspec.id}"
    site = next(one["id"] for one in plant.get("/api/v1/sites")["items"] if one["name"] == "Estação Norte")
    people = [(page, Person(plant, "Ana", {"role": "engineer", "site_id": site}))]
    people.append((stranger, Person(plant, "Davi", {"role": "operator", "site_id": site})))
    for theirs, person in people:
        assert person.send("PATCH", "/api/v1/account", {"language": "en"})[0] == 200
        theirs.context.add_cookies([cookie(plant, signed_in(plant, person.login))])
    page.goto(f"{plant.address}/?q=pump-7")
    page.get_by_role("button", name="Saved views").click()
    page.get_by_label("Name of this view").fill(name)
    page.get_by_label("Share with").select_option(str(site))
    keep(page, f"view-share-{request.node.callspec.id}")
    assert violations(page) == []
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text(f"View “{name}” saved")).to_be_visible()

    stranger.goto(f"{plant.address}/quarantine")
    open_palette(stranger, request)
    stranger.get_by_role("combobox", name="Search everything").fill("raw water")
    found = stranger.get_by_role("group", name="Shared views").get_by_role("option")
    expect(found).to_have_text(re.compile(f"^{name}.*Estação Norte$"))
    found.click()
    expect(stranger).to_have_url(f"{plant.address}/?q=pump-7")
    expect(stranger.get_by_role("link", name="pump-7")).to_be_visible()
    stranger.get_by_role("button", name="Saved views").click()
    others = stranger.get_by_role("region", name="Shared by others")
    expect(others.get_by_role("listitem")).to_contain_text(f"{name}shared by Ana, Estação Norte")
    for scheme in ("light", "dark"):
        stranger.emulate_media(color_scheme=scheme)
        keep(stranger, f"views-shared-{scheme}-{request.node.callspec.id}")
        assert violations(stranger) == []
    others.get_by_role("button", name=f"Options of the view {name}").click()
    options = stranger.get_by_role("dialog", name=name)
    expect(options.get_by_role("button", name="Delete view")).to_have_count(0)
    options.get_by_role("button", name="Copy to mine").click()
    expect(stranger.get_by_text(f"View “{name}” saved")).to_be_visible()

    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name=f"Options of the view {name}").click()
    expect(page.get_by_role("dialog", name=name).get_by_label("Share with")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        keep(page, f"view-options-{scheme}-{request.node.callspec.id}")
        assert violations(page) == []
    page.get_by_role("dialog", name=name).get_by_role("button", name="Delete view").click()
    page.get_by_role("dialog", name="Delete view").get_by_role("button", name="Delete view").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    stranger.reload()
    stranger.get_by_role("button", name="Saved views").click()
    expect(stranger.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(others).to_have_count(0)


def test_home_shows_what_each_role_asks_first(plant, page, request):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{plant.address}/home")
    expect(page.get_by_role("link", name="Alarms to acknowledge")).to_contain_text("0")
    expect(page.get_by_role("link", name="Reporting")).to_contain_text("of 2 devices")
    expect(page.get_by_text("No alarm stands.")).to_be_visible()
    expect(page.get_by_text("No alarm to acknowledge", exact=True)).to_be_visible()  # where the alarms will stand
    for view, shown in (("Engineering", "Messages in quarantine"), ("Management", "To be paid")):
        page.get_by_role("radiogroup", name="See as").get_by_text(view).click()
        expect(page.get_by_role("link", name=shown)).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            keep(page, f"home-{view}-{scheme}-{request.node.callspec.id}")
            assert violations(page) == []
    assert not scrolls_sideways(page)
    page.reload()
    expect(page.get_by_role("link", name="To be paid")).to_be_visible()


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_failed_request_neither_looks_like_loading_nor_like_nothing(plant, page):
    busy = {
        "status": 429,
        "content_type": "application/problem+json",
        "body": '{"detail": "Calha is busy.", "status": 429}',
    }
    failing = re.compile(r"/api/v1/(presence|profiles)(\?|$)")
    page.route(failing, lambda route: route.fulfill(**busy))
    page.goto(f"{plant.address}/home?as=operator")
    reporting = page.get_by_role("group", name="Reporting")
    expect(reporting).to_contain_text("Calha is busy.")
    keep(page, "home-failed-desktop")
    assert violations(page) == []
    page.get_by_role("link", name="Devices", exact=True).click()
    part = page.get_by_role("alert").filter(has_text="Part of this page could not be loaded")
    expect(part).to_contain_text("Calha is busy.")
    page.unroute(failing)
    part.get_by_role("button", name="Try again").click()
    expect(part).to_have_count(0)
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("link", name="Reporting")).to_contain_text("of 2 devices")


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_page_is_printed_whole_with_its_site_and_the_time_and_without_what_can_be_pressed(plant, page):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{plant.address}/dashboards/device/pump-7")
    expect(page.locator(".widget canvas").first).to_be_visible()
    text = printed(page)
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert "Home › Calha › Estação Norte › Bomba de água bruta" in text
    assert re.search(rf"printed .+ \({re.escape(zone)}\)", text)
    assert "Search everything" not in text and "Keep as own" not in text
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1047, "height": 718})
    wide = (
        "() => [...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > 1048).length"
    )
    page.wait_for_function(f"({wide})() === 0")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_months_report_of_alarms_says_on_paper_what_it_is_and_of_which_month(plant, page):
    page.goto(f"{plant.address}/alarms/health")
    month = page.get_by_label("Month")
    expect(page.get_by_text("There were no alarms in this month.")).to_be_visible()
    text = printed(page)
    assert "Alarm health" in text
    assert month.locator("option:checked").inner_text() in text


@pytest.mark.desktop
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_list_is_printed_with_the_values_of_devices_that_were_never_on_screen(plant, page):
    site = plant.send("POST", "/api/v1/sites", {"name": "Printed"})[1]["id"]
    for number in range(40):
        device = {"key": f"far-{number}", "site_id": site, "profile": "generic"}
        assert plant.send("POST", "/api/v1/devices", device)[0] == 201
        assert plant.send("POST", f"/api/v1/telemetry/far-{number}", {"level": 7_000 + number})[0] == 200
    plant.until_stored()
    page.add_init_script("window.print = () => document.body.dataset.isPrinting = 'yes'")
    page.goto(f"{plant.address}/?site={site}")
    expect(page.get_by_text("7,000").first).to_be_visible()
    assert "Devices without values here (…)" in printed(page)

    page.reload()
    expect(page.get_by_text("7,000").first).to_be_visible()
    page.keyboard.press("Control+p")
    expect(page.locator("body[data-is-printing]")).to_have_count(1)
    content = page.pdf()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    (ARTIFACTS / "printed-devices.pdf").write_bytes(content)
    text = " ".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert [number for number in range(40) if f"7,0{number:02}" not in text] == []
    assert "…" not in text


def printed(page):
    return " ".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(page.pdf())).pages).replace("\n", " ")


def test_things_are_found_on_the_map_and_placed_there(plant, page, request):
    page.goto(f"{plant.address}/sites?view=map")
    ground = page.get_by_role("group", name="Map", exact=True)
    expect(ground.get_by_role("link", name="Bomba de água bruta, 61.5")).to_be_visible()
    expect(ground.get_by_role("link", name="Estação Norte")).to_be_visible()
    keep(page, f"sites-map-{request.node.callspec.id}")
    assert violations(page) == []
    page.get_by_role("radiogroup", name="Look at").get_by_text("List").click()
    page.get_by_role("button", name="Rename Calha").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Latitude").fill("-8.07")
    dialog.get_by_label("Longitude").fill("-34.91")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Site saved.")).to_be_visible()
    page.get_by_role("radiogroup", name="Look at").get_by_text("Map").click()
    ground.get_by_role("link", name="Calha", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calha")


@pytest.mark.parametrize(("language", "title"), [("en", "Writing of readings"), ("pt-BR", "Gravação de leituras")])
def test_the_system_page_calls_its_tasks_by_words(plant, page, language, title):
    page.add_init_script(f"localStorage.setItem('calha.language', '{language}')")
    page.goto(f"{plant.address}/status")
    expect(page.get_by_role("cell", name=title)).to_be_visible()
    names = [task["name"] for task in plant.get("/api/v1/status")["tasks"]]
    assert [name for name in names if page.get_by_role("cell", name=name, exact=True).count()] == []
    keep(page, f"system-{language}-{page.viewport_size['width']}")
