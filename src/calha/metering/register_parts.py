"""A register between its readings as a bill explains it: difference × constant = consumption, for each meter of the cycle.

Only where a constant is another than 1: elsewhere the readings say it all. What the register did not simply count, such as a
reset, has no difference that anybody could check at the meter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from calha.domain import units
from calha.domain.invoices import Exchange, RegisterPart, RegisterReading
from calha.domain.readings import Micros
from calha.domain.registers import A_TICK, Register, RegisterEvent, Verdict, register_at
from calha.metering.counting import Counted

COUNTED = (Verdict.NORMAL, Verdict.ROLLOVER, Verdict.REVERSE, Verdict.GLITCH)


@dataclass(frozen=True, slots=True)
class _End:
    """What a register showed; None where nobody knows."""

    at: Micros
    value: Decimal | None


def register_parts(
    found: Counted, opening: RegisterReading, closing: RegisterReading, exchanges: Sequence[Exchange], unit: str
) -> Iterator[RegisterPart]:
    """In the time between two readings, by meter and constant. unit: of the consumption that is billed."""
    parts = list(_parts(found, _ends(opening, closing, exchanges), unit))
    if any(one.multiplier != 1 for one in parts):
        yield from parts


def _ends(
    opening: RegisterReading, closing: RegisterReading, exchanges: Sequence[Exchange]
) -> Iterator[tuple[_End, _End]]:
    """Begin and end of each meter."""
    begin = _End(opening.at, opening.value)
    for one in exchanges:
        yield begin, _End(one.at, one.closing)
        begin = _End(one.at, one.opening)
    yield begin, _End(closing.at, closing.value)


def _parts(found: Counted, meters: Iterator[tuple[_End, _End]], unit: str) -> Iterator[RegisterPart]:
    registers = sorted(found.meter.registers, key=lambda one: one.valid_from)
    for begin, end in meters:
        changes = [one.valid_from for one in registers if begin.at < one.valid_from < end.at]
        between = [_End(at, None) for at in changes]  # what it showed when its constant changed nobody has read
        for first, last in pairwise([begin, *between, end]):
            register = register_at(registers, first.at)
            difference = _difference(register, first, last, found.events)
            consumption = difference * register.multiplier if difference is not None else None
            yield RegisterPart(
                opening=first.value,
                closing=last.value,
                unit=found.meter.reading_unit,
                difference=difference,
                multiplier=Decimal(f"{register.multiplier.normalize():f}"),
                consumption=None if consumption is None else units.convert(consumption, found.meter.unit, unit),
                consumption_unit=unit,
            )


def _difference(register: Register, first: _End, last: _End, events: Sequence[RegisterEvent]) -> Decimal | None:
    """None where the register did something else than count, or an end of it is not known."""
    inside = [one for one in events if first.at < one.at <= last.at and one.before_at >= first.at]
    broken = [one for one in inside if one.verdict not in COUNTED and not _is_told_exchange(one)]
    if first.value is None or last.value is None or broken:
        return None
    rounds = sum(one.verdict is Verdict.ROLLOVER for one in inside)
    if not rounds:
        return last.value - first.value
    assert register.modulus is not None
    return last.value - first.value + rounds * register.modulus * A_TICK / register.multiplier


def _is_told_exchange(event: RegisterEvent) -> bool:
    """Which is where one meter's part ends and the next one's begins."""
    return event.verdict is Verdict.EXCHANGE and event.decided_by is not None
