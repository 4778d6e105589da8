"""Invoices as PDF: lines, taxes, readings with their quality, a chart of thirteen months, Pix QR code and bar code.

All numbers come from what was sealed when the invoice was issued, so that a page drawn years later is the same. What users
wrote goes to typst as JSON and is shown as text; it is never part of the markup.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import UnsetType

from calha.domain.billing import Line
from calha.domain.collection_barcode import FREE_DIGITS, Segment, collection_barcode, interleaved_2_of_5, typeable_line
from calha.domain.errors import Malformed
from calha.domain.invoices import (
    Inputs,
    RegisterPart,
    RegisterReading,
    Sealed,
    consumption_of,
    exchanges_of,
    is_divided,
    register_parts_of,
)
from calha.domain.pix import MAX_CITY_CHARS, MAX_NAME_CHARS, Payee, ascii_of, dynamic_code, static_code
from calha.reports.labels import qr_svg
from calha.reports.locale import Language, day, money, month, number
from calha.reports.pdf import made_pdf

TEMPLATE = "invoice.typ"
SEGMENTS: dict[str, Segment] = {"m³": 2, "kWh": 3}
PRICE_PLACES = 6  # of unit prices, which are not rounded: so many are shown

State = Literal["issued", "overdue", "paid", "cancelled", "replaced"]


def invoice_pdf(
    sealed: Sealed, txid: str | None, state: State, company: str = "", charge_url: str | None = None
) -> bytes:
    """The pages of an invoice. txid, charge_url: of its Pix code. company: FEBRABAN's digits; without them no bar code."""
    return made_pdf(TEMPLATE, _content(sealed, pix_code(sealed, txid, charge_url), state, company))


def pix_code(sealed: Sealed, txid: str | None, charge_url: str | None = None) -> str | None:
    """The text to copy and pay; None where there is nothing to pay or nobody to be paid.

    charge_url: where a payment provider keeps the charge, for a dynamic code.
    """
    issuer = sealed.inputs.issuer
    if sealed.kind != "invoice" or sealed.total <= 0 or not issuer.pix_key or txid is None:
        return None
    payee = payee_of(issuer.name, issuer.city, issuer.pix_key)
    try:
        if charge_url is not None:
            return dynamic_code(payee, charge_url, sealed.total)
        return static_code(payee, sealed.total, txid)
    except Malformed:
        return None


def payee_of(name: str, city: str, pix_key: str) -> Payee:
    """An issuer as a Pix code names it: in the letters that it takes, as many as fit. The invoice has the whole name."""
    return Payee(ascii_of(name)[:MAX_NAME_CHARS], ascii_of(city)[:MAX_CITY_CHARS] or "BRASIL", pix_key)


def barcode(sealed: Sealed, company: str) -> str | None:
    """The 44 digits, None where there is nothing to pay or no company number. Free field: due day and the invoice's number."""
    if sealed.kind != "invoice" or sealed.total <= 0 or len(company) != 4:
        return None
    digits = "".join(letter for letter in sealed.number if letter.isdecimal())
    free = f"{sealed.inputs.due_on:%Y%m%d}{digits:0>{FREE_DIGITS - 8}}"[:FREE_DIGITS]
    return collection_barcode(SEGMENTS.get(sealed.inputs.unit, 6), company, sealed.total, free)


