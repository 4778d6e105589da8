"""Payments out of a bank's statement as CSV. Each line that cannot be read is told with its number; the others count.

Columns are found by their headings, in Portuguese or English: an identification of the payment, its day, its amount, and the
txid or the text in which it stands. Amounts are as people write them (1.234,56) or as programs do (1234.56).
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from calha.domain.errors import Malformed
from calha.domain.pix_charges import invoice_txid

MAX_LINES = 100_000
HEADINGS: Mapping[str, Sequence[str]] = {
    "id": ("id", "e2eid", "endtoendid", "identificador", "documento", "document"),
    "day": ("data", "date", "data pagamento", "paid at", "horario"),
    "amount": ("valor", "amount", "valor pago"),
    "txid": ("txid", "historico", "histórico", "descricao", "descrição", "description"),
}
_TXID = re.compile(r"\bFAT\d{5,32}\b")  # of an invoice, or of its charge


@dataclass(frozen=True, slots=True)
class StatementLine:
    """external_id: of the bank, or `row_id`, made from the line, where there is none."""

    line: int
    external_id: str
    txid: str
    amount: Decimal
    paid_at: datetime
    row_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    line: int
    reason: str


def read_statement(text: str, zone: tzinfo = UTC) -> Iterator[StatementLine | Unreadable]:
    """The incoming payments of a statement; money that goes out is passed over. Raises Malformed without the columns.

    zone: of the bank, whose days and times name none.
    """
    sample = text[:4_000]
    delimiter = max(";,\t", key=sample.count)
    lines = text.splitlines()
    columns = _columns(next(csv.reader(lines[:1], delimiter=delimiter), []))
    for number, line in enumerate(lines[1:], 2):
        if number > MAX_LINES:
            yield Unreadable(number, f"more than {MAX_LINES} lines")
            return
        if not line.strip(delimiter + " "):
            continue
        try:
            found = _line(number, next(csv.reader([line], delimiter=delimiter)), columns, zone)
        except (ValueError, IndexError, InvalidOperation, csv.Error) as error:
            yield Unreadable(number, str(error) or type(error).__name__)
            continue
        if found.amount > 0:
            yield found


def _columns(headings: Sequence[str]) -> dict[str, int]:
    names = [heading.strip().lower() for heading in headings]
    found = {
        key: next(place for place, name in enumerate(names) if name in known)
        for key, known in HEADINGS.items()
        if set(names) & set(known)
    }
    missing = {"day", "amount", "txid"} - found.keys()
    if missing:
        wanted = "; ".join(f"{key}: {', '.join(HEADINGS[key])}" for key in sorted(missing))
        raise Malformed(f"the first line names no column for {wanted}", "statement")
    return found


def _line(number: int, row: Sequence[str], columns: Mapping[str, int], zone: tzinfo) -> StatementLine:
    text = row[columns["txid"]].strip()
    found = _TXID.search(text)
    own = row[columns["id"]].strip() if "id" in columns else ""
    made = hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:32]
    return StatementLine(
        number,
        own or made,
        invoice_txid(found.group()) if found else text[:35],
        amount_of(row[columns["amount"]]),
        _day(row[columns["day"]], zone),
        made,
    )


def amount_of(text: str) -> Decimal:
    """1.234,56 or 1,234.56 or 1234.56; the last mark with one or two digits behind it parts the cents.

    Money that goes out: -12,00, 12,00-, 12,00 D or, as accountants write it, (12,00).
    """
    plain = text.replace("R$", "").replace("\u00a0", "").replace(" ", "")
    is_out = plain.startswith("-") or plain.endswith(("-", "D")) or (plain.startswith("(") and plain.endswith(")"))
    sign = -1 if is_out else 1
    plain = plain.strip("+-CD()")
    found = re.fullmatch(r"(\d[\d.,]*?)(?:[.,](\d{1,2}))?", plain)
    if found is None:
        raise ValueError(f"{text!r} is not an amount")
    whole = re.sub(r"[.,]", "", found.group(1))
    return sign * Decimal(f"{whole}.{found.group(2) or 0}")


def _day(text: str, zone: tzinfo) -> datetime:
    plain = text.strip()
    for form in ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S"):
        try:
            return datetime.strptime(plain, form).replace(tzinfo=zone)
        except ValueError:
            continue
    found = datetime.fromisoformat(plain)
    return found if found.tzinfo else found.replace(tzinfo=zone)
