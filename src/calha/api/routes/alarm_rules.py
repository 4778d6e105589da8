"""Alarm rules: what is watched and why, what a rule would have done, and the master alarm database."""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query, Response

from calha.api.access import Caller, Configures, Views
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_alarms import (
    CureAnswer,
    NewRule,
    RaisedAnswer,
    RationalisationBody,
    RuleAnswer,
    RuleChange,
    RuleWhere,
    SimulationAnswer,
    SimulationAsked,
)
from calha.api.schemas_metering import RowId
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.alarm_rule_reader import read_rule, write_rule
from calha.domain.alarm_rules import Limit, NamedRule, NoData, Rationalisation, Where
from calha.domain.errors import NotFound
from calha.domain.times import to_datetime
from calha.reports.cells import harmless
from calha.store.alarms import RuleRow
from calha.watch.alarms.simulation import Simulation

router = api_router("alarms")

COLUMNS = (
    "rule", "version", "name", "limit", "value", "priority", "profile", "site", "device", "signal", "deadband", "on_delay_s",
    "off_delay_s", "lasting_s", "latching", "first_out", "cause", "consequence", "action", "respond_s", "enabled", "changed_by",
    "changed_at",
)  # fmt: skip


@router.get("/alarm-rules")
def list_rules(
    services: Here,
    caller: Views,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Id after which to go on.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[RuleAnswer]:
    """Rules that concern devices that the caller may see."""
    page = services.alarms.rules.page(after or None, limit)
    return Page(items=[_answer(row) for row in page.items if _is_seen(services, caller, row)], next=page.next)


_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The master alarm database."}
}


