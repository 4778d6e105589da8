"""Times as the plant's clock shows them, whoever looks and from wherever: here from Tokyo."""

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from signing_in import administrator, ask
from steps import field

from running import Calha

INSTALLATION = ZoneInfo("America/Sao_Paulo")
SITE = ZoneInfo("America/Manaus")


@pytest.fixture
def page(page: Page) -> Page:
    """Of somebody far away."""
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.fixture
def site(calha: Calha, device: str) -> str:
    """A site an hour behind the installation, with a device whose messages cannot be read."""
    answer = calha.send("POST", "/api/v1/sites", {"name": device, "zone": SITE.key})[1]
    new = {"key": device, "profile": "water_flow", "site_id": answer["id"]}
    assert calha.send("POST", "/api/v1/devices", new)[0] == 201
    calha.send("POST", f"/api/v1/telemetry/{device}", b"no readings")
    calha.until_stored()
    return device


def told(at: str, zone: ZoneInfo) -> str:
    """A moment of the API as a page in English tells it to who is elsewhere."""
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%-m/%-d/%y, %-I:%M:%S %p} GMT{local:%z}".replace("GMT-0", "GMT-").removesuffix("00")


@pytest.mark.desktop
def test_what_a_site_has_is_told_by_its_own_clock(calha, page, site):
    page.goto(f"{calha.address}/quarantine?device={site}")
    [kept] = calha.get(f"/api/v1/quarantine?device={site}")["items"]
    expect(page.get_by_role("article")).to_contain_text(told(kept["at"], SITE))

    page.goto(f"{calha.address}/devices/{site}/data")
    last = calha.get(f"/api/v1/devices/{site}/ingest")["last_error"]
    expect(page.get_by_text(told(last["at"], SITE), exact=True)).to_be_visible()

    page.goto(f"{calha.address}/reports")
    page.get_by_role("button", name="New report").click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill(f"Flow of {site}")
    field(form, "Site").select_option(site)
    form.get_by_role("button", name="Make", exact=True).click()
    expect(form).to_be_hidden()
    [made] = calha.get("/api/v1/report-runs")["items"]
    expect(page.get_by_role("listitem").filter(has_text=f"Flow of {site}")).to_contain_text(
        told(made["started_at"], SITE)
    )


@pytest.mark.desktop
def test_what_the_installation_has_is_told_by_its_clock(calha, page):
    text = "Data;Histórico;Documento;Valor\n05/08/2026;PIX;E-1;40,00\n"
    status, _, receipt = ask(calha, "POST", "/api/v1/payments/statement", {"text": text}, administrator(calha))
    assert status == 200, receipt
    page.goto(f"{calha.address}/billing/payments")
    expect(page.get_by_role("listitem").filter(has_text="E-1")).to_contain_text("8/5/26, 12:00:00 AM GMT-3")

    page.goto(f"{calha.address}/audit")
    _, _, log = ask(calha, "GET", "/api/v1/audit?limit=1", None, administrator(calha))
    expect(page.get_by_role("listitem").first).to_contain_text(told(log["items"][0]["at"], INSTALLATION))


@pytest.mark.desktop
def test_a_month_of_alarms_begins_where_the_plant_stands(calha, page):
    with page.expect_request(re.compile("/api/v1/alarms/health")) as asked:
        page.goto(f"{calha.address}/alarms/health")
    [begin] = parse_qs(urlsplit(asked.value.url).query)["from"]
    assert re.search(
        r"-01T00:00:00-0300$", f"{datetime.fromisoformat(begin).astimezone(INSTALLATION):%Y-%m-%dT%H:%M:%S%z}"
    )
