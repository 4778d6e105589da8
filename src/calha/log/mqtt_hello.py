"""The shortest MQTT 3.1.1 conversation: CONNECT, CONNACK, DISCONNECT."""

import asyncio
import struct

TIMEOUT_S = 5.0
CLIENT_ID = "calha-hello"

_REASONS = {1: "protocol version", 2: "client id", 3: "server unavailable", 4: "user or password", 5: "not authorised"}
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to find who listens there


class MqttRefusedError(Exception):
    """The MQTT server does not accept the connection."""


async def connect_once(host: str, port: int, user: str = "", password: str = "") -> None:
    """Connect and disconnect. Raises OSError, TimeoutError, MqttRefusedError."""
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection(_ANYWHERE.get(host, host), port)
        try:
            writer.write(_connect(CLIENT_ID, user, password))
            answer = await reader.readexactly(4)
            if answer[0] != 0x20 or answer[3] != 0:
                raise MqttRefusedError(f"MQTT connection refused: {_REASONS.get(answer[3], answer.hex())}")
            writer.write(b"\xe0\x00")
            await writer.drain()
        except asyncio.IncompleteReadError:
            raise MqttRefusedError("the MQTT server closed the connection") from None
        finally:
            writer.close()


def _connect(client_id: str, user: str = "", password: str = "") -> bytes:
    clean_session, with_user, keep_alive_s = 0x02, 0xC0, 30
    flags, texts = clean_session, [client_id]
    if user:
        flags, texts = flags | with_user, [client_id, user, password]
    encoded = [text.encode() for text in texts]
    body = struct.pack(">H4sBBH", 4, b"MQTT", 4, flags, keep_alive_s)
    body += b"".join(struct.pack(">H", len(text)) + text for text in encoded)
    assert len(body) < 128, "its length fits one byte"
    return bytes((0x10, len(body))) + body
