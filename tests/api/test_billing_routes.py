"""Billing over HTTP in the real program: from a reading to an invoice, its page, its payment, and issuing it again."""

import io
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pypdf
import pytest

from calha.domain.pix import read_code
from persons import Person

TARIFF = """
key: test_water
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components: [{kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: PRICE, is_taxed: false}]
"""
PROFILE = "water_meter"


def month_before(day):
    return day.replace(day=1) - timedelta(days=1)


MONTH = f"{month_before(datetime.now(UTC) - timedelta(hours=3)):%Y-%m}"  # the last one that is over, in São Paulo

RUNNING = f"{datetime.now(UTC) - timedelta(hours=3):%Y-%m}"


def write_tariff(calha, price, **more):
    return calha.send("PUT", "/api/v1/tariffs/test_water", {"text": TARIFF.replace("PRICE", price), **more})


@pytest.fixture(scope="module")
def counter(calha):
    """The channel of a water meter that counts."""
    calha.create_device("bill-1", PROFILE)
    meters = calha.get("/api/v1/devices/bill-1/meters")
    return next(one["channel"] for one in meters if one["source"] == "register")


@pytest.fixture(scope="module")
def contract(calha, counter):
    status, customer = calha.send(
        "POST", "/api/v1/customers", {"site_id": 1, "name": "Ana Lima", "document": "12345678909"}
    )
    assert status == 201, customer
    assert write_tariff(calha, "5.00")[0] == 200
    issuer = {"name": "Água Exemplo", "city": "Recife", "pix_key": "11222333000181", "company": "0138"}
    assert calha.send("PUT", "/api/v1/sites/1/issuer", issuer)[0] == 200
    new = {
        "number": "C-1",
        "customer_id": customer["id"],
        "device": "bill-1",
        "channel": counter,
        "tariff": "test_water",
        "from_day": "2020-01-01",
    }
    status, answer = calha.send("POST", "/api/v1/contracts", new)
    assert status == 201, answer
    send_month(calha, counter, 10)
    return "C-1"


def send_month(calha, counter, used, device="bill-1"):
    """Registers in litres every six hours over the last whole month, all corrected when sent again. used: m³."""
    begin = datetime.fromisoformat(f"{MONTH}-01T03:00:00+00:00")
    end = (begin + timedelta(days=32)).replace(day=1)
    steps = int((end - begin) / timedelta(hours=6))
    records = [
        {
            "ts": (begin + timedelta(hours=6 * n)).isoformat(),
            "values": {counter: round(100_000 + 1_000 * used * n / steps, 1)},
        }
        for n in range(steps + 1)
    ]
    status, answer = calha.send("POST", f"/api/v1/telemetry/{device}", records)
    assert status == 200, answer
    calha.until_stored()


