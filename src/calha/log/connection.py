"""A lean NATS connection: publish, request, subscribe; it reconnects for ever and subscribes again.

Rule 1: nothing is queued for a server that is not there. While disconnected, publish and request raise LogUnavailable
        at once, and requests under way fail with it at the moment of the disconnect: the caller knows where it stands.
Rule 2: handlers are plain functions, called in the order of arrival; they must be quick and must not raise.
Rule 3: writes of one turn of the event loop leave in one system call.
Rule 4: time limits are `asyncio.timeout`; `asyncio.wait_for` of Python 3.11 can swallow a cancellation.
"""

import asyncio
import json
import logging
import secrets
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, cast
from urllib.parse import unquote, urlsplit

from calha.domain.errors import InvalidConfiguration, LogUnavailable, TooLarge
from calha.log import headers
from calha.log.parser import Control, Message, Parser, ProtocolError
from calha.log.tasks import end

Handler = Callable[[Message], None]

CONNECT_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 10.0
PING_INTERVAL_S = 10.0  # a server that answers none within this time is taken for dead
FIRST_RETRY_S, LONGEST_RETRY_S = 0.05, 2.0
MAX_REQUESTS_UNDER_WAY = 10_000
LITTLE_BYTES = 64 * 1024  # a read that brings more is followed by the next at once

logger = logging.getLogger("calha.log.connection")


class NobodyAnswers(LogUnavailable):
    """Nobody has subscribed to the subject of a request."""


