"""Messages of Calha's own for MQTT devices, such as commands, also for those that sleep.

The server delivers QoS 1 and 2 out of `$MQTT_msgs`, so a message stored there as an MQTT client's would be reaches every
session subscribed with QoS 1 or 2, once it is awake. It does not reach subscribers with QoS 0. The source of the shard
skips it if its topic is one of `LogSettings.ignored_topics`; else it takes it for a message of a device.
"""

from calha.log import headers, jetstream, topics
from calha.log.connection import Connection

_AS_QOS_1 = headers.encode({"Nmqtt-Pub": "1"})


async def send(connection: Connection, topic: str, payload: bytes) -> int:
    """Sequence under which the message is on disk. connection: to the shard of the device.

    Raises Malformed for a topic that cannot be, LogFull, LogUnavailable, TooLarge.
    """
    subject = f"$MQTT.msgs.{topics.to_subject(topic)}"
    message = await connection.request(subject, payload, _AS_QOS_1)
    return int(jetstream.answer_of(message, f"sending to {topic}")["seq"])
