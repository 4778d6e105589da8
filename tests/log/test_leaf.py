"""Gateways link their log servers to a hub's: who gets in, and what passes between them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from calha.domain.errors import LogUnavailable
from calha.log.connection import Connection
from calha.log.gate import Admission, Knock, Refusal
from calha.log.parser import Message
from calha.log.server import LogServer
from calha.log.settings import HubLink, LeafListener
from calha.log.shards import gateways_url, link_url
from log.gated import GATED, PASSWORD, Gated, gated_log
from log.helpers import eventually
from ports import free_port

A, B = "gw.a", "gw-b"


def subject(gateway: str, matter: str = "live") -> str:
    return f"calha-edge.{gateway.replace('.', '//')}.{matter}"


async def by_password(knock: Knock) -> Admission | Refusal:
    if knock.protocol != "leaf" or knock.password != PASSWORD:
        return Refusal("password")
    return Admission(knock.user, (f"calha-edge/{knock.user}/+",), (f"_INBOX/calha-edge/{knock.user}/#",), knock.user)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Gated]:
    settings = replace(GATED, leaf=LeafListener("127.0.0.1", free_port()))
    async with gated_log(tmp_path / "hub", settings, by_password) as running:
        yield running


@asynccontextmanager
async def linked(
    folder: Path, hub: Gated, gateway: str, secret: str = PASSWORD, tls: bool = False, ca_file: str | None = None
) -> AsyncIterator[Connection]:
    """The gateway's end of the link."""
    assert hub.settings.leaf is not None
    link = HubLink(f"localhost:{hub.settings.leaf.port}", gateway, secret, tls, ca_file)
    server = LogServer(replace(GATED, shards=1, hub=link), folder)
    endpoint = await server.start()
    connection = await Connection.open(link_url(endpoint.url), inbox=f"_INBOX.calha-edge.{gateway.replace('.', '//')}")
    try:
        yield connection
    finally:
        await connection.close()
        await server.stop()


@asynccontextmanager
async def listening(hub: Gated, *gateways: str) -> AsyncIterator[list[tuple[bytes, bytes]]]:
    """What the hub hears, each answered with ok."""
    connection = await Connection.open(gateways_url(hub.server.endpoint.url))
    heard: list[tuple[bytes, bytes]] = []

    def answer(message: Message) -> None:
        heard.append((message.subject, message.payload))
        if message.reply:
            connection.publish(message.reply.decode(), b"ok")

    for gateway in gateways:
        connection.subscribe(
            subject(gateway, "*"),
            lambda message: (
                heard.append((message.subject, message.payload)),
                connection.publish(message.reply.decode(), b"ok"),
            ),
        )
    await connection.request("$SYS.REQ.USER.INFO")
    try:
        yield heard
    finally:
        await connection.close()


async def ask(connection: Connection, subject_: str, payload: bytes = b"x") -> bytes:
    """The answer, as soon as the link is there."""
    async with asyncio.timeout(60):
        while True:
            try:
                return (await connection.request(subject_, payload, timeout_s=5)).payload
            except LogUnavailable:
                await asyncio.sleep(0.1)


async def test_a_gateway_asks_and_is_answered(hub: Gated, tmp_path: Path) -> None:
    async with listening(hub, A) as heard, linked(tmp_path / "edge", hub, A) as link:
        assert await ask(link, subject(A), b"hello") == b"ok"
        assert heard == [(subject(A).encode(), b"hello")]
        knock = hub.knocks[-1]
        assert (knock.user, knock.password, knock.protocol) == (A, PASSWORD, "leaf")


async def test_a_large_message_passes(hub: Gated, tmp_path: Path) -> None:
    async with listening(hub, A) as heard, linked(tmp_path / "edge", hub, A) as link:
        assert await ask(link, subject(A), bytes(8_000_000)) == b"ok"
        assert len(heard[-1][1]) == 8_000_000


async def test_a_wrong_secret_does_not_link(hub: Gated, tmp_path: Path) -> None:
    async with listening(hub, A) as heard, linked(tmp_path / "edge", hub, A, "wrong") as link:
        await eventually(lambda: hub.gate.counters.refused["password"] >= 1)
        with pytest.raises(LogUnavailable):
            await link.request(subject(A), b"x", timeout_s=2)
        assert heard == []


async def test_a_gateway_that_is_thrown_out_has_to_prove_itself_again(hub: Gated, tmp_path: Path) -> None:
    async with listening(hub, A) as _, linked(tmp_path / "edge", hub, A) as link:
        await ask(link, subject(A))
        assert await hub.doorman.is_connected(A)
        admitted = hub.gate.counters.admitted
        assert await hub.doorman.disconnect(A) >= 1
        await ask(link, subject(A))
        assert hub.gate.counters.admitted > admitted


async def test_two_gateways_do_not_hear_each_other(hub: Gated, tmp_path: Path) -> None:
    async with (
        listening(hub, A, B) as heard,
        linked(tmp_path / "a", hub, A) as of_a,
        linked(tmp_path / "b", hub, B) as of_b,
    ):
        overheard: list[bytes] = []
        of_b.subscribe(">", lambda message: overheard.append(message.subject))
        await ask(of_a, subject(A), b"mine")
        await ask(of_b, subject(B), b"own")
        assert {one for one, _ in heard} == {subject(A).encode(), subject(B).encode()}
        assert not any(A.encode() in one or b"gw//" in one for one in overheard)


