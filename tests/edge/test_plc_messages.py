"""Readings of a PLC arrive at the hub as they left: value, quality and microsecond."""

from datetime import UTC

import numpy as np
import pytest

from calha.domain.directory import ChannelEntry, DeviceEntry, Directory
from calha.domain.quality import Quality
from calha.domain.readings import Batch
from calha.edge.plc_messages import message_of
from calha.ingest.decode import Decoding, Ranges, decode_records
from calha.ingest.formats import records

AT = 1_769_860_800_123_457
CHANNELS = ["flow_1", "level", "pump"]


def through_the_hub(*rows: tuple[int, int, float, int]) -> list[tuple]:
    """Rows (series, µs, value, quality) as the hub decodes the message that is made of them."""
    series, at, value, quality = zip(*rows, strict=True)
    batch = Batch.of(list(series), list(at), list(value), list(quality), [AT + 2_000_000] * len(rows))
    message = message_of("clp", CHANNELS, batch, "opcua", "CLP")
    channels = {key: ChannelEntry(number, "gauge") for number, key in enumerate(CHANNELS)}
    names = {number: ("clp", key) for number, key in enumerate(CHANNELS)}
    directory = Directory({"clp": DeviceEntry("clp", UTC, channels)}, names)
    into = Decoding()
    decode_records(records(message.payload, message.format), message.device, directory, message.arrived_at, into)
    assert into.problems == []
    found = into.batch(Ranges(directory))
    return list(
        zip(found.series.tolist(), found.at.tolist(), found.value.tolist(), found.quality.tolist(), strict=True)
    )


def test_values_and_microseconds_are_kept():
    rows = [(0, AT, 71.4, 0), (1, AT, -0.0, 0), (2, AT, 1e300, 0), (0, AT + 1, 71.5, 0)]
    assert through_the_hub(*rows) == rows


@pytest.mark.parametrize("quality", [one for one in Quality if Quality.GOOD < one < Quality.BAD])
def test_a_doubtful_value_brings_its_quality(quality):
    assert through_the_hub((0, AT, 3.5, quality)) == [(0, AT, 3.5, quality)]


@pytest.mark.parametrize("quality", [one for one in Quality if one >= Quality.BAD])
def test_a_bad_value_stays_without_one_and_keeps_its_reason(quality):
    ((series, at, value, found),) = through_the_hub((1, AT, np.nan, quality))
    assert (series, at, found) == (1, AT, quality)
    assert np.isnan(value)


def test_two_values_of_one_node_at_one_time_stay_in_their_order():
    assert [row[2] for row in through_the_hub((0, AT, 1.0, 0), (1, AT, 5.0, 0), (0, AT, 2.0, 0))] == [1.0, 5.0, 2.0]
