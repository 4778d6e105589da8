"""DataButcher's database as MongoDB's tools write it: an array, one document a line, or documents one after the other, in
plain or extended JSON (`{"$oid": …}`, `{"$date": …}`, `{"$numberLong": …}`).

usuarios             nome_usuario, senha (a hash), empresa, email
maquinas             fabricante, modelo, id_usuario, nome_maquina, status, last_heartbeat, configuracoes
dados_sensores       maquina_id, dados_sensor, timestamp (UTC)
registros_manuais    maquina_id, usuario_id, descricao, timestamp (a wall clock's, though it is written as UTC)

A document is known by its fields, so it does not matter how its file is called. Nothing here knows of Calha's own tables.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TextIO

from calha.compat.databutcher.ids import OBJECT_ID, code_of
from calha.domain.errors import Malformed

Kind = Literal["users", "machines", "readings", "records"]
Document = dict[str, Any]

CHUNK_CHARS = 1 << 20
MAX_DOCUMENT_CHARS = 16 << 20  # as much as MongoDB takes
MAX_TEXT = 60_000
COLLECTIONS = ("usuarios", "maquinas", "dados_sensores", "registros_manuais")
_BETWEEN = frozenset(" \t\r\n,[]\ufeff")
_NUMBERS = {"$numberInt": int, "$numberLong": int, "$numberDouble": float, "$numberDecimal": float}


class Found(NamedTuple):
    """document None: something that is none. line: where it begins. chars: read for it."""

    document: Document | None
    line: int
    chars: int


@dataclass(frozen=True, slots=True)
class OldUser:
    code: str
    name: str
    password_hash: str
    company: str
    email: str


@dataclass(frozen=True, slots=True)
class OldMachine:
    """owner: code of a user. settings: as far as there are any."""

    code: str
    maker: str
    model: str
    owner: str | None
    name: str
    status: str
    heard_at: datetime | None
    settings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class OldReading:
    machine: str
    at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OldRecord:
    """at: naive, as a clock on the wall showed it."""

    code: str
    machine: str
    user: str | None
    text: str
    at: datetime


def documents(file: TextIO) -> Iterator[Found]:
    """All documents of a file, as it is read; what cannot be read is one Found without a document, and reading goes on."""
    decoder, buffer, place, line, was_broken = json.JSONDecoder(), "", 0, 1, False
    while True:
        start = place
        while place < len(buffer) and buffer[place] in _BETWEEN:
            place += 1
        line += buffer.count("\n", start, place)
        try:
            value, end = decoder.raw_decode(buffer, place) if place < len(buffer) else (None, place)
        except (ValueError, RecursionError):
            value, end = None, place
        if end > place and (end < len(buffer) or buffer[end - 1] in "}]"):
            for one in _documents_in(value):
                yield Found(one, line, end - place)
            line += buffer.count("\n", place, end)
            place, was_broken = end, False
            continue
        more = file.read(CHUNK_CHARS) if len(buffer) - place < MAX_DOCUMENT_CHARS else ""
        if more:
            buffer, place = buffer[place:] + more, 0
            continue
        if place >= len(buffer):
            return
        if not was_broken:
            yield Found(None, line, 0)
        was_broken = True
        after = buffer.find("\n", place)
        place = len(buffer) if after < 0 else after


def kind_of(document: Document) -> Kind | None:
    """Of which collection a document is; None for one that DataButcher does not have."""
    if "nome_usuario" in document:
        return "users"
    if "maquina_id" in document:
        return "readings" if "dados_sensor" in document else "records" if "descricao" in document else None
    if document.keys() & {"fabricante", "modelo", "nome_maquina"}:
        return "machines"
    return None


def user_of(document: Document) -> OldUser:
    """Raises Malformed."""
    found = _plain(document)
    name = _text(found.get("nome_usuario")).strip()
    if not name:
        raise Malformed("a user without nome_usuario", "no_name")
    return OldUser(_id(found), name, _text(found.get("senha")), _text(found.get("empresa")), _text(found.get("email")))


def machine_of(document: Document) -> OldMachine:
    """Raises Malformed."""
    found = _plain(document)
    owner, heard_at, given = found.get("id_usuario"), found.get("last_heartbeat"), found.get("configuracoes")
    settings = given if isinstance(given, dict) else {}
    return OldMachine(
        _code(found.get("_id")),
        _text(found.get("fabricante")),
        _text(found.get("modelo")),
        owner.lower() if isinstance(owner, str) else None,
        _text(found.get("nome_maquina")).strip(),
        _text(found.get("status")),
        _moment(heard_at) if heard_at is not None else None,
        {key: float(value) for key, value in settings.items() if type(value) in (int, float) and math.isfinite(value)},
    )


def reading_of(document: Document) -> OldReading:
    """Raises Malformed."""
    found = _plain(document)
    values = found.get("dados_sensor")
    if not isinstance(values, dict) or not values:
        raise Malformed("dados_sensor holds no values", "no_values")
    return OldReading(_code(found.get("maquina_id")), _moment(found.get("timestamp")), values)


def record_of(document: Document) -> OldRecord:
    """Raises Malformed."""
    found = _plain(document)
    text, user = _text(found.get("descricao")), found.get("usuario_id")
    if not text.strip() or len(text) > MAX_TEXT:
        raise Malformed(f"descricao is empty, or longer than {MAX_TEXT} characters", "bad_text")
    at = _moment(found.get("timestamp")).astimezone(UTC).replace(tzinfo=None)
    code = _code(found.get("maquina_id"))
    return OldRecord(_id(found), code, user.lower() if isinstance(user, str) else None, text, at)


def _documents_in(value: object) -> Iterator[Document | None]:
    """The document itself, or those of a dump with all collections in one object."""
    if not isinstance(value, dict):
        yield None
        return
    collections = [value[name] for name in COLLECTIONS if isinstance(value.get(name), list)]
    if not collections:
        yield value
    for one in (one for collection in collections for one in collection):
        yield one if isinstance(one, dict) else None


def _plain(document: Document) -> Document:
    """Extended JSON as Python has it. Raises Malformed."""
    try:
        found = _value(document)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Malformed("extended JSON that cannot be read", "malformed") from None
    assert isinstance(found, dict)
    return found


def _value(given: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(given, list):
        return [_value(one) for one in given]
    if not isinstance(given, dict):
        return given
    if len(given) == 1:
        ((key, inner),) = given.items()
        if key == "$oid":
            return str(inner)
        if key == "$date":
            return _moment(_value(inner))
        if key in _NUMBERS:
            return _NUMBERS[key](inner)
    return {key: _value(inner) for key, inner in given.items()}


def _moment(given: object) -> datetime:
    """A time: a text in ISO 8601 (UTC where it names no zone), or milliseconds. Raises Malformed."""
    try:
        if isinstance(given, datetime):
            return given
        if isinstance(given, str):
            found = datetime.fromisoformat(given)
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        if type(given) in (int, float):
            return datetime.fromtimestamp(given / 1_000, UTC)  # type: ignore[operator]
    except (ValueError, OverflowError, OSError):
        pass
    raise Malformed("the time is missing, or none", "bad_time")


def _id(found: Document) -> str:
    given = found.get("_id")
    if not (isinstance(given, str) and OBJECT_ID.fullmatch(given)):
        raise Malformed("_id is no ObjectId", "bad_id")
    return given.lower()


def _code(given: object) -> str:
    code = code_of(given)
    if code is None:
        raise Malformed("the machine's id is missing, or none", "bad_id")
    return code


def _text(given: object) -> str:
    return given.replace("\0", "") if isinstance(given, str) else ""
