"""What somebody sees who holds a public link: one dashboard, read-only, with its own series and nothing else.

The link stands in the address behind `#`, which browsers do not send; the page sends it in a header, so it is in no log.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Header, Query
from starlette.responses import Response

from calha.accounts.keyring import digest
from calha.api.access import Anybody
from calha.api.alarm_news import alarm_answer
from calha.api.dashboards import kept_document, public_of
from calha.api.period import From, To
from calha.api.reckoning import calculated_answer, reckoned
from calha.api.routes.dashboard_files import FILE, as_file
from calha.api.routes.readings import readings_content
from calha.api.routing import api_router
from calha.api.schemas import Channel, ChannelKey, DeviceKey, Position, Readings
from calha.api.schemas_alarms import AlarmAnswer
from calha.api.schemas_billing import Number
from calha.api.schemas_dashboards import (
    DashboardFileAnswer,
    SharedDashboard,
    SharedDevice,
    SharedNow,
    SharedReading,
    SharedSite,
)
from calha.api.schemas_explore import CalculatedAnswer
from calha.api.services import Here, Services
from calha.dashboards.document import MAX_CALCULATED, ChartWidget, DashboardDocument, MapWidget, SeriesRef
from calha.dashboards.scope import Scope, resolved, scope_of, values_of
from calha.domain import quality
from calha.domain.alarm_states import ANNUNCIATED
from calha.domain.errors import Malformed, NotFound
from calha.domain.formulas import compiled
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, from_text, to_datetime
from calha.store.dashboards import DashboardRow, LinkRow
from calha.store.registry import ChannelRow, DeviceRow, Selection

router = api_router("dashboards", "/shared")

MAX_DAYS = 367
MAX_POINTS = 5_000
MAX_PLANT_DEVICES = 200
MAX_ALARMS = 200

Link = Annotated[
    str,
    Header(alias="X-Calha-Link", max_length=100, description="What the link says behind #.", examples=["calha_view_…"]),
]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A dashboard as its link shows it. plant: the devices of a plant that is drawn, with all their channels."""

    row: DashboardRow
    link: LinkRow
    document: DashboardDocument
    scope: Scope
    plant: frozenset[str]
    devices: Mapping[str, DeviceRow]

    def channels(self, device: DeviceRow) -> list[ChannelRow]:
        """Those of a device that may be seen."""
        everything = device.key in self.plant
        return [one for one in device.channels if everything or (device.key, one.key) in self.scope.series]

    def seen(self, device: str, channel: str) -> tuple[DeviceRow, ChannelRow]:
        """A series of it. Raises NotFound."""
        row = self.devices.get(device)
        found = [one for one in self.channels(row) if one.key == channel] if row is not None else []
        if row is None or not found:
            raise NotFound(f"the dashboard does not show {channel} of {device}", "not_shown")
        return row, found[0]

    def named(self, one: SeriesRef) -> tuple[DeviceRow, ChannelRow]:
        """A series that a widget names. Raises NotFound."""
        values = values_of(self.document, self.link.variables)
        return self.seen(str(resolved(one.device, values)), one.channel)


