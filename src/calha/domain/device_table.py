"""A list of new devices as a table: which columns it has, in which words, and what each line says."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calha.domain.errors import Malformed

Column = Literal["key", "name", "serial", "profile", "site", "gateway", "note"]

HEADERS: Mapping[Column, tuple[str, ...]] = {
    "key": ("key", "device", "device key", "codigo", "chave", "dispositivo", "identificador"),
    "name": ("name", "nome"),
    "serial": ("serial", "serial number", "serie", "numero de serie", "n de serie", "no de serie", "no serie"),
    "profile": ("profile", "perfil"),
    "site": ("site", "site id", "local", "unidade"),
    "gateway": ("gateway",),
    "note": ("note", "notes", "nota", "observacao", "observacoes", "obs"),
}
LONGEST: Mapping[Column, int] = {
    "key": 64,
    "name": 100,
    "serial": 64,
    "profile": 64,
    "site": 2_000,
    "gateway": 64,
    "note": 2_000,
}
KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")

_COLUMN_OF: Mapping[str, Column] = {word: column for column, words in HEADERS.items() for word in words}


class Line(NamedTuple):
    """number: as the spreadsheet counts, from 1."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line says; empty where it says nothing."""

    key: str
    name: str = ""
    serial: str = ""
    profile: str = ""
    site: str = ""
    gateway: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line. reason: one word for programs."""

    reason: str
    detail: str


def columns_of(header: Sequence[str]) -> dict[Column, int]:
    """Where each column stands. Raises Malformed without one for keys, or with one named twice."""
    found: dict[Column, int] = {}
    for place, text in enumerate(header):
        column = _COLUMN_OF.get(_plain(text))
        if column is None:
            continue
        if column in found:
            raise Malformed(f"the column {column!r} is there twice", "bad_header")
        found[column] = place
    if "key" not in found:
        known = ", ".join(HEADERS)
        raise Malformed(
            f"the first line must name the columns, among them `key` (or `código`); known: {known}", "bad_header"
        )
    return found


def unknown_columns(header: Sequence[str]) -> list[str]:
    """What is not read."""
    return [text[:100] for text in header if text and _plain(text) not in _COLUMN_OF]


def read_line(cells: Sequence[str], columns: Mapping[Column, int]) -> Wanted | Fault:
    said = {column: cells[place] if place < len(cells) else "" for column, place in columns.items()}
    for column, text in said.items():
        if len(text) > LONGEST[column]:
            return Fault("too_long", f"{column} has {len(text)} letters; at most {LONGEST[column]} are taken")
    if not said["key"]:
        return Fault("no_key", "the key is missing")
    if not KEY.fullmatch(said["key"]):
        return Fault("bad_key", f"the key {said['key']!r} may have letters, digits and _ . - only, and at most 64")
    return Wanted(**said)


class SitePaths:
    """Sites by id, or by their path, or by as much of its end as names one only; upper and lower case are the same."""

    def __init__(self, sites: Iterable[tuple[int, Sequence[str]]]) -> None:
        self._ids: set[int] = set()
        self._full: dict[tuple[str, ...], int] = {}
        self._ends: dict[tuple[str, ...], set[int]] = {}
        for number, path in sites:
            own = tuple(_plain(part) for part in path)
            self._ids.add(number)
            self._full[own] = number
            for start in range(len(own)):
                self._ends.setdefault(own[start:], set()).add(number)

    def find(self, text: str) -> int | Fault:
        if text.isdecimal() and int(text) in self._ids:
            return int(text)
        path = tuple(_plain(part) for part in text.split("/") if part.strip())
        if path in self._full:
            return self._full[path]
        ends = self._ends.get(path, set())
        if len(ends) > 1:
            return Fault("ambiguous_site", f"there are {len(ends)} sites {text!r}; write the whole path")
        return next(iter(ends)) if ends else Fault("unknown_site", f"there is no site {text!r}")


def _plain(text: str) -> str:
    """Lower case, without accents, marks and repeated spaces."""
    letters = unicodedata.normalize("NFKD", text.replace("º", "o").replace("°", "o")).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[_.:*-]+", " ", kept).split())
