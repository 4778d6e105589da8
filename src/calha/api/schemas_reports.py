"""Bodies about reports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from calha.api.based import Versioned
from calha.api.schemas import Answer, Body, ChannelKey, DeviceKey, SiteId
from calha.domain.report_definitions import (
    MAX_NAMED,
    SEVERITIES,
    CsvStyle,
    Relative,
    ReportFormat,
    ReportKind,
    ReportLanguage,
    ReportStep,
    Severity,
    WeekDay,
)
from calha.domain.schedules import MAX_LENGTH

MAX_RECIPIENTS = 20

Local = Annotated[str, Field(max_length=40)]
ReportName = Annotated[
    str, Field(min_length=1, max_length=100, examples=["Daily flow"], pattern=r"^[^\x00-\x1f\x7f]+$")
]
Address = Annotated[str, Field(max_length=254, pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", examples=["ana@example.org"])]
Formats = Annotated[list[ReportFormat], Field(min_length=1, max_length=3)]


class PeriodBody(Body):
    """Either `relative`, or `from` and `to`."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, populate_by_name=True)

    relative: Relative | None = Field(None, description="Told anew each time, in the report's zone.")
    week_begins: WeekDay = Field("monday", description="The first day of a week, for this_week and last_week.")
    from_: Local | None = Field(None, alias="from", description="A day, or a local time.", examples=["2026-01-01"])
    to: Local | None = Field(
        None, description="A day, which belongs to the period, or a time at which it ends.", examples=["2026-01-31"]
    )


class DefinitionBody(Body):
    kind: ReportKind
    period: PeriodBody
    site_id: SiteId
    devices: Annotated[list[DeviceKey], Field(max_length=MAX_NAMED)] = Field([], description="All when empty.")
    channels: Annotated[list[ChannelKey], Field(max_length=MAX_NAMED)] = Field(
        [], description="All that fit the kind of report when empty.", examples=[["flow"]]
    )
    qualities: Annotated[list[Severity], Field(min_length=1, max_length=3)] = Field(list(SEVERITIES))
    step: ReportStep = Field("1d", description="raw: each reading (flow only).")
    language: ReportLanguage = "pt-BR"
    zone: Annotated[str, Field(max_length=64)] = Field("", description="IANA time zone; the site's when empty.")
    csv: CsvStyle = Field("semicolon", description="semicolon: `;` and decimal comma. rfc4180: `,` and decimal point.")


class ReportBody(Body):
    name: ReportName
    definition: DefinitionBody
    formats: Formats = Field(["pdf"])
    cron: Annotated[str, Field(max_length=MAX_LENGTH)] = Field(
        "",
        description="When it is made and sent: minute, hour, day, month, weekday. Empty: never.",
        examples=["0 7 * * 1"],
    )
    zone: Annotated[str, Field(max_length=64)] = Field("", description="Of the schedule; the site's when empty.")
    recipients: Annotated[list[Address], Field(max_length=MAX_RECIPIENTS)] = Field(
        [], description="E-mail addresses.", examples=[["ana@example.org"]]
    )
    folder: Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]*)?$")] = Field(
        "", description="Name of a folder below `reports.folder`; empty for none.", examples=["daily"]
    )


class ReportAnswer(Versioned, Answer):
    beside = frozenset({"next_at", "made_by", "changed_at"})
    id: int
    name: str
    definition: DefinitionBody
    formats: list[ReportFormat]
    cron: str = Field(examples=["0 7 * * 1"])
    zone: str
    recipients: list[str] = Field(examples=[["ana@example.org"]])
    folder: str = Field(examples=["daily"])
    next_at: datetime | None
    made_by: str
    changed_at: datetime


class ReportRunRequest(Body):
    name: ReportName
    definition: DefinitionBody
    formats: Formats = Field(["pdf"])


class FileAnswer(Answer):
    format: ReportFormat
    name: str = Field(examples=["daily-flow-2026-01-01-2026-01-31.pdf"])
    size_bytes: int
    rows: int = Field(examples=[310])


class SendingAnswer(Answer):
    way: Literal["mail", "folder"]
    to: str = Field(examples=["ana@example.org"])
    problem: str = Field("", examples=[""])


class ReportRunAnswer(Answer):
    id: int
    report_id: int | None = Field(examples=[1])
    name: str = Field(examples=["Daily flow"])
    definition: DefinitionBody
    formats: list[ReportFormat]
    is_scheduled: bool
    state: Literal["running", "finished", "failed", "stopped"]
    share: float = Field(description="Of the work that is done, 0 to 1.", examples=[0.5])
    files: list[FileAnswer]
    sent: list[SendingAnswer] = Field(description="To whom and where it was handed over.")
    from_at: datetime | None = Field(description="Begin of its period.")
    until_at: datetime | None = Field(description="End of its period, exclusive.")
    problem: str = Field(examples=[""])
    made_by: str
    started_at: datetime
    ended_at: datetime | None


def definition_fields(body: DefinitionBody) -> dict[str, Any]:
    """As the domain reads them."""
    fields = body.model_dump(by_alias=True)
    return fields | {"period": {name: value for name, value in fields["period"].items() if value is not None}}
