"""Reports in the browser: one is made and opened, one is saved with a schedule and made again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from screens import keep
from steps import ensure, field, scrolls_sideways
from test_access import violations

from running import Calha


@pytest.fixture
def sensor(calha: Calha, device: str) -> str:
    """Yesterday's flow, a reading each 10 min."""
    ensure(calha, device)
    begin = (datetime.now(UTC) - timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    body = [
        {"ts": (begin + timedelta(minutes=10 * place)).timestamp(), "values": {"flow_1": 100 + place % 50}}
        for place in range(2 * 144)
    ]
    for start in range(0, len(body), 100):
        assert calha.send("POST", f"/api/v1/telemetry/{device}", body[start : start + 100])[0] == 200
    calha.until_stored()
    return device


def test_a_report_is_made_opened_and_saved_with_a_schedule(calha, page, sensor):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{calha.address}/reports")
    page.get_by_role("button", name="New report").click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill(f"Flow of {sensor}")
    field(form, "Devices").fill(sensor)
    page.get_by_role("option", name=sensor).click()
    form.get_by_label("XLSX").check()
    form.get_by_label("CSV", exact=True).check()
    assert violations(page) == []
    keep(page, f"report-form-{page.viewport_size['width']}")
    form.get_by_role("button", name="Make", exact=True).click()
    expect(form).to_be_hidden()
    line = page.get_by_role("listitem").filter(has_text=f"Flow of {sensor}").first
    expect(line).to_contain_text("ready", timeout=60_000)
    with page.expect_download() as download:
        line.get_by_role("link", name=re.compile("^PDF")).click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename.endswith(".pdf")

    page.get_by_role("button", name="New report").click()
    field(form, "Name").fill(f"Balance {sensor}")
    field(form, "Report").select_option("Water balance")
    expect(field(form, "Devices")).to_be_hidden()
    form.get_by_text("Schedule and send").click()
    field(form, "When").select_option("Every Monday at 7:00")
    field(form, "Send by e-mail to").fill("ana@example.org")
    assert violations(page) == []
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    saved = page.get_by_role("region", name="Saved").get_by_role("listitem").filter(has_text=f"Balance {sensor}")
    expect(saved).to_contain_text("next:")
    expect(saved).to_contain_text("To: ana@example.org")
    assert not scrolls_sideways(page)
    saved.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(saved).to_be_hidden()
