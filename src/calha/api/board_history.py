"""Widgets over a time as drawings: curves, bars, bands of states, and hours of days by their means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from calha.api.reckoning import reckoned
from calha.dashboards.document import CalculatedSeries, ChartWidget, HeatWidget, Preset, TimelineWidget
from calha.domain.formulas import compiled
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US, to_datetime
from calha.reports.bands_chart import Band, Stretch, bands_chart
from calha.reports.board_pdf import Drawing
from calha.reports.board_words import WORDS
from calha.reports.cells import local_micros
from calha.reports.curves_chart import Curve, curves_chart, look_of
from calha.reports.heat_chart import heat_chart
from calha.reports.kinds.ground import named
from calha.reports.locale import Language
from calha.store.registry import ChannelRow, DeviceRow
from calha.store.telemetry import Columns, Telemetry

POINTS = 600
SPANS_US: Final[dict[Preset, Micros]] = {
    "15min": 15 * MINUTE_US,
    "1h": HOUR_US,
    "6h": 6 * HOUR_US,
    "24h": DAY_US,
    "7d": 7 * DAY_US,
    "30d": 30 * DAY_US,
    "1y": 365 * DAY_US,
}
BAR_STEPS: Final[dict[Preset, str]] = {"15min": "15m", "1h": "15m", "6h": "15m", "24h": "1h"}  # else a day

Seen = tuple[DeviceRow, ChannelRow]
Named = tuple[Seen, str]


@dataclass(frozen=True, slots=True)
class Reckonable:
    """A calculated series, with what it is calculated from by the letters of its formula."""

    series: CalculatedSeries
    inputs: Mapping[str, Seen]


class History:
    def __init__(self, telemetry: Telemetry, language: Language, zone: ZoneInfo, now: Micros) -> None:
        self._telemetry = telemetry
        self._language = language
        self._zone = zone
        self._now = now

    def drawn(
        self,
        widget: ChartWidget | TimelineWidget | HeatWidget,
        named: Sequence[Named],
        calculated: Sequence[Reckonable] = (),
    ) -> tuple[list[Drawing], str]:
        """The drawings of series with their names, none where nothing was read; and which time they are of."""
        words = WORDS[self._language]
        if isinstance(widget, HeatWidget):
            return self._heat(widget, named), words["days"].format(days=widget.days)
        note = words["last"].format(time=widget.range)
        if isinstance(widget, ChartWidget):
            return self._charts(widget, named, calculated), note
        return self._bands(widget, named), note

    def _charts(self, widget: ChartWidget, named: Sequence[Named], calculated: Sequence[Reckonable]) -> list[Drawing]:
        """One for each unit."""
        since = self._now - SPANS_US[widget.range]
        step = BAR_STEPS.get(widget.range, "1d") if widget.look == "bar" else None
        found = self._read(named, since, step)
        begin, end = self._wall(since), self._wall(self._now)
        drawings = []
        units = [*(channel.unit for (_, channel), _ in named), *(one.series.unit for one in calculated)]
        for unit in dict.fromkeys(units):
            group = [(channel, name) for (_, channel), name in named if channel.unit == unit]
            curves = [
                self._curve(found[channel.series], channel, name, since, is_bar=step is not None)
                for channel, name in group
                if channel.series in found
            ]
            curves += [self._calculated(one, since) for one in calculated if one.series.unit == unit]
            svg = curves_chart(curves, begin, end, unit, self._language, widget.look)
            legend = [(one.name, *look_of(place)) for place, one in enumerate(curves)]
            if svg:
                drawings.append(Drawing(svg, legend))
        return drawings

    def _curve(self, columns: Columns, channel: ChannelRow, name: str, since: Micros, *, is_bar: bool) -> Curve:
        """Bars of a register are what was added in each stretch."""
        at = (columns.at - since) / SECOND_US
        if not is_bar or channel.kind != "counter":
            return Curve(name, at, columns.value)
        reached = columns.maximum if columns.maximum is not None else columns.value
        return Curve(name, at[1:], np.diff(reached))

    def _calculated(self, one: Reckonable, since: Micros) -> Curve:
        numbers = {letter: channel.series for letter, (_, channel) in one.inputs.items()}
        formula = compiled(one.series.formula)
        found = reckoned(self._telemetry, formula, numbers, self._zone, since, self._now, POINTS).points
        return Curve(one.series.shown_name, (found.at - since) / SECOND_US, found.value)

    def _bands(self, widget: TimelineWidget, named: Sequence[Named]) -> list[Drawing]:
        since = self._now - SPANS_US[widget.range]
        found = self._read(named, since, None)
        bands = [
            Band(name, _stretches(found[channel.series], channel, since, self._now, self._language))
            for (_, channel), name in named
            if channel.series in found
        ]
        if not any(band.stretches for band in bands):
            return []
        return [Drawing(bands_chart(bands, self._wall(since), self._wall(self._now)))]

    def _heat(self, widget: HeatWidget, named: Sequence[Named]) -> list[Drawing]:
        since = self._now - widget.days * DAY_US
        found = self._read(named, since, "1h")
        drawings = []
        for (_, channel), name in named:
            if channel.series in found and len(found[channel.series].at):
                columns = found[channel.series]
                local = local_micros(columns.at, self._zone)
                drawings.append(Drawing(heat_chart(local, columns.value, channel.unit, name, self._language)))
        return drawings

    def _read(self, named: Sequence[Named], since: Micros, resolution: str | None) -> dict[int, Columns]:
        series = [channel.series for (_, channel), _ in named]
        if not series:
            return {}
        points = POINTS if resolution is None else None
        found = self._telemetry.readings(
            series, since, self._now, points=points, resolution=resolution, zone=self._zone
        )
        return dict(found)

    def _wall(self, at: Micros) -> datetime:
        """As a clock on the wall shows it, without a zone."""
        return to_datetime(at).astimezone(self._zone).replace(tzinfo=None)


def _stretches(
    columns: Columns, channel: ChannelRow, since: Micros, until: Micros, language: Language
) -> list[Stretch]:
    """From each change of the state to the next one."""
    value = columns.last if columns.last is not None else columns.value
    known = np.isfinite(value)
    at, codes = columns.at[known], value[known].astype(np.int64)
    if not len(at):
        return []
    changes = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
    ends = [*at[changes[1:]].tolist(), until]
    return [
        Stretch(
            max(0, int(at[place]) - since) / SECOND_US,
            (end - since) / SECOND_US,
            _state(channel, int(codes[place]), language),
            int(codes[place]),
        )
        for place, end in zip(changes.tolist(), ends, strict=True)
    ]


def _state(channel: ChannelRow, code: int, language: Language) -> str:
    return named((channel.states or {}).get(str(code), str(code)), language)
