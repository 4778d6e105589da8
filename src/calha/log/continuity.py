"""The numbers of READINGS never go back while we run, though its tail may be lost under us.

A log server that was killed can come back with its files damaged or taken away: its stream ends before what it has given
already, or is no more. New messages would be given numbers that others had, and whoever remembers numbers would take them
for known. A server that runs does not lose what it has, so:

Rule 1: after each connect nothing is written before the stream's end was compared with the highest number known (`Height`).
Rule 2: a stream that ends below it is read to its end first, and goes on above it then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from calha.domain.errors import LogUnavailable
from calha.log.connection import Connection
from calha.log.height import Height
from calha.log.readings import ReadingsSource
from calha.log.streams import Loss, Streams

BEAT_S = 5.0
RETRY_S = 0.5
POLL_S = 0.05

logger = logging.getLogger("calha.log.continuity")


class Continuity:
    """`run` it beside everything that writes under the same height."""

    def __init__(
        self,
        connection: Connection,
        streams: Streams,
        height: Height,
        reader: ReadingsSource,
        told: Callable[[Loss], Awaitable[None]],
    ) -> None:
        """reader: the one that keeps what it reads. told: takes each loss."""
        self._streams = streams
        self._height = height
        self._reader = reader
        self._told = told
        connection.on_connect(height.doubt)

    async def run(self, beat: Callable[[], None]) -> None:
        """Look after each connect whether the log is whole, and mend it, until cancelled."""
        while True:
            beat()
            try:
                loss = await self._look(beat) if not self._height.is_sure else None
            except LogUnavailable as error:
                logger.warning("nothing is written before the log was looked over: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            if loss is not None:
                await self._told(loss)
            await self._height.until_doubted(BEAT_S)

    async def _look(self, beat: Callable[[], None]) -> Loss | None:
        """Make sure that the log goes on above what is known; what was lost, None if nothing. Raises LogUnavailable."""
        await self._streams.ensure()
        while (last_seq := await self._streams.last_seq()) < self._height.seq:
            if self._reader.acknowledged_seq < max(last_seq, self._reader.handed_seq):
                beat()
                await asyncio.sleep(POLL_S)
                continue
            unread = self._height.seq - max(last_seq, self._reader.acknowledged_seq)
            lost, _ = await self._streams.continue_after(self._height.seq)
            self._height.settle()
            return Loss(lost, max(0, unread))
        self._height.settle()
        return None
