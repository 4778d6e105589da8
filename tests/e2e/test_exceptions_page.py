"""Exceptions worked through by keyboard: looked at, accepted, estimated, edited, undone."""

import json
import re
import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from steps import ensure, field, scrolls_sideways
from test_access import violations

from running import Calha

_THIS_MONTH = datetime.now(ZoneInfo("America/Sao_Paulo")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
_LAST_MONTH = (_THIS_MONTH - timedelta(days=1)).replace(day=1)
DAY = _LAST_MONTH + timedelta(days=-_LAST_MONTH.weekday() % 7)  # its first Monday
PROFILE = """
name: strict_meter
title: {pt: Medidor, en: Meter}
description: {pt: Medidor com regras, en: A meter with rules}
interval_s: 3600
channels:
  - key: total
    name: {pt: Volume, en: Volume}
    kind: counter
    unit: m³
    register: {digits: 5, max_flow: 50}
    validation: [{gap_minutes: 180, high_percent: 200}]
"""


@pytest.fixture
def meter(calha: Calha, device: str) -> str:
    """Ten days of one m³ an hour, with a hole on the eighth and the ninth; sent as a meter does whose line was down."""
    assert calha.send("PUT", "/api/v1/profiles/strict_meter", PROFILE.encode(), "application/yaml")[0] in (200, 201)
    ensure(calha, device, "strict_meter")
    hours = [hour for hour in range(10 * 24) if not (172 < hour < 178 or 200 < hour < 206)]
    records = [{"ts": (DAY + timedelta(hours=hour)).timestamp(), "values": {"total": 100 + hour}} for hour in hours]
    for start in range(0, len(records), 100):
        command = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-q", "1", "-t", f"calha/v1/{device}/telemetry"]
        subprocess.run([*command, "-m", json.dumps(records[start : start + 100])], check=True)
    calha.until_stored()
    return device


def shown(day: datetime) -> str:
    return f"{day.month}/{day.day}/{day:%y}"


def lines(page: Page):
    return page.get_by_role("list", name="Exceptions").get_by_role("listitem")


@pytest.mark.desktop
def test_exceptions_are_worked_through_by_keyboard(calha, page, meter):
    page.goto(f"{calha.address}/exceptions?device={meter}")
    expect(lines(page)).to_have_count(2, timeout=60_000)
    detail = page.get_by_role("region", name="No readings")
    expect(detail).to_contain_text("No reading for 360 min; the limit is 180 min.")
    expect(detail).to_contain_text(shown(DAY + timedelta(days=7)))
    assert violations(page) == []
    assert not scrolls_sideways(page)

    page.get_by_role("list", name="Exceptions").focus()
    page.keyboard.press("j")
    expect(detail).to_contain_text(shown(DAY + timedelta(days=8)))
    page.keyboard.press("a")
    expect(lines(page)).to_have_count(1)
    page.keyboard.press("u")
    expect(lines(page)).to_have_count(2)

    page.get_by_role("list", name="Exceptions").focus()
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(lines(page)).to_have_count(1)
    expect(page.get_by_text(re.compile(r"Estimated: 1\."))).to_be_visible()

    page.keyboard.press("m")
    form = page.get_by_role("dialog")
    expect(form.get_by_role("status")).to_contain_text("The register's difference")
    field(form, "Method").select_option("manual")
    field(form, "Total in m³").fill("12")
    field(form, "Reason").fill("leitura do fiscal")
    expect(form.get_by_role("status")).to_contain_text("6 m³ → 12 m³ (+6 m³)")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("No exception matches the filter.")).to_be_visible()

    page.goto(f"{calha.address}/devices/{meter}/consumption?view=month&at={DAY:%Y-%m-%d}")
    expect(page.get_by_text("245 m³", exact=True)).to_be_visible()
    history = page.get_by_role("region", name="Estimates and edits")
    expect(history.get_by_role("listitem")).to_have_count(2)
    history.get_by_role("listitem").filter(has_text="leitura do fiscal").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("239 m³", exact=True)).to_be_visible()
    page.get_by_role("link", name="Exceptions to check: 1").click()
    expect(lines(page)).to_have_count(1)


@pytest.mark.desktop
def test_nothing_to_check_says_what_happens_next(calha, page, device):
    ensure(calha, device, "water_meter")
    page.goto(f"{calha.address}/exceptions?device={device}")
    expect(page.get_by_text("No exception matches the filter.")).to_be_visible()
    expect(page.get_by_text("checked as they arrive")).to_be_visible()
    assert violations(page) == []
