"""The links of a log server to others, as its system account tells."""

import json

from calha.domain.errors import LogUnavailable
from calha.log.connection import Connection
from calha.log.shards import LINK_ACCOUNT


async def link_number(connection: Connection) -> int | None:
    """The number of the connection to the hub, another one after each cut; None while there is none.

    connection: to the system account. Raises LogUnavailable.
    """
    body = json.dumps({"account": LINK_ACCOUNT}).encode()
    answer = json.loads((await connection.request("$SYS.REQ.SERVER.PING.LEAFZ", body)).payload)
    if "error" in answer:
        raise LogUnavailable(f"the log server does not tell its links: {answer['error']}")
    numbers = [leaf["id"] for leaf in answer["data"].get("leafs") or []]
    return int(numbers[0]) if numbers else None
