"""Devices that come, are claimed and are told what to do; and the API's documentation; in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from signing_in import administrator, cookie, signed_in
from steps import ensure, field, scrolls_sideways
from test_access import open_page, violations

from commands.plant import Plant
from persons import Person

pytestmark = [pytest.mark.shared, pytest.mark.slow]

TABLE = "key,name,serial,profile,site,note\r\n{key}-1,Bomba 1,,generic,,\r\n{key}-2,Bomba 2,,{profile},,\r\n"


def test_a_device_is_claimed_with_the_code_on_its_label(calha, stranger, device):
    administrator(calha)
    code = claim_code(calha, device)
    customer = Person(calha, device, {"role": "customer", "site_id": None})
    stranger.context.add_cookies([cookie(calha, signed_in(calha, customer.login))])
    stranger.goto(calha.address)
    expect(stranger.get_by_text("Your account has no role yet.")).to_be_visible()
    open_page(stranger, f"{calha.address}/claim", is_live=False)
    assert violations(stranger) == []
    field(stranger, "Code on the label").fill("AAAA-AAAA-AAAA")
    stranger.get_by_role("button", name="Go on").click()
    expect(stranger.get_by_text(re.compile("No device has the code|damaged|not a claim code"))).to_be_visible()
    stranger.goto(f"{calha.address}/claim#{code}")
    field(stranger, "What you want to call it").fill("Tank of the farm")
    assert violations(stranger) == []
    assert not scrolls_sideways(stranger)
    stranger.get_by_role("button", name="Claim this device").click()
    expect(stranger).to_have_url(re.compile(f"/devices/{device}$"))
    stranger.goto(f"{calha.address}/claim#{code}")
    expect(stranger.get_by_text(re.compile("is yours already"))).to_be_visible()


@pytest.mark.desktop
def test_labels_are_printed_for_the_devices_that_are_ticked(calha, page, device):
    ensure(calha, device)
    open_page(page, f"{calha.address}/?q={device}")
    page.get_by_role("button", name="Labels").click()
    page.get_by_role("checkbox", name=device).check()
    expect(page.get_by_text("Ticked: 1")).to_be_visible()
    assert violations(page) == []
    assert not scrolls_sideways(page)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Print labels").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"%PDF")


@pytest.mark.desktop
def test_devices_are_imported_after_a_look_at_each_line(calha, page, device, tmp_path):
    table = tmp_path / "devices.csv"
    table.write_text(TABLE.format(key=device, profile="nothing"))
    ensure(calha, "there-is-one")
    open_page(page, calha.address)
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("To be created: 1. Exist already: 0. With errors: 1.")).to_be_visible()
    expect(page.get_by_role("button", name="Create devices (1)")).to_be_disabled()
    assert violations(page) == []
    table = tmp_path / "mended.csv"
    table.write_text(TABLE.format(key=device, profile="generic"))
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="Create devices (2)").click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the secrets (CSV)").click()
    assert Path(downloading.value.path()).read_text().count("calha_dev_") == 2


@pytest.mark.desktop
def test_a_command_is_asked_for_followed_and_taken_back(calha, page, device):
    plant = Plant(calha)
    assert plant.save_profile() in (200, 201)
    robot = plant.device(device)
    with robot.by_mqtt() as connected:
        connected.report(speed=100, state=0)
        open_page(page, f"{calha.address}/devices/{device}")
        start = page.get_by_role("region", name="Start", exact=True)
        expect(start).to_contain_text("State now: stopped")
        start.get_by_role("button", name="Start").click()
        order = connected.next_order()
        expect(start).to_contain_text("sent")
        expect(start).to_contain_text("Target of State: running")
        connected.reply(order["id"], "executed")
        expect(start).to_contain_text("checking…")
        connected.report(state=1)
        expect(start).to_contain_text("executed and verified")
        expect(start).to_contain_text("State now: running")

        change = page.get_by_role("region", name="Set", exact=True)
        expect(change).to_contain_text("from 0 to 3,000 rpm")
        field(change, "Speed").fill("1500")
        change.get_by_role("button", name="Set").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Speed: 1500 rpm")
        assert violations(page) == []
        dialog.get_by_role("button", name="Set").click()
        order = connected.next_order()
        assert order["parameters"] == {"speed": 1500}
        change.get_by_role("button", name="Cancel the command").click()
        expect(change).to_contain_text("cancelled")
    assert not scrolls_sideways(page)


@pytest.mark.desktop
def test_a_command_for_two_people_waits_for_the_other_one(calha, page, device):
    plant = Plant(calha)
    plant.save_profile()
    robot = plant.device(device)
    operator = Person(calha, device, {"role": "operator", "site_id": None})
    status, asked = operator.send("POST", robot.path, {"command": "blast"})
    assert status == 201, asked
    open_page(page, f"{calha.address}/devices/{device}")
    blast = page.get_by_role("region", name="Blast", exact=True)
    expect(blast).to_contain_text("awaiting approval")
    blast.get_by_role("button", name="Approve").click()
    expect(blast).to_contain_text(re.compile("queued|sent"))
    expect(page.get_by_text("The device is out of contact. A command waits for it")).to_be_visible()


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
@pytest.mark.desktop
def test_a_device_is_put_behind_its_gateway(calha, page, device):
    ensure(calha, "cellar-gateway", "generic")
    ensure(calha, device)
    open_page(page, f"{calha.address}/devices/{device}")
    page.get_by_role("button", name="Edit").click()
    gateway = field(page, "Gateway")
    gateway.fill("cellar")
    expect(page.locator("datalist option[value=cellar-gateway]")).to_be_attached()
    gateway.fill("cellar-gateway")
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="cellar-gateway").click()
    expect(page).to_have_url(re.compile("/devices/cellar-gateway$"))


@pytest.mark.parametrize("stranger", ["desktop"], indirect=True)
@pytest.mark.desktop
def test_the_documentation_of_the_api_needs_no_internet(calha, stranger):
    asked = []
    stranger.on("request", lambda request: asked.append(request.url))
    stranger.goto(f"{calha.address}/api/docs")
    stranger.get_by_role("button", name="Expand operation").first.wait_for(state="attached")
    stranger.get_by_role("link", name="devices", exact=True).click()
    expect(stranger.get_by_text("Create Device").first).to_be_visible()
    assert [url for url in asked if not url.startswith((calha.address, "data:", "blob:"))] == []


def claim_code(calha, device: str) -> str:
    """The code of a new device, as its import tells it."""
    table = f"key,name,profile\r\n{device},,water_meter\r\n".encode()
    status, report = calha.send("POST", "/api/v1/devices/import", table, "text/csv")
    assert status == 200, report
    return report["secrets"][0]["claim_code"]
