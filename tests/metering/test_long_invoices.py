"""An invoice of hundreds of lines: printed to the last of them, or refused before it is issued, never a fall."""

import io

import pypdf
import pytest
from test_invoicing import AUGUST, JULY, D, billing, contract, hourly, today  # noqa: F401 - fixtures

from calha.domain.errors import Conflict
from calha.domain.invoices import unseal
from calha.domain.tariff_reader import read_tariff
from calha.metering.invoicing import issue
from calha.metering.previews import previews
from calha.reports.invoices import invoice_pdf

NAME = "Taxa de disponibilidade e manutenção da ligação, parcela"


def of_many_lines(billing, contract, count, versions):  # noqa: F811
    components = "\n".join(
        f"      - {{kind: fixed, key: part_{n}, name: {{pt: '{NAME} {n}', en: 'Charge {n}'}}, amount: 0.01,"
        " proration: by_days}"
        for n in range(count)
    )
    told = "\n".join(f"  - valid_from: {day}\n    components:\n{components}" for day in versions)
    text = f"key: long\nname: {{pt: Longa, en: Long}}\nunit: m³\nversions:\n{told}\n"
    billing.tariffs.save(read_tariff(text), "test")
    return billing.customers.change_contract(contract.number, tariff="long")


def test_every_line_is_printed_and_they_add_up_to_the_total(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, AUGUST, 100)
    long = of_many_lines(billing, contract, 45, ("2020-01-01", "2026-07-11"))
    (row,) = issue(billing, list(previews(billing, [long], "2026-07")))
    sealed = unseal(billing.invoices.content(row.number))
    assert len(sealed.bill.lines) == 90
    assert row.total == sum((line.amount for line in sealed.bill.lines), D(0)) == D("0.45")
    pages = pypdf.PdfReader(io.BytesIO(invoice_pdf(sealed, row.txid, "issued"))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert all(f"parcela {n} " in text for n in range(45))
    assert text.count("DESCRIÇÃO") == len(pages) - 1 or text.count("DESCRIÇÃO") == len(pages), (
        "each page says what it lists"
    )


def test_one_with_more_lines_than_can_be_kept_is_a_problem_of_its_contract(plant, billing, contract):  # noqa: F811
    hourly(plant, JULY, AUGUST, 100)
    days = ("2020-01-01", *(f"2026-07-{day:02}" for day in range(3, 30, 3)))
    long = of_many_lines(billing, contract, 45, days)
    (preview,) = previews(billing, [long], "2026-07")
    assert "lines" in (preview.problem or "")
    with pytest.raises(Conflict, match="cannot be billed"):
        issue(billing, [preview])