class Connection:
    """One connection to the log. Open with `Connection.open(url)`, end with `close()`."""

    def __init__(
        self, url: str, name: str = "calha", quiet: bool = False, inbox: str = "_INBOX", gather_s: float = 0.0
    ) -> None:
        self.name = name
        self._gather_s = gather_s
        self._level = logging.DEBUG if quiet else logging.INFO
        self.info: dict[str, Any] = {}
        self.connects = 0
        self.last_error = ""
        self._addresses = [_Address(part.strip()) for part in url.split(",") if part.strip()]
        if not self._addresses:
            raise InvalidConfiguration("log.url is empty; expected for example nats://127.0.0.1:4222")
        self._inbox = f"{inbox}.{secrets.token_hex(8)}"
        self._requests: dict[bytes, asyncio.Future[Message]] = {}
        self._next_id = 1
        self._subscriptions: dict[bytes, tuple[str, Handler]] = {}
        self._on_connect: list[Callable[[], None]] = []
        self._link: _Link | None = None
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.subscribe(f"{self._inbox}.*", self._answered)

    @classmethod
    async def open(
        cls,
        url: str,
        name: str = "calha",
        wait_s: float | None = 10.0,
        quiet: bool = False,
        inbox: str = "_INBOX",
        gather_s: float = 0.0,
    ) -> Self:
        """Connect, waiting up to `wait_s` for the first success (None = do not wait). `quiet`: no log of its own.
        inbox: prefix of the subjects on which answers arrive.
        gather_s: after each read that brought little, wait this long before the next: thousands of small messages a
        second then cost a wake-up each time that has passed, not one each. What is asked for comes that much later.

        Raises LogUnavailable with the last error if there is none within that time.
        """
        connection = cls(url, name, quiet, inbox, gather_s)
        connection._task = asyncio.create_task(connection._stay_connected(), name=f"{name} log connection")
        if wait_s is not None:
            try:
                await connection.wait_connected(wait_s)
            except BaseException:
                await connection.close()
                raise
        return connection

    @property
    def connected(self) -> bool:
        return self._ready.is_set()

    @property
    def max_payload_bytes(self) -> int:
        return int(self.info.get("max_payload", 1024 * 1024))

    async def wait_connected(self, timeout_s: float | None = None) -> None:
        """Return once connected. Raises LogUnavailable after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            raise LogUnavailable(f"no connection to the log at {self.address}: {self.last_error}") from None

    @property
    def address(self) -> str:
        return ", ".join(f"{address.host}:{address.port}" for address in self._addresses)

    async def close(self) -> None:
        if self._task:
            await end(self._task)
        if self._link:
            self._link.abort()
        self._disconnected("closed")

    def publish(self, subject: str, payload: bytes = b"", header: bytes = b"", reply: str = "") -> None:
        """Hand a message to the server, without an answer. Raises LogUnavailable, TooLarge."""
        link = self._require_link()
        if len(header) + len(payload) > self.max_payload_bytes:
            raise TooLarge(f"{len(payload)} bytes are more than the log takes ({self.max_payload_bytes})")
        link.send(_publication(subject, payload, header, reply))

    async def request(
        self, subject: str, payload: bytes = b"", header: bytes = b"", timeout_s: float = REQUEST_TIMEOUT_S
    ) -> Message:
        """The first answer to a message. Raises LogUnavailable (disconnect, no answer; NobodyAnswers), TooLarge."""
        await self.drain()
        if len(self._requests) >= MAX_REQUESTS_UNDER_WAY:
            raise LogUnavailable(f"{len(self._requests)} requests wait for the log already")
        token = str(self._take_id())
        key = f"{self._inbox}.{token}".encode()
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._requests[key] = answer
        try:
            self.publish(subject, payload, header, key.decode())
            async with asyncio.timeout(timeout_s):
                message = await answer
        except TimeoutError:
            raise LogUnavailable(f"the log did not answer on {subject} within {timeout_s} s") from None
        finally:
            self._requests.pop(key, None)
        if message.header and headers.status(message.header)[0] == 503:
            raise NobodyAnswers(f"nobody answers on {subject} in the log; is JetStream switched on?")
        return message

    async def drain(self) -> None:
        """Wait while the server is slower in reading than we are in writing."""
        if self._link is not None:
            await self._link.writable.wait()

    def subscribe(self, subject: str, handle: Handler, queue: str = "") -> "Subscription":
        """Call `handle` for each message on the subject, also after reconnects, until `unsubscribe`."""
        sid = str(self._take_id()).encode()
        self._subscriptions[sid] = (f"{subject} {queue}".strip(), handle)
        if self._link is not None and self.connected:
            self._link.send(b"SUB %b %b\r\n" % (self._subscriptions[sid][0].encode(), sid))
        return Subscription(self, sid)

    def unsubscribe(self, sid: bytes) -> None:
        if self._subscriptions.pop(sid, None) and self._link is not None and self.connected:
            self._link.send(b"UNSUB %b\r\n" % sid)

    def new_inbox(self) -> str:
        """A subject of our own on which answers can arrive."""
        return f"{self._inbox}i.{self._take_id()}"

    def on_connect(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call at each connect from now on; returns the function that ends this."""
        self._on_connect.append(call)
        return lambda: self._on_connect.remove(call)

    # -- below: the life of the connection

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _require_link(self) -> "_Link":
        if self._link is None or not self.connected:
            raise LogUnavailable(f"not connected to the log at {self.address}: {self.last_error}")
        return self._link

    async def _stay_connected(self) -> None:
        retry_s, attempt = FIRST_RETRY_S, 0
        while True:
            address = self._addresses[attempt % len(self._addresses)]
            attempt += 1
            try:
                link = await self._connect(address)
            except (OSError, TimeoutError, ProtocolError, LogUnavailable) as error:
                self._note(f"{address.host}:{address.port}: {error or type(error).__name__}")
                await asyncio.sleep(retry_s * (0.5 + secrets.randbelow(1000) / 1000))
                retry_s = min(2 * retry_s, LONGEST_RETRY_S)
                continue
            retry_s = FIRST_RETRY_S
            try:
                await self._watch(link)
            finally:
                link.abort()
                self._disconnected(link.reason)

    async def _connect(self, address: "_Address") -> "_Link":
        link = _Link(self._dispatch)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await link.open(address)
                self.info = link.info
                link.send(b"CONNECT %b\r\nPING\r\n" % json.dumps(address.greeting(self.name)).encode())
                await link.ponged()
                link.gather_s = self._gather_s
        except BaseException:
            link.abort()
            raise
        for sid, (subject, _) in self._subscriptions.items():
            link.send(b"SUB %b %b\r\n" % (subject.encode(), sid))
        self._link = link
        self.connects += 1
        self._ready.set()
        logger.log(self._level, "connected to the log at %s:%s", address.host, address.port)
        for call in list(self._on_connect):
            call()
        return link

    async def _watch(self, link: "_Link") -> None:
        """Return when the link is lost, or the server has not answered a PING."""
        while not link.closed.is_set():
            link.send(b"PING\r\n")
            try:
                async with asyncio.timeout(PING_INTERVAL_S):
                    await link.ponged()
            except TimeoutError:
                link.reason = f"the server has not answered for {PING_INTERVAL_S:.0f} s"
                return
            except LogUnavailable:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_INTERVAL_S):
                    await link.closed.wait()

    def _disconnected(self, reason: str) -> None:
        if self.connected:
            self._note(f"connection lost: {reason}")
        self._ready.clear()
        self._link = None
        for answer in self._requests.values():
            if not answer.done():
                answer.set_exception(LogUnavailable(f"connection to the log lost: {reason}"))
        self._requests.clear()

    def _note(self, error: str) -> None:
        if error != self.last_error:
            logger.log(self._level, "%s", error)
        self.last_error = error

    def _dispatch(self, messages: list[Message]) -> None:
        subscriptions = self._subscriptions
        for message in messages:
            found = subscriptions.get(message.sid)
            if found is not None:
                found[1](message)

    def _answered(self, message: Message) -> None:
        answer = self._requests.get(message.subject)
        if answer is not None and not answer.done():
            answer.set_result(message)


