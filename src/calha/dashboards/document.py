"""What a dashboard consists of: widgets on a grid of 12 columns, and variables that let one serve many devices.

Rule 1: this is the border: what is stored, imported or exported has passed it, and nothing else is kept.
Rule 2: a device or site is named by itself, or by a variable (`$pump`) that the document declares.
Rule 3: a change of meaning gets a new `format`; what is stored in an older one is read in its own way.
Rule 4: widgets lie where they are said to lie; that none covers another is the page's care.
Rule 5: a formula that stands here can be read, and names only series of its own chart.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from calha.domain.calculated import places
from calha.domain.errors import Malformed
from calha.domain.formulas import MAX_CHARS, compiled

COLUMNS = 12
MAX_ROWS = 400
MAX_WIDGETS = 60
MAX_SERIES = 24  # of one widget
MAX_BOUND = 400  # of all together
MAX_CALCULATED = 5  # of one chart
MAX_VARIABLES = 8
MAX_PLACES = 200
MAX_BINDINGS = 100

_VARIABLE = r"\$[a-z][a-z0-9_]{0,30}"
Preset = Literal["15min", "1h", "6h", "24h", "7d", "30d", "1y"]
DeviceRef = Annotated[str, Field(pattern=rf"^({_VARIABLE}|[A-Za-z0-9_.-]{{1,64}})$", examples=["$pump"])]
SiteRef = (
    Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
    | Annotated[str, Field(pattern=f"^{_VARIABLE}$", examples=["$area"])]
)
FileId = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
Line = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True, defer_build=True)


class SeriesRef(_Part):
    """A channel of a device."""

    device: DeviceRef
    channel: Annotated[str, Field(min_length=1, max_length=64, examples=["flow"])]


class _Widget(_Part):
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$", examples=["w1"])]
    title: Line = Field("", description="Empty: named after what it shows.")
    x: Annotated[int, Field(ge=0, lt=COLUMNS, description="Column, from 0.", examples=[0])]
    y: Annotated[int, Field(ge=0, lt=MAX_ROWS, description="Row, from 0.", examples=[0])]
    w: Annotated[int, Field(ge=1, le=COLUMNS, description="Columns wide.", examples=[3])]
    h: Annotated[int, Field(ge=1, le=40, description="Rows high.", examples=[2])]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.x + self.w > COLUMNS:
            raise ValueError(f"widget {self.id} reaches beyond column {COLUMNS}")
        return self

    def series_shown(self) -> "list[SeriesRef]":
        """Whose readings it shows."""
        return []

    def devices_named(self) -> "list[str]":
        """Devices that it names, with or without a channel."""
        return [one.device for one in self.series_shown()]

    def sites_named(self) -> "list[int | str]":
        return []


class _OfOne(_Widget):
    series: SeriesRef

    def series_shown(self) -> list[SeriesRef]:
        return [self.series]


class _OfMany(_Widget):
    series: Annotated[list[SeriesRef], Field(min_length=1, max_length=MAX_SERIES)]

    def series_shown(self) -> list[SeriesRef]:
        return self.series


class ValueWidget(_OfOne):
    """The newest value, large."""

    kind: Literal["value"]


class GaugeWidget(_OfOne):
    """The newest value on a scale; the channel's plausible range when its ends are missing."""

    kind: Literal["gauge"]
    low: float | None = Field(None, examples=[0.0])
    high: float | None = Field(None, examples=[100.0])


class CalculatedSeries(_Part):
    """A series calculated from those of its chart, which its formula calls `a`, `b`, … in their order."""

    name: Line = Field("", description="Empty: named after its formula.", examples=["Loss"])
    unit: Annotated[str, Field(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["m³/h"])] = ""
    formula: Annotated[
        str,
        Field(min_length=1, max_length=MAX_CHARS, description="As the alarm rules write one.", examples=["a - b"]),
    ]

    @property
    def shown_name(self) -> str:
        return self.name or self.formula


class ChartWidget(_OfMany):
    """Series over time."""

    kind: Literal["chart"]
    look: Literal["line", "area", "bar"] = "line"
    range: Preset = "24h"
    calculated: Annotated[list[CalculatedSeries], Field(max_length=MAX_CALCULATED)] = Field(
        default=[], description="Not of bars."
    )

    @model_validator(mode="after")
    def _can_be_calculated(self) -> Self:
        if self.calculated and self.look == "bar":
            raise ValueError(f"widget {self.id} shows bars; calculated series are lines or areas")
        for one in self.calculated:
            try:
                self.inputs(one)
            except Malformed as error:
                raise ValueError(f"widget {self.id}: {error}") from None
        return self

    def inputs(self, one: CalculatedSeries) -> dict[str, SeriesRef]:
        """What a series is calculated from, by the letters of its formula. Raises Malformed."""
        used = places(compiled(one.formula), len(self.series))
        return {letter: self.series[place] for letter, place in used.items()}


class TableWidget(_OfMany):
    """Newest values, one a line."""

    kind: Literal["table"]


class TimelineWidget(_OfMany):
    """States over time, one band a series."""

    kind: Literal["timeline"]
    range: Preset = "24h"


class HeatWidget(_OfOne):
    """Means by hour of the day and day."""

    kind: Literal["heat"]
    days: Annotated[int, Field(ge=3, le=62)] = 14


class AlarmsWidget(_Widget):
    """Standing alarms of a device, or of a site and below (the dashboard's own when neither is named)."""

    kind: Literal["alarms"]
    device: DeviceRef | None = Field(None, examples=["$pump"])
    site: SiteRef | None = Field(None, examples=[1])

    def devices_named(self) -> list[str]:
        return [self.device] if self.device is not None else []

    def sites_named(self) -> list[int | str]:
        return [self.site] if self.site is not None else []