def test_a_month_is_previewed_issued_paid_and_verified(calha, contract):
    preview = calha.get(f"/api/v1/invoices/preview?contract=C-1&month={MONTH}")
    assert (preview["problem"], preview["bill"]["total"]) == (None, "50.00")
    status, invoice = calha.send("POST", "/api/v1/invoices", {"contract": "C-1", "month": MONTH})
    assert status == 201, invoice
    assert (invoice["total"], invoice["state"], invoice["customer"]) == ("50.00", "issued", "Ana Lima")
    number = invoice["number"]
    assert calha.send("POST", "/api/v1/invoices", {"contract": "C-1", "month": MONTH})[0] == 409
    whole = calha.get(f"/api/v1/invoices/{number}")
    pix = read_code(whole["pix"])
    assert (pix.amount, pix.key) == (Decimal("50.00"), "11222333000181")
    assert len(whole["barcode"]) == 48
    assert [one["value"] for one in whole["readings"]] == ["100000", "110000"]
    pages = pypdf.PdfReader(io.BytesIO(calha.get(f"/api/v1/invoices/{number}/pdf", "application/pdf"))).pages
    assert "R$ 50,00" in pages[0].extract_text().replace("\u00a0", " ")
    assert calha.get(f"/api/v1/invoices/{number}/verification") == {"number": number, "holds": True, "faults": []}
    assert [one["number"] for one in calha.get(f"/api/v1/invoices?month={MONTH}&contract=C-1")["items"]] == [number]

    statement = f"Data;Histórico;Documento;Valor\n05/08/2026;PIX {pix.txid};E1;50,00\n05/08/2026;x;E2;abc\n"
    receipt = calha.send("POST", "/api/v1/payments/statement", {"text": statement})[1]
    assert (receipt["matched"], receipt["unreadable"]) == (1, ["line 3: 'abc' is not an amount"])
    assert calha.get(f"/api/v1/invoices/{number}")["state"] == "paid"
    notice = {"pix": [{"endToEndId": "E9", "txid": pix.txid, "valor": "50.00", "horario": "2026-08-05T10:30:00Z"}]}
    assert calha.send("POST", "/api/v1/payments/pix", notice)[1]["surplus"] == 1
    assert [one["external_id"] for one in calha.get("/api/v1/payments")["items"]][:2] == ["E9", "E1"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pix_key": "11.222.333/0001-81"}, "not_a_pix_key"),
        ({"pix_key": "(81) 99999-0000"}, "not_a_pix_key"),
        ({"pix_key": "Contas@example.org"}, "not_a_pix_key"),
        ({"name": "水道"}, "not_in_a_pix"),
    ],
)
def test_an_issuer_whose_invoices_would_have_no_code_is_refused(calha, contract, change, reason):
    known = calha.get("/api/v1/sites/1/issuer")
    body = {name: value for name, value in known.items() if name not in ("site_id", "version")}
    status, problem = calha.send("PUT", "/api/v1/sites/1/issuer", body | change)
    assert (status, problem.get("reason")) == (422, reason), problem
    assert calha.send("PUT", "/api/v1/sites/1/issuer", body | change | {"pix_key": ""})[0] == 200, "there is no code"
    assert calha.send("PUT", "/api/v1/sites/1/issuer", body)[0] == 200


def test_what_a_change_would_touch_is_told_before_it_is_made(calha, contract, counter):
    def touched(path, body):
        status, answer = calha.send("POST", f"/api/v1/{path}/invoices", body)
        assert (status, answer.get("is_whole")) == (200, True), answer
        return [(one["contract"], one["issued"], one["then"], one["difference"]) for one in answer["invoices"]]

    text = TARIFF.replace("PRICE", "6.00")
    assert touched("tariffs/test_water", {"text": text}) == [("C-1", "50.00", "60.00", "10.00")]
    hour = {"channel": counter, "from": f"{MONTH}-05T00:00", "to": f"{MONTH}-05T01:00"}
    edit = hour | {"method": "manual", "total": "2000", "unit": "L"}
    ((_, issued, then, difference),) = touched("devices/bill-1/edits", edit)
    assert Decimal("59.90") < Decimal(then) < Decimal("60.00")
    assert Decimal(difference) == Decimal(then) - Decimal(issued)
    begin = datetime.fromisoformat(f"{MONTH}-01T03:00:00+00:00")
    length = (begin + timedelta(days=32)).replace(day=1) - begin
    on_the_line = 100_000 + 10_000 * (timedelta(days=4, minutes=30) / length)
    reading = {"channel": counter, "at": f"{MONTH}-05T00:30", "value": f"{on_the_line:.1f}", "note": ""}
    assert touched("devices/bill-1/manual-readings", reading) == []
    verdict = {"channel": counter, "at": f"{MONTH}-05T06:00", "verdict": "glitch"}
    assert touched("devices/bill-1/register-decisions", verdict) == []

    status, made = calha.send("POST", "/api/v1/devices/bill-1/manual-readings", reading)
    assert status == 201, made
    own = f"/api/v1/devices/bill-1/manual-readings/{made['id']}"
    assert calha.get(f"{own}/invoices?channel={counter}") == {"invoices": [], "is_whole": True}
    assert calha.send("DELETE", f"{own}?channel={counter}")[0] == 204
    assert calha.send("GET", f"/api/v1/devices/bill-1/register-decisions/99/invoices?channel={counter}")[0] == 404

    status, made = calha.send("POST", "/api/v1/devices/bill-1/edits", edit | {"reason": "x"})
    assert status == 201, made
    undone = calha.get(f"/api/v1/devices/bill-1/edits/{made['id']}/invoices?channel={counter}")
    assert [(one["then"], one["difference"]) for one in undone["invoices"]] == [("50.00", "0.00")]
    assert calha.send("DELETE", f"/api/v1/devices/bill-1/edits/{made['id']}?channel={counter}")[0] == 204


