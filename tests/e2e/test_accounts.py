"""Getting in and out, one's own account, other people, keys and the audit log, in a real browser."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pyotp
import pytest
from accessibility import open_page, violations, walk_to
from chromium import saving_context
from playwright.sync_api import Page, expect
from screens import SIZES, keep
from signing_in import ADMINISTRATOR, administrator, cookie, set_up_link, signed_in
from steps import code, ensure, field, mosquitto_pub, no_reload, scrolls_sideways, tile

from persons import PASSWORD, Person
from running import Calha

pytestmark = pytest.mark.slow

CHOSEN = "trem azul girassol 42"


@pytest.mark.desktop
def test_the_first_administrator_is_made_by_the_printed_link(empty, stranger):
    stranger.goto(empty.address)
    expect(stranger.get_by_role("heading", name="Welcome to Calha")).to_be_visible()
    assert code(stranger, "Command") == "calha set-up-link"
    assert_accessible(stranger)
    stranger.goto(f"{empty.address}/link#{set_up_link(empty)}")
    field(stranger, "Name").fill("Ana Lima")
    field(stranger, "E-mail").fill("ana@example.org")
    password = field(stranger, "Password")
    password.fill("password")
    expect(stranger.get_by_text("Characters still missing: 4.")).to_be_visible()
    password.fill("password1234")
    expect(stranger.get_by_text(re.compile("Easily guessed|list of common"))).to_be_visible()
    password.fill(CHOSEN)
    expect(stranger.get_by_text(re.compile("ood password."))).to_be_visible()
    assert_accessible(stranger)
    stranger.get_by_role("button", name="Create account and sign in").click()
    expect(stranger.get_by_role("heading", name="Send the first reading")).to_be_visible()
    stranger.goto(f"{empty.address}/link#{'x' * 30}")
    expect(stranger.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_signing_in_leads_where_one_wanted_to_go_and_slows_guessing(calha, stranger, device):
    administrator(calha)
    login = Person(calha, device, {"role": "viewer", "site_id": None}).login
    stranger.goto(f"{calha.address}/status")
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    assert_accessible(stranger)
    for _ in range(5):
        with stranger.expect_response(lambda answer: answer.request.method == "POST"):
            fill_in(stranger, login, "wrong")
        expect(stranger.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    fill_in(stranger, login, "wrong")
    expect(stranger.get_by_text(re.compile(r"Too many tries\. Try again in \d+ s\."))).to_be_visible()
    expect(stranger.get_by_role("button", name="Sign in", exact=True)).to_be_disabled()
    expect(stranger.get_by_role("button", name="Sign in", exact=True)).to_be_enabled(timeout=30_000)
    fill_in(stranger, login, PASSWORD)
    expect(stranger.get_by_role("heading", name="System")).to_be_visible()
    open_menu(stranger)
    stranger.get_by_role("button", name="Sign out").click()
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    stranger.reload()
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.desktop
def test_a_second_factor_is_set_up_asked_for_and_replaced_by_a_recovery_code(calha, stranger, device):
    administrator(calha)
    login = Person(calha, device, {"role": "viewer", "site_id": None}).login
    stranger.context.add_cookies([cookie(calha, signed_in(calha, login))])
    open_page(stranger, f"{calha.address}/account")
    stranger.get_by_role("button", name="Turn the second factor on").click()
    key = code(stranger, "Key of the second factor").replace(" ", "")
    expect(stranger.get_by_alt_text("QR code with the key of the second factor")).to_be_visible()
    form = stranger.locator("form").filter(has=stranger.get_by_role("button", name="Confirm and turn on"))
    field(form, "Present password").fill(PASSWORD)
    field(stranger, "2. Code that the app shows").fill("000000")
    stranger.get_by_role("button", name="Confirm and turn on").click()
    expect(stranger.get_by_role("alert")).to_contain_text("The code is wrong")
    field(stranger, "2. Code that the app shows").fill(pyotp.TOTP(key).now())
    stranger.get_by_role("button", name="Confirm and turn on").click()
    codes = code(stranger, "Keep the recovery codes").split()
    with stranger.expect_download() as downloading:
        stranger.get_by_role("button", name="Download").click()
    assert Path(downloading.value.path()).read_text().split() == codes
    assert_accessible(stranger)
    stranger.get_by_role("button", name="I have kept them").click()
    expect(stranger.get_by_text("On", exact=True)).to_be_visible()

    stranger.context.clear_cookies()
    stranger.goto(calha.address)
    fill_in(stranger, login, PASSWORD)
    asked = field(stranger, "Verification code")
    expect(asked).to_be_focused()
    asked.fill(codes[0])
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger).to_have_url(f"{calha.address}/home")


@pytest.mark.desktop
def test_a_passkey_is_made_and_opens_the_account(calha, stranger, device):
    administrator(calha)
    login = Person(calha, device, {"role": "viewer", "site_id": None}).login
    protocol = stranger.context.new_cdp_session(stranger)
    protocol.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    named = f"http://localhost:{calha.http_port}"  # browsers know passkeys of names only, not of addresses
    stranger.goto(f"{named}/account")
    fill_in(stranger, login, PASSWORD)
    field(stranger, "Name of the passkey").fill("My phone")
    form = stranger.locator("form").filter(has=stranger.get_by_role("button", name="Make a passkey"))
    field(form, "Present password").fill("wrong words")
    form.get_by_role("button", name="Make a passkey").click()
    expect(form.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    field(form, "Present password").fill(PASSWORD)
    form.get_by_role("button", name="Make a passkey").click()
    expect(stranger.get_by_text("Passkey made.")).to_be_visible()
    expect(stranger.get_by_role("button", name="Remove My phone")).to_be_visible()
    open_menu(stranger)
    stranger.get_by_role("button", name="Sign out").click()
    stranger.get_by_role("button", name="Sign in with a passkey").click()
    expect(stranger).to_have_url(f"{named}/home")
    stranger.goto(f"{named}/account")
    stranger.get_by_role("button", name="Remove My phone").click()
    stranger.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(stranger.get_by_text("No passkey yet.")).to_be_visible()


@pytest.mark.desktop
def test_whoever_is_invited_sets_a_password_and_sees_no_control_that_is_not_his(calha, page, browser, device):
    ensure(calha, device)
    mosquitto_pub(calha, device, {"flow_1": "nonsense"})
    open_page(page, f"{calha.address}/people")
    page.get_by_role("button", name="Invite").click()
    field(page, "Name").fill(f"Rui {device}")
    field(page, "User name").fill(f"rui.{device}")
    assert_accessible(page)
    page.get_by_role("button", name="Make the invitation").click()
    link = code(page, "Link")
    expect(page.get_by_alt_text("QR code with the link")).to_be_visible()

    context = saving_context(browser, viewport=page.viewport_size, locale="en-US")
    invited = context.new_page()
    invited.goto(link)
    expect(invited.get_by_text(f"Hello, Rui {device}.")).to_be_visible()
    field(invited, "New password").fill(CHOSEN)
    invited.get_by_role("button", name="Set password and sign in").click()
    expect(invited).to_have_url(f"{calha.address}/home")
    open_page(invited, calha.address)
    expect(invited.get_by_role("heading", name="Devices")).to_be_visible()
    assert invited.get_by_role("button", name="New device").count() == 0
    open_page(invited, f"{calha.address}/devices/{device}")
    assert invited.get_by_role("button", name="Edit").count() == 0
    assert invited.get_by_role("heading", name="Credentials").count() == 0
    open_page(invited, f"{calha.address}/sites")
    assert invited.get_by_role("button", name=re.compile("New site|Rename|Delete")).count() == 0
    open_page(invited, f"{calha.address}/quarantine")
    expect(invited.get_by_role("article").first).to_be_visible()
    assert invited.get_by_role("button", name=re.compile("Replay|Discard")).count() == 0
    open_page(invited, f"{calha.address}/people")
    expect(invited.get_by_role("heading", name="No permission")).to_be_visible()
    assert_accessible(invited)
    context.close()


@pytest.mark.desktop
def test_a_role_on_one_site_gives_its_controls_there_only(calha, browser, stranger, device):
    administrator(calha)
    status, site = calha.send("POST", "/api/v1/sites", {"name": device, "zone": "UTC", "parent_id": None})
    assert status == 201, site
    for key, place in ((f"{device}-a"[-60:], site["id"]), (f"{device}-b"[-60:], 1)):
        status, made = calha.send("POST", "/api/v1/devices", {"key": key, "profile": "water_flow", "site_id": place})
        assert status == 201, made
    person = Person(calha, device, {"role": "engineer", "site_id": site["id"]}, {"role": "viewer", "site_id": None})
    stranger.context.add_cookies([cookie(calha, signed_in(calha, person.login))])
    open_page(stranger, f"{calha.address}/devices/{device}-a"[-2000:])
    expect(stranger.get_by_role("button", name="Edit")).to_be_visible()
    open_page(stranger, f"{calha.address}/devices/{device}-b")
    assert stranger.get_by_role("button", name="Edit").count() == 0
    open_page(stranger, f"{calha.address}/sites")
    expect(stranger.get_by_role("button", name=f"Rename {device}")).to_be_visible()
    assert stranger.get_by_role("button", name="Rename Calha").count() == 0


@pytest.mark.desktop
def test_a_session_that_ends_leaves_the_page_and_what_was_typed(calha, stranger, device):
    ensure(calha, device)
    administrator(calha)
    person = Person(calha, device, {"role": "engineer", "site_id": None})
    stranger.context.add_cookies([cookie(calha, signed_in(calha, person.login))])
    open_page(stranger, f"{calha.address}/devices/{device}")
    with no_reload(stranger):
        stranger.get_by_role("button", name="Edit").click()
        name = field(stranger.get_by_role("dialog"), "Name")
        name.fill("half typed")
        status, _ = calha.send("PUT", f"/api/v1/people/{person.id}/state", {"state": "blocked"})
        assert status == 200
        calha.send("PUT", f"/api/v1/people/{person.id}/state", {"state": "active"})
        ended = stranger.get_by_role("heading", name="Your session has ended")
        expect(ended).to_be_visible(timeout=30_000)
        assert_accessible(stranger)
        stranger.keyboard.press("Escape")
        expect(ended).to_be_visible()
        field(stranger.locator("dialog.ended"), "Password").fill(PASSWORD)
        stranger.locator("dialog.ended").get_by_role("button", name="Sign in", exact=True).click()
        expect(ended).to_be_hidden()
        expect(name).to_have_value("half typed")
        stranger.get_by_role("button", name="Save").click()
        expect(stranger.get_by_text("Changes saved.")).to_be_visible()
        expect(stranger.get_by_role("heading", name="half typed")).to_be_visible()


@pytest.mark.desktop
def test_a_password_is_changed_and_other_sessions_are_ended(calha, stranger, device):
    administrator(calha)
    login = Person(calha, device, {"role": "viewer", "site_id": None}).login
    signed_in(calha, login)
    stranger.context.add_cookies([cookie(calha, signed_in(calha, login))])
    open_page(stranger, f"{calha.address}/account")
    expect(stranger.get_by_text("this one")).to_be_visible()
    stranger.get_by_role("button", name="End all others").click()
    expect(stranger.get_by_role("button", name="End all others")).to_be_hidden()
    field(stranger, "Present password").fill("wrong")
    field(stranger, "New password").fill(CHOSEN)
    stranger.get_by_role("button", name="Change the password").click()
    expect(stranger.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    field(stranger, "Present password").fill(PASSWORD)
    stranger.get_by_role("button", name="Change the password").click()
    expect(stranger.get_by_text("Password changed.")).to_be_visible()
    assert not scrolls_sideways(stranger)
    form = stranger.locator("form").filter(has=stranger.get_by_role("button", name="Save"))
    field(form, "E-mail").fill(f"{device}@example.org")
    field(form, "Present password").fill(CHOSEN)
    assert_accessible(stranger)
    form.get_by_role("button", name="Save").click()
    expect(stranger.get_by_text("No mail server is configured.")).to_be_visible()  # which would confirm that it is his


@pytest.mark.desktop
def test_an_api_key_is_made_used_and_revoked_and_the_audit_log_tells(calha, page, device):
    open_page(page, f"{calha.address}/keys")
    page.get_by_role("button", name="New key").click()
    field(page, "Name of the key").fill(device)
    assert_accessible(page)
    page.get_by_role("button", name="Make the key").click()
    key = code(page, "Key")
    assert answer_to(calha, key) == 200
    page.get_by_role("button", name="I have kept the key").click()
    page.get_by_role("button", name=f"Revoke {device}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name=f"Revoke {device}")).to_be_hidden()
    assert answer_to(calha, key) == 401

    open_page(page, f"{calha.address}/audit")
    expect(page.get_by_text(re.compile(r"Chain unbroken, [\d,]+ entries"))).to_be_visible()
    page.get_by_role("searchbox").fill(device)
    expect(page.get_by_text("API key made", exact=True)).to_have_count(1)
    expect(page.get_by_text("API key revoked", exact=True)).to_have_count(1)
    expect(page.get_by_role("link", name=ADMINISTRATOR).first).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export CSV").click()
    assert "key.made" in Path(downloading.value.path()).read_text()


@pytest.mark.desktop
def test_a_devices_secret_is_changed_over_and_then_revoked(strict, page):
    ensure(strict, "pump-1")
    open_page(page, f"{strict.address}/devices/pump-1")
    page.get_by_role("button", name="Change the secret").click()
    page.get_by_label("The old secret still holds for").select_option(label="an hour")
    page.get_by_role("button", name="Make a new secret").click()
    secret = code(page, "Secret of the device")
    expect(page.get_by_role("region", name="Credentials").get_by_text("holds until")).to_be_visible()
    assert sends(strict, "pump-1", secret)
    expect(tile(page, "Outlet flow 1")).to_contain_text("1.00")
    assert_accessible(page)
    page.get_by_role("button", name="Revoke all").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke all").click()
    expect(page.get_by_text("No credential: this device cannot send.")).to_be_visible()
    assert not sends(strict, "pump-1", secret)


@pytest.mark.desktop
def test_somebody_is_blocked_exported_and_anonymised(calha, page, device):
    person = Person(calha, device, {"role": "operator", "site_id": None})
    open_page(page, f"{calha.address}/people?q={device}")
    page.get_by_role("link", name=device).click()
    expect(page.get_by_text("Operator · The whole installation")).to_be_visible()
    field(page, "Role").select_option("engineer")
    page.get_by_role("button", name="Add the role").click()
    expect(page.get_by_text("Engineer · The whole installation")).to_be_visible()
    page.get_by_role("button", name="Block").click()
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.get_by_role("button", name="Unblock")).to_be_visible()
    assert person.send("GET", "/api/v1/devices")[0] == 401
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export the data (JSON)").click()
    assert json.loads(Path(downloading.value.path()).read_text())["person"]["name"] == device
    page.get_by_role("button", name="Anonymise").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Anonymise")).to_be_disabled()
    field(dialog, "Name").fill(device)
    assert_accessible(page)
    dialog.get_by_role("button", name="Anonymise").click()
    expect(page.get_by_text("This person was anonymised.")).to_be_visible()


def test_pages_about_people_are_accessible_and_fit(calha, page, request):
    language = "en" if page.viewport_size == SIZES["desktop"] else "pt-BR"
    page.add_init_script(f"localStorage.setItem('calha.language', '{language}')")
    page.emulate_media(reduced_motion="reduce")
    calha.send("POST", "/api/v1/keys", {"name": "SCADA da ETA", "role": "viewer", "scopes": ["view"]})
    open_page(page, calha.address)
    for path in ("/account", "/people", "/people/1", "/keys", "/audit"):
        walk_to(page, path)
        assert not scrolls_sideways(page), path
        for scheme in ("light", "dark") if language == "en" else ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == [], path
        keep(page, f"people{path}-{request.node.callspec.id}")


def fill_in(page: Page, login: str, password: str) -> None:
    field(page, "E-mail or user name").fill(login)
    field(page, "Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def open_menu(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Menu of")).locator("visible=true").click()


def assert_accessible(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    assert violations(page) == []


def answer_to(calha: Calha, key: str) -> int:
    request = urllib.request.Request(f"{calha.address}/api/v1/devices", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def sends(calha: Calha, device: str, secret: str) -> bool:
    """Whether the MQTT gate lets the device in with that secret."""
    command = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-q", "1", "-u", device, "-P", secret]
    command += ["-t", f"calha/v1/{device}/telemetry", "-m", '{"values": {"flow_1": 1}}']
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
