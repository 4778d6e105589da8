"""Long work that a request starts and does not wait for. It runs in a thread; what goes wrong is logged, never swallowed."""

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Errands:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    def start(self, name: str, work: Callable[[], object]) -> None:
        """Begin now; returns at once."""
        task: asyncio.Task[object] = asyncio.create_task(asyncio.to_thread(work), name=name)
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s failed", task.get_name(), exc_info=task.exception())
