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
    is_yes: bool
    reckon: Reckon


@lru_cache(maxsize=_CACHED)
def compiled(text: str) -> Compiled:
    """A formula made ready. Raises Malformed, which says where it cannot be read."""
    from lark import UnexpectedInput  # takes memory, and few need it

    if not 0 < len(text.strip()) <= MAX_CHARS:
        raise _wrong(f"a formula has 1 to {MAX_CHARS} characters")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        if getattr(getattr(error, "token", None), "type", "") == "$END":
            raise _wrong(f"ends too early, at character {len(text) + 1}") from None
        place = max(error.column, 1)
        raise _wrong(f"cannot be read at character {place}: {text[place - 1 : place + 10]!r}") from None
    channels: dict[str, None] = {}
    part = _part(tree, channels, 0)
    if not channels:
        raise _wrong("a formula names at least one channel")
    if len(channels) > MAX_CHANNELS:
        raise _wrong(f"a formula names at most {MAX_CHANNELS} channels, not {len(channels)}")
    return Compiled(tuple(channels), part.is_yes, _finite(part.reckon))


@lru_cache(maxsize=1)
def _parser() -> Any:  # noqa: ANN401 - lark.Lark, which is loaded only then
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def _part(node: Any, channels: dict[str, None], depth: int) -> _Part:  # noqa: ANN401 - a lark tree
    if depth > MAX_DEPTH:
        raise _wrong(f"a formula is nested at most {MAX_DEPTH} deep")
    word, below = str(node.data), node.children
    if word == "number":
        return _number(float(below[0]))
    if word in ("channel", "bracketed"):
        return _channel(str(below[0]).strip("[]"), channels)
    parts = [_part(one, channels, depth + 1) for one in below if hasattr(one, "data")]
    signs = [str(one) for one in below if not hasattr(one, "data")]
    if word in ("either", "both", "negate"):
        return _logic(word, parts)
    numbers = [_as_number(one) for one in parts]
    if word == "compared":
        return _Part(True, _pairwise(_COMPARISONS[signs[0]], *numbers))
    if word == "call":
        return _call(signs[0], numbers)
    if word == "minus":
        return _Part(False, lambda columns: -numbers[0](columns))
    if word == "power":
        return _Part(False, _pairwise(np.power, *numbers))
    return _Part(False, _chain(signs, numbers))


def _number(value: float) -> _Part:
    if not np.isfinite(value):
        raise _wrong("a number is too large")
    constant = np.array(value)
    return _Part(False, lambda _: constant)


def _channel(key: str, channels: dict[str, None]) -> _Part:
    channels[key] = None
    return _Part(False, lambda columns: columns[key])


def _logic(word: str, parts: list[_Part]) -> _Part:
    if not all(one.is_yes for one in parts):
        raise _wrong("and, or, not are between comparisons; a number has no yes or no")
    if word == "negate":
        return _Part(True, lambda columns: 1.0 - parts[0].reckon(columns))
    join: Callable[[Floats, Floats], Floats] = _and if word == "both" else _or
    return _Part(True, lambda columns: reduce(join, [one.reckon(columns) for one in parts]))


def _and(a: Floats, b: Floats) -> Floats:
    found: Floats = np.where((a == 0.0) | (b == 0.0), 0.0, a * b)
    return found


def _or(a: Floats, b: Floats) -> Floats:
    return 1.0 - _and(1.0 - a, 1.0 - b)


def _call(name: str, numbers: list[Reckon]) -> _Part:
    if name in ("abs", "sqrt"):
        if len(numbers) != 1:
            raise _wrong(f"{name} takes one number, not {len(numbers)}")
        single = np.abs if name == "abs" else np.sqrt
        return _Part(False, lambda columns: single(numbers[0](columns)))
    if name == "mean":
        return _Part(False, lambda columns: reduce(np.add, [one(columns) for one in numbers]) / len(numbers))
    join = np.minimum if name == "min" else np.maximum
    return _Part(False, lambda columns: reduce(join, [one(columns) for one in numbers]))


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
        raise _wrong("a comparison says yes or no; it is no number to reckon with")
    return part.reckon


def _wrong(reason: str) -> Malformed:
    return Malformed(f"formula: {reason}", "bad_formula")
