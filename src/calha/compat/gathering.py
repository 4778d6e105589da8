"""Messages of many devices go into the log together: what comes within a moment is one write.

A device that waits for its answer before it speaks again sends one message at a time, so a thousand of them a second would be
a thousand batches of one reading. Gathered for GATHER_S they are fifty.

Rule 1: as with `Ingest.take`, an answer comes when its message is on disk; LogUnavailable is that of a whole group.
Rule 2: a group has one message of a device, so that what became of each can be told.
"""

import asyncio
from collections import deque
from typing import NamedTuple

from calha.domain.errors import LogUnavailable
from calha.ingest.service import Ingest, Message

GATHER_S = 0.02
MAX_GROUP = 1_000  # messages


class _Waiting(NamedTuple):
    message: Message
    done: "asyncio.Future[int | None]"


class Gathering:
    """source: under which the log knows these messages."""

    def __init__(self, ingest: Ingest, source: str) -> None:
        self._ingest = ingest
        self._source = source
        self._waiting: deque[_Waiting] = deque()
        self._taking: asyncio.Task[None] | None = None

    async def take(self, message: Message) -> int | None:
        """The log sequence under which all of a message is on disk; None when something of it went to quarantine.

        Raises LogUnavailable with nothing acknowledged. As many wait at once as there are senders.
        """
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(message, done))
        if self._taking is None:
            self._taking = asyncio.create_task(self._take_all(), name=f"gather {self._source}")
        return await done

    async def _take_all(self) -> None:
        group: list[_Waiting] = []
        try:
            while self._waiting:
                await asyncio.sleep(GATHER_S)
                group = self._next_group()
                await self._take_group(group)
        finally:  # whatever else it was that ended this: nobody waits in vain
            self._taking = None
            for one in (*group, *self._waiting):
                one.done.cancel()
            self._waiting.clear()

    async def _take_group(self, group: list[_Waiting]) -> None:
        try:
            receipt = await self._ingest.take([one.message for one in group], self._source)
        except LogUnavailable as error:
            for one in group:
                if not one.done.done():
                    one.done.set_exception(LogUnavailable(*error.args))
            return
        faulty = {problem.device for problem in receipt.problems}
        for one in group:
            if not one.done.done():
                one.done.set_result(None if one.message.device in faulty else receipt.seq)

    def _next_group(self) -> list[_Waiting]:
        """The next messages, one of a device; those behind it wait in their order."""
        group: dict[str | None, _Waiting] = {}
        behind: list[_Waiting] = []
        while self._waiting and len(group) < MAX_GROUP:
            one = self._waiting.popleft()
            if one.message.device in group:
                behind.append(one)
            else:
                group[one.message.device] = one
        self._waiting.extendleft(reversed(behind))
        return list(group.values())
