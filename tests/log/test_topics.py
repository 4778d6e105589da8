import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.log.connection import Connection
from calha.log.mqtt_source import MqttMessage, MqttSource
from calha.log.server import LogServer
from calha.log.topics import filter_to_subject, to_subject, to_topic
from log.helpers import collect, publish
from servers import with_mqtt_port

ODD = [
    "a",
    "a/b",
    "/a",
    "a/",
    "/",
    "//",
    "a//b",
    "a.b",
    "a./b",
    "a/.b",
    ".",
    "a/./b",
    "/a.b//c/",
    "é/ç",
    "a///b",
    "..",
    "/./",
]


@pytest.mark.parametrize(
    ("topic", "subject"), [("a/b", "a.b"), ("/a", "/.a"), ("a/", "a./"), ("a//b", "a./.b"), ("a.b/c", "a//b.c")]
)
def test_topics_become_subjects_as_the_server_makes_them(topic: str, subject: str) -> None:
    assert to_subject(topic) == subject
    assert to_topic(subject) == topic


@given(st.text(st.sampled_from("ab/."), min_size=1, max_size=12))
def test_a_topic_survives_the_way_to_a_subject_and_back(topic: str) -> None:
    assert to_topic(to_subject(topic)) == topic


@given(st.text(max_size=30))
def test_any_subject_becomes_a_topic(subject: str) -> None:
    to_topic(subject)


@pytest.mark.parametrize("topic", ["", "a b", "a\tb", "a\0"])
def test_topics_that_the_server_refuses_are_malformed(topic: str) -> None:
    with pytest.raises(Malformed):
        to_subject(topic)


def test_filters_become_subjects_with_wildcards() -> None:
    assert filter_to_subject("calha/v1/+/telemetry") == "calha.v1.*.telemetry"
    assert filter_to_subject("a/#") == "a.>"


async def test_the_real_server_converts_odd_topics_in_the_same_way(server: LogServer, devices: Connection) -> None:
    source = MqttSource(devices, with_mqtt_port(server))
    await publish(server.endpoint.mqtt_port, [(topic, to_subject(topic).encode(), 1) for topic in ODD])
    found: list[MqttMessage] = await collect(source.batches(), lambda found: len(found) >= len(ODD))
    assert [message.topic for message in found] == ODD
    assert all(to_subject(message.topic).encode() == message.payload for message in found)
