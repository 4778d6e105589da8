from collections import Counter

import pytest

from calha.log.settings import LogSettings
from calha.log.shards import shard_of, shard_url, source_urls, system_url

URL = "nats://calha:secret@127.0.0.1:4222"


def test_a_device_always_has_the_same_shard() -> None:
    assert [shard_of(key, 4) for key in ("pump-1", "pump-2", "água", "")] == [2, 0, 2, 0]


@pytest.mark.parametrize("shards", [1, 2, 4, 16])
def test_devices_are_spread_evenly(shards: int) -> None:
    counts = Counter(shard_of(f"meter-{number}", shards) for number in range(10_000))
    assert set(counts) == set(range(shards))
    assert max(counts.values()) < 1.1 * 10_000 / shards


def test_the_addresses_of_shards_differ_by_user() -> None:
    assert shard_url(URL, 2) == "nats://calha-2:secret@127.0.0.1:4222"
    assert system_url(URL) == "nats://calha-sys:secret@127.0.0.1:4222"


def test_an_existing_server_has_one_shard_on_the_same_account() -> None:
    assert source_urls(URL, LogSettings(url=URL)) == (URL,)
    assert source_urls(URL, LogSettings(shards=2)) == (shard_url(URL, 0), shard_url(URL, 1))
