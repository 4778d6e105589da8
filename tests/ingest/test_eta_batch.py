"""What each generation of ETA gateways publishes becomes readings, and what fails is never a zero."""

import json
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.directory import ChannelEntry, DeviceEntry, Directory
from calha.domain.quality import Quality
from calha.domain.times import from_text
from calha.ingest.decode import Decoding, decode_records
from calha.ingest.eta_batch import records_of
from calha.ingest.formats import records

ZONE = ZoneInfo("America/Sao_Paulo")
CHANNELS = {
    "VAZAO_SAIDA1": ChannelEntry(1, "gauge"),
    "VAZAO_SAIDA2": ChannelEntry(2, "gauge"),
    "vazao_entrada": ChannelEntry(3, "gauge"),
    "vazao_saida": ChannelEntry(1, "gauge"),
    "nivel": ChannelEntry(4, "gauge"),
    "bomba_ativa": ChannelEntry(5, "state"),
    "flow_1_hour_mean": ChannelEntry(6, "gauge"),
    "flow_2_day_mean": ChannelEntry(7, "gauge"),
}
DEVICE = DeviceEntry("eta-1", ZONE, CHANNELS)
NOW = from_text("2025-06-01T12:00:00", ZONE)


def decoded(payload) -> Decoding:
    found = Decoding()
    body = json.dumps(payload).encode() if not isinstance(payload, bytes) else payload
    decode_records(records(body, "eta"), "eta-1", Directory({"eta-1": DEVICE}, {}), NOW, found)
    return found


def reading(minute, first=60.0, second=61.0, failed=False):
    stamp = f"2025-06-01T08:{minute:02d}:00"
    return {"timestamp": stamp, "valores": {"VAZAO_SAIDA1": first, "VAZAO_SAIDA2": second}, "falha": failed}


def test_an_hourly_array_and_a_single_object_are_taken():
    found = decoded([reading(minute, 60 + minute) for minute in range(0, 60, 3)])
    assert (len(found.value), found.problems) == (40, [])
    assert found.value[0:3] == [60.0, 61.0, 63.0]
    assert found.at[0] == from_text("2025-06-01T08:00:00-03:00", ZONE), "local time of the site"
    assert decoded(reading(3)).value == [60.0, 61.0]


def test_the_order_within_an_array_does_not_matter():
    one = [reading(minute, minute) for minute in (0, 3, 6)]
    there, back = decoded(one), decoded(one[::-1])
    assert sorted(zip(there.series, there.at, there.value, strict=True)) == sorted(
        zip(back.series, back.at, back.value, strict=True)
    )


def test_a_failed_reading_is_kept_and_bad():
    found = decoded(reading(0, 0.0, 0.0, failed=True))
    assert found.value == [0.0, 0.0]
    assert found.quality == [Quality.BAD, Quality.BAD]
    assert decoded(reading(0, 0.0, 0.0)).quality == [Quality.GOOD, Quality.GOOD], "the pump is off"


def test_the_first_generation_says_in_words_what_failed():
    found = decoded(
        {
            "timestamp": "2025-06-01T08:00:10",
            "vazao_entrada": 120.5,
            "vazao_saida": "erro: BadNodeIdUnknown",
            "nivel": 3.25,
            "bomba_ativa": True,
            "status": "OK",
            "hora": "08:00:10",
        }
    )
    assert found.problems == []
    assert dict(zip(found.series, found.quality, strict=True)) == {3: 0, 1: Quality.BAD, 4: 0, 5: 0}
    assert math.isnan(found.value[found.series.index(1)])


def test_means_that_were_sent_are_kept_apart_from_readings():
    row = {"data": "2025-06-01T08:00:00", "media_valor": 62.5, "falha": False, "dispositivo": "CLP"}
    hours = decoded({"tipo": "HORA", "dados": [row | {"tipo_sensor": "VAZAO_SAIDA1"}]})
    days = decoded({"tipo": "dia", "dados": [row | {"tipo_sensor": "vazao_saida2", "falha": True}]})
    assert (hours.series, hours.value) == ([6], [62.5])
    assert (days.series, days.quality) == ([7], [Quality.BAD])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'"texto"', "malformed"),
        (b"[1, null]", "malformed"),
        ({"timestamp": "amanha", "valores": {"VAZAO_SAIDA1": 1}}, "bad_time"),
        ({"timestamp": "2025-06-01T08:00:00", "valores": {"VAZAO_SAIDA1": "muita"}}, "not_a_number"),
        ({"timestamp": "2025-06-01T08:00:00", "valores": {"NOVO": 1}}, "undeclared_channel"),
        ({"tipo": "MES", "dados": [{"data": "2025-06-01T08:00:00", "media_valor": 1}]}, "undeclared_channel"),
    ],
)
def test_what_cannot_be_read_says_why(payload, reason):
    found = decoded(payload)
    assert [problem.reason for problem in found.problems][:1] == [reason]
    assert found.value == []


def test_one_bad_reading_does_not_spoil_its_batch():
    found = decoded([reading(0), "lixo", {"timestamp": 1e99, "valores": {"VAZAO_SAIDA1": 1}}, reading(3)])
    assert len(found.value) == 4
    assert len(found.problems) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["timestamp", "valores", "falha", "dados", "tipo", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_is_readings_or_problems(payload):
    found = Decoding()
    decode_records(records_of(payload), "eta-1", Directory({"eta-1": DEVICE}, {}), NOW, found)
    assert len(found.value) == len(found.series) == len(found.quality)
