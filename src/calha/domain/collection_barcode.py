"""Bar code of a utility bill (FEBRABAN "arrecadação", 44 digits beginning with 8) and the line that a person types.

Rule 1: the general check digit and, in the line, that of each of the four blocks must hold; blocks alone prove nothing.
Rule 2: check digits are modulo 10 for value kinds 6 and 7, modulo 11 for 8 and 9.

Source: FEBRABAN, "Layout padrão de arrecadação/recebimento com utilização do código de barras", version 4.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from calha.domain.bank_slip import recognised
from calha.domain.check_digits import modulus_10, modulus_11
from calha.domain.errors import Malformed

Segment = Literal[1, 2, 3, 4, 5, 6, 7, 9]
SANITATION: Segment = 2
ENERGY_AND_GAS: Segment = 3

FREE_DIGITS = 25
_BLOCK = 11
_MAX_CENTS = 10**11 - 1
_WITH_MODULUS_10 = "67"
_IN_REAIS = "68"


@dataclass(frozen=True, slots=True)
class CollectionBarcode:
    """amount None: the code carries a quantity of another currency. company: four digits given by FEBRABAN.

    free: what the company chooses, FREE_DIGITS digits.
    """

    segment: int
    company: str
    amount: Decimal | None
    free: str


def collection_barcode(segment: Segment, company: str, amount: Decimal, free: str) -> str:
    """The 44 digits of a bill in reais with modulo 10. Raises Malformed for what does not fit."""
    cents = amount * 100
    if cents != int(cents) or not 0 <= cents <= _MAX_CENTS:
        raise Malformed(f"{amount} is not an amount in whole cents below a thousand million reais", "barcode")
    if len(company) != 4 or len(free) != FREE_DIGITS or not (company + free).isdecimal():
        raise Malformed(
            f"the company has 4 digits, the free field {FREE_DIGITS}; not {company!r} and {free!r}", "barcode"
        )
    rest = f"{int(cents):011}{company}{free}"
    head = f"8{segment}6"
    return f"{head}{modulus_10(head + rest)}{rest}"


def typeable_line(barcode: str) -> str:
    """The 48 digits that a person types: four blocks of 11 digits, each with its check digit."""
    _require_digits(barcode, 44)
    blocks = (barcode[place : place + _BLOCK] for place in range(0, 44, _BLOCK))
    return "".join(f"{block}{_check_digit(block, barcode[2])}" for block in blocks)


def read_collection(text: str) -> CollectionBarcode:
    """What a bar code or a typed line says; blanks, points and hyphens are passed over. Raises Malformed."""
    digits = "".join(letter for letter in text if letter not in " .-")
    slip = recognised(digits)
    if slip is not None:
        raise Malformed(f"this is a bank slip of bank {slip.bank} over R$ {slip.amount}, not a utility bill", "barcode")
    barcode = _without_block_digits(digits) if len(digits) == 48 else digits
    _require_digits(barcode, 44)
    if barcode[0] != "8" or barcode[2] not in "6789":
        raise Malformed("the code is not that of a utility bill, which begins with 8", "barcode")
    expected = _check_digit(barcode[:3] + barcode[4:], barcode[2])
    if barcode[3] != expected:
        raise Malformed(
            f"the general check digit is {barcode[3]}, it should be {expected}: a digit is wrong", "barcode"
        )
    amount = Decimal(barcode[4:15]).scaleb(-2) if barcode[2] in _IN_REAIS else None
    return CollectionBarcode(int(barcode[1]), barcode[15:19], amount, barcode[19:])


def interleaved_2_of_5(digits: str) -> list[bool]:
    """Widths of bars and gaps in turn, beginning with a bar; True is wide. For an even number of digits.

    Source: ISO/IEC 16390.
    """
    _require_digits(digits, len(digits) + len(digits) % 2)
    widths = [False] * 4
    for bars, gaps in zip(digits[::2], digits[1::2], strict=True):
        for bar, gap in zip(_PATTERNS[int(bars)], _PATTERNS[int(gaps)], strict=True):
            widths += [bar == "w", gap == "w"]
    return [*widths, True, False, False]


_PATTERNS = ("nnwwn", "wnnnw", "nwnnw", "wwnnn", "nnwnw", "wnwnn", "nwwnn", "nnnww", "wnnwn", "nwnwn")


def _without_block_digits(line: str) -> str:
    _require_digits(line, 48)
    blocks = [line[place : place + _BLOCK + 1] for place in range(0, 48, _BLOCK + 1)]
    for number, block in enumerate(blocks, 1):
        expected = _check_digit(block[:-1], line[2])
        if block[-1] != expected:
            raise Malformed(
                f"block {number} ends with {block[-1]}, it should be {expected}: a digit is wrong", "barcode"
            )
    return "".join(block[:-1] for block in blocks)


def _check_digit(digits: str, kind: str) -> str:
    return modulus_10(digits) if kind in _WITH_MODULUS_10 else _modulus_11(digits)


def _modulus_11(digits: str) -> str:
    rest = modulus_11(digits)
    return "0" if rest in (0, 1) else "1" if rest == 10 else str(11 - rest)


def _require_digits(text: str, count: int) -> None:
    if len(text) != count or not (text.isascii() and text.isdecimal()):
        raise Malformed(f"a code has {count} digits; this has {len(text)} characters", "barcode")
