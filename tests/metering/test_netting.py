"""Net metering from two channels to an invoice, its credits and what verifies them."""

import io
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import msgspec
import numpy as np
import pypdf
import pytest
from sqlalchemy import update
from test_invoicing import AUGUST, JULY, SEPTEMBER, billing, today  # noqa: F401 - fixtures

from calha.domain.errors import Conflict
from calha.domain.invoices import faults, seal, unseal
from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US, HOUR_US
from calha.metering.earlier import opening_credits
from calha.metering.invoicing import differences, issue, issue_again, verified
from calha.metering.previews import previews
from calha.reports.invoices import invoice_pdf
from calha.store.billing.models import Invoice

D = Decimal
PROFILE = """
name: solar_meter
title: {pt: Medidor, en: Meter}
description: {pt: Medidor bidirecional, en: A meter of both directions}
interval_s: 3600
channels:
  - {key: taken, name: {pt: Consumida, en: Taken}, kind: counter, unit: kWh}
  - {key: injected, name: {pt: Injetada, en: Injected}, kind: counter, unit: kWh}
"""


@pytest.fixture
def contract(plant, billing):  # noqa: F811
    registry = plant.registry
    registry.save_profile(PROFILE)
    registry.create_device("sun", "solar_meter", registry.sites()[0].id)
    text = (files("calha.tariffs") / "energia_solar_fio_b.yaml").read_text()
    billing.tariffs.save(read_tariff(text, "solar"), "test")
    customer = billing.customers.add(registry.sites()[0].id, "Casa Solar")
    terms = {"tariff": "energia_solar_fio_b", "from_day": date(2026, 1, 1), "until_day": None, "dwellings": 1}
    more = {"contracted": D(0), "cycle_day": 1, "due_days": 10, "injected_channel": "injected"}
    return billing.customers.add_contract("S-1", customer.id, "sun", channel="taken", **terms, **more)


def months(plant, channel, *amounts):
    """Registers each hour, so that July has the first amount, August the second."""
    register, at = [1000.0], [JULY]
    for (begin, end), amount in zip(((JULY, AUGUST), (AUGUST, SEPTEMBER)), amounts, strict=False):
        hours = np.arange(begin + HOUR_US, end + 1, HOUR_US, dtype=np.int64)
        at += hours.tolist()
        register += np.round(register[-1] + amount * np.arange(1, len(hours) + 1) / len(hours), 3).tolist()
    plant.send(at, register, "sun", channel)


def issued(billing, contract, month):  # noqa: F811
    (row,) = issue(billing, list(previews(billing, [contract], month)))
    return row, unseal(billing.invoices.content(row.number)).inputs.net_metering


def test_injected_energy_pays_for_what_is_taken_and_leaves_a_credit(plant, billing, contract):  # noqa: F811
    months(plant, "taken", 400, 400)
    months(plant, "injected", 500, 100)
    july, ledger = issued(billing, contract, "2026-07")
    assert (ledger.injected, ledger.compensated, ledger.balance) == (500, 300, 200), "100 kWh are always paid"
    assert july.total == D("80.00") + D("45.00") + D("12.00"), "minimum; 300 × 0.25 × 60 %; lighting"
    assert july.quantity == 400
    august, ledger = issued(billing, contract, "2026-08")
    assert (ledger.own, ledger.used, ledger.balance) == (100, 200, 0)
    assert august.total == july.total
    assert verified(billing, july) == verified(billing, august) == []
    sealed = unseal(billing.invoices.content(july.number))
    text = " ".join(
        pypdf.PdfReader(io.BytesIO(invoice_pdf(sealed, july.txid, "issued"))).pages[0].extract_text().split()
    )
    for part in ("ENERGIA INJETADA E CRÉDITOS", "Saldo de créditos 200 kWh", "Vencem em 01/08/2031", "Fio B"):
        assert part in text, part


def test_energy_by_time_of_use_is_compensated_by_post(plant, billing, contract):  # noqa: F811
    blocks = (Path(__file__).parents[2] / "docs" / "billing.md").read_text().split("```yaml\n")[1:]
    (text,) = (one.split("```")[0] for one in blocks if one.startswith("key: branca_solar"))
    billing.tariffs.save(read_tariff(text), "test")
    branca = billing.customers.change_contract("S-1", tariff="branca_solar")
    hours = np.arange(JULY, AUGUST + 1, HOUR_US, dtype=np.int64)
    plant.send(hours, 1000.0 + np.arange(len(hours)), "sun", "taken")  # 1 kWh an hour
    local = (np.arange(len(hours) - 1)) % 24
    at_noon = np.isin(local, (11, 12, 13)) * 5.0  # the sun: 15 kWh a day off-peak
    plant.send(hours, np.concatenate([[1000.0], 1000.0 + np.cumsum(at_noon)]), "sun", "injected")
    july, ledger = issued(billing, branca, "2026-07")
    peak = 23 * 3  # working days of July 2026
    posts = {one.post: (one.consumed, one.injected, one.compensated) for one in ledger.posts}
    assert posts == {"peak": (peak, 0, 0), "off_peak": (744 - peak, 465, 465)}
    sealed = unseal(billing.invoices.content(july.number))
    assert {line.key: line.quantity for line in sealed.bill.lines} == {
        "peak": peak, "off_peak": 744 - peak - 465, "fio_b": 465,
    }  # fmt: skip
    assert july.total == round(peak * D("1.20") + (744 - peak - 465) * D("0.60") + 465 * D("0.15"), 2)
    assert verified(billing, july) == []
    pdf = invoice_pdf(sealed, july.txid, "issued")
    text = " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert "fora de ponta 465 kWh" in text
    more = msgspec.structs.replace(ledger.posts[1], compensated=D(500))
    richer = msgspec.structs.replace(ledger, posts=(ledger.posts[0], more))
    forged = seal(msgspec.structs.replace(sealed, inputs=msgspec.structs.replace(sealed.inputs, net_metering=richer)))
    tariff = billing.tariffs.by_hash(july.tariff_sha256)
    assert faults(*forged, tariff, july.tariff_sha256) == ["the credits do not follow from what was measured"]


