"""Bank slips ("boletos"), recognised so that nobody takes one for a utility bill: bar code of 44 digits, typed line of 47.

Bank (3), currency 9, check digit by modulus 11, due factor (4), amount in cents (10), free field (25). The due factor counts
days since 1997-10-07; after 9999, which was 2025-02-21, it began again with 1000 on the next day.
Source: FEBRABAN, layout of the bank slip.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from calha.domain.check_digits import modulus_10, modulus_11

_FIRST_DAY, _SECOND_DAY = date(1997, 10, 7), date(2022, 5, 29)
_LINE, _BARCODE = 47, 44
_UTILITY_BILL, _REAIS = "8", "9"  # no bank's number begins with 8


@dataclass(frozen=True, slots=True)
class BankSlip:
    """factor: of the day on which it is due; 0 for none."""

    bank: str
    factor: int
    amount: Decimal
    barcode: str

    def due_on(self, near: date) -> date | None:
        """The day on which it is due, of two that a factor can mean the one nearer to a day."""
        if self.factor == 0:
            return None
        days = (first + timedelta(days=self.factor) for first in (_FIRST_DAY, _SECOND_DAY))
        return min(days, key=lambda day: abs(day - near))


def recognised(digits: str) -> BankSlip | None:
    """A bar code or typed line, if all of its check digits are those of a bank slip."""
    if not (digits.isascii() and digits.isdecimal()):
        return None
    barcode = _of_line(digits) if len(digits) == _LINE else digits
    if barcode is None or len(barcode) != _BARCODE or barcode[0] == _UTILITY_BILL or barcode[3] != _REAIS:
        return None
    if barcode[4] != _general(barcode):
        return None
    return BankSlip(barcode[:3], int(barcode[5:9]), Decimal(barcode[9:19]).scaleb(-2), barcode)


def _of_line(line: str) -> str | None:
    """The bar code of a typed line: three fields, each with its check digit, then what comes first."""
    fields = line[:10], line[10:21], line[21:32]
    if any(modulus_10(field[:-1]) != field[-1] for field in fields):
        return None
    first, *others = (field[:-1] for field in fields)
    return first[:4] + line[32:] + first[4:] + "".join(others)


def _general(barcode: str) -> str:
    digit = 11 - modulus_11(barcode[:4] + barcode[5:])
    return str(digit) if 1 < digit < 10 else "1"
