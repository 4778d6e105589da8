"""The anomaly report: what was not as usual on the devices of a site and what people said of it, one by one or by day."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from calha.domain.calendars import Calendar
from calha.domain.errors import TooLarge
from calha.domain.times import MINUTE_US
from calha.reports.analysis_words import ANALYSIS_WORDS, ANOMALY_KINDS, ANSWERS
from calha.reports.document import Curve, Document, Heading, Row, Section, Table
from calha.reports.kinds.ground import Task
from calha.store.anomalies import AnomalyRow

PLAIN_SCORE = 0.6  # fainter ones are not told, as on the page of anomalies
MAX_TOLD = 20_000
PAGE = 1_000
NAN = float("nan")


def document(task: Task) -> Document:
    words, own = task.words, ANALYSIS_WORDS[task.definition.language]
    answers = ANSWERS[task.definition.language].values()
    return task.document(
        keys=(words["site"],),
        headings=_headings(task),
        summary=[
            Heading(own["anomaly"]),
            Heading(own["anomalies"], "number"),
            *(Heading(one, "number") for one in answers),
        ],
        sources=[
            *(Heading(words[name]) for name in ("device", "channel", "unit")),
            Heading(own["anomalies"], "number"),
        ],
        sections=_sections(task),
        count=1,
    )


def _headings(task: Task) -> list[Heading]:
    words, own = task.words, ANALYSIS_WORDS[task.definition.language]
    if task.definition.step == "1d":
        kinds = ANOMALY_KINDS[task.definition.language].values()
        return [Heading(words["day"], "day"), *(Heading(one, "number") for one in (own["anomalies"], *kinds))]
    return [
        Heading(own["begin"], "time"),
        Heading(own["lasted_min"], "number", 1),
        *(Heading(one) for one in (words["device"], words["channel"], own["anomaly"])),
        *(Heading(own[name], "number", 3) for name in ("seen", "usual_low", "usual_high")),
        *(Heading(one) for one in (words["unit"], own["answer"], words["author"], words["note"])),
    ]


def _sections(task: Task) -> Iterator[Section]:
    found = _found(task)
    is_daily = task.definition.step == "1d"
    yield Section(
        " › ".join(task.site.path),
        (task.site.name,),
        Table(_headings(task), _days(task, found) if is_daily else _list(task, found)),
        Curve(0, 1, ANALYSIS_WORDS[task.definition.language]["anomalies"], "bars") if is_daily else None,
        summary=list(_kinds(task, found)),
        sources=list(_channels(found)),
    )


def _found(task: Task) -> list[AnomalyRow]:
    """Those that began in the period, the first one first. Raises TooLarge."""
    asked, devices = task.definition, task.devices()
    task.require_channels(devices)
    keys, sites = {one.key for one in devices}, {one.site_id for one in devices}
    found: list[AnomalyRow] = []
    before: int | None = None
    while True:
        page = task.ground.anomalies.page(
            least_score=PLAIN_SCORE, sites=sites, since=task.from_at, until=task.until_at, before=before, limit=PAGE
        )
        found += [
            one
            for one in page.items
            if one.device in keys
            and one.started_at >= task.from_at
            and (not asked.channels or one.channel in asked.channels)
        ]
        if len(found) > MAX_TOLD:
            raise TooLarge(f"more than {MAX_TOLD} anomalies; ask for a shorter time or fewer devices")
        if page.next is None:
            return sorted(found, key=lambda one: (one.started_at, one.id))
        before = int(page.next)


def _list(task: Task, found: Sequence[AnomalyRow]) -> list[Sequence[object]]:
    kinds, answers = ANOMALY_KINDS[task.definition.language], ANSWERS[task.definition.language]
    rows = [
        (
            one.started_at,
            NAN if one.ended_at is None else (one.ended_at - one.started_at) / MINUTE_US,
            one.device,
            one.channel,
            kinds.get(one.kind, one.kind),
            *(NAN if value is None else value for value in (one.seen, one.low, one.high)),
            one.unit,
            answers[one.verdict or "none"],
            one.answered_by or "",
            one.note,
        )
        for one in found
    ]
    return list(zip(*rows, strict=True)) if rows else [() for _ in _headings(task)]


def _days(task: Task, found: Sequence[AnomalyRow]) -> list[Sequence[object]]:
    bounds = Calendar("1d", task.zone).bounds(task.from_at, task.until_at)
    place = np.searchsorted(bounds, [one.started_at for one in found], side="right") - 1
    count = len(bounds) - 1

    def of(kind: str) -> Sequence[object]:
        chosen = np.array([one.kind == kind for one in found], bool)
        return list(np.bincount(place[chosen], minlength=count))

    kinds = ANOMALY_KINDS[task.definition.language]
    return [list(bounds[:-1]), list(np.bincount(place, minlength=count)), *map(of, kinds)]


def _kinds(task: Task, found: Sequence[AnomalyRow]) -> Iterator[Row]:
    """How many of each kind, and what people said of them."""
    kinds, answers = ANOMALY_KINDS[task.definition.language], ANSWERS[task.definition.language]
    said = Counter((one.kind, str(one.verdict or "none")) for one in found)
    for kind, count in Counter(one.kind for one in found).most_common():
        yield kinds.get(kind, kind), count, *(said[kind, answer] for answer in answers)


def _channels(found: Sequence[AnomalyRow]) -> Iterator[Row]:
    for (device, channel, unit), count in Counter((one.device, one.channel, one.unit) for one in found).most_common():
        yield device, channel, unit, count