def test_a_correction_shows_in_the_credits_of_later_invoices(plant, billing, contract):  # noqa: F811
    months(plant, "taken", 400, 200)
    months(plant, "injected", 500, 0)
    july, _ = issued(billing, contract, "2026-07")
    august, ledger = issued(billing, contract, "2026-08")
    assert (ledger.used, ledger.balance) == (100, 100)
    months(plant, "injected", 450, 0)
    assert [(one.invoice.number, one.amount) for one in differences(billing, [july])] == [(july.number, 0)]
    issue_again(billing, july.number)
    ((changed),) = differences(billing, [august])
    assert changed.now.inputs.net_metering.balance == 50
    _, again = issue_again(billing, august.number)
    standing = billing.invoices.standing([contract.id])
    (lot,) = opening_credits(billing, standing, contract, date(2026, 9, 1))
    assert (lot.on, lot.amount) == (date(2026, 8, 1), 50)
    assert verified(billing, again) == []


def test_forged_credits_show(plant, billing, contract):  # noqa: F811
    months(plant, "taken", 400)
    months(plant, "injected", 500)
    july, ledger = issued(billing, contract, "2026-07")
    sealed = unseal(billing.invoices.content(july.number))
    lots = (msgspec.structs.replace(ledger.closing[0], amount=D(900)),)
    richer = msgspec.structs.replace(sealed.inputs, net_metering=msgspec.structs.replace(ledger, closing=lots))
    forged = seal(msgspec.structs.replace(sealed, inputs=richer))
    tariff = billing.tariffs.by_hash(july.tariff_sha256)
    assert faults(*forged, tariff, july.tariff_sha256) == ["the credits do not follow from what was measured"]


def test_injected_energy_that_is_not_known_is_not_billed_by_itself(plant, billing, contract):  # noqa: F811
    months(plant, "taken", 400)
    at = np.arange(JULY, JULY + 10 * DAY_US, HOUR_US, dtype=np.int64)
    plant.send(at, 1000 + np.arange(len(at)), "sun", "injected")
    (preview,) = previews(billing, [contract], "2026-07")
    assert preview.problem.startswith("only 32% of the injected energy is known")
    plain = billing.customers.change_contract("S-1", tariff="preco_por_unidade_energia")
    (other,) = previews(billing, [plain], "2026-07")
    assert other.problem == "tariff 'preco_por_unidade_energia' knows no net metering on 2026-07-01"


def test_a_channel_that_is_taken_out_counts_in_what_was_billed_with_it(plant, billing, contract):  # noqa: F811
    months(plant, "taken", 400, 400)
    months(plant, "injected", 500, 100)
    july, _ = issued(billing, contract, "2026-07")
    billing.customers.change_contract("S-1", injected_channel=None)
    assert list(differences(billing, [july])) == []
    months(plant, "injected", 300, 100)
    (difference,) = differences(billing, [july])
    assert difference.now.inputs.net_metering.injected == 300
    _, again = issue_again(billing, july.number)
    assert verified(billing, again) == []


def test_what_was_sealed_without_its_channel_takes_that_of_the_contract(plant, billing, contract):  # noqa: F811
    months(plant, "taken", 400, 400)
    months(plant, "injected", 500, 100)
    july, _ = issued(billing, contract, "2026-07")
    sealed = unseal(billing.invoices.content(july.number))
    inputs = msgspec.structs.replace(sealed.inputs, injected_channel=msgspec.UNSET)
    content, sha256 = seal(msgspec.structs.replace(sealed, inputs=inputs))
    with plant.registry.engine.execution_options(writes=True).begin() as connection:
        values = {"content": content.decode(), "sha256": sha256}
        connection.execute(update(Invoice).where(Invoice.id == july.id).values(values))
    july = billing.invoices.get(july.number)
    assert b"injected_channel" not in content
    assert verified(billing, july) == []
    assert list(differences(billing, [july])) == []
    billing.customers.change_contract("S-1", injected_channel=None)
    (difference,) = differences(billing, [july])
    assert (difference.amount, difference.now.problem) == (
        None,
        "it is not known any more which channel counted the injected energy",
    )
    with pytest.raises(Conflict, match="not known any more which channel"):
        issue_again(billing, july.number)
