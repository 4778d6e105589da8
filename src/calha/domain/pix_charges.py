"""Charges that a payment provider keeps, as the API Pix of Banco Central has them: what is sent, and what comes back.

An invoice's txid is short; a charge has 26 to 35 letters and digits. So the number of the invoice is filled up with zeros, and
found again without them.

Source: Banco Central do Brasil, "API Pix", version 2 (cob, pix).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from calha.domain.errors import Malformed
from calha.domain.invoices import Sealed

TXID_CHARS = 26
DAYS_AFTER_DUE = 60  # for which a charge can still be paid
REMOVED = {"status": "REMOVIDA_PELO_USUARIO_RECEBEDOR"}
_INVOICE = re.compile(r"FAT0*(\d+)")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Received:
    """A Pix that came in. id: `endToEndId`, the same for payer, payee and Banco Central."""

    id: str
    txid: str
    amount: Decimal
    paid_at: datetime


def charge_txid(txid: str) -> str:
    """Of an invoice's charge."""
    found = _INVOICE.fullmatch(txid)
    assert found is not None, txid
    return f"FAT{found.group(1):0>{TXID_CHARS - 3}}"


def invoice_txid(txid: str) -> str:
    """Of the invoice that a charge is for; another txid stays as it is."""
    found = _INVOICE.fullmatch(txid)
    return f"FAT{found.group(1)}" if found is not None else txid


def charge_body(sealed: Sealed, today: date) -> dict[str, Any]:
    """What `PUT /v2/cob/{txid}` is sent of an invoice."""
    inputs = sealed.inputs
    days = max((inputs.due_on - today).days, 0) + DAYS_AFTER_DUE
    body: dict[str, Any] = {
        "calendario": {"expiracao": days * _DAY_S},
        "valor": {"original": f"{sealed.total:.2f}"},
        "chave": inputs.issuer.pix_key,
        "solicitacaoPagador": f"Fatura {sealed.number}",
    }
    document = "".join(letter for letter in inputs.customer.document if letter.isdecimal())
    if len(document) in (11, 14):
        body["devedor"] = {"cpf" if len(document) == 11 else "cnpj": document, "nome": inputs.customer.name[:200]}
    return body


def read_location(answer: Any, txid: str, amount: Decimal) -> str:  # noqa: ANN401 - JSON of a stranger
    """Where the charge stands, without https://. Raises Malformed for what is not the charge that was asked for."""
    charge = _mapping(answer, "the charge")
    value = _amount(_mapping(charge.get("valor"), "valor").get("original"))
    if charge.get("txid") != txid or value != amount:
        raise Malformed(f"the provider keeps {charge.get('txid')!r} of {value}, not {txid!r} of {amount}", "pix")
    location = charge.get("location") or _mapping(charge.get("loc"), "loc").get("location")
    if not isinstance(location, str) or not location:
        raise Malformed("the provider tells no location of the charge", "pix")
    return location.removeprefix("https://")


def read_received(answer: Any) -> tuple[list[Received], int]:  # noqa: ANN401 - JSON of a stranger
    """A page of `GET /v2/pix`, and how many pages there are. Raises Malformed."""
    page = _mapping(answer, "the answer")
    paging = _mapping(_mapping(page.get("parametros"), "parametros").get("paginacao"), "paginacao")
    pages = paging.get("quantidadeDePaginas")
    found = page.get("pix", [])
    if not isinstance(pages, int) or not isinstance(found, list):
        raise Malformed("the provider's list of Pix is not one", "pix")
    return [_received(_mapping(one, "pix")) for one in found], pages


def _received(one: Mapping[str, Any]) -> Received:
    try:
        paid_at = datetime.fromisoformat(str(one["horario"]))
        return Received(str(one["endToEndId"]), str(one.get("txid", "")), _amount(one["valor"]), _zoned(paid_at))
    except (KeyError, ValueError) as error:
        raise Malformed(f"a Pix without what tells it: {error}", "pix") from None


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _amount(text: Any) -> Decimal:  # noqa: ANN401
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise Malformed(f"{text!r} is not an amount", "pix") from None


def _mapping(found: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(found, dict):
        raise Malformed(f"{name} of the provider's answer is {type(found).__name__}, not an object", "pix")
    return found
