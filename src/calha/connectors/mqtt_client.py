"""One connection to an MQTT broker, in the event loop: a persistent session whose messages are acknowledged by hand.

Rule 1: an object serves one connection. What it brought can be acknowledged on it alone, so that an acknowledgement which
        comes after a reconnection cannot hit another message that has got the same number.
Rule 2: while more than MAX_WAITING_BYTES wait to be taken, nothing is read; the broker keeps the rest.
Rule 3: a session that the broker still has keeps its subscriptions; retained messages, which are old news by then, are not
        sent again.
"""

import asyncio
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

CONNECT_WITHIN_S = 20.0
KEEP_ALIVE_S = 30
TICK_S = 1.0
MAX_WAITING_BYTES = 32 * 1024 * 1024
QOS = 1


class BrokerRefused(Exception):
    """The broker cannot be reached, lets nobody in, or the connection has ended; the message says which."""


@dataclass(frozen=True, slots=True)
class Where:
    """session_s: for how long the broker keeps the session while Calha is away (MQTT 5). window: messages that it may send
    before the first of them is acknowledged (MQTT 5)."""

    host: str
    port: int
    client_id: str
    user: str = ""
    password: str = field(default="", repr=False)
    is_version_5: bool = True
    session_s: int = 7 * 86_400
    window: int = 1_000
    tls: ssl.SSLContext | None = None


