"""Pix BR Code (EMV QRCPS-MPM): the text behind the QR code of a bill, made and read.

Layout: `ID(2) LENGTH(2) VALUE` one after another, nested inside 26 and 62; 63 is the CRC over all before it and ends the text.

Rule 1: what is made is strict; a value that would not fit is refused, never cut.
Rule 2: what is read must be well formed to the last character: a right CRC alone proves nothing.

Source: Banco Central do Brasil, "Manual de Padrões para Iniciação do Pix"; EMVCo QRCPS Merchant-Presented Mode.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from calha.domain.errors import Malformed

GUI = "br.gov.bcb.pix"
NO_TXID = "***"
MAX_CHARS = 512
MAX_NAME_CHARS = 25
MAX_CITY_CHARS = 15
MAX_KEY_CHARS = 77
MAX_ACCOUNT_CHARS = 99  # of field 26 as a whole
MAX_AMOUNT_CHARS = 13

_REAL = "986"
_AMOUNT = re.compile(r"\d{1,10}(\.\d{1,2})?")
_TXID = re.compile(r"[A-Za-z0-9]{1,25}")
_URL = re.compile(r"[A-Za-z0-9.-]+(:\d+)?/[\x21-\x7e]+")
_KEYS = (
    re.compile(r"[0-9]{11}|[0-9]{14}"),  # CPF, CNPJ
    re.compile(r"\+[1-9][0-9]{7,14}"),  # telephone, E.164
    re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+"),
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
)


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid. key: CPF, CNPJ, telephone, e-mail or random key. Names are folded to ASCII."""

    name: str
    city: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class BrCode:
    """A code as read. key or url: static or dynamic. amount None: the payer types it. txid None: the code carries none."""

    name: str
    city: str
    key: str | None = None
    url: str | None = None
    description: str | None = None
    amount: Decimal | None = None
    txid: str | None = None
    is_once: bool = False


def static_code(payee: Payee, amount: Decimal | None, txid: str | None = None, description: str | None = None) -> str:
    """Text of a static code in reais. txid: 1 to 25 letters and digits, by which the payment is recognised.

    Raises Malformed for what does not fit.
    """
    if not is_key(payee.key):
        raise Malformed(
            f"{payee.key!r} is no Pix key: CPF, CNPJ, +telephone, e-mail in lower case, or random key", "pix"
        )
    if txid is not None and not _TXID.fullmatch(txid):
        raise Malformed(f"txid {txid!r} is not 1 to 25 letters and digits", "pix")
    account = _field(0, GUI) + _field(1, payee.key)
    if description:
        account += _field(2, ascii_of(description))
    return _code(account, payee, amount, txid or NO_TXID, is_once=False)


def dynamic_code(payee: Payee, url: str, amount: Decimal | None = None) -> str:
    """Text of a code whose charge stands at `url` (without https://) of a payment provider. Raises Malformed."""
    if "://" in url or not _URL.fullmatch(url):
        raise Malformed(f"{url!r} is not an address without its scheme, such as pix.example.com/qr/1", "pix")
    return _code(_field(0, GUI) + _field(25, url), payee, amount, NO_TXID, is_once=True)


def is_key(text: str) -> bool:
    """Whether a text has the form of a Pix key."""
    return len(text) <= MAX_KEY_CHARS and any(form.fullmatch(text) for form in _KEYS)


def read_code(text: str) -> BrCode:
    """The code in a text, which must be whole and well formed. Raises Malformed with what is wrong."""
    if len(text) > MAX_CHARS or not text.isascii():
        raise Malformed(f"a Pix code is at most {MAX_CHARS} characters of ASCII", "pix")
    _require_crc(text)
    fields = _fields(text[:-8], "the code")
    _require(fields, "00", "01")
    _require(fields, "53", _REAL)
    _require(fields, "58", "BR")
    account = _fields(_value(fields, "26"), "field 26")
    if account.get("00", "").lower() != GUI:
        raise Malformed(f"field 26-00 is {account.get('00')!r}, not {GUI!r}", "pix")
    key, url = account.get("01"), account.get("25")
    if (key is None) == (url is None):
        raise Malformed("field 26 needs either a key (01) or an address (25)", "pix")
    return BrCode(
        name=_value(fields, "59"),
        city=_value(fields, "60"),
        key=key,
        url=url,
        description=account.get("02"),
        amount=_read_amount(fields.get("54")),
        txid=_read_txid(fields.get("62")),
        is_once=fields.get("01") == "12",
    )


