"""Commands from their request to their result. What is on disk is the truth: a restart goes on where it stands.

`run` looks twice a second at what is due: sends what is queued, reads back what was executed, expires and times out.

Rule 1: a state is kept before anybody is told of it.
Rule 2: a command is carried at least once; it has an id, by which the device knows one that it had.
Rule 3: what is to be cancelled or has expired is taken back from the log server first; a device that wakes after that does
        not get it.
"""

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from weakref import WeakValueDictionary

from calha.commands.messages import EVENTS, Reply, order_json, read_reply
from calha.commands.ways import Ways
from calha.domain.access import Actor
from calha.domain.commands import (
    OPEN,
    Event,
    EventKind,
    State,
    advance,
    can,
    checked,
    read_back,
)
from calha.domain.errors import Conflict, Forbidden, LogUnavailable, Malformed, NotFound
from calha.domain.profiles import Command, Profile
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.store.accounts.commands import MAX_OPEN, CommandRow, CommandStore, NewCommand

log = logging.getLogger(__name__)

TICK_S = 0.5
APPROVAL_S = 900.0  # within which another person has to agree
BACK_S = 5.0  # after which a device that is back should have answered what waited for it
MAX_MISSED = 10_000
CALHA = "Calha"

Offline = Literal["wait", "refuse"]
Told = Callable[[CommandRow], Awaitable[None]]
ProfileOf = Callable[[str], Profile]


class Shown(NamedTuple):
    """The newest reading of a channel."""

    value: float
    arrived_at: Micros


ChannelShows = Callable[[str, str], Shown | None]


@dataclass(frozen=True, slots=True)
class Request:
    """requester: see `Accounts.identities`."""

    device: str
    command: str
    parameters: Mapping[str, object]
    requested_by: str
    requester: Sequence[str]
    expires_s: float | None = None
    offline: Offline = "wait"
    needs_approval: bool = False
    idempotency_key: str | None = None

    def digest(self) -> str:
        asked = [self.command, self.parameters, self.expires_s, self.needs_approval]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