def test_another_multiplier_names_the_invoices_that_it_contradicts(calha, contract, counter):
    """It holds from a day on; what was billed before that stays."""
    own = f"/api/v1/devices/bill-1/meters/{counter}"
    (issued,) = calha.get(f"/api/v1/invoices?month={MONTH}&contract=C-1")["items"]

    def touched(body):
        status, answer = calha.send("POST", f"{own}/invoices", body)
        assert status == 200, answer
        return [(one["number"], one["issued"], Decimal(one["difference"])) for one in answer["invoices"]]

    assert touched({"multiplier": "10"}) == [(issued["number"], "50.00", Decimal("450.00"))]
    (half,) = touched({"multiplier": "10", "valid_from": f"{MONTH}-15T00:00"})
    assert Decimal("200.00") < half[2] < Decimal("300.00")
    assert touched({"multiplier": "10", "valid_from": f"{RUNNING}-01T00:00"}) == []
    assert calha.send("POST", f"{own}/invoices", {"multiplier": "0.0000001"})[0] == 422

    status, said = calha.send("PUT", own, {"multiplier": "10"})
    assert status == 200, said
    differences = f"/api/v1/invoices/differences?month={MONTH}&contract=C-1"
    assert [one["difference"] for one in calha.get(differences)["items"]] == ["450.00"]
    removed = calha.get(f"{own}/{said['id']}/invoices")
    assert [(one["then"], one["difference"]) for one in removed["invoices"]] == [("50.00", "0.00")]
    assert calha.send("GET", f"{own}/999/invoices")[0] == 404
    assert calha.send("DELETE", f"{own}/{said['id']}")[0] == 204
    assert calha.get(differences)["items"] == []


def test_a_corrected_reading_corrects_the_bill_when_a_person_says_so(calha, contract, counter):
    path = f"/api/v1/invoices/differences?month={MONTH}&contract=C-1"
    assert calha.get(path)["items"] == []
    send_month(calha, counter, 8)
    (difference,) = calha.get(path)["items"]
    assert (difference["issued"], difference["now"], difference["difference"]) == ("50.00", "40.00", "-10.00")
    status, answer = calha.send("POST", f"/api/v1/invoices/{difference['number']}/reissue")
    assert status == 201, answer
    note, again = answer["items"]
    assert (note["kind"], note["total"]) == ("credit_note", "-50.00")
    assert (again["total"], again["state"]) == ("-10.00", "paid"), "50.00 were paid"
    assert calha.get(f"/api/v1/invoices/{note['number']}")["credits"] == difference["number"]
    assert calha.send("POST", f"/api/v1/invoices/{again['number']}/reissue")[0] == 409
    send_month(calha, counter, 12)
    _, more = calha.send("POST", f"/api/v1/invoices/{again['number']}/reissue")[1]["items"]
    assert (more["total"], more["state"]) == ("10.00", "issued")
    lines = calha.get(f"/api/v1/invoices/{more['number']}")["bill"]["lines"]
    assert [(one["key"], one["amount"]) for one in lines] == [("water", "60.00"), ("paid_before", "-50.00")]
    status, refused = calha.send("POST", f"/api/v1/invoices/{more['number']}/cancellation")
    assert (status, "can only be issued again" in refused["detail"]) == (409, True)


