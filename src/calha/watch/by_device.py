"""Follows the channels of devices together, where a profile says which: rows on a grid of the device's interval.

Rule 1: a step is looked at when it is over and a later reading has come, so what a device sends after an interruption is
looked at as well. After a restart it goes on from the step to which what was learnt reaches.
Rule 2: a device that is new, or whose profile names other channels now, is learnt anew from its last readings.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calha.domain.directory import DeviceEntry, Directory
from calha.domain.profiles import Profile
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.store.anomalies import Found
from calha.store.telemetry import Columns, Telemetry
from calha.watch import aligned, found
from calha.watch.anomaly.events import Kind
from calha.watch.anomaly.joint import JointWatch
from calha.watch.anomaly.keeping import Unreadable
from calha.watch.by_series import Allowed
from calha.watch.kept import Kept

log = logging.getLogger(__name__)

DETECTOR = "device"
USUAL_INTERVAL_S = 60.0
SETTLE_US = 5 * SECOND_US  # for readings that are on their way
STEPS_AT_ONCE = 2_000
MAX_GAP_US = 7 * DAY_US  # what is older is not caught up with
DEVICES_AT_ONCE = 100
THROUGH = "through_at"


@dataclass(slots=True)
class Followed:
    """A device. through_at: end of the last step that was looked at. told: readings of the event that lasts, when last told."""

    watch: JointWatch
    step_us: Micros
    through_at: Micros
    is_saved: bool = False
    told: int = 0

    @property
    def series(self) -> tuple[int, ...]:
        return self.watch.judged + self.watch.drivers


class ByDevice:
    """profiles: all of them, read again when the registry has changed. allowed: how much may be shown, as it is now."""

    def __init__(self, kept: Kept, profiles: Callable[[], Iterable[Profile]], allowed: Allowed) -> None:
        self._kept = kept
        self._profiles = profiles
        self._allowed = allowed
        self._known_version = -1
        self._followed: dict[str, Followed] = {}

    def open(self, directory: Directory, now: Micros) -> set[tuple[str, Micros]]:
        """Go on from what was kept; the anomalies that last, by subject and start."""
        self._known_version, self._followed = -1, {}
        self._know(directory, now)
        for name in list(self._kept.names()):
            detector, _, key = name.partition("-")
            if detector == DETECTOR and key not in self._followed:
                self._kept.delete(name)
        lasting = ((key, one.watch.lasting) for key, one in self._followed.items())
        return {(found.of_device(key), event.started_at) for key, event in lasting if event is not None}

    def save(self) -> None:
        for key, one in self._followed.items():
            if not one.is_saved:
                columns = one.watch.to_columns() | {THROUGH: np.array(one.through_at)}
                self._kept.write(_name(key), DETECTOR, columns)
                one.is_saved = True

    def allow(self, subject: str, may: float) -> None:
        """Let a device show that much; subjects of other detectors are passed by."""
        detector, _, key = subject.partition(" ")
        if detector == DETECTOR and key in self._followed:
            self._followed[key].watch.may = may
            self._followed[key].is_saved = False

    def follow(self, telemetry: Telemetry, directory: Directory, now: Micros) -> tuple[list[Found], bool]:
        """What was found in steps that are over, and whether there may be more. Raises StoreUnavailable."""
        self._know(directory, now)
        told: list[Found] = []
        is_more = False
        for (from_, until), due in self._due(telemetry, now).items():
            for start in range(0, len(due), DEVICES_AT_ONCE):
                keys = due[start : start + DEVICES_AT_ONCE]
                series = [one for key in keys for one in self._followed[key].series]
                columns = telemetry.readings(series, from_, until, resolution="raw")
                for key in keys:
                    told += self._look(key, columns, from_, until)
                    is_more |= until - from_ == STEPS_AT_ONCE * self._followed[key].step_us
        return told, is_more

    def _know(self, directory: Directory, now: Micros) -> None:
        if directory.version == self._known_version:
            return
        profiles = {one.name: one for one in self._profiles() if one.together is not None}
        wanted = {
            key: (shape, profiles[device.profile])
            for key, device in directory.devices.items()
            if device.profile in profiles and (shape := _shape(device, profiles[device.profile])) is not None
        }
        self._followed = {
            key: self._known(key, shape) or self._begin(key, shape, profile, now)
            for key, (shape, profile) in wanted.items()
        }
        self._known_version = directory.version

    def _known(self, key: str, shape: "_Shape") -> Followed | None:
        one = self._followed.get(key)
        return one if one is not None and (one.watch.judged, one.watch.drivers) == shape else None

    def _begin(self, key: str, shape: "_Shape", profile: Profile, now: Micros) -> Followed:
        step_us = round((profile.interval_s or USUAL_INTERVAL_S) * SECOND_US)
        first = now - STEPS_AT_ONCE * step_us
        watch, through_at = self._restored(key, shape) or (JointWatch(*shape), first)
        watch.may = self._allowed.get((found.of_device(key), Kind.JOINT.value), 1.0)
        return Followed(watch, step_us, through_at - through_at % step_us)

    def _restored(self, key: str, shape: "_Shape") -> tuple[JointWatch, Micros] | None:
        columns = self._kept.read(_name(key), DETECTOR)
        if columns is None:
            return None
        try:
            through_at = int(columns.pop(THROUGH))
            watch = JointWatch.of_columns(columns)
        except (Unreadable, KeyError, TypeError, ValueError, IndexError) as error:
            log.warning("%s is learnt anew: %s", key, error)
            return None
        return (watch, through_at) if (watch.judged, watch.drivers) == shape else None

    def _due(self, telemetry: Telemetry, now: Micros) -> Mapping[tuple[Micros, Micros], Sequence[str]]:
        """Devices with steps that are over, by the time that is to be looked at."""
        latest = telemetry.latest.at
        due: dict[tuple[Micros, Micros], list[str]] = {}
        for key, one in self._followed.items():
            newest = max((int(latest[series]) for series in one.series if series < len(latest)), default=0)
            over = min(now - SETTLE_US, newest)
            until = over - over % one.step_us
            from_ = max(one.through_at, now - now % one.step_us - MAX_GAP_US // one.step_us * one.step_us)
            if until > from_:
                due.setdefault((from_, min(until, from_ + STEPS_AT_ONCE * one.step_us)), []).append(key)
        return due

    def _look(self, key: str, columns: Mapping[int, Columns], from_: Micros, until: Micros) -> list[Found]:
        one, subject = self._followed[key], found.of_device(key)
        at, values = aligned.rows(one.series, columns, from_, one.step_us)
        findings = one.watch.update(at, values)
        one.through_at, one.is_saved = until, False
        lasting = one.watch.lasting
        events = [*findings.began]
        if lasting is not None and lasting.readings != one.told:
            events.append(lasting)
        one.told = lasting.readings if lasting is not None else 0
        return [found.found(subject, event, one.watch.may) for event in (*events, *findings.ended)]


_Shape = tuple[tuple[int, ...], tuple[int, ...]]  # series of the judged channels and of those that drive them


def _shape(device: DeviceEntry, profile: Profile) -> _Shape | None:
    """None where the device does not have the channels."""
    assert profile.together is not None
    judged, drivers = (
        tuple(device.channels[key].series for key in keys if _is_gauge(device, key))
        for keys in (profile.together.judged, profile.together.drivers)
    )
    return (judged, drivers) if judged and len(judged) + len(drivers) > 1 else None


def _is_gauge(device: DeviceEntry, key: str) -> bool:
    channel = device.channels.get(key)
    return channel is not None and channel.kind == "gauge"


def _name(key: str) -> str:
    return f"{DETECTOR}-{key}"
