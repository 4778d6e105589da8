import asyncio
import os
import signal
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from calha.log import jetstream, mqtt_source, mqtt_sweep
from calha.log import server as server_module
from calha.log.connection import Connection
from calha.log.mqtt_hello import _connect
from calha.log.mqtt_source import CONSUMER, MqttMessage, MqttSource
from calha.log.publisher import Publisher
from calha.log.server import LogServer
from calha.log.settings import MIB
from calha.log.streams import MQTT, Streams
from log.helpers import a_large_batch, collect, eventually, publish
from servers import SMALL, connected_shard, running_log, with_mqtt_port

TOPIC = "calha/v1/pump-1/telemetry"
TELEMETRY = "calha.v1.*.telemetry"


async def read(source: MqttSource, messages: int) -> list[MqttMessage]:
    return await collect(source.batches(), lambda found: len(found) >= messages)


async def test_messages_of_every_quality_arrive_once(server: LogServer, devices: Connection) -> None:
    source = MqttSource(devices, with_mqtt_port(server))
    await devices.request("$JS.API.INFO")  # the subscription is known to the server
    started_at = time.time_ns() // 1000
    for client in ("a", "b"):
        messages = [(TOPIC, f"{client}{qos}{number}".encode(), qos) for qos in (0, 1, 2) for number in range(5)]
        await publish(server.endpoint.mqtt_port, messages, client)
    found = await read(source, 30)
    await asyncio.sleep(0.2)
    found += source._fleeting
    assert sorted((one.payload.decode(), one.qos) for one in found) == sorted(
        (f"{client}{qos}{number}", qos) for client in "ab" for qos in (0, 1, 2) for number in range(5)
    )
    assert all(one.topic == TOPIC for one in found)
    assert all((one.seq > 0) == (one.qos > 0) for one in found)
    assert all(started_at <= one.arrived_at <= time.time_ns() // 1000 for one in found)


async def test_of_qos_0_no_more_bytes_wait_than_there_is_room_for(
    server: LogServer, devices: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_source, "MAX_FLEETING_BYTES", 1_000)
    source = MqttSource(devices, with_mqtt_port(server))
    await devices.request("$JS.API.INFO")  # the subscription is known to the server
    for expected_dropped in (3, 6):
        await publish(server.endpoint.mqtt_port, [(TOPIC, b"x" * 400, 0)] * 5)
        await eventually(lambda known=expected_dropped + 2: source.dropped + len(source._fleeting) == known)
        assert source.dropped == expected_dropped
        assert len(await read(source, 2)) == 2


async def test_messages_on_any_topic_arrive_except_what_calha_publishes_itself(
    server: LogServer, devices: Connection
) -> None:
    source = MqttSource(devices, with_mqtt_port(server))
    topics = ["some/thing", "calha/v1/a/commands", "x", "calha/v1/b/commands"]
    await publish(server.endpoint.mqtt_port, [(topic, b"1", 1) for topic in topics])
    found = await read(source, 2)
    assert [one.topic for one in found] == ["some/thing", "x"]
    await source.acknowledge(found[-1].seq)
    await eventually_empty(devices)


async def test_acknowledged_messages_are_forgotten_and_others_come_again(
    server: LogServer, devices: Connection
) -> None:
    await publish(server.endpoint.mqtt_port, [(TOPIC, str(number).encode(), 1) for number in range(50)])
    first = MqttSource(devices, with_mqtt_port(server))
    assert len(await read(first, 50)) == 50
    first.close()
    second = MqttSource(devices, with_mqtt_port(server))
    again = await read(second, 50)
    assert [int(one.payload) for one in again] == list(range(50))
    await second.acknowledge(again[-1].seq)
    await eventually_empty(devices)


async def eventually_empty(devices: Connection) -> None:
    """Once all messages are acknowledged, and swept away."""
    async with asyncio.timeout(60):
        while not await _is_done_with(devices):  # noqa: ASYNC110 - the server decides when
            await asyncio.sleep(0.05)
        usage = await Streams(devices, SMALL).usage_of(MQTT)
        assert usage is not None
        await mqtt_sweep.sweep(devices, usage.last_seq, CONSUMER, "x")
        assert await _messages(devices) == 0


async def _is_done_with(devices: Connection) -> bool:
    info = await jetstream.consumer_info(devices, MQTT, CONSUMER)
    return info is not None and info["num_pending"] == info["num_ack_pending"] == 0


async def _messages(devices: Connection) -> int:
    usage = await Streams(devices, SMALL).usage_of(MQTT)
    assert usage is not None
    return usage.messages


async def test_what_devices_publish_before_the_core_has_ever_run_is_kept(
    server: LogServer, devices: Connection
) -> None:
    await publish(server.endpoint.mqtt_port, [(TOPIC, b"early", 1)])
    assert [one.payload for one in await read(MqttSource(devices, with_mqtt_port(server)), 1)] == [b"early"]


async def test_a_retained_message_is_an_ordinary_one(server: LogServer, devices: Connection) -> None:
    async with aiomqtt.Client("127.0.0.1", server.endpoint.mqtt_port) as client:
        await client.publish(TOPIC, b"kept", qos=1, retain=True)
    assert [one.payload for one in await read(MqttSource(devices, with_mqtt_port(server)), 1)] == [b"kept"]


async def test_a_large_message_arrives(server: LogServer, devices: Connection) -> None:
    payload = os.urandom(3 * MIB)
    await publish(server.endpoint.mqtt_port, [(TOPIC, payload, 1), (TOPIC, payload, 1)])
    found = await read(MqttSource(devices, with_mqtt_port(server)), 2)
    assert [one.payload == payload for one in found] == [True, True]


async def test_when_the_budget_is_used_up_there_is_no_puback_and_nothing_is_lost(tmp_path: Path) -> None:
    small = replace(SMALL, max_store_bytes=8 * MIB, readings_max_bytes=4 * MIB, quarantine_max_bytes=2 * MIB)
    async with running_log(tmp_path, small) as (server, connection), connected_shard(server) as devices:
        acknowledged = await _publish_until_refused(server.endpoint.mqtt_port)
        usage = {one.name: one for one in await Streams(connection, small, [devices]).usage()}
        assert usage[MQTT].is_filling
        source = MqttSource(devices, with_mqtt_port(server, small))
        found = await collect(source.batches(), lambda found: len(found) >= len(acknowledged))
        assert {int(one.payload[:6]) for one in found} >= acknowledged
        await source.acknowledge(found[-1].seq)
        await eventually_empty(devices)
        await publish(server.endpoint.mqtt_port, [(TOPIC, b"room again", 1)])


async def _publish_until_thrown_out(port: int, topic: str) -> None:
    async with aiomqtt.Client("127.0.0.1", port, timeout=3) as client:
        await client.publish(topic, b"forged", qos=0)
        async with asyncio.timeout(60):
            async for _ in client.messages:
                pass


async def _publish_until_refused(port: int) -> set[int]:
    acknowledged: set[int] = set()
    try:
        async with aiomqtt.Client("127.0.0.1", port, timeout=3) as client:
            for number in range(200):
                await client.publish(TOPIC, f"{number:06}".encode() + bytes(50_000), qos=1)
                acknowledged.add(number)
    except aiomqtt.MqttError:
        return acknowledged
    raise AssertionError("everything was acknowledged")


async def test_the_log_still_takes_readings_when_devices_have_filled_their_part(tmp_path: Path) -> None:

    small = replace(SMALL, max_store_bytes=8 * MIB, readings_max_bytes=4 * MIB, quarantine_max_bytes=2 * MIB)
    async with running_log(tmp_path, small) as (server, connection):
        await _publish_until_refused(server.endpoint.mqtt_port)
        for _ in range(6):
            await Publisher(connection).publish(a_large_batch(), "mqtt")


async def test_devices_cannot_touch_the_log_itself(server: LogServer, connection: Connection) -> None:
    for topic in ("READINGS/mqtt", "$JS/API/STREAM/DELETE/READINGS"):
        with pytest.raises(aiomqtt.MqttError):
            await _publish_until_thrown_out(server.endpoint.mqtt_port, topic)
    usage = await Streams(connection, SMALL).usage_of("READINGS")
    assert usage is not None
    assert usage.messages == 0
    stranger = await Connection.open(f"nats://127.0.0.1:{server.endpoint.url.rpartition(':')[2]}")
    stranger.publish("READINGS.http", b"forged")
    await asyncio.sleep(0.2)
    await stranger.close()
    usage = await Streams(connection, SMALL).usage_of("READINGS")
    assert usage is not None
    assert usage.messages == 0


async def test_a_stream_that_counts_anew_is_not_taken_for_what_was_logged(
    server: LogServer, devices: Connection
) -> None:
    port = server.endpoint.mqtt_port
    await publish(port, [(TOPIC, str(number).encode(), 1) for number in range(5)])
    source = MqttSource(devices, with_mqtt_port(server))
    found = await read(source, 5)
    assert await source.logged_until(found[2].seq, found[2].arrived_at) == found[2].seq
    assert await source.logged_until(9, 0) == 0  # the log knows more than the stream ever had: its tail is lost
    assert await source.logged_until(found[2].seq, found[2].arrived_at - 1) == 0  # the number means another message
    await source.acknowledge(found[-1].seq)
    await eventually_empty(devices)
    assert await source.logged_until(found[2].seq, found[2].arrived_at) == found[2].seq


async def test_what_is_acknowledged_is_swept_away_while_reading_goes_on(
    server: LogServer, devices: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_source, "SWEEP_INTERVAL_S", 0.1)
    await publish(server.endpoint.mqtt_port, [(TOPIC, b"1", 1)] * 50)
    source = MqttSource(devices, with_mqtt_port(server))
    async with asyncio.timeout(60), aclosing(source.batches()) as batches:
        async for chunk in batches:
            await source.acknowledge(chunk[-1].seq)
            if chunk[-1].seq == 50:
                await publish(server.endpoint.mqtt_port, [(TOPIC, b"1", 1)], "other")
            if chunk[-1].seq == 51:
                break
            while chunk[-1].seq == 50 and await _messages(devices) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_command_for_a_sleeping_device_stays_when_all_around_it_is_swept_away(
    server: LogServer, devices: Connection
) -> None:
    port, command = server.endpoint.mqtt_port, "calha/v1/pump-1/commands"
    async with aiomqtt.Client("127.0.0.1", port, identifier="pump-1", clean_session=False) as device:
        await device.subscribe(command, qos=1)
    many = [(TOPIC, bytes(10_000), 1)] * 100
    await publish(port, [*many, (command, b"go", 1), *many])
    await mqtt_sweep.sweep(devices, 201, CONSUMER, f"$MQTT.msgs.{TELEMETRY}")
    assert await _messages(devices) == 101  # little is held up: it waits behind the command
    await publish(port, [*many, *many, *many])
    await mqtt_sweep.sweep(devices, 501, CONSUMER, f"$MQTT.msgs.{TELEMETRY}")
    assert await _messages(devices) == 1  # much is held up: it is picked out around the command
    async with (
        asyncio.timeout(60),
        aiomqtt.Client("127.0.0.1", port, identifier="pump-1", clean_session=False) as device,
    ):
        assert (await anext(device.messages)).payload == b"go"


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "*.b", True),
        ("a.>", "a.b.c", True),
        ("a.b", "a.b.c", False),
    ],
)
def test_filters_overlap_when_one_subject_matches_both(one: str, other: str, do: bool) -> None:
    assert mqtt_sweep.overlap(one, other) is do


