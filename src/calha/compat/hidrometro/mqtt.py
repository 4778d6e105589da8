"""The meters' MQTT listener: a broker for them alone, on a port of its own.

Meters share their topics, and do not say who they are. On a common broker whoever publishes could be anybody, and a command
would reach them all; here a message is known by the connection on which it comes, and a command is written to one connection.
So a meter hears nothing but its own commands, whatever it subscribes to.

Readings are acknowledged (QoS 1 and 2) when they are on disk. While the log is away nothing more is read from the connection:
with QoS 0, too, readings wait in the meter's own socket and are not lost.
What is sent again after a reconnection, marked DUP, and is the same, is acknowledged and not taken twice.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from calha.compat import mqtt_wire
from calha.compat.ground import Ground
from calha.compat.hidrometro.meters import PREFIX, Meters, Said, Speaker, chip_of
from calha.compat.hidrometro.orders import Orders, Session
from calha.compat.hidrometro.topics import Topics
from calha.compat.mqtt_wire import BrokenMqtt, Connect, Kind, Other, Packet, Publish, Subscribe
from calha.config.compat import HidrometroSection
from calha.domain.access import Principal
from calha.domain.errors import LogUnavailable, Malformed, NotSignedIn, RegistryUnavailable
from calha.ingest.service import Message

log = logging.getLogger(__name__)

MAX_PACKET_BYTES = 64 * 1024
READ_BYTES = 64 * 1024
HELLO_WITHIN_S = 10.0
LONGEST_IDLE_S = 3_600.0
KEEP_ALIVE_SHARE = 1.5  # §3.1.2.10
RETRY_S = 1.0
BEAT_S = 5.0
MAX_UNRELEASED = 1_000  # QoS 2 messages of one connection
MAX_REMEMBERED = 64  # messages of one client that would be known if they came again
MAX_CLIENTS_REMEMBERED = 10_000

_Client = tuple[str, str]  # who he has proved to be, "" for nobody; and his client id


class Broker:
    def __init__(self, options: HidrometroSection, ground: Ground, meters: Meters, orders: Orders) -> None:
        self._options = options
        self._accounts = ground.accounts
        self._ingest = ground.ingest
        self._meters = meters
        self._orders = orders
        self._clock = ground.clock
        self._topics = Topics(options)
        self._connections: dict[_Client, _Connection] = {}
        self._repeats = _Repeats()

    async def run(self, beat: Callable[[], None]) -> None:
        """Listen until cancelled. Raises OSError when the port is taken."""
        await self._meters.prepare()
        server = await asyncio.start_server(self._converse, self._options.host, self._options.mqtt_port)
        log.info("Hidrômetro meters are heard on %s:%d", self._options.host, self._options.mqtt_port)
        try:
            while server.is_serving():
                beat()
                await self._prove_anew()
                await asyncio.sleep(BEAT_S)
        finally:
            server.close()
            for connection in list(self._connections.values()):
                connection.writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(reader, writer)
        try:
            if len(self._connections) >= self._options.max_connections:
                self._ingest.refuse("", "too_many_connections")
            elif await self._greet(connection):
                await self._serve(connection)
        except BrokenMqtt as error:
            self._ingest.refuse("", "malformed")
            log.debug("an MQTT connection ended: %s", error)
        except (ConnectionError, TimeoutError) as error:
            log.debug("an MQTT connection ended: %s", error)
        finally:
            self._leave(connection)
            writer.close()

    # -- coming and going

    async def _greet(self, connection: "_Connection") -> bool:
        """Whether whoever connects is let in."""
        hello = await connection.next(HELLO_WITHIN_S)
        if not isinstance(hello, Connect):
            raise BrokenMqtt("the first packet is no CONNECT")
        code, speaker = await self._judge(hello, connection)
        connection.write(mqtt_wire.connack(code, hello.level))
        if speaker is None:
            await connection.writer.drain()
            return False
        connection.speaker = speaker
        connection.idle_s = min(LONGEST_IDLE_S, KEEP_ALIVE_SHARE * hello.keep_alive_s or LONGEST_IDLE_S)
        known = self._connections.get(connection.client)
        if known is not None:
            known.writer.close()  # §3.1.4: who comes with the same client id takes the place of who was there
        self._connections[connection.client] = connection
        return True

    async def _judge(self, hello: Connect, connection: "_Connection") -> tuple[int, Speaker | None]:
        """The code of the answer, and who he is if he is let in."""
        if not hello.understood:
            return mqtt_wire.WRONG_VERSION, None
        if not hello.client_id and not hello.clean:
            return mqtt_wire.WRONG_CLIENT_ID, None
        name = hello.client_id or f"client {id(connection)}"
        connection.client = ("", name)
        if not hello.password:
            if self._options.anonymous_meters:
                return mqtt_wire.ACCEPTED, Speaker(name, connection.address, None, chip_of(name))
            self._ingest.refuse("", "not_signed_in")
            return mqtt_wire.NOT_ALLOWED, None
        try:
            principal = await asyncio.to_thread(self._accounts.door.by_token, hello.password)
        except NotSignedIn:
            self._ingest.refuse("", "not_signed_in")
            return mqtt_wire.WRONG_PASSWORD, None
        if principal.device is not None and not principal.device.startswith(PREFIX):
            return mqtt_wire.NOT_ALLOWED, None
        connection.client = (
            f"{principal.kind} {principal.id} {principal.name}",
            name,
        )  # none but himself throws him out
        connection.proof = hello.password
        return mqtt_wire.ACCEPTED, Speaker(principal.name, connection.address, principal, chip_of(name))

    async def _prove_anew(self) -> None:
        """Close the connections whose proof holds no longer, and take over what the others may do by now."""
        proofs = {one.proof for one in self._connections.values() if one.proof}
        try:
            proved = await asyncio.to_thread(self._proved, proofs)
        except RegistryUnavailable:  # readings go on with what is known
            return
        for connection in list(self._connections.values()):
            if connection.proof not in proofs:
                continue
            principal = proved.get(connection.proof)
            if principal is None:
                log.info("%s is disconnected: its key or secret holds no longer", connection.speaker.name)
                connection.writer.close()
            else:
                connection.speaker = replace(connection.speaker, principal=principal)

    def _proved(self, proofs: Iterable[str]) -> Mapping[str, Principal]:
        """Who comes with those that hold. Raises RegistryUnavailable."""
        found = {}
        for proof in proofs:
            with suppress(NotSignedIn):
                found[proof] = self._accounts.door.by_token(proof)
        return found

    def _leave(self, connection: "_Connection") -> None:
        if self._connections.get(connection.client) is connection:
            del self._connections[connection.client]
        self._orders.leave(connection)

    # -- the conversation

    async def _serve(self, connection: "_Connection") -> None:
        while packets := await connection.packets():
            await self._take([one for one in packets if isinstance(one, Publish)], connection)
            for packet in packets:
                if isinstance(packet, Other) and packet.kind is Kind.DISCONNECT:
                    return
                await self._answer(packet, connection)
            await connection.writer.drain()

    async def _answer(self, packet: Packet, connection: "_Connection") -> None:
        """Say what the protocol wants; messages are on disk by now."""
        if isinstance(packet, Publish):
            if packet.qos:
                kind = Kind.PUBACK if packet.qos == 1 else Kind.PUBREC
                connection.write(mqtt_wire.acknowledged(kind, packet.packet_id))
        elif isinstance(packet, Subscribe):
            await self._subscribe(packet, connection)
        elif isinstance(packet, Other):
            self._answer_other(packet, connection)
        else:
            raise BrokenMqtt("a second CONNECT")

    def _answer_other(self, packet: Other, connection: "_Connection") -> None:
        if packet.kind is Kind.PINGREQ:
            connection.write(mqtt_wire.pingresp())
        elif packet.kind is Kind.PUBREL:
            connection.unreleased.discard(packet.packet_id)
            connection.write(mqtt_wire.acknowledged(Kind.PUBCOMP, packet.packet_id))
        elif packet.kind is Kind.UNSUBSCRIBE:
            connection.topic = None
            connection.write(mqtt_wire.acknowledged(Kind.UNSUBSCRIBE, packet.packet_id))
        elif packet.kind is Kind.PUBACK:
            self._orders.acknowledged(connection, packet.packet_id)

    async def _subscribe(self, packet: Subscribe, connection: "_Connection") -> None:
        granted = []
        for topic, qos in packet.filters:
            is_own = self._topics.is_command(topic)
            if is_own:
                connection.topic, connection.qos = topic, min(qos, mqtt_wire.GRANTED_AT_MOST)
            granted.append(connection.qos if is_own else mqtt_wire.NOT_GRANTED)
        connection.write(mqtt_wire.suback(packet.packet_id, granted))
        await self._orders.came(connection)

    async def _take(self, published: Iterable[Publish], connection: "_Connection") -> None:
        """Put readings on disk, waiting while the log is away."""
        new = [one for one in published if self._is_new(one, connection)]
        while new:
            try:
                await self._put([one for one in new if not self._topics.is_reading(one.topic)], connection)
                readings = [Said(one.payload, one.topic) for one in new if self._topics.is_reading(one.topic)]
                if readings:
                    taken = await self._meters.take(readings, connection.speaker)
                    await self._orders.speaks_for(connection, taken.devices)
            except LogUnavailable as error:
                log.warning("Hidrômetro meters wait for the log: %s", error)
                await asyncio.sleep(RETRY_S)
            else:
                self._repeats.remember(connection.client, new)
                return

    def _is_new(self, publish: Publish, connection: "_Connection") -> bool:
        if publish.qos == 2:
            if publish.packet_id in connection.unreleased:
                return False
            if len(connection.unreleased) >= MAX_UNRELEASED:
                raise BrokenMqtt(f"more than {MAX_UNRELEASED} messages that are not released")
            connection.unreleased.add(publish.packet_id)
        return not (publish.dup and self._repeats.knows(connection.client, publish))

    async def _put(self, strange: list[Publish], connection: "_Connection") -> None:
        """Keep in quarantine what was published elsewhere, such as a command that somebody would give other meters."""
        messages = []
        for one in strange:
            if not self._ingest.admits(f"strange {connection.speaker.address}", self._clock()):
                self._ingest.refuse("", "too_fast")
                continue
            fault = Malformed(f"topic {one.topic[:80]!r} is none on which meters report", "unknown_topic")
            messages.append(Message("", one.payload, self._clock(), "hidrometro", one.topic, "json", fault))
        if messages:
            await self._ingest.take(messages, "hidrometro")


class _Connection(Session):
    """One client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self.address = str((writer.get_extra_info("peername") or ("",))[0])
        self.client: _Client = ("", "")
        self.speaker = Speaker("", self.address)
        self.proof = ""  # with which it has come; it may be revoked
        self.idle_s = HELLO_WITHIN_S
        self.unreleased: set[int] = set()
        self._reader = reader
        self._stream = mqtt_wire.Stream(MAX_PACKET_BYTES)
        self._waiting: list[Packet] = []
        self._fault: BrokenMqtt | None = None

    async def next(self, within_s: float) -> Packet:
        """The first packet; what came with it waits for `packets`."""
        self.idle_s = within_s
        async with asyncio.timeout(within_s):
            found = await self.packets()
        if not found:
            raise ConnectionResetError("closed before it said anything")
        self._waiting = found[1:]
        return found[0]

    async def packets(self) -> list[Packet]:
        """What came next, at least one packet; empty at the end. Raises TimeoutError, BrokenMqtt."""
        found, self._waiting = self._waiting, []
        while not found:
            if self._fault is not None:
                raise self._fault
            async with asyncio.timeout(self.idle_s):
                chunk = await self._reader.read(READ_BYTES)
            if not chunk:
                return []
            found = self._complete(chunk)
        return found

    def _complete(self, chunk: bytes) -> list[Packet]:
        """The packets that a chunk completes; a fault behind them is raised when its turn comes."""
        found: list[Packet] = []
        try:
            found.extend(self._stream.feed(chunk))
        except BrokenMqtt as error:
            self._fault = error
        return found


class _Repeats:
    """Knows messages that a client sends again after it was cut off before their acknowledgement."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Client, OrderedDict[bytes, None]] = OrderedDict()

    def knows(self, client: _Client, publish: Publish) -> bool:
        return _digest(publish) in self._known.get(client, ())

    def remember(self, client: _Client, published: Iterable[Publish]) -> None:
        known = self._known.setdefault(client, OrderedDict())
        self._known.move_to_end(client)
        for one in published:
            if one.qos:
                known[_digest(one)] = None
        while len(known) > MAX_REMEMBERED:
            known.popitem(last=False)
        while len(self._known) > MAX_CLIENTS_REMEMBERED:
            self._known.popitem(last=False)


def _digest(publish: Publish) -> bytes:
    whole = publish.packet_id.to_bytes(2) + publish.topic.encode() + b"\0" + publish.payload
    return hashlib.blake2b(whole, digest_size=16).digest()
