"""Every reading ends in exactly one counter; the counters add up.

received = stored + late + corrected + duplicate + Σ quarantined + Σ refused + (on its way through the log)

The unit is the reading. A message that cannot be read, or is refused before it is read, counts as one.
Counters count since the start of the process.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Batch
from calha.domain.written import OUTCOMES, Written


@dataclass(slots=True)
class Tally:
    """Counters of one device, or of all."""

    received: int = 0
    stored: int = 0
    late: int = 0
    corrected: int = 0
    duplicate: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def ended(self) -> int:
        """Readings that have reached their counter; `received - ended` are on their way."""
        written = self.stored + self.late + self.corrected + self.duplicate
        return written + self.quarantined.total() + self.refused.total()


class Counters:
    MAX_DEVICES = 200_000  # devices with counters of their own; beyond it, unknown names count only in the total

    def __init__(self) -> None:
        self.total = Tally()
        self._devices: dict[str, Tally] = {}
        self._received: NDArray[np.int64] = np.zeros(1024, np.int64)  # by series
        self._written: NDArray[np.int64] = np.zeros((len(OUTCOMES), 1024), np.int64)  # outcome × series

    def received(self, batch: Batch, sign: int = 1) -> None:
        """Readings on their way into the log; `sign` -1 takes them back when the log did not."""
        self._grow(batch)
        self._received += sign * np.bincount(batch.series, minlength=len(self._received))
        self.total.received += sign * len(batch)

    def quarantined(self, device: str, reason: str, readings: int) -> None:
        for tally in self._tallies(device):
            tally.received += readings
            tally.quarantined[reason] += readings

    def refused(self, device: str, reason: str, readings: int = 1) -> None:
        """Readings that were not taken; the sender has been told where its protocol can tell."""
        for tally in self._tallies(device):
            tally.received += readings
            tally.refused[reason] += readings

    def written(self, batch: Batch, written: Written) -> None:
        self._grow(batch)
        width = self._written.shape[1]
        cells = written.outcome.astype(np.int64) * width + batch.series
        self._written += np.bincount(cells, minlength=self._written.size).reshape(self._written.shape)
        for outcome, count in zip(OUTCOMES, np.bincount(written.outcome, minlength=len(OUTCOMES)), strict=True):
            setattr(self.total, outcome, getattr(self.total, outcome) + int(count))

    def of_device(self, device: str, series: Iterable[int]) -> Tally:
        """The counters of one device whose channels are `series`."""
        kept = self._devices.get(device, Tally())
        known = [number for number in series if number < len(self._received)]
        written = {name: int(self._written[row, known].sum()) for row, name in enumerate(OUTCOMES)}
        received = kept.received + int(self._received[known].sum())
        return Tally(received=received, quarantined=kept.quarantined, refused=kept.refused, **written)

    def forget(self, device: str) -> None:
        """Of a device, what did not become a reading of one of its channels; the total keeps it."""
        self._devices.pop(device, None)

    def _tallies(self, device: str) -> Iterator[Tally]:
        yield self.total
        tally = self._devices.get(device)
        if tally is None and device and len(self._devices) < self.MAX_DEVICES:
            tally = self._devices[device] = Tally()
        if tally is not None:
            yield tally

    def _grow(self, batch: Batch) -> None:
        highest = int(batch.series.max(initial=0))
        if highest >= len(self._received):
            added = highest * 2 - len(self._received)
            self._received = np.pad(self._received, (0, added))
            self._written = np.pad(self._written, ((0, 0), (0, added)))