async def test_a_killed_server_under_load_loses_no_acknowledged_message(server: LogServer, devices: Connection) -> None:
    await kill_under_load(server, devices, kills=2)


@pytest.mark.crash
async def test_a_server_killed_twenty_times_under_load_loses_no_acknowledged_message(
    server: LogServer, devices: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "LONGEST_BACK_OFF_S", 0.5)
    await kill_under_load(server, devices, kills=20)


async def kill_under_load(server: LogServer, devices: Connection, kills: int) -> None:
    acknowledged: set[bytes] = set()
    delivered: list[bytes] = []
    stop = asyncio.Event()
    source = MqttSource(devices, with_mqtt_port(server))

    async def device(name: str) -> None:
        number = 0
        while not stop.is_set():
            try:
                async with aiomqtt.Client("127.0.0.1", server.endpoint.mqtt_port, identifier=name, timeout=3) as client:
                    while not stop.is_set():
                        number += 1
                        payload = f"{name}:{number}".encode()
                        await client.publish(f"calha/v1/{name}/telemetry", payload, qos=1)
                        acknowledged.add(payload)
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)

    async def ingest() -> None:
        async with aclosing(source.batches()) as batches:
            async for chunk in batches:
                delivered.extend(one.payload for one in chunk)
                await source.acknowledge(chunk[-1].seq)

    publishing = [asyncio.create_task(device(f"d{number}")) for number in range(10)]
    reading = asyncio.create_task(ingest())
    for _ in range(kills):
        before = len(acknowledged)
        await eventually(lambda before=before: len(acknowledged) > before + 300)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await eventually(lambda: not devices.connected)
        await devices.wait_connected(30)
    before = len(acknowledged)
    await eventually(lambda: len(acknowledged) > before + 300)
    stop.set()
    await asyncio.gather(*publishing)
    await eventually(lambda: acknowledged <= set(delivered))
    await eventually_empty(devices)
    reading.cancel()
    assert server.restarts == kills
    # A device publishes again what was not acknowledged, but here each publication has its own number.
    assert len(delivered) == len(set(delivered))


async def test_a_server_that_has_lost_a_stream_makes_it_before_devices_can_connect(
    server: LogServer, devices: Connection
) -> None:
    await jetstream.call(devices, f"STREAM.DELETE.{MQTT}")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: server.restarts == 1 and server.state == "running")
    await publish(server.endpoint.mqtt_port, [(TOPIC, b"1", 1)])
    await devices.wait_connected(20)
    assert len(await read(MqttSource(devices, with_mqtt_port(server)), 1)) == 1


def test_the_hello_is_a_connect_packet_of_mqtt_3_1_1() -> None:
    with_user = bytes.fromhex("101400044d51545404 c2 001e 0002 6162 0001 75 0001 70".replace(" ", ""))
    assert _connect("ab", "u", "p") == with_user
    assert _connect("ab") == bytes.fromhex("100e00044d51545404 02 001e 0002 6162".replace(" ", ""))
