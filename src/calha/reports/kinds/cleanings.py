"""The report of cleanings (CIP): each step with its limits and what it reached, the verdict, and a seal signed for who made it.

A seal is checked by `calha cleaning verify`, also years later, against what the readings tell then (`domain.cip_seal`).
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

from calha.domain.analyses import Cleaning
from calha.domain.cip import Evidence, Finding, Judgement, Spread, StepLimits
from calha.domain.cip_seal import seal
from calha.domain.directory import DeviceEntry
from calha.domain.times import DAY_US, SECOND_US
from calha.reports.analysis_words import ANALYSIS_WORDS, CLEANING_STEPS, CLEANING_VERDICTS, REASONS
from calha.reports.document import Document, Heading, Row, Section, Table
from calha.reports.kinds.ground import Task
from calha.reports.locale import number
from calha.store.registry import DeviceRow
from calha.watch.cleaning import LONGEST_US, Cleaned, cleanings

AT_ONCE_US = 7 * DAY_US  # of readings: a station may send each second
NAN = float("nan")
_OF_STEP = 5  # the first column about a step, after those about its cleaning

Found = tuple[DeviceRow, DeviceEntry, Cleaning]


def document(task: Task) -> Document:
    own = ANALYSIS_WORDS[task.definition.language]
    stations = _stations(task)
    return task.document(
        keys=(task.words["device"],),
        headings=_headings(task),
        summary=[
            Heading(own["station"]),
            Heading(own["number"], "number"),
            Heading(own["begin"], "time"),
            Heading(own["lasted_min"], "number", 1),
            Heading(own["recipe"]),
            Heading(task.words["verdict"]),
            Heading(own["seal"]),
        ],
        sources=[Heading(task.words[name]) for name in ("device", "channel", "site", "unit")],
        sections=_sections(task, stations),
        count=len(stations),
    )


def _headings(task: Task) -> list[Heading]:
    own = ANALYSIS_WORDS[task.definition.language]
    limit = Heading(own["limit"])
    return [
        Heading(own["number"], "number"),
        Heading(own["cleaning"], "time"),
        Heading(own["recipe"]),
        Heading(task.words["verdict"]),
        Heading(own["seal"]),
        Heading(own["step"]),
        Heading(own["begin"], "time"),
        *(Heading(own[name], "number", 1) for name in ("lasted_min", "effective_min", "demanded_min")),
        Heading(own["temperature"], "number", 1),
        limit,
        Heading(own["conductivity"], "number", 1),
        limit,
        Heading(own["flow"], "number", 1),
        limit,
        Heading(own["volume"], "number", 2),
        Heading(own["findings"]),
    ]


def _stations(task: Task) -> list[Found]:
    entries = task.ground.registry.directory().devices
    declared = {one.name: one.cleaning for one in task.ground.registry.profiles()}
    return [
        (row, entries[row.key], cleaning)
        for row in task.devices()
        if (cleaning := declared.get(row.profile)) is not None and row.key in entries
    ]


def _sections(task: Task, stations: Sequence[Found]) -> Iterator[Section]:
    for row, entry, declared in stations:
        found = list(_cleanings(task, entry, declared))
        told = [_told(task, row, place, one) for place, one in enumerate(found, 1)]
        rows = [(*begin, *cells) for begin, one in zip(told, found, strict=True) for cells in _steps(task, one)]
        headings = _headings(task)
        table = Table(headings, list(zip(*rows, strict=True)) if rows else [() for _ in headings])
        name = row.name or row.key
        yield Section(
            name,
            (row.key,),
            table,
            summary=[
                (name, place, from_, (one.until - from_) / SECOND_US / 60, *rest)
                for (place, from_, *rest), one in zip(told, found, strict=True)
            ],
            sources=_sources(row, declared),
            on_paper=Table([headings[0], *headings[_OF_STEP:]], [table.columns[0], *table.columns[_OF_STEP:]]),
        )


def _cleanings(task: Task, entry: DeviceEntry, declared: Cleaning) -> Iterator[Cleaned]:
    for begin in range(task.from_at, task.until_at, AT_ONCE_US):
        until = min(begin + AT_ONCE_US, task.until_at)
        found = cleanings(task.ground.telemetry, entry, declared, begin, until + LONGEST_US)  # they may end after it
        yield from (one for one in found if one.from_ < until)


def _told(task: Task, row: DeviceRow, place: int, one: Cleaned) -> Row:
    """What stands before each of its steps: number, begin, recipe, verdict, seal."""
    language, judgement = task.definition.language, one.judgement
    own = ANALYSIS_WORDS[language]
    sealed = seal(row.key, one.from_, one.until, judgement, task.made_by, task.ground.evidence_key)
    return (
        place,
        one.from_,
        judgement.recipe.name,
        own["running"] if one.is_running else CLEANING_VERDICTS[language][judgement.verdict],
        "" if one.is_running else sealed,
    )


def _steps(task: Task, one: Cleaned) -> Iterator[Row]:
    """The steps of the recipe in their order, also those that are missing."""
    left = list(one.judgement.evidence)
    for limits in one.judgement.recipe.steps:
        shown = next((step for step in left if step.kind == limits.kind), None)
        if shown is not None:
            left.remove(shown)
        yield _step(task, one, limits, shown)


def _step(task: Task, one: Cleaned, limits: StepLimits, shown: Evidence | None) -> Row:
    language = task.definition.language
    return (
        CLEANING_STEPS[language][limits.kind],
        shown.from_ if shown is not None else one.from_,
        shown.duration_s / 60 if shown is not None else NAN,
        shown.effective_s / 60 if shown is not None else NAN,
        limits.min_s / 60,
        _of(shown.temperature_c if shown is not None else None, 0),
        _limit(task, limits.min_temperature_c, math.inf),
        _of(shown.conductivity_ms_cm if shown is not None else None, 1),
        _limit(task, limits.min_conductivity_ms_cm, limits.max_conductivity_ms_cm),
        _of(shown.flow_m3_h if shown is not None else None, 1),
        _limit(task, limits.min_flow_m3_h, math.inf),
        shown.volume_m3 if shown is not None and shown.volume_m3 is not None else NAN,
        "; ".join(_finding(task, found) for found in _findings(one.judgement, limits, shown)),
    )


def _findings(judgement: Judgement, limits: StepLimits, shown: Evidence | None) -> list[Finding]:
    """Those of a step; of a missing one only that."""
    of_kind = [one for one in judgement.findings if one.step == limits.kind]
    return [one for one in of_kind if (one.reason == "missing_step") == (shown is None)]


def _finding(task: Task, found: Finding) -> str:
    text = REASONS[task.definition.language][found.reason]
    return text.format(reached=_number(task, found.reached), demanded=_number(task, found.demanded))


def _limit(task: Task, low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f"{_number(task, low)}–{_number(task, high)}"
    if math.isfinite(low):
        return f"≥ {_number(task, low)}"
    return f"≤ {_number(task, high)}" if math.isfinite(high) else ""


def _number(task: Task, value: float | None) -> str:
    return number(Decimal(f"{value:.6g}"), task.definition.language) if value is not None else ""


def _of(spread: Spread | None, place: int) -> float:
    return spread[place] if spread is not None else NAN


def _sources(row: DeviceRow, declared: Cleaning) -> list[Row]:
    used = {declared.temperature, declared.conductivity, declared.flow, declared.phase}
    path = " › ".join(row.site_path)
    return [(row.key, one.key, path, one.unit) for one in row.channels if one.key in used]
