"""Follows all gauges, each by itself: what is stored goes through `SeriesWatch` in the order in which it was stored.

Rule 1: what was learnt and the log sequence to which it reaches are kept together, so that after a restart nothing is taken
twice and nothing is left out, unless it has become cold meanwhile: a stop of days.
Rule 2: late and corrected readings change nothing (the detector leaves them out), nor do bad ones.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from calha.domain.directory import Directory
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.store.anomalies import Found
from calha.store.telemetry import Telemetry
from calha.watch import found
from calha.watch.anomaly.events import Event, Kind
from calha.watch.anomaly.hours import LocalHours, local_hours
from calha.watch.anomaly.keeping import Unreadable
from calha.watch.anomaly.learnt import TooManySeries
from calha.watch.anomaly.reckoning import Floats
from calha.watch.anomaly.series import Findings, SeriesWatch
from calha.watch.kept import Kept

log = logging.getLogger(__name__)

AT_ONCE = 50_000  # readings
NAME = DETECTOR = "series"
SEQ = "seq"

Series = NDArray[np.int32]
Allowed = Mapping[tuple[str, str], float]  # by subject and kind: how much may be shown, in limits


class BySeries:
    """seq: log sequence through which all was taken."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._known_version = -1
        self._zones: list[tzinfo] = []
        self._zone_of = np.zeros(0, np.int16)  # by series, -1 for one that is not watched
        self._is_full = False
        self._watch = SeriesWatch()
        self._told: dict[int, int] = {}  # by series: readings of the event that lasts, when it was last told
        self.seq = 0

    def open(self, committed_seq: int, allowed: Allowed) -> set[tuple[str, Micros]]:
        """Go on from what was kept; the anomalies that last, by subject and start."""
        self.seq, self._watch, self._told = 0, SeriesWatch(), {}
        columns = self._kept.read(NAME, DETECTOR)
        if columns is not None:
            try:
                self.seq = min(int(columns.pop(SEQ)), committed_seq)
                self._watch = SeriesWatch.of_columns(columns)
            except (Unreadable, KeyError, TypeError) as error:
                log.warning("what is usual is learnt anew: %s", error)
                self.seq, self._watch = 0, SeriesWatch()
        for (subject, kind), may in allowed.items():
            self.allow(subject, kind, may)
        return {(found.of_series(one.series), one.started_at) for one in self._watch.events.opened()}

    def save(self) -> None:
        self._kept.write(NAME, DETECTOR, self._watch.to_columns() | {SEQ: np.array(self.seq)})

    def allow(self, subject: str, kind: str, may: float) -> None:
        """Let a series show that much of a kind; subjects of other detectors are passed by."""
        detector, _, series = subject.partition(" ")
        if detector == DETECTOR:
            self._watch.allow(int(series), Kind(kind), may)

    def expected(self, series: NDArray[np.int64], at: NDArray[np.int64]) -> Floats:
        """What is expected of each series at a time; NaN where nothing is known.

        Asked by others while it learns: a number may be of just before or just after a reading, which does no harm.
        """
        found, learnt = np.full(len(at), np.nan), self._watch.learnt
        if not len(self._zone_of):
            return found
        rows = [-1 if (row := learnt.row_of(one)) is None else row for one in series.tolist()]
        zone = self._zone(series.astype(np.int32))
        known = np.flatnonzero((np.array(rows, np.intp) >= 0) & (zone >= 0))
        found[known] = learnt.expected(np.array(rows, np.intp)[known], *self._hours(at[known], zone[known]))
        return found

    def follow(self, telemetry: Telemetry, directory: Directory) -> tuple[list[Found], bool]:
        """What was found in readings stored since, and whether there are more. Raises StoreUnavailable."""
        self._know(directory)
        stored = telemetry.stored(self.seq, AT_ONCE)
        zone = self._zone(stored.series)
        chosen = np.flatnonzero((zone >= 0) & (stored.quality < Quality.BAD))
        findings = self._update(stored.at[chosen], stored.value[chosen], stored.series[chosen], zone[chosen])
        self.seq = stored.through_seq
        return self._tell(findings), len(stored.series) >= AT_ONCE

    def _know(self, directory: Directory) -> None:
        """Which series are gauges, and in which zone each is."""
        if directory.version == self._known_version:
            return
        self._zone_of = np.full(max(directory.names, default=0) + 1, -1, np.int16)
        zones: dict[tzinfo, int] = {}
        for device in directory.devices.values():
            for channel in device.channels.values():
                if channel.kind == "gauge":
                    self._zone_of[channel.series] = zones.setdefault(device.zone, len(zones))
        self._zones, self._known_version = list(zones), directory.version

    def _zone(self, series: Series) -> NDArray[np.int16]:
        known = np.minimum(series, len(self._zone_of) - 1)
        return np.where(series < len(self._zone_of), self._zone_of[known], -1).astype(np.int16)

    def _hours(self, at: NDArray[np.int64], zone: NDArray[np.int16]) -> LocalHours:
        hour, slot = np.zeros(len(at), np.int64), np.zeros(len(at), np.int16)
        for number in np.unique(zone).tolist():
            mine = zone == number
            hour[mine], slot[mine] = local_hours(at[mine], self._zones[number])
        return LocalHours(hour, slot)

    def _update(self, at: NDArray[np.int64], value: Floats, series: Series, zone: NDArray[np.int16]) -> Findings:
        hours = self._hours(at, zone)
        try:
            return self._watch.update(at, value, series, hours)
        except TooManySeries as error:
            if not self._is_full:
                log.warning("%s; the others are not", error)
                self._is_full = True
        known = np.array([self._watch.learnt.row_of(one) is not None for one in series.tolist()], bool)
        return self._watch.update(
            at[known], value[known], series[known], LocalHours(hours.hour[known], hours.slot[known])
        )

    def _tell(self, findings: Findings) -> list[Found]:
        """What is new: events that began, that go on and that ended."""
        lasting = list(self._watch.events.opened())
        going_on = [one for one in lasting if self._told.get(one.series) != one.readings]
        self._told = {one.series: one.readings for one in lasting}
        return self._found([*findings.began, *going_on, *findings.ended])

    def _found(self, events: Sequence[Event]) -> list[Found]:
        return [
            found.found(found.of_series(one.series), one, self._watch.may(one.series, one.peak.kind)) for one in events
        ]
