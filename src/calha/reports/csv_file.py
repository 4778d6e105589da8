"""A report as CSV: one table of all sections, each row with the keys of its section.

semicolon: as spreadsheets in Brazil open it: `;`, decimal comma, local times 31/12/2026 23:59:59, a byte order mark.
rfc4180: as programs read it: `,`, decimal point, ISO 8601 times with their offset from UTC.
The heading of a time names the zone.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from calha.domain.report_definitions import CsvStyle, ReportLanguage
from calha.domain.times import MINUTE_US, SECOND_US
from calha.reports.cells import Ints, harmless, local_micros, offsets, quality_names
from calha.reports.document import Cells, Document, Heading, Section

ROWS_AT_ONCE = 50_000
Progress = Callable[[float], None]


def write_csv(document: Document, style: CsvStyle, path: Path, progress: Progress) -> int:
    """Write the file; how many rows it has without the headings."""
    writer = _Writer(style, document.language, document.zone)
    rows = 0
    with path.open("wb") as file:
        file.write(writer.first_line(document).encode("utf-8-sig" if style == "semicolon" else "utf-8"))
        for done, section in enumerate(document.sections, 1):
            for lines in writer.lines(section):
                file.write(lines.encode())
            rows += len(section.table)
            progress(done / document.count)
    progress(1.0)
    return rows


class _Writer:
    def __init__(self, style: CsvStyle, language: ReportLanguage, zone: ZoneInfo) -> None:
        self._mark = ";" if style == "semicolon" else ","
        self._is_local = style == "semicolon"
        self._qualities = [self._cell(name) for name in quality_names(language)]
        self._zone = zone

    def first_line(self, document: Document) -> str:
        names = [f"{one.name} ({self._zone.key})" if one.kind == "time" else one.name for one in document.headings]
        return self._mark.join(map(self._cell, [*document.keys, *names])) + "\r\n"

    def lines(self, section: Section) -> Iterator[str]:
        begin = self._mark.join(map(self._cell, section.keys)) + self._mark
        table = section.table
        for first in range(0, len(table), ROWS_AT_ONCE):
            some = slice(first, first + ROWS_AT_ONCE)
            cells = [self._cells(one, values[some]) for one, values in zip(table.headings, table.columns, strict=True)]
            yield begin + f"\r\n{begin}".join(map(self._mark.join, zip(*cells, strict=True))) + "\r\n"

    def _cells(self, heading: Heading, values: Cells) -> Sequence[str]:
        if heading.kind == "text":
            return [self._cell(str(one)) for one in values]
        if heading.kind == "quality":
            return [self._qualities[code] for code in np.asarray(values).tolist()]
        if heading.kind in ("time", "day"):
            return self._times(np.asarray(values, np.int64), heading.kind == "day")
        return self._numbers(np.asarray(values, np.float64), 4 if heading.kind == "share" else heading.places)

    def _numbers(self, values: "np.ndarray[tuple[int], np.dtype[np.float64]]", places: int) -> list[str]:
        form = f"%.{places}f".__mod__
        texts = [form(value) if value == value else "" for value in values.tolist()]  # NaN
        return [text.replace(".", ",") for text in texts] if self._is_local and places else texts

    def _times(self, at: Ints, is_day: bool) -> list[str]:
        local = local_micros(at, self._zone).astype("datetime64[us]")
        seconds: Literal["ms", "s"] = "ms" if (at % SECOND_US).any() else "s"
        texts: list[str] = np.datetime_as_string(local, unit="D" if is_day else seconds).tolist()
        if self._is_local:
            days = {day: f"{day[8:]}/{day[5:7]}/{day[:4]}" for day in {text[:10] for text in texts}}
            clock = [] if is_day else [text[11:].replace(".", ",") for text in texts]
            found = [days[text[:10]] for text in texts]
            return found if is_day else [f"{day} {hour}" for day, hour in zip(found, clock, strict=True)]
        if is_day:
            return texts
        ahead = (offsets(at, self._zone) // MINUTE_US).tolist()
        names = {one: f"{'-' if one < 0 else '+'}{abs(one) // 60:02d}:{abs(one) % 60:02d}" for one in set(ahead)}
        return [text + names[one] for text, one in zip(texts, ahead, strict=True)]

    def _cell(self, text: str) -> str:
        text = harmless(text)
        quoted = any(mark in text for mark in (self._mark, '"', "\r", "\n"))
        return '"' + text.replace('"', '""') + '"' if quoted else text
