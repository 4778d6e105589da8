"""From readings in the store to invoices: previews, issue, corrections, settlement of estimates, runs."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import numpy as np
import pytest

from calha.domain.access import Tree
from calha.domain.errors import Conflict
from calha.domain.invoices import unseal
from calha.domain.quality import Quality
from calha.domain.tariff_reader import read_tariff
from calha.domain.tariffs import UsualDays
from calha.domain.times import DAY_US, HOUR_US, to_micros
from calha.metering.billing_run import BillingRuns
from calha.metering.books import Billing
from calha.metering.cycles import Cycle, cycle_in
from calha.metering.estimating import Decision
from calha.metering.invoicing import cancel, differences, issue, issue_again, verified
from calha.metering.previews import previews
from calha.store.billing import Credits, Customers, Invoices, Runs, Tariffs

D = Decimal
JULY = to_micros(datetime(2026, 7, 1, 3, tzinfo=UTC))  # local midnight
AUGUST, SEPTEMBER = JULY + 31 * DAY_US, JULY + 62 * DAY_US
TERMS = {
    "channel": "total",
    "tariff": "preco_por_unidade_agua",
    "from_day": date(2026, 1, 1),
    "until_day": None,
    "dwellings": 1,
    "contracted": D(0),
    "cycle_day": 1,
    "due_days": 10,
}


@pytest.fixture
def today():
    return [date(2026, 9, 15)]


@pytest.fixture
def billing(plant, today):
    engine = plant.registry.engine
    tariffs = Tariffs(engine)
    for key in ("preco_por_unidade_agua", "agua_fixa_copasa", "preco_por_unidade_energia"):
        tariffs.save(read_tariff((files("calha.tariffs") / f"{key}.yaml").read_text()), "test")
    tree = Tree({site.id: site.parent_id for site in plant.registry.sites()})
    return Billing(
        Customers(engine),
        tariffs,
        Invoices(engine),
        Credits(engine),
        plant.meters,
        plant.counting,
        lambda: tree,
        lambda: today[0],
    )


@pytest.fixture
def contract(plant, billing):
    return contracted(plant, billing, "m1")


def contracted(plant, billing, device, **terms):
    plant.device(device, 3600)
    customer = billing.customers.add(plant.registry.sites()[0].id, f"Customer of {device}")
    return billing.customers.add_contract(f"C-{device}", customer.id, device, **TERMS | terms)


def hourly(plant, from_at, until_at, start, per_hour=0.01, device="m1"):
    at = np.arange(from_at, until_at + 1, HOUR_US, dtype=np.int64)
    plant.send(at, np.round(start + per_hour * np.arange(len(at)), 3), device)


def test_a_cycle_begins_on_its_day_and_ends_with_the_contract(contract):
    assert cycle_in(contract, "2026-07") == Cycle(date(2026, 7, 1), date(2026, 8, 1))
    late = replace(contract, cycle_day=31)
    assert cycle_in(late, "2026-02") == Cycle(date(2026, 2, 28), date(2026, 3, 31))
    assert cycle_in(replace(contract, from_day=date(2026, 7, 10)), "2026-07").from_ == date(2026, 7, 10)
    assert cycle_in(replace(contract, until_day=date(2026, 7, 20)), "2026-07").until == date(2026, 7, 20)
    assert cycle_in(replace(contract, from_day=date(2026, 8, 1)), "2026-07") is None


def test_days_between_readings_beyond_the_usual_are_pointed_out_and_billed(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    (whole,) = previews(billing, [contract], "2026-07")
    assert (whole.days, whole.is_of_unusual_length) == (31, False)
    first = replace(contract, from_day=date(2026, 7, 10))
    (short,) = previews(billing, [first], "2026-07")
    assert (short.days, short.is_of_unusual_length, short.problem) == (22, True, None)
    other = contracted(plant, billing, "m2")  # read by hand on 26 June and in the last hour of July
    plant.send([JULY - 5 * DAY_US, AUGUST - HOUR_US], [100, 107.5], "m2")
    found = BillingRuns(billing, Runs(plant.registry.engine)).preview("2026-07", None)
    assert (found.ready, found.problems, found.unusual) == (2, [], [(other.number, 36)])


@pytest.mark.parametrize(("days", "is_usual"), [(26, False), (27, True), (30, True), (33, True), (34, False)])
def test_between_the_readings_of_a_cycle_lie_27_to_33_days(days, is_usual):
    assert (days in UsualDays()) is is_usual
    assert days in UsualDays(least=15, most=47), "another tariff may say otherwise"


def test_what_was_counted_becomes_an_invoice_that_can_be_verified(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    company = plant.registry.sites()[0].id
    fields = dict.fromkeys(("document", "address", "city", "email", "pix_key", "company"), "")
    billing.customers.set_issuer(company, name="Água Exemplo", **fields)
    (preview,) = previews(billing, [contract], "2026-07")
    assert preview.problem is None
    assert preview.inputs.issuer.name == "Água Exemplo"
    assert preview.inputs.metered[0].quantities["consumption"] == D("7.44")
    opening, closing = preview.inputs.opening, preview.inputs.closing
    assert (opening.at, opening.value, opening.unit, opening.quality) == (JULY, D(100), "m³", "good")
    assert (closing.at, closing.value) == (AUGUST, D("107.44"))
    assert preview.total == D("37.20")
    (row,) = issue(billing, [preview])
    assert (row.number, row.total, row.quantity, row.is_estimated) == ("2026-000001", D("37.20"), D("7.44"), False)
    assert verified(billing, row) == []
    assert list(differences(billing, [row])) == []
    with pytest.raises(Conflict, match="billed already"):
        issue(billing, [preview])


def test_a_corrected_reading_shows_what_it_would_change_and_then_corrects_the_bill(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    plant.send([AUGUST], [105.44])  # the last register was really two lower
    plant.send([AUGUST - HOUR_US * hour for hour in range(1, 300)], [105.44] * 299)
    (difference,) = differences(billing, [row])
    assert difference.amount == D("-10.00")
    assert billing.invoices.get(row.number).total == D("37.20"), "nothing changes by itself"
    note, again = issue_again(billing, row.number)
    assert (note.kind, note.total, again.total) == ("credit_note", D("-37.20"), D("27.20"))
    assert billing.invoices.get(row.number).state == "replaced"
    assert verified(billing, note) == verified(billing, again) == verified(billing, row) == []
    with pytest.raises(Conflict, match="would be the same again"):
        issue_again(billing, again.number)


PAID_AT = datetime(2026, 9, 20, 12, tzinfo=UTC)


def lowered(plant, value, hours):
    """The register of July's last hours was really lower."""
    plant.send([AUGUST - HOUR_US * hour for hour in range(hours)], [value] * hours)


