import asyncio

import aiomqtt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.log.mqtt_wire import Packets, publish_packet, remaining_length
from calha.simulate.mqtt import MqttLink, as_duplicate

from .conftest import Broker


@pytest.mark.parametrize(
    ("length", "encoded"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"), (268_435_455, "ffffff7f")],
)
def test_the_remaining_length_is_encoded_as_in_the_standard(length: int, encoded: str):
    assert remaining_length(length).hex() == encoded


def test_a_publish_sent_again_is_marked_dup():
    packet = publish_packet("a/b", b"x", packet_id=10)
    assert packet == b"\x32\x08\x00\x03a/b\x00\x0ax"
    assert as_duplicate(packet) == b"\x3a\x08\x00\x03a/b\x00\x0ax"


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(1, 40), max_size=20))
def test_packets_come_out_whole_however_the_bytes_are_cut(bodies: list[bytes], cuts: list[int]):
    stream = b"".join(b"\x40" + remaining_length(len(body)) + body for body in bodies)
    packets, found, position = Packets(), [], 0
    for cut in [*cuts, len(stream)]:
        found += packets.feed(stream[position : position + cut])
        position += cut
    found += packets.feed(stream[position:])
    assert found == [(0x40, body) for body in bodies]


@given(st.binary())
def test_no_bytes_break_the_reader_other_than_with_a_value_error(data: bytes):
    try:
        list(Packets().feed(data))
    except ValueError as error:
        assert "remaining length" in str(error)


async def test_messages_are_acknowledged_and_reach_a_subscriber(broker: Broker):
    link = MqttLink(broker.host, broker.port, "meter", "calha/v1/meter/telemetry", window=10)
    async with aiomqtt.Client(broker.host, broker.port) as subscriber:
        await subscriber.subscribe("calha/v1/+/telemetry", qos=1)
        await link.open()
        for number in range(50):
            await link.send(b"%d" % number, 1)
        await link.settle()
        received = [int((await anext(aiter(subscriber.messages))).payload) for _ in range(50)]
    await link.close()
    assert link.acknowledged == 50
    assert received == list(range(50))


async def test_what_was_not_acknowledged_is_sent_again_after_the_broker_was_killed(broker: Broker):
    link = MqttLink(broker.host, broker.port, "meter", "calha/v1/meter/telemetry", window=200)
    await link.open()
    await link.send(b"before", 1)
    await link.settle()
    broker.kill()
    while link.connected:  # noqa: ASYNC110 - the link tells nobody
        await asyncio.sleep(0.01)
    for _ in range(100):
        assert link.offer(b"while the broker is down", 1)
    broker.start()
    await link.settle()
    assert link.acknowledged == 101
    assert link.reconnects == 1
    await link.close()


async def test_a_full_window_refuses_more(broker: Broker):
    link = MqttLink(broker.host, broker.port, "meter", "calha/v1/meter/telemetry", window=3)
    await link.open()
    assert [link.offer(b"x", 1) for _ in range(5)] == [True, True, True, False, False]
    await link.settle()
    assert link.acknowledged == 3
    await link.close()


async def test_no_server_is_said_at_once(broker: Broker):
    broker.kill()
    with pytest.raises(OSError, match="Connect call failed"):
        await MqttLink(broker.host, broker.port, "meter", "topic").open()
