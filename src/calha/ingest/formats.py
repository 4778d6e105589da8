"""Payload bytes → records. A record is one JSON object, `{"ts": …, "values": {…}}` or flat keys; `decode` looks inside.

JSON      one object or an array of objects
NDJSON    one object a line; a broken line does not spoil the others
CSV       a header line; wide (`ts,flow,pressure`) or long (`device,ts,channel,value`); separator `,` or `;`
ETA       the payloads of ETA flow's gateways (see `eta_batch`)
gzip      around any of them, unpacked up to a limit
"""

import csv
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from calha.domain import device_json
from calha.domain.errors import Malformed, TooLarge
from calha.ingest.eta_batch import records_of

Format = Literal["json", "ndjson", "csv", "eta"]
Record = Any  # whatever JSON can hold; `decode` refuses what is not an object

MAX_RECORDS = 100_000

_LINE = re.compile(rb"\S[^\r\n]*")  # of those that hold something


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that could not be read while its neighbours could."""

    raw: bytes
    detail: str


def records(payload: bytes, format_: Format = "json") -> list[Record]:
    """The records of a payload; a line that cannot be read is a Broken among them. Raises Malformed, TooLarge."""
    if format_ == "json":
        decoded = parse_json(payload)
        found = decoded if type(decoded) is list else [decoded]
    else:
        found = list(islice(_one_by_one(payload, format_), MAX_RECORDS + 1))
    if len(found) > MAX_RECORDS:
        raise TooLarge(f"the message has more than {MAX_RECORDS} records")
    return found


def _one_by_one(payload: bytes, format_: Format) -> Iterator[Record]:
    """So that no more records are made than are taken: each weighs many times its few bytes."""
    match format_:
        case "csv":
            return _csv_rows(payload)
        case "eta":
            return records_of(parse_json(payload))
        case _:
            return (_line(line.group()) for line in _LINE.finditer(payload))


def parse_json(payload: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
    """The JSON value, with NaN and Infinity accepted as many devices write them. Raises Malformed."""
    try:
        return device_json.decoded(payload)
    except Malformed:
        if b"NaN" in payload or b"Infinity" in payload:
            return _lenient_json(payload)
        raise


def format_of(content_type: str) -> Format:
    """The format that a Content-Type announces; JSON for whatever is not NDJSON or CSV."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"):
        return "ndjson"
    if kind in ("text/csv", "application/csv"):
        return "csv"
    return "json"


def unpack(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """The body without its Content-Encoding. Raises Malformed for broken gzip, TooLarge beyond `limit_bytes`."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Malformed(f"Content-Encoding {encoding!r} is not understood; use gzip or none", "unknown_encoding")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        content = unpacker.decompress(body, limit_bytes)
    except zlib.error as error:
        raise Malformed(f"broken {encoding}: {error}", "broken_gzip") from None
    if unpacker.unconsumed_tail:
        raise TooLarge(f"the body unpacks to more than {limit_bytes} bytes")
    if not unpacker.eof:
        raise Malformed(f"the {encoding} body is cut off", "broken_gzip")
    return content


def _lenient_json(payload: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
    device_json.require_shallow(payload)
    try:
        found = json.loads(payload)
        if b"\\u" in payload:
            json.dumps(found, ensure_ascii=False).encode()  # half a pair of UTF-16, which nothing can write down
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None
    return found


def _line(line: bytes) -> Record:
    try:
        return parse_json(line)
    except Malformed as error:
        return Broken(line, str(error))


def _csv_rows(payload: bytes) -> Iterator[Record]:
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = payload.decode("latin-1")  # what spreadsheets on Windows write
    header = text.partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=separator, skipinitialspace=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if not any(name in names for name in ("ts", "timestamp")) and "value" not in names and len(names) < 2:
            raise Malformed("a CSV needs a header line such as ts,flow or device,ts,channel,value", "bad_csv")
        is_long = "channel" in names and "value" in names
        for row in filter(None, reader):
            if len(row) > len(names):
                yield Broken(separator.join(row).encode(), "more cells than the header")
                continue
            cells = {name: cell for name, cell in zip(names, row, strict=False) if cell.strip() != ""}
            yield _long_row(cells) if is_long else cells
    except csv.Error as error:
        raise Malformed(f"not CSV: line {reader.line_num}: {error}", "bad_csv") from None


def _long_row(cells: dict[str, str]) -> Record:
    record: dict[str, Any] = {key: cells[key] for key in ("device", "ts", "timestamp") if key in cells}
    value: Any = cells.get("value")
    if "quality" in cells:
        value = {"value": value, "quality": cells["quality"]}
    record["values"] = {cells.get("channel", ""): value}
    return record
