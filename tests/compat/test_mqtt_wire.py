"""The server's side of MQTT in bytes, against the standard and against whatever bytes may come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.compat import mqtt_wire
from calha.compat.mqtt_wire import BrokenMqtt, Connect, Kind, Other, Publish, Stream, Subscribe
from calha.log.mqtt_wire import connect_packet, publish_packet, remaining_length, text
from calha.simulate.mqtt import subscribe_packet

FIRMWARE_HELLO = b"\x10\x1f\x00\x04MQTT\x04\x02\x00\x0f\x00\x13hidrometro-a4cf12ef"


def read(data, max_bytes=65_536):
    return list(Stream(max_bytes).feed(data))


def test_the_firmwares_hello_is_understood():
    assert read(FIRMWARE_HELLO) == [Connect(4, True, "hidrometro-a4cf12ef", True, 15)]


def test_what_clients_say_comes_out_whole_however_it_is_cut():
    said = (
        connect_packet("meter", 60, "user", "secret")
        + publish_packet("hidrometro/dados", b"{}", packet_id=None)
        + publish_packet("hidrometro/dados", b"x" * 300, packet_id=7)
        + subscribe_packet("hidrometro/cmd", 9)
        + b"\xc0\x00\x62\x02\x00\x05\xe0\x00"
    )
    expected = [
        Connect(4, True, "meter", True, 60, "user", "secret"),
        Publish("hidrometro/dados", b"{}", 0, 0, False),
        Publish("hidrometro/dados", b"x" * 300, 1, 7, False),
        Subscribe(9, (("hidrometro/cmd", 1),)),
        Other(Kind.PINGREQ, 0),
        Other(Kind.PUBREL, 5),
        Other(Kind.DISCONNECT, 0),
    ]
    assert read(said) == expected
    stream = Stream(65_536)
    assert [found for byte in said for found in stream.feed(bytes([byte]))] == expected


def test_a_will_is_read_over():
    body = text("MQTT") + b"\x04\x2e" + b"\x00\x1e" + text("m") + text("gone") + text("bye")
    assert read(b"\x10" + remaining_length(len(body)) + body) == [Connect(4, True, "m", True, 30)]


def test_an_older_version_is_spoken_and_a_newer_one_is_told_so():
    older = text("MQIsdp") + b"\x03\x02\x00\x3c" + text("m")
    assert read(b"\x10" + remaining_length(len(older)) + older) == [Connect(3, True, "m", True, 60)]
    newer = text("MQTT") + b"\x05\x02\x00\x3c\x00" + text("m")
    (hello,) = read(b"\x10" + remaining_length(len(newer)) + newer)
    assert (hello.level, hello.understood) == (5, False)
    assert mqtt_wire.connack(mqtt_wire.WRONG_VERSION, 5) == b"\x20\x03\x00\x84\x00"
    assert mqtt_wire.connack(mqtt_wire.WRONG_VERSION, 3) == b"\x20\x02\x00\x01"


def test_answers_have_the_bytes_of_the_standard():
    assert mqtt_wire.acknowledged(Kind.PUBACK, 10) == b"\x40\x02\x00\x0a"
    assert mqtt_wire.acknowledged(Kind.PUBREC, 10) == b"\x50\x02\x00\x0a"
    assert mqtt_wire.acknowledged(Kind.PUBREL, 10) == b"\x62\x02\x00\x0a"
    assert mqtt_wire.acknowledged(Kind.PUBCOMP, 10) == b"\x70\x02\x00\x0a"
    assert mqtt_wire.acknowledged(Kind.UNSUBSCRIBE, 10) == b"\xb0\x02\x00\x0a"
    assert mqtt_wire.suback(10, [1, 0x80]) == b"\x90\x04\x00\x0a\x01\x80"
    assert mqtt_wire.pingresp() == b"\xd0\x00"
    assert mqtt_wire.publish("a/b", b"x") == b"\x30\x06\x00\x03a/bx"
    assert mqtt_wire.publish("a/b", b"x", 10) == b"\x32\x08\x00\x03a/b\x00\x0ax"


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x00",  # no packet has this kind
        b"\x36\x05\x00\x01a\x00\x01",  # QoS 3
        b"\x32\x05\x00\x01a\x00\x00",  # packet id 0
        b"\x30\x03\x00\x01#",
        b"\x30\x02\x00\x00",
        b"\x30\x04\x00\x09ab",
        b"\x30\x04\x00\x02\xff\xfe",
        b"\x82\x02\x00\x01",  # a subscription to nothing
        b"\x40\x00",
        b"\xff\xff\xff\xff\xff",
    ],
)
def test_what_is_no_mqtt_is_refused(said):
    with pytest.raises(BrokenMqtt):
        read(said)


def test_a_packet_beyond_the_limit_is_refused_before_it_is_whole():
    stream = Stream(1_000)
    with pytest.raises(BrokenMqtt):
        for _ in range(100):
            list(stream.feed(b"\x30\xff\xff\x7f" + b"x" * 100))


@given(st.binary(max_size=400))
def test_any_bytes_are_packets_or_broken(said):
    try:
        read(said)
    except BrokenMqtt as error:
        assert str(error)
