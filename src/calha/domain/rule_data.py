"""Values of plain data, as JSON and YAML give it; what does not fit is refused as InvalidRule with its place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from calha.domain.errors import InvalidRule

MAX_KEY = 64

Given = Mapping[str, Any]


def mapping(data: object, place: str, allowed: Sequence[str]) -> Given:
    """A mapping that has no other names than these."""
    if not isinstance(data, Mapping):
        fail(place, f"is {shown(data)}; names and values are expected")
    for name in data:
        if name not in allowed:
            fail(f"{place}.{str(name)[:MAX_KEY]}", f"is not known; allowed: {', '.join(allowed) or 'nothing'}")
    return data


def number(data: object, place: str, least: float = -math.inf, most: float = math.inf) -> float:
    """A number within bounds; no NaN."""
    is_number = isinstance(data, int | float) and not isinstance(data, bool)
    value = float(data) if is_number and abs(data) < 1e300 else math.nan  # type: ignore[arg-type]
    if not math.isfinite(value):
        fail(place, f"is {shown(data)}; a number is expected")
    if not least <= value <= most:
        allowed = f"allowed: {least:g} to {most:g}" if most < math.inf else f"at least {least:g}"
        fail(place, f"is {value:g}; {allowed}")
    return value


def integer(data: object, place: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    if not isinstance(data, int) or isinstance(data, bool) or not least <= data <= most:
        fail(place, f"is {shown(data)}; a whole number from {least} to {most} is expected")
    return data


def boolean(data: object, place: str) -> bool:
    """Yes or no."""
    if not isinstance(data, bool):
        fail(place, f"is {shown(data)}; true or false is expected")
    return data


def text(data: object, place: str, most: int = MAX_KEY, is_empty_allowed: bool = False) -> str:
    """A text that says something."""
    if not isinstance(data, str) or len(data) > most or not (data.strip() or is_empty_allowed):
        fail(place, f"is {shown(data)}; a text of 1 to {most} characters is expected")
    return data


def choice(data: object, place: str, allowed: Sequence[str]) -> str:
    """One of a few words."""
    if not isinstance(data, str) or data not in allowed:
        fail(place, f"is {shown(data)}; allowed: {', '.join(allowed)}")
    return data


def shown(data: object) -> str:
    """What was given, short enough for a message."""
    return "missing" if data is None else repr(data)[:60]


def fail(place: str, reason: str) -> NoReturn:
    """Refuse with the place of what is wrong."""
    raise InvalidRule(f"{place}: {reason}", where=place)
