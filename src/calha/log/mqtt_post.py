"""One message to somebody else's MQTT broker: CONNECT, PUBLISH with QoS 1, PUBACK, DISCONNECT (MQTT 3.1.1)."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from calha.log.mqtt_wire import CONNACK, DISCONNECT_PACKET, PUBACK, REFUSALS, Packets, connect_packet, publish_packet

TIMEOUT_S = 60.0
_PACKET_ID = 1


class BrokerRefusedError(Exception):
    """The broker does not take us, or not the message."""


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int
    client_id: str
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


async def post(broker: Broker, topic: str, payload: bytes) -> None:
    """Return when the broker has acknowledged the message. Raises OSError, TimeoutError, BrokerRefusedError."""
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection(broker.host, broker.port, ssl=broker.tls)
        answers = _answers(reader)
        try:
            writer.write(connect_packet(broker.client_id, 0, broker.user, broker.password))
            _require_welcome(*await _next(answers))
            writer.write(publish_packet(topic, payload, packet_id=_PACKET_ID))
            await writer.drain()
            kind, body = await _next(answers)
            if kind != PUBACK or int.from_bytes(body) != _PACKET_ID:
                raise BrokerRefusedError(f"the broker answers a message with a packet of kind {kind:#x}")
            writer.write(DISCONNECT_PACKET)
            await writer.drain()
        finally:
            writer.close()


async def _answers(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    packets = Packets()
    while data := await reader.read(4_096):
        for first, body in packets.feed(data):
            yield first & 0xF0, body


async def _next(answers: AsyncIterator[tuple[int, bytes]]) -> tuple[int, bytes]:
    try:
        return await anext(answers)
    except StopAsyncIteration:
        raise BrokerRefusedError("the broker closed the connection") from None
    except ValueError as error:
        raise BrokerRefusedError(f"the broker does not speak MQTT: {error}") from None


def _require_welcome(kind: int, body: bytes) -> None:
    if kind != CONNACK or len(body) != 2:
        raise BrokerRefusedError("the broker does not speak MQTT 3.1.1")
    if body[1]:
        raise BrokerRefusedError(f"the broker refuses the connection: {REFUSALS.get(body[1], body[1])}")