@router.get("/alarm-rules/export", response_class=Response, responses=_CSV)
def export_rules(services: Here, caller: Views) -> Response:
    """The master alarm database: a line for each limit of each rule, with its rationalisation, as CSV."""
    rows = [row for row in services.alarms.rules.all() if _is_seen(services, caller, row)]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(line for row in rows for line in _lines(row))
    headers = {"Content-Disposition": 'attachment; filename="alarms.csv"'}
    return Response("\ufeff" + target.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/alarm-rules", status_code=201)
async def add_rule(new: NewRule, services: Here, caller: Configures) -> RuleAnswer:
    """A new rule; it is looked at from now on."""
    where = _where(services, caller, new.where)
    rule, why, author = read_rule(new.definition), _why(new.rationalisation), caller.principal.name
    add = services.alarms.rules.add
    row = await asyncio.to_thread(add, new.name, rule, where, why, author, services.clock(), enabled=new.is_enabled)
    await services.ingest.refresh()
    await caller.note("alarm_rule.created", f"rule {row.named.id}", after=new.model_dump(mode="json"))
    return _answer(row)


@router.post("/alarm-rules/simulate")
async def simulate_rule(asked: SimulationAsked, services: Here, caller: Configures) -> SimulationAnswer:
    """What a rule would have done in the last days, on at most 100 devices, with nothing changed."""
    caller.noted = True
    where = _where(services, caller, asked.where)
    named = NamedRule(0, "", read_rule(asked.definition), where)
    return _simulated(services, await asyncio.to_thread(services.alarms.simulate, named, asked.days))


@router.get("/alarm-rules/{rule_id}")
async def read_one_rule(rule_id: RowId, services: Here, caller: Views) -> RuleAnswer:
    """One rule."""
    return _answer(await _rule(services, caller, rule_id))


@router.put("/alarm-rules/{rule_id}")
async def change_rule(rule_id: RowId, change: RuleChange, services: Here, caller: Configures) -> RuleAnswer:
    """Change a rule; 409 when somebody else has changed it since it was read."""
    before = await _rule(services, caller, rule_id)
    _require(services, caller, before.named.where)
    where = _where(services, caller, change.where)
    row = await asyncio.to_thread(
        services.alarms.rules.change,
        rule_id,
        change.version,
        change.name,
        read_rule(change.definition),
        where,
        _why(change.rationalisation),
        caller.principal.name,
        services.clock(),
        enabled=change.is_enabled,
    )
    await services.ingest.refresh()
    was = _answer(before).model_dump(mode="json")
    await caller.note("alarm_rule.changed", f"rule {rule_id}", before=was, after=change.model_dump(mode="json"))
    return _answer(row)


@router.delete("/alarm-rules/{rule_id}", status_code=204)
async def remove_rule(rule_id: RowId, services: Here, caller: Configures) -> None:
    """Remove a rule: its alarms are cleared, and their history stays."""
    before = await _rule(services, caller, rule_id)
    _require(services, caller, before.named.where)
    await asyncio.to_thread(services.alarms.rules.remove, rule_id, caller.principal.name, services.clock())
    await services.ingest.refresh()
    await caller.note("alarm_rule.removed", f"rule {rule_id}", before=_answer(before).model_dump(mode="json"))


# -- below


async def _rule(services: Services, caller: Caller, rule_id: int) -> RuleRow:
    """Raises NotFound, also for one that the caller may not see."""
    row = await asyncio.to_thread(services.alarms.rules.rule, rule_id)
    if not _is_seen(services, caller, row):
        raise NotFound(f"there is no rule {rule_id}", "unknown_rule", rule=rule_id)
    return row


def _is_seen(services: Services, caller: Caller, row: RuleRow) -> bool:
    """A rule for all sites concerns everybody; others those who may see its site, or its device's."""
    where = row.named.where
    if where.device is None and where.site is None:
        return True
    return caller.may(Permission.VIEW, _site(services, where))


def _site(services: Services, where: Where) -> int | None:
    """Where somebody has to be allowed to configure for a rule; None for the whole installation."""
    if where.device is not None:
        return services.ingest.directory.site_of(where.device)
    return where.site


def _require(services: Services, caller: Caller, where: Where) -> None:
    caller.require(Permission.CONFIGURE, _site(services, where))


def _where(services: Services, caller: Caller, given: RuleWhere) -> Where:
    """Raises NotFound for what the caller may not see, and Forbidden."""
    where = Where(given.profile, given.site_id, given.device)
    directory = services.ingest.directory
    is_known = where.device is None or where.device in directory.devices
    is_known &= where.site is None or where.site in directory.tree.parents
    if not is_known:
        raise NotFound("there is no such site or device", "unknown_place")
    site = _site(services, where)
    if site is not None and not caller.may(Permission.VIEW, site):
        raise NotFound("there is no such site or device", "unknown_place")
    _require(services, caller, where)
    return where


def _why(given: RationalisationBody) -> Rationalisation:
    return Rationalisation(given.cause, given.consequence, given.action, given.respond_s)


def _answer(row: RuleRow) -> RuleAnswer:
    named, why, where = row.named, row.named.rationalisation, row.named.where
    return RuleAnswer(
        id=named.id,
        name=named.name,
        definition=write_rule(named.rule),
        where=RuleWhere(profile=where.profile, site_id=where.site, device=where.device),
        rationalisation=RationalisationBody(
            cause=why.cause, consequence=why.consequence, action=why.action, respond_s=why.respond_s
        ),
        is_rationalised=why.is_complete,
        is_enabled=named.is_enabled,
        version=named.version,
        author=row.author,
        changed_at=to_datetime(row.changed_at),
    )


def _lines(row: RuleRow) -> Iterator[list[object]]:
    for limit in row.named.rule.limits:
        yield [_harmless(one) for one in _line(row, limit)]


def _line(row: RuleRow, limit: Limit) -> list[object]:
    named, rule, why, where = row.named, row.named.rule, row.named.rationalisation, row.named.where
    signal = " ".join(str(one) for one in write_rule(rule)["signal"].values())
    value = "" if isinstance(rule.signal, NoData) else limit.value
    place = [where.profile or "", where.site or "", where.device or ""]
    quiet = [rule.deadband, rule.on_delay_s, rule.off_delay_s, rule.lasting_s, rule.latching, rule.first_out]
    reasons = [why.cause, why.consequence, why.action, why.respond_s or ""]
    changed = [named.is_enabled, row.author, to_datetime(row.changed_at).isoformat()]
    what = [named.id, named.version, named.name, limit.name, value, limit.priority.value]
    return [*what, *place, signal, *quiet, *reasons, *changed]


def _harmless(cell: object) -> object:
    return harmless(cell) if isinstance(cell, str) else cell


def _simulated(services: Services, found: Simulation) -> SimulationAnswer:
    return SimulationAnswer(
        days=round(found.days, 3),
        devices=found.devices,
        alarms=found.alarms,
        a_day=round(found.a_day, 3),
        nuisances=found.nuisances,
        median_s=found.median_s,
        shortest_s=found.shortest_s,
        longest_s=found.longest_s,
        raised=[
            RaisedAnswer(
                device=one.device,
                zone=services.zone_of(one.device),
                limit=one.limit,  # type: ignore[arg-type]
                began_at=to_datetime(one.began_at),
                ended_at=to_datetime(one.ended_at) if one.ended_at is not None else None,
            )
            for one in found.raised
        ],
        cures=[CureAnswer.model_validate(one) for one in found.cures],
    )