def _content(sealed: Sealed, pix: str | None, state: State, company: str) -> dict[str, Any]:
    inputs = sealed.inputs
    language: Language = "en" if inputs.language == "en" else "pt-BR"
    words = _WORDS[language]
    if sealed.total < 0:
        words = words | {"total": words["credit"]}
    digits = barcode(sealed, company)
    return {
        "language": language,
        "words": words,
        "title": words["credit_note"] if sealed.kind == "credit_note" else words["invoice"],
        "number": sealed.number,
        "credits": sealed.credits,
        "state": words["states"][state] if state != "issued" else "",
        "issuer": _party(inputs.issuer),
        "customer": _party(inputs.customer),
        "facts": list(_facts(sealed, language, words)),
        "lines": [_line(line, language) for line in sealed.bill.lines],
        "total": money(sealed.total, language),
        "due": day(inputs.due_on, language),
        "taxes": [[name.upper(), money(amount, language)] for name, amount in sealed.bill.taxes.items()],
        "readings": [_reading(words[name], reading, inputs, language) for name, reading in registers_of(inputs)],
        "parts": [_part(one, language) for one in register_parts_of(inputs)],
        "divided": _divided(sealed, language, words),
        "net": _net(inputs, language, words),
        "months": _months(inputs, language),
        "comparison": _comparison(inputs, language, words),
        "estimated": _estimated(sealed, words),
        "pix": {"code": pix, "qr": qr_svg(pix)} if pix else None,
        "barcode": {"line": _grouped(typeable_line(digits)), "widths": interleaved_2_of_5(digits)} if digits else None,
    }


def _party(party: Any) -> dict[str, str]:  # noqa: ANN401 - a Party
    place = ", ".join(part for part in (party.address, party.city) if part)
    return {"name": party.name, "document": _document(party.document), "place": place, "email": party.email}


def _document(text: str) -> str:
    """CPF and CNPJ as people write them."""
    if len(text) == 11 and text.isdecimal():
        return f"CPF {text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"
    if len(text) == 14 and text.isdecimal():
        return f"CNPJ {text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
    return text


def _facts(sealed: Sealed, language: Language, words: dict[str, Any]) -> Iterator[list[str]]:
    inputs = sealed.inputs
    last = date.fromordinal(inputs.until.toordinal() - 1)
    yield [words["contract"], inputs.contract]
    yield [words["device"], inputs.device]
    yield [
        words["cycle"],
        f"{day(inputs.from_, language)} – {day(last, language)} ({(inputs.until - inputs.from_).days})",
    ]
    yield [words["issued_on"], day(sealed.issued_on, language)]
    if inputs.terms.dwellings > 1:
        yield [words["dwellings"], str(inputs.terms.dwellings)]


def _line(line: Line, language: Language) -> dict[str, str]:
    steps = [f"{number(step.quantity, language)} × {money(step.price, language, PRICE_PLACES)}" for step in line.steps]
    return {
        "name": line.name.get("en" if language == "en" else "pt", line.key),
        "note": " + ".join(steps[:8]),
        "quantity": f"{number(line.quantity, language)} {line.unit}".strip() if line.quantity else "",
        "price": money(line.unit_price, language, PRICE_PLACES) if line.unit_price is not None else "",
        "amount": money(line.amount, language),
    }


def _net(inputs: Inputs, language: Language, words: dict[str, Any]) -> list[list[str]]:
    """What was injected, and what becomes of the credits; nothing without net metering."""
    said = inputs.net_metering
    if isinstance(said, UnsetType):
        return []
    amounts = {
        "injected": said.injected,
        "compensated": said.compensated,
        "credits_before": sum((lot.amount for lot in said.opening), Decimal(0)),
        "credits_expired": said.expired,
        "credits_after": said.balance,
    }
    rows = [[words[name], f"{number(amount, language)} {inputs.unit}"] for name, amount in amounts.items()]
    for one in said.posts:
        named = words["posts"].get(one.post, one.post)
        rows += [
            [f"{words[name]} · {named}", f"{number(amount, language)} {inputs.unit}"]
            for name, amount in (("injected", one.injected), ("compensated", one.compensated))
            if amount
        ]
    if said.closing:
        first = said.closing[0]
        rows.append(
            [
                words["credits_next"].format(day=day(first.expires, language)),
                f"{number(first.amount, language)} {inputs.unit}",
            ]
        )
    return rows


def registers_of(inputs: Inputs) -> Iterator[tuple[str, RegisterReading]]:
    """What the register showed at the begin, where meters were exchanged, and at the end."""
    if inputs.opening is not None:
        yield "opening", inputs.opening
    for one in exchanges_of(inputs):
        for name, value in (("removed", one.closing), ("installed", one.opening)):
            if value is not None:
                yield name, RegisterReading(at=one.at, value=value, unit=one.unit, quality="manual")
    if inputs.closing is not None:
        yield "closing", inputs.closing


