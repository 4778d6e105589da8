"""Alarms: what stands, what people do with it, its history, and how well the alarms serve."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query

from calha.api.access import Caller, Operates, Views
from calha.api.alarm_news import alarm_answer
from calha.api.routing import api_router
from calha.api.schemas import DeviceKey, Page, SiteId
from calha.api.schemas_alarms import (
    Acknowledgement,
    AlarmAnswer,
    ChosenAlarms,
    HealthAnswer,
    PutAway,
    Shelving,
    StateName,
    TransitionAnswer,
)
from calha.api.schemas_metering import RowId
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.alarm_health import Moment, health
from calha.domain.alarm_states import ANNUNCIATED, Act, Event, State
from calha.domain.errors import Malformed, NotFound
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, to_datetime, to_micros
from calha.store.alarms import AlarmRow, Raising, TransitionRow

router = api_router("alarms")

HEALTH_DAYS = 30  # the least that the standard looks at
MAX_HEALTH_DAYS = 92
OfSite = Annotated[SiteId | None, Query(description="Only devices in this site and below.")]


@router.get("/alarms")
def list_alarms(
    services: Here,
    caller: Views,
    state: Annotated[StateName | None, Query(description="All that an operator sees when missing.")] = None,
    site: OfSite = None,
    device: Annotated[DeviceKey | None, Query(description="Only this device.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Id after which to go on.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[AlarmAnswer]:
    """Alarms of the devices that the caller may see."""
    states = ANNUNCIATED if state is None else {State(state)}
    page = services.alarms.alarms.page(states, device, _below(services, site), caller.selection(), after or None, limit)
    return Page(items=[alarm_answer(row) for row in page.items if is_seen(caller, row)], next=page.next)


@router.get("/alarms/health")
def alarm_health(
    services: Here,
    caller: Views,
    from_: Annotated[datetime | None, Query(alias="from", description="30 days before the end when missing.")] = None,
    to: Annotated[datetime | None, Query(description="Exclusive; now when missing.")] = None,
    site: OfSite = None,
    consoles: Annotated[int, Query(ge=1, le=1_000, description="At how many operators share them.")] = 1,
) -> HealthAnswer:
    """Rates, floods, chattering, fleeting and stale alarms, the top ten and the mix of priorities, against the standard."""
    until = _micros(to) if to is not None else services.clock()
    since = _micros(from_) if from_ is not None else until - HEALTH_DAYS * DAY_US
    if not 0 < until - since <= MAX_HEALTH_DAYS * DAY_US:
        raise Malformed(f"a time of at most {MAX_HEALTH_DAYS} days is asked for, from before to", "bad_span")
    raisings = services.alarms.alarms.raisings(since, until, _below(services, site), caller.selection())
    return _health(raisings, since, until, consoles)


@router.get("/alarms/{alarm_id}")
async def read_alarm(alarm_id: RowId, services: Here, caller: Views) -> AlarmAnswer:
    """One alarm, whatever its state."""
    found = await _chosen(services, caller, [alarm_id], Permission.VIEW)
    return alarm_answer(found[0])


@router.get("/alarms/{alarm_id}/history")
async def alarm_history(
    alarm_id: RowId,
    services: Here,
    caller: Views,
    before: Annotated[int, Query(ge=0, le=2**31 - 1, description="Id before which to go on.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[TransitionAnswer]:
    """Every transition of an alarm, newest first."""
    await _chosen(services, caller, [alarm_id], Permission.VIEW)
    page = await asyncio.to_thread(services.alarms.alarms.history, alarm_id, before or None, limit)
    return Page(items=[_transition(row) for row in page.items], next=page.next)


@router.post("/alarms/acknowledge")
async def acknowledge_alarms(chosen: Acknowledgement, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Say that they have been seen; all of them or none."""
    return await _act(services, caller, chosen, Act.ACKNOWLEDGE, chosen.comment)


