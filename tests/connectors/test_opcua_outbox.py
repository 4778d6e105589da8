"""Readings that wait for the log: kept, tried again, dropped in the end from the oldest, and counted by cause."""

import asyncio

import pytest

from calha.connectors.opcua.outbox import Outbox
from calha.domain.errors import LogFull, LogUnavailable
from calha.domain.readings import MAX_READINGS, Batch


def batch(first: int, size: int = 1) -> Batch:
    numbers = list(range(first, first + size))
    return Batch.of([1] * size, numbers, [float(one) for one in numbers], [0] * size, numbers)


class Log:
    """Takes batches, or refuses with an error while it has one."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.messages = 0
        self.error: LogUnavailable | None = None
        self.asked = asyncio.Event()

    async def publish(self, sent: Batch) -> None:
        self.asked.set()
        if self.error is not None:
            raise self.error
        self.messages += 1
        self.taken += sent.at.tolist()


@pytest.fixture
def log():
    return Log()


async def until(condition, within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what other tasks do
            await asyncio.sleep(0.01)


async def test_what_waits_leaves_in_order_and_together(log):
    outbox = Outbox(log.publish, lambda *_: None)
    for number in range(100):
        outbox.put(batch(number))
    task = asyncio.create_task(outbox.run())
    await until(lambda: len(log.taken) == 100)
    task.cancel()
    assert log.taken == list(range(100))
    assert log.messages == 1
    assert (outbox.published, outbox.waiting, dict(outbox.lost)) == (100, 0, {})


async def test_while_the_log_refuses_everything_is_kept_and_comes_in_order_afterwards(log):
    outbox = Outbox(log.publish, lambda *_: None)
    log.error = LogUnavailable("away")
    task = asyncio.create_task(outbox.run())
    outbox.put(batch(0, 10))
    await log.asked.wait()
    outbox.put(batch(10, 10))
    assert outbox.waiting == 20
    log.error = None
    await until(lambda: outbox.waiting == 0)
    task.cancel()
    assert log.taken == list(range(20))
    assert not outbox.lost


@pytest.mark.parametrize(("error", "cause"), [(LogUnavailable("away"), "log_unavailable"), (LogFull("x"), "log_full")])
async def test_a_full_queue_drops_the_oldest_and_counts_them_by_cause(log, error, cause):
    dropped = []
    outbox = Outbox(log.publish, lambda lost, why: dropped.append((lost.at.tolist(), why)), max_waiting=50)
    log.error = error
    task = asyncio.create_task(outbox.run())
    outbox.put(batch(0, 10))
    await log.asked.wait()
    await until(lambda: outbox.waiting == 10)
    for number in range(10, 80, 10):
        outbox.put(batch(number, 10))
    assert outbox.waiting <= 50
    assert dict(outbox.lost) == {cause: 30}
    assert dropped == [(list(range(start, start + 10)), cause) for start in (0, 10, 20)]
    log.error = None
    await until(lambda: outbox.waiting == 0)
    task.cancel()
    assert log.taken == list(range(30, 80))


async def test_a_backlog_leaves_in_messages_that_the_log_takes(log):
    outbox = Outbox(log.publish, lambda *_: None)
    for number in range(5):
        outbox.put(batch(number * 8_000, 8_000))
    task = asyncio.create_task(outbox.run())
    await until(lambda: outbox.waiting == 0)
    task.cancel()
    assert len(log.taken) == 40_000
    assert log.messages == 3, f"two of 8,000 fit into one of {MAX_READINGS}"


async def test_what_is_left_at_the_end_is_tried_once_more(log):
    outbox = Outbox(log.publish, lambda *_: None)
    log.error = LogUnavailable("away")
    task = asyncio.create_task(outbox.run())
    outbox.put(batch(0, 10))
    await log.asked.wait()
    log.error = None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert log.taken == list(range(10))
