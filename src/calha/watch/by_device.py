"""Follows channels of devices together, where a profile asks for it: rows on a grid of the device's interval.

Rule 1: a step is looked at when it is over and a later reading has come, so what a device sends after an interruption is
looked at as well. After a restart it goes on from the step to which what was learnt reaches.
Rule 2: what is new, or whose profile names other channels now, is learnt anew from its last readings.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calha.domain.directory import Directory
from calha.domain.profiles import Profile
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.store.anomalies import Found
from calha.store.telemetry import Columns, Telemetry
from calha.watch import aligned, found
from calha.watch.anomaly.keeping import Unreadable
from calha.watch.by_series import Allowed
from calha.watch.ensembles import District, Ensemble, Joint, Wanted, wanted
from calha.watch.kept import Kept

log = logging.getLogger(__name__)

DETECTORS = frozenset({Joint.detector, District.detector})
SETTLE_US = 5 * SECOND_US  # for readings that are on their way
STEPS_AT_ONCE = 2_000
MAX_GAP_US = 7 * DAY_US  # what is older is not caught up with
DEVICES_AT_ONCE = 100
THROUGH = "through_at"


@dataclass(slots=True)
class Followed:
    """through_at: end of the last step that was looked at. told: readings of the event that lasts, when it was last told."""

    watch: Ensemble
    step_us: Micros
    through_at: Micros
    is_saved: bool = False
    told: int = 0


class ByDevice:
    """profiles: all of them, read again when the registry has changed. allowed: how much may be shown, as it is now."""

    def __init__(self, kept: Kept, profiles: Callable[[], Iterable[Profile]], allowed: Allowed) -> None:
        self._kept = kept
        self._profiles = profiles
        self._allowed = allowed
        self._known_version = -1
        self._followed: dict[str, Followed] = {}  # by subject

    def open(self, directory: Directory, now: Micros) -> set[tuple[str, Micros]]:
        """Go on from what was kept; the anomalies that last, by subject and start."""
        self._known_version, self._followed = -1, {}
        self._know(directory, now)
        still = {_name(subject) for subject in self._followed}
        for name in list(self._kept.names()):
            if name.partition("-")[0] in DETECTORS and name not in still:
                self._kept.delete(name)
        lasting = ((subject, one.watch.lasting) for subject, one in self._followed.items())
        return {(subject, event.started_at) for subject, event in lasting if event is not None}

    def save(self) -> None:
        for subject, one in self._followed.items():
            if not one.is_saved:
                columns = one.watch.to_columns() | {THROUGH: np.array(one.through_at)}
                self._kept.write(_name(subject), one.watch.detector, columns)
                one.is_saved = True

    def allow(self, subject: str, may: float) -> None:
        """Let a subject show that much; those of other detectors are passed by."""
        one = self._followed.get(subject)
        if one is not None:
            one.watch.may, one.is_saved = may, False

    def follow(self, telemetry: Telemetry, directory: Directory, now: Micros) -> tuple[list[Found], bool]:
        """What was found in steps that are over, and whether there may be more. Raises StoreUnavailable."""
        self._know(directory, now)
        told: list[Found] = []
        is_more = False
        for (from_, until), due in self._due(telemetry, now).items():
            for start in range(0, len(due), DEVICES_AT_ONCE):
                subjects = due[start : start + DEVICES_AT_ONCE]
                series = [one for subject in subjects for one in self._followed[subject].watch.series]
                columns = telemetry.readings(series, from_, until, resolution="raw")
                for subject in subjects:
                    told += self._look(subject, columns, from_, until)
                    is_more |= until - from_ == STEPS_AT_ONCE * self._followed[subject].step_us
        return told, is_more

    def _know(self, directory: Directory, now: Micros) -> None:
        if directory.version == self._known_version:
            return
        profiles = {one.name: one for one in self._profiles()}
        asked = {
            found.of_device(one.of.detector, key): one
            for key, device in directory.devices.items()
            if device.profile in profiles
            for one in wanted(device, profiles[device.profile])
        }
        self._followed = {
            subject: self._known(subject, one) or self._begin(subject, one, now) for subject, one in asked.items()
        }
        self._known_version = directory.version

    def _known(self, subject: str, asked: Wanted) -> Followed | None:
        one = self._followed.get(subject)
        return one if one is not None and (one.watch.shape, one.step_us) == (asked.shape, asked.step_us) else None

    def _begin(self, subject: str, asked: Wanted, now: Micros) -> Followed:
        watch, through_at = self._restored(subject, asked, now) or (asked.of(asked.shape), now - asked.past_us)
        watch.may = self._allowed.get((subject, watch.kind.value), 1.0)
        return Followed(watch, asked.step_us, through_at - through_at % asked.step_us)

    def _restored(self, subject: str, asked: Wanted, now: Micros) -> tuple[Ensemble, Micros] | None:
        columns = self._kept.read(_name(subject), asked.of.detector)
        if columns is None:
            return None
        try:
            through_at = int(columns.pop(THROUGH))
            watch = asked.of(asked.shape, columns)
        except (Unreadable, KeyError, TypeError, ValueError, IndexError) as error:
            log.warning("%s is learnt anew: %s", subject, error)
            return None
        return (watch, max(through_at, now - max(MAX_GAP_US, asked.past_us))) if watch.shape == asked.shape else None

    def _due(self, telemetry: Telemetry, now: Micros) -> Mapping[tuple[Micros, Micros], Sequence[str]]:
        """Subjects with steps that are over, by the time that is to be looked at."""
        latest = telemetry.latest.at
        due: dict[tuple[Micros, Micros], list[str]] = {}
        for subject, one in self._followed.items():
            newest = max((int(latest[series]) for series in one.watch.series if series < len(latest)), default=0)
            over = min(now - SETTLE_US, newest)
            until = over - over % one.step_us
            from_ = one.through_at
            if until > from_:
                due.setdefault((from_, min(until, from_ + STEPS_AT_ONCE * one.step_us)), []).append(subject)
        return due

    def _look(self, subject: str, columns: Mapping[int, Columns], from_: Micros, until: Micros) -> list[Found]:
        one = self._followed[subject]
        at, values = aligned.rows(one.watch.series, columns, from_, one.step_us)
        findings = one.watch.update(at, values)
        one.through_at, one.is_saved = until, False
        lasting = one.watch.lasting
        events = [*findings.began]
        if lasting is not None and lasting.readings != one.told:
            events.append(lasting)
        one.told = lasting.readings if lasting is not None else 0
        return [found.found(subject, event, one.watch.may) for event in (*events, *findings.ended)]


def _name(subject: str) -> str:
    """Of the file in which it is kept."""
    return subject.replace(" ", "-", 1)
