"""Messages of devices → batches as ETA flow's gateway writes them. Pure.

`[{"timestamp": "2026-01-31T12:00:00", "valores": {"VAZAO_SAIDA1": 71.4}, "falha": false}, …]`

The time is local and without a zone, its seconds are 0; keys are upper case. What cannot be read is 0.0, and `falha` is true
for the whole reading: that is how its collector and its pages know a failed read. Several readings of a device in one minute
are one, in which the later value of a key wins. A time before 2000, or that a calendar does not have, is that of the arrival.

A message stays in the outbox until its batch is published, so whatever a device sends, it must be possible to write it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
import numpy as np

from calha.domain.errors import Malformed, Refused
from calha.domain.link import Parcel
from calha.domain.readings import Micros
from calha.domain.times import EARLIEST, time_of, to_datetime, to_micros
from calha.ingest.decode import parse_number, values_of
from calha.ingest.formats import Record, records
from calha.ingest.mqtt import device_of
from calha.ingest.service import format_named

_LATEST = to_micros(datetime(9999, 1, 1, tzinfo=UTC))  # the calendar still has it in any zone


@dataclass(slots=True)
class _Reading:
    timestamp: str
    values: dict[str, float] = field(default_factory=dict)
    failed: bool = False


class EtaBatch:
    """What waits to be published. devices: whose readings are taken; all when empty. skipped: messages without any."""

    def __init__(self, zone: tzinfo, devices: Collection[str] = ()) -> None:
        self._zone = zone
        self._devices = frozenset(devices)
        self._readings: dict[tuple[str, str], _Reading] = {}
        self.skipped = 0

    def __len__(self) -> int:
        return len(self._readings)

    def add(self, parcel: Parcel) -> None:
        """Take the readings of a message; one that cannot be read is the hub's to keep."""
        try:
            found = records(parcel.payload, format_named(parcel.format)) if parcel.fault is None else []
        except Refused:
            found = []
        taken = [self._take(record, parcel) for record in found if type(record) is dict]
        self.skipped += not any(taken)

    def payloads(self, most: int) -> Iterator[bytes]:
        """All as arrays of at most so many readings, by time."""
        ordered = sorted(self._readings.values(), key=lambda one: one.timestamp)
        for start in range(0, len(ordered), most):
            yield msgspec.json.encode([_written(one) for one in ordered[start : start + most]])

    def clear(self) -> None:
        self._readings.clear()

    def _take(self, record: Record, parcel: Parcel) -> bool:
        device = parcel.device or device_of(parcel.topic) or str(record.get("device") or "")
        values = {key: value for key, value in _values(record).items() if key}
        if not values or (self._devices and device not in self._devices):
            return False
        timestamp = self._timestamp(record, parcel.arrived_at)
        reading = self._readings.setdefault((device, timestamp), _Reading(timestamp))
        for key, value in values.items():
            number = _number(value)
            reading.values[key.upper()] = number if number is not None else 0.0
            reading.failed = reading.failed or number is None
        reading.failed = reading.failed or record.get("falha") is True
        return True

    def _timestamp(self, record: Record, arrived_at: Micros) -> str:
        at = _time(record, self._zone)
        if at is None or not EARLIEST <= at < _LATEST:
            at = arrived_at
        local: datetime = to_datetime(at).astimezone(self._zone)
        return local.strftime("%Y-%m-%dT%H:%M:00")


def _values(record: Record) -> dict[str, Any]:
    """Those of a record, also of one that is in this form already."""
    own = record.get("valores")
    return own if type(own) is dict else values_of(record)


def _time(record: Record, zone: tzinfo) -> Micros | None:
    try:
        return time_of(record.get("ts", record.get("timestamp")), zone)
    except Malformed:
        return None


def _number(value: object) -> float | None:
    """None for a failed read."""
    if type(value) is dict:
        if value.get("quality", value.get("q")) == "bad":
            return None
        value = value.get("value", value.get("v"))
    if type(value) is str:
        try:
            value = parse_number(value)
        except Malformed:
            return None
    if type(value) not in (int, float, bool):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer of some hundred digits
        return None
    return number if np.isfinite(number) else None


def _written(reading: _Reading) -> dict[str, Any]:
    return {"timestamp": reading.timestamp, "valores": reading.values, "falha": reading.failed}