@router.post("/alarms/reset")
async def reset_alarms(chosen: ChosenAlarms, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Release latched alarms that have been acknowledged."""
    return await _act(services, caller, chosen, Act.RESET, "")


@router.post("/alarms/shelve")
async def shelve_alarms(chosen: Shelving, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Put alarms on the shelf until a time, with the reason."""
    return await _act(services, caller, chosen, Act.SHELVE, chosen.reason, _micros(chosen.until))


@router.post("/alarms/unshelve")
async def unshelve_alarms(chosen: ChosenAlarms, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Take alarms off the shelf."""
    return await _act(services, caller, chosen, Act.UNSHELVE, "")


@router.post("/alarms/suppress")
async def suppress_alarms(chosen: PutAway, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Suppress alarms by design, as while a plant is stopped."""
    return await _act(services, caller, chosen, Act.SUPPRESS, chosen.reason)


@router.post("/alarms/unsuppress")
async def unsuppress_alarms(chosen: ChosenAlarms, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Let suppressed alarms speak again."""
    return await _act(services, caller, chosen, Act.UNSUPPRESS, "")


@router.post("/alarms/out-of-service")
async def take_alarms_out(chosen: PutAway, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Take alarms out of service, as for maintenance."""
    return await _act(services, caller, chosen, Act.TAKE_OUT, chosen.reason)


@router.post("/alarms/return-to-service")
async def put_alarms_back(chosen: ChosenAlarms, services: Here, caller: Operates) -> list[AlarmAnswer]:
    """Put alarms back into service."""
    return await _act(services, caller, chosen, Act.PUT_BACK, "")


# -- below


async def _act(
    services: Services, caller: Caller, chosen: ChosenAlarms, act: Act, note: str, until: Micros | None = None
) -> list[AlarmAnswer]:
    rows = await _chosen(services, caller, chosen.ids, Permission.OPERATE)
    event = Event(act, services.clock(), note, until)
    changed = await services.alarms.act(chosen.ids, event, caller.principal.name)
    devices = sorted({row.device for row in rows})
    target = f"device {devices[0]}" if len(devices) == 1 else f"{len(devices)} devices"
    await caller.note(f"alarms.{act}", target, after={"ids": chosen.ids, "note": note})
    return [alarm_answer(row) for row in changed]


async def _chosen(services: Services, caller: Caller, ids: Sequence[int], permission: Permission) -> list[AlarmRow]:
    """Alarms for which the caller may do that. Raises NotFound, also for those he may not see, and Forbidden."""
    rows = await asyncio.to_thread(services.alarms.alarms.named, ids)
    for row in rows:
        if not is_seen(caller, row):
            raise NotFound(f"there is no alarm {row.id}", "unknown_alarm", alarm=row.id)
        if permission is not Permission.VIEW:
            caller.require(permission, row.site)
    return rows


def is_seen(caller: Caller, row: AlarmRow) -> bool:
    return caller.reach().sees_at(row.device, row.site, row.alarm.raised_at or row.changed_at)


def _below(services: Services, site: int | None) -> set[int] | None:
    if site is None:
        return None
    return set(services.ingest.directory.tree.below([site])) or {site}


def _micros(moment: datetime) -> Micros:
    return to_micros(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _transition(row: TransitionRow) -> TransitionAnswer:
    return TransitionAnswer(
        id=row.id,
        at=to_datetime(row.at),
        made_at=to_datetime(row.made_at),
        act=row.act.value,
        before=row.before.value,
        after=row.after.value,
        signal=row.signal,
        author=row.author,
        note=row.note,
    )


def _health(raisings: Sequence[Raising], since: Micros, until: Micros, consoles: int) -> HealthAnswer:
    found = health([Moment(one.alarm, one.at, one.holds, one.priority) for one in raisings], since, until, consoles)
    names = {one.alarm: one for one in raisings}

    def listed(counts: Mapping[int, int]) -> list[dict[str, Any]]:
        return [_named(names[alarm], count) for alarm, count in sorted(counts.items(), key=lambda one: -one[1])]

    return HealthAnswer.model_validate(
        {
            "from": to_datetime(since),
            "to": to_datetime(until),
            "consoles": consoles,
            "alarms": found.alarms,
            "figures": found.figures,
            "floods": [
                {
                    "from": to_datetime(one.from_at),
                    "to": to_datetime(one.until_at),
                    "alarms": one.alarms,
                    "peak": one.peak,
                }
                for one in found.floods
            ],
            "top": [_named(names[alarm], count) for alarm, count in found.top],
            "chattering": listed(found.chattering),
            "fleeting": listed(found.fleeting),
            "stale": [_named(names[alarm], 1) | {"since": to_datetime(at)} for alarm, at in found.stale.items()],
            "mix": {one.value: round(share, 4) for one, share in found.mix.items()},
        }
    )


def _named(raising: Raising, count: int) -> dict[str, Any]:
    return {"id": raising.alarm, "rule": raising.rule, "name": raising.name, "device": raising.device, "count": count}
