"""The consumption report: how much each meter counted, by intervals of its zone's calendar, with quality and coverage.

A report of all qualities shows every interval; where some are left out, the total is of those that are shown.
"""

from collections.abc import Iterator

import numpy as np

from calha.domain.calendars import Calendar, Step
from calha.domain.consumption import Consumption
from calha.domain.errors import Malformed
from calha.domain.report_definitions import SEVERITIES
from calha.metering.meters import is_countable
from calha.reports.document import Curve, Document, Heading, Section, Table
from calha.reports.kinds.flow import DIGEST_ABOVE
from calha.reports.kinds.ground import Sensor, Task

PLACES = 3
AT_ONCE = 20  # meters counted with one question


def document(task: Task) -> Document:
    sensors = task.sensors(is_countable)
    _require_countable(sensors)
    words = task.words
    return task.document(
        keys=(words["device"], words["channel"], words["unit"]),
        headings=_headings(task),
        summary=[
            Heading(words["series"]),
            Heading(words["unit"]),
            Heading(words["total"], "number", PLACES),
            Heading(words["quality"], "quality"),
            Heading(words["coverage"], "share"),
        ],
        sources=task.source_headings()[:5],
        sections=_sections(task, sensors),
        count=len(sensors),
    )


def _require_countable(sensors: list[Sensor]) -> None:
    for sensor in sensors:
        if not is_countable(sensor.channel):
            device, channel = sensor.keys
            raise Malformed(
                f"{channel!r} of {device!r} is neither a register nor a flow, so it has no consumption", "not_countable"
            )


def step_of(task: Task) -> Step:
    assert task.definition.step != "raw"
    return task.definition.step


def _headings(task: Task) -> list[Heading]:
    words = task.words
    whole_days = task.definition.step in ("1d", "1mo")
    return [
        Heading(words["day"] if whole_days else words["time"], "day" if whole_days else "time"),
        Heading(words["amount"], "number", PLACES),
        Heading(words["quality"], "quality"),
        Heading(words["coverage"], "share"),
    ]


def _sections(task: Task, sensors: list[Sensor]) -> Iterator[Section]:
    bounds = Calendar(step_of(task), task.zone).bounds(task.from_at, task.until_at)
    metering = task.ground.metering
    for first in range(0, len(sensors), AT_ONCE):
        some = sensors[first : first + AT_ONCE]
        meters = [metering.meters.of_device(one.device, one.channel.key) for one in some]
        for sensor, counted in zip(some, metering.counting.of_all(meters, bounds), strict=True):
            yield _section(task, sensor, counted.consumption)


def _section(task: Task, sensor: Sensor, found: Consumption) -> Section:
    kept = _kept(task, found)
    amounts = found.amounts()[kept]
    table = Table(_headings(task), [found.bounds[:-1][kept], amounts, found.quality[kept], found.coverage[kept]])
    language = task.definition.language
    name = f"{sensor.device.name or sensor.device.key} · {sensor.name(language)}"
    known = ~np.isnan(amounts)
    total = float(amounts[known].sum()) if known.any() else float("nan")
    worst = int(found.quality[kept][known].max()) if known.any() else 0x80
    coverage = float(np.average(found.coverage, weights=np.diff(found.bounds))) if len(found) else 0.0
    digest = _by_days(task, found) if len(table) > DIGEST_ABOVE and task.definition.step in ("15m", "1h") else None
    unit = f" ({found.unit})" if found.unit else ""
    return Section(
        f"{name}{unit}",
        (*sensor.keys, found.unit),
        table,
        Curve(0, 1, f"{task.words['amount']}{unit}", "bars"),
        digest,
        [(name, found.unit, total, worst, coverage)],
        [task.source(sensor, 0, 0, 0)[:5]],
    )


def _kept(task: Task, found: Consumption) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """The intervals of the qualities that are asked for."""
    asked = task.definition.qualities
    return np.isin(found.quality >> 6, [SEVERITIES.index(one) for one in asked])


def _by_days(task: Task, found: Consumption) -> Table:
    days = Calendar("1d", task.zone).bounds(task.from_at, task.until_at)
    kept = _kept(task, found)
    begins, amounts = found.bounds[:-1][kept], found.amounts()[kept]
    place = np.searchsorted(days, begins, side="right") - 1
    here = np.unique(place)
    totals = np.bincount(place, np.nan_to_num(amounts), len(days))[here]
    known = np.bincount(place, ~np.isnan(amounts), len(days))[here] > 0
    quality = [int(found.quality[kept][place == one].max()) for one in here.tolist()]
    coverage = [float(found.coverage[kept][place == one].mean()) for one in here.tolist()]
    words = task.words
    headings = [Heading(words["day"], "day"), *_headings(task)[1:]]
    return Table(headings, [days[here], np.where(known, totals, np.nan), quality, coverage])
