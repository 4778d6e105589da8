"""Which devices hold an MQTT connection, as the log server tells through its system account."""

import json

import msgspec

from calha.domain.errors import LogUnavailable
from calha.log import topics
from calha.log.connection import Connection

PAGE = 1_024  # about 450 bytes each; an answer has at most 1 MiB
MAX_PAGES = 200


class _One(msgspec.Struct):
    authorized_user: str = ""
    mqtt_client: str = ""
    issuer_key: str = ""


class _Data(msgspec.Struct):
    connections: list[_One] = []
    total: int = 0


class _Answer(msgspec.Struct):
    data: _Data = msgspec.field(default_factory=_Data)


_decoder = msgspec.json.Decoder(_Answer)


class Connections:
    """connection: to the system account (`shards.system_url`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def listens(self, account: str, topic: str) -> bool:
        """Whether somebody in an account is subscribed to a topic. Raises LogUnavailable."""
        asked = {"account": account, "test": topics.to_subject(topic), "subscriptions": True, "limit": 1}
        message = await self._connection.request("$SYS.REQ.SERVER.PING.SUBSZ", json.dumps(asked).encode())
        answer = json.loads(message.payload)
        if "error" in answer:
            raise LogUnavailable(f"the log server does not tell who is subscribed: {answer['error']}")
        return bool(answer["data"].get("subscriptions_list"))

    async def names(self) -> set[str]:
        """Names under which devices were admitted, and their client ids, which anonymous ones may be known by.

        Raises LogUnavailable.
        """
        found: set[str] = set()
        for page in range(MAX_PAGES):
            body = json.dumps({"auth": True, "limit": PAGE, "offset": page * PAGE, "state": 0}).encode()
            message = await self._connection.request("$SYS.REQ.SERVER.PING.CONNZ", body)
            try:
                data = _decoder.decode(message.payload).data
            except msgspec.DecodeError as error:
                raise LogUnavailable(f"the log server tells its connections in another form: {error}") from None
            for one in data.connections:
                if one.issuer_key:  # else it is a user of Calha's own
                    found |= {one.authorized_user, one.mqtt_client}
            if len(data.connections) < PAGE:
                break
        return found
