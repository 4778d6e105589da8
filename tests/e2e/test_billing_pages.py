"""Billing in a real browser: from a tariff to a month's invoices, a correction, and the code that is paid."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect
from screens import ARTIFACTS, SIZES, keep
from signing_in import administrator, cookie, signed_in
from steps import field, scrolls_sideways
from test_access import open_page, violations

from calha.domain.pix import read_code
from persons import Person

_THIS_MONTH = datetime.now(ZoneInfo("America/Sao_Paulo")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
BEGIN = (_THIS_MONTH - timedelta(days=1)).replace(day=1)
MONTH = f"{BEGIN:%Y-%m}"
KEY = "11222333000181"
PATIENCE_MS = 60_000
TARIFF = """key: KEY
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components:
      - kind: usage
        key: water
        name: {pt: Água, en: Water}
        unit: m³
        price: PRICE
        is_taxed: false
"""


def send_month(calha, device: str, used_m3: int) -> None:
    """What a water meter shows each six hours of last month; sent again, it corrects what was sent before."""
    end = _THIS_MONTH
    steps = int((end - BEGIN) / timedelta(hours=6))
    records = [
        {
            "ts": (BEGIN + timedelta(hours=6 * n)).timestamp(),
            "values": {"total": round(100_000 + 1_000 * used_m3 * n / steps, 1)},
        }
        for n in range(steps + 1)
    ]
    status, answer = calha.send("POST", f"/api/v1/telemetry/{device}", records)
    assert status == 200, answer
    calha.until_stored()


def register(calha, device: str) -> None:
    """A water meter that has counted 10 m³ in the last month, and whoever issues its invoices."""
    calha.create_device(device, "water_meter")
    send_month(calha, device, 10)
    issuer = {"name": "Água Exemplo", "city": "Recife", "pix_key": KEY, "company": "0138"}
    assert calha.send("PUT", "/api/v1/sites/1/issuer", issuer)[0] == 200


@pytest.fixture(scope="module")
def invoice(calha) -> dict:
    """An issued invoice of a customer with an account of his own: {…, "login"}."""
    register(calha, "billed")
    administrator(calha)
    text = TARIFF.replace("KEY", "billed_water").replace("PRICE", "5.00")
    assert calha.send("PUT", "/api/v1/tariffs/billed_water", {"text": text})[0] == 200
    payer = Person(calha, "payer", {"role": "customer", "site_id": None})
    customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Bia Reis", "person_id": payer.id})[1]
    terms = {"number": "C-billed", "customer_id": customer["id"], "device": "billed", "channel": "total"}
    terms |= {"tariff": "billed_water", "from_day": "2020-01-01"}
    assert calha.send("POST", "/api/v1/contracts", terms)[0] == 201
    status, issued = calha.send("POST", "/api/v1/invoices", {"contract": "C-billed", "month": MONTH})
    assert status == 201, issued
    return issued | {"login": payer.login}


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_month_is_billed_corrected_and_paid(calha, page, tmp_path):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    register(calha, "meter-1")
    write_tariff(calha, page)
    register_customer(calha, page)

    open_page(page, f"{calha.address}/billing/runs?month={MONTH}")
    expect(page.get_by_role("status", name="Preview of the run")).to_contain_text("R$50.00")
    page.get_by_role("button", name=re.compile(r"Issue invoices \(\d+\)")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(r"Issue invoices \(\d+\)")).click()
    runs = page.get_by_role("region", name="Runs")
    expect(runs.get_by_text("finished").first).to_be_visible(timeout=PATIENCE_MS)
    expect(runs).to_contain_text("issued: 1")

    open_page(page, f"{calha.address}/billing?month={MONTH}")
    page.get_by_role("listitem").filter(has_text="Ana Lima").get_by_role("link").click()
    expect(page.get_by_text("100,000 L")).to_be_visible()
    send_month(calha, "meter-1", 8)
    page.reload()
    expect(page.get_by_role("status").filter(has_text="another amount")).to_contain_text("-R$10.00")
    assert violations(page) == []
    first = page.url
    page.get_by_role("button", name="Issue again").click()
    page.get_by_role("dialog").get_by_role("button", name="Issue again").click()
    expect(page).not_to_have_url(first)
    expect(page.get_by_text("R$40.00").first).to_be_visible()
    expect(page.get_by_text("another amount")).to_be_hidden()

    page.get_by_role("button", name="Copy Pix").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    code = scanned(page)
    assert page.evaluate("navigator.clipboard.readText()") == code
    pix = read_code(code)
    assert (pix.amount, pix.key, pix.name) == (Decimal("40.00"), KEY, "Agua Exemplo")

    number = page.url.rpartition("/")[2]
    statement = tmp_path / "extrato.csv"
    text = f"Data;Histórico;Documento;Valor\n05/08/2026;PIX {pix.txid};E-{number};40,00\n05/08/2026;x;E2;abc\n"
    statement.write_bytes(text.encode("latin-1"))
    open_page(page, f"{calha.address}/billing/payments")
    page.locator("input[type=file]").set_input_files(statement)
    receipt = page.get_by_role("status", name="Result of the statement")
    expect(receipt).to_contain_text("paid an invoice: 1")
    expect(receipt).to_contain_text("line 3")
    assert violations(page) == []
    open_page(page, f"{calha.address}/billing?state=paid")
    expect(page.get_by_role("listitem").filter(has_text=number)).to_contain_text("paid")


def write_tariff(calha, page: Page) -> None:
    """A tariff that begins as a copy of an example; what is wrong in it is shown at its line."""
    open_page(page, f"{calha.address}/billing/tariffs")
    page.get_by_role("link", name="New tariff").click()
    text = page.get_by_label("Text of the tariff")
    expect(text).to_have_value(re.compile("^key: preco_por_unidade_agua_novo"))
    wanted = TARIFF.replace("KEY", "e2e_water")
    text.fill(wanted.replace("PRICE", "abc"))
    expect(page.get_by_role("button", name=re.compile("^Line 11: .*price"))).to_be_visible()
    assert text.evaluate("field => field.scrollHeight <= field.clientHeight"), "the lines leave their numbers"
    assert violations(page) == []
    text.fill(wanted.replace("PRICE", "5.00"))
    trial = page.get_by_role("region", name="What it would cost")
    expect(trial).to_contain_text("R$100.00")
    field(trial, "Consumption, m³").fill("7.5")
    expect(trial).to_contain_text("R$37.50")
    page.get_by_role("button", name="Save tariff").click()
    expect(page).to_have_url(re.compile("/billing/tariffs/e2e_water$"))
    expect(page.get_by_role("region", name="Versions")).to_contain_text("from Jan 1, 2020")


def register_customer(calha, page: Page) -> None:
    open_page(page, f"{calha.address}/billing/customers")
    page.get_by_role("button", name="New customer").click()
    form = page.get_by_role("dialog")
    field(form, "Name").fill("Ana Lima")
    field(form, "CPF or CNPJ").fill("123.456.789-09")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Ana Lima")).to_be_visible()
    page.get_by_role("button", name="New contract").click()
    field(form, "Number").fill("C-1")
    field(form, "From").fill("2020-01-01")
    meter = form.get_by_role("combobox", name=re.compile("^Meter"))
    meter.fill("meter-1")
    page.get_by_role("option", name=re.compile("meter-1")).click()
    expect(field(form, "Channel")).to_have_value("total")
    field(form, "Tariff").select_option("e2e_water")
    assert violations(page) == []
    form.get_by_role("button", name="Create contract").click()
    expect(page.get_by_role("region", name="Contracts")).to_contain_text("C-1")
    expect(page.get_by_role("group", name="Forecast of contract C-1")).to_contain_text("Expected at the end: R$")


def scanned(page: Page) -> str:
    """What a scanner reads off the printed page that the button opens."""
    address = page.get_by_role("link", name="Open PDF").evaluate("link => link.href")
    answer = page.context.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    picture = pypdfium2.PdfDocument(answer.body())[0].render(scale=200 / 72).to_pil()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    picture.save(ARTIFACTS / "invoice-page.png")
    codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    (text,) = {one.text for one in codes}
    return str(text)


@pytest.mark.parametrize("page", ["phone"], indirect=True)
@pytest.mark.parametrize(
    "path",
    ["billing", "billing/customers", "billing/tariffs", "billing/tariffs/energia_branca", "billing/runs", "invoice"],
)
def test_every_page_of_billing_can_be_used_on_a_phone(calha, page, invoice, path):
    address = f"billing/invoices/{invoice['number']}" if path == "invoice" else path
    open_page(page, f"{calha.address}/{address}")
    assert violations(page) == []
    assert not scrolls_sideways(page)


def test_a_customer_finds_his_invoices_and_his_data(calha, stranger, invoice):
    stranger.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stranger.context.add_cookies([cookie(calha, signed_in(calha, invoice["login"]))])
    stranger.goto(calha.address)
    stranger.get_by_role("main").get_by_role("link", name="My consumption").click()
    own = stranger.get_by_role("region", name="My invoices")
    expect(own).to_contain_text("R$50.00")
    expect(stranger.get_by_text("Connecting…")).to_have_count(0)  # nothing is to come live, so nothing is awaited
    own.get_by_role("button", name="Copy Pix").click()
    expect(own.get_by_role("button", name="Copied")).to_be_visible()
    assert read_code(stranger.evaluate("navigator.clipboard.readText()")).amount == Decimal("50.00")
    running = stranger.get_by_role("region", name="This month so far")
    expect(running).to_contain_text("Expected at the end: R$")
    expect(running).not_to_contain_text("Four times out of five")  # as much each day: there is no range to tell
    assert violations(stranger) == []
    assert not scrolls_sideways(stranger)
    with stranger.expect_download() as downloading:
        stranger.get_by_role("button", name="Download my data").click()
    known = json.loads(Path(downloading.value.path()).read_text())
    assert [one["number"] for one in known["invoices"]] == [invoice["number"]]
    own.get_by_role("link", name=f"Open {invoice['number']}", exact=True).click()
    expect(stranger.get_by_role("img", name="QR code of this invoice's Pix")).to_be_visible()
    expect(stranger.get_by_role("button", name="Cancel invoice")).to_have_count(0)


SOLAR = """
name: solar_meter
title: {pt: Medidor solar, en: Solar meter}
description: {pt: Medidor bidirecional, en: A meter of both directions}
interval_s: 21600
channels:
  - {key: taken, name: {pt: Consumida, en: Taken}, kind: counter, unit: kWh}
  - {key: injected, name: {pt: Injetada, en: Injected}, kind: counter, unit: kWh}