def ascii_of(text: str) -> str:
    """A text in the letters that a Pix code takes: without accents, blanks one at a time."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(letter for letter in folded if letter.isprintable()).split())


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, nothing reflected. `123456789` gives 0x29B1."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _code(account: str, payee: Payee, amount: Decimal | None, txid: str, *, is_once: bool) -> str:
    if len(account) > MAX_ACCOUNT_CHARS:
        raise Malformed(
            f"key or address and description together have {len(account)} of {MAX_ACCOUNT_CHARS} characters", "pix"
        )
    parts = [_field(0, "01")]
    if is_once:
        parts.append(_field(1, "12"))
    parts += [_field(26, account), _field(52, "0000"), _field(53, _REAL)]
    if amount is not None:
        parts.append(_field(54, _amount(amount)))
    parts += [
        _field(58, "BR"),
        _field(59, _name(payee.name, MAX_NAME_CHARS)),
        _field(60, _name(payee.city, MAX_CITY_CHARS)),
    ]
    parts.append(_field(62, _field(5, txid)))
    text = "".join(parts) + "6304"
    return text + f"{crc16(text.encode()):04X}"


def _field(number: int, value: str) -> str:
    if not 1 <= len(value) <= 99:
        raise Malformed(f"field {number:02} has {len(value)} characters; 1 to 99 fit", "pix")
    return f"{number:02}{len(value):02}{value}"


def _amount(amount: Decimal) -> str:
    text = f"{amount:.2f}"
    if amount <= 0 or Decimal(text) != amount or len(text) > MAX_AMOUNT_CHARS:
        raise Malformed(f"{amount} is not an amount in reais and whole cents", "pix")
    return text


def _name(text: str, max_chars: int) -> str:
    folded = ascii_of(text)
    if not 1 <= len(folded) <= max_chars:
        raise Malformed(f"{text!r} has {len(folded)} characters; 1 to {max_chars} fit into a Pix code", "pix")
    return folded


def _require_crc(text: str) -> None:
    if text[-8:-4] != "6304":
        raise Malformed("the code does not end with its check sum (field 63)", "pix")
    expected = f"{crc16(text[:-4].encode()):04X}"
    if text[-4:] != expected:
        raise Malformed(f"the check sum is {text[-4:]!r}, it should be {expected!r}: a character is wrong", "pix")


def _fields(text: str, where: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, value in _cut(text, where):
        if number in fields:
            raise Malformed(f"{where} has field {number} twice", "pix")
        fields[number] = value
    return fields


def _cut(text: str, where: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        number, length = text[place : place + 2], text[place + 2 : place + 4]
        if len(number) < 2 or len(length) < 2 or not (number + length).isdigit():
            raise Malformed(f"{where} breaks off at character {place + 1}", "pix")
        place += 4 + int(length)
        if place > len(text):
            raise Malformed(f"{where}: field {number} says {int(length)} characters, fewer follow", "pix")
        yield number, text[place - int(length) : place]


def _value(fields: dict[str, str], number: str) -> str:
    if not fields.get(number):
        raise Malformed(f"field {number} is missing", "pix")
    return fields[number]


def _require(fields: dict[str, str], number: str, value: str) -> None:
    if fields.get(number) != value:
        raise Malformed(f"field {number} is {fields.get(number)!r}, not {value!r}", "pix")


def _read_amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        if not _AMOUNT.fullmatch(text):
            raise InvalidOperation
        return Decimal(text)
    except InvalidOperation:
        raise Malformed(f"field 54 is {text!r}, not an amount", "pix") from None


def _read_txid(additional: str | None) -> str | None:
    if additional is None:
        return None
    txid = _fields(additional, "field 62").get("05")
    return None if txid in (None, NO_TXID) else txid
