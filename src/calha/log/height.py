"""How far a stream is known to reach."""

import asyncio
from contextlib import suppress

from calha.domain.errors import LogUnavailable


class TailLost(LogUnavailable):
    """The log gives numbers that it has given before; nothing is acknowledged until that is mended."""


class Height:
    """The highest sequence that a stream is known to have given, and whether it is sure that none comes a second time.

    While it is not sure, nothing is written (see `continuity`). doubts: how often it was not; what was known of the stream's
    content before may hold no more.
    """

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self.is_sure = True
        self.doubts = 0
        self._doubted = asyncio.Event()

    def rise(self, seq: int) -> None:
        """The stream has given this sequence."""
        self.seq = max(self.seq, seq)

    def doubt(self) -> None:
        """The stream may have lost its tail."""
        self.is_sure = False
        self.doubts += 1
        self._doubted.set()

    def settle(self) -> None:
        """The stream goes on above `seq`."""
        self.is_sure = True
        self._doubted.clear()

    def require_sure(self) -> None:
        """Raises TailLost."""
        if not self.is_sure:
            raise TailLost("the log is looked over before it takes anything")

    async def until_doubted(self, timeout_s: float) -> None:
        """Return when there is doubt, or after the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._doubted.wait()
