"""Detectors of channels together, behind the same few questions; and for which devices profiles ask for them.

A row holds a value of each series of the shape, in its order.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from calha.domain.directory import DeviceEntry
from calha.domain.profiles import Profile
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, MINUTE_US, SECOND_US
from calha.watch.anomaly.district import DistrictWatch
from calha.watch.anomaly.events import Event, Kind
from calha.watch.anomaly.joint import JointFindings, JointWatch
from calha.watch.anomaly.keeping import Columns
from calha.watch.anomaly.reckoning import Floats
from calha.watch.found import Detector

USUAL_INTERVAL_S = 60.0
JOINT_STEPS = 2_000  # of what is stored already, for a device that is new
DISTRICT_STEP_US = 15 * MINUTE_US  # at least
DISTRICT_PAST_US = 60 * DAY_US
INFLOW = "inflow"

Shape = tuple[tuple[int, ...], tuple[int, ...]]  # series, by the part that they play


class Ensemble(ABC):
    """shape: judged channels and drivers, or inflow and sensors."""

    detector: ClassVar[Detector]
    kind: ClassVar[Kind]

    def __init__(self, shape: Shape, watch: JointWatch | DistrictWatch) -> None:
        self.shape = shape
        self._watch = watch

    @property
    def series(self) -> tuple[int, ...]:
        return self.shape[0] + self.shape[1]

    @property
    def lasting(self) -> Event | None:
        return self._watch.lasting

    @property
    def may(self) -> float:
        """How much may be shown without an anomaly, in limits."""
        return self._watch.may

    @may.setter
    def may(self, limits: float) -> None:
        self._watch.may = limits

    def to_columns(self) -> Columns:
        return self._watch.to_columns()

    @abstractmethod
    def update(self, at: NDArray[np.int64], values: Floats) -> JointFindings:
        """Take rows in the order of their times, NaN where a value is missing."""


class Joint(Ensemble):
    detector: ClassVar[Detector] = "device"
    kind: ClassVar[Kind] = Kind.JOINT

    def __init__(self, shape: Shape, columns: Columns | None = None) -> None:
        """columns: to go on from. Raises Unreadable."""
        watch = JointWatch(*shape) if columns is None else JointWatch.of_columns(columns)
        super().__init__((watch.judged, watch.drivers), watch)
        self._joint = watch

    def update(self, at: NDArray[np.int64], values: Floats) -> JointFindings:
        return self._joint.update(at, values)


class District(Ensemble):
    detector: ClassVar[Detector] = "district"
    kind: ClassVar[Kind] = Kind.LEAK

    def __init__(self, shape: Shape, columns: Columns | None = None) -> None:
        """columns: to go on from. Raises Unreadable."""
        if columns is None:
            watch, inflow = DistrictWatch(shape[1]), shape[0]
        else:
            inflow = tuple(columns.pop(INFLOW).tolist())
            watch = DistrictWatch.of_columns(columns)
        super().__init__((inflow, watch.sensors), watch)
        self._district = watch

    def update(self, at: NDArray[np.int64], values: Floats) -> JointFindings:
        return self._district.update(at, values[:, 0], values[:, 1:])

    def to_columns(self) -> Columns:
        return super().to_columns() | {INFLOW: np.array(self.shape[0])}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a profile asks for of a device. past_us: how much of what is stored already a new one is shown."""

    of: type[Joint] | type[District]
    shape: Shape
    step_us: Micros
    past_us: Micros


def wanted(device: DeviceEntry, profile: Profile) -> Iterator[Wanted]:
    """Nothing where the device does not have the channels."""
    interval_us = round((profile.interval_s or USUAL_INTERVAL_S) * SECOND_US)
    if profile.together is not None:
        judged, drivers = _gauges(device, profile.together.judged), _gauges(device, profile.together.drivers)
        if judged and len(judged) + len(drivers) > 1:
            yield Wanted(Joint, (judged, drivers), interval_us, JOINT_STEPS * interval_us)
    if profile.district is not None:
        inflow, sensors = _gauges(device, [profile.district.inflow]), _gauges(device, profile.district.sensors)
        if inflow and sensors:
            yield Wanted(District, (inflow, sensors), max(interval_us, DISTRICT_STEP_US), DISTRICT_PAST_US)


def _gauges(device: DeviceEntry, keys: Sequence[str]) -> tuple[int, ...]:
    """Series of those that the device has as gauges."""
    channels = (device.channels.get(key) for key in keys)
    return tuple(one.series for one in channels if one is not None and one.kind == "gauge")
