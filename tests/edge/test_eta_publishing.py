"""Batches as ETA flow's collector reads them: its own examples, and what it must never be given."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.link import Parcel
from calha.edge.eta_batch import EtaBatch

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
AT = 1_769_868_075  # 2026-01-31T14:01:15Z


def parcel(content, device: str = "eta-1", **more) -> Parcel:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    fields = {"device": device, "topic": "t", "transport": "tcp", "format": "json", "arrived_at": AT * 1_000_000}
    return Parcel(**fields | {"payload": payload} | more)


def batch_of(*parcels: Parcel, devices=()) -> list[dict]:
    batch = EtaBatch(SAO_PAULO, devices)
    for one in parcels:
        batch.add(one)
    return [reading for payload in batch.payloads(10_000) for reading in json.loads(payload)]


def test_a_reading_has_local_time_without_a_zone_and_keys_in_upper_case():
    found = batch_of(parcel({"ts": AT, "values": {"vazao_saida1": 71.4, "VAZAO_SAIDA2": 20}}))
    assert found == [
        {"timestamp": "2026-01-31T11:01:00", "valores": {"VAZAO_SAIDA1": 71.4, "VAZAO_SAIDA2": 20.0}, "falha": False}
    ]


@pytest.mark.parametrize(
    "value", [None, "erro: BadNodeId", {"value": 3, "quality": "bad"}, {"value": None}, [1], "", {"v": {"v": 1}}]
)
def test_a_failed_read_is_zero_and_marks_the_whole_reading(value):
    (found,) = batch_of(parcel({"ts": AT, "values": {"a": value, "b": 2}}))
    assert found["valores"] == {"A": 0.0, "B": 2.0}
    assert found["falha"] is True


def test_nan_never_reaches_the_collector():
    (found,) = batch_of(parcel(b'{"a": NaN, "b": Infinity, "c": "1,5"}'))
    assert found["valores"] == {"A": 0.0, "B": 0.0, "C": 1.5}
    assert found["falha"] is True


def test_readings_of_one_minute_are_one_and_the_later_value_wins():
    minute = [{"ts": AT + second, "values": {"a": second}} for second in (0, 10, 40, 50)]
    found = batch_of(parcel(minute), parcel({"ts": AT, "values": {"a": 1}}, device="other"))
    assert [(one["timestamp"][-5:], one["valores"]["A"]) for one in found] == [
        ("01:00", 40.0),
        ("01:00", 1.0),
        ("02:00", 50.0),
    ]


def test_messages_without_a_time_have_that_of_their_arrival():
    found = batch_of(parcel({"a": 1}), parcel({"ts": "yesterday", "a": 2}, device="x"))
    assert {one["timestamp"] for one in found} == {"2026-01-31T11:01:00"}


@pytest.mark.parametrize("stamp", [-99999999999, 946684799, "9999-12-31T23:59:59", "0001-01-01", 10**30])
def test_a_time_that_cannot_be_is_that_of_the_arrival(stamp):
    (found,) = batch_of(parcel({"ts": stamp, "a": 1}))
    assert found == {"timestamp": "2026-01-31T11:01:00", "valores": {"A": 1.0}, "falha": False}


def test_a_number_that_is_too_large_is_a_failed_read():
    (found,) = batch_of(parcel(b'{"a": %s, "b": 2, "x": NaN}' % (b"9" * 400)))
    assert found["valores"] == {"A": 0.0, "B": 2.0, "X": 0.0}
    assert found["falha"] is True


def test_half_a_character_in_a_key_does_not_keep_the_batch_from_being_written():
    (found,) = batch_of(parcel(b'{"a": NaN, "k\\ud800": 1}'), parcel({"b": 2}, device="eta-2"))
    assert found["valores"] == {"B": 2.0}


def test_only_the_devices_that_were_chosen_are_published():
    by_topic = parcel({"a": 2}, device="", topic="calha/v1/eta-2/telemetry", transport="mqtt")
    named = parcel({"device": "eta-3", "values": {"a": 3}}, device="")
    assert len(batch_of(parcel({"a": 1}), by_topic, named)) == 3
    assert [one["valores"] for one in batch_of(parcel({"a": 1}), by_topic, named, devices=["eta-2"])] == [{"A": 2.0}]


def test_what_is_in_this_form_already_stays_as_it_is():
    original = {"timestamp": "2026-01-31T11:01:00", "valores": {"VAZAO_SAIDA1": 0.0}, "falha": True}
    assert batch_of(parcel([original])) == [original]


def test_many_readings_become_several_batches_in_the_order_of_time():
    batch = EtaBatch(SAO_PAULO)
    batch.add(parcel([{"ts": AT + 60 * minute, "values": {"a": minute}} for minute in reversed(range(25))]))
    payloads = [json.loads(payload) for payload in batch.payloads(10)]
    assert [len(one) for one in payloads] == [10, 10, 5]
    assert [one["valores"]["A"] for payload in payloads for one in payload] == list(range(25))


@given(st.binary(max_size=200), st.sampled_from(["json", "ndjson", "csv", "x"]))
def test_noise_is_skipped_and_the_batch_stays_json(noise, format_):
    batch = EtaBatch(SAO_PAULO)
    batch.add(parcel(noise, format=format_))
    batch.add(parcel({"a": 1}))
    readings = [one for payload in batch.payloads(100) for one in json.loads(payload)]
    assert readings
    assert all(set(one) == {"timestamp", "valores", "falha"} for one in readings)


STAMPS = st.floats() | st.integers() | st.datetimes().map(str) | st.text(max_size=8)
VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.just(10**400) | st.text(max_size=8)
KEYS = st.text(st.characters(), max_size=8) | st.sampled_from(["device", "valores", "falha", "q", "\ud800"])


@given(st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=3), max_size=4), STAMPS)
def test_whatever_is_in_a_record_its_batch_can_be_written(record, stamp):
    batch = EtaBatch(SAO_PAULO)
    batch.add(parcel({**record, "ts": stamp, "nan": float("nan")}))
    assert len([one for payload in batch.payloads(100) for one in json.loads(payload)]) == len(batch)
