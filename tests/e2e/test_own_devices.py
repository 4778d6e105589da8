"""Devices of one's own, their certificates, and fleets that register themselves; in a real browser."""

import json
import re
import ssl
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect
from signing_in import administrator, cookie, signed_in
from steps import code, ensure, field, scrolls_sideways
from test_access import open_page
from test_accounts import assert_accessible
from test_onboarding import claim_code

from calha.accounts.door import fingerprint
from persons import Person

pytestmark = pytest.mark.shared


def test_ones_own_device_is_named_placed_and_given_back(calha, stranger, device):
    administrator(calha)
    old_code = claim_code(calha, device)
    status, farm = calha.send("POST", "/api/v1/sites", {"name": f"Farm {device}", "parent_id": 1})
    assert status == 201, farm
    owner = Person(calha, device, {"role": "engineer", "site_id": farm["id"]})
    assert owner.send("POST", "/api/v1/claims", {"code": old_code, "name": "Tank"})[0] == 201
    stranger.context.add_cookies([cookie(calha, signed_in(calha, owner.login))])
    open_page(stranger, f"{calha.address}/devices/{device}")
    expect(stranger.get_by_role("heading", name="Tank")).to_be_visible()
    own = stranger.get_by_role("region", name="Your device")
    field(own, "What you call it").fill("Tank of the farm")
    own.get_by_label("Site").select_option(label=f"Calha › Farm {device}")
    assert_accessible(stranger)
    own.get_by_role("button", name="Save").click()
    expect(stranger.get_by_role("heading", name="Tank of the farm")).to_be_visible()
    expect(stranger.get_by_role("navigation", name="Where you are")).to_contain_text(f"Farm {device}")
    stranger.goto(calha.address)
    expect(stranger.get_by_role("link", name=re.compile("Tank of the farm"))).to_be_visible()
    stranger.goto(f"{calha.address}/devices/{device}")
    own.get_by_role("button", name="Release the device").click()
    dialog = stranger.get_by_role("dialog")
    expect(dialog).to_contain_text("history of your time stays with you")
    assert_accessible(stranger)
    assert not scrolls_sideways(stranger)
    dialog.get_by_role("button", name="Release the device").click()
    expect(own).to_be_hidden()
    owned_by = stranger.get_by_role("region", name="Owner")
    expect(owned_by).to_contain_text("Nobody's")
    assert old_code not in owned_by.inner_text()
    assert owner.get("/api/v1/account/devices")["items"] == []


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
@pytest.mark.desktop
def test_what_goes_wrong_is_said_in_the_persons_language(calha, page, device):
    ensure(calha, device)
    page.add_init_script("localStorage.setItem('calha.language', 'pt-BR')")
    open_page(page, calha.address)
    page.get_by_role("button", name="Novo dispositivo").click()
    field(page, "Código").fill(device)
    page.get_by_role("button", name="Criar dispositivo").click()
    expect(page.get_by_role("alert")).to_have_text(f"Já existe um dispositivo {device}.")
    page.keyboard.press("Escape")
    table = f"key,profile\r\n{device}-new,nothing\r\n".encode()
    page.get_by_role("button", name="Importar").click()
    files = [{"name": "t.csv", "mimeType": "text/csv", "buffer": table}]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("erro: este perfil não existe")).to_be_visible()


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
@pytest.mark.desktop
def test_whoever_configures_a_device_sees_its_owner_and_takes_it_from_him(calha, page, device):
    old_code = claim_code(calha, device)
    owner = Person(calha, device)
    assert owner.send("POST", "/api/v1/claims", {"code": old_code})[0] == 201
    open_page(page, f"{calha.address}/devices/{device}")
    owned_by = page.get_by_role("region", name="Owner")
    expect(owned_by).to_contain_text(f"{device}, ")
    expect(owned_by).to_contain_text(old_code)
    owned_by.get_by_role("button", name="Release the device").click()
    page.get_by_role("dialog").get_by_role("button", name="Release the device").click()
    expect(owned_by).to_contain_text("Nobody's")


@pytest.mark.desktop
def test_a_certificate_is_issued_once_listed_and_revoked(calha, page, device):
    ensure(calha, device)
    open_page(page, f"{calha.address}/devices/{device}")
    credentials = page.get_by_role("region", name="Credentials")
    credentials.get_by_role("button", name="Issue a certificate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("For now it opens nothing")
    dialog.get_by_role("button", name="Issue a certificate").click()
    expect(dialog).to_contain_text("The key is not shown again.")
    certificate = code(page, "Certificate")
    files = {}
    for name in (f"{device}.key", f"{device}.pem", "ca.pem"):
        with page.expect_download() as downloading:
            dialog.get_by_role("button", name=f"Download {name}").click()
        assert downloading.value.suggested_filename == name
        files[name] = Path(downloading.value.path())
    ssl.create_default_context(cafile=files["ca.pem"]).load_cert_chain(files[f"{device}.pem"], files[f"{device}.key"])
    assert_accessible(page)
    assert not scrolls_sideways(page)
    dialog.get_by_role("button", name="I have kept the key").click()
    listed = credentials.get_by_text(f"SHA-256 {fingerprint(certificate)}")
    expect(listed).to_be_visible()
    assert_accessible(page)
    credentials.get_by_role("button", name=re.compile("^Revoke: Certificate")).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(listed).to_be_hidden()
    expect(credentials.get_by_role("button", name=re.compile("^Revoke: Secret"))).to_be_visible()


@pytest.mark.desktop
def test_a_fleet_registers_itself_with_the_key_that_is_shown_once(calha, page, device):
    open_page(page, f"{calha.address}/fleets")
    page.get_by_role("button", name="New fleet key").click()
    dialog = page.get_by_role("dialog")
    field(dialog, "Name of the fleet").fill(device)
    dialog.get_by_label("Profile").select_option("water_meter")
    field(dialog, "How many devices at most").fill("2")
    assert_accessible(page)
    dialog.get_by_role("button", name="Make the key").click()
    example = code(page, "curl").replace("A17-0042", device)
    assert code(page, "Key of the fleet") in example
    made = json.loads(subprocess.run(example, shell=True, check=True, capture_output=True).stdout)
    assert (made["device"], made["secret"].startswith("calha_dev_")) == (device, True)
    assert_accessible(page)
    assert not scrolls_sideways(page)
    dialog.get_by_role("button", name="I have kept the key").click()
    line = page.get_by_role("listitem").filter(has_text=device)
    expect(line).to_contain_text("1 of 2 devices", timeout=30_000)
    assert_accessible(page)
    assert not scrolls_sideways(page)
    again = json.loads(subprocess.run(example, shell=True, check=True, capture_output=True).stdout)
    assert again["status"] == 409

    open_page(page, f"{calha.address}/devices/{device}")
    page.get_by_role("button", name="Let it ask again").click()
    page.get_by_role("dialog").get_by_role("button", name="Let it ask").click()
    expect(page.get_by_text("The device may ask for a secret within 24 h.")).to_be_visible()
    once_more = json.loads(subprocess.run(example, shell=True, check=True, capture_output=True).stdout)
    assert once_more["secret"] != made["secret"]

    open_page(page, f"{calha.address}/fleets")
    page.get_by_role("button", name=f"Revoke {device}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(line).to_contain_text("revoked")
    refused = subprocess.run(example.replace(device, f"{device}-2"), shell=True, check=True, capture_output=True)
    assert json.loads(refused.stdout)["status"] == 401
