"""Cutting OPC UA Binary into columns: the same as asyncua reads out of it, whatever the types and fields."""

import struct
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from asyncua import ua
from asyncua.common.utils import Buffer, NotEnoughData
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from calha.connectors.opcua.wire import NOTHING, Strange, read_published, read_values

MOMENTS = st.integers(631_152_000, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NUMBERS = st.one_of(
    st.floats(width=32).map(lambda value: ua.Variant(value, ua.VariantType.Float)),
    st.floats().map(lambda value: ua.Variant(value, ua.VariantType.Double)),
    st.integers(-(2**15), 2**15 - 1).map(lambda value: ua.Variant(value, ua.VariantType.Int16)),
    st.integers(0, 2**32 - 1).map(lambda value: ua.Variant(value, ua.VariantType.UInt32)),
    st.integers(-(2**63), 2**63 - 1).map(lambda value: ua.Variant(value, ua.VariantType.Int64)),
    st.integers(0, 255).map(lambda value: ua.Variant(value, ua.VariantType.Byte)),
)
OTHERS = st.one_of(
    st.text(max_size=20).map(lambda value: ua.Variant(value, ua.VariantType.String)),
    st.booleans().map(lambda value: ua.Variant(value, ua.VariantType.Boolean)),
    st.just(ua.Variant(None, ua.VariantType.Null)),
    st.lists(st.floats(width=32), max_size=4).map(lambda values: ua.Variant(values, ua.VariantType.Float)),
    MOMENTS.map(lambda value: ua.Variant(value, ua.VariantType.DateTime)),
    st.just(ua.Variant(ua.NodeId("pump", 3), ua.VariantType.NodeId)),
    st.just(ua.Variant(ua.LocalizedText("bomba"), ua.VariantType.LocalizedText)),
    st.just(ua.Variant(ua.EUInformation(UnitId=7), ua.VariantType.ExtensionObject)),
    st.just(ua.Variant([ua.Range(1.0, 2.0)] * 3, ua.VariantType.ExtensionObject)),
)
STATUS = st.sampled_from([0, 0x40900000, 0x80050000, 0x808C0000]).map(lambda code: ua.StatusCode(ua.UInt32(code)))


@st.composite
def data_values(draw):
    """Never a server time behind source picoseconds: asyncua writes the two in another order than Part 6 says."""
    server_at = draw(st.none() | MOMENTS)
    return ua.DataValue(
        draw(st.one_of(NUMBERS, NUMBERS, OTHERS)),
        draw(STATUS),
        draw(st.none() | MOMENTS),
        server_at,
        draw(st.none() | st.integers(0, 9_999)) if server_at is None else None,
        draw(st.none() | st.integers(0, 9_999)),
    )


def published(values, sequence=7, extra=()):
    items = [ua.MonitoredItemNotification(ClientHandle=10 + n, Value=value) for n, value in enumerate(values)]
    message = ua.NotificationMessage(SequenceNumber=sequence)
    message.NotificationData = [ua.DataChangeNotification(MonitoredItems=items), *extra]
    result = ua.PublishResult(78, [5, 6, 7], False, message)
    return struct_to_binary(result)


def assert_same(changes, values):
    for place, sent in enumerate(values):
        value = sent.Value.Value
        if sent.Value.is_array or not isinstance(value, int | float | str | None):
            assert type(changes.odd[place]) is Strange
        elif isinstance(value, str):
            assert changes.odd[place] == value
        elif value is None:
            assert place not in changes.odd
            assert np.isnan(changes.value[place])
        else:
            assert changes.is_boolean[place] == isinstance(value, bool)
            is_real = sent.Value.VariantType is ua.VariantType.Float
            np.testing.assert_equal(np.float32(changes.value[place]) if is_real else changes.value[place], float(value))
        assert changes.status[place] == sent.StatusCode.value
        for column, moment in ((changes.source_at, sent.SourceTimestamp), (changes.server_at, sent.ServerTimestamp)):
            expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) if moment else NOTHING
            assert column[place] == expected


@given(st.lists(data_values(), max_size=30))
def test_a_notification_is_read_as_it_was_written(values):
    found = read_published(published(values))
    assert (found.subscription, found.sequence, found.more, found.has_content) == (78, 7, False, True)
    assert found.changes[0].handle.tolist() == [10 + n for n in range(len(values))]
    assert_same(found.changes[0], values)


