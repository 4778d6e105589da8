"""Payloads → readings: what is accepted, what is set aside and why, and that nothing ever raises out of the decoder."""

import json
import math
import tracemalloc
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.directory import ChannelEntry, DeviceEntry, Directory
from calha.domain.errors import Malformed, Refused, TooLarge
from calha.domain.quality import Quality
from calha.domain.readings import Batch
from calha.ingest.decode import Decoding, Ranges, decode_deferred, decode_records, parse_number
from calha.ingest.formats import records, unpack

NOW = 1_769_860_800_000_000  # 2026-01-31T12:00Z
CHANNELS = {
    "flow": ChannelEntry(1, "gauge", minimum=0, maximum=100),
    "total": ChannelEntry(2, "counter"),
    "mode": ChannelEntry(3, "state", states={"stopped": 0, "parado": 0, "running": 1}),
}
PUMP = DeviceEntry("pump", ZoneInfo("America/Sao_Paulo"), CHANNELS)
CURIOUS = DeviceEntry("curious", ZoneInfo("America/Sao_Paulo"), CHANNELS, may_discover=3)
NAMES = {1: ("pump", "flow"), 2: ("pump", "total"), 3: ("pump", "mode")}
DIRECTORY = Directory({"pump": PUMP, "curious": CURIOUS}, NAMES)


def decode(payload, device="pump", format_="json", directory=DIRECTORY):
    """(readings as (series, at, value, quality), problems as (reason, readings), decoding)."""
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    decoding = Decoding()
    decode_records(records(payload, format_), device, directory, NOW, decoding)
    batch = decoding.batch(Ranges(directory))
    readings = list(
        zip(batch.series.tolist(), batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True)
    )
    return readings, [(problem.reason, problem.readings) for problem in decoding.problems], decoding


def one(value, channel="flow"):
    readings, problems, _ = decode({"ts": NOW, "values": {channel: value}})
    return readings[0][2:] if readings else problems[0][0]


def test_an_object_with_values_and_one_with_flat_keys_are_the_same():
    nested, _, _ = decode({"ts": 1769860800, "values": {"flow": 12.5, "total": 7}})
    flat, _, _ = decode({"ts": 1769860800, "flow": 12.5, "total": 7})
    assert nested == flat == [(1, NOW, 12.5, 0), (2, NOW, 7.0, 0)]


def test_readings_of_a_channel_that_is_gone_are_judged_without_a_range():
    waited = Batch.of([1, 900, 3], [NOW] * 3, [101.0, 1e9, math.inf], [0] * 3, [NOW] * 3)
    judged = Ranges(DIRECTORY).judge(waited)
    assert judged.series.tolist() == [1, 900, 3]
    assert judged.quality.tolist() == [Quality.OUT_OF_RANGE, Quality.GOOD, Quality.BAD]
    assert Ranges(Directory({}, {})).judge(waited).series.tolist() == [1, 900, 3], "the last device is deleted"


def test_a_device_deleted_while_its_message_is_decoded_needs_no_channels():
    _, _, decoding = decode({"ts": NOW, "values": {"new": 1}}, "curious")
    assert decoding.undeclared(DIRECTORY) == {"curious": {"new"}}
    without = Directory({"pump": PUMP}, NAMES)
    assert decoding.undeclared(without) == {}
    decode_deferred(decoding.deferred[0], without, decoding)
    assert [problem.reason for problem in decoding.problems] == ["unknown_device"]


def test_an_array_is_many_records():
    readings, _, _ = decode([{"ts": NOW - 1_000_000, "flow": 1}, {"ts": NOW, "flow": 2}])
    assert [reading[:3] for reading in readings] == [(1, NOW - 1_000_000, 1), (1, NOW, 2)]


def test_without_a_time_the_arrival_stands_in_and_none_replaces_another():
    readings, _, _ = decode([{"flow": 1}, {"flow": 2}])
    assert readings == [(1, NOW, 1, Quality.ARRIVAL_TIME), (1, NOW + 1, 2, Quality.ARRIVAL_TIME)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.5, (12.5, Quality.GOOD)),
        ("12.5", (12.5, Quality.GOOD)),
        ("12,5", (12.5, Quality.GOOD)),
        ("1.234,5", (1234.5, Quality.OUT_OF_RANGE)),
        (True, (1.0, Quality.GOOD)),
        (101, (101.0, Quality.OUT_OF_RANGE)),
        (-0.1, (-0.1, Quality.OUT_OF_RANGE)),
        ({"value": 3, "quality": "estimated"}, (3.0, Quality.ESTIMATED)),
        ({"value": 3, "quality": "splendid"}, "bad_quality"),
        ("aberta", "not_a_number"),
        ("1_000", "not_a_number"),
        ([1], "wrong_kind"),
        (10**400, "not_a_number"),
    ],
)
def test_values_of_a_gauge(value, expected):
    assert one(value) == expected


