"""Anomalies on their page and on their device's: explained, answered by keyboard and by button, taken back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from steps import ensure, scrolls_sideways
from test_access import violations

from running import Calha

START = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=12)
MINUTES = 600
SPIKES = {400: 60.0, 500: 90.0}


def tank(calha: Calha, key: str) -> None:
    """Ten hours of a level that wanders little, with two spikes, the second larger; and its anomalies found."""
    ensure(calha, key, "generic")
    body = [
        {
            "ts": (START + timedelta(minutes=minute)).timestamp(),
            "values": {"level": SPIKES.get(minute, 10 + (minute * 7919 % 101) / 101)},
        }
        for minute in range(MINUTES)
    ]
    for start in range(0, MINUTES, 100):
        assert calha.send("POST", f"/api/v1/telemetry/{key}", body[start : start + 100])[0] == 200
    calha.until_stored()


def lines(page: Page):
    return page.get_by_role("list", name="Anomalies found").get_by_role("listitem")


@pytest.mark.desktop
def test_anomalies_are_answered_by_keyboard_and_by_button(calha, page, device):
    tank(calha, device)
    page.goto(f"{calha.address}/anomalies?device={device}&kind=extreme")
    expect(lines(page)).to_have_count(2, timeout=60_000)
    detail = page.get_by_role("region", name="Extreme value")
    expect(detail).to_contain_text("It was 90; it is usually between")
    expect(detail.get_by_role("img", name="level around the anomaly")).to_be_visible()
    expect(detail).to_contain_text(re.compile(r"How far.* above the range"))
    expect(detail).to_contain_text("Confidence")
    similar = page.get_by_role("region", name="Earlier ones like it")
    expect(similar.get_by_role("listitem")).to_have_count(1)
    assert violations(page) == []
    assert not scrolls_sideways(page)

    page.get_by_role("list", name="Anomalies found").focus()
    page.keyboard.press("n")
    expect(lines(page)).to_have_count(1)
    expect(detail).to_contain_text("It was 60;")
    extreme = page.get_by_role("region", name="How the detectors do").get_by_role("row", name="Extreme value")
    expect(extreme).to_contain_text("0.25")
    page.keyboard.press("u")
    expect(lines(page)).to_have_count(2)

    page.get_by_label("Which anomalies").select_option("all")
    page.get_by_label("Note (optional)").fill("overflow of the tank")
    page.get_by_role("button", name="It was real").click()
    expect(detail).to_contain_text("overflow of the tank")

    page.goto(f"{calha.address}/devices/{device}")
    section = page.get_by_role("region", name="Anomalies")
    expect(section).to_contain_text("It was 90; it is usually between")
    expect(section).to_contain_text("real")
    section.get_by_role("link", name="Extreme value").first.click()
    expect(detail).to_contain_text("It was 90;")
    expect(detail.get_by_role("img", name="level around the anomaly")).to_be_visible()


@pytest.mark.desktop
def test_nothing_unusual_says_what_happens_next(calha, page, device):
    ensure(calha, device, "generic")
    page.goto(f"{calha.address}/anomalies?device={device}")
    expect(page.get_by_text("Nothing waits for an answer.")).to_be_visible()
    expect(page.get_by_text("known after 300 readings")).to_be_visible()
    assert violations(page) == []
    assert not scrolls_sideways(page)
