"""Devices with credentials of their own, as real MQTT clients see it."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiomqtt
import paho.mqtt.client as paho
import pytest

from calha.domain.errors import LogUnavailable, Malformed
from calha.log import gate as module
from calha.log import jetstream, mqtt_sink
from calha.log.connection import Connection
from calha.log.gate import Admission, Knock, Refusal
from calha.log.mqtt_source import MqttSource
from calha.log.streams import MQTT
from log.gated import (
    GATED,
    PASSWORD,
    Gated,
    admission,
    commands,
    gated_log,
    one_device_of_each_shard,
    shard_of_device,
    telemetry,
)
from log.helpers import collect, eventually
from servers import connected_shard, with_mqtt_port

pytestmark = pytest.mark.slow

A, B = "pump-1", "pump-3"  # both in one shard


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Gated]:
    async with gated_log(tmp_path / "log") as running:
        yield running


async def test_what_an_admitted_device_publishes_arrives_in_its_shard(log: Gated) -> None:
    devices = one_device_of_each_shard()
    for device in devices:
        async with log.device(device) as client:
            await client.publish(telemetry(device), device.encode(), qos=1)
            await client.publish(f"{commands(device)}/7/reply", b"done", qos=2)
    for shard, device in enumerate(devices):
        found = await log.read(shard, 2)
        assert [(one.topic, one.payload) for one in found] == [
            (telemetry(device), device.encode()),
            (f"{commands(device)}/7/reply", b"done"),
        ]
    assert log.gate.counters.admitted == len(devices)


async def test_whoever_knocks_is_described(log: Gated) -> None:
    async with log.device(A, client_id="serial-77"):
        pass
    assert log.knocks == [Knock(A, PASSWORD, "serial-77", "mqtt", "127.0.0.1", ())]
    assert PASSWORD not in repr(log.knocks)


async def test_a_wrong_password_is_refused_and_counted(log: Gated) -> None:
    for password in ("wrong", ""):
        with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
            async with log.device(A, password):
                pass
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with aiomqtt.Client("127.0.0.1", log.port):
            pass
    assert log.gate.counters.refused == {"password": 3}
    assert log.gate.counters.admitted == 0


async def test_mosquitto_and_paho_are_admitted_too(log: Gated) -> None:
    assert await asyncio.to_thread(_mosquitto_pub, log.port, PASSWORD) == 0
    assert await asyncio.to_thread(_mosquitto_pub, log.port, "wrong") != 0
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="paho")
    client.username_pw_set(A, PASSWORD)
    await asyncio.to_thread(client.connect, "127.0.0.1", log.port)
    client.loop_start()
    await asyncio.to_thread(client.publish(telemetry(A), b"paho", 1).wait_for_publish, 10)
    client.disconnect()
    client.loop_stop()
    assert [one.payload for one in await log.read(shard_of_device(A), 2)] == [b"mosquitto", b"paho"]


def _mosquitto_pub(port: int, password: str, *more: str) -> int:
    login = ["-h", "localhost", "-p", str(port), "-u", A, "-P", password, "-i", A]
    words = ["mosquitto_pub", *login, "-t", telemetry(A), "-m", "mosquitto", "-q", "1", *more]
    return subprocess.run(words, capture_output=True, timeout=120, check=False).returncode


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_a_device_gets_its_own_commands(log: Gated, qos: int) -> None:
    async with log.device(A) as client:
        await client.subscribe(commands(A), qos)
        async with connected_shard(log.server, shard_of_device(A)) as connection:
            connection.publish(commands(A).replace("/", "."), b"go")
            async with asyncio.timeout(60):
                assert (await anext(client.messages)).payload == b"go"


async def test_a_command_reaches_a_device_that_slept_and_nobody_else(log: Gated) -> None:
    async with log.device(A, client_id="same", clean_session=False) as client:
        await client.subscribe(commands(A), qos=1)
    async with connected_shard(log.server, shard_of_device(A)) as connection:
        await mqtt_sink.send(connection, commands(A), b"go")
    async with log.device(B, client_id="same", clean_session=False) as thief:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(thief.messages)
    # What the server tried to deliver to the thief it delivers again only after its own wait of 30 s.
    async with log.device(A, client_id="same", clean_session=False) as client, asyncio.timeout(60):
        assert (await anext(client.messages)).payload == b"go"
        await client.publish(telemetry(A), b"1", qos=1)
    assert [one.payload for one in await log.read(shard_of_device(A), 1)] == [b"1"]


@pytest.mark.parametrize(
    "topic",
    [
        *(commands(B), telemetry(B), telemetry(A), "#", "+/#", "calha/v1/+/commands", "calha/#", "READINGS/#", "$KV/#"),
        *("$MQTT/#", "$MQTT/sub/#", "$MQTT/msgs/#", "$MQTT/deliver/pubrel/#", "$JS/#", "$JS/API/INFO", "$SYS/#"),
        *("_INBOX/#", "$SYS/REQ/USER/AUTH"),
    ],
)
async def test_a_device_cannot_listen_to_anything_else(log: Gated, topic: str) -> None:
    async with log.device(A) as client:
        for qos in (0, 1, 2):
            granted = await client.subscribe(topic, qos)
            assert [code.is_failure for code in granted] == [True], granted


@pytest.mark.parametrize(
    "topic",
    [
        *(telemetry(B), commands(A), commands(B), "x", "READINGS/mqtt-0", "$JS/API/STREAM/DELETE/$MQTT_msgs"),
        *("$JS/API/CONSUMER/LIST/$MQTT_msgs", "$MQTT/msgs/x", "$MQTT/sess/x", "$SYS/REQ/USER/AUTH", "_INBOX/x"),
    ],
)
async def test_a_device_that_publishes_anything_else_is_thrown_out_and_counted(log: Gated, topic: str) -> None:
    async with connected_shard(log.server, shard_of_device(A)) as connection:
        heard: list[bytes] = []
        connection.subscribe(">", lambda message: heard.append(message.payload))
        await connection.request("$JS.API.INFO")
        with pytest.raises(aiomqtt.MqttError):
            await _until_thrown_out(log, topic)
        await connection.request("$JS.API.INFO")
        assert b"forged" not in heard
        info = await connection.request("$JS.API.STREAM.INFO.$MQTT_msgs")
        assert b'"messages":0' in info.payload
    await eventually(lambda: log.server.violations[A] == 1)


async def _until_thrown_out(log: Gated, topic: str) -> None:
    async with log.device(A) as client:
        with suppress(aiomqtt.MqttError):
            await client.publish(topic, b"forged", qos=1)
        async with asyncio.timeout(60):
            async for _ in client.messages:
                pass


async def test_a_last_will_on_a_foreign_topic_is_not_delivered(log: Gated) -> None:
    login = ["-h", "localhost", "-p", str(log.port), "-u", A, "-P", PASSWORD, "-i", A]
    will = ["--will-topic", telemetry(B), "--will-payload", "forged", "--will-qos", "1"]
    dying = await asyncio.create_subprocess_exec("mosquitto_sub", *login, *will, "-t", commands(A))
    await eventually(lambda: log.gate.counters.admitted == 1)
    await asyncio.sleep(0.2)
    dying.kill()
    await dying.wait()
    await eventually(lambda: log.server.violations[A] == 1)
    async with log.device(A) as client:
        await client.publish(telemetry(A), b"1", qos=1)
    assert [one.payload for one in await log.read(shard_of_device(A), 1)] == [b"1"]


async def test_a_program_with_the_nats_protocol_gets_no_more_than_a_device(log: Gated) -> None:
    port = log.server.endpoint.url.rpartition(":")[2]
    with pytest.raises(LogUnavailable):
        await Connection.open(f"nats://127.0.0.1:{port}", wait_s=2)
    stranger = await Connection.open(f"nats://{A}:{PASSWORD}@127.0.0.1:{port}")
    heard: list[bytes] = []
    stranger.subscribe("$MQTT.sub.>", lambda message: heard.append(message.payload))
    stranger.subscribe("calha.>", lambda message: heard.append(message.payload))
    stranger.publish("$JS.API.STREAM.DELETE.$MQTT_msgs")
    async with log.device(A) as client:
        await client.subscribe(commands(A), qos=1)
        async with connected_shard(log.server, shard_of_device(A)) as connection:
            connection.publish(commands(A).replace("/", "."), b"go")
            await anext(client.messages)
            assert b"error" not in (await connection.request("$JS.API.STREAM.INFO.$MQTT_msgs")).payload
    assert heard == []
    await stranger.close()


async def test_a_device_is_disconnected_at_once(log: Gated) -> None:
    async with log.device(B), log.device(A) as client, log.device(A, client_id="second"):
        started = time.monotonic()
        disconnecting = asyncio.create_task(log.doorman.disconnect(A))
        with pytest.raises(aiomqtt.MqttError, match="Disconnected"):
            await anext(client.messages)
        assert time.monotonic() - started < 1
        assert await disconnecting == 2
    assert await log.doorman.disconnect("nobody") == 0
    assert await log.doorman.disconnect("calha-0") == 0


async def test_an_admission_ends_when_it_says(tmp_path: Path) -> None:
    async def for_a_moment(knock: Knock) -> Admission:
        return admission(knock.user, int(time.time()) + 2)

    async with gated_log(tmp_path, decide=for_a_moment) as log, log.device(A) as client:
        started = time.monotonic()
        with pytest.raises(aiomqtt.MqttError, match="Disconnected"):
            await anext(client.messages)
        assert time.monotonic() - started < 4


async def test_without_a_gate_who_is_connected_goes_on_and_who_comes_is_admitted_later(log: Gated) -> None:
    shard = shard_of_device(A)
    async with log.device(A) as client:
        await log.shut_gate()
        await client.publish(telemetry(A), b"1", qos=1)
        assert [one.payload for one in await log.read(shard, 1)] == [b"1"]
        with pytest.raises(aiomqtt.MqttError):
            async with log.device(B, timeout=1):
                pass
        await log.open_gate()
        async with log.device(B) as other:
            await other.publish(telemetry(B), b"2", qos=1)
        await client.publish(telemetry(A), b"3", qos=1)
    assert [one.payload for one in await log.read(shard, 2)] == [b"2", b"3"]


async def test_who_cannot_be_judged_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def troubled(knock: Knock) -> Admission | Refusal:
        if knock.user == "wild":
            return Admission("wild", ("calha/*/telemetry",), (), "wild")
        raise OSError("the registry is away")

    async with gated_log(tmp_path, decide=troubled) as log:
        for user in (A, "wild"):
            with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
                async with log.device(user):
                    pass
        assert log.gate.counters.refused == {"error": 2}
    assert "the registry is away" in caplog.text


async def test_a_crowd_is_refused_unheard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    is_open = asyncio.Event()

    async def slowly(knock: Knock) -> Admission:
        await is_open.wait()
        return admission(knock.user)

    async with gated_log(tmp_path, decide=slowly) as log:
        coming = [asyncio.create_task(_come_and_go(log, f"d{number}")) for number in range(8)]
        await eventually(lambda: len(log.knocks) + log.gate.counters.refused["crowd"] >= 5)
        is_open.set()
        assert sum(await asyncio.gather(*coming)) == 8 - log.gate.counters.refused["crowd"] < 8


async def _come_and_go(log: Gated, device: str) -> bool:
    try:
        async with log.device(device):
            return True
    except aiomqtt.MqttError:
        return False


def test_reasons_are_counted_apart_up_to_a_limit() -> None:
    counters = module.GateCounters()
    for number in range(1_000):
        counters.refuse(f"reason {number}")
    assert len(counters.refused) == module.MAX_REASONS + 1
    assert counters.refused["other"] == 1_000 - module.MAX_REASONS


@pytest.mark.parametrize("bad", ["a/*/b", "a/>", "$MQTT/sub/x", "a b", ""])
def test_topics_that_would_mean_more_are_never_granted(bad: str) -> None:
    with pytest.raises(Malformed):
        module._permissions((bad,), (), "mqtt")


def test_an_admission_without_topics_allows_nothing() -> None:
    assert module._permissions((), (), "nats")["pub"] == {"deny": [">"]}
    assert module._permissions((), (), "nats")["sub"] == {"deny": [">"]}


async def test_a_killed_server_loses_nothing_of_any_shard(log: Gated) -> None:
    devices = one_device_of_each_shard()
    acknowledged: set[bytes] = set()
    stop = asyncio.Event()

    async def publish(device: str) -> None:
        number = 0
        while not stop.is_set():
            with suppress(aiomqtt.MqttError):
                async with log.device(device, timeout=5) as client:
                    while not stop.is_set():
                        number += 1
                        payload = f"{device}:{number}".encode()
                        await client.publish(telemetry(device), payload, qos=1)
                        acknowledged.add(payload)
            await asyncio.sleep(0.02)

    publishing = [asyncio.create_task(publish(device)) for device in devices]
    for _ in range(2):
        before = len(acknowledged)
        await eventually(lambda before=before: len(acknowledged) > before + 300)
        assert log.server.pid is not None
        os.kill(log.server.pid, signal.SIGKILL)
    before = len(acknowledged)
    await eventually(lambda: len(acknowledged) > before + 300, 40)
    stop.set()
    await asyncio.gather(*publishing)
    delivered: list[bytes] = []
    for shard in range(GATED.shards):
        delivered += [one.payload for one in await _all_of(log, shard)]
    assert acknowledged <= set(delivered)
    assert len(delivered) == len(set(delivered))


async def _all_of(log: Gated, shard: int):
    async with connected_shard(log.server, shard) as connection:
        source = MqttSource(connection, with_mqtt_port(log.server, GATED))
        info = await jetstream.stream_info(connection, MQTT)
        assert info is not None
        found = await collect(source.batches(), lambda found: found[-1].seq >= info["state"]["last_seq"])
        source.close()
        return found