Points = Annotated[int, Query(ge=10, le=MAX_POINTS, description="About so many; extremes are kept.")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A piece of history."""

    device: str
    channel: str
    from_: str | None
    to: str | None
    points: int
    resolution: str | None


@dataclass(frozen=True, slots=True)
class _AskedCalculated:
    """A piece of a calculated series, by where it stands."""

    widget: str
    place: int
    from_: str | None
    to: str | None
    points: int


@router.get("/dashboard")
async def read_shared_dashboard(services: Here, _: Anybody, link: Link) -> SharedDashboard:
    """The dashboard, the devices and sites that it names, and until when the link holds."""
    return await asyncio.to_thread(lambda: _whole(services, _shown(services, link)))


@router.get("/now")
async def read_shared_values(services: Here, _: Anybody, link: Link) -> SharedNow:
    """Its newest readings, and the alarms that stand."""
    return await asyncio.to_thread(lambda: _now(services, _shown(services, link)))


@router.get("/readings", response_model=Readings)
async def read_shared_readings(
    services: Here,
    _: Anybody,
    link: Link,
    device: DeviceKey,
    channel: ChannelKey,
    from_: From = None,
    to: To = None,
    points: Points = 1_000,
    resolution: Annotated[
        str | None, Query(pattern="^(15m|1h|1d)$", description="Exactly this.", examples=["1h"])
    ] = None,
) -> Response:
    """The history of one series of the dashboard."""
    shown = await asyncio.to_thread(_shown, services, link)
    asked = _Asked(device, channel, from_, to, points, resolution)
    content = await asyncio.to_thread(_history, services, shown, asked)
    return Response(content, media_type="application/json")


@router.get("/calculated")
async def read_shared_calculated(
    services: Here,
    _: Anybody,
    link: Link,
    widget: Annotated[str, Query(max_length=32, description="Id of a chart.", examples=["w1"])],
    place: Annotated[
        int, Query(ge=0, lt=MAX_CALCULATED, description="Of the series among those calculated there.", examples=[0])
    ],
    from_: From = None,
    to: To = None,
    points: Points = 1_000,
) -> CalculatedAnswer:
    """The history of a calculated series of the dashboard. Only formulas that stand in it are reckoned."""
    shown = await asyncio.to_thread(_shown, services, link)
    asked = _AskedCalculated(widget, place, from_, to, points)
    return await asyncio.to_thread(_calculated, services, shown, asked)


@router.get("/files/{file_id}", response_class=Response, responses=FILE)
async def read_shared_file(file_id: Number, services: Here, _: Anybody, link: Link) -> Response:
    """A picture or drawing that it shows."""
    shown = await asyncio.to_thread(_shown, services, link)
    if file_id not in shown.document.files():
        raise NotFound(f"the dashboard has no file {file_id}", "unknown_file")
    return as_file(*await asyncio.to_thread(services.dashboards.files.read, shown.row.id, file_id))


def _shown(services: Services, given: str) -> _Shown:
    """Raises NotFound for a link that never was, has expired, or was revoked: which, is nobody's business."""
    link = services.dashboards.links.find(digest(given), datetime.now(UTC))
    if link is None:
        raise NotFound("this link shows nothing: it has expired, was revoked, or is incomplete", "unknown_link")
    row = services.dashboards.boards.get(link.dashboard_id)
    document = kept_document(row)
    scope = scope_of(document, link.variables, row.site_id)
    below = services.ingest.directory.tree.below([row.site_id])
    scope = Scope(scope.series, scope.devices, scope.sites & below)
    plant = frozenset(public_of(services, _standing_in(services, document, scope), row.site_id))
    public = [*plant, *public_of(services, scope.devices - plant, row.site_id)]
    return _Shown(row, link, document, scope, plant, services.registry.devices_named(public))


def _standing_in(services: Services, document: DashboardDocument, scope: Scope) -> list[str]:
    """The devices of a plant or a map that is drawn."""
    if any(one.kind == "plant" for one in document.widgets):
        directory = services.ingest.directory
        below = directory.tree.below(scope.sites)
        return sorted(key for key, entry in directory.devices.items() if entry.site in below)[:MAX_PLANT_DEVICES]
    if any(isinstance(one, MapWidget) and one.surveys() for one in document.widgets):
        within = Selection(services.ingest.directory.tree.below(scope.sites))
        placed = services.registry.devices(limit=MAX_PLANT_DEVICES, within=within, placed=True)
        return [one.key for one in placed.items]
    return []


def _whole(services: Services, shown: _Shown) -> SharedDashboard:
    below = services.ingest.directory.tree.below(shown.scope.sites)
    sites = [one for one in services.registry.sites() if one.id in below]
    files = [one for one in services.dashboards.files.list(shown.row.id) if one.id in shown.document.files()]
    return SharedDashboard(
        name=shown.row.name,
        site_id=shown.row.site_id,
        document=shown.document,
        variables=values_of(shown.document, shown.link.variables),
        files=[DashboardFileAnswer.model_validate(one) for one in files],
        devices=[_device(shown, one) for one in shown.devices.values()],
        sites=[SharedSite.model_validate(one) for one in sites],
        expires_at=shown.link.expires_at,
    )


def _device(shown: _Shown, row: DeviceRow) -> SharedDevice:
    channels = [Channel.model_validate(one) for one in shown.channels(row)]
    position = Position.model_validate(row.position) if row.position is not None else None
    return SharedDevice(
        key=row.key, name=row.name, site_id=row.site_id, zone=row.zone, channels=channels, position=position
    )


def _now(services: Services, shown: _Shown) -> SharedNow:
    readings = [one for device in shown.devices.values() for one in _newest(services, device, shown.channels(device))]
    return SharedNow(now=to_datetime(services.clock()), readings=readings, alarms=_alarms(services, shown))


def _newest(services: Services, device: DeviceRow, channels: list[ChannelRow]) -> Iterator[SharedReading]:
    latest = services.telemetry.latest
    for channel in channels:
        series = channel.series
        if latest.has_any([series]):
            value = float(latest.value[series])
            yield SharedReading(
                device=device.key,
                channel=channel.key,
                series=series,
                t=int(latest.at[series]) / 1000,
                value=None if value != value else value,  # NaN
                quality=quality.label(int(latest.quality[series])),
            )


def _alarms(services: Services, shown: _Shown) -> list[AlarmAnswer]:
    """Of the devices and sites that its lists of alarms, plants and maps are about."""
    if not any(one.kind in ("alarms", "plant", "map") for one in shown.document.widgets):
        return []
    tree, site_id = services.ingest.directory.tree, shown.row.site_id
    page = services.alarms.alarms.page(ANNUNCIATED, None, tree.below([site_id]), None, None, MAX_ALARMS)
    sites = tree.below(shown.scope.sites)
    wanted = [one for one in page.items if one.site in sites or one.device in shown.scope.devices]
    public = set(public_of(services, {one.device for one in wanted}, site_id))
    return [alarm_answer(one) for one in wanted if one.device in public]


def _history(services: Services, shown: _Shown, asked: _Asked) -> bytes:
    row, channel = shown.seen(asked.device, asked.channel)
    zone = ZoneInfo(row.zone)
    since, until = _time(services, zone, asked.from_, asked.to)
    points = None if asked.resolution else asked.points
    series = [channel.series]
    answer = services.telemetry.readings(series, since, until, points=points, resolution=asked.resolution, zone=zone)
    agg: Literal["mean", "last"] = "last" if channel.kind == "state" else "mean"
    return msgspec.json.encode(readings_content(row.key, [channel], answer, since, until, agg))


def _calculated(services: Services, shown: _Shown, asked: _AskedCalculated) -> CalculatedAnswer:
    charts = [one for one in shown.document.widgets if isinstance(one, ChartWidget) and one.id == asked.widget]
    if not charts or asked.place >= len(charts[0].calculated):
        raise NotFound(f"{asked.widget} shows no calculated series {asked.place}", "not_shown")
    chart, one = charts[0], charts[0].calculated[asked.place]
    inputs = {letter: shown.named(series) for letter, series in chart.inputs(one).items()}
    zone = ZoneInfo(next(iter(inputs.values()))[0].zone)
    since, until = _time(services, zone, asked.from_, asked.to)
    numbers = {letter: channel.series for letter, (_, channel) in inputs.items()}
    found = reckoned(services.telemetry, compiled(one.formula), numbers, zone, since, until, asked.points)
    return calculated_answer(found, since, until)


def _time(services: Services, zone: ZoneInfo, from_: str | None, to: str | None) -> tuple[Micros, Micros]:
    """Raises Malformed."""
    until = from_text(to, zone) if to else services.clock() + 1
    since = from_text(from_, zone) if from_ else until - DAY_US
    if not 0 < until - since <= MAX_DAYS * DAY_US:
        raise Malformed(f"a time of at most {MAX_DAYS} days is asked for, from before to", "bad_span")
    return since, until
