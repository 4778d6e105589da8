"""The flow report: what sensors measured, each reading or hours or days of them.

Hours and days tell mean, minimum and maximum of good and uncertain readings. Without channels that are named it is about all
flows of the site.
"""

from collections.abc import Iterator

import numpy as np

from calha.domain import units
from calha.domain.errors import TooLarge, UnknownUnit
from calha.domain.quality import Quality
from calha.domain.report_definitions import SEVERITIES, Severity
from calha.reports.document import Curve, Document, Heading, Section, Table
from calha.reports.kinds.ground import Sensor, Task
from calha.store.registry import ChannelRow
from calha.store.telemetry import Columns
from calha.store.telemetry.rollup import LEVELS, Floats, Ints, Partials, days

MAX_READINGS = 5_000_000  # of a report
DIGEST_ABOVE = 400  # rows of a sensor, above which paper shows days
DEFAULT_PLACES = 2
_SEVERITY_BITS: dict[Severity, int] = {"good": 0, "uncertain": 1, "bad": 2}


def document(task: Task) -> Document:
    sensors = task.sensors(is_flow)
    words = task.words
    statistics = [Heading(words[name], "number", DEFAULT_PLACES) for name in ("mean", "minimum", "maximum")]
    return task.document(
        keys=(words["device"], words["channel"], words["unit"]),
        headings=_headings(task, DEFAULT_PLACES),
        summary=[Heading(words["series"]), Heading(words["unit"]), Heading(words["readings"], "number"), *statistics],
        sources=task.source_headings(),
        sections=_sections(task, sensors),
        count=len(sensors),
    )


def is_flow(channel: ChannelRow) -> bool:
    try:
        return channel.kind == "gauge" and units.quantity(channel.unit) == "flow"
    except UnknownUnit:
        return False


def chosen(columns: Columns, task: Task) -> Columns:
    """The readings of the qualities that are asked for."""
    asked = task.definition.qualities
    if set(asked) == set(SEVERITIES):
        return columns
    keep = np.isin(columns.quality >> 6, [_SEVERITY_BITS[one] for one in asked])
    return Columns(columns.at[keep], columns.value[keep], columns.quality[keep])


def by_buckets(columns: Columns, task: Task, step: str) -> Partials:
    """Readings as hours or days of the zone."""
    parts = Partials.of_readings(columns.at, columns.value, columns.quality)
    if step == "1d":
        return parts.merged(days(task.from_at, task.until_at, task.zone))
    return parts.merged_by(LEVELS[step])


def _sections(task: Task, sensors: list[Sensor]) -> Iterator[Section]:
    readings = 0
    for sensor in sensors:
        found = _read(task, sensor.channel.series)
        readings += len(found.at)
        if readings > MAX_READINGS:
            raise TooLarge(f"more than {MAX_READINGS} readings; ask for hours, a shorter time or fewer sensors")
        yield _section(task, sensor, found)


def _read(task: Task, series: int) -> Columns:
    """Readings, or buckets made by the store where no quality is left out."""
    step, telemetry = task.definition.step, task.ground.telemetry
    if step == "raw" or set(task.definition.qualities) != set(SEVERITIES):
        found = telemetry.readings([series], task.from_at, task.until_at, resolution="raw")[series]
        return chosen(found, task)
    return telemetry.readings([series], task.from_at, task.until_at, resolution=step, zone=task.zone)[series]


def _section(task: Task, sensor: Sensor, found: Columns) -> Section:
    places = sensor.channel.precision if sensor.channel.precision is not None else DEFAULT_PLACES
    headings, step = _headings(task, places), task.definition.step
    label = f"{sensor.name(task.definition.language)} ({sensor.channel.unit})"
    digest = None
    if step == "raw":
        table = Table(headings, [found.at, _known(found.value, found.quality), found.quality])
        if len(table) > DIGEST_ABOVE:
            digest = _buckets(_digest_headings(task, places), by_buckets(found, task, "1d"))
    else:
        table = _buckets(headings, _partials(found) if found.count is not None else by_buckets(found, task, step))
    return Section(
        sensor.title(task.definition.language),
        (*sensor.keys, sensor.channel.unit),
        table,
        Curve(0, 1, label),
        digest,
        [_statistics(sensor, task, found)],
        [_source(task, sensor, found)],
    )


def _headings(task: Task, places: int) -> list[Heading]:
    if task.definition.step != "raw":
        return _digest_headings(task, places)
    words = task.words
    return [
        Heading(words["time"], "time"),
        Heading(words["value"], "number", places),
        Heading(words["quality"], "quality"),
    ]


def _digest_headings(task: Task, places: int) -> list[Heading]:
    words = task.words
    by_day = task.definition.step != "1h"
    return [
        Heading(words["day"], "day") if by_day else Heading(words["time"], "time"),
        *(Heading(words[name], "number", places) for name in ("mean", "minimum", "maximum")),
        Heading(words["readings"], "number"),
        Heading(words["quality"], "quality"),
    ]


def _buckets(headings: list[Heading], parts: Partials) -> Table:
    return Table(headings, [parts.at, parts.mean, parts.minimum, parts.maximum, parts.count, parts.quality])


def _partials(found: Columns) -> Partials:
    """Buckets of the store."""
    assert found.count is not None and found.total is not None
    assert found.minimum is not None and found.maximum is not None
    assert found.first is not None and found.last is not None
    assert found.first_at is not None and found.last_at is not None
    return Partials(
        found.at,
        found.count,
        found.total,
        found.minimum,
        found.maximum,
        found.first,
        found.first_at,
        found.last,
        found.last_at,
        found.quality,
    )


def _statistics(sensor: Sensor, task: Task, found: Columns) -> tuple[object, ...]:
    parts = _partials(found) if found.count is not None else Partials.of_readings(found.at, found.value, found.quality)
    count = int(parts.count.sum())
    name = sensor.title(task.definition.language).rpartition(" (")[0] if sensor.channel.unit else sensor.name("")
    if not count:
        return name, sensor.channel.unit, 0, *(float("nan"),) * 3
    low, high = float(np.nanmin(parts.minimum)), float(np.nanmax(parts.maximum))
    return name, sensor.channel.unit, count, float(parts.total.sum()) / count, low, high


def _source(task: Task, sensor: Sensor, found: Columns) -> tuple[object, ...]:
    count = int(found.count.sum()) if found.count is not None else len(found.at)
    if not len(found.at):
        return tuple(task.source(sensor, count, float("nan"), float("nan")))
    if found.first_at is not None and found.last_at is not None and count:
        known = found.count > 0 if found.count is not None else np.ones(len(found.at), bool)
        return tuple(task.source(sensor, count, int(found.first_at[known][0]), int(found.last_at[known][-1])))
    return tuple(task.source(sensor, count, int(found.at[0]), int(found.at[-1])))


def _known(value: Floats, quality: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> Floats:
    return np.where(quality < Quality.BAD, value, np.nan)


__all__ = ["Ints", "by_buckets", "chosen", "document", "is_flow"]
