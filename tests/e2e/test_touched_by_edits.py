"""What a change would do to an invoice that has been issued is seen before the change is made, and before it is taken back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from steps import field, scrolls_sideways
from test_access import violations

pytestmark = [pytest.mark.shared, pytest.mark.slow]

_THIS_MONTH = datetime.now(ZoneInfo("America/Sao_Paulo")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
MONTH = (_THIS_MONTH - timedelta(days=1)).replace(day=1)
PROFILE = """
name: billed_meter
title: {pt: Hidrômetro, en: Water meter}
description: {pt: Hidrômetro de hora em hora, en: A water meter that reports each hour}
interval_s: 3600
channels:
  - key: total
    name: {pt: Volume, en: Volume}
    kind: counter
    unit: m³
    register: {max_flow: 50}
    validation: [{gap_minutes: 180}]
"""


@pytest.fixture
def invoice(calha, device) -> dict:
    """Last month of one m³ an hour at 5.00, with a hole from 4 to 10 on its second day, issued."""
    assert calha.send("PUT", "/api/v1/profiles/billed_meter", PROFILE.encode(), "application/yaml")[0] == 200
    assert calha.send("POST", "/api/v1/devices", {"key": device, "profile": "billed_meter"})[0] == 201
    count = int((_THIS_MONTH - MONTH) / timedelta(hours=1))
    body = [
        {"ts": (MONTH + timedelta(hours=hour)).timestamp(), "values": {"total": 100 + hour}}
        for hour in range(count + 1)
        if not 28 < hour < 34
    ]
    assert calha.send("POST", f"/api/v1/telemetry/{device}", body)[0] == 200
    calha.until_stored()
    _, customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Ana Lima"})
    contract = {"number": f"C-{device}", "customer_id": customer["id"], "device": device, "channel": "total"}
    contract |= {"tariff": "preco_por_unidade_agua", "from_day": "2020-01-01"}
    assert calha.send("POST", "/api/v1/contracts", contract)[0] == 201
    status, made = calha.send("POST", "/api/v1/invoices", {"contract": f"C-{device}", "month": f"{MONTH:%Y-%m}"})
    assert status == 201, made
    return made


@pytest.mark.desktop
def test_an_edit_and_its_undo_show_the_invoice_that_they_would_touch(calha, page, device, invoice):
    page.goto(f"{calha.address}/exceptions?device={device}")
    detail = page.get_by_role("region", name="No readings")
    expect(detail).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog")
    expect(form).to_contain_text("No issued invoice would change.")
    field(form, "Method").select_option("manual")
    field(form, "Total in m³").fill("12")
    touched = form.get_by_role("status", name="Invoices touched")
    expect(touched).to_contain_text(invoice["number"])
    expect(touched).to_contain_text("+R$30.00")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    field(form, "Reason").fill("leitura do fiscal")
    form.get_by_role("button", name="Save").click()
    expect(form).not_to_be_visible()

    reissued = calha.send("POST", f"/api/v1/invoices/{invoice['number']}/reissue")[1]["items"][1]
    page.goto(f"{calha.address}/devices/{device}/consumption?view=month&at={MONTH:%Y-%m-%d}")
    history = page.get_by_role("region", name="Estimates and edits")
    history.get_by_role("button", name="Undo").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text(reissued["number"])
    expect(asked).to_contain_text("-R$30.00")
    asked.get_by_role("button", name="Undo").click()
    expect(history.get_by_text("undone")).to_be_visible()


@pytest.mark.desktop
def test_another_multiplier_names_the_invoice_that_it_contradicts(calha, page, device, invoice):
    page.goto(f"{calha.address}/devices/{device}/consumption?view=month&at={MONTH:%Y-%m-%d}")
    page.get_by_role("button", name="Enter plate data").click()
    form = page.get_by_role("dialog")
    expect(form).to_contain_text("No issued invoice would change.")
    field(form, "Multiplier").fill("10")
    touched = form.get_by_role("status", name="Invoices touched")
    expect(touched.get_by_role("link", name=invoice["number"])).to_be_visible()
    assert violations(page) == []
    page.screenshot(path="artifacts/e2e/plate-touched.png")
    form.get_by_role("button", name="Save").click()
    expect(form).not_to_be_visible()

    page.goto(f"{calha.address}/billing/invoices/{invoice['number']}")
    page.get_by_role("status").get_by_role("button", name="Issue again").click()
    page.get_by_role("dialog").get_by_role("button", name="Issue again").click()
    parts = page.get_by_role("table", name="How the readings are the consumption")
    expect(parts).to_contain_text("× 10")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.screenshot(path="artifacts/e2e/constant.png", full_page=True)
    desktop = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    assert not scrolls_sideways(page)
    parts.scroll_into_view_if_needed()
    page.screenshot(path="artifacts/e2e/constant-phone.png")
    page.set_viewport_size(desktop)

    page.goto(f"{calha.address}/devices/{device}/consumption?view=month&at={MONTH:%Y-%m-%d}")
    expect(page.get_by_text("No events in this period")).to_be_visible()
    expect(page.get_by_text("None: what was measured counts.")).to_be_visible()
    registers = page.get_by_role("region", name="Register", exact=True)
    registers.get_by_role("button", name="Edit").click()
    expect(field(page.get_by_role("dialog"), "Multiplier")).to_have_value("10")
    page.keyboard.press("Escape")
    registers.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog").get_by_role("status", name="Invoices touched")).to_be_visible()
    page.screenshot(path="artifacts/e2e/plate-remove.png")
