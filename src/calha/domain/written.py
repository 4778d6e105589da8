"""What became of readings that reached the store."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

STORED: Final = 0
LATE: Final = 1  # new, and older than the newest reading of its series
CORRECTED: Final = 2  # replaced another value or quality of the same series and time
DUPLICATE: Final = 3  # the same value and quality were there already

OUTCOMES: Final = ("stored", "late", "corrected", "duplicate")  # names by code


@dataclass(frozen=True, slots=True)
class Written:
    """outcome: uint8 codes, one for each reading of the batch that was written, in its order."""

    outcome: NDArray[np.uint8]
