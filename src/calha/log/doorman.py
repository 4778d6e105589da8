"""Closing connections of devices, through the system account of the log server."""

import asyncio
import json
import logging
from typing import Any

from calha.domain.errors import LogUnavailable
from calha.log.connection import Connection

AGAIN_AFTER_S = 0.2  # an admission that was on its way has become a connection by then
MAX_LOOKS = 10
LOOKS_FOR_ONE = 3
PAGE = 1_024

_OPEN, _ANY = 0, 2  # states of connections that can be asked for

logger = logging.getLogger("calha.log.doorman")


class Doorman:
    """connection: to the system account (`shards.system_url`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def disconnect(self, name: str) -> int:
        """Close all open connections of a device, in all shards; returns how many.

        It looks again a moment later, for connections that were admitted just before; so revoke first, then call this.
        Raises LogUnavailable.
        """
        closed: set[int] = set()
        for look in range(MAX_LOOKS):
            server, found = await self._find({"user": name, "state": _OPEN})
            admitted = {one["cid"] for one in found if "issuer_key" in one}  # else it is a user of Calha's own
            if look and not admitted:
                break
            for number in admitted:
                await self._close(server, number)
            closed |= admitted
            await asyncio.sleep(AGAIN_AFTER_S)
        return len(closed)

    async def renew(self, name: str, idle_only: bool) -> int:
        """Close the connections of a name that are open now, so that they come back with the rights of now; how many.

        idle_only: only those without a subscription, such as one that was refused. Raises LogUnavailable.
        """
        server, found = await self._find({"user": name, "state": _OPEN})
        stale = [one for one in found if "issuer_key" in one and not (idle_only and one.get("subscriptions"))]
        for one in stale:
            await self._close(server, one["cid"])
        return len(stale)

    async def is_connected(self, name: str) -> bool:
        """Whether a device has a connection open. Raises LogUnavailable."""
        _, found = await self._find({"user": name, "state": _OPEN})
        return any("issuer_key" in one for one in found)

    async def throw_out(self, number: int) -> str | None:
        """Close one connection by its number; returns whose it is, None if the server does not know it any more.

        Raises LogUnavailable.
        """
        for _ in range(LOOKS_FOR_ONE):
            server, found = await self._find({"cid": number, "state": _ANY})
            if found:
                break
            await asyncio.sleep(AGAIN_AFTER_S)  # one that ends by itself is for a moment neither open nor closed
        else:
            return None
        await self._close(server, number)
        user: str | None = found[0].get("authorized_user")
        logger.warning("%s at %s is disconnected: it published where it may not", user, found[0].get("ip"))
        return user

    async def _find(self, filter_: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        """The server's id, and connections as its CONNZ describes them, at most PAGE."""
        body = json.dumps({"auth": True, "limit": PAGE, **filter_}).encode()
        message = await self._connection.request("$SYS.REQ.SERVER.PING.CONNZ", body)
        answer = json.loads(message.payload)
        if "error" in answer:
            raise LogUnavailable(f"the log server does not tell its connections: {answer['error']}")
        return answer["server"]["id"], answer["data"].get("connections") or []

    async def _close(self, server: str, number: int) -> None:
        message = await self._connection.request(f"$SYS.REQ.SERVER.{server}.KICK", json.dumps({"cid": number}).encode())
        error = json.loads(message.payload).get("error")
        if error:  # it was quicker
            logger.debug("connection %d: %s", number, error)
