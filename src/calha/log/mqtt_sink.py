"""Messages of Calha's own for MQTT devices, such as commands, also for those that sleep.

The server delivers QoS 1 and 2 out of `$MQTT_msgs`, so a message stored there as an MQTT client's would be reaches every
session subscribed with QoS 1 or 2, once it is awake. Subscribers with QoS 0 get it if it is also published beside the
stream; its header tells its QoS, by which those pass it over who get it out of the stream.
The source of the shard skips it if its topic is one of `LogSettings.ignored_topics`; else it takes it for a message of a
device.
"""

from contextlib import suppress

from calha.log import headers, jetstream, topics
from calha.log.connection import Connection
from calha.log.jetstream import LogRefused
from calha.log.streams import MQTT

_AS_QOS_1 = headers.encode({"Nmqtt-Pub": "1"})


async def recall(connection: Connection, seq: int) -> None:
    """Take a message back, so that who has not got it yet does not get it. Raises LogUnavailable.

    It is no error if the server has forgotten it already.
    """
    with suppress(LogRefused):
        await jetstream.call(connection, f"STREAM.MSG.DELETE.{MQTT}", {"seq": seq, "no_erase": True})


async def send(connection: Connection, topic: str, payload: bytes, to_qos_0: bool = False) -> int:
    """Sequence under which the message is on disk. connection: to the shard of the device. to_qos_0: also to whoever is
    subscribed with QoS 0 and connected now.

    Raises Malformed for a topic that cannot be, LogFull, LogUnavailable, TooLarge.
    """
    subject = f"$MQTT.msgs.{topics.to_subject(topic)}"
    message = await connection.request(subject, payload, _AS_QOS_1)
    seq = int(jetstream.answer_of(message, f"sending to {topic}")["seq"])
    if to_qos_0:
        connection.publish(topics.to_subject(topic), payload, _AS_QOS_1)
    return seq
