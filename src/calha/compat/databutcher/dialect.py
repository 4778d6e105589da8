"""DataButcher's MQTT topics: what machines say of themselves, and what they are told.

from a machine   maquinas/<id>/status      {"state": "iniciada" | "parada"}; any other word only says that it is there
                 databutcher/<id>/status   the same, as its documentation has it; both also with a slash before them
to a machine     maquinas/<id>/comandos    {"comando": "start", "parametros": {…}}, {"comando": "stop"}

What else stands in a status is a reading, so that a machine may report over MQTT as well. A machine does not answer commands;
that it is in the state for which one asked is its answer.
"""

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec

from calha.commands.messages import Reply
from calha.commands.service import Commands
from calha.compat.databutcher import PREFIX
from calha.compat.databutcher.fleet import HEARTBEAT, RUNNING, STATE, STOPPED, Fleet, commands_topic, topic_name
from calha.compat.databutcher.ids import code_of
from calha.domain.dialects import Speech, Topics
from calha.domain.errors import Malformed, NotFound, Refused, TooFast
from calha.domain.readings import Micros
from calha.ingest.formats import parse_json
from calha.ingest.limits import MessageRate
from calha.ingest.service import Message
from calha.store.databutcher.store import DEFAULTS, MachineRow, Settings

STATUS_TOPICS = ("maquinas/{}/status", "/maquinas/{}/status", "databutcher/{}/status", "/databutcher/{}/status")
STATUS_FILTERS = tuple(topic.format("+") for topic in STATUS_TOPICS)
COMMANDS_FILTER = commands_topic("+")
TRANSPORT = "mqtt"

_STATUS = re.compile(r"/?(?:maquinas|databutcher)/([^/]+)/status")
_STATE_OF = {"start": RUNNING, "stop": STOPPED}
_TIMES = ("ts", "timestamp")


