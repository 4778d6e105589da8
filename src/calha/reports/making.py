"""Making a report: from its definition to a file in one of the formats."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calha.domain.readings import Micros
from calha.domain.report_definitions import Definition, ReportFormat
from calha.domain.times import to_datetime
from calha.reports.csv_file import write_csv
from calha.reports.document import Document
from calha.reports.kinds import KINDS, Ground, Task
from calha.reports.pages import write_pages
from calha.reports.workbook import write_workbook

MEDIA_TYPES: dict[ReportFormat, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MAX_NAME = 60

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A file of a report. rows: of its data. from_at, until_at: the period that a relative one came to."""

    path: Path
    rows: int
    size_bytes: int
    from_at: Micros
    until_at: Micros


def make(
    ground: Ground,
    definition: Definition,
    format_: ReportFormat,
    path: Path,
    progress: Progress = lambda _: None,
    now: Micros | None = None,
    made_by: str = "",
) -> Made:
    """Write a report. progress: called with the share that is done; what it raises ends the work. Blocks.

    now: what a relative period is counted from. made_by: who asks for it. The file is there whole, or not at all.
    Raises NotFound, Malformed, TooLarge, StoreUnavailable.
    """
    task = Task.of(ground, definition, now, made_by)
    document = KINDS[definition.kind](task)
    unfinished = path.with_name(f"{path.name}.new")
    try:
        rows = _write(document, definition, format_, unfinished, progress)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Made(path, rows, path.stat().st_size, task.from_at, task.until_at)


def file_name(name: str, from_at: Micros, until_at: Micros, zone: str, format_: ReportFormat) -> str:
    """What a file of a report is called where people see it: vazao-diaria-2026-01-01-2026-01-31.pdf."""
    from calha.reports.kinds.ground import zone_of

    local = [to_datetime(at).astimezone(zone_of(zone)).date().isoformat() for at in (from_at, until_at - 1)]
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub("[^a-z0-9]+", "-", ascii_).strip("-")[:MAX_NAME].strip("-") or "report"
    days = local[0] if local[0] == local[1] else f"{local[0]}-{local[1]}"
    return f"{word}-{days}.{format_}"


def _write(document: Document, definition: Definition, format_: ReportFormat, path: Path, progress: Progress) -> int:
    if format_ == "csv":
        return write_csv(document, definition.csv, path, progress)
    return write_workbook(document, path, progress) if format_ == "xlsx" else write_pages(document, path, progress)
