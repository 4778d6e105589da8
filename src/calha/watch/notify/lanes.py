"""Lanes on which messages leave, each with places and threads of its own.

Rule 1: a mail server that is dead, or a webhook that never ends its answer, keeps nobody of another lane waiting, and nothing
        else of Calha: sending blocks, so that it has no place among the threads that all share.
Rule 2: a channel that stumbles over whatever it may be is tried again like one that did not answer; all others go on.
"""

import asyncio
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from calha.store.notify import ChannelKind
from calha.watch.notify.delivering import Postman

log = logging.getLogger(__name__)

KINDS: tuple[tuple[ChannelKind, ...], ...] = (("email",), ("apprise",), ("webhook", "push"))
AT_ONCE = 8  # channels of a lane that are sent by at the same time


class Lane:
    def __init__(self, kinds: tuple[ChannelKind, ...], postman: Postman) -> None:
        self._kinds = kinds
        self._postman = postman
        self._threads = ThreadPoolExecutor(AT_ONCE, f"messages {kinds[0]}")
        self._under_way: dict[int, asyncio.Future[None]] = {}

    @property
    def under_way(self) -> Iterable[asyncio.Future[None]]:
        return self._under_way.values()

    async def go_on(self) -> None:
        """See what became of those that left, and send by the channels that have waited longest."""
        for channel in [one for one, sending in self._under_way.items() if sending.done()]:
            error = self._under_way.pop(channel).exception()
            if error is not None:
                log.error("channel %d stumbled", channel, exc_info=error)
                await asyncio.to_thread(self._postman.stumbled, channel, error)
        loop = asyncio.get_running_loop()
        for channel in await asyncio.to_thread(self._postman.due, AT_ONCE * 2, self._kinds):
            if channel not in self._under_way and len(self._under_way) < AT_ONCE:
                self._under_way[channel] = loop.run_in_executor(self._threads, self._postman.deliver, channel)