def pay(billing, row):
    billing.invoices.receive(f"of {row.number}", "pix", row.txid, row.total, PAID_AT)
    return billing.invoices.get(row.number)


def adjusted(inputs):
    return [(one.key, one.invoice, one.amount) for one in inputs.adjustments]


def sealed(billing, row):
    return adjusted(unseal(billing.invoices.content(row.number)).inputs)


def test_what_was_paid_is_not_asked_for_again_when_an_invoice_becomes_more(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    lowered(plant, 105.44, 300)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    pay(billing, row)
    hourly(plant, JULY, AUGUST, 100)
    (difference,) = differences(billing, [row])
    assert difference.amount == D("10.00")
    note, again = issue_again(billing, row.number)
    assert (note.total, again.total, again.state) == (D("-27.20"), D("10.00"), "issued")
    assert sealed(billing, again) == [("paid_before", row.number, D("-27.20"))]
    old = billing.invoices.get(row.number)
    assert (old.state, old.paid_at) == ("replaced", PAID_AT), "when it was paid is known for ever"
    assert verified(billing, again) == []
    assert list(differences(billing, [again])) == [], "what was paid makes no difference"
    with pytest.raises(Conflict, match="can only be issued again"):
        cancel(billing, again.number)
    lowered(plant, 106.44, 200)
    _, third = issue_again(billing, again.number)
    assert (third.total, sealed(billing, third)) == (D("5.00"), [("paid_before", row.number, D("-27.20"))])
    assert pay(billing, third).state == "paid"


def test_what_was_paid_too_much_is_taken_off_the_next_invoice_once(plant, billing, contract, today):
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    pay(billing, row)
    lowered(plant, 105.44, 300)
    _, july = issue_again(billing, row.number)
    assert (july.total, july.state, july.paid_at) == (D("-10.00"), "paid", None), "nothing is left to pay"
    hourly(plant, AUGUST, SEPTEMBER, 105.44)
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    assert sealed(billing, august) == [("credit", july.number, D("-10.00"))]
    assert list(differences(billing, [july])) == []
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * DAY_US, 112.88)
    today[0] = date(2026, 10, 2)
    (september,) = issue(billing, list(previews(billing, [contract], "2026-09")))
    assert sealed(billing, september) == []
    assert list(differences(billing, [august, september])) == []
    plant.send([JULY], [98.0])  # it began lower, too
    _, again = issue_again(billing, july.number)
    assert sealed(billing, again) == [
        ("paid_before", row.number, D("-37.20")),
        ("paid_before", july.number, D("10.00")),
    ]
    assert (again.total, again.state) == (D("10.00"), "issued"), "what was credited is due"
    assert list(differences(billing, [august, september])) == []


