"""Which phases a cleaning went through: from the PLC's own step number, else from conductivity and temperature of the return.

Rule 1: a sample belongs to a phase when it is clearly within it and conductivity has settled, so that what only passes
through the conductivity of acid on its way to caustic is not taken for acid. What comes before belongs to what follows:
as with a PLC a step begins when its valve opens.
Rule 2: what lasts less than MIN_DWELL_S is no phase of its own; the phase before it goes on.
Rule 3: a cycle ends when nothing has been cleaned for IDLE_S; a shorter pause within a step is part of it. What a rinse is
follows from what stands around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from calha.domain.cip import Phase, Samples, StepKind
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US

MIN_DWELL_S = 30.0
IDLE_S = 600.0
MAX_HOLD_S = 60.0  # a last sample counts for as long, where none follows

KINDS: tuple[StepKind, ...] = get_args(StepKind)
IDLE, UNCLEAR = -1, -2
_RINSE, _CAUSTIC, _ACID = KINDS.index("rinse"), KINDS.index("caustic"), KINDS.index("acid")
_SANITISE = KINDS.index("sanitise")


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells the phases apart; conductivities in mS/cm, temperatures in °C, flow in m³/h."""

    rinse_below: float = 1.0
    acid_above: float = 10.0
    acid_below: float = 27.0
    caustic_above: float = 30.0
    caustic_from_c: float = 60.0
    sanitise_from_c: float = 80.0
    moves_from_m3_h: float = 0.1
    settled_s: float = 20.0  # in which conductivity may change by a share of itself, or by so many mS/cm
    settled_share: float = 0.2
    settled_ms_cm: float = 0.5


def kinds_of_signals(samples: Samples, marks: Marks) -> NDArray[np.int8]:
    """Place in KINDS of each sample, IDLE where nothing flows. Rinses are all plain rinses here."""
    conductivity, temperature = samples.conductivity_ms_cm, samples.temperature_c
    kinds = np.full(len(samples.at), UNCLEAR, np.int8)
    kinds[conductivity < marks.rinse_below] = _RINSE
    kinds[(conductivity < marks.rinse_below) & (temperature >= marks.sanitise_from_c)] = _SANITISE
    kinds[(conductivity > marks.acid_above) & (conductivity < marks.acid_below)] = _ACID
    kinds[(conductivity > marks.caustic_above) & (temperature >= marks.caustic_from_c)] = _CAUSTIC
    kinds[~_settled(samples, marks)] = UNCLEAR
    kinds[samples.flow_m3_h < marks.moves_from_m3_h] = IDLE
    return kinds


def _settled(samples: Samples, marks: Marks) -> NDArray[np.bool_]:
    before = np.searchsorted(samples.at, samples.at - round(marks.settled_s * SECOND_US), "right") - 1
    now = samples.conductivity_ms_cm
    change = np.abs(now - now[np.maximum(before, 0)])
    found: NDArray[np.bool_] = change <= np.maximum(marks.settled_share * now, marks.settled_ms_cm)
    return found


def kinds_of_steps(codes: NDArray[np.float64], steps: Mapping[int, StepKind]) -> NDArray[np.int8]:
    """The same from the PLC's step numbers; a number that stands for no step is idle, a missing one unclear."""
    kinds = np.full(len(codes), IDLE, np.int8)
    for code, kind in steps.items():
        kinds[codes == code] = KINDS.index(kind)
    kinds[~np.isfinite(codes)] = UNCLEAR
    return kinds


def cycles(samples: Samples, kinds: NDArray[np.int8], *, names_rinses: bool) -> list[list[Phase]]:
    """The cleanings in samples, each as its phases. names_rinses: whether `kinds` tells what each rinse is for."""
    runs = [run for run in _runs(samples.at, _held(kinds)) if run[2] != UNCLEAR]
    found: list[list[tuple[Micros, Micros, int]]] = []
    for run in _merged(runs):
        if run[2] == IDLE:
            continue
        if not found or run[0] - found[-1][-1][1] > IDLE_S * SECOND_US:
            found.append([])
        found[-1].append(run)
    named = [_joined(one if names_rinses else _with_rinses(one)) for one in found if _cleans(one)]
    return [[_phase(samples, run) for run in one] for one in named]


