"""The alarm report: every transition of the alarms of a site, or how many were raised each day; with the figures of ISA-18.2.

What is counted are alarms that were annunciated, as `domain.alarm_health` tells; the list also has what people did.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from calha.domain.alarm_health import Moment, health
from calha.domain.alarm_rules import BY_DESIGN
from calha.domain.alarm_states import AWAY_STATES, Act, Priority
from calha.domain.calendars import Calendar
from calha.domain.errors import TooLarge
from calha.reports.document import Curve, Document, Heading, Row, Section, Table
from calha.reports.kinds.ground import Task
from calha.reports.words import ACTS, ALARM_STATES, BY_DESIGN_NOTE, FIGURES, PRIORITIES, VERDICTS
from calha.store.alarms import ToldTransition

MAX_TOLD = 100_000


def document(task: Task) -> Document:
    words = task.words
    return task.document(
        keys=(words["site"],),
        headings=_headings(task),
        summary=[
            Heading(words["figure"]),
            Heading(words["value"], "number", 1),
            Heading(words["target"], "number", 1),
            Heading(words["limit"], "number", 1),
            Heading(words["verdict"]),
        ],
        sources=[*(Heading(words[name]) for name in ("device", "alarm", "limit", "priority")), _number(task, "raised")],
        sections=_sections(task),
        count=1,
    )


def _headings(task: Task) -> list[Heading]:
    words = task.words
    if task.definition.step == "1d":
        counts = [
            _number(task, "raised"),
            *(Heading(one, "number") for one in PRIORITIES[task.definition.language].values()),
        ]
        return [Heading(words["day"], "day"), *counts]
    texts = ("device", "alarm", "limit", "priority", "event", "state")
    return [
        Heading(words["time"], "time"),
        *(Heading(words[name]) for name in texts),
        Heading(words["value"], "number", 3),
        *(Heading(words[name]) for name in ("author", "note")),
    ]


def _sections(task: Task) -> Iterator[Section]:
    told = _told(task)
    is_daily = task.definition.step == "1d"
    yield Section(
        " › ".join(task.site.path),
        (task.site.name,),
        Table(_headings(task), _days(task, told) if is_daily else _list(task, told)),
        Curve(0, 1, task.words["raised"], "bars") if is_daily else None,
        summary=list(_figures(task, told)),
        sources=list(_alarms(task, told)),
    )


def _told(task: Task) -> list[ToldTransition]:
    """What happened to alarms of the devices that are asked for. Raises TooLarge."""
    devices = task.devices()
    keys = {one.key for one in devices}
    found = task.ground.alarms.happened(task.from_at, task.until_at, {one.site_id for one in devices}, MAX_TOLD + 1)
    if len(found) > MAX_TOLD:
        raise TooLarge(f"more than {MAX_TOLD} transitions of alarms; ask for a shorter time or fewer devices")
    return [one for one in found if one.alarm.device in keys]


def _list(task: Task, told: Sequence[ToldTransition]) -> list[Sequence[object]]:
    language = task.definition.language
    rows = [
        (
            one.at,
            alarm.device,
            alarm.name,
            alarm.limit,
            PRIORITIES[language][alarm.priority],
            ACTS[language][one.act],
            ALARM_STATES[language][one.after],
            float("nan") if one.signal is None else one.signal,
            one.author,
            BY_DESIGN_NOTE[language] if one.note == BY_DESIGN else one.note,
        )
        for one, alarm in told
    ]
    return list(zip(*rows, strict=True)) if rows else [() for _ in _headings(task)]


def _days(task: Task, told: Sequence[ToldTransition]) -> list[Sequence[object]]:
    bounds = Calendar("1d", task.zone).bounds(task.from_at, task.until_at)
    raised = _raised(told)
    place = np.searchsorted(bounds, [one.transition.at for one in raised], side="right") - 1
    count = len(bounds) - 1

    def of(priority: Priority) -> Sequence[object]:
        chosen = np.array([one.alarm.priority is priority for one in raised], bool)
        return list(np.bincount(place[chosen], minlength=count))

    priorities = PRIORITIES[task.definition.language]
    return [list(bounds[:-1]), list(np.bincount(place, minlength=count)), *(of(Priority(name)) for name in priorities)]


def _figures(task: Task, told: Sequence[ToldTransition]) -> Iterator[Row]:
    language = task.definition.language
    moments = [
        Moment(alarm.id, one.at, one.act is Act.RAISE, alarm.priority)
        for one, alarm in told
        if one.act in (Act.RAISE, Act.CLEAR) and one.after not in AWAY_STATES
    ]
    for figure in health(moments, task.from_at, task.until_at).figures:
        verdict = VERDICTS[language][figure.verdict]
        yield FIGURES[language][figure.name], figure.value, figure.target, figure.limit, verdict


def _alarms(task: Task, told: Sequence[ToldTransition]) -> Iterator[Row]:
    """The alarms that were raised, the most frequent first."""
    raised = [one.alarm for one in _raised(told)]
    known = {alarm.id: alarm for alarm in raised}
    for number, count in Counter(alarm.id for alarm in raised).most_common():
        alarm = known[number]
        yield alarm.device, alarm.name, alarm.limit, PRIORITIES[task.definition.language][alarm.priority], count


def _raised(told: Sequence[ToldTransition]) -> list[ToldTransition]:
    return [one for one in told if one.transition.act is Act.RAISE and one.transition.after not in AWAY_STATES]


def _number(task: Task, name: str) -> Heading:
    return Heading(task.words[name], "number")
