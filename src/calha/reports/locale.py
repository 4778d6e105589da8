"""Numbers, money and days as people write them in each language."""

from datetime import date
from decimal import Decimal
from typing import Literal

Language = Literal["pt-BR", "en"]

_MARKS = {"pt-BR": (".", ","), "en": (",", ".")}  # between thousands, and before decimals
_NO_BREAK = "\u00a0"


def number(value: Decimal, language: Language, places: int | None = None, least: int = 0) -> str:
    """A number with its thousands parted. places: exactly so many; else as many as it has, at least `least`."""
    if places is None:
        plain = f"{value.normalize():f}"
        places = max(least, len(plain.partition(".")[2]))
    thousands, decimals = _MARKS[language]
    return f"{value:,.{places}f}".translate({ord(","): thousands, ord("."): decimals})


def money(amount: Decimal, language: Language, places: int = 2) -> str:
    """An amount in reais: R$ 1.234,56."""
    sign = "-" if amount < 0 else ""
    return f"{sign}R${_NO_BREAK}{number(abs(amount), language, places)}"


def day(when: date, language: Language) -> str:
    """31/12/2026; in English 2026-12-31, which nobody can take for another day."""
    return f"{when:%d/%m/%Y}" if language == "pt-BR" else when.isoformat()


def month(when: date, language: Language) -> str:
    """A month on an axis: 12/26 or 2026-12."""
    return f"{when:%m/%y}" if language == "pt-BR" else f"{when:%Y-%m}"