def _held(kinds: NDArray[np.int8]) -> NDArray[np.int8]:
    """An unclear sample belongs to what comes after it; at the end, to what was before."""
    clear = np.flatnonzero(kinds != UNCLEAR)
    if not len(clear):
        return kinds
    following = np.searchsorted(clear, np.arange(len(kinds)))
    return kinds[clear[np.minimum(following, len(clear) - 1)]]


def _runs(at: NDArray[np.int64], kinds: NDArray[np.int8]) -> list[tuple[Micros, Micros, int]]:
    """(from, until, kind) of samples of one kind, cut where nothing was sent for IDLE_S."""
    if not len(at):
        return []
    silent = np.diff(at) > IDLE_S * SECOND_US
    begins = np.concatenate(([0], np.flatnonzero((np.diff(kinds) != 0) | silent) + 1))
    ends = np.append(begins[1:], len(at))
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        is_cut = end == len(at) or at[end] - at[end - 1] > IDLE_S * SECOND_US
        until = int(at[end - 1]) + _hold_us(at, end) if is_cut else int(at[end])
        found.append((int(at[begin]), until, int(kinds[begin])))
    return found


def _hold_us(at: NDArray[np.int64], end: int) -> Micros:
    """How long the last sample before a silence counts: as long as that before it."""
    step = int(at[end - 1] - at[end - 2]) if end > 1 else 0
    return min(step, round(MAX_HOLD_S * SECOND_US))


def _merged(runs: Sequence[tuple[Micros, Micros, int]]) -> list[tuple[Micros, Micros, int]]:
    """Without what is too short to be a phase; what it interrupted goes on."""
    found: list[tuple[Micros, Micros, int]] = []
    for from_, until, kind in runs:
        follows = bool(found) and from_ == found[-1][1]
        if follows and (kind == found[-1][2] or until - from_ < MIN_DWELL_S * SECOND_US):
            found[-1] = (found[-1][0], until, found[-1][2])
        elif until - from_ >= MIN_DWELL_S * SECOND_US:
            found.append((from_, until, kind))
    return found


def _cleans(runs: Sequence[tuple[Micros, Micros, int]]) -> bool:
    """Water alone that flows is no cleaning."""
    return any(kind in (_CAUSTIC, _ACID, _SANITISE) for _, _, kind in runs)


def _with_rinses(runs: Sequence[tuple[Micros, Micros, int]]) -> list[tuple[Micros, Micros, int]]:
    """Rinses by their place: before the first agent, between agents, after the last one that has to be washed out."""
    agents = [place for place, run in enumerate(runs) if run[2] in (_CAUSTIC, _ACID)]
    if not agents:
        return [(from_, until, KINDS.index("pre_rinse") if kind == _RINSE else kind) for from_, until, kind in runs]
    named = []
    for place, (from_, until, kind) in enumerate(runs):
        name: StepKind = "pre_rinse" if place < agents[0] else "final_rinse" if place > agents[-1] else "rinse"
        named.append((from_, until, KINDS.index(name) if kind == _RINSE else kind))
    return named


def _joined(runs: Sequence[tuple[Micros, Micros, int]]) -> list[tuple[Micros, Micros, int]]:
    """Neighbours of one kind as one, with the pause that may lie between them."""
    found = [runs[0]]
    for run in runs[1:]:
        if run[2] == found[-1][2]:
            found[-1] = (found[-1][0], run[1], run[2])
        else:
            found.append(run)
    return found


def _phase(samples: Samples, run: tuple[Micros, Micros, int]) -> Phase:
    from_, until, kind = run
    begin, end = np.searchsorted(samples.at, [from_, until]).tolist()
    return Phase(KINDS[kind], from_, until, samples.part(slice(begin, end)))
