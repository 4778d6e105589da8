"""Signs that somebody has tampered with a water meter. Each is a reason to look at it, and none proves anything.

| Sign     | What it rests on                                                                                    |
|----------|-----------------------------------------------------------------------------------------------------|
| flag     | the meter says so itself: a channel for its cover, a magnet, a cut cable is not 0                    |
| reversed | much water ran backwards: a meter that is turned round for a time                                   |
| set_back | the register starts anew, or is another one, and nobody has said why                                |
| idle     | a flow is measured hour after hour and the register stands: its pulses do not arrive                |
| fallen   | after FEWEST_BEFORE days of use only a FALLEN_SHARE of the least of them, for FALLEN_DAYS: a bypass  |

Rule: an hour that is estimated or not known is no sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.domain.meter_events import DAY_HOURS, Floats
from calha.domain.readings import Micros
from calha.domain.registers import RegisterEvent, Verdict
from calha.domain.times import DAY_US

SignName = Literal["flag", "reversed", "set_back", "idle", "fallen"]

IDLE_L_H, IDLE_SHARE, FEWEST_IDLE = 10.0, 0.1, 3
FALLEN_SHARE, FALLEN_DAYS, FEWEST_BEFORE = 0.05, 7, 14
KNOWN_HOURS = 20  # of a day, for it to count as one


@dataclass(frozen=True, slots=True)
class Sign:
    """at: when it was seen first. channel: of a flag."""

    name: SignName
    at: Micros
    channel: str | None = None


def set_back(events: Sequence[RegisterEvent]) -> Sign | None:
    """The first new beginning of a register of which nobody has said what it was."""
    found = [one.at for one in events if one.needs_review and one.verdict in (Verdict.RESET, Verdict.EXCHANGE)]
    return Sign("set_back", min(found)) if found else None


def reversed_(events: Sequence[RegisterEvent]) -> Sign | None:
    """The first time that it ran backwards; whether that was much is asked elsewhere."""
    found = [one.at for one in events if one.verdict is Verdict.REVERSE]
    return Sign("reversed", min(found)) if found else None


def idle(begins: NDArray[np.int64], register_l: Floats, flow_l: Floats) -> Sign | None:
    """What the register and the flow say of the same hours; NaN where one is not known."""
    with np.errstate(invalid="ignore"):
        stands = (flow_l >= IDLE_L_H) & (register_l <= IDLE_SHARE * flow_l)
    return Sign("idle", int(begins[stands][0])) if stands.sum() >= FEWEST_IDLE else None


def fallen(volumes_l: Floats, until: Micros) -> Sign | None:
    """volumes_l: of hours up to `until`, NaN where one is not known. Where use was ever so low before, it is usual."""
    days = _days(volumes_l)
    before, after = days[:-FALLEN_DAYS], days[-FALLEN_DAYS:]
    before = before[np.isfinite(before)]
    if len(before) < FEWEST_BEFORE or len(after) < FALLEN_DAYS or not np.isfinite(after).all():
        return None
    is_fallen = before.min() > 0 and bool((after <= FALLEN_SHARE * before.min()).all())
    return Sign("fallen", until - FALLEN_DAYS * DAY_US) if is_fallen else None


def _days(volumes_l: Floats) -> Floats:
    """Use of whole days by their known hours; NaN where too few are."""
    hours = volumes_l[len(volumes_l) % DAY_HOURS :].reshape(-1, DAY_HOURS)
    found: Floats = np.where(np.isfinite(hours).sum(axis=1) >= KNOWN_HOURS, np.nansum(hours, axis=1), np.nan)
    return found