@pytest.mark.parametrize("written", [b"null", b"NaN", b"Infinity", b'"NaN"', b'"-inf"'])
def test_a_failed_read_is_bad_and_never_zero(written):
    readings, problems, _ = decode(b'{"ts": 1769860800, "values": {"flow": ' + written + b"}}")
    assert not problems
    assert math.isnan(readings[0][2])
    assert readings[0][3] == Quality.BAD


def test_states_are_written_as_texts_numbers_or_booleans():
    assert one("Running", "mode") == (1, Quality.GOOD)
    assert one("parado", "mode") == (0, Quality.GOOD)
    assert one(True, "mode") == (1, Quality.GOOD)
    assert one("2", "mode") == (2, Quality.GOOD)
    assert one("dancing", "mode") == "unknown_state"
    assert one(1.5, "mode") == "wrong_kind"


def test_a_register_is_not_a_boolean():
    assert one(True, "total") == "wrong_kind"


def test_one_bad_value_spoils_neither_its_record_nor_its_message():
    readings, problems, decoding = decode(
        [{"ts": NOW, "values": {"flow": "x", "total": 5}}, 7, {"ts": NOW, "values": {"flow": 1}}]
    )
    assert [reading[0] for reading in readings] == [2, 1]
    assert problems == [("not_a_number", 1), ("malformed", 1)]
    assert json.loads(decoding.problems[0].raw) == {"ts": NOW, "values": {"flow": "x"}}


def test_a_future_time_sets_the_record_aside_with_all_its_readings():
    readings, problems, _ = decode({"ts": NOW + 301_000_000, "values": {"flow": 1, "total": 2}})
    assert (readings, problems) == ([], [("time_in_future", 2)])


def test_undeclared_keys_wait_for_their_channel_where_the_profile_allows_it():
    readings, problems, decoding = decode({"ts": NOW, "values": {"flow": 1, "ph": 7.2, "note": "ok"}}, "curious")
    assert (readings, problems) == ([], [])
    assert decoding.undeclared(DIRECTORY) == {"curious": {"ph"}}

    grown = DeviceEntry("curious", CURIOUS.zone, CHANNELS | {"ph": ChannelEntry(9, "gauge")}, may_discover=2)
    decode_deferred(decoding.deferred[0], Directory({"curious": grown}, {9: ("curious", "ph")}), decoding)
    assert decoding.series == [1, 9]
    assert [(problem.reason, problem.readings) for problem in decoding.problems] == [("undeclared_channel", 1)]


def test_records_without_a_time_stay_apart_also_when_they_wait_for_their_channels_or_in_quarantine():
    _, _, decoding = decode([{"ph": 7}, {"ph": 8}, {"ph": "acid"}, {"flow": "x"}], "curious")
    grown = DeviceEntry("curious", CURIOUS.zone, CHANNELS | {"ph": ChannelEntry(9, "gauge")})
    for deferred in decoding.deferred:
        decode_deferred(deferred, Directory({"curious": grown}, {9: ("curious", "ph")}), decoding)
    assert decoding.at == [NOW, NOW + 1]
    assert sorted(problem.position for problem in decoding.problems) == [2, 3]


@pytest.mark.parametrize("levels", [65, 980, 1_200, 200_000])
@pytest.mark.parametrize("other", ["", ', "level": NaN'])
def test_what_is_nested_deeper_than_any_reading_is_refused_before_it_is_decoded(levels, other):
    with pytest.raises(Malformed, match="nested"):
        records(b'{"flow": %b%b}' % (b"[" * levels + b"]" * levels, other.encode()))


def test_brackets_in_a_text_nest_nothing():
    readings, problems, _ = decode({"ts": NOW, "flow": 1, "note": "[{" * 500})
    assert [reading[2] for reading in readings] == [1]
    assert problems == [("undeclared_channel", 1)]


@pytest.mark.parametrize("payload", [b'{"flow": NaN, "\\ud800": 1}', b'[{"device": "\\ud800", "flow": NaN}]'])
def test_half_a_pair_of_utf_16_is_not_json(payload):
    with pytest.raises(Malformed):
        records(payload)


def test_undeclared_keys_are_a_problem_where_the_profile_does_not_allow_them():
    readings, problems, _ = decode({"ts": NOW, "values": {"flow": 1, "ph": 7.2}})
    assert [reading[0] for reading in readings] == [1]
    assert problems == [("undeclared_channel", 1)]


def test_records_name_their_devices():
    readings, problems, _ = decode(
        [{"device": "pump", "ts": NOW, "flow": 1}, {"device": "ghost", "flow": 1}, {"flow": 1}], device=None
    )
    assert [reading[0] for reading in readings] == [1]
    assert problems == [("unknown_device", 1), ("no_device", 1)]


def test_ndjson_sets_only_the_broken_line_aside():
    readings, problems, decoding = decode(b'{"flow": 1}\n{"flow": \n\n{"flow": 2}\n', format_="ndjson")
    assert [reading[2] for reading in readings] == [1, 2]
    assert problems == [("malformed", 1)]
    assert decoding.problems[0].raw == b'{"flow": '


