"""Anomalies: what was found, how it compares with earlier ones, what people say of it, and how well the detectors do."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, get_args
from zoneinfo import ZoneInfo

from fastapi import Query

from calha.api.access import Caller, Operates, Views
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey, Page, SiteId
from calha.api.schemas_anomalies import (
    AnomalyAnswer,
    AnomalySummary,
    AnomalyVerdict,
    AnomalyWhole,
    DetectorName,
    DetectorTally,
    KindName,
    SimilarAnomaly,
    WeekTally,
)
from calha.api.schemas_metering import RowId
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import from_text, to_datetime
from calha.store.anomalies import AnomalyRow, Tally, VerdictFilter
from calha.store.anomalies.anomalies import WEEK_US
from calha.watch.anomaly.events import Kind
from calha.watch.found import detector_of
from calha.watch.likeness import similar

router = api_router("anomalies", "/anomalies")

OfSite = Annotated[SiteId | None, Query(description="Only devices in this site and below.")]
OfDevice = Annotated[DeviceKey | None, Query(description="Only this device.")]
LeastScore = Annotated[float, Query(ge=0, le=1, description="Only those that score so much.", examples=[0.6])]
Instant = Annotated[str | None, Query(max_length=40, examples=["2026-01-31T09:00"])]


@router.get("")
def list_anomalies(
    services: Here,
    caller: Views,
    lasting: Annotated[bool | None, Query(description="true: only those that have not ended.")] = None,
    detector: DetectorName | None = None,
    kind: KindName | None = None,
    verdict: Annotated[VerdictFilter | None, Query(description="none: those that wait for an answer.")] = None,
    site: OfSite = None,
    device: OfDevice = None,
    min_score: LeastScore = 0.0,
    from_: Annotated[Instant, Query(alias="from", description="Those that lasted after it.")] = None,
    to: Annotated[Instant, Query(description="Those that began before it.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Id after which to go on, downwards.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[AnomalyAnswer]:
    """What was found in the devices that the caller may see, last found first."""
    zone = ZoneInfo(services.settings.registry.zone)
    page = services.anomalies.store.page(
        lasting=lasting,
        kinds=_kinds(detector, kind),
        verdict=verdict,
        least_score=min_score,
        device=device,
        sites=_sites(services, site),
        within=caller.selection(),
        since=from_text(from_, zone) if from_ else None,
        until=from_text(to, zone) if to else None,
        before=after or None,
        limit=limit,
    )
    return Page(items=[_answer(row) for row in page.items if _is_seen(services, caller, row)], next=page.next)


@router.get("/summary")
def summarize_anomalies(
    services: Here,
    caller: Views,
    weeks: Annotated[int, Query(ge=1, le=26)] = 4,
    site: OfSite = None,
    device: OfDevice = None,
    min_score: LeastScore = 0.0,
) -> AnomalySummary:
    """How many each detector has found in the last weeks, and how many of them were false alarms."""
    store, now = services.anomalies.store, services.clock()
    sites, within = _sites(services, site), caller.selection()
    tallies = store.tally(now, weeks, least_score=min_score, device=device, sites=sites, within=within)
    by_kind: dict[str, list[Tally]] = {}
    for one in tallies:
        by_kind.setdefault(one.kind, []).append(one)
    lasting = store.count_lasting(least_score=min_score, device=device, sites=sites, within=within)
    detectors = [_tally(kind, by_kind[kind], weeks, now) for kind in get_args(KindName) if kind in by_kind]
    return AnomalySummary(lasting=lasting, detectors=detectors)


@router.get("/{anomaly_id}")
def read_anomaly(anomaly_id: RowId, services: Here, caller: Views) -> AnomalyWhole:
    """One anomaly, and earlier ones of its channel that were like it."""
    row = _visible(services, caller, anomaly_id)
    earlier = [one for one in services.anomalies.store.earlier(row) if _is_seen(services, caller, one)]
    like = [SimilarAnomaly(likeness=alike, anomaly=_answer(one)) for one, alike in similar(row, earlier)]
    return AnomalyWhole(anomaly=_answer(row), similar=like)


@router.put("/{anomaly_id}/verdict")
async def judge_anomaly(anomaly_id: RowId, said: AnomalyVerdict, services: Here, caller: Operates) -> AnomalyAnswer:
    """Say whether it was real or normal; the detector follows at once."""
    row = await asyncio.to_thread(_workable, services, caller, anomaly_id)
    author = caller.principal.name
    after = await asyncio.to_thread(services.anomalies.answer, row.id, said.verdict, said.note, author)
    await caller.note("anomaly.judged", f"device {row.device}", after=said.model_dump() | {"id": row.id})
    return _answer(after)


@router.delete("/{anomaly_id}/verdict")
async def take_back_verdict(anomaly_id: RowId, services: Here, caller: Operates) -> AnomalyAnswer:
    """Take back what was said of it; the detector forgets it."""
    row = await asyncio.to_thread(_workable, services, caller, anomaly_id)
    after = await asyncio.to_thread(services.anomalies.answer, row.id, None, "", caller.principal.name)
    before = {"id": row.id, "verdict": row.verdict, "note": row.note}
    await caller.note("anomaly.verdict_taken_back", f"device {row.device}", before=before)
    return _answer(after)


# -- below


def _kinds(detector: DetectorName | None, kind: KindName | None) -> set[str] | None:
    if detector is None and kind is None:
        return None
    return {one for one in get_args(KindName) if kind in (None, one) and detector in (None, detector_of(Kind(one)))}


def _sites(services: Services, site: int | None) -> set[int] | None:
    """The site and all below it; None for all sites."""
    if site is None:
        return None
    return set(services.ingest.directory.tree.below([site])) or {site}


def _is_seen(services: Services, caller: Caller, row: AnomalyRow) -> bool:
    site = services.ingest.directory.site_of(row.device)
    return site is not None and caller.reach().sees_at(row.device, site, row.started_at)


def _visible(services: Services, caller: Caller, number: int) -> AnomalyRow:
    """Raises NotFound, also for one that he may not see."""
    row = services.anomalies.store.named(number)
    if not _is_seen(services, caller, row):
        raise NotFound(f"there is no anomaly {number}")
    return row


def _workable(services: Services, caller: Caller, number: int) -> AnomalyRow:
    """One that he may judge. Raises NotFound, Forbidden."""
    row = _visible(services, caller, number)
    caller.require(Permission.OPERATE, services.ingest.directory.site_of(row.device))
    return row


def _answer(row: AnomalyRow) -> AnomalyAnswer:
    times = ("started_at", "ended_at", "peak_at", "answered_at")
    fields = {name: getattr(row, name) for name in AnomalyAnswer.model_fields if hasattr(row, name)}
    fields |= {name: to_datetime(fields[name]) for name in times if fields[name] is not None}
    fields |= {"detector": detector_of(Kind(row.kind)), "side": "below" if row.is_below else "above"}
    return AnomalyAnswer.model_validate(fields)


def _tally(kind: KindName, tallies: Sequence[Tally], weeks: int, now: Micros) -> DetectorTally:
    def count(week: int | None = None, *verdicts: str | None) -> int:
        chosen = (one for one in tallies if week in (None, one.week) and (not verdicts or one.verdict in verdicts))
        return sum(one.count for one in chosen)

    by_week = [
        WeekTally.model_validate(
            {
                "from": to_datetime(now - (back + 1) * WEEK_US),
                "found": count(back),
                "real": count(back, "real"),
                "normal": count(back, "normal"),
            }
        )
        for back in reversed(range(weeks))
    ]
    normal = count(None, "normal")
    return DetectorTally(
        detector=detector_of(Kind(kind)),
        kind=kind,
        found=count(),
        real=count(None, "real"),
        normal=normal,
        unanswered=count(None, None),
        found_per_week=round(count() / weeks, 2),
        false_per_week=round(normal / weeks, 2),
        weeks=by_week,
    )