def _reading(name: str, reading: RegisterReading, inputs: Inputs, language: Language) -> list[str]:
    at = datetime.fromtimestamp(reading.at / 1_000_000, UTC).astimezone(ZoneInfo(inputs.zone))
    quality = _QUALITIES[language].get(reading.quality, reading.quality)
    return [
        name,
        f"{day(at.date(), language)} {at:%H:%M}",
        f"{number(reading.value, language)} {reading.unit}",
        quality,
    ]


def _part(one: RegisterPart, language: Language) -> list[str]:
    """Opening, closing, difference, constant, consumption; a dash for what nobody has read."""

    def told(value: Decimal | None, unit: str) -> str:
        return "—" if value is None else f"{number(value, language)} {unit}".strip()

    shown = [told(value, one.unit) for value in (one.opening, one.closing, one.difference)]
    return [*shown, f"× {number(one.multiplier, language)}", told(one.consumption, one.consumption_unit)]


def _divided(sealed: Sealed, language: Language, words: dict[str, Any]) -> str:
    """Why readings that were not made at midnight come to another amount than is billed; nothing where they do not."""
    if not is_divided(sealed):
        return ""
    text: str = words["divided"]
    return text.format(amount=f"{number(consumption_of(sealed.inputs), language)} {sealed.inputs.unit}")


def _estimated(sealed: Sealed, words: dict[str, Any]) -> str:
    """What of the consumption is estimated and how, nothing where none is."""
    if not sealed.bill.is_estimated:
        return ""
    estimate, text = sealed.inputs.estimate, str(words["estimated"])
    if isinstance(estimate, UnsetType) or (estimate.method == "mean" and not estimate.cycles):
        return text
    how: str = words[estimate.method]
    return f"{how.format(known=estimate.known_percent, cycles=estimate.cycles)} {text}"


def _months(inputs: Inputs, language: Language) -> list[dict[str, Any]]:
    own = consumption_of(inputs)
    values = [(one.from_, one.quantity, one.is_estimated) for one in inputs.history][-12:]
    values.append((inputs.from_, own, any(span.is_estimated for span in inputs.metered)))
    highest = max((max(quantity, Decimal(0)) for _, quantity, _ in values), default=Decimal(0)) or Decimal(1)
    return [
        {
            "month": month(from_, language),
            "value": number(round(quantity, 1), language),
            "share": float(max(quantity, Decimal(0)) / highest),
            "estimated": is_estimated,
        }
        for from_, quantity, is_estimated in values
    ]


def _comparison(inputs: Inputs, language: Language, words: dict[str, Any]) -> str:
    """With the same month of the year before."""
    before = [
        one
        for one in inputs.history
        if (one.from_.year, one.from_.month) == (inputs.from_.year - 1, inputs.from_.month)
    ]
    if not before or before[0].quantity <= 0:
        return ""
    own = consumption_of(inputs)
    percent = (own / before[0].quantity - 1) * 100
    text: str = words["comparison"]
    return text.format(
        change=f"{'+' if percent >= 0 else ''}{number(percent, language, 0)}%",
        before=f"{number(round(before[0].quantity, 1), language)} {inputs.unit}",
    )


def _grouped(line: str) -> str:
    return " ".join(f"{line[place : place + 11]}-{line[place + 11]}" for place in range(0, 48, 12))