"""


@pytest.fixture
def unread(calha) -> str:
    """A contract with net metering whose consumption was not read in the last month."""
    assert calha.send("PUT", "/api/v1/profiles/solar_meter", SOLAR.encode(), "application/yaml")[0] in (200, 201)
    calha.create_device("sun", "solar_meter")
    ends = (
        {"ts": BEGIN.timestamp(), "values": {"injected": 1000}},
        {"ts": _THIS_MONTH.timestamp(), "values": {"injected": 1500}},
    )
    assert calha.send("POST", "/api/v1/telemetry/sun", list(ends))[0] == 200
    calha.until_stored()
    customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Casa Solar"})[1]
    terms = {"number": "S-1", "customer_id": customer["id"], "device": "sun", "channel": "taken"}
    terms |= {"tariff": "energia_solar_fio_b", "from_day": "2020-01-01", "injected_channel": "injected"}
    status, answer = calha.send("POST", "/api/v1/contracts", terms)
    assert status == 201, answer
    return "S-1"


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_month_without_readings_is_billed_by_a_persons_decision(calha, page, unread):
    administrator(calha)
    open_page(page, f"{calha.address}/billing/runs?month={MONTH}")
    page.get_by_text("What could not be billed, and why").first.click()
    line = page.get_by_role("listitem").filter(has_text=unread).first
    expect(line).to_contain_text("There are no readings in this cycle.")
    line.get_by_role("button", name=f"Preview {unread}").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_role("button", name="Issue invoice")).to_be_disabled()
    form.get_by_role("button", name="Bill it by an estimate").click()
    expect(form).to_contain_text("State what was used")
    field(form, "How to estimate").select_option("As I state it")
    field(form, "Consumption of the cycle").fill("400")
    field(form, "Reason").fill("Read by telephone")
    expect(form).to_contain_text("the consumption is as stated")
    assert violations(page) == []
    keep(page, "estimate-form")
    form.get_by_role("button", name="Issue invoice").click()
    expect(page.get_by_text("Read by telephone")).to_be_visible()
    credits_ = page.get_by_role("region", name="Injected energy")
    expect(credits_).to_contain_text("200 kWh")
    credits_.get_by_text("Credits by cycle (1)").click()
    assert violations(page) == []
    keep(page, "net-metering-invoice")
    page.set_viewport_size(SIZES["phone"])
    assert not scrolls_sideways(page)
    keep(page, "net-metering-invoice-phone")
