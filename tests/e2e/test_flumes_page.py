"""A Parshall flume in the browser: set up on a level, its flow tried, made and taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from screens import keep
from steps import field, scrolls_sideways
from test_access import violations

from running import Calha

pytestmark = pytest.mark.shared


@pytest.fixture
def gauge(calha: Calha, device: str) -> str:
    """A device whose channel `ha` measures 25 cm."""
    calha.create_device(device)
    at = datetime.now(UTC) - timedelta(minutes=30)
    body = [{"ts": (at + timedelta(minutes=minute)).timestamp(), "values": {"ha": 25}} for minute in range(10)]
    assert calha.send("POST", f"/api/v1/telemetry/{device}", body)[0] == 200
    calha.until_stored()
    assert calha.send("PATCH", f"/api/v1/devices/{device}/channels/ha", {"unit": "cm"})[0] == 200
    return device


@pytest.mark.desktop
def test_a_flume_is_set_up_on_a_level_and_taken_back(calha, page, gauge):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{calha.address}/devices/{gauge}")
    flumes = page.get_by_role("region", name="Flow from level (Parshall flume)")
    expect(flumes).to_contain_text("No flow is made from a level of this device yet")
    flumes.get_by_role("button", name="Set up a flume").click()
    form = page.get_by_role("dialog")
    expect(field(form, "Level channel")).to_have_value("ha")
    expect(field(form, "Throat width")).to_have_value('9"')
    field(form, "Try a level, m").fill("0.25")
    expect(form.get_by_role("status")).to_have_text("64.20 L/s = 231.12 m³/h")
    assert violations(page) == []
    keep(page, f"flume-form-{page.viewport_size['width']}")
    field(form, "Zero of the gauge, m").fill("0.05")
    expect(form.get_by_role("status")).to_have_text("45.63 L/s = 164.27 m³/h")
    field(form, "Zero of the gauge, m").fill("")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(flumes).to_contain_text("flume_flow: from ha, 9")
    expect(page.get_by_role("group", name="flume_flow", exact=True)).to_contain_text("231.12", timeout=60_000)
    assert violations(page) == []
    assert not scrolls_sideways(page)
    keep(page, f"flume-set-{page.viewport_size['width']}")
    flumes.get_by_role("button", name="Delete the flume of flume_flow").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(flumes).to_contain_text("No flow is made from a level of this device yet")
