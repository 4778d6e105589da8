"""What the store of reports answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict

from calha.domain.readings import Micros
from calha.domain.report_definitions import Definition, ReportFormat

ReportState = Literal["running", "finished", "failed", "stopped"]


class FileFacts(TypedDict):
    """A file of a run. name: as people see it."""

    format: ReportFormat
    name: str
    size_bytes: int
    rows: int


class Sending(TypedDict):
    """Where a report went. problem: empty when it did."""

    way: Literal["mail", "folder"]
    to: str
    problem: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """What is kept of a report under its name."""

    name: str
    definition: Definition
    formats: Sequence[ReportFormat]
    cron: str = ""
    zone: str = ""
    recipients: Sequence[str] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class SavedRow:
    id: int
    site_id: int
    report: NewReport
    next_at: Micros | None
    made_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportRunRow:
    id: int
    report_id: int | None
    site_id: int
    name: str
    definition: Definition
    formats: Sequence[ReportFormat]
    is_scheduled: bool
    state: ReportState
    share: float
    files: Sequence[FileFacts]
    sent: Sequence[Sending]
    from_at: Micros | None
    until_at: Micros | None
    problem: str
    made_by: str
    started_at: datetime
    ended_at: datetime | None