async def test_with_tls_the_hub_proves_itself_before_it_gets_the_secret(tmp_path: Path) -> None:
    own, other = trustme.CA(), trustme.CA()
    files = {name: str(tmp_path / name) for name in ("own.pem", "other.pem", "server.pem", "server.key")}
    issued = own.issue_cert("localhost")
    own.cert_pem.write_to_path(files["own.pem"])
    other.cert_pem.write_to_path(files["other.pem"])
    issued.cert_chain_pems[0].write_to_path(files["server.pem"])
    issued.private_key_pem.write_to_path(files["server.key"])
    leaf = LeafListener("127.0.0.1", free_port(), files["server.pem"], files["server.key"])
    async with gated_log(tmp_path / "hub", replace(GATED, leaf=leaf), by_password) as hub, listening(hub, A):
        async with linked(tmp_path / "a", hub, A, tls=True, ca_file=files["other.pem"]) as link:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(4):
                    await ask(link, subject(A))
        assert hub.knocks == []
        async with linked(tmp_path / "a", hub, A, tls=True, ca_file=files["own.pem"]) as link:
            assert await ask(link, subject(A)) == b"ok"


async def test_a_gateway_that_insists_on_tls_tells_its_secret_to_nobody_without(hub: Gated, tmp_path: Path) -> None:
    async with linked(tmp_path / "edge", hub, A, tls=True) as link:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await ask(link, subject(A))
    assert hub.knocks == []


class RawLeaf:
    """A leaf node of one's own making, which keeps to no rule."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.heard = b""

    @classmethod
    async def open(cls, hub: Gated, gateway: str) -> "RawLeaf":
        assert hub.settings.leaf is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.settings.leaf.port)
        await reader.readline()
        greeting = {"user": gateway, "pass": PASSWORD, "name": "raw", "server_id": "N" + "A" * 55, "version": "2.15.1"}
        leaf = cls(reader, writer)
        await leaf.say(b"CONNECT " + json.dumps(greeting | {"protocol": 1, "headers": True}).encode())
        return leaf

    async def say(self, line: bytes, payload: bytes | None = None) -> None:
        self._writer.write(line + b"\r\n" + (payload + b"\r\n" if payload is not None else b""))
        await self._writer.drain()

    async def settle(self) -> None:
        """Return when the server has taken all that was said."""
        before = self.heard.count(b"PONG")
        await self.say(b"PING")
        async with asyncio.timeout(30):
            while self.heard.count(b"PONG") == before:
                data = await self._reader.read(65_536)
                assert data, f"closed after {self.heard[-200:]!r}"
                self.heard += data

    async def until_closed(self) -> None:
        async with asyncio.timeout(30):
            with suppress(ConnectionError):
                while data := await self._reader.read(65_536):
                    self.heard += data

    def close(self) -> None:
        self._writer.close()


async def test_a_leaf_node_of_ones_own_making_may_speak_as_itself(hub: Gated) -> None:
    async with listening(hub, A) as heard:
        leaf = await RawLeaf.open(hub, A)
        await leaf.settle()
        await leaf.say(b"LMSG %b 5" % subject(A).encode(), b"right")
        await leaf.settle()
        await eventually(lambda: heard == [(subject(A).encode(), b"right")])
        leaf.close()


FORGED = (
    subject(B),
    "calha-edge.x",
    "$JS.API.STREAM.PURGE.READINGS",
    "READINGS.mqtt-0",
    "$SYS.REQ.USER.AUTH",
    "_INBOX.x",
)
WANTED = (">", subject(B, "*"), "_INBOX.>", "_INBOX.calha-edge.>", "$JS.>", "$SYS.>")


async def test_it_is_thrown_out_when_it_speaks_where_it_may_not(hub: Gated) -> None:
    connection = await Connection.open(gateways_url(hub.server.endpoint.url))
    everything: list[bytes] = []
    connection.subscribe(">", lambda message: everything.append(message.payload))
    async with listening(hub, A, B):
        for forged in FORGED:
            leaf = await RawLeaf.open(hub, A)
            await leaf.settle()
            await leaf.say(b"LMSG %b 6" % forged.encode(), b"forged")
            await leaf.until_closed()
            await connection.request("$SYS.REQ.USER.INFO")
            assert b"forged" not in everything, forged
            leaf.close()
    await connection.close()


async def test_it_hears_nothing_that_is_not_its_own(hub: Gated) -> None:
    leaf = await RawLeaf.open(hub, A)
    for wanted in WANTED:
        await leaf.say(b"LS+ " + wanted.encode())
    await leaf.settle()
    connection = await Connection.open(gateways_url(hub.server.endpoint.url))
    for one in (subject(B), "_INBOX.calha-edge.gw-b.7", "_INBOX.7", "$JS.x", "$SYS.x"):
        connection.publish(one, b"not for it")
    await connection.request("$SYS.REQ.USER.INFO")
    await leaf.settle()
    assert b"not for it" not in leaf.heard
    leaf.close()
    await connection.close()