_WORDS: dict[Language, dict[str, Any]] = {
    "pt-BR": {
        "invoice": "Fatura",
        "credit_note": "Nota de crédito",
        "credits": "Estorna a fatura",
        "customer": "Cliente",
        "contract": "Contrato",
        "device": "Medidor",
        "cycle": "Ciclo (dias)",
        "issued_on": "Emissão",
        "dwellings": "Economias",
        "item": "Descrição",
        "quantity": "Quantidade",
        "price": "Preço unitário",
        "amount": "Valor",
        "total": "Total a pagar",
        "credit": "Crédito",
        "due": "Vencimento",
        "taxes": "Tributos inclusos no total",
        "readings": "Leituras",
        "opening": "Leitura anterior",
        "closing": "Leitura atual",
        "removed": "Medidor retirado",
        "installed": "Medidor novo",
        "difference": "Diferença",
        "constant": "Constante",
        "consumption": "Consumo",
        "parts": "Constante de medição",
        "divided": "O ciclo é faturado de meia-noite a meia-noite, {amount}: o consumo entre a última leitura antes e a "
        "primeira depois é dividido pelo tempo.",
        "history": "Consumo por mês",
        "estimated": "Consumo estimado: a diferença será acertada quando a leitura for conhecida.",
        "net": "Energia injetada e créditos",
        "injected": "Injetada no ciclo",
        "compensated": "Compensada neste ciclo",
        "credits_before": "Créditos anteriores",
        "credits_expired": "Créditos vencidos",
        "credits_after": "Saldo de créditos",
        "credits_next": "Vencem em {day}",
        "posts": {"peak": "ponta", "intermediate": "intermediário", "off_peak": "fora de ponta"},
        "mean": "Só {known} % do ciclo é conhecido; o resto segue a média dos {cycles} ciclos medidos antes.",
        "stated": "Só {known} % do ciclo é conhecido; o consumo foi informado.",
        "comparison": "{change} em relação ao mesmo mês do ano anterior ({before}).",
        "pix": "Pague com Pix: aponte a câmera do aplicativo do banco ou copie o código",
        "states": {"overdue": "VENCIDA", "paid": "PAGA", "cancelled": "CANCELADA", "replaced": "SUBSTITUÍDA"},
    },
    "en": {
        "invoice": "Invoice",
        "credit_note": "Credit note",
        "credits": "Takes back invoice",
        "customer": "Customer",
        "contract": "Contract",
        "device": "Meter",
        "cycle": "Cycle (days)",
        "issued_on": "Issued",
        "dwellings": "Dwellings",
        "item": "Item",
        "quantity": "Quantity",
        "price": "Unit price",
        "amount": "Amount",
        "total": "Total to pay",
        "credit": "Credit",
        "due": "Due",
        "taxes": "Taxes inside the total",
        "readings": "Readings",
        "opening": "Previous reading",
        "closing": "Present reading",
        "removed": "Meter removed",
        "installed": "New meter",
        "difference": "Difference",
        "constant": "Constant",
        "consumption": "Consumption",
        "parts": "Constant of the measurement",
        "divided": "The cycle is billed from midnight to midnight, {amount}: what went through between the last reading before "
        "and the first one after is divided by time.",
        "history": "Consumption by month",
        "estimated": "Estimated consumption: the difference will be settled when the reading is known.",
        "net": "Injected energy and credits",
        "injected": "Injected in the cycle",
        "compensated": "Compensated in this cycle",
        "credits_before": "Credits before",
        "credits_expired": "Credits expired",
        "credits_after": "Credits left",
        "credits_next": "Expire on {day}",
        "posts": {"peak": "peak", "intermediate": "intermediate", "off_peak": "off-peak"},
        "mean": "Only {known} % of the cycle is known; the rest follows the mean of the {cycles} cycles measured before.",
        "stated": "Only {known} % of the cycle is known; the consumption was stated.",
        "comparison": "{change} compared with the same month a year ago ({before}).",
        "pix": "Pay with Pix: scan with your bank's app or copy the code",
        "states": {"overdue": "OVERDUE", "paid": "PAID", "cancelled": "CANCELLED", "replaced": "REPLACED"},
    },
}

_QUALITIES: dict[Language, dict[str, str]] = {
    "pt-BR": {"good": "medida", "manual": "lida por pessoa", "estimated": "estimada", "substituted": "substituída"},
    "en": {"good": "measured", "manual": "read by a person", "estimated": "estimated", "substituted": "substituted"},
}
