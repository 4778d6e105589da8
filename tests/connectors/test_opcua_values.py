"""What a server tells of its nodes, as readings: quality, time, gaps and repetition, without a server."""

import math

import numpy as np
import pytest

from calha.connectors.opcua.values import Slot, Translator, counted
from calha.connectors.opcua.wire import Changes, Strange
from calha.domain.directory import ChannelEntry
from calha.domain.quality import Quality, of_status
from calha.domain.times import SECOND_US

NOW = 1_795_000_000 * SECOND_US
GAUGE, COUNTER = ChannelEntry(7, "gauge"), ChannelEntry(8, "counter")
STATE = ChannelEntry(9, "state", states={"ligada": 1, "parada": 0})


def slots(*channels):
    return [Slot(f"ns=4;s=v{n}", "eta", f"c{n}", channel) for n, channel in enumerate(channels)]


def changes(values, status=0, source_at=NOW - SECOND_US, server_at=NOW, handle=None):
    """Of consecutive handles; a value that is no number goes beside the columns."""
    size = len(values)
    plain = [float(value) if isinstance(value, int | float) else math.nan for value in values]
    return Changes(
        np.arange(size) if handle is None else np.array(handle),
        np.array(plain),
        np.array([isinstance(value, bool) for value in values]),
        np.broadcast_to(np.array(status, np.uint32), size).copy(),
        np.broadcast_to(np.array(source_at, np.int64), size).copy(),
        np.broadcast_to(np.array(server_at, np.int64), size).copy(),
        {n: value for n, value in enumerate(values) if isinstance(value, str | Strange)},
    )


@pytest.mark.parametrize(
    ("status", "quality"),
    [
        (0x00000000, Quality.GOOD),
        (0x00300000, Quality.GOOD),  # GoodClamped
        (0x00000480, Quality.GOOD),  # info bits do not change the meaning
        (0x00960000, Quality.SUBSTITUTED),
        (0x40000000, Quality.UNCERTAIN),
        (0x40900000, Quality.LAST_USABLE),
        (0x40910480, Quality.SUBSTITUTED),
        (0x80000000, Quality.BAD),
        (0x80050000, Quality.NO_COMMUNICATION),
        (0x80310000, Quality.NO_COMMUNICATION),
        (0x80890000, Quality.NOT_CONFIGURED),
        (0x808B0000, Quality.SENSOR_FAILURE),
        (0x808C0000, Quality.SENSOR_FAILURE),
        (0x808D0000, Quality.OUT_OF_SERVICE),
        (0xC0000000, Quality.BAD),  # reserved, and no good
    ],
)
def test_a_status_code_becomes_a_quality_of_the_same_severity_or_a_worse_one(status, quality):
    assert of_status(status) is quality
    assert quality >> 6 >= status >> 30 or status >> 30 == 3


def test_a_bad_status_has_no_value_and_never_a_0_in_its_place():
    batch = Translator(slots(GAUGE)).readings(changes([0.0], status=0x808C0000), NOW).batch
    assert math.isnan(batch.value[0])
    assert batch.quality[0] == Quality.SENSOR_FAILURE


def test_a_good_status_without_a_value_is_bad():
    batch = Translator(slots(GAUGE)).readings(changes([math.nan]), NOW).batch
    assert (math.isnan(batch.value[0]), batch.quality[0]) == (True, Quality.BAD)


def test_an_uncertain_value_keeps_its_value_and_says_so():
    batch = Translator(slots(GAUGE)).readings(changes([12.5], status=0x40900000), NOW).batch
    assert (batch.value[0], batch.quality[0]) == (12.5, Quality.LAST_USABLE)


@pytest.mark.parametrize(
    ("source_at", "server_at", "expected", "quality"),
    [
        (NOW - 5 * SECOND_US, NOW, NOW - 5 * SECOND_US, Quality.GOOD),
        (NOW + 3_600 * SECOND_US, NOW - 1, NOW - 1, Quality.GOOD),  # a clock that runs an hour ahead
        (1, NOW - 1, NOW - 1, Quality.GOOD),  # a clock that was never set
        (0, NOW - 1, NOW - 1, Quality.GOOD),
        (0, 0, NOW, Quality.ARRIVAL_TIME),
        (1, NOW + 3_600 * SECOND_US, NOW, Quality.ARRIVAL_TIME),
    ],
)
def test_the_sources_time_counts_if_plausible_then_the_servers_then_that_of_arrival(
    source_at, server_at, expected, quality
):
    batch = Translator(slots(GAUGE)).readings(changes([1.0], source_at=source_at, server_at=server_at), NOW).batch
    assert (batch.at[0], batch.quality[0], batch.arrived_at[0]) == (expected, quality, NOW)


