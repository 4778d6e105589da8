"""Rules laid out as columns: one check for each limit of each device that a rule applies to.

A check looks at inputs, which are series; the first of them leads. Where the condition holds below the limit, signal and
limit are turned round (`side`), so that every check holds above its limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from calha.domain.alarm_rules import (
    BY_DESIGN,
    Deviation,
    Difference,
    Formula,
    FromExpected,
    LeastHour,
    Limit,
    NoData,
    Period,
    Rate,
    Rule,
    Signal,
    StateIs,
    Value,
    VoltageQuality,
    yes,
)
from calha.domain.quality import Quality
from calha.domain.supply_voltage import bands_of
from calha.domain.times import SECOND_US

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

VALUE, RATE, DEVIATION, STATE, DIFFERENCE, PERCENT, FORMULA, EXPECTED, EXPECTED_PERCENT, VOLTAGE, LEAST_HOUR = range(11)
NEVER = np.iinfo(np.int64).min
_PROOF = np.ones(256, bool)
_PROOF[0x80:] = False
_PROOF[[Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.LAST_USABLE]] = False


def proofs(value: Floats, quality: NDArray[np.uint8]) -> Floats:
    """Values as far as they prove anything, else NaN: what is bad, estimated or repeated neither raises nor clears."""
    found: Floats = np.where(_PROOF[quality], value, np.nan)
    return found


class Key(NamedTuple):
    """What a check is known by over restarts and changes of other rules. device: its key; version: of the rule."""

    rule: int
    limit: str
    device: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """One limit of one device. inputs: series of the signal's channels, in their order. zone: of its schedule.

    design: series of the state that suppresses it, where there is one.
    """

    key: Key
    rule: Rule
    limit: Limit
    inputs: tuple[int, ...]
    zone: tzinfo
    design: int | None = None

    @property
    def is_design(self) -> bool:
        """Whether it says that alarms are suppressed, and is none."""
        return self.key.limit == BY_DESIGN

    @property
    def suppressing(self) -> "Check | None":
        """The check that says when this one is suppressed by design."""
        design = self.rule.suppress_while
        if design is None or self.design is None:
            return None
        limits = yes(self.limit.priority)
        rule = Rule(StateIs(design.channel, design.codes), limits, off_delay_s=design.after_s)
        return Check(self.key._replace(limit=BY_DESIGN), rule, limits[0], (self.design,), self.zone)


class Force(NamedTuple):
    """A schedule as it is told apart from others."""

    periods: tuple[Period, ...]
    zone: tzinfo


@dataclass(frozen=True)
class Checks:
    """Columns of equal length. kind: see above. over_us: of rates and deviations. states: a bit for each code.

    repeats, within_us: 0 and 0 where every time counts. force: which of `forces`, -1 for always. formula: which of
    `formulas`, -1 for none. zone: which of `zones`. edges: of voltages (`Bands.edges`), NaN for others.
    inputs: series, -1 where there are fewer. starts, watchers, columns: for each series the checks that look at it, and as
    which of their inputs.
    """

    keys: Sequence[Key]
    all: Sequence[Check]
    kind: NDArray[np.uint8]
    side: Floats
    limit: Floats
    deadband: Floats
    over_us: Ints
    states: NDArray[np.uint64]
    on_delay_us: Ints
    off_delay_us: Ints
    repeats: Ints
    within_us: Ints
    force: Ints
    forces: Sequence[Force]
    formula: Ints
    formulas: Sequence[str]
    zone: Ints
    zones: Sequence[tzinfo]
    edges: Floats
    inputs: Ints
    starts: Ints
    watchers: Rows
    columns: Rows

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of(cls, checks: Sequence[Check]) -> Self:
        """Lay out checks; those of silent devices, which no reading raises, are not among them."""
        checks = [one for one in checks if not isinstance(one.rule.signal, NoData)]
        forces = list(dict.fromkeys(Force(one.rule.schedule, one.zone) for one in checks if one.rule.schedule))
        formulas = list(dict.fromkeys(text for one in checks if (text := _text(one.rule.signal))))
        width = max((len(one.inputs) for one in checks), default=1)
        inputs = np.full((len(checks), width), -1, np.int64)
        for row, one in enumerate(checks):
            inputs[row, : len(one.inputs)] = one.inputs
        zones = list(dict.fromkeys(one.zone for one in checks))
        starts, watchers, columns = _by_series(inputs)
        rules = [one.rule for one in checks]
        number = {force: place for place, force in enumerate(forces)}
        return cls(
            [one.key for one in checks],
            checks,
            np.array([_kind(rule.signal) for rule in rules], np.uint8),
            np.array([one.limit.side for one in checks], np.float64),
            np.array([one.limit.side * one.limit.value for one in checks], np.float64),
            np.array([rule.deadband for rule in rules], np.float64),
            _micros([getattr(rule.signal, "over_s", 0.0) for rule in rules]),
            np.array([rule.signal.mask if isinstance(rule.signal, StateIs) else 0 for rule in rules], np.uint64),
            _micros([rule.on_delay_s + rule.lasting_s for rule in rules]),
            _micros([rule.off_delay_s for rule in rules]),
            np.array([rule.repeat.count if rule.repeat else 0 for rule in rules], np.int64),
            _micros([rule.repeat.within_s if rule.repeat else 0.0 for rule in rules]),
            np.array([number.get(Force(one.rule.schedule, one.zone), -1) for one in checks], np.int64),
            forces,
            np.array([formulas.index(text) if (text := _text(rule.signal)) else -1 for rule in rules], np.int64),
            formulas,
            np.array([zones.index(one.zone) for one in checks], np.int64),
            zones,
            np.array([_edges(rule.signal) for rule in rules], np.float64).reshape(-1, 4),
            inputs,
            starts,
            watchers,
            columns,
        )

    def looking_at(self, series: Ints) -> tuple[Rows, Rows, Rows]:
        """(place in `series`, check, which of its inputs) of all checks that look at these series."""
        series = np.where((series >= 0) & (series < len(self.starts) - 1), series, len(self.starts) - 2)
        first, count = self.starts[series], self.starts[series + 1] - self.starts[series]
        place = np.repeat(np.arange(len(series)), count)
        within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        found = np.repeat(first, count) + within
        return place, self.watchers[found], self.columns[found]

    @property
    def series(self) -> Ints:
        """All that are looked at."""
        return np.flatnonzero(np.diff(self.starts)).astype(np.int64)


def _by_series(inputs: Ints) -> tuple[Ints, Rows, Rows]:
    """Where in `watchers` the checks of each series start; the last series has none and stands for all unknown ones."""
    row, column = np.nonzero(inputs >= 0)
    series = inputs[row, column]
    order = np.argsort(series, kind="stable")
    size = int(series.max(initial=-1)) + 2
    starts = np.zeros(size + 1, np.int64)
    starts[1:] = np.cumsum(np.bincount(series, minlength=size))
    return starts, row[order], column[order]


def _micros(seconds: Sequence[float]) -> Ints:
    found: Ints = np.rint(np.array(seconds, np.float64) * SECOND_US).astype(np.int64)
    return found


def _text(signal: Signal) -> str:
    return signal.text if isinstance(signal, Formula) else ""


def _edges(signal: Signal) -> Sequence[float]:
    if not isinstance(signal, VoltageQuality):
        return (np.nan,) * 4
    return bands_of(signal.nominal, signal.level).edges(signal.measure)


def _kind(signal: Signal) -> int:
    match signal:
        case Value():
            return VALUE
        case Rate():
            return RATE
        case Deviation():
            return DEVIATION
        case StateIs():
            return STATE
        case Difference(_, _, is_percent):
            return PERCENT if is_percent else DIFFERENCE
        case Formula():
            return FORMULA
        case FromExpected(_, is_percent):
            return EXPECTED_PERCENT if is_percent else EXPECTED
        case VoltageQuality():
            return VOLTAGE
        case LeastHour():
            return LEAST_HOUR
        case NoData():
            raise AssertionError("silence is no signal of readings")
