"""Records → readings, with what is wrong set aside. Pure: no I/O, no clock; the same code serves MQTT, HTTP and TCP.

Rules
- Time: `ts` (or `timestamp`) as `domain.times` reads it. Without one the time of arrival stands in, and the
  quality says so; several records of one message then lie 1 µs apart, so that none replaces another.
- A number may be written as a text, also with a decimal comma. null, NaN and Infinity are a failed read: quality bad,
  value NaN, never 0. A boolean is 1 or 0, but not for a counter. A text of a state channel is looked up in its states.
- A value may be an object `{"value": 1.5, "quality": "uncertain"}`.
- A key that no channel has is set aside in `deferred` when the device may discover channels; otherwise it is a problem.
- Outside the channel's plausible range the reading is kept with quality out_of_range.
- One bad value spoils neither its record nor its message: only what is wrong becomes a Problem, with exactly its bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from calha.domain.directory import ChannelEntry, DeviceEntry, Directory
from calha.domain.errors import Malformed, RegistryUnavailable
from calha.domain.quality import BY_LABEL, Quality
from calha.domain.readings import Batch, Micros
from calha.domain.times import from_number, from_text, require_plausible
from calha.ingest.formats import Broken, Record

MAX_TEXT_CHARS = 64  # of a value written as a text
MAX_KEY_CHARS = 64

_RESERVED = frozenset({"ts", "timestamp", "device", "values"})
_GOOD = int(Quality.GOOD)
_MAX_INTEGER = 1 << 63
_NO_SERIES = 0  # they begin at 1


class Problem(NamedTuple):
    """What could not become a reading: `raw` is a message that, once the cause is mended, can be decoded again.

    position: of its record in the message, for the time of one that states none.
    """

    device: str
    reason: str
    detail: str
    raw: bytes
    readings: int
    position: int = 0


class Deferred(NamedTuple):
    """A record with undeclared keys, to be decoded again once they are channels."""

    device: str
    record: Record
    arrived_at: Micros
    position: int


@dataclass(slots=True)
class Decoding:
    """Columns that grow while messages are decoded, and what was set aside.

    now: of a replay; what lay in the future when it arrived, by a clock that was behind, may be past by now.
    """

    now: Micros = 0
    series: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    quality: list[int] = field(default_factory=list)
    arrived_at: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)

    def undeclared(self, directory: Directory) -> dict[str, set[str]]:
        """The keys that `deferred` records need as channels, by device."""
        keys: dict[str, set[str]] = {}
        for device, record, _, _ in self.deferred:
            entry = directory.devices.get(device)
            if entry is not None:  # else it has been deleted meanwhile
                missing = _discoverable(values_of(record)) - entry.channels.keys()
                keys.setdefault(device, set()).update(missing)
        return keys

    def batch(self, ranges: "Ranges") -> Batch:
        batch = Batch.of(self.series, self.at, self.value, self.quality, self.arrived_at)
        return ranges.judge(batch)


class Ranges:
    """Plausible ranges of all channels as arrays over series ids, to judge a batch at once.

    A channel that is gone has none: its readings, of a device deleted while they waited, are stored as those before them.
    """

    def __init__(self, directory: Directory) -> None:
        size = max(directory.names, default=0) + 1
        self._lowest = np.full(size, -np.inf)
        self._highest = np.full(size, np.inf)
        for device in directory.devices.values():
            for channel in device.channels.values():
                if channel.minimum is not None:
                    self._lowest[channel.series] = channel.minimum
                if channel.maximum is not None:
                    self._highest[channel.series] = channel.maximum

    def judge(self, batch: Batch) -> Batch:
        """The batch with qualities lowered: not finite → bad and NaN; outside the plausible range → out_of_range."""
        value, quality = batch.value, batch.quality
        series = np.where(batch.series < len(self._lowest), batch.series, _NO_SERIES)
        outside: NDArray[np.bool_] = (value < self._lowest[series]) | (value > self._highest[series])
        if outside.any():
            quality[outside] = np.maximum(quality[outside], Quality.OUT_OF_RANGE)
        finite = np.isfinite(value)
        if not finite.all():
            value[~finite] = np.nan
            quality[~finite] = np.maximum(quality[~finite], Quality.BAD)
        return batch


def decode_record(
    record: Record,
    device: DeviceEntry,
    arrived_at: Micros,
    into: Decoding,
    *,
    may_defer: bool = True,
    position: int = 0,
) -> None:
    """Append the readings of one record to `into`; what is wrong with it becomes a Problem."""
    if type(record) is not dict:
        into.problems.append(unreadable(device.key, record))
        return
    values = record.get("values")
    if type(values) is not dict:
        values = values_of(record)
    try:
        at, quality = _time(record, device, arrived_at, position, into.now)
    except Malformed as error:
        into.problems.append(_problem(device.key, error.reason, str(error), record, values, position))
        return
    channels = device.channels
    if not values.keys() <= channels.keys():
        if may_defer and device.may_discover and _discoverable(values) - channels.keys():
            into.deferred.append(Deferred(device.key, record, arrived_at, position))
            return
        values = _declared(values, device, record, into, position)
    for key, value in values.items():
        channel = channels[key]
        kind = type(value)
        reading_quality = quality
        if (
            (kind is not float and kind is not int)
            or channel.kind == "state"
            or not -_MAX_INTEGER < value < _MAX_INTEGER
        ):
            try:
                value, reading_quality = number_of(value, channel, quality)
            except Malformed as error:
                detail = f"{key}: {error}"
                into.problems.append(_problem(device.key, error.reason, detail, record, {key: value}, position))
                continue
        into.series.append(channel.series)
        into.at.append(at)
        into.value.append(value)
        into.quality.append(reading_quality)
        into.arrived_at.append(arrived_at)


def decode_records(
    found: Iterable[Record], device: str | None, directory: Directory, arrived_at: Micros, into: Decoding
) -> None:
    """Decode the records of one message: of `device`, or each of the device that it names itself."""
    devices = directory.devices
    for position, record in enumerate(found):
        key = device if device is not None else _named_device(record)
        entry = devices.get(key)
        if entry is not None:
            decode_record(record, entry, arrived_at, into, position=position)
        elif not key:
            problem = unreadable(key, record)
            into.problems.append(problem._replace(reason="no_device", detail=_unnamed(record, problem.detail)))
        else:
            values = values_of(record) if type(record) is dict else {}
            into.problems.append(
                _problem(
                    key, "unknown_device", f"device {key!r} is not registered", record, values, position, whole=True
                )
            )


def _unnamed(record: Record, otherwise: str) -> str:
    said = "no device is named"
    return f'{said}; write {{"device": "…"}} in each object' if type(record) is dict else f"{said}: {otherwise}"


def decode_deferred(deferred: Deferred, directory: Directory, into: Decoding) -> None:
    """Decode again what waited for its channels; what still has none becomes a Problem."""
    device, record, arrived_at, position = deferred
    entry = directory.devices.get(device)
    if entry is not None:
        decode_record(record, entry, arrived_at, into, may_defer=False, position=position)
    else:
        detail = f"device {device!r} is not registered"
        into.problems.append(
            _problem(device, "unknown_device", detail, record, values_of(record), position, whole=True)
        )


def put_off(deferred: Deferred, outage: RegistryUnavailable) -> Problem:
    """What waited for channels that cannot be made now, to be replayed when they can."""
    device, record, _, position = deferred
    return _problem(device, outage.reason, str(outage), record, values_of(record), position, whole=True)


def readings_in(record: Record) -> int:
    """How many readings a record brings if its device has a channel for each of its keys."""
    return len(values_of(record)) if type(record) is dict else 0


def parse_number(text: str) -> float:
    """The number in a text: `12.5`, `12,5`, `1.234,5`, `1,234.5`, `-3e2`; NaN for a written NaN. Raises Malformed."""
    number = text.strip()
    comma, point = number.rfind(","), number.rfind(".")
    if comma >= 0:
        number = number.replace(",", "") if point > comma else number.replace(".", "").replace(",", ".")
    if "_" not in number:
        try:
            return float(number)
        except ValueError:
            pass
    raise Malformed(f"{text[:MAX_TEXT_CHARS]!r} is not a number", "not_a_number")


def _time(
    record: Mapping[str, Any], device: DeviceEntry, arrived_at: Micros, position: int, now: Micros
) -> tuple[Micros, int]:
    stamp = record.get("ts")
    if stamp is None:
        stamp = None if "timestamp" in device.channels else record.get("timestamp")
    kind = type(stamp)
    if kind is int or kind is float:
        return require_plausible(from_number(stamp), max(arrived_at, now)), _GOOD  # type: ignore[arg-type]
    if stamp is None:
        return arrived_at + position, Quality.ARRIVAL_TIME
    if kind is str:
        return require_plausible(from_text(stamp, device.zone), max(arrived_at, now)), _GOOD
    raise Malformed(f"ts is {_kind_name(stamp)}; a number or an ISO 8601 text is expected", "bad_time")


def number_of(value: object, channel: ChannelEntry, quality: int) -> tuple[float, int]:
    """(number, quality) of a value as some source gives it, for a channel. Raises Malformed."""
    if type(value) is dict:
        stated = value.get("quality", value.get("q"))
        code = BY_LABEL.get(stated.lower()) if type(stated) is str else None
        if stated is not None and code is None:
            raise Malformed(f"quality {stated!r} is none of {', '.join(BY_LABEL)}", "bad_quality")
        inner = value.get("value", value.get("v"))
        if type(inner) is dict:
            raise Malformed("an object inside an object is not a value", "wrong_kind")
        return number_of(inner, channel, max(quality, code or 0))
    if value is None:
        return np.nan, max(quality, int(Quality.BAD))
    if type(value) is bool:
        if channel.kind == "counter":
            raise Malformed("a boolean is not a register value", "wrong_kind")
        return float(value), quality
    if type(value) is str:
        value = _number_of_text(value, channel)
    if type(value) not in (int, float):
        raise Malformed(f"{_kind_name(value)} is not a value", "wrong_kind")
    number = _as_float(value)  # type: ignore[arg-type]
    if channel.kind == "state" and np.isfinite(number) and number != int(number):
        raise Malformed(f"{number} is not a state; states are whole numbers", "wrong_kind")
    return number, quality


def _number_of_text(text: str, channel: ChannelEntry) -> float:
    if channel.kind == "state":
        code = channel.states.get(text.strip().lower())
        if code is not None:
            return code
        known = ", ".join(sorted(channel.states)) or "whole numbers"
        try:
            return parse_number(text)
        except Malformed:
            raise Malformed(f"{text[:MAX_TEXT_CHARS]!r} is not a state; known are {known}", "unknown_state") from None
    if len(text) > MAX_TEXT_CHARS:
        raise Malformed(f"a text of {len(text)} characters is not a number", "not_a_number")
    return parse_number(text)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise Malformed("the number is too large", "not_a_number") from None


def _declared(
    values: Mapping[str, Any], device: DeviceEntry, record: Record, into: Decoding, position: int
) -> dict[str, Any]:
    """The values that have a channel; the others become a Problem."""
    declared = {key: value for key, value in values.items() if key in device.channels}
    undeclared = {key: value for key, value in values.items() if key not in device.channels}
    names = ", ".join(repr(key[:MAX_KEY_CHARS]) for key in list(undeclared)[:5])
    detail = f"the device has no channel {names}, and its profile or its limit does not allow another"
    into.problems.append(_problem(device.key, "undeclared_channel", detail, record, undeclared, position))
    return declared


def _discoverable(values: Mapping[str, Any]) -> set[str]:
    """The keys whose values are numbers, so that a gauge can be made for them."""
    return {key for key, value in values.items() if 0 < len(key) <= MAX_KEY_CHARS and _is_numeric(value)}


def _is_numeric(value: object) -> bool:
    if type(value) is dict:
        value = value.get("value", value.get("v"))
    if type(value) is str and len(value) <= MAX_TEXT_CHARS:
        try:
            return bool(np.isfinite(parse_number(value)))
        except Malformed:
            return False
    return type(value) in (int, float, bool)


def values_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record, which may lie in it or in its `values`."""
    values = record.get("values")
    if type(values) is dict:
        return values
    return {key: value for key, value in record.items() if key not in _RESERVED}


