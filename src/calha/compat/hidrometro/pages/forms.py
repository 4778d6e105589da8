"""Forms: their fields with the names that they always had, and what a browser sends of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

MAX_TEXT = 255
MAX_DIGITS = 20

Kind = Literal["text", "email", "password", "number", "date", "select", "checkbox"]
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """choices: (value, label) of a select; an empty value means none."""

    name: str
    label: str
    kind: Kind = "text"
    required: bool = True
    choices: Choices = ()
    hint: str = ""
    longest: int = MAX_TEXT


@dataclass(frozen=True, slots=True)
class Filled:
    """values: as their kind says, None for an empty one. faults: by field, in words."""

    values: Mapping[str, Any]
    faults: Mapping[str, str]


def fill(fields: Sequence[Field], sent: Mapping[str, str]) -> Filled:
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in fields:
        given = sent.get(field.name, "").strip()
        if field.kind == "checkbox":
            values[field.name] = given in ("on", "true", "1")
        elif not given:
            values[field.name] = None
            if field.required:
                faults[field.name] = "Preencha este campo."
        else:
            try:
                values[field.name] = _value(field, given)
            except ValueError as error:
                values[field.name], faults[field.name] = None, str(error)
    return Filled(values, faults)


def _value(field: Field, given: str) -> Any:  # noqa: ANN401 - as the kind says
    """Raises ValueError with what to do."""
    if len(given) > field.longest or not given.isprintable():
        raise ValueError(f"No máximo {field.longest} caracteres, em uma linha.")
    if field.kind == "number":
        return _number(given)
    if field.kind == "date":
        return _date(given)
    if field.kind == "select" and given not in {value for value, _ in field.choices}:
        raise ValueError("Escolha um valor da lista.")
    if field.kind == "email" and "@" not in given:
        raise ValueError("Escreva um e-mail, como nome@exemplo.com.br.")
    return given


def _number(given: str) -> Decimal:
    try:
        found = Decimal(given.replace(",", ".")) if len(given) <= MAX_DIGITS else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0 or found > 10**12:
        raise ValueError("Escreva um número a partir de 0, como 5,25.")
    return found


def _date(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ValueError("Escreva uma data, como 2025-08-31.") from None