class Arrived(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    number: int


class Connection:
    def __init__(self, where: Where) -> None:
        self._where = where
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._client = self._made()
        self._arrived: deque[Arrived] = deque()
        self._waiting_bytes = 0
        self._some = asyncio.Event()
        self._welcome: asyncio.Future[bool] = self._loop.create_future()
        self._granted: asyncio.Future[Sequence[ReasonCode]] = self._loop.create_future()
        self._end: str | None = None
        self._reading: socket.socket | None = None
        self._is_paused = self._is_closed = False
        self._ticking: asyncio.Task[None] | None = None

    async def open(self) -> bool:
        """Connect; whether the broker still had the session. Raises BrokerRefused."""
        where = self._where
        options: dict[str, Any] = {"keepalive": KEEP_ALIVE_S}
        if where.is_version_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval, properties.ReceiveMaximum = where.session_s, where.window
            options |= {"clean_start": False, "properties": properties}
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._begin(lambda: self._client.connect(where.host, where.port, **options))
                self._ticking = asyncio.create_task(self._tick())
                return await self._welcome
        except TimeoutError:
            raise BrokerRefused(f"{where.host}:{where.port} does not answer") from None
        except OSError as error:
            raise BrokerRefused(f"{where.host}:{where.port}: {error.strerror or error}") from None
        except ValueError as error:
            raise BrokerRefused(f"{where.host}:{where.port}: {error}") from None

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Raises BrokerRefused, naming the filters that the broker does not grant with QoS 1."""
        if self._where.is_version_5:
            wanted: Any = [(one, SubscribeOptions(QOS, retainHandling=1)) for one in filters]
        else:
            wanted = [(one, QOS) for one in filters]
        try:
            self._client.subscribe(wanted)
        except ValueError:
            raise BrokerRefused(f"{', '.join(filters)}: not all are topic filters") from None
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                codes = await self._granted
        except TimeoutError:
            raise BrokerRefused("the broker does not answer the subscription") from None
        refused = [f"{one} ({code})" for one, code in zip(filters, codes, strict=True) if code.value != QOS]
        if refused:
            raise BrokerRefused(f"the broker does not grant {', '.join(refused)} with QoS {QOS}")

    async def messages(self, most: int, within_s: float) -> list[Arrived]:
        """What has arrived, in order; empty if nothing does within the time. Raises BrokerRefused when it has ended."""
        if not self._arrived and self._end is None:
            self._some.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._some.wait()
        if self._end is not None:
            raise BrokerRefused(self._end)
        found = [self._arrived.popleft() for _ in range(min(most, len(self._arrived)))]
        self._waiting_bytes -= sum(len(one.payload) for one in found)
        self._read_on()
        return found

    def acknowledge(self, messages: Sequence[Arrived]) -> None:
        """They are on disk here. Nothing happens once the connection has ended: they come again."""
        if self._end is None:
            for message in messages:
                if message.qos:
                    self._client.ack(message.number, message.qos)

    async def close(self) -> None:
        """Say good-bye; the broker keeps the session."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        self._is_closed = True
        self._client.on_disconnect = None
        self._client.disconnect()
        self._client.loop_write()
        sock = self._client.socket()
        if sock is not None:
            self._end_reading(sock)
            sock.close()

    # -- paho's side

    def _made(self) -> paho.Client:
        where = self._where
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            where.client_id,
            clean_session=None if where.is_version_5 else False,
            protocol=paho.MQTTv5 if where.is_version_5 else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_WITHIN_S
        if where.user:
            client.username_pw_set(where.user, where.password)
        if where.tls is not None:
            client.tls_set_context(where.tls)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._take
        client.on_disconnect = self._ended
        client.on_socket_open = lambda _, __, sock: self._here(self._begin_reading, sock)
        client.on_socket_close = lambda _, __, sock: self._here(self._end_reading, sock)
        client.on_socket_register_write = lambda _, __, sock: self._here(self._begin_writing, sock)
        client.on_socket_unregister_write = lambda _, __, sock: self._here(self._end_writing, sock)
        return client

    async def _begin(self, connect: Callable[[], object]) -> None:
        """Connect in a thread, as that blocks; in one that does not hold up Calha's end."""
        done: asyncio.Future[None] = self._loop.create_future()

        def tell(error: BaseException | None) -> None:
            if not done.done():
                done.set_exception(error) if error is not None else done.set_result(None)

        def work() -> None:
            error: BaseException | None = None
            try:
                connect()
            except (OSError, ValueError) as problem:
                error = problem
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(tell, error)

        threading.Thread(target=work, name="MQTT connect", daemon=True).start()
        await done

    def _here(self, do: Callable[[Any], None], sock: Any) -> None:  # noqa: ANN401 - a socket, with TLS or without
        """Do it in the event loop; paho connects in a thread of its own."""
        if threading.get_ident() == self._thread:
            do(sock)
        else:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(do, sock)

    def _begin_reading(self, sock: Any) -> None:  # noqa: ANN401
        if self._is_closed:  # the thread connected too late
            sock.close()
            return
        self._reading = sock
        self._loop.add_reader(sock.fileno(), self._read)

    def _end_reading(self, sock: Any) -> None:  # noqa: ANN401
        self._reading = None
        if sock.fileno() >= 0:
            self._loop.remove_reader(sock.fileno())
            self._loop.remove_writer(sock.fileno())

    def _begin_writing(self, sock: Any) -> None:  # noqa: ANN401
        if sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._client.loop_write)

    def _end_writing(self, sock: Any) -> None:  # noqa: ANN401
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock.fileno())

    def _read(self) -> None:
        sock = self._reading
        self._client.loop_read()
        while not self._is_paused and self._reading is sock and isinstance(sock, ssl.SSLSocket) and sock.pending():
            self._client.loop_read()  # TLS has unpacked more than one message, of which no poll would tell

    def _read_on(self) -> None:
        if self._is_paused and self._waiting_bytes <= MAX_WAITING_BYTES and self._reading is not None:
            self._is_paused = False
            self._loop.add_reader(self._reading.fileno(), self._read)
            self._read()

    def _connected(self, _: object, __: object, flags: paho.ConnectFlags, code: ReasonCode, ___: object) -> None:
        if self._welcome.done():
            return
        if code.is_failure:
            self._welcome.set_exception(BrokerRefused(f"the broker does not let Calha in: {code}"))
        else:
            self._welcome.set_result(flags.session_present)

    def _subscribed(self, _: object, __: object, ___: int, codes: Sequence[ReasonCode], ____: object) -> None:
        if not self._granted.done():
            self._granted.set_result(codes)

    def _take(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        self._arrived.append(Arrived(message.topic, bytes(message.payload), message.qos, message.mid))
        self._waiting_bytes += len(message.payload)
        self._some.set()
        if self._waiting_bytes > MAX_WAITING_BYTES and self._reading is not None and not self._is_paused:
            self._is_paused = True
            self._loop.remove_reader(self._reading.fileno())

    def _ended(self, _: object, __: object, ___: object, code: ReasonCode, ____: object) -> None:
        self._end = f"the connection has ended: {code}"
        for waiting in (self._welcome, self._granted):
            if not waiting.done():
                waiting.set_exception(BrokerRefused(self._end))
                waiting.exception()  # nobody may be waiting for it
        self._some.set()

    async def _tick(self) -> None:
        while True:
            self._client.loop_misc()
            await asyncio.sleep(TICK_S)
