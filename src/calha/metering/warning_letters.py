"""What is written to who pays when a running cycle leaves what is usual for him."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from calha.domain.forecasts import Warned, WarningKind
from calha.mail import Letter
from calha.metering.forecasts import Forecast
from calha.store.billing import CustomerRow

Language = Literal["pt-BR", "en"]

_LETTERS: Mapping[Language, tuple[str, str]] = {
    "pt-BR": (
        "Previsão do seu consumo: contrato {contract}",
        """Olá, {name}.

Sobre o ciclo de {from_} a {last} do contrato {contract} (medidor {device}):

{points}

É uma previsão pelo consumo dos últimos dias. O medidor, dia a dia, está em:

{link}

Este aviso é enviado uma vez por ciclo. Para mudar o limite, fale com {issuer}.
""",
    ),
    "en": (
        "What you will have used: contract {contract}",
        """Hello, {name}.

About the cycle from {from_} to {last} of contract {contract} (meter {device}):

{points}

This is a forecast from the last days' consumption. Your meter, day by day, is at:

{link}

This message is sent once a cycle. To have the limit changed, ask {issuer}.
""",
    ),
}
_POINTS: Mapping[Language, Mapping[WarningKind, str]] = {
    "pt-BR": {
        "higher_block": "- O consumo deve chegar a {expected}; de {begins} em diante vale outra faixa. O normal é {usual}.",
        "consumption_varies": "- O consumo deve chegar a {expected}. O normal é {usual}.",
        "bill_varies": "- A fatura deve chegar a {expected}. O normal é {usual}.",
    },
    "en": {
        "higher_block": "- Consumption is heading for {expected}; from {begins} on another price applies. Usual is {usual}.",
        "consumption_varies": "- Consumption is heading for {expected}. Usual is {usual}.",
        "bill_varies": "- The invoice is heading for {expected}. Usual is {usual}.",
    },
}
_SOMEBODY: Mapping[Language, str] = {"pt-BR": "quem emite a fatura", "en": "whoever issues your invoices"}


def letter(payer: CustomerRow, found: Forecast, warned: Sequence[Warned], link: str) -> Letter:
    """In the customer's language; of no use once the cycle is over."""
    assert found.cycle is not None
    language: Language = "en" if payer.language == "en" else "pt-BR"
    subject, text = _LETTERS[language]
    last = found.cycle.until - timedelta(days=1)
    form = "%d/%m/%Y" if language == "pt-BR" else "%Y-%m-%d"
    values = {
        "name": " ".join(payer.name.split()),
        "contract": found.contract.number,
        "device": found.contract.device,
        "from_": f"{found.cycle.from_:{form}}",
        "last": f"{last:{form}}",
        "points": "\n".join(_point(one, found.unit, language) for one in warned),
        "link": link,
        "issuer": _SOMEBODY[language],
    }
    until = datetime.combine(found.cycle.until, time(), UTC)
    return Letter("consumption_warning", payer.email, subject.format(**values), text.format(**values), until)


def _point(warned: Warned, unit: str, language: Language) -> str:
    shown = _money if warned.kind == "bill_varies" else lambda value, lang: f"{_number(value, 1, lang)} {unit}"
    begins = "" if warned.begins is None else f"{_number(warned.begins, 1, language)} {unit}"
    return _POINTS[language][warned.kind].format(
        expected=shown(warned.expected, language), usual=shown(warned.usual, language), begins=begins
    )


def _money(value: Decimal, language: Language) -> str:
    return f"R$ {_number(value, 2, language)}" if language == "pt-BR" else f"R${_number(value, 2, language)}"


def _number(value: Decimal, places: int, language: Language) -> str:
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "pt-BR" else text
