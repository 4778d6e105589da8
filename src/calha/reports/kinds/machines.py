"""The machine report: how long each machine ran, stood and failed, its availability and OEE, in hours, days or months.

All of the period is planned time, until now. What several machines or times come to is made of their times and counts added,
never of the mean of their shares.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np

from calha.domain.analyses import Machine
from calha.domain.calendars import Calendar
from calha.domain.directory import DeviceEntry
from calha.domain.oee import Production
from calha.domain.running import Running
from calha.domain.times import HOUR_US, SECOND_US
from calha.reports.analysis_words import ANALYSIS_WORDS
from calha.reports.document import Curve, Document, Heading, Row, Section, Table
from calha.reports.kinds.ground import Task
from calha.store.registry import DeviceRow
from calha.watch.machines import Work, work

HOUR_S = HOUR_US / SECOND_US
NAN = float("nan")
_AVAILABILITY = 6  # its column
_HOURS = ("planned_h", "running_h", "stopped_h", "fault_h", "unknown_h")
_SHARES = ("availability", "performance", "good_share", "oee")
_COUNTS = ("pieces", "starts", "faults")

Found = tuple[DeviceRow, DeviceEntry, Machine]


def document(task: Task) -> Document:
    own = ANALYSIS_WORDS[task.definition.language]
    machines = _machines(task)
    return task.document(
        keys=(task.words["device"],),
        headings=_headings(task),
        summary=[
            Heading(own["machine"]),
            *(Heading(own[name], "number", 1) for name in ("planned_h", "running_h")),
            *(Heading(own[name], "share") for name in _SHARES),
            *(Heading(own[name], "number") for name in ("pieces", "faults")),
            *(Heading(own[name], "number", 1) for name in ("mtbf_h", "mttr_min")),
        ],
        sources=[Heading(task.words[name]) for name in ("device", "channel", "site", "unit")],
        sections=_sections(task, machines),
        count=len(machines),
    )


def _headings(task: Task) -> list[Heading]:
    own = ANALYSIS_WORDS[task.definition.language]
    first = Heading(task.words["time"], "time") if task.definition.step == "1h" else Heading(task.words["day"], "day")
    return [
        first,
        *(Heading(own[name], "number", 2) for name in _HOURS),
        *(Heading(own[name], "share") for name in _SHARES),
        *(Heading(own[name], "number") for name in _COUNTS),
    ]


def _machines(task: Task) -> list[Found]:
    """Those of the devices that are asked for which report as machines."""
    entries = task.ground.registry.directory().devices
    declared = {one.name: one.machine for one in task.ground.registry.profiles()}
    return [
        (row, entries[row.key], machine)
        for row in task.devices()
        if (machine := declared.get(row.profile)) is not None and row.key in entries
    ]


def _sections(task: Task, machines: Sequence[Found]) -> Iterator[Section]:
    own = ANALYSIS_WORDS[task.definition.language]
    until = min(task.until_at, max(task.made_at, task.from_at))  # what is still to be was not stood through
    step = task.definition.step
    assert step != "raw", "require_possible() has refused it"
    edges = Calendar(step, task.zone).bounds(task.from_at, task.until_at)
    bounds = np.unique(np.clip(edges, task.from_at, until)).tolist()
    told: list[Work] = []
    for row, entry, declared in machines:
        found = [work(task.ground.telemetry, entry, declared, window) for window in pairwise(bounds)]
        told += found
        rows = [(window[0], *_cells(one)) for window, one in zip(pairwise(bounds), found, strict=True)]
        name = row.name or row.key
        summary = [_total(name, found)] if found else []
        if len(machines) > 1 and row is machines[-1][0] and told:
            summary.append(_total(own["all_machines"], told))
        yield Section(
            name,
            (row.key,),
            Table(_headings(task), list(zip(*rows, strict=True)) if rows else [() for _ in _headings(task)]),
            Curve(0, _AVAILABILITY, own["availability"], "bars"),
            summary=summary,
            sources=_sources(row, declared),
        )


def _cells(one: Work) -> Row:
    running = one.running
    return (
        one.planned_s / HOUR_S,
        *_hours(running, one.planned_s),
        *_shares(one.production, running.running_s if running else None, one.planned_s),
        NAN if one.pieces is None else one.pieces,
        running.starts if running else NAN,
        running.faults if running else NAN,
    )


def _hours(running: Running | None, planned_s: float) -> Row:
    """Running, stopped, in fault, unknown."""
    if running is None:
        return NAN, NAN, NAN, planned_s / HOUR_S
    times = (running.running_s, running.stopped_s, running.fault_s, running.unknown_s)
    return tuple(one / HOUR_S for one in times)


def _shares(made: Production | None, running_s: float | None, planned_s: float) -> Row:
    """Availability is known of a machine whose pieces nobody counts, too."""
    availability = running_s / planned_s if running_s is not None and planned_s > 0 else NAN
    others = (made.performance, made.quality, made.oee) if made is not None else (None,) * 3
    return availability, *(NAN if share is None else share for share in others)


def _total(name: str, found: Sequence[Work]) -> Row:
    known = [one.running for one in found if one.running is not None]
    made = [one.production for one in found if one.production is not None]
    pieces = [one.pieces for one in found if one.pieces is not None]
    planned_s = sum(one.planned_s for one in found)
    running_s, fault_s = sum(one.running_s for one in known), sum(one.fault_s for one in known)
    faults = sum(one.faults for one in known)
    return (
        name,
        planned_s / HOUR_S,
        running_s / HOUR_S if known else NAN,
        *_shares(reduce(add, made) if made else None, running_s if known else None, planned_s),
        sum(pieces) if pieces else NAN,
        faults if known else NAN,
        running_s / HOUR_S / faults if faults else NAN,
        fault_s / 60 / faults if faults else NAN,
    )


def _sources(row: DeviceRow, declared: Machine) -> list[Row]:
    used = {declared.state, declared.pieces, declared.good}
    path = " › ".join(row.site_path)
    return [(row.key, one.key, path, one.unit) for one in row.channels if one.key in used]