class Subscription:
    """What `subscribe` returns; `sid` is the subscription's number in the protocol."""

    def __init__(self, connection: Connection, sid: bytes) -> None:
        self._connection = connection
        self.sid = sid

    def unsubscribe(self) -> None:
        self._connection.unsubscribe(self.sid)


class _Address:
    """One server: nats://[user:password@|token@]host[:port], tls:// for TLS from the first hello on."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        if parts.scheme not in ("nats", "tls") or not parts.hostname:
            raise InvalidConfiguration(f"log.url {_masked(url)!r} is not nats://host:port or tls://host:port")
        self.host = parts.hostname
        self.port = parts.port or 4222
        self.tls = parts.scheme == "tls"
        self.user = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password) if parts.password else None

    def greeting(self, name: str) -> dict[str, Any]:
        greeting: dict[str, Any] = {
            "name": name,
            "lang": "python",
            "version": "1",
            "protocol": 1,
            "verbose": False,
            "pedantic": False,
            "headers": True,
            "no_responders": True,
        }
        if self.user is not None and self.password is None:
            greeting["auth_token"] = self.user
        elif self.user is not None:
            greeting |= {"user": self.user, "pass": self.password}
        return greeting


def user_of(url: str) -> tuple[str, str]:
    """(user, password) that the first address of `log.url` names, as MQTT takes them: a token is the password of any user."""
    first = _Address(url.split(",")[0].strip())
    return (first.user or "", first.password or first.user or "")


class _Link(asyncio.Protocol):
    """One TCP connection, from its first byte to its last."""

    def __init__(self, dispatch: Callable[[list[Message]], None]) -> None:
        self.gather_s = 0.0
        self.info: dict[str, Any] = {}
        self.closed = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.reason = "the server closed the connection"
        self._dispatch = dispatch
        self._parser = Parser()
        self._transport: asyncio.Transport | None = None
        self._informed = asyncio.Event()
        self._pong = asyncio.Event()
        self._outgoing: list[bytes] = []

    async def open(self, address: _Address) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, address.host, address.port)
        await self._informed.wait()
        self._require_open()
        if address.tls or self.info.get("tls_required"):
            assert self._transport is not None
            context = ssl.create_default_context()
            upgraded = await loop.start_tls(self._transport, self, context, server_hostname=address.host)
            assert upgraded is not None
            self._transport = upgraded

    async def ponged(self) -> None:
        """Wait for the answer to the last PING. Raises LogUnavailable if the link is lost before."""
        await self._pong.wait()
        self._pong.clear()
        self._require_open()

    def send(self, data: bytes) -> None:
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(data)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclass

    def data_received(self, data: bytes) -> None:
        if self.gather_s and len(data) < LITTLE_BYTES and self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(self.gather_s, self._read_on)
        try:
            messages, controls = self._parser.feed(data)
        except ProtocolError as error:
            self.reason = str(error)
            self.abort()
            return
        for control in controls:
            self._control(control)
        if messages:
            self._dispatch(messages)

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self.reason = str(exc)
        for event in (self.closed, self.writable, self._informed, self._pong):
            event.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(outgoing) if len(outgoing) > 1 else outgoing[0])

    def _control(self, frame: Control) -> None:
        match frame.verb:
            case b"PING":
                self.send(b"PONG\r\n")
            case b"PONG":
                self._pong.set()
            case b"INFO":
                self.info = {**self.info, **json.loads(frame.text)}
                self._informed.set()
            case b"-ERR":
                self.reason = frame.text.decode(errors="replace").strip("'")
                logger.warning("the log server says: %s", self.reason)

    def _require_open(self) -> None:
        if self.closed.is_set():
            raise LogUnavailable(self.reason)


def _publication(subject: str, payload: bytes, header: bytes, reply: str) -> bytes:
    target = f"{subject} {reply}" if reply else subject
    if header:
        line = f"HPUB {target} {len(header)} {len(header) + len(payload)}\r\n"
        return b"".join((line.encode(), header, payload, b"\r\n"))
    return b"".join((f"PUB {target} {len(payload)}\r\n".encode(), payload, b"\r\n"))


def _masked(url: str) -> str:
    return url.rpartition("@")[2]
