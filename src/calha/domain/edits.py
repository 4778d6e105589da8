"""Edits: amounts that stand instead of what a meter says, from one time to another. What the meter said stays as it was.

An edited curve is a curve, with the amounts of the edit between its bounds and the same growth as before outside of them.
Later edits win over earlier ones where they overlap. Inside an edit nothing was observed, as the coverage of intervals shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from calha.domain.curves import Curve
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.register_breaks import Flags, Ints


@dataclass(frozen=True, slots=True)
class Edit:
    """bounds: begins of intervals, and the last end. ticks: what was consumed in each. quality: estimated or substituted."""

    bounds: Ints
    ticks: Ints
    quality: Quality

    @property
    def from_at(self) -> Micros:
        return int(self.bounds[0])

    @property
    def until_at(self) -> Micros:
        return int(self.bounds[-1])


def edited(curve: Curve, edits: Iterable[Edit]) -> Curve:
    """The curve with edits, in the order in which they were made."""
    for edit in edits:
        curve = _with(curve, edit)
    return curve


def _with(curve: Curve, edit: Edit) -> Curve:
    is_before, is_after = curve.at < edit.from_at, curve.at > edit.until_at
    count = len(edit.ticks)
    beyond_end = not len(curve.at) or edit.from_at > curve.at[-1]
    before_begin = not len(curve.at) or edit.until_at < curve.at[0]
    first = int(is_before.sum())  # the place of the knot at which the edit begins
    step = min(first, len(curve.at) - 1)
    quality = np.concatenate(
        [
            curve.quality[is_before],
            [Quality.UNCERTAIN if beyond_end else curve.quality[step]],
            np.full(count, edit.quality),
            curve.quality[is_after],
        ]
    ).astype(np.uint8)
    is_hole = np.concatenate(
        [curve.is_hole[is_before], [beyond_end or curve.is_hole[step]], np.ones(count, bool), curve.is_hole[is_after]]
    )
    if before_begin and is_after.any():
        quality[first + count + 1], is_hole[first + count + 1] = Quality.UNCERTAIN, True
    return Curve(
        np.concatenate([curve.at[is_before], edit.bounds, curve.at[is_after]]),
        np.cumsum(_growth(curve, edit, is_before, is_after)),
        quality,
        is_hole,
        curve.is_bridged,
    )


def _growth(curve: Curve, edit: Edit, is_before: Flags, is_after: Flags) -> Ints:
    """Ticks of the steps that end at each knot of the edited curve; the first has none."""
    if not len(curve.at):
        return np.concatenate([[0], edit.ticks])
    at_edges = curve.upto(np.array([edit.from_at, edit.until_at]))
    before = np.append(curve.ticks[is_before], at_edges[0])
    after = np.append(at_edges[1], curve.ticks[is_after])
    return np.concatenate([[0], np.diff(before), edit.ticks, np.diff(after)])
