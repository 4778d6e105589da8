"""Teams and escalation chains, and what was delivered: for those who configure a site."""

import asyncio
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Path, Query

from calha.api import notify
from calha.api.access import Caller, Configures
from calha.api.based import Based
from calha.api.routes.notifications import Before, ChannelId, Limit
from calha.api.routing import api_router
from calha.api.schemas import Page, SiteId
from calha.api.schemas_notify import (
    ChainAnswer,
    ChainBody,
    ChainStep,
    ChannelMade,
    ChannelOfOwner,
    ChannelTest,
    DeliveryAnswer,
    NewNotifyChannel,
    NotifyChannelChange,
    Rehearsal,
    TeamAnswer,
    TeamBody,
    TeamMemberAnswer,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import Malformed, NotFound
from calha.domain.notices import Chain, Notice, Owner, Step, Text
from calha.store.notify import ChainRow, TeamRow

router = api_router("notifications")

TeamNumber = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[2])]
ChainNumber = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
DeliveryStateName = Literal["waiting", "sent", "failed", "dropped"]


@router.get("/notifications")
def delivery_log(
    services: Here,
    caller: Configures,
    state: Annotated[DeliveryStateName | None, Query(description="Only these.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Page[DeliveryAnswer]:
    """What was told to whom of the sites that the caller configures, newest first."""
    sites = caller.reach(Permission.CONFIGURE).sites
    found = services.notifier.deliveries.page(sites=sites, before=before, limit=limit, state=state)
    return notify.log_page(services.notifier, found)


@router.get("/teams/candidates")
def list_candidates(
    services: Here,
    caller: Configures,
    site: Annotated[
        SiteId | None, Query(description="Who sees this site; the whole installation when missing.")
    ] = None,
) -> Page[TeamMemberAnswer]:
    """People who can be put into a team or a chain: those with a role there."""
    _require(services, caller, site)
    above = services.ingest.directory.tree.above(site) if site is not None else []
    people = {one.id: one.name for one, _ in services.accounts.people.with_role_on(above)}
    items = [TeamMemberAnswer(id=number, name=name) for number, name in people.items()]
    return Page(items=sorted(items, key=lambda one: one.name.lower()), next=None)


@router.get("/teams")
def list_teams(services: Here, caller: Configures) -> Page[TeamAnswer]:
    """Those whose site the caller configures."""
    rows = [row for row in services.notifier.recipients.teams() if caller.may(Permission.CONFIGURE, row.site)]
    return Page(items=[_team(services, row) for row in rows], next=None)


@router.post("/teams", status_code=201)
async def add_team(body: TeamBody, services: Here, caller: Configures) -> TeamAnswer:
    """A new team: its members are told, each by his own channels, and the team by channels of its own."""
    _require(services, caller, body.site_id)
    return await _save_team(services, caller, body, None)


@router.put("/teams/{team_id}")
async def change_team(
    team_id: TeamNumber, body: TeamBody, services: Here, caller: Configures, base: Based
) -> TeamAnswer:
    """Change name, site, members and preferences; with `If-Match`, only if nobody else has meanwhile (409)."""
    before = await _own_team(services, caller, team_id)
    found = await asyncio.to_thread(_team, services, before)
    await base.require(found, "team.changed", f"team {team_id}")
    _require(services, caller, body.site_id)
    return await _save_team(services, caller, body, team_id)


@router.delete("/teams/{team_id}", status_code=204)
async def remove_team(team_id: TeamNumber, services: Here, caller: Configures) -> None:
    """Remove a team with its channels; 409 while a chain tells it."""
    row = await _own_team(services, caller, team_id)
    await asyncio.to_thread(services.notifier.recipients.remove_team, team_id)
    await caller.note("team.removed", f"team {team_id}", before={"name": row.name, "members": list(row.members)})


@router.post("/teams/{team_id}/channels", status_code=201)
async def add_team_channel(
    team_id: TeamNumber, new: NewNotifyChannel, services: Here, caller: Configures
) -> ChannelMade:
    """A channel of the team itself, as a group's chat."""
    await _own_team(services, caller, team_id)
    return await notify.add_channel(services.notifier, Owner("team", team_id), new, caller)


@router.patch("/teams/{team_id}/channels/{channel_id}")
async def change_team_channel(
    team_id: TeamNumber, channel_id: ChannelId, change: NotifyChannelChange, services: Here, caller: Configures
) -> ChannelOfOwner:
    """Rename it, or switch it on or off."""
    await _own_team(services, caller, team_id)
    return await notify.change_channel(services.notifier, Owner("team", team_id), channel_id, change, caller)


@router.delete("/teams/{team_id}/channels/{channel_id}", status_code=204)
async def remove_team_channel(team_id: TeamNumber, channel_id: ChannelId, services: Here, caller: Configures) -> None:
    """Forget a channel."""
    await _own_team(services, caller, team_id)
    await notify.remove_channel(services.notifier, Owner("team", team_id), channel_id, caller)


@router.post("/teams/{team_id}/channels/{channel_id}/test")
async def test_team_channel(
    team_id: TeamNumber, channel_id: ChannelId, services: Here, caller: Configures
) -> ChannelTest:
    """Send a test message now, and tell what became of it."""
    await _own_team(services, caller, team_id)
    return await notify.test_channel(services.notifier, Owner("team", team_id), channel_id, caller)


# -- chains


@router.get("/escalation-chains")
def list_chains(services: Here, caller: Configures) -> Page[ChainAnswer]:
    """Those of the sites that the caller configures."""
    rows = [row for row in services.notifier.chains.all() if caller.may(Permission.CONFIGURE, row.chain.site)]
    return Page(items=[_chain(row) for row in rows], next=None)


@router.post("/escalation-chains", status_code=201)
async def add_chain(body: ChainBody, services: Here, caller: Configures) -> ChainAnswer:
    """Who is told of what happens on a site and below, one after the other until somebody acknowledges."""
    row = await asyncio.to_thread(services.notifier.chains.add, _read_chain(services, caller, body))
    await caller.note("escalation_chain.added", f"chain {row.id}", after=body.model_dump(mode="json"))
    return _chain(row)


@router.put("/escalation-chains/{chain_id}")
async def change_chain(
    chain_id: ChainNumber, body: ChainBody, services: Here, caller: Configures, base: Based
) -> ChainAnswer:
    """Change a chain; with `If-Match`, only if nobody else has meanwhile (409). What is under way goes on with the new steps.

    Alarms that it no longer concerns, as when it is switched off, are told no further, and their history says so.
    """
    before = await _own_chain(services, caller, chain_id)
    await base.require(_chain(before), "escalation_chain.changed", f"chain {chain_id}")
    chain = _read_chain(services, caller, body)
    row = await asyncio.to_thread(services.notifier.change_chain, chain_id, chain, caller.principal.name)
    was = _chain(before).noted()
    await caller.note("escalation_chain.changed", f"chain {chain_id}", was, body.model_dump(mode="json"))
    return _chain(row)


@router.delete("/escalation-chains/{chain_id}", status_code=204)
async def remove_chain(chain_id: ChainNumber, services: Here, caller: Configures) -> None:
    """Remove a chain; what is under way is told no further."""
    before = await _own_chain(services, caller, chain_id)
    await asyncio.to_thread(services.notifier.remove_chain, chain_id, caller.principal.name)
    await caller.note("escalation_chain.removed", f"chain {chain_id}", before=_chain(before).noted())


@router.post("/escalation-chains/{chain_id}/rehearsal")
async def rehearse_chain(chain_id: ChainNumber, services: Here, caller: Configures) -> Rehearsal:
    """Tell a notice that is said to be a rehearsal through the chain, to be acknowledged as a real one."""
    row = await _own_chain(services, caller, chain_id)
    notifier, source = services.notifier, f"rehearsal {chain_id}"
    notifier.patience.require(source)
    what = Text(f"Ensaio da cadeia {row.chain.name}", f"Rehearsal of the chain {row.chain.name}")
    where = "Calha"
    if row.chain.site is not None:
        where = " / ".join((await asyncio.to_thread(services.registry.site, row.chain.site)).path)
    notice = Notice(source, what, where, row.chain.site, row.chain.least, services.clock(), "/escalation")
    await asyncio.to_thread(lambda: notifier.end(source, tells=False))
    opened, count = await asyncio.to_thread(notifier.rehearse, notice, row)
    await caller.note("escalation_chain.rehearsed", f"chain {chain_id}", after={"messages": count})
    return Rehearsal(notice=opened.id, messages=count)


# -- below


def _require(services: Services, caller: Caller, site: int | None) -> None:
    """Raises NotFound for a site that there is not, Forbidden for one that the caller does not configure."""
    if site is not None and site not in services.ingest.directory.tree.parents:
        raise NotFound(f"there is no site {site}", "unknown_site", site=site)
    caller.require(Permission.CONFIGURE, site)


async def _own_team(services: Services, caller: Caller, team_id: int) -> TeamRow:
    row = await asyncio.to_thread(services.notifier.recipients.team, team_id)
    if not caller.may(Permission.CONFIGURE, row.site):
        raise NotFound(f"there is no team {team_id}", "unknown_team")
    return row


async def _own_chain(services: Services, caller: Caller, chain_id: int) -> ChainRow:
    row = await asyncio.to_thread(services.notifier.chains.get, chain_id)
    if not caller.may(Permission.CONFIGURE, row.chain.site):
        raise NotFound(f"there is no chain {chain_id}", "unknown_chain")
    return row


async def _save_team(services: Services, caller: Caller, body: TeamBody, team_id: int | None) -> TeamAnswer:
    recipients, wanted = services.notifier.recipients, notify.preferences_of(body.preferences)
    await asyncio.to_thread(_require_seeing, services, body.members, body.site_id)
    save = recipients.save_team
    row = await asyncio.to_thread(save, body.name, body.site_id, body.language, body.members, team_id)
    owner = Owner("team", row.id)
    await asyncio.to_thread(recipients.set_preferences, owner, replace(wanted, follows=False))
    action = "team.added" if team_id is None else "team.changed"
    await caller.note(action, f"team {row.id}", after=body.model_dump(mode="json", by_alias=True))
    return await asyncio.to_thread(_team, services, row)


def _read_chain(services: Services, caller: Caller, body: ChainBody) -> Chain:
    """Raises NotFound, Forbidden, Malformed."""
    _require(services, caller, body.site_id)
    for number in {one for step in body.steps for one in step.teams}:
        if not caller.may(Permission.CONFIGURE, services.notifier.recipients.team(number).site):
            raise NotFound(f"there is no team {number}", "unknown_team")
    _require_seeing(services, [one for step in body.steps for one in step.persons], body.site_id)
    steps = tuple(
        Step(
            step.wait_min,
            tuple(Owner("person", one) for one in dict.fromkeys(step.persons))
            + tuple(Owner("team", one) for one in dict.fromkeys(step.teams)),
        )
        for step in body.steps
    )
    return Chain(body.name, body.site_id, body.least, steps, body.repeats, body.enabled)


def _require_seeing(services: Services, persons: list[int], site: int | None) -> None:
    """Nobody is told of a site that he may not see. Raises Malformed."""
    audience = services.notifier.audience
    for number in persons:
        somebody = audience.somebody(Owner("person", number))
        if somebody is None or not audience.may(somebody, Permission.VIEW, site):  # whose name is told to nobody here
            raise Malformed(f"there is no person {number} with a role there", "without_role")


def _team(services: Services, row: TeamRow) -> TeamAnswer:
    notifier, owner = services.notifier, Owner("team", row.id)
    members = [(one, notifier.audience.somebody(Owner("person", one))) for one in row.members]
    return TeamAnswer(
        id=row.id,
        name=row.name,
        site_id=row.site,
        language=row.language,
        members=[TeamMemberAnswer(id=one, name=known.name) for one, known in members if known is not None],
        preferences=notify.preferences_answer(notifier.recipients.preferences(owner)),
        channels=[notify.channel_answer(one) for one in notifier.recipients.channels(owner)],
    )


def _chain(row: ChainRow) -> ChainAnswer:
    chain = row.chain
    steps = [
        ChainStep(
            wait_min=step.wait_min,
            persons=[one.id for one in step.owners if one.kind == "person"],
            teams=[one.id for one in step.owners if one.kind == "team"],
        )
        for step in chain.steps
    ]
    return ChainAnswer(
        id=row.id,
        name=chain.name,
        site_id=chain.site,
        least=chain.least,
        steps=steps,
        repeats=chain.repeats,
        enabled=chain.enabled,
    )
