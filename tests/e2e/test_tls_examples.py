"""What a device's page says to send with when every port speaks TLS, followed to the letter."""

import subprocess
import sys

import pytest
from chromium import saving_context
from playwright.sync_api import expect
from screens import SIZES
from signing_in import administrator, cookie
from steps import code, ensure, example, scrolls_sideways, tile
from test_access import violations

from running import running_calha

EVERYWHERE = {
    "CALHA_HTTP_TLS": "true",
    "CALHA_MQTT_TLS": "true",
    "CALHA_TCP_TLS": "true",
    "CALHA_DEVICES_ANONYMOUS": "false",
}


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    with running_calha(tmp_path_factory.mktemp("tls") / "data", EVERYWHERE) as running:
        yield running


@pytest.fixture
def believing(secure, browser):
    """A page of the administrator, who believes the certificate."""
    context = saving_context(browser, viewport=SIZES["phone"], locale="en-US", ignore_https_errors=True)
    context.add_cookies([cookie(secure, administrator(secure))])
    yield context.new_page()
    context.close()


def test_the_examples_speak_tls_and_believe_the_downloaded_authority(secure, believing, tmp_path):
    ensure(secure, "pump-1")
    believing.goto(f"{secure.address}/devices/pump-1")
    believing.get_by_role("button", name="Change the secret").click()
    believing.get_by_role("button", name="Make a new secret").click()
    expect(believing.get_by_text("The examples expect the file ca.pem")).to_be_visible()
    with believing.expect_download() as downloading:
        believing.get_by_role("link", name="Download ca.pem").click()
    downloading.value.save_as(tmp_path / "ca.pem")
    secret = code(believing, "Secret of the device")
    commands = {name: example(believing, name) for name in ("MQTT", "HTTP", "TCP", "Python", "ESP32")}
    assert all(secret in command for command in commands.values())
    assert (tmp_path / "ca.pem").read_text().strip() in commands["ESP32"]
    assert violations(believing) == []
    assert not scrolls_sideways(believing)
    flow = tile(believing, "Outlet flow 1")
    for number, name in enumerate(("MQTT", "HTTP", "TCP"), 13):
        command = commands[name].replace("12.5", f"{number}.5")
        subprocess.run(command, shell=True, check=True, capture_output=True, cwd=tmp_path, timeout=60)
        expect(flow).to_contain_text(f"{number}.50 m³/h")
    program = [sys.executable, "-c", commands["Python"].replace("12.5", "17.5")]
    subprocess.run(program, check=True, cwd=tmp_path, timeout=60)
    expect(flow).to_contain_text("17.50 m³/h")
