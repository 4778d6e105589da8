"""A dashboard's widgets as panels on paper: what each shows at this moment, as far as the caller may see it.

Widgets over a time are drawn in `board_history`; what has no drawing is a table of its values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from calha.api.access import Caller
from calha.api.board_history import History, Reckonable
from calha.api.routes.alarms import is_seen
from calha.api.services import Services
from calha.dashboards import document as kinds
from calha.dashboards.document import DashboardDocument, SeriesRef
from calha.dashboards.scope import Values, resolved, values_of
from calha.domain import quality
from calha.domain.access import Permission
from calha.domain.alarm_states import ANNUNCIATED
from calha.domain.notices import ORDER
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.reports.board_pdf import Panel
from calha.reports.board_words import WORDS
from calha.reports.kinds.ground import named
from calha.reports.locale import Language, day, number
from calha.reports.words import QUALITIES
from calha.store.alarms import AlarmRow
from calha.store.registry import ChannelRow, DeviceRow

MAX_ALARMS = 200
MAX_DEVICES = 200
MAIN = 3  # channels by which a device is known at a glance
DIGITS = 6

Seen = tuple[DeviceRow, ChannelRow]


@dataclass(frozen=True)
class BoardPages:
    """site: where the dashboard belongs; times are told by its clock."""

    services: Services
    caller: Caller
    site: int
    values: Values
    language: Language
    now: Micros
    _devices: dict[str, DeviceRow | None] = field(default_factory=dict)

    def panels(self, document: DashboardDocument) -> list[Panel]:
        """Its widgets, in the order in which they are read."""
        shown = BoardPages(
            self.services, self.caller, self.site, values_of(document, self.values), self.language, self.now
        )
        return [shown._panel(one) for one in sorted(document.widgets, key=lambda one: (one.y, one.x))]

    @property
    def as_of(self) -> str:
        """When the dashboard was as it is printed."""
        return WORDS[self.language]["as_of"].format(at=self.written_at(self.now), zone=self.zone.key)

    def written_at(self, at: Micros) -> str:
        moment = to_datetime(at).astimezone(self.zone)
        return f"{day(moment.date(), self.language)} {moment:%H:%M}"

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.services.registry.site(self.site).zone)

    def _panel(self, widget: kinds.Widget) -> Panel:
        words = WORDS[self.language]
        match widget:
            case kinds.ValueWidget() | kinds.GaugeWidget():
                return self._value(widget)
            case kinds.ChartWidget() | kinds.TimelineWidget() | kinds.HeatWidget():
                series = widget.series if isinstance(widget.series, list) else [widget.series]
                seen = self._seen(series)
                calculated = self._reckonable(widget) if isinstance(widget, kinds.ChartWidget) else []
                measured = [(one, self._name(one, seen)) for one in seen]
                names = [*(name for _, name in measured), *(one.series.shown_name for one in calculated)]
                title = widget.title or ", ".join(names) or words[widget.kind]
                history = History(self.services.telemetry, self.language, self.zone, self.now)
                drawings, note = history.drawn(widget, measured, calculated)
                missing = words["not_seen"] if not seen else words["no_data"] if not drawings else ""
                return _placed(widget, title, note=note, drawings=drawings, text=missing)
            case kinds.TableWidget() | kinds.SchematicWidget():
                seen = self._seen(widget.series_shown())
                return self._table(widget, words[widget.kind], seen)
            case kinds.AlarmsWidget():
                return self._alarms(widget)
            case kinds.PlantWidget():
                site = int(self._resolved(widget.site)) if widget.site is not None else self.site
                return self._table(widget, words["plant"], self._below(site))
            case kinds.MapWidget():
                return self._map(widget)
            case kinds.TextWidget():
                return _placed(widget, widget.title or words["text"], text=widget.text)
            case kinds.ImageWidget():
                return _placed(widget, widget.title or words["image"], text=widget.description or words["picture"])
            case kinds.CommandWidget():
                device = str(self._resolved(widget.device))
                told = words["command"].format(command=widget.command, device=device)
                return _placed(widget, widget.title or device, text=told)

    # -- newest values

    def _value(self, widget: kinds.ValueWidget | kinds.GaugeWidget) -> Panel:
        words, seen = WORDS[self.language], self._seen([widget.series])
        if not seen:
            return _placed(widget, widget.title or widget.series.channel, text=words["not_seen"])
        ((_, channel),) = seen
        title = widget.title or self._names(seen)
        newest = self._newest(channel)
        if newest is None:
            return _placed(widget, title, text=words["no_value"])
        value, at, code = newest
        told = "" if quality.label(code) == "good" else f" · {QUALITIES[self.language][quality.label(code)]}"
        figure = f"{self._text(channel, value)} {channel.unit}".strip()
        share = _share(widget, channel, value) if isinstance(widget, kinds.GaugeWidget) else None
        return _placed(widget, title, figure=figure, note=f"{self.written_at(at)}{told}", share=share)

    def _table(self, widget: kinds.Widget, title: str, seen: Sequence[Seen]) -> Panel:
        words = WORDS[self.language]
        if not seen:
            return _placed(widget, widget.title or title, text=words["no_value"])
        headings = [words[name] for name in ("device", "channel", "value", "at", "quality")]
        rows = [[device.name, named(channel.name, self.language), *self._cells(channel)] for device, channel in seen]
        return _placed(widget, widget.title or title, headings=headings, rows=rows)

    def _cells(self, channel: ChannelRow) -> list[str]:
        """Value, time and quality of its newest reading."""
        newest = self._newest(channel)
        if newest is None:
            return ["–", "–", "–"]
        value, at, code = newest
        told = f"{self._text(channel, value)} {channel.unit}".strip()
        return [told, self.written_at(at), QUALITIES[self.language][quality.label(code)]]

    def _newest(self, channel: ChannelRow) -> tuple[float, Micros, int] | None:
        latest, series = self.services.telemetry.latest, channel.series
        if not latest.has_any([series]):
            return None
        return float(latest.value[series]), int(latest.at[series]), int(latest.quality[series])

    # -- lists

    def _alarms(self, widget: kinds.AlarmsWidget) -> Panel:
        words = WORDS[self.language]
        if widget.device is not None:
            device = str(self._resolved(widget.device))
            found = [one for one in self._standing() if one.device == device]
        else:
            site = int(self._resolved(widget.site)) if widget.site is not None else self.site
            below = self.services.ingest.directory.tree.below([site])
            found = [one for one in self._standing() if one.site in below]
        if not found:
            return _placed(widget, widget.title or words["alarms"], text=words["no_alarm"])
        headings = [words[name] for name in ("priority", "alarm", "device", "since")]
        rows = [
            [words[one.priority.value], one.name, one.device, self._since(one.alarm.raised_at)]
            for one in _by_pressure(found)
        ]
        return _placed(widget, widget.title or words["alarms"], headings=headings, rows=rows)

    def _since(self, at: Micros | None) -> str:
        return self.written_at(at) if at is not None else "–"

    def _standing(self) -> Sequence[AlarmRow]:
        page = self.services.alarms.alarms.page(ANNUNCIATED, within=self.caller.selection(), limit=MAX_ALARMS)
        return [one for one in page.items if is_seen(self.caller, one)]

    def _map(self, widget: kinds.MapWidget) -> Panel:
        words = WORDS[self.language]
        alarms = {one.device: one.name for one in reversed(_by_pressure(self._standing()))}
        rows = [
            [name, position, *(self._at_place(device, alarms) if device is not None else ["", ""])]
            for name, position, device in self._places(widget)
        ]
        headings = [words[name] for name in ("place", "position", "value", "alarm")]
        return _placed(widget, widget.title or words["map"], headings=headings, rows=rows)

    def _places(self, widget: kinds.MapWidget) -> Iterable[tuple[str, str, DeviceRow | None]]:
        for place in widget.places:
            device = self._device(str(self._resolved(place.device))) if place.device is not None else None
            name = place.name or (device.name if device is not None else "")
            yield name, _degrees(place.latitude, place.longitude), device
        if not widget.surveys():
            return
        site = int(self._resolved(widget.site)) if widget.site is not None else self.site
        below = self.services.ingest.directory.tree.below([site])
        for one in self.services.registry.sites():
            if one.id in below and one.position is not None and self.caller.may(Permission.VIEW, one.id):
                yield one.name, _degrees(*one.position), None
        within = self.caller.selection()
        page = self.services.registry.devices(limit=MAX_DEVICES, site=site, within=within, placed=True)
        yield from ((one.name, _degrees(*one.position), one) for one in page.items if one.position is not None)

    def _at_place(self, device: DeviceRow, alarms: Mapping[str, str]) -> list[str]:
        """The main value of a device, and its most pressing alarm."""
        value = self._cells(device.channels[0])[0] if device.channels else "–"
        return [value, alarms.get(device.key, "")]

    # -- what is named

    def _seen(self, series: Sequence[SeriesRef]) -> list[Seen]:
        found = [(self._device(str(self._resolved(one.device))), one.channel) for one in series]
        return [
            (device, channel)
            for device, key in found
            if device is not None
            for channel in device.channels
            if channel.key == key
        ]

    def _reckonable(self, chart: kinds.ChartWidget) -> list[Reckonable]:
        """Its calculated series of which everything may be seen that they are calculated from."""
        found = []
        for one in chart.calculated:
            inputs = {letter: self._seen([series]) for letter, series in chart.inputs(one).items()}
            if all(inputs.values()):
                found.append(Reckonable(one, {letter: seen[0] for letter, seen in inputs.items()}))
        return found

    def _device(self, key: str) -> DeviceRow | None:
        """None for one that does not exist, or that the caller may not see: which of both, is not told."""
        if key not in self._devices:
            row = self.services.registry.devices_named([key]).get(key)
            is_seen = row is not None and self.caller.may(Permission.VIEW, row.site_id)
            self._devices[key] = row if is_seen else None
        return self._devices[key]

    def _below(self, site: int) -> list[Seen]:
        page = self.services.registry.devices(limit=MAX_DEVICES, site=site, within=self.caller.selection())
        return [(device, channel) for device in page.items for channel in device.channels[:MAIN]]

    def _resolved(self, name: str | int) -> str | int:
        return resolved(name, self.values)

    def _names(self, seen: Sequence[Seen]) -> str:
        return ", ".join(self._name(one, seen) for one in seen)

    def _name(self, one: Seen, among: Sequence[Seen]) -> str:
        """With its device where there are several of them, or one alone."""
        device, channel = one
        own = named(channel.name, self.language)
        are_many = len({other.key for other, _ in among}) > 1
        return f"{device.name} · {own}" if are_many or len(among) == 1 else own

    def _text(self, channel: ChannelRow, value: float) -> str:
        if value != value:  # NaN
            return "–"
        if channel.states:
            state = channel.states.get(str(int(value)))
            return named(state, self.language) if state is not None else f"{value:g}"
        places = channel.precision
        return number(
            Decimal(repr(value)) if places is not None else Decimal(f"{value:.{DIGITS}g}"), self.language, places
        )


def _by_pressure(alarms: Sequence[AlarmRow]) -> list[AlarmRow]:
    return sorted(alarms, key=lambda one: (-ORDER[one.priority], -(one.alarm.raised_at or 0)))


def _placed(widget: kinds.Widget, title: str, **shown: object) -> Panel:
    place: Mapping[str, int] = {"x": widget.x, "y": widget.y, "w": widget.w, "h": widget.h}
    return Panel(**place, title=title, **shown)  # type: ignore[arg-type]  # parts of a panel, by name


def _share(widget: kinds.GaugeWidget, channel: ChannelRow, value: float) -> float | None:
    """Of the scale; None without one."""
    low = widget.low if widget.low is not None else channel.minimum
    high = widget.high if widget.high is not None else channel.maximum
    if low is None or high is None or high <= low or value != value:  # NaN
        return None
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _degrees(latitude: float, longitude: float) -> str:
    return f"{latitude:.5f}, {longitude:.5f}"