def test_payments_to_which_a_bank_gave_one_number_each_pay_their_invoice(plant, billing, contract):
    other = contracted(plant, billing, "m2")
    for device in ("m1", "m2"):
        hourly(plant, JULY, AUGUST, 100, device=device)
    rows = issue(billing, list(previews(billing, [contract, other], "2026-07")))
    for _ in range(2):  # the same statement again changes nothing
        for place, row in enumerate(rows):
            billing.invoices.receive("0", "statement", row.txid, row.total, PAID_AT, row_id=f"line {place}")
    assert [billing.invoices.get(row.number).state for row in rows] == ["paid", "paid"]
    assert [(one.external_id, one.state) for one in billing.invoices.payments()] == [
        ("line 1", "matched"),
        ("0", "matched"),
    ]


def test_a_payment_that_a_statement_could_not_name_is_matched_when_the_provider_tells_its_invoice(
    plant, billing, contract
):
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    unnamed = billing.invoices.receive("E9", "statement", "PIX RECEBIDO", row.total, PAID_AT)
    assert billing.invoices.receive("E9", "pix", "FAT9", row.total, PAID_AT) == unnamed, "that is no invoice either"
    named = billing.invoices.receive("E9", "pix", row.txid, row.total, PAID_AT)
    assert (named.id, named.state, named.invoice_id) == (unnamed.id, "matched", row.id)
    assert billing.invoices.receive("E9", "pix", row.txid, row.total, PAID_AT) == named
    assert billing.invoices.get(row.number).state == "paid"


def charge_late_payment(billing) -> None:
    text = (files("calha.tariffs") / "preco_por_unidade_agua.yaml").read_text()
    rule = "    late_payment: {fine_percent: 2, interest_percent: 1}\n    components:"
    billing.tariffs.save(read_tariff(text.replace("    components:", rule)), "test")


def test_an_invoice_that_was_paid_late_costs_that_also_when_another_came_instead(plant, billing, contract, today):
    charge_late_payment(billing)
    hourly(plant, JULY, SEPTEMBER, 100)
    today[0] = date(2026, 8, 3)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    pay(billing, row)
    lowered(plant, 105.44, 300)
    _, july = issue_again(billing, row.number)
    today[0] = date(2026, 9, 22)
    (august,) = previews(billing, [contract], "2026-08")
    assert adjusted(august.inputs)[:2] == [
        ("late_fine", row.number, D("0.544")),
        ("late_interest", row.number, D("27.20") * D("0.01") * 38 / 30),
    ], "of what was rightly due"
    assert adjusted(august.inputs)[2:] == [("credit", july.number, D("-10.00"))]


