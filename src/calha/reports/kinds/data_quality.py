"""The data-quality report: of each series how many readings came, how many should have, how good they are, and the gaps.

How many should have come follows from the profile's interval; without one nothing is said of it. A gap is a time longer than
GAP_INTERVALS intervals without a reading that is not bad, of which the period's begin and end are edges as well.
"""

from collections.abc import Iterator

import numpy as np

from calha.domain.calendars import Calendar
from calha.domain.quality import Quality
from calha.domain.times import DAY_US, MINUTE_US, SECOND_US
from calha.reports.document import Curve, Document, Heading, Row, Section, Table
from calha.reports.kinds.flow import chosen
from calha.reports.kinds.ground import Sensor, Task
from calha.store.telemetry import Columns
from calha.store.telemetry.rollup import Floats, Ints

GAP_INTERVALS = 3
UNKNOWN_INTERVAL_GAP_US = DAY_US // 24  # of a series whose interval nobody has said
NAN = float("nan")


def document(task: Task) -> Document:
    sensors = task.sensors(lambda _: True)
    words = task.words
    return task.document(
        keys=(words["device"], words["channel"], words["unit"]),
        headings=_headings(task),
        summary=[
            Heading(words["series"]),
            Heading(words["readings"], "number"),
            Heading(words["expected"], "number"),
            Heading(words["completeness"], "share"),
            *(Heading(words[name], "share") for name in ("good", "uncertain", "bad")),
            Heading(words["gaps"], "number"),
            Heading(words["longest_gap_min"], "number"),
            Heading(words["exceptions"], "number"),
        ],
        sources=task.source_headings(),
        sections=_sections(task, sensors),
        count=len(sensors),
    )


def _headings(task: Task) -> list[Heading]:
    words = task.words
    return [
        Heading(words["day"], "day"),
        Heading(words["readings"], "number"),
        Heading(words["completeness"], "share"),
        *(Heading(words[name], "share") for name in ("good", "uncertain", "bad")),
    ]


def _sections(task: Task, sensors: list[Sensor]) -> Iterator[Section]:
    intervals = task.ground.registry.intervals()
    until = min(task.until_at, max(task.made_at, task.from_at))  # nothing can have come from what is still to be
    days = Calendar("1d", task.zone).bounds(task.from_at, task.until_at)
    for sensor in sensors:
        series = sensor.channel.series
        read = task.ground.telemetry.readings([series], task.from_at, task.until_at, resolution="raw")[series]
        found = chosen(read, task)
        interval_us = round(intervals.get(sensor.device.key, 0) * SECOND_US)
        yield _section(task, sensor, found, days, until, interval_us)


def _section(task: Task, sensor: Sensor, found: Columns, days: Ints, until: int, interval_us: int) -> Section:
    edges = np.clip(days, task.from_at, until)
    place = np.searchsorted(days, found.at, side="right") - 1
    count = np.bincount(place, minlength=len(days) - 1).astype(float)
    lengths = np.diff(edges)
    expected = lengths / interval_us if interval_us else np.full(len(lengths), np.nan)
    shares = [_share(place, found.quality >> 6 == level, count) for level in range(3)]
    table = Table(_headings(task), [days[:-1], count, _ratio(count, expected), *shares])
    gap_us = GAP_INTERVALS * interval_us or UNKNOWN_INTERVAL_GAP_US
    gaps = _gaps(found, task.from_at, until, gap_us)
    exceptions = len(task.ground.metering.findings.overlapping(sensor.channel.series, task.from_at, task.until_at))
    whole = len(found.at)
    severities = [float((found.quality >> 6 == level).mean()) if whole else NAN for level in range(3)]
    should = float(expected.sum())
    row: Row = (
        sensor.title(task.definition.language),
        whole,
        should,
        min(whole / should, 1.0) if should > 0 else NAN,
        *severities,
        len(gaps),
        float(gaps.max(initial=0)) / MINUTE_US,
        exceptions,
    )
    first, last = (int(found.at[0]), int(found.at[-1])) if whole else (NAN, NAN)
    return Section(
        sensor.title(task.definition.language),
        (*sensor.keys, sensor.channel.unit),
        table,
        Curve(0, 1, task.words["readings"], "bars"),
        None,
        [row],
        [task.source(sensor, whole, first, last)],
    )


def _gaps(found: Columns, from_at: int, until: int, longer_than_us: int) -> Ints:
    """Lengths of the times without a reading that says something."""
    known = found.at[found.quality < Quality.BAD]
    apart = np.diff(np.concatenate([[from_at], known, [until]]))
    return apart[apart > longer_than_us]


def _share(place: Ints, matches: "np.ndarray[tuple[int], np.dtype[np.bool_]]", count: Floats) -> Floats:
    return _ratio(np.bincount(place, matches, len(count)).astype(float), count)


def _ratio(some: Floats, whole: Floats) -> Floats:
    """At most 1; NaN where there is no whole."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.minimum(some / whole, 1.0), np.nan)
