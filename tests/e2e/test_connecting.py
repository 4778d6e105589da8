"""From a PLC's address to its values on a screen, as an engineer does it, with a real OPC UA server."""

import json
import re

import pytest
from playwright.sync_api import Page, expect
from screens import keep
from steps import field, scrolls_sideways
from test_access import violations

from plcs import running_plc
from running import running_calha

BROKER = {"name": "planta", "url": "mqtt://127.0.0.1:9", "routes": [{"topic": "plant/#", "device": "pump-1"}]}


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    """With a broker that is not there."""
    env = {"CALHA_CONNECTORS_MQTT": json.dumps([BROKER])}
    with running_calha(tmp_path_factory.mktemp("connecting") / "data", env) as running:
        yield running


@pytest.fixture(scope="module")
def plc(tmp_path_factory):
    options = ("--interval", "0.5", "--older", "--no-stops", "--security", "none", "--security", "encrypt")
    folder = tmp_path_factory.mktemp("plc")
    with running_plc(folder, *options, "--user", "calha:segredo", "--status", "vazao_saida2=BadSensorFailure") as one:
        yield one


def check(page: Page, name: str) -> None:
    """A look at the page as it is: accessible in both themes, and no wider than its window."""
    page.emulate_media(reduced_motion="reduce")
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        keep(page, f"connecting-{name}-{scheme}-{page.viewport_size['width']}")
        found += violations(page)
    page.emulate_media(color_scheme="light")
    assert found == []
    assert not scrolls_sideways(page)


def open_new(page: Page, address: str) -> None:
    page.goto(f"{address}/connections")
    page.get_by_role("button", name="New connection").click()


@pytest.mark.desktop
def test_from_an_address_to_values(calha, plc, page):
    size = page.viewport_size["width"]
    name, device = f"PLC {size}", f"eta-{size}"
    open_new(page, calha.address)
    dialog = page.get_by_role("dialog")
    field(dialog, "Name").fill(name)
    field(dialog, "Address").fill(plc.address)
    dialog.get_by_label("Security").select_option("encrypt")
    field(dialog, "User name").fill("calha")
    field(dialog, "Password").fill("segredo")
    dialog.get_by_role("button", name="Test connection").click()
    expect(dialog).to_contain_text("certificate is not trusted yet", timeout=60_000)
    check(page, "untrusted")
    dialog.get_by_role("button", name="Trust this certificate").click()
    expect(dialog).to_contain_text("Connected and signed in to CODESYS", timeout=60_000)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page.locator("main")).to_contain_text("subscription", timeout=60_000)
    walk_the_tree(page)
    check(page, "tree")
    page.get_by_role("button", name="Read 2 nodes").click()
    dialog = page.get_by_role("dialog")
    field(dialog, "Device").fill(device)
    expect(dialog).to_contain_text(f"The device {device} will be created.", timeout=60_000)
    expect(dialog.get_by_label("Unit of vazao_saida1")).to_have_value("m³/h")
    expect(dialog.get_by_label("Channel key of vazao_saida2")).to_have_value("vazao_saida2")
    check(page, "mapping")
    dialog.get_by_role("button", name="Read these nodes").click()
    nodes = page.get_by_role("region", name="Nodes that are read")
    expect(nodes.get_by_role("listitem").filter(has_text="vazao_saida1")).to_contain_text("good", timeout=60_000)
    expect(nodes.get_by_role("listitem").filter(has_text="vazao_saida2")).to_contain_text(
        "sensor failure", timeout=60_000
    )
    check(page, "reading")
    nodes.get_by_role("link", name=device).first.click()
    flow = page.get_by_role("group", name="vazao_saida1", exact=True)
    expect(flow).to_contain_text(re.compile(r"[67]\d.*m³/h"), timeout=60_000)


def walk_the_tree(page: Page) -> None:
    """By keyboard alone: open the folders, choose two variables."""
    tree = page.get_by_role("tree", name="The server's tree")
    expect(tree.get_by_role("treeitem", name="Application")).to_be_visible(timeout=60_000)
    tree.get_by_role("treeitem").first.focus()
    page.keyboard.press("End")
    expect(tree.get_by_role("treeitem", name="Application")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="GVL")).to_be_visible(timeout=60_000)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="vazao_saida1")).to_be_visible(timeout=60_000)
    expect(tree.get_by_role("treeitem", name="vazao_saida2")).to_contain_text("BadSensorFailure", timeout=60_000)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    for name in ("vazao_saida1", "vazao_saida2"):
        expect(tree.get_by_role("treeitem", name=name)).to_have_attribute("aria-selected", "true")


@pytest.mark.desktop
def test_each_failed_step_of_a_trial_is_told_by_its_name(calha, plc, page):
    open_new(page, calha.address)
    dialog = page.get_by_role("dialog")
    trials = (
        ("opc.tcp://127.0.0.1:9", "none", "", "The server does not answer."),
        (plc.address, "aes256", "", "The server does not offer this security."),
        (plc.address, "none", "wrong", "The server refuses the user name or the password."),
    )
    for address, security, password, told in trials:
        field(dialog, "Address").fill(address)
        dialog.get_by_label("Security").select_option(security)
        field(dialog, "User name").fill("calha" if password else "")
        field(dialog, "Password").fill(password)
        dialog.get_by_role("button", name="Test connection").click()
        expect(dialog).to_contain_text(told, timeout=60_000)
    check(page, "failed")


@pytest.mark.desktop
def test_variables_are_found_by_name_and_a_connection_is_switched_off_and_deleted(calha, plc, page):
    site = calha.first_site()["id"]
    name = f"Busca {page.viewport_size['width']}"
    body = {"name": name, "site_id": site, "endpoint": plc.address}
    status, made = calha.send("POST", "/api/v1/connections", body)
    assert status == 201, made
    page.goto(f"{calha.address}/connections/{made['id']}")
    page.get_by_label("Search the server's variables").fill("nivel")
    found = page.get_by_role("option", name="nivel_reservatorio")
    expect(found).to_contain_text("Application › GVL", timeout=60_000)
    found.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Read 1 node")).to_be_visible()
    check(page, "search")
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("main")).to_contain_text("switched off", timeout=60_000)
    page.goto(f"{calha.address}/connections")
    expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text("switched off")
    broker = page.get_by_role("region", name="MQTT brokers").get_by_role("listitem")
    expect(broker).to_contain_text(re.compile(r"planta.*127\.0\.0\.1:9.*not connected.*refused"), timeout=60_000)
    check(page, "list")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name=name)).to_have_count(0, timeout=60_000)


@pytest.mark.desktop
def test_a_lost_server_is_told_on_its_page_and_among_the_warnings(calha, page):
    site = calha.first_site()["id"]
    name = f"Perdido {page.viewport_size['width']}"
    body = {"name": name, "site_id": site, "endpoint": "opc.tcp://127.0.0.1:9"}
    status, made = calha.send("POST", "/api/v1/connections", body)
    assert status == 201, made
    page.goto(f"{calha.address}/connections/{made['id']}")
    expect(page.get_by_role("alert").first).to_contain_text("The server does not answer.", timeout=60_000)
    tree = page.get_by_role("region", name="The server's tree")
    expect(tree.get_by_role("alert")).to_contain_text("The server does not answer.", timeout=60_000)
    expect(page.get_by_text("Part of this page could not be loaded")).to_have_count(0)
    check(page, "lost")
    page.goto(f"{calha.address}/status")
    expect(page.get_by_role("alert").first).to_contain_text(f"Connection {name}", timeout=60_000)
    calha.send("DELETE", f"/api/v1/connections/{made['id']}")