def test_a_run_bills_what_is_missing(calha, contract, counter):
    calha.create_device("bill-2", PROFILE)
    known = calha.get("/api/v1/contracts/C-1")
    same = {name: known[name] for name in ("customer_id", "channel", "tariff", "from_day")}
    assert calha.send("POST", "/api/v1/contracts", same | {"number": "R-1", "device": "bill-2"})[0] == 201
    send_month(calha, counter, 8, "bill-2")
    forecast = calha.get(f"/api/v1/billing-runs/preview?month={MONTH}&site_id=1")
    assert (forecast["contracts"], forecast["ready"], forecast["total"], forecast["problems"]) == (2, 1, "40.00", [])
    running = calha.get(f"/api/v1/billing-runs/preview?month={RUNNING}")
    assert running["ready"] == 0
    assert "it is not over" in running["problems"][0][1]
    status, run = calha.send("POST", "/api/v1/billing-runs", {"month": MONTH})
    assert status == 202, run
    deadline = time.monotonic() + 60
    while (run := calha.get(f"/api/v1/billing-runs/{run['id']}"))["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (run["state"], run["issued"]) == ("finished", 1)
    assert not {"C-1", "R-1"} & {
        number for number, _ in run["problems"]
    }  # contracts of other tests have nothing to bill
    assert calha.get("/api/v1/billing-runs")["items"][0] == run


def test_an_invoice_that_was_paid_in_cash_is_marked_once(calha, contract):
    number = calha.get(f"/api/v1/invoices?month={MONTH}&state=issued")["items"][0]["number"]
    paid = {"paid_at": "2026-08-05T10:30:00Z", "reference": "recibo 17"}
    assert calha.send("POST", f"/api/v1/invoices/{number}/payment", {"paid_at": "2026-08-05T10:30:00"})[0] == 422
    status, answer = calha.send("POST", f"/api/v1/invoices/{number}/payment", paid)
    assert (status, answer["state"]) == (200, "paid"), answer
    assert calha.send("POST", f"/api/v1/invoices/{number}/payment", paid)[0] == 409
    assert calha.get("/api/v1/payments")["items"][0]["source"] == "hand"


def test_all_invoices_are_verified_from_the_command_line(calha, contract):
    command = [sys.executable, "-m", "calha", "invoice", "verify", "--data", str(calha.folder), "--month", MONTH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "6 invoices computed anew, 6 the same to the last byte" in done.stdout


def test_tariffs_are_kept_by_revision(calha, contract):
    assert {"agua_fixa_copasa", "energia_branca"} <= {one["key"] for one in calha.get("/api/v1/tariffs")["items"]}
    whole = calha.get("/api/v1/tariffs/test_water")
    assert (whole["contracts"], whole["content"]["unit"]) == (2, "m³")
    status, problem = write_tariff(calha, "abc")
    assert status == 422
    assert "$.versions[0].components[0].price" in problem["detail"]
    assert write_tariff(calha, "6.00", after_revision=0)[0] == 409
    assert write_tariff(calha, "6.00", after_revision=whole["revision"])[1]["revision"] == whole["revision"] + 1
    assert len(calha.get("/api/v1/tariffs/test_water/revisions")["items"]) == whole["revision"] + 1
    assert calha.send("PUT", "/api/v1/tariffs/other", {"text": TARIFF.replace("PRICE", "1")})[0] == 422


def test_a_tariff_is_checked_and_tried_before_it_is_written(calha, contract):
    path = "/api/v1/tariffs/test_water"
    asked = {"from_day": f"{MONTH}-01", "until_day": f"{MONTH}-28", "quantities": {"consumption": "12.5"}}
    before = calha.get(path)
    status, found = calha.send("POST", f"{path}/calculation", asked | {"text": TARIFF.replace("PRICE", "4.00")})
    assert (status, found["bill"]["total"], found["quantities"]) == (200, "50.00", ["consumption"]), found
    status, problem = calha.send("POST", f"{path}/calculation", asked | {"text": TARIFF.replace("PRICE", "abc")})
    assert (status, problem["about"]) == (422, {"line": "7"})
    assert calha.send("POST", f"{path}/calculation", asked | {"text": TARIFF, "until_day": "2019-01-01"})[0] == 422
    assert calha.get(path) == before
    assert calha.send("PUT", path, {"text": before["text"]})[1]["revision"] == before["revision"]


def test_contracts_and_customers_are_changed_and_what_does_not_fit_is_refused(calha, contract, counter):
    customer = calha.get("/api/v1/customers?search=lima")["items"][0]
    assert calha.send("PATCH", f"/api/v1/customers/{customer['id']}", {"city": "Olinda"})[1]["city"] == "Olinda"
    assert calha.send("PATCH", "/api/v1/contracts/C-1", {"dwellings": 2})[1]["dwellings"] == 2
    new = {
        "number": "C-2",
        "customer_id": customer["id"],
        "device": "bill-1",
        "channel": counter,
        "tariff": "test_water",
        "from_day": "2021-01-01",
    }
    assert calha.send("POST", "/api/v1/contracts", new)[0] == 409
    assert calha.send("POST", "/api/v1/contracts", new | {"channel": "nothing"})[0] == 404
    assert calha.send("POST", "/api/v1/contracts", new | {"tariff": "nothing"})[0] == 404
    assert calha.send("POST", "/api/v1/contracts", new | {"device": "nothing"})[0] == 404


def test_a_customer_without_an_account_gets_his_data_and_is_forgotten(calha, contract):
    known = {"site_id": 1, "name": "Otávio Brum", "document": "98765432100", "email": "otavio@example.org"}
    customer = calha.send("POST", "/api/v1/customers", known)[1]
    path, counter = f"/api/v1/customers/{customer['id']}", calha.get("/api/v1/contracts/C-1")["channel"]
    calha.create_device("bill-forgotten", PROFILE)
    terms = {"customer_id": customer["id"], "device": "bill-forgotten", "channel": counter, "tariff": "test_water"}
    made = {"number": "C-F", "from_day": "2020-01-01", **terms}
    assert calha.send("POST", "/api/v1/contracts", made)[0] == 201
    exported = calha.get(f"{path}/export")
    assert {name: exported["customers"][0][name] for name in known} == known
    assert [one["number"] for one in exported["contracts"]] == ["C-F"]
    assert [one["action"] for one in exported["audit"]] == ["customer.added"]
    refused = calha.send("DELETE", path)
    assert (refused[0], refused[1]["reason"]) == (409, "running_contract")
    assert calha.send("PATCH", "/api/v1/contracts/C-F", {"until_day": "2021-01-01"})[0] == 200
    assert calha.send("DELETE", path)[0] == 204
    left = calha.get(path)
    assert (left["name"], left["document"], left["email"]) == (f"#{customer['id']}", "", "")
    assert calha.get("/api/v1/customers?search=Brum")["items"] == []
    actions = [one["action"] for one in calha.get(f"{path}/export")["audit"]]
    assert actions == ["customer.added", "customer.exported", "customer.anonymised"]


def test_a_customer_with_an_account_is_forgotten_with_the_person(calha, contract):
    person = calha.send("POST", "/api/v1/people", {"name": "Íris", "user_name": "iris.paga"})[1]["person"]["id"]
    known = {"site_id": 1, "name": "Íris", "person_id": person}
    customer = calha.send("POST", "/api/v1/customers", known)[1]["id"]
    refused = calha.send("DELETE", f"/api/v1/customers/{customer}")
    assert (refused[0], refused[1]["reason"]) == (409, "has_account")
    assert calha.send("DELETE", f"/api/v1/people/{person}")[0] == 204
    assert calha.get(f"/api/v1/customers/{customer}")["name"] == f"#{customer}"


def test_a_customer_sees_his_own_invoices_and_nobody_elses(calha, contract):
    person = Person(calha, "ana")
    customer = calha.get("/api/v1/customers?search=lima")["items"][0]
    number = calha.get(f"/api/v1/invoices?month={MONTH}&state=paid")["items"][0]["number"]
    assert person.send("GET", f"/api/v1/invoices/{number}")[0] == 404
    assert calha.send("PATCH", f"/api/v1/customers/{customer['id']}", {"person_id": person.id})[0] == 200
    assert number in [one["number"] for one in person.get("/api/v1/account/invoices")["items"]]
    assert person.get(f"/api/v1/invoices/{number}")["number"] == number
    known = person.get("/api/v1/account/export")
    assert number in [one["number"] for one in known["invoices"]]
    assert known["payments"], "what he has paid"
    assert person.send("GET", "/api/v1/invoices")[0] == 403
    for path in ("verification", "cancellation", "reissue", "payment"):
        method = "GET" if path == "verification" else "POST"
        body = {"paid_at": "2026-08-05T10:30:00Z"} if path == "payment" else None
        assert person.send(method, f"/api/v1/invoices/{number}/{path}", body)[0] == 403


# -- a payment provider's own call, with the word in its address

HOOK_WORD = "3f9a" * 12  # as conftest gives it
HOOK_TARIFF = """
key: hook_water
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components: [{kind: fixed, key: base, name: {pt: Fixo, en: Fixed}, amount: 50.00, proration: none}]
"""


@pytest.fixture(scope="module")
def hooked(calha, contract):
    """Of last month, at 50.00."""
    calha.create_device("hook-1", "water_meter")
    channel = next(one["channel"] for one in calha.get("/api/v1/devices/hook-1/meters") if one["source"] == "register")
    _, customer = calha.send("POST", "/api/v1/customers", {"site_id": 1, "name": "Rui Reis"})
    assert calha.send("PUT", "/api/v1/tariffs/hook_water", {"text": HOOK_TARIFF})[0] == 200
    terms = {"device": "hook-1", "channel": channel, "tariff": "hook_water", "from_day": "2020-01-01"}
    assert calha.send("POST", "/api/v1/contracts", {"number": "H-1", "customer_id": customer["id"]} | terms)[0] == 201
    stated = {"method": "stated", "consumption": "10", "reason": "read by telephone"}
    status, issued = calha.send("POST", "/api/v1/invoices", {"contract": "H-1", "month": MONTH, "estimate": stated})
    assert status == 201, issued
    assert issued["is_estimated"]
    return issued["number"]


def call(calha, number, word=HOOK_WORD, path="", **more):
    txid = f"FAT{number}".replace("-", "")
    one = {
        "endToEndId": "EHOOK1",
        "txid": txid,
        "valor": "50.00",
        "horario": "2026-08-05T10:30:00Z",
        "chave": "x",
    } | more
    return calha.send("POST", f"/api/v1/webhooks/pix{path}?hmac={word}", {"pix": [one], "evento": "x"})


def test_only_who_knows_the_word_is_heard(calha, hooked):
    for word in ("", "x", HOOK_WORD[:-1], HOOK_WORD + "0"):
        assert call(calha, hooked, word)[0] == 404
    assert calha.get(f"/api/v1/invoices/{hooked}")["state"] != "paid"


def test_the_call_that_tries_the_address_is_answered(calha, hooked):
    status, receipt = calha.send("POST", f"/api/v1/webhooks/pix/pix?hmac={HOOK_WORD}", {"evento": "teste_webhook"})
    assert (status, receipt["matched"]) == (200, 0)


def test_a_pix_pays_its_invoice_once_whoever_repeats_it(calha, hooked):
    status, short = call(calha, hooked, endToEndId="EHOOK0", valor="49.99")
    assert (status, short["wrong_amount"]) == (200, 1)
    assert calha.get(f"/api/v1/invoices/{hooked}")["state"] != "paid"
    assert call(calha, hooked, path="/pix")[1]["matched"] == 1
    paid = calha.get(f"/api/v1/invoices/{hooked}")
    assert paid["state"] == "paid"
    assert call(calha, hooked)[1]["matched"] == 1, "the same Pix again is told as the first time"
    external = [one["external_id"] for one in calha.get("/api/v1/payments")["items"]]
    assert external.count("EHOOK1") == 1
    assert calha.get(f"/api/v1/invoices/{hooked}") == paid