class DataButcherDialect:
    """open: whether machines without a credential are heard; at most `most_open` of them.

    rate: of those.
    """

    def __init__(
        self,
        fleet: Fleet,
        commands: Commands,
        rate: MessageRate,
        clock: Callable[[], Micros],
        open_: bool,
        most_open: int,
    ) -> None:
        self._fleet = fleet
        self._commands = commands
        self._rate = rate
        self._clock = clock
        self._open = open_
        self._most_open = most_open
        self._settled: set[str] = set()  # devices that have been told nothing since they last did as they were told

    # -- who may say what

    def knows(self, device: str) -> bool:
        return self._fleet.of_device(device) is not None

    async def of_device(self, device: str) -> Topics:
        await self._fleet.refresh()
        machine = self._fleet.of_device(device)
        return _topics((topic_name(machine),)) if machine is not None else Topics()

    async def of_anybody(self) -> Topics:
        await self._fleet.refresh()
        return _topics(tuple(topic_name(self._fleet.machines()[code]) for code in self.open_machines()))

    def open_machines(self) -> tuple[str, ...]:
        """The codes of machines that anybody may speak for: those without a credential of their own."""
        if not self._open:
            return ()
        return tuple(code for code, row in self._fleet.machines().items() if not row.proven)[: self._most_open]

    # -- from machines

    async def read(self, topic: str, payload: bytes, arrived_at: Micros) -> Message | None:
        """A status as a message of its device; None for another topic."""
        found = _STATUS.fullmatch(topic)
        code = code_of(found[1]) if found is not None else None
        if code is None:
            return None
        machine = await self._fleet.find(code)
        device = machine.device if machine is not None else f"{PREFIX}{code}"
        try:
            state, record = _status_of(payload)
            if machine is not None:
                self._require_calm(machine, arrived_at)
        except Refused as fault:
            return Message(device, payload, arrived_at, TRANSPORT, topic, "json", fault)
        if machine is not None and state:
            self._fleet.hear(machine, arrived_at)
            await self._answer(machine.device, state, arrived_at)
        return Message(device, msgspec.json.encode(record), arrived_at, TRANSPORT, topic)

    def _require_calm(self, machine: MachineRow, at: Micros) -> None:
        if not machine.proven and not self._rate.admits(machine.device, at):
            raise TooFast(f"{machine.device} sends more than a machine without a credential may")

    async def _answer(self, device: str, state: str, at: Micros) -> None:
        """What was told the machine is done when it says that it is in that state."""
        if device in self._settled:
            return
        self._settled.add(device)  # first, as a command may be said while we look
        waiting = await asyncio.to_thread(self._commands.store.for_device, device)
        done = [row for row in waiting if _STATE_OF.get(row.command) == state and row.requested_at <= at]
        for row in done:
            with suppress(NotFound):  # the device was deleted meanwhile
                await self._commands.reply(device, row.id, Reply("executed", f"state {state}"), at)
        if len(done) < len(waiting):
            self._settled.discard(device)

    # -- to machines

    async def is_there(self, device: str) -> bool:
        machine = self._fleet.of_device(device)
        return machine is not None and await self._fleet.is_there(machine)

    async def say(self, device: str, order: bytes) -> Speech | None:
        machine = self._fleet.of_device(device)
        if machine is None:
            raise NotFound(f"{device} is no machine of DataButcher any more")
        told = msgspec.json.decode(order)
        command, given = told["command"], told["parameters"]
        self._settled.discard(device)
        if command == "reset":
            await self._reset(machine, told["id"])
            return None
        if command == "start":
            settings = started_with(machine.settings, given)
            await self._fleet.set_up(machine, settings)
            given = parameters_of(settings)
        words: dict[str, Any] = {"comando": command} | ({"parametros": given} if given else {})
        return Speech(commands_topic(topic_name(machine)), json.dumps(words).encode())

    async def _reset(self, machine: MachineRow, command_id: str) -> None:
        """The machine itself is told nothing; its settings are kept here, and it gets them with its next start."""
        await self._fleet.set_up(machine, DEFAULTS, reset_at=self._clock())
        note = "the settings are kept by Calha; the machine gets them with its next start"
        await self._commands.reply(machine.device, command_id, Reply("executed", note))


def started_with(before: Settings, given: dict[str, Any]) -> Settings:
    """The settings of a start that may leave some as they were."""
    return Settings(
        given.get("voltagem", before.voltage),
        given.get("velocidade", before.speed),
        given.get("temperatura", before.temperature),
    )


def parameters_of(settings: Settings) -> dict[str, float]:
    """As a machine is told them."""
    return {
        "voltagem": plain(settings.voltage),
        "velocidade": plain(settings.speed),
        "temperatura_max": plain(settings.temperature),
    }


def plain(number: float) -> float:
    """220 rather than 220.0, as the pages send it."""
    return int(number) if float(number).is_integer() else number


@lru_cache(maxsize=10_000)
def _topics(names: tuple[str, ...]) -> Topics:
    publish = tuple(topic.format(name) for name in names for topic in STATUS_TOPICS)
    return Topics(publish, tuple(commands_topic(name) for name in names))


def _status_of(payload: bytes) -> tuple[str, dict[str, Any]]:
    """The word that a status says, and the record that it is to Calha. Raises Malformed."""
    fields = parse_json(payload)
    if type(fields) is not dict:
        raise Malformed('a status is an object such as {"state": "iniciada"}', "bad_status")
    state = fields.get("state")
    values = {key: value for key, value in fields.items() if key not in (STATE, *_TIMES)}
    if state in (RUNNING, STOPPED):
        values[STATE] = state
    if state:
        values[HEARTBEAT] = 1
    if not values:
        raise Malformed("the status says nothing: state is missing or empty", "bad_status")
    times = {key: fields[key] for key in _TIMES if key in fields}
    return str(state) if state else "", {**times, "values": values}
