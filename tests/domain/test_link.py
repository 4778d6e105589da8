"""What a gateway and its hub say to each other is read back as it was said, and nothing else is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain import link
from calha.domain.errors import Malformed
from calha.domain.link import Hello, Known, LaneReport, Parcel, Report, Roster, Shipment, Taken

REPORT = Report("1.0", 1, 2, 3, 4, 5, 0.5, LaneReport(1, 2.0), LaneReport(), 7, "abc", ["x is full"])
SAID = [
    Hello(True),
    Known("1-5,9-9", 70),
    Shipment(3, 4, 99, [(3, b"\x00"), (4, b"")]),
    Taken("the log is full"),
    REPORT,
    Roster("f", {"m1": [("digest", 0)]}),
]


@pytest.mark.parametrize("said", SAID, ids=lambda said: type(said).__name__)
def test_it_is_read_back_as_it_was_said(said):
    assert link.decode(link.encode(said), type(said)) == said


@given(st.binary(max_size=200), st.sampled_from([type(one) for one in SAID]))
def test_noise_is_refused_and_breaks_nothing(noise, kind):
    try:
        found = link.decode(noise, kind)
    except Malformed:
        return
    assert isinstance(found, kind)


@pytest.mark.parametrize(
    "content",
    [
        {"first": 0, "last": 1, "last_at": 1, "packs": []},
        {"first": 1, "last": 1 << 63, "last_at": 1, "packs": []},
        {"first": "1", "last": 1, "last_at": 1, "packs": []},
        {"first": 1, "last": 1, "last_at": -1, "packs": []},
        {"first": 1, "last": 1, "last_at": 1},
    ],
)
def test_a_shipment_that_cannot_be_is_refused(content):
    with pytest.raises(Malformed):
        link.decode(link.encode(content), Shipment)


parcels = st.builds(
    Parcel,
    st.text(max_size=64),
    st.text(max_size=200),
    st.sampled_from(["mqtt", "http", "tcp"]),
    st.just("json"),
    st.integers(0, 1 << 62),
    st.binary(max_size=300),
    st.none() | st.tuples(st.text(max_size=20), st.text(max_size=200)),
)


@given(st.lists(parcels, max_size=10))
def test_a_pack_holds_the_parcels_that_were_put_into_it(found):
    assert link.unpack(link.pack([link.encode(one) for one in found])) == found


LONG = "x" * 1_001


@pytest.mark.parametrize(
    ("long", "detail"),
    [
        (Parcel("", f"calha/v1/m1/commands/{LONG}/reply", "mqtt", "json", 1, b"{}"), "the topic has 1028 characters"),
        (Parcel(LONG, "telemetry", "tcp", "json", 1, b"{}"), "the device has 1001 characters"),
        (Parcel("m1", "telemetry", LONG, "json", 1, b"{}"), "the transport has 1001 characters"),
        (Parcel("m1", "telemetry", "tcp", LONG, 1, b"{}"), "the format has 1001 characters"),
        (Parcel("m1", LONG, "tcp", "json", 1, b"{}", ("malformed", "not JSON")), "not JSON"),
        (Parcel("m1", "telemetry", "tcp", "json", 1, b"{}", (LONG, LONG)), LONG[:1_000]),
    ],
)
def test_a_parcel_with_a_text_that_is_too_long_has_a_fault_and_its_neighbours_have_none(long, detail):
    neighbours = [Parcel("", f"calha/v1/{one}/telemetry", "mqtt", "json", 1, b'{"flow":1}') for one in ("m1", "m2")]
    before, found, after = link.unpack(link.pack([link.encode(one) for one in (neighbours[0], long, neighbours[1])]))
    assert [before, after] == neighbours
    assert found.payload == long.payload
    assert found.topic == long.topic[:1_000]
    assert found.device in {"", "m1"}
    assert max(map(len, (found.device, found.transport, found.format, found.fault[0]))) <= 64
    assert found.fault[1].startswith(detail)


@given(st.binary(max_size=200))
def test_noise_is_no_pack(noise):
    try:
        assert all(type(one) is Parcel for one in link.unpack(noise))
    except Malformed as error:
        assert "pack" in str(error)