def test_a_payment_meanwhile_is_not_lost_by_issuing_again(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    pay(billing, row)
    with pytest.raises(Conflict, match="changed meanwhile"):
        billing.invoices.replace(row.id, "issued", [], lambda *_: (b"", ""))
    assert billing.invoices.get(row.number).state == "paid"


def test_what_may_not_be_billed_is_not_issued_again_either(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    plant.send([AUGUST - HOUR_US * hour for hour in range(480)], [99.0] * 480)  # the register ends lower than it began
    (difference,) = differences(billing, [row])
    assert "negative" in difference.now.problem
    with pytest.raises(Conflict, match="cannot be issued again: the consumption is negative"):
        issue_again(billing, row.number)
    assert billing.invoices.get(row.number).state == "issued"


def test_a_changed_tariff_shows_what_it_would_change(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    (row,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    text = (files("calha.tariffs") / "preco_por_unidade_agua.yaml").read_text().replace("price: 5.00", "price: 6.00")
    billing.tariffs.save(read_tariff(text), "test")
    (difference,) = differences(billing, [row])
    assert difference.amount == D("7.44")
    assert verified(billing, row) == [], "the invoice still holds by the tariff of its own time"


def test_an_estimate_is_settled_once_by_the_next_invoice(plant, billing, contract):
    hourly(plant, JULY, JULY + 25 * DAY_US, 100)
    at = np.arange(JULY + 25 * DAY_US + HOUR_US, AUGUST + 1, HOUR_US, dtype=np.int64)
    plant.send(at, np.full(len(at), 106.0), quality=np.full(len(at), Quality.ESTIMATED))
    (july,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    assert july.is_estimated
    hourly(plant, JULY + 25 * DAY_US, SEPTEMBER, 106)  # what it really was
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    (settled,) = unseal(billing.invoices.content(august.number)).inputs.adjustments
    assert (settled.invoice, settled.quantity) == (july.number, D("1.44"))
    assert settled.amount == D("7.20")
    assert july.total + august.total == D("74.40"), "both months together cost what was really used"
    assert list(differences(billing, [july])) == [], "what is settled is not asked for again"
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * DAY_US, 114.88)
    (september,) = previews(billing, [contract], "2026-09")
    assert september.inputs.adjustments == ()


def test_a_changed_contract_holds_from_the_next_invoice_on(plant, billing, today):
    made = contracted(plant, billing, "m1", tariff="agua_fixa_copasa")
    hourly(plant, JULY, AUGUST, 100, 0.03)
    (july,) = issue(billing, list(previews(billing, [made], "2026-07")))
    changes = {"dwellings": 4, "tariff": "preco_por_unidade_agua", "injected_channel": "flow", "contracted": D(7)}
    billing.customers.change_contract(made.number, **changes)
    assert list(differences(billing, [july])) == []
    with pytest.raises(Conflict, match="would be the same again"):
        issue_again(billing, july.number)
    plant.send([JULY], [98])  # it really began lower
    (difference,) = differences(billing, [july])
    assert difference.now.inputs.terms.dwellings == 1
    assert difference.amount > 0
    _, again = issue_again(billing, july.number)
    assert verified(billing, again) == []
    text = (files("calha.tariffs") / "agua_fixa_copasa.yaml").read_text()
    billing.tariffs.save(read_tariff(text.replace("amount: 15.29", "amount: 16.29")), "test")
    assert [one.amount for one in differences(billing, [again])] == [D("1.00")], "a corrected tariff still corrects it"


@pytest.mark.parametrize("day", [date(2026, 9, 3), date(2028, 10, 20), date(2036, 1, 1)])
def test_what_is_settled_stays_so_however_long_ago(plant, billing, contract, today, day):
    hourly(plant, JULY, JULY + 25 * DAY_US, 100)
    (july,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    hourly(plant, JULY + 37 * DAY_US, SEPTEMBER, 108.88)
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    today[0] = day
    assert list(differences(billing, [july])) == []
    assert list(differences(billing, [august])) == []


def test_an_estimate_is_not_settled_again_by_an_invoice_in_the_middle(plant, billing, contract, today):
    hourly(plant, JULY, JULY + 25 * DAY_US, 100)
    at = np.arange(JULY + 25 * DAY_US + HOUR_US, AUGUST + 1, HOUR_US, dtype=np.int64)
    plant.send(at, np.full(len(at), 106.0), quality=np.full(len(at), Quality.ESTIMATED))
    (july,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    hourly(plant, AUGUST, SEPTEMBER, 107.44)
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    assert sealed(billing, august) == [], "it is not known yet"
    hourly(plant, JULY + 25 * DAY_US, AUGUST, 106)
    (difference,) = differences(billing, [july, august])
    assert (difference.invoice, difference.amount) == (july, D("7.20")), "it is asked for in one place"
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * DAY_US, 114.88)
    today[0] = date(2026, 10, 2)
    (september,) = issue(billing, list(previews(billing, [contract], "2026-09")))
    assert sealed(billing, september) == [("settlement", july.number, D("7.200"))]
    assert list(differences(billing, [july, august, september])) == [], "august does not settle it again"
    with pytest.raises(Conflict, match="would be the same again"):
        issue_again(billing, august.number)


def test_an_estimate_is_settled_by_a_reading_that_spans_both_months(plant, billing, contract):
    plant.send([JULY], [100])
    stated = Decision("stated", "ana", "nobody at home", D(100))
    (july,) = issue(billing, list(previews(billing, [contract], "2026-07", stated)))
    plant.send([SEPTEMBER], [330])
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    (settled,) = unseal(billing.invoices.content(august.number)).inputs.adjustments
    assert (settled.invoice, august.quantity + settled.quantity) == (july.number, D(130)), "not 230"
    assert july.total + august.total == 230 * D("5.00")
    assert list(differences(billing, [july, august])) == []
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * DAY_US, 330)
    (september,) = previews(billing, [contract], "2026-09")
    assert september.inputs.adjustments == (), "what august was taken to be is right"


@pytest.mark.parametrize(("billed", "back"), [(None, 37), (D(20), 37), (None, 32)])
def test_a_silence_across_the_end_of_a_cycle_is_settled_to_the_register(plant, billing, contract, billed, back):
    decision = Decision("stated", "ana", "a guess", billed) if billed is not None else None
    hourly(plant, JULY, JULY + (25 if billed is None else 10) * DAY_US, 100)
    (july,) = issue(billing, list(previews(billing, [contract], "2026-07", decision)))
    hourly(plant, JULY + back * DAY_US, SEPTEMBER, 100 + 0.24 * back)
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    assert [key for key, *_ in sealed(billing, august)] == ["settlement"]
    assert july.total + august.total == D("74.40"), "what the register counted in both months"
    assert list(differences(billing, [july, august])) == []
    assert verified(billing, august) == []


def test_what_no_reading_has_ended_is_not_settled(plant, billing, contract):
    plant.send([JULY], [100])
    stated = Decision("stated", "ana", "nobody at home", D(8))
    issue(billing, list(previews(billing, [contract], "2026-07", stated)))
    plant.send([AUGUST - 4 * HOUR_US], [107.4])
    (august,) = previews(billing, [contract], "2026-08", stated)
    assert august.inputs.adjustments == (), "four hours of july are not known"
    plant.send([SEPTEMBER], [114.88], quality=[Quality.ESTIMATED])
    (august,) = previews(billing, [contract], "2026-08")
    assert august.inputs.adjustments == (), "an estimate does not settle another"


def test_what_late_payment_costs_is_charged_once_by_the_invoice_after_the_payment(plant, billing, contract, today):
    charge_late_payment(billing)
    hourly(plant, JULY, SEPTEMBER, 100)
    today[0] = date(2026, 8, 3)
    (july,) = issue(billing, list(previews(billing, [contract], "2026-07")))
    assert (july.total, july.due_on) == (D("37.20"), date(2026, 8, 13))
    today[0] = date(2026, 9, 3)
    (august,) = issue(billing, list(previews(billing, [contract], "2026-08")))
    assert august.total == D("37.20"), "july is not paid yet"
    paid_at = datetime(2026, 9, 13, 2, tzinfo=UTC)  # 23:00 of the day before at the meter
    billing.invoices.receive("p1", "pix", july.txid, july.total, paid_at)
    assert list(differences(billing, [august])) == [], "what is issued does not change by a payment after it"
    billing.invoices.receive("p2", "pix", august.txid, august.total, datetime(2026, 9, 14, 12, tzinfo=UTC))
    hourly(plant, SEPTEMBER, SEPTEMBER + 30 * DAY_US, 114.88)
    today[0] = date(2026, 10, 2)
    (september,) = issue(billing, list(previews(billing, [contract], "2026-09")))
    lines = unseal(billing.invoices.content(september.number)).bill.lines
    late = [(line.key, line.quantity, line.amount) for line in lines if line.key.startswith("late")]
    assert late == [("late_fine", 30, D("0.74")), ("late_interest", 30, D("0.37"))], (
        "of july; august was paid on Monday"
    )
    assert september.total == D("36.00") + D("1.11")
    assert verified(billing, september) == []
    assert list(differences(billing, [september])) == []
    billing.invoices.receive("p3", "pix", september.txid, september.total, datetime(2026, 11, 11, 12, tzinfo=UTC))
    hourly(plant, SEPTEMBER + 30 * DAY_US, SEPTEMBER + 61 * DAY_US, 122.08)
    (october,) = previews(billing, [contract], "2026-10")
    fine = {one.key: one.amount for one in october.inputs.adjustments}
    assert fine["late_fine"] == D("0.72"), "no fine on a fine, and july's is not charged again"


def test_what_cannot_be_billed_says_why(plant, billing, contract):
    (nothing,) = previews(billing, [contract], "2026-07")
    assert nothing.problem == "no readings in this cycle"
    wrong = contracted(plant, billing, "m2", tariff="preco_por_unidade_energia")
    none = contracted(plant, billing, "m3", tariff="unknown")
    hourly(plant, JULY, AUGUST, 100, device="m2")
    found = {one.contract.number: one.problem for one in previews(billing, [wrong, none], "2026-07")}
    assert found == {
        "C-m2": "the tariff is for kWh, the meter counts m³",
        "C-m3": "there is no tariff 'unknown'",
    }
    hourly(plant, JULY, JULY + 2 * DAY_US, 100)
    (short,) = previews(billing, [contract], "2026-07")
    assert "of the cycle is known" in short.problem
    with pytest.raises(Conflict, match="cannot be billed"):
        issue(billing, [nothing])


def test_a_cycle_that_is_not_over_is_not_issued(plant, billing, contract, today):
    hourly(plant, JULY, AUGUST, 100)
    today[0] = date(2026, 7, 31)
    (preview,) = previews(billing, [contract], "2026-07")
    with pytest.raises(Conflict, match="it is not over"):
        issue(billing, [preview])


def test_a_run_issues_what_is_missing_and_names_what_it_cannot(plant, billing, contract):
    other = contracted(plant, billing, "m2")
    contracted(plant, billing, "m3")  # without readings
    for device in ("m1", "m2"):
        hourly(plant, JULY, AUGUST, 100, device=device)
    issue(billing, list(previews(billing, [other], "2026-07")))
    runs = BillingRuns(billing, Runs(plant.registry.engine))
    run = runs.begin("2026-07", "ana", None, None)
    with pytest.raises(Conflict, match="under way"):
        runs.begin("2026-07", "ana", None, None)
    done = runs.work(run, None)
    assert (done.state, done.contracts, done.done, done.issued, done.passed, done.failed) == ("finished", 3, 3, 1, 1, 1)
    assert done.problems == [["C-m3", "no readings in this cycle"]]
    again = runs.work(runs.begin("2026-07", "ana", None, None), None)
    assert (again.issued, again.passed, again.failed) == (0, 2, 1)


def test_a_run_that_is_stopped_goes_on_where_it_was(plant, billing, contract):
    hourly(plant, JULY, AUGUST, 100)
    runs = BillingRuns(billing, Runs(plant.registry.engine))
    run = runs.begin("2026-07", "ana", None, None)
    runs.stop(run.id)
    assert runs.work(run, None).state == "stopped"
    broken = runs.begin("2026-07", "ana", None, None)
    runs.end_broken()
    assert runs.runs.get(broken.id).state == "stopped"
    assert runs.work(runs.begin("2026-07", "ana", None, None), None).issued == 1
