"""A water balance in the browser: what an inlet is, is said, and the losses show."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from steps import field, scrolls_sideways
from test_access import violations

pytestmark = pytest.mark.shared

_THIS_MONTH = datetime.now(ZoneInfo("America/Sao_Paulo")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
MONTH = (_THIS_MONTH - timedelta(days=1)).replace(day=1)
PROFILE = """
name: balance_meter
title: {pt: Hidrômetro, en: Water meter}
description: {pt: Hidrômetro de hora em hora, en: A water meter that reports each hour}
interval_s: 3600
channels:
  - {key: total, name: {pt: Volume, en: Volume}, kind: counter, unit: m³}
"""


@pytest.fixture
def site(calha, device) -> dict:
    """The whole of last month: 5 m³ an hour come in, 4 m³ are used. device: a name of this test's own."""
    assert calha.send("PUT", "/api/v1/profiles/balance_meter", PROFILE.encode(), "application/yaml")[0] == 200
    _, made = calha.send("POST", "/api/v1/sites", {"name": f"Setor {device[-40:]}"})
    hours = int((_THIS_MONTH - MONTH) / timedelta(hours=1))
    for end, hourly in (("in", 5), ("house", 4)):
        key = f"{device[-50:].lstrip('-')}-{end}"
        new = {"key": key, "profile": "balance_meter", "site_id": made["id"]}
        assert calha.send("POST", "/api/v1/devices", new)[0] == 201
        body = [
            {"ts": (MONTH + timedelta(hours=hour)).timestamp(), "values": {"total": 100 + hour * hourly}}
            for hour in range(hours + 1)
        ]
        assert calha.send("POST", f"/api/v1/telemetry/{key}", body)[0] == 200
    calha.until_stored()
    return made | {"hours": hours, "inlet": f"{device[-50:].lstrip('-')}-in"}


@pytest.mark.desktop
def test_losses_show_once_it_is_said_what_the_inlet_is(calha, page, site):
    page.goto(f"{calha.address}/sites")
    page.get_by_role("link", name=f"Water balance of {site['name']}").click()
    expect(page.get_by_role("heading", name=f"Water balance: {site['name']}")).to_be_visible()
    page.goto(f"{calha.address}/sites/{site['id']}/balance?view=month&at={MONTH:%Y-%m-%d}")
    expect(page.get_by_text("No meter is an inlet yet")).to_be_visible()
    page.get_by_label(f"Role of {site['inlet']} total").select_option("Inlet")
    chart = page.get_by_role("region", name="Balance by interval")
    expect(chart).to_contain_text(f"{site['hours']} m³ (20.0 %)")
    expect(page.get_by_role("region", name="Leaks")).to_contain_text("5.00 m³/h")

    page.get_by_role("button", name="Network behind the inlet").click()
    form = page.get_by_role("dialog")
    field(form, "Mains, km").fill("1")
    field(form, "Connections").fill("10")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Leaks")).to_contain_text("Leakage index (ILI)")
    assert violations(page) == []
    assert not scrolls_sideways(page)