class Commands:
    def __init__(
        self,
        store: CommandStore,
        profile_of: ProfileOf,
        ways: Ways,
        channel_shows: ChannelShows,
        told: Told,
        clock: Callable[[], Micros],
    ) -> None:
        """profile_of: a device's. told: hears of each new state, once it is kept."""
        self.store = store
        self._profile_of = profile_of
        self._ways = ways
        self._channel_shows = channel_shows
        self._told = told
        self._clock = clock
        self._wake = asyncio.Event()
        self._back_since: dict[str, Micros] = {}
        self._handling: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def request(self, request: Request) -> tuple[CommandRow, bool]:
        """The command, and whether it is new. It is on disk, and sent if that was possible at once.

        Raises NotFound (device, command), Malformed (parameters), Conflict.
        """
        profile = await asyncio.to_thread(self._profile_of, request.device)
        command = _declared(profile, request.command)
        parameters = checked(command, request.parameters)
        now = self._clock()
        answer_s = request.expires_s or command.expires_s
        is_held = request.needs_approval or command.two_people
        if request.offline == "refuse" and not await self._ways.is_online(request.device):
            raise Conflict(
                f'{request.device} is offline; ask with "offline": "wait" to have it as soon as it is back',
                "device_offline",
                device=request.device,
            )
        new = NewCommand(
            id=_new_id(now),
            device=request.device,
            command=command.key,
            parameters=parameters,
            state=State.AWAITING_APPROVAL if is_held else State.QUEUED,
            requested_by=request.requested_by[:120],
            requester=request.requester,
            requested_at=now,
            expires_at=now + round((APPROVAL_S if is_held else answer_s) * SECOND_US),
            answer_s=answer_s,
            read_back=read_back(command.verify, parameters),
            given=request.digest(),
            idempotency_key=request.idempotency_key,
        )
        row, is_new = await asyncio.to_thread(self.store.add, new)
        if is_new:
            await self._told(row)
            row = await self._send(row)
        return row, is_new

    async def approve(self, device: str, command_id: str, by: Actor) -> CommandRow:
        """Let a command go that another has asked for. Raises NotFound, Forbidden, Conflict."""
        row = await asyncio.to_thread(self.store.get, device, command_id)
        if by.id in row.requester or f"name {by.name}" in row.requester:
            raise Forbidden("who asked for a command cannot approve it; another person has to", "own_request")
        now = self._clock()
        expires_at = now + round(row.answer_s * SECOND_US)
        event = Event(EventKind.APPROVE, now, by.name)
        agreed = {"approved_by": by.name[:120], "approved_by_id": by.id, "expires_at": expires_at}
        return await self._send(await self._advance(row, event, **agreed))

    async def cancel(self, device: str, command_id: str, by: str) -> CommandRow:
        """Take a command back that the device has not confirmed, and that nobody is handing over just now.

        Raises NotFound, Conflict, and LogUnavailable while it cannot be taken back from the log server.
        """
        async with self._alone_with(command_id):
            row = await asyncio.to_thread(self.store.get, device, command_id)
            event = Event(EventKind.CANCEL, self._clock(), by)
            advance(row.state, event)
            if row.log_seq is not None:
                await self._ways.recall(device, row.log_seq)
            return await self._advance(row, event)

    async def withdraw(self, device: str) -> None:
        """Take back all that a device has not got yet, so that no other that is given its key gets it.

        Raises LogUnavailable with some of it taken back.
        """
        waiting = await asyncio.to_thread(self.store.list, device, list(OPEN), None, MAX_OPEN)
        for row in waiting.items:
            if row.log_seq is not None:
                await self._ways.recall(device, row.log_seq)

    async def reply(self, device: str, command_id: str, reply: Reply, at: Micros | None = None) -> CommandRow:
        """What the device says; said again, or out of order, it changes nothing. Raises NotFound."""
        row = await asyncio.to_thread(self.store.get, device, command_id)
        kind = EVENTS[reply.state]
        if not can(row.state, kind):
            return row
        try:
            row = await self._advance(row, Event(kind, at or self._clock(), device, reply.detail))
        except Conflict:  # two replies at once; the other one was kept
            return await asyncio.to_thread(self.store.get, device, command_id)
        self._wake.set()
        return row

    async def take_reply(self, device: str, command_id: str, payload: bytes, at: Micros | None = None) -> None:
        """The same from a message as it came. Raises Malformed, also for a command that the device never had."""
        reply = read_reply(payload)
        try:
            await self.reply(device, command_id, reply, at)
        except NotFound as error:
            raise Malformed(str(error), "unknown_command") from None

    async def fetch(self, device: str, way: str) -> Sequence[CommandRow]:
        """What a device that asks for it has still to get, which is then sent."""
        rows = await asyncio.to_thread(self.store.for_device, device)
        now = self._clock()
        return [await self._sent(row, way) for row in rows if row.expires_at > now]

    async def run(self, beat: Callable[[], None]) -> None:
        """Carry on with what is due until cancelled."""
        while True:
            beat()
            for row in await asyncio.to_thread(self.store.to_look_at, self._clock()):
                try:
                    await self._look_at(row)
                except (Conflict, NotFound) as error:  # somebody else was quicker, or has deleted the device
                    log.debug("%s: %s", row.id, error)
                beat()
            self._wake.clear()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _look_at(self, row: CommandRow) -> None:
        now = self._clock()
        is_due = row.due_at is not None and row.due_at <= now
        if row.state is State.EXECUTED:
            await self._read_back(row, is_due)
        elif is_due and row.state is State.DELIVERED:
            note = f"no answer within {row.answer_s:g} s after it was delivered"
            await self._advance(row, Event(EventKind.TIME_OUT, now, CALHA, note))
        elif is_due:
            async with self._alone_with(row.id):
                await self._expire(await asyncio.to_thread(self.store.get, row.device, row.id), now)
        elif row.state is State.QUEUED or (row.missed and self._is_back(row, now)):
            await self._send(row)

    async def _expire(self, row: CommandRow, now: Micros) -> None:
        if row.due_at is None or row.due_at > now:  # approved meanwhile
            return
        waited_for = "nobody approved it" if row.state is State.AWAITING_APPROVAL else "the device did not take it"
        await self._recall(row)
        await self._advance(row, Event(EventKind.EXPIRE, now, CALHA, waited_for))

    async def _read_back(self, row: CommandRow, is_due: bool) -> None:
        expected = row.read_back
        assert expected is not None
        shown = self._channel_shows(row.device, expected.channel)
        since = row.reached(State.DELIVERED) or row.reached(State.SENT) or row.requested_at
        is_new = shown is not None and shown.arrived_at >= since
        if shown is not None and is_new and expected.agrees(shown.value):
            note = f"{expected.channel} is {shown.value:g}"
            await self._advance(row, Event(EventKind.VERIFY, self._clock(), CALHA, note))
        elif is_due:
            seen = f"is {shown.value:g}" if shown is not None and is_new else "was not reported"
            note = f"not verified: {expected.channel} {seen} instead of {expected.expected:g}"
            await self._advance(row, Event(EventKind.NOT_VERIFIED, self._clock(), CALHA, note))

    def _is_back(self, row: CommandRow, now: Micros) -> bool:
        """Whether a device that was away has been heard of for a while, and has not answered what waited for it."""
        sent_at, seen_at = row.history[-1].at, self._ways.last_seen(row.device)
        if seen_at is None or seen_at <= sent_at:
            return False
        if len(self._back_since) >= MAX_MISSED:
            self._back_since.clear()
        return now - self._back_since.setdefault(row.id, now) >= BACK_S * SECOND_US

    async def _send(self, row: CommandRow) -> CommandRow:
        """Hand it over, or leave it in the queue while the log is away. One at a time, so that it is not there twice."""
        async with self._alone_with(row.id):
            now = await asyncio.to_thread(self.store.get, row.device, row.id)
            is_due = now.state is row.state and (now.state is State.QUEUED or now.missed)
            return await self._hand_over(now) if is_due else now

    def _alone_with(self, command_id: str) -> asyncio.Lock:
        """To hold while a command is handed over or taken back, so that it is not there twice, nor after it was taken back."""
        lock: asyncio.Lock = self._handling.setdefault(command_id, asyncio.Lock())
        return lock

    async def _hand_over(self, row: CommandRow) -> CommandRow:
        self._back_since.pop(row.id, None)
        if self._ways.call(row.device, order_json(row)):
            return await self._sent(row, "tcp")
        try:
            log_seq = await self._ways.mail(row.device, order_json(row))
        except LogUnavailable as error:
            log.warning("command %s to %s is sent later: %s", row.id, row.device, error)
            return row
        is_missed = row.state is State.QUEUED and not await self._is_connected(row.device)
        return await self._sent(row, "mqtt", log_seq=log_seq, missed=is_missed)

    async def _is_connected(self, device: str) -> bool:
        try:
            return await self._ways.is_connected(device)
        except LogUnavailable:
            return False

    async def _sent(self, row: CommandRow, way: str, **changes: Any) -> CommandRow:  # noqa: ANN401 - columns
        if row.state is State.SENT and not changes:
            return row
        try:
            return await self._advance(row, Event(EventKind.SEND, self._clock(), CALHA, way), **changes)
        except Conflict:  # the device was quicker with its answer
            return await asyncio.to_thread(self.store.get, row.device, row.id)

    async def _advance(self, row: CommandRow, event: Event, **changes: Any) -> CommandRow:  # noqa: ANN401 - columns
        row = await asyncio.to_thread(lambda: self.store.advance(row.device, row.id, event, **changes))
        await self._told(row)
        return row

    async def _recall(self, row: CommandRow) -> None:
        if row.log_seq is None:
            return
        try:
            await self._ways.recall(row.device, row.log_seq)
        except LogUnavailable as error:
            log.warning("command %s could not be taken back from the log server: %s", row.id, error)


def _declared(profile: Profile, key: str) -> Command:
    command = profile.command(key)
    if command is None:
        known = ", ".join(one.key for one in profile.commands) or "none"
        raise NotFound(
            f"the profile {profile.name!r} has no command {key[:64]!r}; there are: {known}",
            "unknown_command",
            command=key[:64],
        )
    return command


def _new_id(now: Micros) -> str:
    """Grows with time, so that ids sort as they were made."""
    return f"{now:014x}{secrets.token_hex(5)}"
