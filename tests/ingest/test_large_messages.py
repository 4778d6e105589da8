"""A large message is decoded beside what else is to be done, and only its beginning is remembered."""

import json
import threading

import pytest

from calha.ingest import service
from calha.ingest.limits import IngestLimits
from calha.ingest.service import DECODED_AT_ONCE_BYTES, REMEMBERED_BYTES, Ingest, Message, raw_text
from calha.store.registry import Registry
from registries import lay_empty_registry

NOW = 1_769_860_800_000_000  # 2026-01-31T12:00Z


@pytest.fixture
async def ingest(tmp_path):
    registry = Registry.open(lay_empty_registry(tmp_path))
    site = registry.create_site("ETA", None, "America/Sao_Paulo").id
    for key in ("m1", "m2"):
        registry.create_device(key, "generic", site)
        registry.discover(key, ["flow"])
    made = Ingest(registry, None, None, IngestLimits(), lambda: NOW)  # nothing here reaches the log
    await made.refresh()
    yield made
    registry.close()


def message(payload: bytes, device: str | None = "m1") -> Message:
    return Message(device, payload, NOW, "http", "telemetry")


def padded(content: object, size: int) -> bytes:
    return json.dumps(content).encode().ljust(size)


async def test_a_large_message_is_decoded_in_a_thread_and_a_small_one_at_once(ingest, monkeypatch):
    seen = []
    decode = service.records
    monkeypatch.setattr(service, "records", lambda *given: seen.append(threading.current_thread()) or decode(*given))
    for size in (DECODED_AT_ONCE_BYTES, DECODED_AT_ONCE_BYTES + 1):
        await ingest.set_aside_again([message(padded({"ts": NOW, "flow": 1}, size))])
    at_once, beside = seen
    assert at_once is threading.main_thread()
    assert beside is not threading.main_thread()


async def test_of_a_large_message_the_beginning_is_remembered_and_said_to_be_one(ingest):
    await ingest.set_aside_again([message(padded({"ts": NOW, "flow": 1}, REMEMBERED_BYTES + 1))])
    last = ingest.last_message("m1")
    assert len(last.message.payload) == REMEMBERED_BYTES
    readings, (problem,) = ingest.explain(last, "m1")
    assert len(readings) == 0
    assert (problem.reason, problem.device) == ("too_large", "m1")
    assert "only its first 65536 bytes are kept" in problem.detail
    assert raw_text(last, 30).startswith('{"ts": ')


async def test_a_message_that_is_not_so_large_is_remembered_whole(ingest):
    await ingest.set_aside_again([message(padded({"ts": NOW, "flow": 1}, REMEMBERED_BYTES))])
    readings, problems = ingest.explain(ingest.last_message("m1"), "m1")
    assert (readings.value.tolist(), problems) == ([1.0], [])


async def test_of_many_devices_in_a_large_message_each_is_remembered_by_its_own_record(ingest):
    large = {"device": "m1", "ts": NOW, "flow": " " * REMEMBERED_BYTES + "7"}
    small = {"device": "m2", "ts": NOW, "flow": 2}
    await ingest._decode([message(json.dumps([large, small]).encode(), None)])
    assert ingest.explain(ingest.last_message("m2"), "m2")[0].value.tolist() == [2.0]
    cut = ingest.last_message("m1")
    assert (cut.record, len(cut.message.payload)) == (None, REMEMBERED_BYTES)
    assert "are kept" in ingest.explain(cut, "m1")[1][0].detail