def _named_device(record: Record) -> str:
    key = record.get("device") if type(record) is dict else None
    return key if type(key) is str else ""


def unreadable(device: str, record: Record) -> Problem:
    """What is wrong with a record that is no object."""
    if type(record) is Broken:
        return Problem(device, "malformed", record.detail, record.raw, 1)
    detail = f"{_kind_name(record)} where an object such as {{'ts': …, 'values': {{…}}}} is expected"
    return Problem(device, "malformed", detail, encoded(record), 1)


def _problem(
    device: str,
    reason: str,
    detail: str,
    record: Record,
    values: Mapping[str, Any],
    position: int,
    *,
    whole: bool = False,
) -> Problem:
    """A Problem that keeps the record with only the offending values, or the `whole` record."""
    if whole or type(record) is not dict:
        return Problem(device, reason, detail, encoded(record), max(1, len(values)), position)
    kept = {key: record[key] for key in ("device", "ts", "timestamp") if key in record}
    return Problem(device, reason, detail, encoded(kept | {"values": dict(values)}), max(1, len(values)), position)


def encoded(record: Record) -> bytes:
    """A record as JSON, to be kept; as Python writes it where JSON cannot."""
    try:
        return msgspec.json.encode(record)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return repr(record).encode(errors="replace")  # such as integers beyond 64 bits


def _kind_name(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
