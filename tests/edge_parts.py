"""A hub, a gateway and a line between them that can be cut, for tests."""

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from calha.domain.link import Parcel, unpack
from calha.domain.readings import Batch
from calha.log import direct, headers, shards
from calha.log.connection import Connection
from calha.log.outbox import OUTBOX, SUBJECT
from calha.log.server_config import ServerFolder
from calha.log.streams import READINGS
from ports import free_ports
from running import Calha, ended_afterwards

GATEWAY = "gw-1"
ALL_TIMES = "from=0946684800&to=4102444800"


class Line:
    """A TCP line to a port. Cut, its connections are closed and further ones refused, until it is mended."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.bytes_per_s = 0
        """How much it carries towards the target; 0 for as much as there is."""
        self.port = free_ports(1)[0]
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def mend(self) -> None:
        asyncio.run_coroutine_threadsafe(self._mend(), self._loop).result(30)

    def cut(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(30)

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _mend(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer, slowly=True), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slowly: bool = False) -> None:
        with suppress(OSError):
            while data := await reader.read(8_192):
                writer.write(data)
                await writer.drain()
                if slowly and self.bytes_per_s:
                    await asyncio.sleep(len(data) / self.bytes_per_s)
        writer.transport.abort()


class Edge(Calha):
    """`calha edge` on a folder, linked to a hub over a line."""

    verb, core, has_registry = "edge", b"calha.edge.app", False

    def __init__(self, folder: Path, port: int, secret: str, env: Mapping[str, str] | None = None) -> None:
        self.page_port = free_ports(1)[0]
        own = {
            "CALHA_EDGE_HUB": f"nats-leaf://127.0.0.1:{port}",
            "CALHA_EDGE_GATEWAY": GATEWAY,
            "CALHA_EDGE_SECRET": secret,
            "CALHA_EDGE_PAGE_PORT": str(self.page_port),
        }
        super().__init__(folder, own | dict(env or {}))


class Hub(Calha):
    """`calha up` that hears gateways."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.leaf_port = free_ports(1)[0]
        own = {"CALHA_GATEWAYS_ENABLED": "true", "CALHA_GATEWAYS_PORT": str(self.leaf_port)}
        super().__init__(folder, own | dict(env or {}))

    def create_gateway(self, key: str = GATEWAY) -> str:
        """Its secret."""
        self.create_device(key, "gateway")
        return self.new_secret(key)

    def create_behind(self, key: str, gateway: str = GATEWAY) -> str:
        """A device behind a gateway; its secret."""
        status, answer = self.send("POST", "/api/v1/devices", {"key": key, "profile": "generic", "gateway": gateway})
        assert status == 201, answer
        return self.new_secret(key)

    def new_secret(self, key: str) -> str:
        status, answer = self.send("POST", f"/api/v1/devices/{key}/credentials", {})
        assert status == 201, answer
        return str(answer["secret"])

    def numbers(self, device: str) -> list[int]:
        """What is stored of the channel n; nothing as long as it does not exist."""
        status, answer = self.send("GET", f"/api/v1/devices/{device}/readings?channel=n&resolution=raw&{ALL_TIMES}")
        return [int(value) for value in answer["series"][0]["value"]] if status == 200 else []

    def quarantined(self, device: str) -> list[str]:
        """The reasons for which messages of a device are kept."""
        return [one["reason"] for one in self.get(f"/api/v1/quarantine?device={device}")["items"]]


@contextmanager
def running_hub(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Hub]:
    hub = Hub(folder, env)
    with ended_afterwards(hub):
        hub.start()
        yield hub


@contextmanager
def running_edge(folder: Path, port: int, secret: str, env: Mapping[str, str] | None = None) -> Iterator[Edge]:
    edge = Edge(folder, port, secret, env)
    with ended_afterwards(edge):
        edge.start()
        yield edge


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    line.mend()
    try:
        yield line
    finally:
        line.close()


def http_post(edge: Calha, path: str, secret: str, body: object) -> tuple[int, dict]:
    """(status, answer) of a request with a device's secret; an empty one for an anonymous device."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    request = urllib.request.Request(edge.address + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def reading(number: int, at_ms: int) -> bytes:
    return json.dumps({"ts": at_ms, "values": {"n": number}}).encode()


def tcp_talk(port: int, *lines: Any) -> list[Any]:
    """The answers to JSON lines."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        stream = connection.makefile("rwb")
        answers = []
        for line in lines:
            stream.write(json.dumps(line).encode() + b"\n")
            stream.flush()
            answers.append(json.loads(stream.readline()))
        return answers


async def log_of(calha: Calha) -> Connection:
    """A connection to the log of a Calha, as its core has one."""
    folder = ServerFolder(calha.folder / "log")
    return await Connection.open(f"nats://{shards.USER}:{folder.password()}@127.0.0.1:{folder.remembered_port()}")


async def logged_readings(hub: Calha, source: str) -> list[tuple[int, int, float]]:
    """(series, µs, value) of all that a hub's log has from a source, once for each time that it has it."""
    found = []
    for payload in await _payloads(hub, READINGS, f"{READINGS}.{source}"):
        batch = Batch.decode(payload)
        found += list(zip(batch.series.tolist(), batch.at.tolist(), batch.value.tolist(), strict=True))
    return found


async def parcels_of(edge: Calha) -> list[Parcel]:
    """All that lies in a gateway's outbox."""
    return [parcel for payload in await _payloads(edge, OUTBOX, SUBJECT) for parcel in unpack(payload)]


async def _payloads(calha: Calha, stream: str, subject: str) -> list[bytes]:
    connection = await log_of(calha)
    found, after = [], 0
    try:
        while page := await direct.read(
            connection, stream, {"seq": after + 1, "batch": 500, "next_by_subj": subject, "max_bytes": 16 << 20}
        ):
            found += [message.payload for message in page]
            after = int(headers.decode(page[-1].header)[direct.SEQUENCE])
    finally:
        await connection.close()
    return found


def until(holds: Callable[[], Any], what: str, within_s: float = 90.0) -> Any:
    """What it holds, as soon as it holds."""
    deadline = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        time.sleep(0.1)
    return found
