"""Imports: many readings at once, through the log like everything else, with a receipt of what became of each.

Outcomes are known after the writer's commit; the log sequences of an import are matched with it here.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import LogUnavailable
from calha.domain.readings import MAX_READINGS, Batch
from calha.domain.written import OUTCOMES
from calha.log.publisher import Publisher

SOURCE = "import"
MAX_OUTCOMES_KEPT = 10_000


class Transfer:
    """One import at a time, so that a message of the log holds readings of one import only."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._importing = asyncio.Lock()
        self._outcomes: OrderedDict[int, NDArray[np.int64]] = OrderedDict()
        self._reached = 0
        self._changed = asyncio.Event()

    async def load(self, batch: Batch) -> dict[str, int]:
        """Log a batch and wait until it is stored: how many readings ended as what (OUTCOMES).

        Raises LogFull or LogUnavailable, also when the log has lost it since; what was stored until then is a duplicate when it
        comes again.
        """
        counted = np.zeros(len(OUTCOMES), np.int64)
        async with self._importing:
            parts = [batch.take(slice(start, start + MAX_READINGS)) for start in range(0, len(batch), MAX_READINGS)]
            seqs = [await self._publisher.publish(part, SOURCE) for part in parts]
            for seq in seqs:
                counted += await self._outcome(seq)
        return dict(zip(OUTCOMES, counted.tolist(), strict=True))

    def committed(self, outcomes: Iterable[tuple[int, NDArray[np.int64]]], through_seq: int) -> None:
        """What became of each message of the log in a commit, as (sequence, counts by outcome), and how far it reached."""
        self._reached = through_seq
        for seq, counts in outcomes:
            self._outcomes[seq] = counts
        while len(self._outcomes) > MAX_OUTCOMES_KEPT:
            self._outcomes.popitem(last=False)
        self._changed.set()
        self._changed = asyncio.Event()

    async def _outcome(self, seq: int) -> NDArray[np.int64]:
        while (counts := self._outcomes.get(seq)) is None:
            if self._reached >= seq:
                raise LogUnavailable("the log has lost a part of this before it was stored; import it again")
            await self._changed.wait()
        return counts
