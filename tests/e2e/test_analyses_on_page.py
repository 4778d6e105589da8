"""What a device is judged by, on its page: cleanings with their evidence, a machine beside the norms."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from steps import ensure, scrolls_sideways
from test_access import violations

from running import Calha

pytestmark = pytest.mark.shared

NOW = datetime.now(UTC).replace(microsecond=0)
EVERY_S = 20
STEPS = [
    ("pre_rinse", 1, 4, 30.0, 0.2),
    ("caustic", 2, 17, 75.0, 70.0),
    ("final_rinse", 5, 4, 28.0, 0.2),
    ("idle", 0, 5, 24.0, 0.2),
]


def send(calha: Calha, key: str, records: list[dict]) -> None:
    for start in range(0, len(records), 100):
        assert calha.send("POST", f"/api/v1/telemetry/{key}", records[start : start + 100])[0] == 200
    calha.until_stored()


def cleaning(hours_ago: float, colder_k: float = 0.0) -> list[dict]:
    records, second = [], 0
    for _, phase, minutes, warm, strong in STEPS:
        for _ in range(minutes * 60 // EVERY_S):
            values = {
                "phase": phase,
                "temperature": warm - colder_k,
                "conductivity": strong,
                "flow": 12.0 if phase else 0.0,
            }
            records.append({"ts": (NOW - timedelta(hours=hours_ago, seconds=-second)).timestamp(), "values": values})
            second += EVERY_S
    return records


def test_cleanings_show_their_verdict_and_evidence(calha, page, device):
    ensure(calha, device, "cip_station")
    for hours_ago, colder_k in ((40, 0.0), (30, 0.5), (20, 1.0), (10, 9.0)):
        send(calha, device, cleaning(hours_ago, colder_k))
    page.goto(f"{calha.address}/devices/{device}")
    section = page.get_by_role("region", name="Cleanings (CIP)")
    lines = section.get_by_role("listitem")
    expect(lines).to_have_count(4)
    expect(lines.nth(0)).to_contain_text("Failed")
    expect(lines.nth(0)).to_contain_text("Caustic: effective time of 0.0 min; the recipe demands 15.0 min.")
    expect(lines.nth(1)).to_contain_text("Passed")
    lines.nth(1).get_by_role("button").first.click()
    caustic = lines.nth(1).get_by_role("row", name="Caustic")
    expect(caustic).to_contain_text("17.0 min (≥ 15.0 min)")
    expect(caustic).to_contain_text("74.0 / 74.0 / 74.0 (≥ 70.0)")
    phases = lines.nth(1).get_by_role("list", name="Phases of the cleaning")
    expect(phases.get_by_role("button")).to_have_text(["Pre-rinse", "Caustic", "Final rinse"])
    expect(lines.nth(1).get_by_role("img", name="during the cleaning")).to_have_count(3)
    phases.get_by_role("button", name="Caustic").click()
    expect(lines.nth(1).get_by_role("group", name="Curves of the cleaning")).to_be_focused()
    lines.nth(1).get_by_role("button", name="The whole cleaning").click()
    expect(lines.nth(1).get_by_role("button", name="The whole cleaning")).to_have_count(0)
    lines.nth(1).get_by_role("button", name="Compare the others with this one").click()
    expect(lines.nth(1)).to_contain_text("golden cycle")
    lines.nth(0).get_by_role("button", name="show in the chart").click()
    expect(lines.nth(0)).to_contain_text(re.compile(r"below 70\.0 °C for 17\.0 min in all; .*4\.0 °C too low"))
    expect(lines.nth(0).get_by_role("button", name="✕ Caustic")).to_be_visible()
    expect(lines.nth(1).get_by_role("row")).to_have_count(0)
    assert violations(page) == []
    assert not scrolls_sideways(page)
    section.scroll_into_view_if_needed()


@pytest.mark.desktop
def test_a_machine_shows_how_it_did_beside_the_norms(calha, page, device):
    ensure(calha, device, "machine")
    minutes = 180
    records = [
        {
            "ts": (NOW - timedelta(minutes=minutes - minute)).timestamp(),
            "values": {
                "state": 1 if 10 <= minute < 150 else 0,
                "vibration": 3.1 if 10 <= minute < 150 else 0.05,
                "temperature": 70.0,
            },
        }
        for minute in range(minutes)
    ]
    send(calha, device, records)
    page.goto(f"{calha.address}/devices/{device}")
    section = page.get_by_role("region", name="Machine", exact=True)
    expect(section).to_contain_text("Vibration in zone C")
    expect(section.get_by_role("list", name="Vibration zones").get_by_role("listitem").nth(2)).to_contain_text(
        "100.0 %"
    )
    expect(section).to_contain_text("within its class")
    expect(section).to_contain_text("2.3 h")
    section.get_by_text("8 h", exact=True).click()
    expect(section).to_contain_text("1 / 1")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    section.scroll_into_view_if_needed()


@pytest.mark.desktop
def test_a_supply_shows_its_week_by_phase(calha, page, device):
    ensure(calha, device, "energy_meter")
    begin = NOW - timedelta(hours=10)
    records = [
        {
            "ts": (begin + timedelta(minutes=minute)).timestamp(),
            "values": {"voltage": 236.0 if minute < 120 else 221.0, "power_factor": 0.9, "current": 12.5, "power": 2.5},
        }
        for minute in range(590)
    ]
    send(calha, device, records)
    page.goto(f"{calha.address}/devices/{device}")
    section = page.get_by_role("region", name="Power quality")
    row = section.get_by_role("row").nth(1)
    expect(row).to_contain_text("221.0 – 236.0 V")
    expect(row).to_contain_text(re.compile(r"1\.[01]\d %"))
    expect(section).to_contain_text("Nominal 220 V: adequate from 202 to 231 V")
    expect(section).to_contain_text("0.900 (100.0 % of the time below 0.92)")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    section.scroll_into_view_if_needed()


def test_a_water_meter_tells_of_a_leak_and_of_what_it_cannot_know(calha, page, device):
    ensure(calha, device, "water_meter")
    end = NOW.replace(minute=0, second=0)
    records = [
        {"ts": (end - timedelta(hours=hours_ago)).timestamp(), "values": {"total": 1_000.0 + 4.0 * (40 - hours_ago)}}
        for hours_ago in range(40, -1, -1)
    ]
    send(calha, device, records)
    page.goto(f"{calha.address}/devices/{device}")
    section = page.get_by_role("region", name="Water use")
    expect(section).to_contain_text("Leak: at least 4.0 L in each hour")
    expect(section).to_contain_text("Backflow cannot be seen: this register only counts up.")
    expect(section).to_contain_text("No sign of tampering.")
    assert violations(page) == []
    assert not scrolls_sideways(page)
