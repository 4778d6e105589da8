import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import NotFound
from calha.log.connection import Connection
from calha.log.quarantine import MAX_TOKEN, Entry, Quarantine, _text, _token
from calha.log.settings import MIB
from servers import SMALL, running_log


def an_entry(number: int = 0, reason: str = "malformed", device: str = "pump-1") -> Entry:
    return Entry(
        reason, f"detail {number}", device, "mqtt", f"calha/v1/{device}/telemetry", 1000 + number, b"{%d" % number
    )


async def test_an_entry_comes_back_as_it_was(connection: Connection) -> None:
    quarantine = Quarantine(connection)
    entry = Entry("bad_time", "linha 1\r\nCalha-Entry: x – ç", "é.ü *>", "http", "a b", 7, bytes(range(256)), "csv")
    kept = await quarantine.get(await quarantine.put(entry))
    assert kept.entry == entry
    assert kept.at > 0
    assert (await quarantine.list(device="é.ü *>")) == [kept]
    assert await quarantine.last(reason="bad_time") == kept
    assert await quarantine.last(reason="other") is None


async def test_entries_are_listed_in_pages_and_by_reason_and_device(connection: Connection) -> None:
    quarantine = Quarantine(connection)
    entries = [an_entry(n, ("malformed", "unknown_device")[n % 2], ("a", "b", "")[n % 3]) for n in range(60)]
    await asyncio.gather(*(quarantine.put(entry) for entry in entries))
    pages, after = [], 0
    while page := await quarantine.list(after_seq=after, limit=25):
        pages.append(len(page))
        after = page[-1].seq
    assert pages == [25, 25, 10]
    assert len(await quarantine.list(reason="malformed")) == 30
    assert len(await quarantine.list(device="")) == 20
    assert len(await quarantine.list(reason="malformed", device="a")) == 10
    assert await quarantine.list(device="nobody") == []
    summary = await quarantine.summary()
    assert {(one.reason, one.device): one.messages for one in summary.groups} == {
        (reason, device): 10 for reason in ("malformed", "unknown_device") for device in ("a", "b", "")
    }
    assert (summary.messages, summary.last_seq) == (60, 60)


async def test_entries_are_discarded_one_by_one_or_by_filter(connection: Connection) -> None:
    quarantine = Quarantine(connection)
    for number in range(10):
        await quarantine.put(an_entry(number, device=f"d{number % 2}"))
    await quarantine.discard(1)
    with pytest.raises(NotFound):
        await quarantine.get(1)
    with pytest.raises(NotFound):
        await quarantine.discard(1)
    assert await quarantine.discard_all(device="d1", through_seq=5) == 2
    assert await quarantine.discard_all(device="d0") == 4
    assert [kept.seq for kept in await quarantine.list()] == [6, 8, 10]


async def test_a_page_of_large_messages_is_short_but_not_empty(tmp_path: Path) -> None:
    roomy = replace(SMALL, max_store_bytes=128 * MIB, quarantine_max_bytes=64 * MIB)
    async with running_log(tmp_path, roomy) as (_, connection):
        quarantine = Quarantine(connection)
        for _ in range(5):
            await quarantine.put(replace(an_entry(), payload=bytes(7 * MIB)))
        found, after = 0, 0
        while page := await quarantine.list(after_seq=after):
            assert len(page) < 5
            found, after = found + len(page), page[-1].seq
        assert found == 5


async def test_a_full_quarantine_counts_what_it_cannot_keep_and_keeps_what_it_has(connection: Connection) -> None:
    quarantine = Quarantine(connection)
    seqs = [await quarantine.put(replace(an_entry(), payload=bytes(MIB))) for _ in range(10)]
    assert seqs == [1, 2, 3, 4, 5, 6, 7, 0, 0, 0]
    assert quarantine.overflowed == 3
    assert len(await quarantine.list()) == 7


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_any_device_name_is_one_token_and_comes_back(name: str) -> None:
    token = _token(name)
    assert token
    assert not set(token) & set(".*> \r\n\t")
    if len(token) <= MAX_TOKEN:
        assert _text(token) == name


def test_long_names_that_differ_have_different_tokens() -> None:
    assert _token("a" * 5000 + "x") != _token("a" * 5000 + "y")
    assert len(_token("ç" * 5000)) < 210
