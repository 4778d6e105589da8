"""What a rule would have done, before it is saved: how many alarms, how short, and which delay or deadband would cure it.

An alarm is a nuisance when it was over within NUISANCE_S, as nobody can act on it, or when it came back within CHATTER_S of
having gone. A cure is the smallest setting that takes away CURED of the nuisances; it says how many alarms that lasted
LONG_S it would have cost, which are those that somebody could have acted on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calha.domain.alarm_rules import NoData
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.watch.alarms.checks import Check, Ints
from calha.watch.alarms.replay import Runs, Spells, Told, Track, lasting, replay, runs, told

NUISANCE_S = 60.0
CHATTER_S = 300.0
LONG_S = 600.0
CURED = 0.9
DELAYS_S = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0)
DEADBANDS = (0.01, 0.02, 0.05, 0.1)  # shares of how far the signal usually moves
SHOWN = 200  # alarms that are listed

Setting = Literal["on_delay_s", "off_delay_s", "deadband"]


@dataclass(frozen=True, slots=True)
class Raised:
    """One alarm that there would have been. ended_at: None while it lasts."""

    device: str
    limit: str
    began_at: Micros
    ended_at: Micros | None


@dataclass(frozen=True, slots=True)
class Cure:
    """What a setting would change. lost: long alarms that it would not raise."""

    setting: Setting
    value: float
    alarms: int
    nuisances: int
    lost: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """alarms: how many. nuisances: of them, see above. a_day: on the average. median_s, shortest_s: None without any.

    raised: the newest ones. cures: the best first; none where nothing needs one, or nothing helps.
    """

    days: float
    devices: int
    alarms: int
    nuisances: int
    median_s: float | None
    shortest_s: float | None
    longest_s: float | None
    raised: Sequence[Raised]
    cures: Sequence[Cure]

    @property
    def a_day(self) -> float:
        return self.alarms / self.days if self.days else 0.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """One check with its signal, its conditions as they are set, and its alarms."""

    check: Check
    told: Told | None
    runs: Runs | None
    spells: Spells


def simulate(checks: Iterable[tuple[Check, Sequence[Track]]], from_at: Micros, until: Micros) -> Simulation:
    """Replay checks of one rule over the readings of their inputs."""
    seen = [_seen(check, inputs, until) for check, inputs in checks]
    spells = [one.spells for one in seen]
    lengths = np.sort(np.concatenate([one.duration_us for one in spells])) if spells else np.zeros(0, np.int64)
    bad = sum(nuisances(one) for one in spells)
    return Simulation(
        (until - from_at) / DAY_US,
        len({one.check.key.device for one in seen}),
        len(lengths),
        bad,
        float(np.median(lengths)) / SECOND_US if len(lengths) else None,
        float(lengths[0]) / SECOND_US if len(lengths) else None,
        float(lengths[-1]) / SECOND_US if len(lengths) else None,
        _newest(seen),
        _cures(seen, bad, until) if bad else [],
    )


def nuisances(found: Spells) -> int:
    """How many of the alarms nobody could use."""
    if not len(found):
        return 0
    is_short = found.duration_us <= round(NUISANCE_S * SECOND_US)
    came_back = np.append(False, found.began[1:] - found.ended[:-1] <= round(CHATTER_S * SECOND_US))
    if found.lasts:
        is_short[-1] = False
    return int((is_short | came_back).sum())


def _seen(check: Check, inputs: Sequence[Track], until: Micros) -> _Seen:
    if isinstance(check.rule.signal, NoData) or not all(len(one.at) for one in inputs[: len(check.inputs)]):
        return _Seen(check, None, None, replay(check, inputs, until))
    signal = told(check, inputs)
    found, rule = runs(check, signal, until, check.rule.deadband), check.rule
    return _Seen(check, signal, found, lasting(found, rule.on_delay_s + rule.lasting_s, rule.off_delay_s))


def _newest(seen: Sequence[_Seen]) -> list[Raised]:
    found = []
    for one in seen:
        ended: list[int | None] = one.spells.ended[-SHOWN:].tolist()
        if one.spells.lasts:
            ended[-1] = None
        key = one.check.key
        found += [
            Raised(key.device, key.limit, began, end)
            for began, end in zip(one.spells.began[-SHOWN:].tolist(), ended, strict=True)
        ]
    return sorted(found, key=lambda one: -one.began_at)[:SHOWN]


# -- cures


def _cures(seen: Sequence[_Seen], bad: int, until: Micros) -> list[Cure]:
    """At most one of each setting; those that cost no long alarm first, then those that leave the fewest."""
    seen = [one for one in seen if one.runs is not None]
    if not seen:
        return []
    found = [
        _first(seen, bad, "on_delay_s", _longer(seen[0].check.rule.on_delay_s), _delayed_on),
        _first(seen, bad, "off_delay_s", _longer(seen[0].check.rule.off_delay_s), _delayed_off),
        _first(seen, bad, "deadband", _wider(seen), _held(until)),
    ]
    return sorted((one for one in found if one is not None), key=lambda one: (one.lost, one.nuisances, one.alarms))


def _first(
    seen: Sequence[_Seen], bad: int, setting: Setting, values: Iterator[float], apply: Callable[[_Seen, float], Spells]
) -> Cure | None:
    """The smallest value that cures."""
    long, before = sum(_long(one.spells) for one in seen), sum(len(one.spells) for one in seen)
    for value in values:
        spells = [apply(one, value) for one in seen]
        left = sum(nuisances(one) for one in spells)
        count = sum(len(one) for one in spells)
        if left <= (1 - CURED) * bad and count <= before - CURED * bad:  # to make each of them longer is no cure
            lost = max(0, long - sum(_long(one) for one in spells))
            return Cure(setting, value, count, left, lost)
    return None


def _delayed_on(one: _Seen, value: float) -> Spells:
    assert one.runs is not None
    return lasting(one.runs, value + one.check.rule.lasting_s, one.check.rule.off_delay_s)


def _delayed_off(one: _Seen, value: float) -> Spells:
    assert one.runs is not None
    return lasting(one.runs, one.check.rule.on_delay_s + one.check.rule.lasting_s, value)


def _held(until: Micros) -> Callable[[_Seen, float], Spells]:
    def held(one: _Seen, value: float) -> Spells:
        assert one.told is not None
        rule = one.check.rule
        return lasting(runs(one.check, one.told, until, value), rule.on_delay_s + rule.lasting_s, rule.off_delay_s)

    return held


def _longer(present_s: float) -> Iterator[float]:
    return (one for one in DELAYS_S if one > present_s)


def _wider(seen: Sequence[_Seen]) -> Iterator[float]:
    """Deadbands by how far the signals usually move: from the 5th to the 95th percentile, of the liveliest."""
    rule = seen[0].check.rule
    spans = [_span(one.told.signal) for one in seen if one.told is not None]
    span = max(spans, default=0.0)
    return (value for share in DEADBANDS if (value := float(f"{span * share:.2g}")) > rule.deadband)


def _span(signal: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    known = signal[~np.isnan(signal)]
    if len(known) > SAMPLED:
        known = known[:: len(known) // SAMPLED]
    low, high = np.percentile(known, (5, 95)) if len(known) else (0.0, 0.0)
    return float(high - low)


SAMPLED = 2_000


def _long(found: Spells) -> int:
    durations: Ints = found.duration_us
    return int((durations >= round(LONG_S * SECOND_US)).sum())
