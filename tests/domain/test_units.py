"""Units: exact conversion, and refusal of what does not fit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import IncompatibleUnits, UnknownUnit
from calha.domain.units import accumulated, convert, factor, quantity


@pytest.mark.parametrize(
    ("amount", "unit", "to", "expected"),
    [
        ("1", "L/s", "m³/h", "3.6"),
        ("1", "L/s", "m³/d", "86.4"),
        ("1", "L/s", "m3/dia", "86.4"),
        ("29.976", "L/s", "m³/h", "107.9136"),
        ("12345", "L", "m³", "12.345"),
        ("0.04", "m³/h", "L/h", "40"),
        ("1", "gal", "L", "3.785411784"),
        ("1000", "kWh", "MWh", "1"),
        ("3.6", "MJ", "kWh", "1"),
        ("1500", "varh", "kvarh", "1.5"),
        ("7", "", "", "7"),
        ("7", "caixas", "caixas", "7"),
    ],
)
def test_amounts_are_converted_exactly(amount, unit, to, expected):
    assert convert(Decimal(amount), unit, to) == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("L", "kWh"),
        ("kWh", "kvarh"),
        ("kvarh", "kVAh"),
        ("m³/h", "m³"),
        ("imp", "L"),
        ("kWh", ""),
        ("", "m³"),
        ("kW", "kWh"),
    ],
)
def test_a_unit_of_something_else_is_refused(unit, to):
    with pytest.raises(IncompatibleUnits):
        convert(Decimal(1), unit, to)


@pytest.mark.parametrize(
    "unit", ["caixas", "%", "m³/", "L/0", "9**9**9", "kWh kWh", "__import__('os')", "m³²", "x" * 10_000]
)
def test_a_symbol_that_is_no_unit_is_refused_without_being_calculated(unit):
    with pytest.raises(UnknownUnit):
        quantity(unit)


@pytest.mark.parametrize(
    ("rate", "total"),
    [("m³/h", "m³"), ("L/s", "m³"), ("L/min", "m³"), ("kW", "kWh"), ("kvar", "kvarh"), ("VA", "kVAh")],
)
def test_a_rate_adds_up_to_the_unit_that_bills_show(rate, total):
    assert accumulated(rate) == total


@pytest.mark.parametrize("unit", ["m³", "kWh", "", "m"])
def test_what_is_no_rate_has_no_total_over_time(unit):
    with pytest.raises(IncompatibleUnits):
        accumulated(unit)


@given(st.decimals(0, 10**9, places=6))
def test_litres_and_cubic_metres_agree_to_the_last_digit(litres):
    assert convert(convert(litres, "L", "m³"), "m³", "L") == litres
    assert factor("L", "m³") == Decimal("0.001")
