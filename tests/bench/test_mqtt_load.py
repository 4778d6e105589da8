"""The load generator against a real nats-server: every message is acknowledged and counted to its device."""

import json
from dataclasses import asdict

import msgspec
import pytest

from bench.latency import Latency
from bench.mqtt_load import VARIANTS, Plan, publish_head, tail
from bench.run import MqttLoad, device_keys
from calha.log.mqtt_wire import publish_packet


def plan(port: int, **changes) -> Plan:
    base = {
        "host": "127.0.0.1",
        "port": port,
        "devices": device_keys(20),
        "connections": 20,
        "keys": ["flow_1", "flow_2", "level"],
        "mode": "paced",
        "duration_s": 1.0,
        "gateway_key": "key",
        "window": 20,
        "rate_msg_s": 200.0,
        "settle_s": 20.0,
    }
    return Plan(**base | changes)


def test_prepared_packets_are_the_same_as_built_ones():
    body = b'{"ts":1760000000000' + tail(["a", "b"], 3)
    assert publish_head("x/y", len(body)) + b"\x00\x07" + body == publish_packet("x/y", body, packet_id=7)


def test_all_variants_are_json_of_one_length_with_different_values():
    tails = [tail(["flow_1", "level"], variant) for variant in range(VARIANTS)]
    assert len({len(one) for one in tails}) == 1
    assert len(set(tails)) == VARIANTS
    assert all(set(msgspec.json.decode(b'{"ts":1' + one)["values"]) == {"flow_1", "level"} for one in tails)


async def run(chosen: Plan):
    load = MqttLoad(chosen)
    try:
        await load.connect()
        return await load.run()
    finally:
        await load.end()


async def test_paced_messages_go_to_all_devices_alike(broker):
    outcome = await run(plan(broker.port))
    assert outcome.sent == outcome.acknowledged == sum(outcome.acknowledged_of)
    assert outcome.sent == pytest.approx(200, abs=10)
    assert max(outcome.acknowledged_of) - min(outcome.acknowledged_of) <= 1
    assert outcome.withheld == outcome.lost_connections == 0
    assert outcome.puback["count"] == outcome.acknowledged
    json.dumps(asdict(outcome))


async def test_pipelined_publishers_serve_several_devices_each(broker):
    outcome = await run(plan(broker.port, mode="pipelined", connections=4, rate_msg_s=0.0))
    assert outcome.sent == outcome.acknowledged == sum(outcome.acknowledged_of)
    assert outcome.acknowledged > 80
    assert min(outcome.acknowledged_of) > 0


async def test_a_load_generator_without_a_server_says_so():
    load = MqttLoad(plan(1))
    with pytest.raises(RuntimeError, match="exit code"):
        await load.connect()
    await load.end()


def test_latencies_without_a_measurement_have_no_percentiles():
    assert Latency.of([]).p99_ms is None
    assert Latency.of([1.0, 3.0]).p50_ms == 2.0
