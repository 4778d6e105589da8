"""Commands to meters, each to its own connection, and what is known of their execution.

A meter subscribes to a topic that all of them share, takes `{"action": …, "value": …}` and never answers. So Calha says of a
command only what it has seen itself:

    sent        written to the connection of this meter, and of no other
    delivered   the meter's side has confirmed to have it: by PUBACK, or, with QoS 0, by the TCP acknowledgement of all bytes
    executed    a reading shows it: the register fell, the flow is as it was set
    timed out   nothing that a meter reports shows it (a calibration): it was delivered, and there is no word of it

A meter that is away gets its command when it is back, until that expires.
"""

import asyncio
import fcntl
import logging
import math
import struct
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from calha.commands.messages import Reply, order
from calha.commands.service import Commands
from calha.compat import mqtt_wire
from calha.compat.hidrometro.meters import PREFIX, Heard, Meters
from calha.compat.hidrometro.wire import Order, Seen, order_of, shown
from calha.domain.errors import Malformed, NotFound

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05
DELIVERED_WITHIN_S = 30.0
MAX_EXPECTED = 10  # commands of one meter that its readings are compared with


class Session:
    """A connection as commands need it. topic: on which it hears commands; None while it hears none."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.topic: str | None = None
        self.qos = 0
        self.devices: set[str] = set()
        self.unacknowledged: dict[int, tuple[str, str]] = {}  # device and command, by packet id
        self._last_packet_id = 0

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    @property
    def hears(self) -> bool:
        return self.topic is not None and not self.writer.is_closing()

    def next_packet_id(self) -> int:
        self._last_packet_id = self._last_packet_id % 0xFFFF + 1
        return self._last_packet_id


@dataclass(frozen=True, slots=True)
class _Expected:
    """A command whose effect is looked for in the readings. before: what the meter reported until then."""

    command: str
    order: Order
    before: Seen


class Orders:
    """The carrier of commands to meters (see `commands.ways.Carrier`)."""

    def __init__(self, commands: Commands, meters: Meters) -> None:
        self._commands = commands
        self._meters = meters
        self._sessions: dict[str, Session] = {}  # by device: the one on which it reported last
        self._expected: dict[str, list[_Expected]] = {}
        self._following: set[asyncio.Task[None]] = set()
        meters.watches.append(self._compare)

    # -- of connections

    async def speaks_for(self, session: Session, devices: Sequence[str]) -> None:
        """Readings of these devices came on a connection: from now on their commands go there."""
        for device in set(devices):
            is_new = self._sessions.get(device) is not session
            self._sessions[device] = session
            session.devices.add(device)
            if is_new and session.hears:
                await self._send_waiting(device)

    async def came(self, session: Session) -> None:
        """A connection hears commands from now on."""
        for device in list(session.devices):
            if session.hears and self._sessions.get(device) is session:
                await self._send_waiting(device)

    def leave(self, session: Session) -> None:
        for device in session.devices:
            if self._sessions.get(device) is session:
                del self._sessions[device]

    def acknowledged(self, session: Session, packet_id: int) -> None:
        """The client has confirmed a message of QoS 1."""
        known = session.unacknowledged.pop(packet_id, None)
        if known is not None:
            self._follow(self._say(*known, Reply("delivered", "acknowledged by the meter's MQTT client")))

    # -- of the commands service

    def call(self, device: str, order: bytes) -> bool:
        session = self._sessions.get(device)
        if session is None or not session.hears:
            return False
        content = msgspec.json.decode(order)
        return self._write(session, device, content)

    def is_connected(self, device: str) -> bool:
        session = self._sessions.get(device)
        return session is not None and not session.writer.is_closing()

    def hears(self, device: str) -> bool:
        """Whether a command would reach the meter now."""
        session = self._sessions.get(device)
        return session is not None and session.hears

    def topic(self, device: str) -> str | None:
        """The topic on which it hears commands."""
        session = self._sessions.get(device)
        return session.topic if session is not None else None

    def speakers(self) -> set[str]:
        return {device for device in self._sessions if self.is_connected(device)}

    async def disconnect(self, device: str) -> int:
        session = self._sessions.get(device)
        if session is None:
            return 0
        session.writer.close()
        return 1

    # -- below: writing and following

    async def _send_waiting(self, device: str) -> None:
        try:
            rows = await self._commands.fetch(device, "mqtt")
        except NotFound:  # deleted meanwhile
            return
        on_their_way = {one.command for one in self._expected.get(device, ())}
        for row in rows:
            session = self._sessions.get(device)
            if session is not None and session.hears and row.id not in on_their_way:
                self._write(session, device, order(row))

    def _write(self, session: Session, device: str, content: dict[str, Any]) -> bool:
        command = str(content["id"])
        try:
            asked = order_of(content["command"], content["parameters"].get("value"))
        except Malformed as error:
            self._follow(self._say(device, command, Reply("rejected", str(error))))
            return True
        assert session.topic is not None
        packet_id = session.next_packet_id() if session.qos else 0
        session.write(mqtt_wire.publish(session.topic, self._payload(session, device, asked), packet_id))
        self._expect(device, _Expected(command, asked, self._now(device)))
        if packet_id:
            session.unacknowledged[packet_id] = (device, command)
        else:
            self._follow(self._until_confirmed(session, device, command))
        return True

    def _payload(self, session: Session, device: str, asked: Order) -> bytes:
        """As meters know it; a connection that speaks for several is told whose command it is."""
        if len(session.devices) == 1:
            return asked.payload()
        return msgspec.json.encode(msgspec.json.decode(asked.payload()) | {"numero_serie": device.removeprefix(PREFIX)})

    def _now(self, device: str) -> Seen:
        return Seen(self._meters.own.latest(device, "total")[0], self._meters.own.latest(device, "flow")[0])

    def _expect(self, device: str, expected: _Expected) -> None:
        waiting = self._expected.setdefault(device, [])
        waiting.append(expected)
        del waiting[:-MAX_EXPECTED]

    async def _compare(self, heard: Heard) -> None:
        """Whether a reading shows that a command was executed."""
        for expected in list(self._expected.get(heard.device, ())):
            note = shown(expected.order, expected.before, heard.seen)
            if note is not None:
                self._expected[heard.device].remove(expected)
                await self._say(heard.device, expected.command, Reply("executed", note))
        if not self._expected.get(heard.device, True):
            del self._expected[heard.device]

    async def _until_confirmed(self, session: Session, device: str, command: str) -> None:
        deadline = asyncio.get_running_loop().time() + DELIVERED_WITHIN_S
        while asyncio.get_running_loop().time() < deadline and not session.writer.is_closing():
            if unconfirmed_bytes(session.writer) == 0:
                await self._say(device, command, Reply("delivered", "all bytes confirmed by the meter's side"))
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _say(self, device: str, command: str, reply: Reply) -> None:
        try:
            await self._commands.reply(device, command, reply)
        except NotFound:
            log.debug("command %s of %s is gone", command, device)

    def _follow(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.get_running_loop().create_task(work)
        self._following.add(task)
        task.add_done_callback(self._following.discard)


def unconfirmed_bytes(writer: asyncio.StreamWriter) -> float:
    """Bytes that were written and that the other side's TCP has not confirmed; infinite where that cannot be told."""
    waiting = writer.transport.get_write_buffer_size()
    if waiting:
        return waiting
    try:
        found = fcntl.ioctl(writer.get_extra_info("socket").fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
    except OSError:
        return math.inf
    return float(struct.unpack("i", found)[0])
