import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import aiomqtt
import pytest

from calha.simulate import KINDS, NewDevice, register_over_http, simulate
from calha.simulate.http_client import HttpConnection

from .conftest import Broker


class Recorder:
    """A real server on a free port that takes what devices send, and can be told to refuse for a while."""

    def __init__(self) -> None:
        self.records: list[dict] = []
        self.requests: list[str] = []
        self.unavailable = 0  # answers that come before the first acceptance

    async def tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            found = json.loads(line)
            records = found if isinstance(found, list) else [found]
            if self._accepts(records):
                writer.write(b'{"ok":%d}\n' % sum(len(record["values"]) for record in records))
            else:
                writer.write(b'{"ok":0,"error":"the log is full","reason":"log_full","retry_after_s":0}\n')
        writer.close()

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readline():
            self.requests.append(request.decode().rsplit(" ", 1)[0])
            length = 0
            while (line := await reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = json.loads(await reader.readexactly(length)) if length else []
            if "telemetry" in self.requests[-1] and not self._accepts(body):
                writer.write(b"HTTP/1.1 503 Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
            elif "/devices" in self.requests[-1] and body["key"].endswith("0001"):
                writer.write(b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}")
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        writer.close()

    def _accepts(self, records: list[dict]) -> bool:
        if self.unavailable:
            self.unavailable -= 1
            return False
        self.records += records
        return True


@pytest.fixture
async def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(params=["tcp", "http"])
async def server(request, recorder: Recorder) -> AsyncIterator[tuple[str, int]]:
    listening = await asyncio.start_server(getattr(recorder, request.param), "127.0.0.1", 0, limit=1 << 24)
    yield request.param, listening.sockets[0].getsockname()[1]
    listening.close()


async def test_history_arrives_complete_on_a_grid_and_says_how_far_it_is(server, recorder: Recorder):
    over, port = server
    seen: list[tuple[int, int]] = []
    outcome = await simulate(
        "water-meter",
        3,
        60,
        over,
        host="127.0.0.1",
        port=port,
        backfill=timedelta(days=2),
        duration_s=0,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert outcome.acknowledged == outcome.sent == len(recorder.records) == 3 * 2 * 24 * 60
    assert {record["ts"] % 60_000 for record in recorder.records} == {0}
    assert max(record["ts"] for record in recorder.records) <= time.time() * 1_000
    assert seen[-1] == (outcome.sent, outcome.sent)
    assert set(recorder.records[0]["values"]) == set(KINDS["water-meter"].channels)


async def test_a_server_that_refuses_for_a_while_gets_everything_in_the_end(server, recorder: Recorder):
    over, port = server
    recorder.unavailable = 3
    outcome = await simulate("cip", 2, 0.05, over, host="127.0.0.1", port=port, duration_s=0.5)
    assert outcome.acknowledged == outcome.sent == len(recorder.records)
    assert outcome.sent >= 10
    assert outcome.not_sent == outcome.refused == 0


async def test_each_tcp_record_names_its_device(recorder: Recorder):
    listening = await asyncio.start_server(recorder.tcp, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    await simulate("machine", 3, 0.1, "tcp", host="127.0.0.1", port=port, duration_s=0.3, prefix="press")
    assert {record["device"] for record in recorder.records} == {"press-0001", "press-0002", "press-0003"}
    listening.close()


async def test_devices_are_registered_before_anything_is_sent(recorder: Recorder):
    listening = await asyncio.start_server(recorder.http, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    register = register_over_http("127.0.0.1", port, "")
    await simulate("cip", 2, 0.1, "http", host="127.0.0.1", port=port, duration_s=0.2, register=register)
    telemetry = recorder.requests.index("POST /api/v1/telemetry/cip-0001")
    assert recorder.requests[:telemetry].count("POST /api/v1/devices") == 2
    listening.close()


async def test_a_fleet_is_called_what_one_likes():
    fleets: list[list[NewDevice]] = []

    async def register(devices) -> None:
        fleets.append(devices)

    for name in ("Hidrômetro", ""):
        await simulate("cip", 2, 1, "http", host="127.0.0.1", port=1, name=name, register=register, duration_s=0)
    assert [[device.name for device in devices] for devices in fleets] == [
        ["Hidrômetro 1", "Hidrômetro 2"],
        ["Cip 1", "Cip 2"],
    ]


async def test_a_fleet_stands_around_a_place():
    fleet: list[NewDevice] = []

    async def register(devices) -> None:
        fleet.extend(devices)

    await simulate("cip", 9, 1, "http", host="127.0.0.1", port=1, near=(-8.05, -34.9), register=register, duration_s=0)
    places = [(one.position["latitude"], one.position["longitude"]) for one in fleet if one.position is not None]
    assert len(set(places)) == 9
    assert all(abs(latitude + 8.05) < 0.013 and abs(longitude + 34.9) < 0.013 for latitude, longitude in places)


async def test_a_connection_that_the_server_ended_while_it_was_quiet_is_opened_again():
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    connection = HttpConnection("127.0.0.1", listening.sockets[0].getsockname()[1])
    for _ in range(3):
        assert (await connection.request("GET", "/")).status == 200
        await asyncio.sleep(0.05)
    connection.close()
    listening.close()


async def test_live_readings_over_mqtt_are_spread_over_the_interval(broker: Broker):
    registered: list[NewDevice] = []

    async def register(devices) -> None:
        registered.extend(devices)

    async with aiomqtt.Client(broker.host, broker.port) as subscriber:
        await subscriber.subscribe("calha/v1/+/telemetry", qos=1)
        outcome = await simulate(
            "energy-meter", 20, 1.0, "mqtt", host=broker.host, port=broker.port, duration_s=1.9, register=register
        )
        messages = [await anext(aiter(subscriber.messages)) for _ in range(outcome.acknowledged)]
    assert outcome.acknowledged == outcome.sent
    assert 36 <= outcome.sent <= 40
    assert {device.profile for device in registered} == {"energy_meter"}
    assert {str(message.topic).split("/")[2] for message in messages} == {device.key for device in registered}
    first_second = sorted(json.loads(message.payload)["ts"] for message in messages[:20])
    assert max(later - earlier for earlier, later in pairwise(first_second)) < 600


async def test_what_cannot_be_simulated_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="water-flow, water-meter"):
        await simulate("toaster", 1, 1, "mqtt", host="127.0.0.1", port=1)
    with pytest.raises(ValueError, match="50,000"):
        await simulate("cip", 0, 1, "mqtt", host="127.0.0.1", port=1)
