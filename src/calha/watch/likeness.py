"""Which earlier anomalies of a channel were like one: the same kind and side, about as large and about as long."""

import math
from collections.abc import Iterable, Sequence

from calha.store.anomalies import AnomalyRow

AT_LEAST = 0.3
MOST = 5


def likeness(one: AnomalyRow, other: AnomalyRow) -> float:
    """1 for the same size and length, towards 0 for others; 0 for another side."""
    if one.is_below != other.is_below:
        return 0.0
    size = abs(math.log(one.shown / other.shown))
    length = abs(math.log(one.readings / other.readings))
    return 1.0 / (1.0 + size + length / 2.0)


def similar(row: AnomalyRow, earlier: Iterable[AnomalyRow]) -> Sequence[tuple[AnomalyRow, float]]:
    """The earlier ones that are most like it, the likest first, with their likeness."""
    found = ((one, likeness(row, one)) for one in earlier)
    return sorted((pair for pair in found if pair[1] >= AT_LEAST), key=lambda pair: -pair[1])[:MOST]
