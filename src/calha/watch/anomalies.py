"""The watch for anomalies: follows what is stored, keeps what its detectors find, and lets people's answers teach them.

Rule 1: what a detector finds is kept before what it has learnt is saved; after a crash, or when something could not be kept,
a part is followed once more, and the same anomalies are found again (`AnomalyStore.keep` renews them).
Rule 2: how much may be shown without an anomaly follows from all answers that hold, at the start and after each answer.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calha.domain.directory import Directory
from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.store.anomalies import AnomalyRow, AnomalyStore, Verdict
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from calha.watch.anomaly.answers import Answered, allowed
from calha.watch.anomaly.reckoning import Floats
from calha.watch.by_device import ByDevice
from calha.watch.by_series import BySeries
from calha.watch.kept import Kept

log = logging.getLogger(__name__)

FOLDER = "anomalies"
EVERY_S = 2.0
SAVE_EVERY_US = 600 * SECOND_US
FORGET_EVERY_US = DAY_US
KEPT_US = 400 * DAY_US  # anomalies that nobody has answered


class Anomalies:
    """directory: devices and channels as they are now. folder: for what was learnt."""

    def __init__(
        self,
        registry: Registry,
        telemetry: Telemetry,
        directory: Callable[[], Directory],
        folder: Path,
        clock: Callable[[], Micros],
    ) -> None:
        kept = Kept(folder)
        self._telemetry = telemetry
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()
        self._allowed: dict[tuple[str, str], float] = {}
        self._series = BySeries(kept)
        self._devices = ByDevice(kept, registry.profiles, self._allowed)
        self._saved_at = self._forgot_at = clock()
        self._is_all_kept = False
        self.store = AnomalyStore(registry.engine)

    async def run(self, beat: Callable[[], None]) -> None:
        """Follow the store until cancelled."""
        await asyncio.to_thread(self.open)
        try:
            while True:
                beat()
                await asyncio.sleep(0 if await self._tried() else EVERY_S)
        except asyncio.CancelledError:
            self.save()
            raise

    def open(self) -> None:
        """Go on from what was kept; anomalies of which no detector knows any more have ended."""
        with self._lock:
            self._allowed.clear()
            for key, answers in self.store.answers().items():
                self._allowed[key] = allowed(Answered(*one) for one in answers)
            lasting = self._series.open(self._telemetry.committed_seq, self._allowed)
            lasting |= self._devices.open(self._directory(), self._clock())
            self.store.end_all_but(lasting)
            self._is_all_kept = True

    def follow(self) -> bool:
        """One round; whether there is more to follow. Raises StoreUnavailable."""
        with self._lock:
            now, directory = self._clock(), self._directory()
            self._is_all_kept = False
            of_series, more_series = self._series.follow(self._telemetry, directory)
            of_devices, more_devices = self._devices.follow(self._telemetry, directory, now)
            if of_series or of_devices:
                self.store.keep([*of_series, *of_devices], now)
            self._is_all_kept = True
        if now - self._saved_at > SAVE_EVERY_US:
            self.save()
        if now - self._forgot_at > FORGET_EVERY_US:
            self.store.forget(now - KEPT_US)
            self._forgot_at = now
        return more_series or more_devices

    def expected(self, series: NDArray[np.int64], at: NDArray[np.int64]) -> Floats:
        """What is expected of each series at a time; NaN where nothing is known. Waits for no round."""
        return self._series.expected(series, at)

    def save(self) -> None:
        """Keep what was learnt until now, unless something that was found could not be kept."""
        with self._lock:
            if not self._is_all_kept:
                return
            self._series.save()
            self._devices.save()
            self._saved_at = self._clock()

    def answer(self, number: int, verdict: Verdict | None, note: str, author: str) -> AnomalyRow:
        """Say what an anomaly was, or take that back; the detectors follow at once. Raises NotFound."""
        with self._lock:
            self.store.answer(number, verdict, note, author, self._clock())
            row = self.store.named(number)
            key = row.subject, row.kind
            answers = self.store.answers(row.subject).get(key, ())
            may = self._allowed[key] = allowed(Answered(*one) for one in answers)
            self._series.allow(*key, may)
            self._devices.allow(row.subject, may)
            return row

    async def _tried(self) -> bool:
        try:
            return await asyncio.to_thread(self.follow)
        except StoreUnavailable as error:
            log.warning("anomalies are looked for later: %s", error)
            return False
