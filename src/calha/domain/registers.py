"""Registers: counters of a meter that grow, and what it means when one does not just grow.

Between two readings of a register v₀ → v₁, `elapsed` apart, at most `cap` can have been consumed: the maximum flow over the
elapsed time and a slack for clocks that jitter. Each step gets the first verdict that fits:

| Verdict  | Rule                                                                       | Consumption of the step | Sure |
|----------|----------------------------------------------------------------------------|-------------------------|------|
| decided  | an operator has said what it is                                             | as decided              | yes  |
| normal   | v₁ ≥ v₀, v₁ − v₀ ≤ cap                                                      | v₁ − v₀                 | yes  |
| restart  | v₁ < v₀, v₁ > 0, v₀ − v₁ ≤ back, register kept in a memory (`memory_s`)      | 0                       | no   |
| reverse  | v₁ < v₀, v₁ > 0, v₀ − v₁ ≤ back                                             | v₁ − v₀ (negative)      | no   |
| glitch   | one of the LOOK_AHEAD next readings goes on from v₀                          | that reading − v₀       | yes  |
| rollover | v₁ < v₀, the register has `digits`, (v₁ − v₀) mod 10ⁿ ≤ cap                  | (v₁ − v₀) mod 10ⁿ       | yes  |
| reset    | v₁ < v₀, v₁ ≤ cap                                                           | v₁                      | no   |
| exchange | v₁ < v₀, nothing of the above: another register                              | 0                       | no   |
| jump     | v₁ − v₀ > cap                                                               | 0                       | no   |

`back` is the cap, or a hundredth of v₀ when no maximum flow is known. A register kept in a memory falls back by what it counted
since it was last saved (`memory_s`) instead: pulses are only ever counted up. Without a maximum flow all growth is normal that
the next readings do not take back, a register rolls over from its last tenth into its first, and a reading goes on from v₀
when it is back within a tenth of the excursion. What is not sure is shown for review and lowers the quality of the intervals
that it touches.

Rule 1: a verdict depends on the readings around a step and on nothing else: not on when they arrived, nor on what is asked.
Rule 2: consumption is counted in whole ticks, so that parts add up to the last digit.
Rule 3: what cannot have been consumed is never counted until somebody says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import overload

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import Malformed
from calha.domain.readings import Micros

TICKS = 1_000_000
"""A tick is a millionth of the unit of consumption."""
A_TICK = Decimal(1) / TICKS
MAX_DECIMALS = 6  # of a multiplier: ticks are whole
MAX_DIGITS = 12
LOOK_AHEAD = 3  # wrong readings in a row that are recognised as such
NO_CAP = 2**62  # ticks


class Verdict(StrEnum):
    NORMAL = "normal"
    ROLLOVER = "rollover"
    RESET = "reset"
    RESTART = "restart"
    EXCHANGE = "exchange"
    REVERSE = "reverse"
    GLITCH = "glitch"
    JUMP = "jump"

    @property
    def is_sure(self) -> bool:
        """Whether the rule alone is enough for a bill."""
        return self in (Verdict.NORMAL, Verdict.ROLLOVER, Verdict.GLITCH)


@dataclass(frozen=True, slots=True)
class Plate:
    """What a meter's plate, or a profile, says of a register; see `Register`. unit: None for that of the channel."""

    unit: str | None = None
    multiplier: Decimal | None = None
    digits: int | None = None
    rolls_at: Decimal | None = None
    max_flow: Decimal | None = None
    resolution: Decimal | None = None
    memory_s: float | None = None

    def over(self, other: "Plate | None") -> "Plate":
        """This one, with what it does not say from another."""
        if other is None:
            return self
        mine = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(other, **{name: value for name, value in mine.items() if value is not None})

    def register(self, unit: str, valid_from: Micros = 0) -> "Register":
        """The register that it describes, of a channel with that unit. Raises Malformed."""
        return Register(
            unit=self.unit if self.unit is not None else unit,
            multiplier=self.multiplier if self.multiplier is not None else Decimal(1),
            digits=self.digits,
            rolls_at=self.rolls_at,
            max_flow=self.max_flow,
            resolution=self.resolution if self.resolution is not None else Decimal(0),
            memory_s=self.memory_s,
            valid_from=valid_from,
        )


