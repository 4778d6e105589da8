"""Formulas over channels: `flow > 5 and pressure < 2`, `max(x, y, z)`, `(power / nominal) * 100`.

Rule 1: a formula is parsed by a grammar of our own and becomes functions over columns; nothing of it is ever run as a program.
Rule 2: it is either a number or a yes/no, known before it is used; the two are not mixed.
Rule 3: what is unknown (NaN) makes a result unknown, except where it cannot matter: `no and unknown` is no. A yes is 1, a no 0.
Rule 4: the length, the depth and the number of channels have limits.

A channel whose key is no simple name is written in brackets: `[ph-1]`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import Malformed

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]
Reckon = Callable[[Columns], Floats]

MAX_CHARS = 500
MAX_DEPTH = 40
MAX_CHANNELS = 16
_CACHED = 1_000

_GRAMMAR: Final = r"""
    ?start: either
    ?either: both ("or" both)*
    ?both: denied ("and" denied)*
    ?denied: "not" denied -> negate | compared
    ?compared: sum (COMPARISON sum)?
    ?sum: product ((PLUS | MINUS) product)*
    ?product: signed ((TIMES | OVER) signed)*
    ?signed: MINUS signed -> minus | power
    ?power: atom ("^" signed)?
    ?atom: NUMBER -> number
        | FUNCTION "(" either ("," either)* ")" -> call
        | NAME -> channel
        | BRACKETED -> bracketed
        | "(" either ")"
    COMPARISON: "<=" | ">=" | "==" | "!=" | "<" | ">"
    PLUS: "+"
    MINUS: "-"
    TIMES: "*"
    OVER: "/"
    FUNCTION.2: /(abs|min|max|sqrt|mean)(?=\s*\()/
    NAME: /(?!(and|or|not)\b)[A-Za-z_][A-Za-z0-9_]*/
    BRACKETED: /\[[^\[\]\n]{1,64}\]/
    %import common.NUMBER
    %import common.WS
    %ignore WS
"""


@dataclass(frozen=True)
class Compiled:
    """channels: in the order in which they are named. is_yes: whether it says yes or no. reckon: NaN where unknown."""

    channels: tuple[str, ...]
    is_yes: bool
    reckon: Reckon


@dataclass(frozen=True, slots=True)
class _Part:
    """place: the character at which it begins, from 1."""

    place: int
    is_yes: bool
    reckon: Reckon


class _Unreadable(Malformed):
    """Something in a formula, with the character at which it stands, from 1."""

    def __init__(self, place: int, told: str, reason: str, **about: object) -> None:
        super().__init__(f"formula, character {place}: {told}", reason, place=place, **about)


@lru_cache(maxsize=_CACHED)
def compiled(text: str) -> Compiled:
    """A formula made ready. Raises Malformed, which says where it cannot be read."""
    from lark import UnexpectedInput  # takes memory, and few need it

    if not 0 < len(text.strip()) <= MAX_CHARS:
        raise Malformed(f"formula: it has 1 to {MAX_CHARS} characters", "formula_length", most=MAX_CHARS)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        if getattr(getattr(error, "token", None), "type", "") == "$END":
            raise _Unreadable(len(text) + 1, "ends too early", "formula_ends_early") from None
        begin = error.pos_in_stream or 0
        near = text[begin : begin + 11]
        raise _Unreadable(begin + 1, f"cannot be read: {near!r}", "formula_unreadable", near=near) from None
    channels: dict[str, None] = {}
    part = _part(tree, channels, 0)
    if not channels:
        raise Malformed("formula: it names at least one channel", "formula_without_channel")
    if len(channels) > MAX_CHANNELS:
        told = f"formula: it names at most {MAX_CHANNELS} channels, not {len(channels)}"
        raise Malformed(told, "formula_too_many_channels", most=MAX_CHANNELS, count=len(channels))
    return Compiled(tuple(channels), part.is_yes, _finite(part.reckon))


@lru_cache(maxsize=1)
def _parser() -> Any:  # noqa: ANN401 - lark.Lark, which is loaded only then
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False, propagate_positions=True)


def _part(node: Any, channels: dict[str, None], depth: int) -> _Part:  # noqa: ANN401 - a lark tree
    place = node.meta.start_pos + 1
    if depth > MAX_DEPTH:
        raise _Unreadable(place, f"nested more than {MAX_DEPTH} deep", "formula_too_deep", most=MAX_DEPTH)
    word, below = str(node.data), node.children
    if word == "number":
        return _number(place, float(below[0]))
    if word in ("channel", "bracketed"):
        return _channel(place, str(below[0]).strip("[]"), channels)
    parts = [_part(one, channels, depth + 1) for one in below if hasattr(one, "data")]
    signs = [str(one) for one in below if not hasattr(one, "data")]
    if word in ("either", "both", "negate"):
        return _Part(place, True, _logic(word, [_as_yes(one) for one in parts]))
    numbers = [_as_number(one) for one in parts]
    if word == "compared":
        return _Part(place, True, _pairwise(_COMPARISONS[signs[0]], *numbers))
    if word == "call":
        return _Part(place, False, _call(place, signs[0], numbers))
    if word == "minus":
        return _Part(place, False, lambda columns: -numbers[0](columns))
    if word == "power":
        return _Part(place, False, _pairwise(np.power, *numbers))
    return _Part(place, False, _chain(signs, numbers))


def _number(place: int, value: float) -> _Part:
    if not np.isfinite(value):
        raise _Unreadable(place, "a number is too large", "formula_number_too_large")
    constant = np.array(value)
    return _Part(place, False, lambda _: constant)


def _channel(place: int, key: str, channels: dict[str, None]) -> _Part:
    channels[key] = None
    return _Part(place, False, lambda columns: columns[key])


def _logic(word: str, parts: list[Reckon]) -> Reckon:
    if word == "negate":
        return lambda columns: 1.0 - parts[0](columns)
    join: Callable[[Floats, Floats], Floats] = _and if word == "both" else _or
    return lambda columns: reduce(join, [one(columns) for one in parts])


def _and(a: Floats, b: Floats) -> Floats:
    found: Floats = np.where((a == 0.0) | (b == 0.0), 0.0, a * b)
    return found


def _or(a: Floats, b: Floats) -> Floats:
    return 1.0 - _and(1.0 - a, 1.0 - b)


def _call(place: int, name: str, numbers: list[Reckon]) -> Reckon:
    if name in ("abs", "sqrt"):
        if len(numbers) != 1:
            told = f"{name} takes one number, not {len(numbers)}"
            raise _Unreadable(place, told, "formula_one_number", function=name, count=len(numbers))
        single = np.abs if name == "abs" else np.sqrt
        return lambda columns: single(numbers[0](columns))
    if name == "mean":
        return lambda columns: reduce(np.add, [one(columns) for one in numbers]) / len(numbers)
    join = np.minimum if name == "min" else np.maximum
    return lambda columns: reduce(join, [one(columns) for one in numbers])


def _chain(signs: list[str], numbers: list[Reckon]) -> Reckon:
    def reckon(columns: Columns) -> Floats:
        found = numbers[0](columns)
        for sign, one in zip(signs, numbers[1:], strict=True):
            found = _ARITHMETIC[sign](found, one(columns))
        return found

    return reckon


def _pairwise(join: Callable[[Any, Any], Any], a: Reckon, b: Reckon) -> Reckon:
    return lambda columns: join(a(columns), b(columns))


def _compare(relation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compare(a: Floats, b: Floats) -> Floats:
        return np.where(np.isnan(a) | np.isnan(b), np.nan, relation(a, b).astype(np.float64))

    return compare


_COMPARISONS: Final = {
    "<": _compare(np.less),
    "<=": _compare(np.less_equal),
    ">": _compare(np.greater),
    ">=": _compare(np.greater_equal),
    "==": _compare(np.equal),
    "!=": _compare(np.not_equal),
}
_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


def _finite(reckon: Reckon) -> Reckon:
    """What is divided by zero, or too large, is unknown."""

    def checked(columns: Columns) -> Floats:
        with np.errstate(all="ignore"):
            found = reckon(columns)
        known: Floats = np.where(np.isfinite(found), found, np.nan)
        return known

    return checked


def _as_number(part: _Part) -> Reckon:
    if part.is_yes:
        told = "a comparison says yes or no; it is no number to reckon with"
        raise _Unreadable(part.place, told, "formula_yes_as_number")
    return part.reckon


def _as_yes(part: _Part) -> Reckon:
    if not part.is_yes:
        told = "and, or, not are between comparisons; a number has no yes or no"
        raise _Unreadable(part.place, told, "formula_number_as_yes")
    return part.reckon
