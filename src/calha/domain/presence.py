"""Presence: whether a device reports as it usually does, and if it does not, on whose account.

Times in µs, one row a device. A device is late after 1.5 of its usual intervals without a message, silent after 3.
Silence counts only while Calha could have heard: as long as the log server or Calha itself was away, the cause is theirs,
and after that every device has its own time to be heard again. Behind a gateway that is itself late or silent, the cause
is the gateway. When of all others nobody in a site is on time, and two or more fell silent together, the cause is the site
(its line or power), otherwise the device.
The usual interval is the median of the last gaps between arrivals, so that neither a pause nor a burst changes it.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US

Times = NDArray[np.int64]
Codes = NDArray[np.uint8]

DEFAULT_INTERVAL_S = 300.0  # of a device of which nothing is known yet
LATE_INTERVALS, LATE_AT_LEAST_S = 1.5, 15.0
SILENT_INTERVALS, SILENT_AT_LEAST_S = 3.0, 30.0
WINDOW = 15  # gaps that are remembered
GAPS_TO_TRUST = 3


class State(IntEnum):
    NEVER = 0
    ONLINE = 1
    LATE = 2
    SILENT = 3


class Cause(IntEnum):
    NONE = 0
    DEVICE = 1
    SITE = 2
    BROKER = 3
    PLATFORM = 4
    GATEWAY = 5


@dataclass(frozen=True, slots=True)
class Hearing:
    """How well Calha can hear. since: from when on without interruption. fault: what hinders it now, or NONE.

    last_fault: what ended at `since`.
    """

    now: Micros
    since: Micros
    fault: Cause = Cause.NONE
    last_fault: Cause = Cause.PLATFORM


def judge(
    seen_at: Times,
    interval_s: NDArray[np.float64],
    site: Times,
    gateway: Times,
    known_silent: NDArray[np.bool_],
    hearing: Hearing,
) -> tuple[Codes, Codes]:
    """(state, cause) of each device. seen_at: 0 for never. interval_s: NaN where unknown. site: any number for each.

    gateway: the row of its gateway, -1 without one. known_silent: was silent, by no fault of Calha's, before the last
    interruption.
    """
    usual = np.where(np.isnan(interval_s), DEFAULT_INTERVAL_S, interval_s)
    late_after = np.maximum(LATE_INTERVALS * usual, LATE_AT_LEAST_S) * SECOND_US
    silent_after = np.maximum(SILENT_INTERVALS * usual, SILENT_AT_LEAST_S) * SECOND_US
    never = seen_at == 0
    age = hearing.now - seen_at
    unheard = hearing.now - np.maximum(seen_at, hearing.since)
    overdue = ~never & (age > silent_after)

    state = np.full(len(seen_at), State.ONLINE, np.uint8)
    state[age > late_after] = State.LATE
    cause = np.zeros(len(seen_at), np.uint8)
    if hearing.fault is not Cause.NONE:
        state[overdue] = State.SILENT
        cause[~never & (state != State.ONLINE)] = hearing.fault
    else:
        silent = overdue & ((unheard > silent_after) | known_silent)
        state[silent] = State.SILENT
        cause[overdue & ~silent] = hearing.last_fault
        state[never] = State.NEVER
        is_cut_off = _behind_a_lost_gateway(gateway, state)
        counted = (state != State.NEVER) & ~is_cut_off
        cause[silent] = Cause.DEVICE
        cause[silent & _with_its_site(seen_at, silent_after, site, state, counted)] = Cause.SITE
        cause[silent & is_cut_off] = Cause.GATEWAY
    state[never] = State.NEVER
    return state, cause


def _behind_a_lost_gateway(gateway: Times, state: Codes) -> NDArray[np.bool_]:
    lost = np.append((state == State.LATE) | (state == State.SILENT), False)  # the last for those without a gateway
    found: NDArray[np.bool_] = lost[gateway]
    return found


def _with_its_site(
    seen_at: Times, silent_after: NDArray[np.float64], site: Times, state: Codes, counted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which of the counted devices fell silent with all others of their site, and not long before."""
    _, place = np.unique(site, return_inverse=True)
    size = int(place.max(initial=-1)) + 1
    on_time = np.bincount(place[counted & (state == State.ONLINE)], minlength=size)
    newest = np.zeros(size, np.int64)
    np.maximum.at(newest, place[counted], seen_at[counted])
    slack = np.zeros(size)
    np.maximum.at(slack, place[counted], silent_after[counted])
    together = counted & (newest[place] - seen_at <= slack[place])
    members = np.bincount(place[together], minlength=size)
    found: NDArray[np.bool_] = together & (on_time[place] == 0) & (members[place] >= 2)
    return found


class Rhythm:
    """The usual interval of each device, learnt from the gaps between arrivals."""

    def __init__(self, interval_s: NDArray[np.float64], is_learnt: "NDArray[np.bool_] | None" = None) -> None:
        """interval_s: to begin with; NaN where nothing is known. is_learnt: which of them were learnt before."""
        self.interval_s = interval_s.copy()
        self._gaps = np.full((len(interval_s), WINDOW), np.inf, np.float32)
        self._count = np.zeros(len(interval_s), np.int64)
        if is_learnt is not None:
            known = is_learnt & ~np.isnan(interval_s)
            self._gaps[known, : GAPS_TO_TRUST + 2] = interval_s[known, None]
            self._count[known] = GAPS_TO_TRUST + 2

    @property
    def is_learnt(self) -> NDArray[np.bool_]:
        return self._count >= GAPS_TO_TRUST

    def take(self, rows: NDArray[Any], gap_s: NDArray[np.float64]) -> None:
        """A gap of some devices, each named once."""
        self._gaps[rows, self._count[rows] % WINDOW] = gap_s
        self._count[rows] += 1
        trusted = rows[self._count[rows] >= GAPS_TO_TRUST]
        in_order = np.sort(self._gaps[trusted], axis=1)
        middle = (np.minimum(self._count[trusted], WINDOW) - 1) // 2
        self.interval_s[trusted] = in_order[np.arange(len(trusted)), middle]

    def keep(self, old_rows: NDArray[Any], new_rows: NDArray[Any], old: "Rhythm") -> None:
        """Take over what another has learnt."""
        known = old._count[old_rows] > 0
        old_rows, new_rows = old_rows[known], new_rows[known]
        self._gaps[new_rows] = old._gaps[old_rows]
        self._count[new_rows] = old._count[old_rows]
        self.interval_s[new_rows] = old.interval_s[old_rows]
