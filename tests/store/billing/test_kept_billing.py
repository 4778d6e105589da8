"""Customers, contracts, tariffs, invoices and payments, on each database."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files

import msgspec
import pytest

from calha.domain.errors import Conflict, NotFound
from calha.domain.invoices import digest
from calha.domain.tariff_reader import read_tariff
from calha.store.billing import Customers, Invoices, NewInvoice, Runs, Tariffs

D = Decimal
NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)
TERMS = {
    "channel": "volume",
    "tariff": "agua_fixa_copasa",
    "from_day": date(2026, 1, 1),
    "until_day": None,
    "dwellings": 2,
    "contracted": D("35.5"),
    "cycle_day": 1,
    "due_days": 10,
}


def copasa():
    return read_tariff((files("calha.tariffs") / "agua_fixa_copasa.yaml").read_text())


def seal(new, number, txid):
    content = f'{{"number": "{number}", "txid": "{txid}"}}'.encode()
    return content, digest(content)


@pytest.fixture
def customers(registry):
    return Customers(registry.engine)


@pytest.fixture
def invoices(registry):
    return Invoices(registry.engine)


@pytest.fixture
def ana(customers, site):
    return customers.add(site, "Ana Lima", document="12345678909", email="ana@example.org")


@pytest.fixture
def contract(registry, customers, site, ana):
    registry.create_device("meter-1", "water_meter", site)
    return customers.add_contract("C-1", ana.id, "meter-1", **TERMS)


@pytest.fixture
def new(contract, ana):
    return NewInvoice(
        kind="invoice",
        contract_id=contract.id,
        customer_id=ana.id,
        from_day=date(2026, 7, 1),
        until_day=date(2026, 8, 1),
        issued_on=date(2026, 8, 2),
        due_on=date(2026, 8, 12),
        total=D("93.08"),
        quantity=D("12.125"),
        is_estimated=False,
        tariff_sha256="abc",
    )


def test_customers_are_found_by_name_document_site_and_person(registry, customers, site, ana):
    other = registry.create_site("Outra", None, "America/Sao_Paulo").id
    bia = customers.add(other, "Bia 100%")
    assert customers.list(None) == [ana, bia]
    assert customers.list([site]) == [ana]
    assert customers.list(None, "LIMA") == customers.list(None, "1234") == [ana]
    assert customers.list(None, "0%") == [bia], "a per cent sign is a letter like any other"
    assert customers.list(None, after_id=ana.id) == [bia]
    assert customers.change(bia.id, name="Bia").name == "Bia"
    assert customers.named([ana.id]) == {ana.id: ana}
    with pytest.raises(NotFound):
        customers.get(99)
    with pytest.raises(NotFound):
        customers.add(99, "Nobody")


def test_one_channel_is_paid_by_one_contract_at_a_time(customers, ana, contract):
    assert contract.contracted == D("35.5")
    assert customers.contract("C-1") == contract
    with pytest.raises(Conflict, match="C-1"):
        customers.add_contract("C-1", ana.id, "meter-1", **TERMS | {"channel": "other"})
    with pytest.raises(Conflict, match="end it first"):
        customers.add_contract("C-2", ana.id, "meter-1", **TERMS | {"from_day": date(2027, 1, 1)})
    ended = customers.change_contract("C-1", until_day=date(2027, 1, 1))
    assert ended.runs_in(date(2026, 12, 1), date(2027, 1, 1))
    assert not ended.runs_in(date(2027, 1, 1), date(2027, 2, 1))
    later = customers.add_contract("C-2", ana.id, "meter-1", **TERMS | {"from_day": date(2027, 1, 1)})
    assert customers.contracts(device="meter-1") == [ended, later]
    assert customers.contracts([contract.site_id], customer_id=ana.id, tariff="agua_fixa_copasa", cycle_day=1)
    assert customers.contracts([]) == []
    assert customers.contracts_by_id([later.id]) == {later.id: later}
    with pytest.raises(Conflict, match="before it begins"):
        customers.change_contract("C-2", until_day=date(2026, 12, 1))
    with pytest.raises(Conflict, match="C-2"):
        customers.change_contract("C-1", until_day=None)
    with pytest.raises(NotFound):
        customers.add_contract("C-3", ana.id, "nothing", **TERMS)


def test_an_issuer_stands_for_a_site(customers, site):
    fields = {
        "name": "Água Exemplo",
        "document": "11222333000181",
        "address": "",
        "city": "Recife",
        "email": "",
        "pix_key": "11222333000181",
        "company": "0138",
    }
    assert customers.set_issuer(site, **fields).city == "Recife"
    assert customers.set_issuer(site, **fields).city == "Recife", "saying the same again changes nothing"
    assert customers.set_issuer(site, **fields | {"city": "Olinda"}) == customers.issuers()[site]


def test_each_change_of_a_tariff_is_a_revision(registry):
    tariffs = Tariffs(registry.engine)
    first = tariffs.save(copasa(), "ana", after_revision=0)
    assert tariffs.save(copasa(), "bia") == first, "the same text is the same revision"
    version = copasa().versions[0]
    changed = msgspec.structs.replace(
        copasa(), versions=(version, msgspec.structs.replace(version, valid_from=date(2030, 1, 1)))
    )
    with pytest.raises(Conflict, match="changed meanwhile"):
        tariffs.save(changed, "bia", after_revision=0)
    second = tariffs.save(changed, "bia", after_revision=1)
    assert [row.revision for row in tariffs.revisions("agua_fixa_copasa")] == [2, 1]
    assert tariffs.current("agua_fixa_copasa") == second
    assert tariffs.newest() == [second]
    assert tariffs.by_hash(first.sha256) == copasa()
    assert tariffs.by_hash(second.sha256) == changed
    for missing in (lambda: tariffs.revisions("nothing"), lambda: tariffs.by_hash("0" * 64)):
        with pytest.raises(NotFound):
            missing()


def test_invoices_are_numbered_without_a_hole_and_a_cycle_is_billed_once(invoices, new):
    (first,) = invoices.add([new], seal)
    assert (first.number, first.txid, first.total, first.state) == (
        "2026-000001",
        "FAT2026000001",
        D("93.08"),
        "issued",
    )
    with pytest.raises(Conflict, match="2026-000001"):
        invoices.add([replace(new, from_day=date(2026, 6, 1)), new], seal)
    (second,) = invoices.add([replace(new, from_day=date(2026, 8, 1))], seal)
    assert second.number == "2026-000002", "what was refused took no number"
    (next_year,) = invoices.add([replace(new, from_day=date(2026, 9, 1), issued_on=date(2027, 1, 2))], seal)
    assert next_year.number == "2027-000001"
    assert invoices.content("2026-000001") == b'{"number": "2026-000001", "txid": "FAT2026000001"}'
    assert first.sha256 == digest(invoices.content("2026-000001"))
    assert [row.number for row in invoices.list()] == ["2027-000001", "2026-000002", "2026-000001"]


def test_invoices_are_found_by_what_is_asked(invoices, new, contract, ana):
    (july,) = invoices.add([new], seal)
    (august,) = invoices.add(
        [replace(new, from_day=date(2026, 8, 1), until_day=date(2026, 9, 1), due_on=date(2026, 9, 12))], seal
    )
    assert invoices.list([contract.site_id], month="2026-07") == [july]
    assert invoices.list([]) == invoices.list(customers=[]) == []
    assert invoices.list(customers=[ana.id], contract_id=contract.id, state="issued") == [august, july]
    assert invoices.list(overdue_on=date(2026, 8, 12)) == []
    assert invoices.list(overdue_on=date(2026, 8, 13)) == [july]
    assert invoices.list(search="000002", before_id=99) == [august]
    assert invoices.list(before_id=august.id) == [july]
    assert invoices.standing([contract.id], date(2026, 8, 1), date(2026, 9, 1)) == {contract.id: [august]}


def test_a_cancelled_cycle_can_be_billed_again(invoices, new):
    invoices.add([new], seal)
    assert invoices.change("2026-000001", "cancel").state == "cancelled"
    (again,) = invoices.add([new], seal)
    assert again.number == "2026-000002"
    with pytest.raises(Conflict):
        invoices.change("2026-000001", "pay")
    with pytest.raises(NotFound):
        invoices.change("nothing", "pay")


def test_an_invoice_is_replaced_by_a_credit_note_and_another_one_or_not_at_all(invoices, new):
    (first,) = invoices.add([new], seal)
    note = replace(new, kind="credit_note", total=-new.total, credits_id=first.id)
    instead = replace(new, total=D("80.00"), replaces_id=first.id)
    credit, second = invoices.replace(first.id, "issued", [note, instead], seal)
    assert (credit.kind, credit.total, credit.txid) == ("credit_note", D("-93.08"), None)
    assert (second.total, second.replaces_id) == (D("80.00"), first.id)
    assert invoices.get(first.number).state == "replaced"
    with pytest.raises(Conflict):
        invoices.replace(first.id, "replaced", [note], seal)
    with pytest.raises(Conflict, match="credit note"):
        invoices.change(credit.number, "cancel")
    with pytest.raises(Conflict):  # it stands, but its own cycle is taken by the one that is to come
        invoices.replace(second.id, "issued", [instead, instead], seal)
    assert invoices.get(second.number).state == "issued", "nothing of what failed remains"


def test_a_payment_counts_once_and_pays_the_invoice_of_its_txid(invoices, new):
    (invoice,) = invoices.add([new], seal)
    short = invoices.receive("E1", "statement", invoice.txid, D("93.00"), NOW)
    assert (short.state, short.invoice_id) == ("wrong_amount", invoice.id)
    paid = invoices.receive("E2", "statement", invoice.txid, D("93.08"), NOW)
    assert paid.state == "matched"
    assert (invoices.get(invoice.number).state, invoices.get(invoice.number).paid_at) == ("paid", NOW)
    assert invoices.receive("E2", "statement", invoice.txid, D("93.08"), NOW) == paid
    assert invoices.receive("E3", "webhook", invoice.txid, D("93.08"), NOW).state == "surplus"
    assert invoices.receive("E4", "webhook", "", D("5.00"), NOW).state == "unmatched"
    assert [row.external_id for row in invoices.payments()] == ["E4", "E3", "E2", "E1"]
    assert [row.external_id for row in invoices.payments("matched", invoice.id)] == ["E2"]


def test_contracts_keep_the_days_that_are_billed(customers, invoices, new):
    invoices.add([new], seal)
    with pytest.raises(Conflict, match="cancel those outside first"):
        customers.change_contract("C-1", until_day=date(2026, 7, 15))
    assert customers.change_contract("C-1", until_day=date(2026, 8, 1)).until_day == date(2026, 8, 1)


def test_a_contract_goes_on_only_where_no_days_stay_unbilled(customers, invoices, new):
    customers.change_contract("C-1", until_day=date(2026, 7, 15))
    (last,) = invoices.add([replace(new, until_day=date(2026, 7, 15))], seal)
    customers.change_contract("C-1", dwellings=2)
    for until_day in (None, date(2026, 7, 20), date(2026, 9, 1)):
        with pytest.raises(Conflict, match="cancel it first") as refused:
            customers.change_contract("C-1", until_day=until_day)
        assert (refused.value.reason, refused.value.about) == ("billed_in_part", {"invoice": last.number})
    invoices.change(last.number, "cancel")
    assert customers.change_contract("C-1", until_day=None).until_day is None
    invoices.add([new], seal)
    for until_day in (date(2026, 8, 1), None, date(2026, 8, 20)):  # July is billed whole
        assert customers.change_contract("C-1", until_day=until_day).until_day == until_day


def test_a_run_tells_how_far_it_is(registry, site):
    runs = Runs(registry.engine)
    run = runs.begin(site, "2026-07", 1, 100, "ana")
    runs.report(run.id, done=10, issued=8, failed=2, problems=[["C-1", "no readings"]])
    assert [one.id for one in runs.list("running")] == [run.id]
    ended = runs.end(run.id, "finished")
    assert (ended.done, ended.problems, ended.state) == (10, [["C-1", "no readings"]], "finished")
    assert runs.list("running") == []
    with pytest.raises(NotFound):
        runs.get(99)
