"""From what a meter sends to what it consumed: a rollover, an exchange, a verdict, a reading by a person."""

import json
import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from steps import ensure, field, scrolls_sideways
from test_access import violations

from running import Calha

pytestmark = pytest.mark.shared

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = datetime(2026, 1, 15, tzinfo=ZONE)


def publish(calha: Calha, device: str, readings: list[tuple[float, float]]) -> None:
    """Readings of a register, (hours after midnight, value), as a meter sends them when its line comes back."""
    records = [
        {"ts": (DAY + timedelta(hours=hours)).timestamp(), "values": {"total": value}} for hours, value in readings
    ]
    command = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-q", "1", "-t", f"calha/v1/{device}/telemetry"]
    subprocess.run([*command, "-m", json.dumps(records)], check=True)
    calha.until_stored()


@pytest.fixture
def meter(calha, device) -> str:
    """A meter of five digits in litres, of which one reading each hour is known."""
    ensure(calha, device, "water_meter")
    plate = {"digits": 5, "max_flow": "3000", "resolution": "1"}
    assert calha.send("PUT", f"/api/v1/devices/{device}/meters/total", plate)[0] == 200
    publish(calha, device, [(0, 98_000), (6, 99_000), (7, 99_900), (8, 100), (9, 500), (12, 2_000)])
    return device


def events(page: Page):
    return page.get_by_role("region", name="Register events")


def bars(page: Page):
    return page.get_by_role("img", name="Bars of the consumption")


@pytest.mark.desktop
def test_hours_over_a_rollover_and_an_exchange(calha, page, meter):
    page.goto(f"{calha.address}/devices/{meter}/consumption?view=day&at=2026-01-15")
    expect(page.get_by_text("4 m³", exact=True)).to_be_visible()
    expect(events(page)).to_contain_text("Register rollover")
    page.get_by_text("Table", exact=True).click()
    assert violations(page) == []
    assert not scrolls_sideways(page)

    publish(calha, meter, [(14, 7), (15, 30)])  # a new meter, of which nobody has told Calha
    page.reload()
    event = events(page).get_by_role("listitem").filter(has_text="to review")
    expect(event).to_contain_text("Reset")
    event.get_by_role("button", name="Review").click()
    form = page.get_by_role("dialog")
    field(form, "Verdict").select_option("exchange")
    field(form, "Closing reading of the old one").fill("2.150,5")
    field(form, "Opening reading of the new one").fill("2")
    field(form, "Serial of the new one").fill("B22-0001")
    expect(form.get_by_role("status")).to_contain_text("+148")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("4.1785 m³", exact=True)).to_be_visible()
    expect(events(page)).not_to_contain_text("to review")

    events(page).get_by_role("listitem").filter(has_text="Meter exchange").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("4.03 m³", exact=True)).to_be_visible()
    expect(events(page)).to_contain_text("to review")


@pytest.mark.desktop
def test_an_exchange_is_entered_where_nothing_was_noticed(calha, page, meter):
    page.goto(f"{calha.address}/devices/{meter}/consumption?view=day&at=2026-01-15")
    page.get_by_role("button", name="Enter a meter exchange").click()
    form = page.get_by_role("dialog")
    field(form, "When it was exchanged (America/Sao_Paulo)").fill("2026-01-15T10:00")
    field(form, "Closing reading of the old one").fill("1000")
    field(form, "Opening reading of the new one").fill("0")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("5 m³", exact=True)).to_be_visible()  # 500 up to 1000, and 2000 of the new one, not 1500


def test_periods_open_into_each_other_and_a_reading_by_a_person_counts(calha, page, meter):
    page.goto(f"{calha.address}/devices/{meter}/consumption?view=month&at=2026-01-01&unit=L")
    expect(page.get_by_text("January 2026")).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    page.get_by_role("button", name="Thu, Jan 15").click()
    expect(page.get_by_text("Thu, Jan 15, 2026")).to_be_visible()
    assert "view=day" in page.url
    page.get_by_role("button", name="Enter a reading").click()
    form = page.get_by_role("dialog")
    field(form, "When it was read (America/Sao_Paulo)").fill("2026-01-15T18:00")
    field(form, "Reading in L").fill("2500")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("4,500 L", exact=True)).to_be_visible()
    readings = page.get_by_role("region", name="Readings made by people")
    expect(readings).to_contain_text("2,500 L")
    readings.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("4,000 L", exact=True)).to_be_visible()
    page.get_by_role("button", name="Earlier period").click()
    expect(page.get_by_text("Wed, Jan 14, 2026")).to_be_visible()
    expect(bars(page)).to_be_visible()


@pytest.mark.desktop
def test_a_plate_is_entered(calha, page, meter):
    page.goto(f"{calha.address}/devices/{meter}/consumption")
    page.get_by_role("button", name="Enter plate data").click()
    form = page.get_by_role("dialog")
    field(form, "Holds from").fill("2026-02-01T00:00")
    field(form, "Digits").fill("6")
    field(form, "Maximum flow").fill("3,12")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Register", exact=True)).to_contain_text("3.12")