@given(st.lists(data_values(), max_size=20))
def test_an_answer_to_a_read_is_read_as_it_was_written(values):
    response = struct_to_binary(ua.ReadResponse(Results=values))
    body = Buffer(response)
    nodeid_from_binary(body)
    struct_from_binary(ua.ResponseHeader, body)
    assert_same(read_values(bytes(body)), values)


@given(st.lists(data_values(), min_size=1, max_size=5), st.data())
def test_a_cut_off_notification_is_an_error_and_never_a_wrong_value(values, data):
    whole = published(values)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = read_published(cut)
    except (NotEnoughData, UnicodeDecodeError):
        return
    assert_same(found.changes[0], values)


NODE_IDS = [
    b"\x00\x07",
    b"\x01\x02\x07\x00",
    b"\x02\x02\x00\x07\x00\x00\x00",
    b"\x03\x02\x00\x03\x00\x00\x00abc",
    b"\x04\x02\x00" + bytes(16),
    b"\x05\x02\x00\x02\x00\x00\x00ab",
    b"\x01\x00\x74\x03",  # EngineeringUnits, of which asyncua knows what they consist of
]
BODIES = [b"\x00", b"\x01\x03\x00\x00\x00abc", b"\x02\x04\x00\x00\x00<a/>", b"\x01\xff\xff\xff\xff"]


@pytest.mark.parametrize("node_id", NODE_IDS)
@pytest.mark.parametrize("body", BODIES)
def test_a_structure_is_passed_by_whatever_is_inside_and_hides_nothing_behind_it(node_id, body):
    one, after = node_id + body, b"\x01\x06" + struct.pack("<i", 42)
    alone = b"\x01\x16" + one
    several = b"\x01\xd6" + struct.pack("<i", 2) + one + one + struct.pack("<iii", 2, 1, 2)
    found = read_values(struct.pack("<i", 4) + alone + after + several + after)
    assert found.odd == {0: Strange("ExtensionObject"), 2: Strange("array of ExtensionObject")}
    assert found.value[[1, 3]].tolist() == [42.0, 42.0]


def test_a_long_run_of_one_shape_is_read_to_its_end():
    values = [ua.DataValue(ua.Variant(float(n), ua.VariantType.Float)) for n in range(5_000)]
    values[700] = ua.DataValue(ua.Variant("texto", ua.VariantType.String))
    found = read_published(published(values)).changes[0]
    assert found.value[699] == 699.0
    assert found.odd == {700: "texto"}
    assert found.value[4_999] == 4_999.0


@pytest.mark.parametrize("written", [2.22, 0.1, 67.5, 1e-7, 16_777_215.0, 0.0, -3.3, 123_456.7])
def test_a_real_is_read_as_the_decimal_number_that_it_stands_for(written):
    body = published([ua.DataValue(ua.Variant(written, ua.VariantType.Float))])
    assert read_published(body).changes[0].value[0] == written


def test_picoseconds_lie_behind_their_own_time():
    filetime = 116_444_736_000_000_000  # 1970
    value = struct.pack("<BBfIqHqH", 0x3F, 10, 1.5, 0x40000000, filetime + 10, 7, filetime + 20, 9)
    found = read_values(struct.pack("<i", 3) + 3 * value)
    assert found.value.tolist() == [1.5] * 3
    assert found.status.tolist() == [0x40000000] * 3
    assert (found.source_at.tolist(), found.server_at.tolist()) == ([1] * 3, [2] * 3)


def test_a_message_without_content_is_a_sign_of_life():
    found = read_published(struct_to_binary(ua.PublishResult(SubscriptionId=78)))
    assert (found.changes, found.has_content, found.ended) == ([], False, None)


def test_the_end_of_a_subscription_is_told():
    ended = ua.StatusChangeNotification(Status=ua.StatusCode(ua.StatusCodes.BadTimeout))
    found = read_published(published([], extra=[ended]))
    assert found.ended == ua.StatusCodes.BadTimeout


def test_a_type_id_of_a_strange_encoding_is_refused():
    body = bytearray(published([]))
    place = body.index(b"\x01\x00\x2b\x03")  # DataChangeNotification, in four bytes
    body[place] = 9
    with pytest.raises(NotEnoughData):
        read_published(bytes(body))
