"""Credits that invoices left, and days that no invoice charges, in a real browser."""

import re

import pytest
from playwright.sync_api import expect
from screens import SIZES, keep
from signing_in import administrator
from steps import field, scrolls_sideways
from test_access import open_page, violations
from test_billing_pages import _THIS_MONTH, BEGIN, MONTH, TARIFF, register, send_month

BEFORE = f"{BEGIN.year - (BEGIN.month == 1)}-{(BEGIN.month + 10) % 12 + 1:02}"


def contracted(calha, customer, device, number, **more):
    register(calha, device)
    terms = {"number": number, "customer_id": customer, "device": device, "channel": "total"}
    terms |= {"tariff": "credit_water", "from_day": "2020-01-01"}
    status, answer = calha.send("POST", "/api/v1/contracts", terms | more)
    assert status == 201, answer


@pytest.fixture(scope="module")
def moved_out(calha) -> str:
    """An invoice that left 10.00, of the ended contract of a customer with another one, of which a month is not billed."""
    administrator(calha)
    text = TARIFF.replace("KEY", "credit_water").replace("PRICE", "5.00")
    assert calha.send("PUT", "/api/v1/tariffs/credit_water", {"text": text})[0] == 200
    customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Dora Paz"})[1]["id"]
    contracted(calha, customer, "old-home", "C-old", until_day=f"{_THIS_MONTH:%Y-%m}-01")
    contracted(calha, customer, "left-out", "C-left-out", until_day=f"{_THIS_MONTH:%Y-%m}-01")
    contracted(calha, customer, "new-home", "C-new")
    estimate = {"method": "stated", "consumption": "9", "reason": "read by telephone"}
    estimated = {"contract": "C-left-out", "month": BEFORE, "estimate": estimate}
    assert calha.send("POST", "/api/v1/invoices", estimated)[0] == 201
    number = calha.send("POST", "/api/v1/invoices", {"contract": "C-old", "month": MONTH})[1]["number"]
    paid = {"paid_at": f"{MONTH}-28T12:00:00Z"}
    assert calha.send("POST", f"/api/v1/invoices/{number}/payment", paid)[0] == 200
    send_month(calha, "old-home", 8)
    return calha.send("POST", f"/api/v1/invoices/{number}/reissue", {})[1]["items"][1]["number"]


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_a_credit_of_an_ended_contract_is_paid_out_undone_and_used_elsewhere(calha, page, moved_out):
    open_page(page, f"{calha.address}/billing/payments")
    credits_ = page.get_by_role("region", name="Open credits")
    expect(credits_).to_contain_text("Contract C-old has no invoice to come that would take R$10.00.")
    expect(credits_).to_contain_text("needs a decision")
    assert violations(page) == []
    keep(page, "open-credits")
    page.set_viewport_size(SIZES["phone"])
    assert not scrolls_sideways(page)
    keep(page, "open-credits-phone")
    page.set_viewport_size(SIZES["desktop"])
    credits_.get_by_role("button", name=f"Enter a payout {moved_out}").click()
    form = page.get_by_role("dialog")
    field(form, "Paid out on").fill(f"{MONTH}-28")
    field(form, "Receipt").fill("Pix E17")
    assert violations(page) == []
    keep(page, "payout-form")
    form.get_by_role("button", name="Save").click()
    expect(credits_).to_contain_text("No customer has a credit.")
    expect(page.get_by_role("region", name="Payments received")).to_contain_text("credit paid out")

    open_page(page, f"{calha.address}/billing/invoices/{moved_out}")
    credit = page.get_by_role("status").filter(has_text="Credit of the customer")
    expect(credit).to_contain_text("R$10.00 were paid out on")
    credit.get_by_role("button", name="Undo payout").click()
    credit.get_by_role("button", name=f"Use for another contract {moved_out}").click()
    form = page.get_by_role("dialog")
    field(form, "Contract").select_option("C-new · new-home")
    keep(page, "credit-move-form")
    form.get_by_role("button", name="Use for another contract").click()
    expect(credit).to_contain_text("R$10.00 come off the next invoice of contract C-new.")
    assert violations(page) == []
    keep(page, "credit-on-invoice")


@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_days_that_no_invoice_charges_are_billed_from_the_run_page(calha, page, moved_out):
    open_page(page, f"{calha.address}/billing/runs?month={BEFORE}")
    days = page.get_by_role("region", name="Days that no invoice charges")
    expect(days).to_contain_text("C-left-out Dora Paz")
    assert violations(page) == []
    keep(page, "unbilled-days")
    page.set_viewport_size(SIZES["phone"])
    assert not scrolls_sideways(page)
    keep(page, "unbilled-days-phone")
    days.get_by_role("button", name="Preview C-left-out").click()
    form = page.get_by_role("dialog")
    expect(form).to_contain_text("R$50.00")
    form.get_by_role("button", name="Issue invoice").click()
    expect(page).to_have_url(re.compile("/billing/invoices/"))
    open_page(page, f"{calha.address}/billing/runs?month={BEFORE}")
    expect(page.get_by_role("status", name="Preview of the run")).to_be_visible()
    expect(days).to_have_count(0)
