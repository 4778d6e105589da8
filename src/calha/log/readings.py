"""Batches out of the log, once and in order, for the store's writer and any other durable reader."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from calha.domain.errors import CorruptBatch
from calha.domain.readings import Batch
from calha.log.connection import Connection
from calha.log.height import Height
from calha.log.reader import Delivery, Reader, ReaderLimits
from calha.log.streams import READINGS

LIMITS = ReaderLimits(messages=200, max_pending=4_000)

logger = logging.getLogger("calha.log.readings")


class LoggedBatch(NamedTuple):
    """seq: log sequence, ascending but with holes."""

    seq: int
    batch: Batch


class ReadingsSource:
    """One durable reader of READINGS; what it has not acknowledged is never trimmed.

    `corrupt` counts messages that are no batch; they are logged and skipped.
    """

    def __init__(
        self, connection: Connection, name: str, from_seq: int | None = None, height: Height | None = None
    ) -> None:
        """Read under a durable name. from_seq: the first sequence wanted, for readers that keep their own position.

        height: of READINGS, which rises with what is read.
        """
        self._reader = Reader(connection, READINGS, name, f"{READINGS}.>", LIMITS, from_seq, numbers_go_on=True)
        self._height = height or Height()
        self._ends: dict[int, int] = {}  # of chunks that end with what is no batch: last batch, last message
        self.corrupt = 0

    @property
    def acknowledged_seq(self) -> int:
        """All batches up to this one are done with."""
        return self._reader.acknowledged_seq

    @property
    def handed_seq(self) -> int:
        """The last batch that was handed out; those that are not acknowledged wait where they went."""
        return self._reader.handed_seq

    async def ensure(self) -> None:
        """Make the reader known to the log, from when on nothing that it has not acknowledged is trimmed.

        `batches` does it as well. Raises LogUnavailable.
        """
        await self._reader.ensure()

    async def batches(self) -> AsyncGenerator[list[LoggedBatch]]:
        """Batches as they come, in order, never an empty list; waits while the log is away. For one caller at a time.

        Called again, it begins after the last batch acknowledged.
        """
        async with aclosing(self._reader.chunks()) as chunks:
            async for chunk in chunks:
                self._height.rise(chunk[-1].seq)
                batches = [found for delivery in chunk if (found := self._batch(delivery))]
                if batches:
                    if batches[-1].seq < chunk[-1].seq:
                        self._ends[batches[-1].seq] = chunk[-1].seq
                    yield batches
                else:
                    self._reader.acknowledge(chunk[-1].seq)

    async def acknowledge(self, seq: int) -> None:
        """All batches up to `seq` are done with."""
        ends = [self._ends.pop(one) for one in list(self._ends) if one <= seq]
        self._reader.acknowledge(max([seq, *ends]))

    def _batch(self, delivery: Delivery) -> LoggedBatch | None:
        try:
            return LoggedBatch(delivery.seq, Batch.decode(delivery.payload))
        except CorruptBatch as error:
            self.corrupt += 1
            logger.error("message %d of the log is skipped: %s", delivery.seq, error)
            return None
