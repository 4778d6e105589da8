"""Cells as people and programs read them: local times, numbers of a language, quality in words, and texts that are only text.

A text that begins like a formula is one to a spreadsheet that opens a CSV file, also behind blanks: an apostrophe before it
takes that from it. Signs that no document can hold (control characters) go.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain import quality
from calha.domain.readings import Micros
from calha.domain.report_definitions import ReportLanguage
from calha.domain.times import MINUTE_US, to_datetime
from calha.reports.document import Heading
from calha.reports.locale import day, number
from calha.reports.words import QUALITIES

Ints = NDArray[np.int64]

_OFFSET_CHANGES_US = 15 * MINUTE_US  # at full quarters of an hour, in every zone
_QUARTERS_A_DAY = 96
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_FORMULA = re.compile(r"\s*[=+\-@\t\r|%＝＋－＠]")


def plain(text: str) -> str:
    """A text without signs that XML, and so a workbook or a page, cannot hold."""
    return _CONTROL.sub("", text)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = plain(text)
    return f"'{text}" if _FORMULA.match(text) or text[:1] in ("\t", "\r", "\n") else text


def quality_names(language: ReportLanguage) -> list[str]:
    """In words, by byte."""
    words = QUALITIES[language]
    return [words[quality.label(code)] for code in range(256)]


def local_micros(at: Ints, zone: ZoneInfo) -> Ints:
    """What a clock on the wall showed, as µs since 1970-01-01 00:00 there."""
    return at + offsets(at, zone)


def offsets(at: Ints, zone: ZoneInfo) -> Ints:
    """How far the zone is ahead of UTC at each time, in µs."""
    if not len(at):
        return np.array([], np.int64)
    quarters, place = np.unique(at // _OFFSET_CHANGES_US, return_inverse=True)
    return _of_quarters(quarters, zone)[place]


def written(cell: Any, heading: Heading, language: ReportLanguage, zone: ZoneInfo) -> str:  # noqa: ANN401 - any cell
    """A cell as it is printed."""
    if heading.kind == "text":
        return plain(str(cell))
    if heading.kind == "quality":
        return QUALITIES[language][quality.label(int(cell))]
    if cell is None or cell != cell:  # NaN
        return "–"
    if heading.kind == "time":
        return moment(int(cell), language, zone)
    if heading.kind == "day":
        return day(to_datetime(int(cell)).astimezone(zone).date(), language)
    if heading.kind == "share":
        return f"{number(Decimal(repr(float(cell) * 100)), language, 1)}%"
    return number(Decimal(repr(float(cell))), language, heading.places)


def moment(at: Micros, language: ReportLanguage, zone: ZoneInfo) -> str:
    """31/12/2026 23:59, with seconds where there are any."""
    local = to_datetime(at).astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{day(local.date(), language)} {clock}"


def offset_text(at: Micros, zone: ZoneInfo) -> str:
    """UTC-03:00."""
    minutes = _offset(at, zone) // MINUTE_US
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _of_quarters(quarters: Ints, zone: ZoneInfo) -> Ints:
    """Offsets at quarters of an hour: where both ends of a day have one offset, so has all between."""
    found = np.empty(len(quarters), np.int64)
    days = np.flatnonzero(np.concatenate([[True], np.diff(quarters // _QUARTERS_A_DAY) != 0]))
    for first, after in zip(days.tolist(), [*days[1:].tolist(), len(quarters)], strict=True):
        begin, end = (_offset(int(quarters[one]) * _OFFSET_CHANGES_US, zone) for one in (first, after - 1))
        if begin == end:
            found[first:after] = begin
        else:
            found[first:after] = [_offset(int(one) * _OFFSET_CHANGES_US, zone) for one in quarters[first:after]]
    return found


def _offset(at: Micros, zone: ZoneInfo) -> int:
    delta = datetime.utcoffset(to_datetime(at).astimezone(zone))
    assert delta is not None
    return (delta.days * 86_400 + delta.seconds) * 1_000_000
