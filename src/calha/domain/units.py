"""Units of what is metered: conversion is exact where a decimal can be, and what does not fit is refused.

Rule 1: amounts change their unit here and nowhere else, so that litres are never priced as m³.
Rule 2: active, reactive and apparent energy are different things although physics gives them one dimension; so are pulses.
Rule 3: symbols are those printed on screens and bills: m³, L/min, kWh, kvarh. Nothing is guessed from an unknown one.
"""

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Literal, cast

from calha.domain.errors import IncompatibleUnits, UnknownUnit

Quantity = Literal[
    "count", "pulses", "volume", "flow", "energy", "power", "reactive energy", "reactive power", "apparent energy",
    "apparent power", "length", "time", "mass",
]  # fmt: skip

_DEFINITIONS = (
    "micro- = 1e-6 = µ-",
    "milli- = 1e-3 = m-",
    "centi- = 1e-2 = c-",
    "hecto- = 1e2 = h-",
    "kilo- = 1e3 = k-",
    "mega- = 1e6 = M-",
    "giga- = 1e9 = G-",
    "second = [time] = s",
    "minute = 60 * second = min",
    "hour = 60 * minute = h",
    "day = 24 * hour = d",
    "metre = [length] = m",
    "litre = 0.001 * metre ** 3 = L = l",
    "gallon_us = 3.785411784 * litre = gal",
    "foot = 0.3048 * metre = ft",
    "gram = [mass] = g",
    "tonne = 1e6 * gram = t",
    "watt_hour = [energy] = Wh",
    "watt = watt_hour / hour = W",
    "joule = watt * second = J",
    "var_hour = [reactive_energy] = varh",
    "var = var_hour / hour",
    "volt_ampere_hour = [apparent_energy] = VAh",
    "volt_ampere = volt_ampere_hour / hour = VA",
    "pulse = [pulses] = imp",
)
_QUANTITIES: dict[str, Quantity] = {
    "": "count",
    "pulse": "pulses",
    "metre ** 3": "volume",
    "metre ** 3 / second": "flow",
    "watt_hour": "energy",
    "watt_hour / second": "power",
    "var_hour": "reactive energy",
    "var_hour / second": "reactive power",
    "volt_ampere_hour": "apparent energy",
    "volt_ampere_hour / second": "apparent power",
    "metre": "length",
    "second": "time",
    "gram": "mass",
}
_ACCUMULATED: dict[Quantity, str] = {
    "flow": "m³",
    "power": "kWh",
    "reactive power": "kvarh",
    "apparent power": "kVAh",
}
_SYMBOL = re.compile(r"[A-Za-zµ]{1,8}[²³]?(/[A-Za-z]{1,8})?")  # pint would also take formulas, and calculate them
_SPELLINGS = {
    "m3": "m³",
    "m3/h": "m³/h",
    "m3/s": "m³/s",
    "m3/d": "m³/d",
    "m3/dia": "m³/d",
    "m³/dia": "m³/d",
    "Nm³": "m³",
}


def convert(amount: Decimal, unit: str, to: str) -> Decimal:
    """The same amount in another unit. Raises UnknownUnit, IncompatibleUnits."""
    return amount if unit == to else amount * factor(unit, to)


@lru_cache(maxsize=1_000)
def factor(unit: str, to: str) -> Decimal:
    """How much of `to` one `unit` is, to 28 digits. Raises UnknownUnit, IncompatibleUnits."""
    if quantity(unit) != quantity(to):
        raise IncompatibleUnits(
            f"{unit or 'a count'} ({quantity(unit)}) cannot be given in {to or 'a count'} ({quantity(to)})"
        )
    if not unit:
        return Decimal(1)
    found = _registry().Quantity(Decimal(1), _parsed(unit)).to(_parsed(to))
    return cast(Decimal, found.magnitude)


@lru_cache(maxsize=1_000)
def quantity(unit: str) -> Quantity:
    """What a unit measures. Raises UnknownUnit."""
    if not unit.strip():
        return "count"
    base = _registry().get_base_units(_parsed(unit))[1]
    found = _QUANTITIES.get(str(base))
    if found is None:
        raise UnknownUnit(
            f"{unit!r} is no unit of something that is metered; allowed are m³, L, kWh, kvarh, m³/h, L/s, kW, imp…"
        )
    return found


def accumulated(rate: str) -> str:
    """The unit in which the integral of a rate over time is given: m³ of a flow, kWh of a power. Raises IncompatibleUnits."""
    found = _ACCUMULATED.get(quantity(rate))
    if found is None:
        raise IncompatibleUnits(
            f"{rate or 'a count'} ({quantity(rate)}) is neither a flow nor a power; it has no total over time"
        )
    return found


def _parsed(unit: str) -> Any:  # noqa: ANN401 - pint's own type, which is loaded late
    from pint.errors import UndefinedUnitError

    symbol = _SPELLINGS.get(unit.strip(), unit.strip())
    if _SYMBOL.fullmatch(symbol):
        try:
            return _registry().parse_units(symbol)
        except UndefinedUnitError:
            pass
    raise UnknownUnit(f"{unit!r} is no unit that Calha knows; write m³, L, kWh, kvarh, m³/h, L/s, kW, imp…")


@cache
def _registry() -> Any:  # noqa: ANN401
    """A small registry of our own: the usual one gives active and reactive energy the same dimension."""
    from pint import UnitRegistry  # 16 MB that an idle Calha does without

    registry: Any = UnitRegistry(None, non_int_type=Decimal, on_redefinition="raise")
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry
