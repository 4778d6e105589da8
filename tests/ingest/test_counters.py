"""Every reading ends in exactly one counter."""

import numpy as np

from calha.domain.readings import Batch
from calha.domain.written import CORRECTED, DUPLICATE, LATE, STORED, Written
from calha.ingest.counters import Counters
from calha.ingest.limits import IngestLimits, MessageRate


def batch(series):
    count = len(series)
    return Batch.of(series, range(count), [0.0] * count, [0] * count, [0] * count)


def test_received_is_the_sum_of_where_readings_ended_and_what_is_on_the_way():
    counters = Counters()
    arrived = batch([1, 1, 2, 5000])
    counters.received(arrived)
    counters.quarantined("pump", "malformed", 2)
    counters.refused("pump", "too_fast", 3)
    assert counters.total.received - counters.total.ended == len(arrived)

    counters.written(arrived, Written(np.array([STORED, LATE, CORRECTED, DUPLICATE], np.uint8)))
    total = counters.total
    assert (total.stored, total.late, total.corrected, total.duplicate) == (1, 1, 1, 1)
    assert total.received == total.ended == 9

    pump = counters.of_device("pump", [1, 2])
    assert (pump.received, pump.stored, pump.late, pump.corrected, pump.duplicate) == (8, 1, 1, 1, 0)
    assert pump.ended == 8


def test_readings_that_the_log_did_not_take_are_taken_back():
    counters = Counters()
    counters.received(batch([1, 2]))
    counters.received(batch([1, 2]), sign=-1)
    assert counters.total.received == counters.total.ended == 0


def test_a_device_may_send_a_burst_and_then_its_rate():
    rate = MessageRate(IngestLimits(messages_per_s=10, burst_messages=5))
    now = 1_000_000_000_000
    assert sum(rate.admits("noisy", now) for _ in range(100)) == 6
    assert rate.admits("quiet", now)
    assert not rate.admits("noisy", now + 50_000)
    assert sum(rate.admits("noisy", now + attempt * 50_000) for attempt in range(2, 202)) == 100
    assert rate.retry_after_s("noisy", now + 201 * 50_000) > 0


def test_a_clock_that_steps_back_locks_nobody_out():
    rate = MessageRate(IngestLimits(messages_per_s=10, burst_messages=5))
    now = 1_000_000_000_000
    for _ in range(10):
        rate.admits("pump", now)
    assert not rate.admits("pump", now)
    assert rate.admits("pump", now - 3_600_000_000)
    assert rate.admits("pump", now + 3_600_000_000)
