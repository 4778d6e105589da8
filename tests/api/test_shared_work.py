"""Work that is begun once for all who wait for it."""

import asyncio
import threading

import pytest

from calha.api.shared_work import SharedWork


class Work:
    """Counts how often it is begun, and ends when it may."""

    def __init__(self) -> None:
        self.begun = 0
        self.is_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        self.is_begun.set()
        self.may_end.wait()
        return number


async def test_who_waits_shares_what_is_begun_after_they_asked() -> None:
    shared, work = SharedWork(), Work()
    first = asyncio.create_task(shared.of("month", work))
    await asyncio.to_thread(work.is_begun.wait)
    later = [asyncio.create_task(shared.of("month", work)) for _ in range(20)]
    await asyncio.sleep(0)
    work.may_end.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 20


async def test_one_at_a_time_and_others_are_not_kept_from_threads() -> None:
    shared, work = SharedWork(), Work()
    asked = [asyncio.create_task(shared.of(number, work)) for number in range(50)]
    await asyncio.to_thread(work.is_begun.wait)
    assert await asyncio.to_thread(lambda: "at once") == "at once"
    assert work.begun == 1
    work.may_end.set()
    assert sorted(await asyncio.gather(*asked)) == list(range(1, 51))


async def test_who_goes_takes_nothing_from_those_who_stay() -> None:
    shared, work = SharedWork(), Work()
    gone, stays = (asyncio.create_task(shared.of("month", work)) for _ in range(2))
    await asyncio.to_thread(work.is_begun.wait)
    gone.cancel()
    work.may_end.set()
    assert await stays == 1
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_what_fails_fails_for_all_and_the_next_may_begin() -> None:
    def fails() -> int:
        raise ValueError("no store")

    shared = SharedWork()
    asked = await asyncio.gather(*(shared.of("month", fails) for _ in range(2)), return_exceptions=True)
    assert [str(one) for one in asked] == ["no store", "no store"]
    assert await shared.of("month", lambda: 5) == 5
