"""Readings and commands of Hidrômetro Inteligente as bytes: all names, all clocks, and what is none."""

import json
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.compat.clocks import Stamp
from calha.compat.hidrometro.meters import chip_of, key_of
from calha.compat.hidrometro.wire import Order, Reading, Seen, order_of, read, serial_of, shown
from calha.domain.errors import Malformed

ZONE = ZoneInfo("America/Sao_Paulo")
S = 1_756_137_600


def reading(**said):
    return read(json.dumps(said).encode(), ZONE)


@pytest.mark.parametrize("total", ["totalLiters", "total"])
@pytest.mark.parametrize("flow", ["flowLmin", "flowRate"])
@pytest.mark.parametrize("serial", ["numeroSerie", "serial", "numero_serie"])
def test_every_set_of_names_is_the_same_reading(total, flow, serial):
    found = reading(**{total: 12345.6, flow: 8, serial: " hid-01 ", "ts": S})
    assert found == Reading("HID-01", S * 1_000_000, {"total": 12345.6, "flow": 8})


def test_the_documented_message_of_the_newest_generation_is_understood():
    found = reading(
        id_dispositivo="7",
        id_cliente="3",
        data_hora="2025-08-25T13:00:00",
        consumo_litros=1.5,
        nivel_bateria=87,
        pressao_bar=2.5,
        vazamento_detectado=False,
        totalLiters=100,
        flowLmin=0,
    )
    assert found.serial == "7"
    assert found.at == S * 1_000_000, "local time of the site"
    assert found.values == {"total": 100, "flow": 0, "battery": 87, "pressure": 2.5, "leak": False}


@pytest.mark.parametrize(
    ("ts", "at"),
    [
        (S, S * 1_000_000),
        (S * 1_000 + 250, S * 1_000_000 + 250_000),
        (str(S), S * 1_000_000),
        (0, None),
        (17, None),
        (4_294_967, None),  # uptime when the milliseconds of the chip overflow
        (946_684_805, None),  # a clock chip that lost its battery
        (-1, None),
        (None, None),
    ],
)
def test_seconds_and_milliseconds_are_times_and_uptime_is_none(ts, at):
    assert reading(ts=ts, totalLiters=1).at == at


def test_zero_is_a_value_and_null_is_not():
    assert reading(totalLiters=0, flowLmin=0).values == {"total": 0, "flow": 0}
    assert reading(totalLiters=None, total=None, flowLmin=0).values == {"total": None, "flow": 0}
    assert reading(totalLiters=None, total=5).values == {"total": 5}
    assert reading(flowRate=0).values == {"flow": 0}
    assert math.isnan(reading(flowRate=0).number("total"))


@pytest.mark.parametrize(
    "poison",
    [
        b"[1]",
        b"5",
        b'"text"',
        b"null",
        b"",
        b"{",
        b"\xff\xfe",
        b"{}",
        b'{"action": "reset"}',
        b"[" * 5_000,
        b'{"ts": 1}',
    ],
)
def test_poison_is_malformed(poison):
    with pytest.raises(Malformed):
        read(poison, ZONE)


@pytest.mark.parametrize("serial", [True, 1.5, [], {}, "x" * 65, "a\nb", "\u202etxt"])
def test_a_serial_number_that_cannot_be_is_refused(serial):
    with pytest.raises(Malformed):
        serial_of(serial)


def test_a_value_that_is_no_number_is_left_to_the_decoder():
    found = reading(totalLiters="abc", flowLmin="8,5")
    assert found.values == {"total": "abc", "flow": "8,5"}
    assert math.isnan(found.number("total"))
    assert found.number("flow") == 8.5


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.floats() | st.text(max_size=5), st.lists).map(repr).map(str.encode)
)
def test_whatever_comes_is_a_reading_or_malformed(payload):
    try:
        assert Stamp(0, is_own=False).record(read(payload, ZONE).values)
    except Malformed as error:
        assert error.reason


def test_two_serial_numbers_are_never_one_device():
    serials = ["A/1", "A-1", "A 1", "A.1", "Á1", "A1", "A//1"]
    assert len({key_of(serial) for serial in serials}) == len(serials)
    assert key_of("HID-01") == "hidrometro-HID-01"
    assert all(len(key_of(serial_of("é" * 64) or "")) <= 64 for _ in serials)


def test_the_firmwares_client_id_names_its_chip():
    assert chip_of("hidrometro-a4cf12ef") == "A4CF12EF"
    assert chip_of("hidrometro-") is None
    assert chip_of("hidrometro-01-central") is None
    assert chip_of("mosq-abc") is None


@pytest.mark.parametrize(
    ("asked", "payload"),
    [
        (("reset", None), {"action": "reset"}),
        (("setCalibration", 7.5), {"action": "setCalibration", "value": 7.5}),
        (("simulate", "8"), {"action": "simulate", "value": 8.0}),
        (("simSetFlow", 12), {"action": "simSetFlow", "value": 12.0}),
        (("simOff", None), {"action": "simOff"}),
        (("simulateOff", 1), {"action": "simOff"}),
    ],
)
def test_commands_have_the_words_that_meters_know(asked, payload):
    assert json.loads(order_of(*asked).payload()) == payload


@pytest.mark.parametrize(
    "asked",
    [(None, None), ("explode", 1), ("simulate", None), ("simulate", 0), ("setCalibration", -1), ("simulate", True)],
)
def test_a_command_that_no_meter_would_obey_is_refused(asked):
    with pytest.raises(Malformed):
        order_of(*asked)


@pytest.mark.parametrize(
    ("order", "before", "now", "is_shown"),
    [
        (Order("reset", None), (500, 8), (0.1, 8), True),
        (Order("reset", None), (500, 8), (500.1, 8), False),
        (Order("reset", None), (500, 8), (499.9, 8), False),  # it lost the last minute in a restart
        (Order("reset", None), (0, 0), (0, 0), True),
        (Order("simSetFlow", 12.0), (1, 8), (2, 11.9), True),
        (Order("simSetFlow", 12.0), (1, 8), (2, 8), False),
        (Order("simOff", None), (1, 8), (2, 0), True),
        (Order("simOff", None), (1, 8), (2, 8), False),
        (Order("setCalibration", 7.5), (1, 8), (2, 8), False),
        (Order("reset", None), (math.nan, math.nan), (math.nan, 8), False),
    ],
)
def test_only_a_reading_that_shows_it_tells_of_an_execution(order, before, now, is_shown):
    assert (shown(order, Seen(*before), Seen(*now)) is not None) is is_shown