class TextWidget(_Widget):
    """Markdown. HTML within it is shown as it is written."""

    kind: Literal["text"]
    text: Annotated[str, Field(max_length=10_000)] = Field("", examples=["**Shift A**: see the manual."])


class ImageWidget(_Widget):
    kind: Literal["image"]
    file: FileId
    description: Line = Field("", description="What it shows, for whoever cannot see it.")


class CommandWidget(_Widget):
    """A command of the device's profile, behind the confirmation that it always has."""

    kind: Literal["command"]
    device: DeviceRef
    command: Annotated[str, Field(min_length=1, max_length=64, examples=["start"])]

    def devices_named(self) -> list[str]:
        return [self.device]


class MapPlace(_Part):
    """A point, and what stands there."""

    name: Line = Field("", description="Empty: named after the device or site.")
    latitude: Annotated[float, Field(ge=-85, le=85, examples=[-8.05])]
    longitude: Annotated[float, Field(ge=-180, le=180, examples=[-34.9])]
    device: DeviceRef | None = Field(None, examples=["pump-1"])
    site: SiteRef | None = Field(None, examples=[1])


class MapWidget(_Widget):
    """Positions of sites and devices, drawn without anything from the Internet."""

    kind: Literal["map"]
    places: Annotated[list[MapPlace], Field(max_length=MAX_PLACES)] = Field(default=[])
    site: SiteRef | None = Field(
        None,
        description="It, and all below it that has a position, are shown beside the places; the dashboard's own when "
        "there are no places either.",
        examples=[1],
    )

    def devices_named(self) -> list[str]:
        return [one.device for one in self.places if one.device is not None]

    def sites_named(self) -> list[int | str]:
        own = [self.site] if self.site is not None else []
        return own + [one.site for one in self.places if one.site is not None]

    def surveys(self) -> bool:
        """Whether it shows whatever has a position, and not its places alone."""
        return self.site is not None or not self.places


class SchematicBinding(_Part):
    """What an element of the drawing shows of a series.

    text: the value with its unit, in its place. level: how full, from below, between low and high. visible: whether it is
    seen, which is while the value is not 0.
    """

    element: Annotated[
        str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,99}$", description="Its id.", examples=["tank"])
    ]
    series: SeriesRef
    shows: Literal["text", "level", "visible"] = "text"
    low: float = 0.0
    high: float = 100.0


class SchematicWidget(_Widget):
    """A drawing (SVG) with elements that show values."""

    kind: Literal["schematic"]
    file: FileId
    bindings: Annotated[list[SchematicBinding], Field(max_length=MAX_BINDINGS)] = Field(default=[])

    def series_shown(self) -> list[SeriesRef]:
        return [one.series for one in self.bindings]


class PlantWidget(_Widget):
    """A site with what stands below it and its main values, drawn from the tree of sites."""

    kind: Literal["plant"]
    site: SiteRef | None = Field(None, description="The dashboard's own when missing.", examples=[1])

    def sites_named(self) -> list[int | str]:
        return [self.site] if self.site is not None else []


Widget = Annotated[
    ValueWidget
    | GaugeWidget
    | ChartWidget
    | TableWidget
    | TimelineWidget
    | HeatWidget
    | AlarmsWidget
    | TextWidget
    | ImageWidget
    | CommandWidget
    | MapWidget
    | SchematicWidget
    | PlantWidget,
    Field(discriminator="kind"),
]

VariableKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$", examples=["pump"])]


class DeviceVariable(_Part):
    """A device that whoever looks may choose, among those of a profile below the dashboard's site."""

    kind: Literal["device"]
    key: VariableKey
    name: Line = ""
    profile: Annotated[str, Field(max_length=64)] = Field("", description="Any when empty.")
    device: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="To begin with.", examples=["pump-1"])]


class SiteVariable(_Part):
    """A site that whoever looks may choose, among those below the dashboard's."""

    kind: Literal["site"]
    key: VariableKey
    name: Line = ""
    site: Annotated[int, Field(ge=1, le=2**31 - 1, description="To begin with.", examples=[1])]


Variable = Annotated[DeviceVariable | SiteVariable, Field(discriminator="kind")]


class DashboardDocument(_Part):
    format: Literal[1] = 1
    variables: Annotated[list[Variable], Field(max_length=MAX_VARIABLES)] = Field(default=[])
    widgets: Annotated[list[Widget], Field(max_length=MAX_WIDGETS)] = Field(default=[])

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _require_once("widget", [one.id for one in self.widgets])
        _require_once("variable", [one.key for one in self.variables])
        known = {(one.kind, f"${one.key}") for one in self.variables}
        for widget in self.widgets:
            for wanted in _variables_of(widget):
                if wanted not in known:
                    raise ValueError(f"widget {widget.id} names {wanted[1]}, which is no {wanted[0]} variable")
        if sum(len(widget.series_shown()) for widget in self.widgets) > MAX_BOUND:
            raise ValueError(f"a dashboard shows at most {MAX_BOUND} series")
        return self

    def files(self) -> set[int]:
        """The files that it shows."""
        return {one.file for one in self.widgets if isinstance(one, ImageWidget | SchematicWidget)}


def _variables_of(widget: _Widget) -> Iterator[tuple[str, str]]:
    yield from (("device", name) for name in widget.devices_named() if name.startswith("$"))
    yield from (("site", name) for name in widget.sites_named() if isinstance(name, str))


def _require_once(what: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"there are two {what}s {twice[0]!r}")
