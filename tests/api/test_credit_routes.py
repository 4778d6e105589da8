"""Credits that invoices left and days that none charges, over HTTP in the real program."""

import pytest
from test_billing_routes import MONTH, PROFILE, TARIFF, send_month

NEXT = f"{int(MONTH[:4]) + int(MONTH[5:]) // 12}-{int(MONTH[5:]) % 12 + 1:02}"
BEFORE = f"{int(MONTH[:4]) - (MONTH[5:] == '01')}-{(int(MONTH[5:]) + 10) % 12 + 1:02}"
AT = "2026-08-05T10:30:00Z"


def contracted(calha, customer, device, number, **more):
    """A contract for a water meter that counted 10 m³ in the last month."""
    calha.create_device(device, PROFILE)
    meters = calha.get(f"/api/v1/devices/{device}/meters")
    channel = next(one["channel"] for one in meters if one["source"] == "register")
    send_month(calha, channel, 10, device)
    terms = {"number": number, "customer_id": customer, "device": device, "channel": channel}
    status, made = calha.send(
        "POST", "/api/v1/contracts", terms | {"tariff": "credit_water", "from_day": "2020-01-01"} | more
    )
    assert status == 201, made
    return channel


def unbilled(calha):
    found = calha.get("/api/v1/unbilled-days")
    assert found["is_whole"]
    return [one for one in found["cycles"] if one["contract"] == "C-ended"]


@pytest.fixture(scope="module")
def ended(calha):
    """The number of an invoice that left 10.00, of a contract that ended with the last month."""
    text = TARIFF.replace("test_water", "credit_water").replace("PRICE", "5.00")
    assert calha.send("PUT", "/api/v1/tariffs/credit_water", {"text": text})[0] == 200
    customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Dora Paz"})[1]["id"]
    counter = contracted(calha, customer, "credit-1", "C-ended", until_day=f"{NEXT}-01")
    contracted(calha, customer, "credit-2", "C-goes-on")
    estimate = {"method": "stated", "consumption": "9", "reason": "moved in without a reading"}
    estimated = {"contract": "C-ended", "month": BEFORE, "estimate": estimate}
    assert calha.send("POST", "/api/v1/invoices", estimated)[0] == 201
    days = {"from_day": f"{MONTH}-01", "until_day": f"{NEXT}-01", "invoice": None}
    assert unbilled(calha) == [{"contract": "C-ended", "customer_id": customer, "customer": "Dora Paz"} | days]
    number = calha.send("POST", "/api/v1/invoices", {"contract": "C-ended", "month": MONTH})[1]["number"]
    assert unbilled(calha) == []
    assert calha.send("POST", f"/api/v1/invoices/{number}/payment", {"paid_at": AT})[0] == 200
    send_month(calha, counter, 8, "credit-1")
    status, again = calha.send("POST", f"/api/v1/invoices/{number}/reissue", {})
    assert status == 201, again
    return again["items"][1]["number"]


def test_a_credit_of_an_ended_contract_is_paid_out_and_that_is_undone(calha, ended):
    (credit,) = calha.get("/api/v1/open-credits")["credits"]
    assert (credit["number"], credit["amount"], credit["holder"]) == (ended, "10.00", "C-ended")
    assert credit["is_stranded"]
    path = f"/api/v1/invoices/{ended}"
    assert calha.get(path)["credit"] == credit
    status, paid = calha.send("POST", f"{path}/payout", {"paid_at": AT, "reference": "recibo 17"})
    assert (status, paid["paid_at"], paid["is_stranded"]) == (200, AT, False), paid
    assert calha.get("/api/v1/open-credits") == {"credits": [], "is_whole": True}
    status, problem = calha.send("POST", f"{path}/payout", {"paid_at": AT})
    assert (status, problem["reason"]) == (409, "no_open_credit")
    payment = calha.get("/api/v1/payments")["items"][0]
    assert (payment["source"], payment["amount"]) == ("payout", "-10.00")
    assert calha.send("DELETE", f"{path}/payout")[0] == 200
    assert calha.send("DELETE", f"{path}/payout")[0] == 409
    assert calha.get("/api/v1/open-credits")["credits"] == [credit]
    noted = [one["action"] for one in calha.get("/api/v1/audit?limit=20")["items"] if ended in one["target"]]
    assert noted[:2] == ["credit.payout_taken_back", "credit.paid_out"]


def test_a_credit_stays_with_its_customer(calha, ended):
    other = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Caio"})[1]["id"]
    contracted(calha, other, "credit-3", "C-caio")
    path = f"/api/v1/invoices/{ended}/credit"
    status, problem = calha.send("PUT", path, {"contract": "C-caio"})
    assert (status, problem["reason"]) == (422, "not_his_contract")


def test_a_credit_is_used_for_another_contract_of_the_customer(calha, ended):
    path = f"/api/v1/invoices/{ended}/credit"
    assert calha.send("PUT", path, {"contract": "nothing"})[0] == 404
    status, moved = calha.send("PUT", path, {"contract": "C-goes-on"})
    assert (status, moved["holder"], moved["is_stranded"]) == (200, "C-goes-on", False), moved
    preview = calha.get(f"/api/v1/invoices/preview?contract=C-goes-on&month={MONTH}")
    assert preview["bill"]["total"] == "40.00"
    number = calha.send("POST", "/api/v1/invoices", {"contract": "C-goes-on", "month": MONTH})[1]["number"]
    assert calha.get(f"/api/v1/invoices/{ended}")["credit"]["taken_by"] == number
    assert calha.send("PUT", path, {"contract": "C-ended"})[0] == 409
    assert calha.get("/api/v1/open-credits")["credits"] == []
