"""Tables as people send them: CSV in the dialects of spreadsheets, and XLSX. Everything comes out as text.

A CSV may be separated by comma, semicolon or tab, in UTF-8 (with or without BOM), UTF-16 with BOM, or Windows-1252.
Of an XLSX the first sheet is read, and of a formula the result that was saved with it; nothing is calculated here.
"""

import csv
import io
import struct
import zipfile
from collections.abc import Iterator
from datetime import date, datetime

from calha.domain.device_table import Line
from calha.domain.errors import Malformed, TooLarge

MAX_BYTES = 10 * 1024 * 1024
MAX_LINES = 10_000
MAX_COLUMNS = 50
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_PARTS = 500
_ZIP = b"PK\x03\x04"


def lines_of(content: bytes) -> list[Line]:
    """The lines that are not empty. Raises Malformed, TooLarge."""
    if len(content) > MAX_BYTES:
        raise TooLarge(
            f"a table has at most {MAX_BYTES // 1024 // 1024} MB; send it in parts",
            "table_too_large",
            most=f"{MAX_BYTES // 1024 // 1024} MB",
        )
    found: list[Line] = []
    for line in _of_xlsx(content) if content.startswith(_ZIP) else _of_csv(content):
        if len(found) > MAX_LINES:
            raise TooLarge(f"a table has at most {MAX_LINES} lines; send it in parts", "table_too_long", most=MAX_LINES)
        if any(line.cells):
            found.append(line)
    return found


def _of_csv(content: bytes) -> Iterator[Line]:
    text = _text(content)
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            yield Line(reader.line_num, [cell.strip() for cell in cells[:MAX_COLUMNS]])
    except csv.Error as error:
        raise Malformed(f"line {reader.line_num}: {error}", "bad_table") from None


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if "\0" in text:
        raise Malformed("this is neither CSV nor XLSX", "bad_table")
    return text


def _of_xlsx(content: bytes) -> Iterator[Line]:
    from openpyxl import load_workbook  # 15 MB that an idle Calha does without

    _require_small_when_unpacked(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MAX_LINES + 2, max_col=MAX_COLUMNS, values_only=True)
        for number, row in enumerate(rows, 1):
            yield Line(number, _trimmed([_cell(value) for value in row]))
    except Exception:  # noqa: BLE001 - a damaged file makes openpyxl stumble in more ways than one can list
        raise Malformed("this XLSX cannot be read; save it again, or as CSV", "bad_table") from None


def _require_small_when_unpacked(content: bytes) -> None:
    """Raises TooLarge for what would fill the memory. A part gives no more bytes than the directory says."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, EOFError):
        raise Malformed("this XLSX cannot be read; save it again, or as CSV", "bad_table") from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise TooLarge(
            "this XLSX is too large when it is unpacked; save the table alone, or as CSV",
            "table_too_large",
            most=f"{MAX_BYTES // 1024 // 1024} MB",
        )


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell(value: object) -> str:
    """As somebody would have typed it: 42 for 42.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()