@dataclass(frozen=True, slots=True)
class Register:
    """What is known of a register from a time on. Raises Malformed for what cannot be.

    unit: of the consumption, that is of a reading times the multiplier. multiplier: pulse weight (m³ a pulse), CT × VT ratio.
    digits: before the decimal point, of the reading. rolls_at: where it starts over if not at 10**digits (2**32 pulses).
    max_flow: units of consumption an hour (Q4, Imax × V). resolution: smallest step of a reading. memory_s: how often a pulse
    counter saves its register; None for a register that can run backwards. slack_s: what clocks and transmission jitter.
    """

    unit: str
    multiplier: Decimal = Decimal(1)
    digits: int | None = None
    rolls_at: Decimal | None = None
    max_flow: Decimal | None = None
    resolution: Decimal = Decimal(0)
    memory_s: float | None = None
    slack_s: float = 60.0
    valid_from: Micros = 0

    def __post_init__(self) -> None:
        if not 0 < self.multiplier <= 10**6 or _decimals(self.multiplier) > MAX_DECIMALS:
            raise Malformed(f"the multiplier {self.multiplier} must be above 0, with at most {MAX_DECIMALS} decimals")
        if self.digits is not None and not 1 <= self.digits <= MAX_DIGITS:
            raise Malformed(f"a register has 1 to {MAX_DIGITS} digits, not {self.digits}")
        for name in ("rolls_at", "max_flow"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise Malformed(f"{name} must be above 0, not {value}")

    @property
    def reading_decimals(self) -> int:
        """Decimals of a reading that count: with those of the multiplier they make whole ticks."""
        return MAX_DECIMALS - _decimals(self.multiplier)

    @property
    def ticks_per_step(self) -> int:
        """Ticks of consumption in the last counted decimal of a reading."""
        return int(self.multiplier * 10 ** _decimals(self.multiplier))

    @property
    def modulus(self) -> int | None:
        """Ticks after which it starts over."""
        at = self.rolls_at if self.rolls_at is not None else Decimal(10**self.digits) if self.digits else None
        return int(at * self.multiplier * TICKS) if at is not None else None

    @overload
    def cap(self, elapsed_us: int) -> int: ...
    @overload
    def cap(self, elapsed_us: NDArray[np.int64]) -> NDArray[np.int64]: ...

    def cap(self, elapsed_us: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
        """The most ticks that can have been consumed in a time; NO_CAP if no maximum flow is known."""
        if self.max_flow is None:
            return NO_CAP if isinstance(elapsed_us, int) else np.full(len(elapsed_us), NO_CAP, np.int64)
        hours = (elapsed_us / 1_000_000 + self.slack_s) / 3_600
        most = float(self.max_flow) * hours * TICKS + 2 * float(self.resolution * self.multiplier) * TICKS
        if isinstance(elapsed_us, int):
            return int(most)
        ticks: NDArray[np.int64] = np.asarray(most).astype(np.int64)
        return ticks

    def ticks(self, reading: float) -> int:
        """Consumption for which a reading stands."""
        return round(reading * 10.0**self.reading_decimals) * self.ticks_per_step


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operator says of the step of a register that ends at, or contains, a time.

    closing, opening: for exchange, reset and restart, what the register showed before and after; None where nobody knows.
    """

    at: Micros
    verdict: Verdict
    closing: Decimal | None = None
    opening: Decimal | None = None
    author: str = ""

    @property
    def is_break(self) -> bool:
        """Whether the register after it is another, or starts anew."""
        return self.verdict in (Verdict.EXCHANGE, Verdict.RESET, Verdict.RESTART)


@dataclass(frozen=True, slots=True)
class RegisterEvent:
    """A step of a register that is not simply growth. before, after: readings; volume: what is counted for the step.

    decided_by: who has confirmed or changed the verdict; None when the rule speaks.
    """

    before_at: Micros
    at: Micros
    before: float
    after: float
    verdict: Verdict
    volume: Decimal
    decided_by: str | None = None

    @property
    def needs_review(self) -> bool:
        return self.decided_by is None and not self.verdict.is_sure


def register_at(registers: Sequence[Register], at: Micros) -> Register:
    """Of a register's versions, oldest first, the one that holds at a time; before all of them the first."""
    return next((one for one in reversed(registers) if one.valid_from <= at), registers[0])


def verdict(
    register: Register, before: int, after: int, elapsed_us: int, following: Sequence[tuple[int, int]]
) -> Verdict:
    """The verdict on a step between two registers in ticks; following: (ticks, µs since `before`) of the next readings."""
    cap = register.cap(elapsed_us)
    growth = after - before
    is_excursion = growth != 0 and that_goes_on(register, before, after, following) is not None
    if 0 <= growth <= cap and not (is_excursion and register.max_flow is None):
        return Verdict.NORMAL
    if growth < 0 and after > 0 and -growth <= _back(register, before, cap):
        return Verdict.RESTART if register.memory_s is not None else Verdict.REVERSE
    if is_excursion:
        return Verdict.GLITCH
    if growth > 0:
        return Verdict.JUMP
    if _rolls_over(register, before, after, cap):
        return Verdict.ROLLOVER
    return Verdict.RESET if after <= cap else Verdict.EXCHANGE


def volume_of(register: Register, verdict: Verdict, before: int, after: int) -> int:
    """Ticks that a step with this verdict counts. Raises Malformed for a rollover of a register without digits."""
    match verdict:
        case Verdict.NORMAL | Verdict.REVERSE:
            return after - before
        case Verdict.ROLLOVER:
            if register.modulus is None:
                raise Malformed("how many digits the register has is not known; say it first", "no_digits")
            return (after - before) % register.modulus
        case Verdict.RESET:
            return after
        case _:
            return 0


def that_goes_on(register: Register, before: int, excursion: int, following: Sequence[tuple[int, int]]) -> int | None:
    """Which of the following readings is the first to continue from `before`, as if `excursion` had not been."""
    for place, (ticks, elapsed_us) in enumerate(following):
        most = abs(excursion - before) // 10 if register.max_flow is None else register.cap(elapsed_us)
        if 0 <= ticks - before <= most:
            return place
    return None


def _back(register: Register, before: int, cap: int) -> int:
    if register.memory_s is not None and register.max_flow is not None:
        return register.cap(int(register.memory_s * 1_000_000))
    return before // 100 if register.max_flow is None else cap


def _rolls_over(register: Register, before: int, after: int, cap: int) -> bool:
    modulus = register.modulus
    if modulus is None or before >= modulus:
        return False
    if register.max_flow is None:
        return before * 10 >= modulus * 9 and after * 10 <= modulus
    return (after - before) % modulus <= cap


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
