"""Invoices as PDF: drawn for real, read back as text, their QR and bar codes decoded by a library."""

import io
import json
from datetime import date
from decimal import Decimal
from importlib.resources import files

import msgspec
import pypdf
import pytest
import typst
import zxingcpp
from PIL import Image

from calha.domain.billing import Metered, Terms
from calha.domain.collection_barcode import read_collection
from calha.domain.invoices import Inputs, Month, Party, RegisterReading, Sealed, credit_note, made_from
from calha.domain.pix import read_code
from calha.domain.tariff_reader import read_tariff
from calha.reports import invoices
from calha.reports.invoices import invoice_pdf, pix_code
from calha.reports.locale import day, money, number

D = Decimal
TXID = "FAT2026000007"
TARIFF = read_tariff((files("calha.tariffs") / "energia_convencional.yaml").read_text())
INPUTS = Inputs(
    contract="C-7",
    customer=Party(name="José #strong[x] da Silva", document="12345678909", address="Rua A, 1", city="Olinda"),
    issuer=Party(name="Energia Exemplo", document="11222333000181", city="São Paulo", pix_key="11222333000181"),
    device="meter-7",
    channel="energy",
    unit="kWh",
    zone="America/Sao_Paulo",
    language="pt-BR",
    tariff="abc",
    from_=date(2026, 6, 1),
    until=date(2026, 7, 1),
    due_on=date(2026, 7, 15),
    terms=Terms(),
    metered=(Metered(date(2026, 6, 1), date(2026, 7, 1), {"consumption": D("1250.5")}, is_estimated=True),),
    opening=RegisterReading(at=1_780_282_800_000_000, value=D(100), unit="kWh", quality="good"),
    history=(Month(from_=date(2025, 6, 1), quantity=D(1000)),),
)


def issued(**changes):
    inputs = msgspec.structs.replace(INPUTS, **changes)
    made = made_from(inputs, TARIFF)
    return Sealed(kind="invoice", number="2026-000007", issued_on=date(2026, 7, 2), inputs=inputs, bill=made)


def text_of(pdf):
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().replace("\u00a0", " ") for page in pages).split())


def codes_on(sealed, company):
    """What a scanner reads off the printed page."""
    template = files("calha.reports").joinpath("invoice.typ").read_bytes()
    content = json.dumps(invoices._content(sealed, pix_code(sealed, TXID), "issued", company))
    picture = typst.compile(template, format="png", ppi=200, sys_inputs={"content": content}, ignore_system_fonts=True)
    return {
        str(code.format).split(".")[-1]: code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    }


def test_a_page_says_what_was_sealed():
    text = text_of(invoice_pdf(issued(), TXID, "overdue", "0138"))
    for part in (
        *("Fatura", "2026-000007", "VENCIDA", "CPF 123.456.789-09", "CNPJ 11.222.333/0001-81", "15/07/2026"),
        *("1.250,5 kWh", money(issued().total, "pt-BR").replace("\u00a0", " "), "ICMS", "01/06/2026 – 30/06/2026 (30)"),
        *("Consumo estimado", "+25% em relação ao mesmo mês", "José #strong[x] da Silva", "100 kWh"),
    ):
        assert part in text, part


def test_the_same_page_in_english():
    text = text_of(invoice_pdf(issued(language="en"), TXID, "issued"))
    for part in ("Invoice", "DUE 2026-07-15", "1,250.5 kWh", "Estimated consumption", "Energy (TE)"):
        assert part in text, part


def test_an_issuer_has_its_whole_name_on_the_page_and_in_the_code_what_fits():
    name, city = "Companhia de Saneamento e Distribuição de Água", "São José dos Campos"
    issuer = Party(name=name, city=city, pix_key="11222333000181")
    sealed = issued(issuer=issuer)
    assert (code := read_code(pix_code(sealed, TXID))).name == "Companhia de Saneamento e"
    assert code.city == "Sao Jose dos Ca"
    text = text_of(invoice_pdf(sealed, TXID, "issued"))
    assert name in text
    assert city in text


def test_a_scanner_reads_the_codes_off_the_page():
    codes = codes_on(issued(), "0138")
    pix = read_code(codes["QR Code"])
    assert (pix.amount, pix.txid, pix.key) == (issued().total, TXID, "11222333000181")
    bar = read_collection(codes["ITF"])
    assert (bar.amount, bar.company, bar.segment) == (issued().total, "0138", 3)
    assert bar.free.startswith("20260715")
    assert bar.free.endswith("2026000007")


def test_the_code_of_a_charge_is_a_dynamic_one():
    code = read_code(pix_code(issued(), TXID, "pix.example.com/qr/v2/9d36b84f"))
    assert (code.url, code.key, code.amount) == ("pix.example.com/qr/v2/9d36b84f", None, issued().total)
    assert pix_code(issued(issuer=Party(name="Sem Pix")), TXID, "pix.example.com/qr/v2/9d36b84f") is None


def test_nothing_to_pay_has_no_codes():
    note = credit_note(issued(), "2026-000008", date(2026, 8, 1))
    assert pix_code(note, TXID) is None
    assert "Nota de crédito" in text_of(invoice_pdf(note, None, "paid", "0138"))
    assert pix_code(issued(issuer=Party(name="Sem Pix")), TXID) is None
    assert codes_on(note, "0138") == {}


def test_the_code_can_be_copied_off_the_page():
    text = text_of(invoice_pdf(issued(), TXID, "issued"))
    assert pix_code(issued(), TXID).replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize(
    ("value", "language", "places", "text"),
    [
        (D("1234567.891"), "pt-BR", None, "1.234.567,891"),
        (D("1234567.891"), "en", 2, "1,234,567.89"),
        (D("10.500"), "pt-BR", None, "10,5"),
        (D("1E+3"), "en", None, "1,000"),
    ],
)
def test_numbers_as_people_write_them(value, language, places, text):
    assert number(value, language, places) == text


def test_money_and_days_as_people_write_them():
    assert money(D("-1234.5"), "pt-BR") == "-R$\u00a01.234,50"
    assert (day(date(2026, 12, 31), "pt-BR"), day(date(2026, 12, 31), "en")) == ("31/12/2026", "2026-12-31")