@pytest.mark.parametrize(
    ("payload", "format_"),
    [
        (b"x\n" * 1_000_000, "ndjson"),
        (b"a,b\n" + b"1\n" * 1_000_000, "csv"),
        (b'{"tipo": "HORA", "dados": [%s]}' % b",".join([b"{}"] * 100_001), "eta"),
        (b"[%s]" % b",".join([b"1"] * 100_001), "json"),
    ],
    ids=["ndjson", "csv", "eta", "json"],
)
def test_too_many_records_are_refused_before_they_are_made(payload, format_):
    tracemalloc.start()
    with pytest.raises(TooLarge, match="more than 100000 records"):
        records(payload, format_)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 60 * 1024 * 1024, "a million of them take 200 MiB"


def test_lines_end_as_on_any_system_and_empty_ones_count_for_nothing():
    lines = b'{"flow": 1}\r\n\n  \t\n {"flow": 2}\r{"flow": 3}\n' + b"\n" * 200_000
    assert [record["flow"] for record in records(lines, "ndjson")] == [1, 2, 3]


def test_a_csv_of_many_columns_and_short_rows_is_as_long_as_it_is():
    header = b"ts," + b",".join(b"c%d" % number for number in range(50_000))
    found = records(header + b"\n" + b"1769860800,7\n" * 50_000, "csv")
    assert len(found) == 50_000
    assert found[0] == {"ts": "1769860800", "c0": "7"}


def test_a_csv_row_with_more_cells_than_the_header_is_kept_as_it_came():
    one, broken = records(b"ts,flow,\n1769860800,1,\n1769860800,1,,5\n", "csv")
    assert one == {"ts": "1769860800", "flow": "1"}
    assert broken.raw == b"1769860800,1,,5"


def test_csv_is_wide_or_long_with_commas_or_semicolons():
    wide, _, _ = decode(b"ts;flow;total\n2026-01-31T09:00:00;12,5;7\n", format_="csv")
    long, _, _ = decode(
        b"device,ts,channel,value\npump,2026-01-31T12:00:00Z,flow,12.5\npump,1769860800,total,7\n", None, "csv"
    )
    assert wide == long == [(1, NOW, 12.5, 0), (2, NOW, 7, 0)]


def test_gzip_is_unpacked_up_to_its_limit():
    import gzip

    body = gzip.compress(b"[]" + b" " * 1_000_000)
    assert len(unpack(body, "gzip", 2_000_000)) == 1_000_002
    with pytest.raises(Refused) as caught:
        unpack(body, "gzip", 1_000)
    assert caught.value.reason == "too_large"
    with pytest.raises(Malformed):
        unpack(body[:-10], "gzip", 2_000_000)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12).map(lambda x: round(x, 3)))
def test_brazilian_and_english_numbers_are_the_same(number):
    english = f"{number:,.3f}"
    brazilian = english.replace(",", "_").replace(".", ",").replace("_", ".")
    assert parse_number(english) == parse_number(brazilian) == number


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
telemetry_like = st.fixed_dictionaries(
    {},
    optional={
        "ts": json_values,
        "device": json_values,
        "values": st.dictionaries(st.sampled_from(["flow", "total", "mode", "x"]), json_values),
        "flow": json_values,
    },
)


@given(
    st.one_of(
        st.binary(max_size=200),
        json_values.map(lambda value: json.dumps(value).encode()),
        st.lists(telemetry_like, max_size=4).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from(["json", "ndjson", "csv"]),
    st.sampled_from(["pump", "curious", None]),
)
def test_no_payload_raises_out_of_the_decoder(payload, format_, device):
    try:
        found = records(payload, format_)
    except Refused:
        return
    decoding = Decoding()
    decode_records(found, device, DIRECTORY, NOW, decoding)
    for deferred in decoding.deferred:
        decode_deferred(deferred, DIRECTORY, decoding)
    batch = decoding.batch(Ranges(DIRECTORY))
    assert len(batch) == len(decoding.quality)
    for problem in decoding.problems:
        assert problem.readings >= 1
        assert problem.reason
        assert isinstance(problem.raw, bytes)


@given(st.lists(telemetry_like, min_size=1, max_size=5))
def test_every_value_is_a_reading_or_part_of_a_problem(found):
    decoding = Decoding()
    decode_records(found, "pump", DIRECTORY, NOW, decoding)
    values = [
        record["values"] if isinstance(record.get("values"), dict) else {k: v for k, v in record.items() if k == "flow"}
        for record in found
    ]
    in_problems = sum(problem.readings for problem in decoding.problems)
    empty = sum(1 for problem in decoding.problems if not _values_of(problem.raw))
    assert len(decoding.series) + in_problems - empty == sum(len(one) for one in values)


def _values_of(raw):
    try:
        record = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return {"large": 1}
    return record.get("values", record)
