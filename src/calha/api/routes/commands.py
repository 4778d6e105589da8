"""Commands to devices: ask, approve, cancel, follow; and, for a device without MQTT or TCP, fetch and answer."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header, Path, Query
from starlette.responses import Response

from calha.api.access import AnswersCommand, Caller, OperatesDevice, Views, ViewsCommands
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_commands import (
    COMMAND_ID,
    CommandAsked,
    CommandReadBack,
    CommandReply,
    CommandStep,
    DeviceCommand,
    NewCommand,
)
from calha.api.services import Here
from calha.commands.messages import Reply
from calha.commands.service import Request
from calha.domain.commands import FOR_THE_DEVICE, State
from calha.domain.errors import Malformed, NotFound
from calha.domain.times import to_datetime
from calha.store.accounts.commands import CommandRow
from calha.store.registry.rows import Page as Rows

router = api_router("commands")

States = Annotated[
    str | None, Query(max_length=200, description="States, separated by commas.", examples=["queued,sent"])
]
After = Annotated[str | None, Query(max_length=64, description="Id after which to go on.", examples=[COMMAND_ID])]
Limit = Annotated[int, Query(ge=1, le=500)]
CommandId = Annotated[str, Path(max_length=64, examples=[COMMAND_ID])]


@router.get("/commands")
def list_all_commands(
    services: Here, caller: Views, state: States = None, after: After = None, limit: Limit = 100
) -> Page[DeviceCommand]:
    """Commands to all devices that the caller may see, newest first; `state=awaiting_approval` for what waits for people.

    A page may be shorter than `limit` where `next` goes on.
    """
    page = services.commands.store.list(None, _states(state), after, limit, caller.selection())
    return _seen(caller, page)


@router.post("/devices/{key}/commands", status_code=201)
async def ask_for_command(
    key: str,
    new: NewCommand,
    services: Here,
    caller: OperatesDevice,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=64, description="The same key gets the same command.", examples=["7f1c"]),
    ] = None,
) -> CommandAsked:
    """Ask a device to do something. With the `Idempotency-Key` of an earlier request, that one's command (200)."""
    device_online = await services.presence.is_online(key)
    row, is_new = await services.commands.request(
        Request(
            device=key,
            command=new.command,
            parameters=new.parameters,
            requested_by=caller.principal.name,
            requester=await asyncio.to_thread(services.accounts.identities, caller.principal),
            expires_s=new.expires_s,
            offline=new.offline,
            needs_approval=new.needs_approval,
            idempotency_key=idempotency_key,
        )
    )
    response.status_code = 201 if is_new else 200
    if is_new:
        await caller.note("command.requested", f"device {key}", after=new.model_dump() | {"id": row.id})
    else:
        caller.noted = True  # nothing has changed
    waits_until = None if device_online or row.state not in FOR_THE_DEVICE else to_datetime(row.expires_at)
    return CommandAsked(**described(row).model_dump(), device_online=device_online, waits_until=waits_until)


@router.get("/devices/{key}/commands")
async def list_commands(
    key: str,
    services: Here,
    caller: ViewsCommands,
    state: States = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[DeviceCommand]:
    """Newest first. To the device itself: what it has still to do, oldest first, again and again until it answers."""
    if caller.principal.kind == "device":
        rows = await services.commands.fetch(key, "http")
        return Page(items=[described(row) for row in rows], next=None)
    return _seen(caller, services.commands.store.list(key, _states(state), after, limit))


@router.get("/devices/{key}/commands/{command_id}")
def read_command(key: str, command_id: CommandId, services: Here, caller: ViewsCommands) -> DeviceCommand:
    """One command with its history."""
    row = services.commands.store.get(key, command_id)
    if caller.principal.kind != "device" and not _sees(caller)(row):
        raise NotFound(f"{key} has no command {command_id}", "unknown_command", command=command_id)
    return described(row)


@router.post("/devices/{key}/commands/{command_id}/cancel")
async def cancel_command(key: str, command_id: CommandId, services: Here, caller: OperatesDevice) -> DeviceCommand:
    """Take back a command that the device has not confirmed; it is not sent to a device that wakes later."""
    row = await services.commands.cancel(key, command_id, caller.principal.name)
    await caller.note("command.cancelled", f"device {key}", after={"id": row.id, "command": row.command})
    return described(row)


@router.post("/devices/{key}/commands/{command_id}/approve")
async def approve_command(key: str, command_id: CommandId, services: Here, caller: OperatesDevice) -> DeviceCommand:
    """Let a command go that somebody else has asked for; only a person can, and not the same one."""
    caller.person_id()
    row = await services.commands.approve(key, command_id, caller.principal.actor)
    await caller.note("command.approved", f"device {key}", after={"id": row.id, "command": row.command})
    return described(row)


@router.post("/devices/{key}/commands/{command_id}/reply")
async def reply_to_command(
    key: str, command_id: CommandId, reply: CommandReply, services: Here, _: AnswersCommand
) -> DeviceCommand:
    """What the device says of a command; saying it twice changes nothing."""
    return described(await services.commands.reply(key, command_id, Reply(reply.state, reply.detail)))


def described(row: CommandRow) -> DeviceCommand:
    return DeviceCommand(
        id=row.id,
        device=row.device,
        command=row.command,
        parameters=dict(row.parameters),
        state=row.state.value,
        requested_by=row.requested_by,
        requested_at=to_datetime(row.requested_at),
        expires_at=to_datetime(row.expires_at),
        approved_by=row.approved_by,
        verification=_read_back(row),
        history=[
            CommandStep(state=step.state.value, at=to_datetime(step.at), by=step.by, note=step.note)
            for step in row.history
        ],
    )


def as_news(row: CommandRow) -> dict[str, Any]:
    """What the live streams tell of it."""
    return described(row).model_dump(mode="json")


def _seen(caller: Caller, page: Rows[CommandRow]) -> Page[DeviceCommand]:
    sees = _sees(caller)
    return Page(items=[described(row) for row in page.items if sees(row)], next=page.next)


def _sees(caller: Caller) -> Callable[[CommandRow], bool]:
    """Which commands somebody may see: of a device that is or was his own, those of his time only."""
    reach, directory = caller.reach(), caller.services.ingest.directory
    return lambda row: reach.sees_at(row.device, directory.site_of(row.device) or 0, row.requested_at)


def _read_back(row: CommandRow) -> CommandReadBack | None:
    found = row.read_back
    if found is None:
        return None
    return CommandReadBack(
        channel=found.channel,
        expected=found.expected,
        tolerance=found.tolerance,
        within_s=found.within_s,
        state=row.verification,
    )


def _states(text: str | None) -> list[State]:
    named = [word.strip() for word in (text or "").split(",") if word.strip()]
    known = [state.value for state in State]
    for word in named:
        if word not in known:
            raise Malformed(f"there is no state {word[:40]!r}; there are: {', '.join(known)}", "bad_state")
    return [State(word) for word in named]
