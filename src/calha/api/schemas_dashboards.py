"""Bodies about dashboards: the dashboard itself, its files and public links, and what somebody with a link sees."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, Channel, DeviceKey, Position, SiteId
from calha.api.schemas_alarms import AlarmAnswer
from calha.dashboards.document import DashboardDocument, VariableKey

MAX_FILE_BYTES = 1024 * 1024
MAX_DAYS = 366

DashboardName = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Pump station"])
]
FileType = Literal["image/png", "image/jpeg", "image/webp", "image/svg+xml"]
Variables = Annotated[
    dict[VariableKey, DeviceKey | SiteId], Field(max_length=8, examples=[{"pump": "pump-1"}], description="By key.")
]


class DashboardBody(Body):
    name: DashboardName
    site_id: SiteId = Field(description="Whoever has a role on it sees the dashboard; engineers change it.")
    document: DashboardDocument


class DashboardSummary(Answer):
    id: int
    name: str = Field(examples=["Pump station"])
    site_id: int
    widgets: int = Field(examples=[8])
    version: int
    changed_by: str = Field(examples=["ana@example.org"])
    changed_at: datetime


class DashboardFileAnswer(Answer):
    id: int
    name: str = Field(examples=["plant.svg"])
    media_type: FileType
    size_bytes: int


class DashboardAnswer(DashboardSummary):
    document: DashboardDocument
    files: list[DashboardFileAnswer]


class ReadyDashboard(Answer):
    """A dashboard that is made anew each time it is asked for."""

    name: str = Field(examples=["Pump 1"])
    site_id: int
    document: DashboardDocument


class CarriedFile(Body):
    id: Annotated[int, Field(ge=1, le=2**31 - 1, description="As the document names it.", examples=[1])]
    name: DashboardName = Field(examples=["plant.svg"])
    media_type: FileType
    content: Annotated[str, Field(max_length=MAX_FILE_BYTES * 4 // 3 + 4)] = Field(
        description="Base64.", examples=["PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="]
    )


class CarriedDashboard(Body):
    """A dashboard as a file: with all that it shows, without the site on which it stood."""

    calha_dashboard: Literal[1] = 1
    name: DashboardName
    document: DashboardDocument
    files: Annotated[list[CarriedFile], Field(max_length=20)] = Field(default=[])


class DashboardImport(Body):
    site_id: SiteId
    dashboard: CarriedDashboard


class NewDashboardLink(Body):
    name: DashboardName = Field(description="For whom or where it is.", examples=["Control room screen"])
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description="How long it holds.", examples=[30])] = 30
    variables: Variables = Field(default={}, description="What it shows; else what they begin with.")


class DashboardLinkAnswer(Answer):
    id: int
    name: str = Field(examples=["Control room screen"])
    variables: dict[str, str | int] = Field(examples=[{"pump": "pump-1"}])
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


class DashboardLinkMade(DashboardLinkAnswer):
    link: str = Field(
        description="Shown here and never again.", examples=["https://calha.example.org/shared#calha_view_…"]
    )


class SharedDevice(Answer):
    """As much of a device as its widgets need."""

    key: str
    name: str
    site_id: int
    zone: str
    channels: list[Channel]
    position: Position | None = None


class SharedSite(Answer):
    id: int
    name: str
    parent_id: int | None
    position: Position | None = None


class SharedDashboard(Answer):
    """What somebody sees who holds a public link."""

    name: str = Field(examples=["Pump station"])
    site_id: int
    document: DashboardDocument
    variables: dict[str, str | int] = Field(examples=[{"pump": "pump-1"}])
    files: list[DashboardFileAnswer]
    devices: list[SharedDevice]
    sites: list[SharedSite]
    expires_at: datetime


class DashboardPrint(Body):
    """A dashboard as it is to be printed, kept or not."""

    name: DashboardName
    site_id: SiteId
    document: DashboardDocument
    variables: Variables = Field(default={}, description="What was chosen for its variables.", examples=[{}])
    language: Literal["pt-BR", "en"] = "pt-BR"


class SharedReading(Answer):
    device: str
    channel: str
    series: int
    t: float = Field(description="Event time, ms since 1970 UTC.", examples=[1769860800000.0])
    value: float | None
    quality: str


class SharedNow(Answer):
    """The newest readings, and the alarms that stand, of what the dashboard shows."""

    now: datetime
    readings: list[SharedReading]
    alarms: list[AlarmAnswer]
