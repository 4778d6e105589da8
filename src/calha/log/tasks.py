"""Ending tasks."""

import asyncio
from typing import Any


async def end(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel tasks and wait until they have ended, whatever they end with.

    `await task` in their place would also swallow a cancellation of the caller.
    """
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