def test_booleans_states_and_texts_go_by_the_rules_of_every_other_way_in():
    translator = Translator(slots(GAUGE, STATE, STATE, GAUGE))
    readings = translator.readings(changes([True, "Ligada", False, "12,5"]), NOW)
    assert readings.batch.value.tolist() == [1.0, 1.0, 0.0, 12.5]
    assert readings.faults == []


def test_what_a_channel_cannot_take_is_a_fault_of_its_node_and_stops_no_other():
    translator = Translator(slots(GAUGE, COUNTER, STATE, STATE, GAUGE, GAUGE))
    sent = changes(["OK", True, 1.5, "voando", Strange("array of Float"), 3.0])
    readings = translator.readings(sent, NOW)
    assert readings.batch.value.tolist() == [3.0]
    assert [fault.slot for fault in readings.faults] == [0, 1, 2, 3, 4]
    assert {fault.reason for fault in readings.faults} == {"not_a_number", "wrong_kind", "unknown_state"}
    faulty = {fault.slot: fault.detail for fault in readings.faults}
    assert counted(translator, faulty) == {"good": 1, "uncertain": 0, "bad": 5, "unknown": 0}


def test_a_handle_that_nobody_asked_for_is_left_out():
    readings = Translator(slots(GAUGE)).readings(changes([1.0, 2.0], handle=[0, 99]), NOW)
    assert readings.batch.value.tolist() == [1.0]


def test_values_that_the_server_has_dropped_are_told():
    assert Translator(slots(GAUGE)).readings(changes([1.0], status=0x00000480), NOW).overflowed == 1


def test_an_unchanged_value_is_repeated_as_of_the_servers_last_sign_of_life_and_only_then():
    translator = Translator(slots(GAUGE, GAUGE))
    translator.readings(changes([5.0]), NOW)
    later = NOW + 90 * SECOND_US
    assert len(translator.repeated(NOW, later, later)) == 0
    repeated = translator.repeated(later - 60 * SECOND_US, later - SECOND_US, later)
    assert (repeated.series.tolist(), repeated.value.tolist(), repeated.at.tolist()) == (
        [7],
        [5.0],
        [later - SECOND_US],
    )
    assert len(translator.repeated(later - 60 * SECOND_US, later, later)) == 0


def test_a_gap_has_no_value_and_what_comes_after_it_is_newer_whatever_time_it_brings():
    translator = Translator(slots(GAUGE, GAUGE))
    translator.readings(changes([5.0]), NOW)
    lost_at = NOW + 10 * SECOND_US
    gap = translator.gap(lost_at)
    assert (gap.series.tolist(), gap.quality.tolist(), gap.at.tolist()) == ([7], [Quality.NO_COMMUNICATION], [lost_at])
    assert math.isnan(gap.value[0])
    assert counted(translator, {})["unknown"] == 2
    assert len(translator.gap(lost_at + 1)) == 0, "a gap is told once"
    back_at = lost_at + 20 * SECOND_US
    unchanged = translator.readings(changes([5.0], source_at=NOW - SECOND_US, server_at=back_at - 1), back_at).batch
    assert unchanged.at.tolist() == [back_at - 1]


def test_a_gap_that_an_earlier_process_has_told_counts_too():
    translator = Translator(slots(GAUGE), [NOW])
    batch = translator.readings(changes([5.0], source_at=NOW - 5, server_at=NOW - 3), NOW + 7).batch
    assert (batch.at[0], batch.quality[0]) == (NOW + 7, Quality.ARRIVAL_TIME)


def test_after_the_clock_was_set_back_a_gap_of_its_future_pins_no_time():
    translator = Translator(slots(GAUGE), [NOW + 3_600 * SECOND_US])
    for moment in (NOW, NOW + SECOND_US):
        batch = translator.readings(changes([5.0], source_at=moment - 1, server_at=moment), moment).batch
        assert (batch.at[0], batch.quality[0]) == (moment - 1, Quality.GOOD)
