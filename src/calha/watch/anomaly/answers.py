"""How much may be shown without an anomaly, as people answer to those that were found.

What they call normal has to show more the next time than it did; what they call real may show less. In limits: 1 to begin
with. It follows from all answers that hold, so that one taken back leaves nothing behind.
"""

from collections.abc import Iterable
from typing import NamedTuple

STRICTEST, LOOSEST = 0.5, 30.0
EASIER, MARGIN = 0.8, 1.1


class Answered(NamedTuple):
    """shown: how much the anomaly showed, in limits."""

    shown: float
    is_real: bool


def shown_by(score: float, may: float) -> float:
    """How much a score means, in limits. may: what could be shown at the time."""
    return may * score / (1.0 - score)


def allowed(answers: Iterable[Answered]) -> float:
    """What may be shown after answers, in the order in which they were given."""
    may = 1.0
    for shown, is_real in answers:
        wanted = EASIER * may if is_real else max(may, MARGIN * shown)
        may = min(max(wanted, STRICTEST), LOOSEST)
    return may
