"""Ingest: messages in, readings in the log, what is wrong in quarantine; then, and only then, the caller acknowledges.

Order within `take`: decode → make channels for undeclared keys → log → quarantine → return. What the log has no room for is
refused and comes again, so quarantine waits for the log. Whoever calls it (MQTT, HTTP, TCP, replay) acknowledges to the
sender after it returned, and refuses if it raised.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, get_args

import msgspec
import numpy as np

from calha.domain.directory import DeviceEntry, Directory
from calha.domain.errors import (
    Conflict,
    ForeignDevice,
    LogUnavailable,
    Malformed,
    NotFound,
    Refused,
    RegistryUnavailable,
    TooFast,
    TooLarge,
    UnknownDevice,
)
from calha.domain.quality import Quality, label
from calha.domain.readings import MAX_READINGS, Batch, Micros
from calha.ingest.counters import Counters, Tally
from calha.ingest.decode import (
    Decoding,
    Deferred,
    Problem,
    Ranges,
    decode_deferred,
    decode_record,
    decode_records,
    encoded,
    put_off,
)
from calha.ingest.formats import Format, Record, format_of, records, unpack
from calha.ingest.limits import IngestLimits, MessageRate
from calha.log.lane import Mark
from calha.log.publisher import Publisher
from calha.log.quarantine import Entry, Quarantine

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_ERRORS_IN_RECEIPT = 20
MAX_DEVICES_REMEMBERED, REMEMBERED_BYTES = 50_000, 64 * 1024  # of what each has sent last; the oldest is forgotten
DECODED_AT_ONCE_BYTES = 256 * 1024  # what is larger is decoded in a thread, beside what else is to be done
REPLAY_PAGE = 500
MAX_PUTS_AT_ONCE = 1_000  # messages on their way to quarantine
MAX_PROBLEMS_APART = 1_000  # of one call; beyond that each message is kept whole, as each entry is an fsync


class Message(NamedTuple):
    """What a device sent. `device` None: each record names its own. `fault`: why it goes to quarantine unread.

    via: the gateway that brought it, which may bring only what reports through it.
    """

    device: str | None
    payload: bytes
    arrived_at: Micros
    transport: str
    topic: str
    format: Format = "json"
    fault: Refused | None = None
    via: str | None = None


class LastMessage(NamedTuple):
    """record: of a message with records of many devices, this device's. cut: only the beginning of the message is kept."""

    message: Message
    record: Record | None
    cut: bool = False


class LastProblem(NamedTuple):
    """The newest problem of a device. via: the gateway that brought the message, perhaps without the right to."""

    arrived_at: Micros
    problem: Problem
    via: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request. `seq`: the log sequence under which its readings are on disk; None without any."""

    accepted: int
    problems: Sequence[Problem]
    seq: int | None

    @property
    def quarantined(self) -> int:
        return sum(problem.readings for problem in self.problems)


class DeviceRegistry(Protocol):
    """What ingest asks of the registry; synchronous, called in threads."""

    def directory(self) -> Directory: ...

    def discover(self, device_key: str, channel_keys: Iterable[str]) -> object: ...


class Ingest:
    def __init__(
        self,
        registry: DeviceRegistry,
        publisher: Publisher,
        quarantine: Quarantine,
        limits: IngestLimits,
        clock: Callable[[], Micros],
    ) -> None:
        self._registry = registry
        self._publisher = publisher
        self._quarantine = quarantine
        self._limits = limits
        self._clock = clock
        self._rate = MessageRate(limits)
        self._refreshing = asyncio.Lock()
        self._last: OrderedDict[str, LastMessage] = OrderedDict()
        self._last_problem: OrderedDict[str, LastProblem] = OrderedDict()
        self.counters = Counters()
        self.directory = Directory({}, {})
        self._ranges = Ranges(self.directory)

    async def refresh(self) -> None:
        """Take a new picture of the registry; call it after devices, channels or profiles have changed."""
        async with self._refreshing:
            before, self.directory = self.directory, await asyncio.to_thread(self._registry.directory)
            self._ranges = Ranges(self.directory)
            self._forget_deleted(before)

    async def submit(
        self, device: str | None, body: bytes, content_type: str, encoding: str = "", transport: str = "http"
    ) -> Receipt:
        """One request's readings, on disk when this returns.

        Raises TooLarge, TooFast, Malformed and UnknownDevice (the last two after the body went to quarantine), LogFull,
        LogUnavailable.
        """
        try:
            message = request_message(device, body, content_type, encoding, transport, self._clock(), self._limits)
            if device is not None and not self._rate.admits(device, message.arrived_at):
                raise TooFast(self._too_fast(device))
        except Refused as error:
            self.counters.refused(device or "", error.reason)
            raise
        return await self.take([message], transport)

    def devices_named(self, body: bytes, content_type: str, encoding: str) -> set[str]:
        """The devices whose readings a body of many brings; none of what cannot be read, which `submit` will refuse."""
        return devices_named(body, content_type, encoding, self._limits.payload_bytes)

    async def take(
        self, messages: Sequence[Message], source: str, mark: Mark | None = None, after: int | None = None
    ) -> Receipt:
        """Put the readings of `messages` into the log and what is wrong with them into quarantine.

        mark, after: as in `Publisher.publish`. When this returns, everything is on disk. Raises LogFull or LogUnavailable
        with nothing acknowledged; what was logged until then is recognised as duplicate when the same messages come again.
        """
        intake = await self._decode(messages)
        batch, problems = intake.decoding.batch(self._ranges), intake.decoding.problems
        self.counters.received(batch)
        try:
            seq = await self._log(batch, source, mark, after)
            kept = await self._set_aside(intake)
        except LogUnavailable:
            self.counters.received(batch, sign=-1)
            raise
        self._count_problems(problems, kept)
        return Receipt(len(batch), problems, seq)

    async def take_batch(self, batch: Batch, transport: str) -> None:
        """Put readings that a connector has made itself into the log, where they are when this returns.

        Raises LogFull or LogUnavailable; what was logged until then is a duplicate when they come again.
        """
        batch = self._ranges.judge(batch)
        self.counters.received(batch)
        try:
            await self._log(batch, transport, None)
        except LogUnavailable:
            self.counters.received(batch, sign=-1)
            raise
        self._remember_newest(batch, transport)

    async def record(self, batch: Batch, source: str) -> None:
        """Put readings into the log that no device sent: entered by a person, or made from others.

        Raises LogFull or LogUnavailable with nothing counted.
        """
        self.counters.received(batch)
        try:
            await self._log(batch, source, None)
        except LogUnavailable:
            self.counters.received(batch, sign=-1)
            raise

    async def set_aside_again(self, messages: Sequence[Message]) -> None:
        """Quarantine what is wrong with messages whose readings the log is known to have (after a crash)."""
        await self._set_aside(await self._decode(messages))

    def refuse(self, device: str, reason: str, readings: int = 1) -> None:
        """Count what a transport refused before it became a message."""
        self.counters.refused(device, reason, readings)

    def admits(self, device: str, now: Micros) -> bool:
        """Whether the device is within its message rate."""
        return self._rate.admits(device, now)

    def tally(self, device: str) -> Tally:
        """Counters of one device. Raises NotFound for an unknown one that never sent anything."""
        entry = self.directory.devices.get(device)
        if entry is None and device not in self._last_problem:
            raise NotFound(f"device {device!r} is not registered and has sent nothing since the start")
        series = {channel.series for channel in entry.channels.values()} if entry else set()
        return self.counters.of_device(device, series)

    def last_message(self, device: str) -> LastMessage | None:
        return self._last.get(device)

    def last_problem(self, device: str) -> LastProblem | None:
        return self._last_problem.get(device)

    def explain(self, last: LastMessage, device: str) -> tuple[Batch, list[Problem]]:
        """What the decoder makes of a device's last message now."""
        decoding = Decoding()
        entry = self.directory.devices.get(device)
        if last.cut:
            detail = f"the message is not decoded again here: only its first {REMEMBERED_BYTES} bytes are kept"
            decoding.problems.append(Problem(device, TooLarge.reason, detail, b"", 1))
        elif entry is None:
            self._decode_message(last.message, decoding)
        elif last.record is not None:
            decode_record(last.record, entry, last.message.arrived_at, decoding, may_defer=False)
        else:
            self._decode_message(last.message._replace(device=device), decoding)
            for deferred in decoding.deferred:
                decode_deferred(deferred, self.directory, decoding)
        return decoding.batch(self._ranges), decoding.problems

    async def replay(self, seq: int) -> Receipt:
        """Decode a quarantined message again with today's registry; it leaves quarantine as far as it now succeeds.

        Raises NotFound if nothing is kept under `seq`, Conflict for what a device sent that was deleted since, whose key
        another one has.
        """
        kept = await self._quarantine.get(seq)
        if self._is_of_another(kept.entry):
            raise Conflict(
                f"a device {kept.entry.device!r} that was deleted sent this; the one of today is another",
                "of_deleted_device",
                device=kept.entry.device,
            )
        message = message_of(kept.entry)
        intake = await self._decode([message], self._clock())
        batch, problems = intake.decoding.batch(self._ranges), intake.decoding.problems
        if not len(batch):
            return Receipt(0, problems, None)
        self.counters.received(batch)
        logged = await self._log(batch, "replay", None)
        await self._set_aside(intake)
        await self._quarantine.discard(seq)
        return Receipt(len(batch), problems, logged)

    async def replay_all(self, reason: str | None = None, device: str | None = None) -> Receipt:
        """Replay all that is kept for a reason, a device or both; what fails again stays."""
        accepted, newest, after = 0, None, 0
        problems: list[Problem] = []
        last_seq = (await self._quarantine.summary()).last_seq
        while page := await self._quarantine.list(reason=reason, device=device, after_seq=after, limit=REPLAY_PAGE):
            for kept in page:
                if kept.seq > last_seq:
                    return Receipt(accepted, problems, newest)
                if self._is_of_another(kept.entry):
                    continue
                receipt = await self.replay(kept.seq)
                accepted += receipt.accepted
                problems = [*problems, *receipt.problems][:MAX_ERRORS_IN_RECEIPT]
                newest = receipt.seq or newest
            after = page[-1].seq
        return Receipt(accepted, problems, newest)

    def _is_of_another(self, entry: Entry) -> bool:
        return self.directory.is_of_another(entry.device, entry.arrived_at)

    def _forget_deleted(self, before: Directory) -> None:
        """What was remembered of devices that are gone: another one may be given their key."""
        now = self.directory.devices
        for key, entry in before.devices.items():
            if key not in now or now[key].since != entry.since:
                self._last.pop(key, None)
                self._last_problem.pop(key, None)
                self.counters.forget(key)

    async def _decode(self, messages: Sequence[Message], now: Micros = 0) -> "_Intake":
        intake = _Intake(now)
        for message in messages:
            if len(message.payload) > DECODED_AT_ONCE_BYTES:
                await asyncio.to_thread(self._decode_message, message, intake.decoding)
            else:
                self._decode_message(message, intake.decoding)
            intake.came_from(message)
        if intake.decoding.deferred:
            outage = await self._discover(intake.decoding.undeclared(self.directory))
            for deferred, message in intake.take_deferred():
                if outage is None:
                    decode_deferred(deferred, self.directory, intake.decoding)
                else:
                    intake.decoding.problems.append(put_off(deferred, outage))
                intake.came_from(message)
        return intake

    def _decode_message(self, message: Message, decoding: Decoding) -> None:
        try:
            if message.fault is not None:
                raise message.fault
            if message.device is None:
                self._decode_many(message, decoding)
            else:
                self._decode_one(message.device, message, decoding)
        except Refused as error:
            decoding.problems.append(Problem(message.device or "", error.reason, str(error), message.payload, 1))
        except Exception as error:  # a message that nobody foresaw waits in quarantine; those behind it go on
            log.exception("a message of %s on %s cannot be decoded", message.device or "nobody", message.topic)
            detail = f"decoding it failed: {type(error).__name__}"
            decoding.problems.append(Problem(message.device or "", "malformed", detail, message.payload, 1))

    def _decode_one(self, device: str, message: Message, decoding: Decoding) -> None:
        if self._is_foreign(device, message):
            raise ForeignDevice(_foreign(device, message))
        self._remember(device, _beginning(message))
        entry: DeviceEntry | None = self.directory.devices.get(device)
        if entry is None:
            raise UnknownDevice(f"device {device!r} is not registered")
        found = records(message.payload, message.format)
        decode_records(found, device, self.directory, message.arrived_at, decoding)

    def _decode_many(self, message: Message, decoding: Decoding) -> None:
        found = records(message.payload, message.format)
        named = [record.get("device") if type(record) is dict else None for record in found]
        faults = self._faults({key for key in named if type(key) is str}, message)
        for key, record in zip(named, found, strict=True):
            if key in faults:
                reason, detail = faults[key]
                decoding.problems.append(Problem(key, reason, detail, encoded(record), 1))
            elif type(key) is str:
                self._remember(key, _of_one(message, record))
        if faults:
            found = [record for key, record in zip(named, found, strict=True) if key not in faults]
        decode_records(found, None, self.directory, message.arrived_at, decoding)

    def _faults(self, devices: set[str], message: Message) -> dict[str, tuple[str, str]]:
        """(reason, detail) of those devices of a message whose records are not taken."""
        faults = {}
        for key in devices & self.directory.devices.keys():
            if self._is_foreign(key, message):
                faults[key] = ForeignDevice.reason, _foreign(key, message)
            elif not self._rate.admits(key, message.arrived_at):
                faults[key] = TooFast.reason, self._too_fast(key)
        return faults

    def _is_foreign(self, device: str, message: Message) -> bool:
        """Whether a gateway brought a message of a device that does not report through it."""
        if message.via is None or device not in self.directory.devices:
            return False
        return not self.directory.reports_through(device, message.via)

    def _too_fast(self, device: str) -> str:
        return f"{device} sends more than {self._limits.messages_per_s:g} messages a second"

    async def _discover(self, undeclared: dict[str, set[str]]) -> RegistryUnavailable | None:
        """Make channels of undeclared keys; why that cannot be now. Nobody else's messages wait for it."""
        try:
            for device, keys in undeclared.items():
                await asyncio.to_thread(partial(self._registry.discover, device, sorted(keys)))
                log.info("%s reports undeclared channels: %s", device, ", ".join(sorted(keys)))
            await self.refresh()
        except RegistryUnavailable as outage:
            return outage
        return None

    async def _log(self, batch: Batch, source: str, mark: Mark | None, after: int | None = None) -> int | None:
        """The sequence of the last message; a mark is logged also when there is no reading to carry it."""
        if not len(batch):
            return await self._publisher.publish(batch, source, mark, after) if mark is not None else None
        seq = None
        for start in range(0, len(batch), MAX_READINGS):
            part = batch.take(slice(start, start + MAX_READINGS)) if len(batch) > MAX_READINGS else batch
            is_last = start + MAX_READINGS >= len(batch)
            builds_on = after if after is None or seq is None else seq
            seq = await self._publisher.publish(part, source, mark if is_last else None, builds_on)
        return seq

    def _count_problems(self, problems: Sequence[Problem], kept: Sequence[int]) -> None:
        for problem, seq in zip(problems, kept, strict=True):
            if seq:
                self.counters.quarantined(problem.device, problem.reason, problem.readings)
            else:
                self.counters.refused(problem.device, "quarantine_full", problem.readings)

    async def _set_aside(self, intake: "_Intake") -> list[int]:
        """Sequences under which the problems are kept, 0 for one that quarantine has no room for."""
        entries = [_entry(problem, message) for problem, message in intake.problems()]
        for problem, message in intake.problems():
            if problem.device:
                beginning = problem._replace(raw=problem.raw[:REMEMBERED_BYTES])
                _put_newest(self._last_problem, problem.device, LastProblem(message.arrived_at, beginning, message.via))
        kept: list[int] = []
        for start in range(0, len(entries), MAX_PUTS_AT_ONCE):
            part = entries[start : start + MAX_PUTS_AT_ONCE]
            kept += await asyncio.gather(*(self._quarantine.put(entry) for entry in part))
        return kept

    def _remember_newest(self, batch: Batch, transport: str) -> None:
        """Of each device, as if it had sent them in a message; what we say of one that is out of reach is not its own."""
        names = self.directory.names
        own = np.flatnonzero(batch.quality != Quality.NO_COMMUNICATION)
        records: dict[str, dict[str, Any]] = {}
        columns = (batch.series[own], batch.at[own], batch.value[own], batch.quality[own])
        for series, at, value, code in zip(*(column.tolist() for column in columns), strict=True):
            if series in names:
                device, channel = names[series]
                record = records.setdefault(device, {"ts": at, "values": {}})
                record["ts"] = max(record["ts"], at)
                record["values"][channel] = value if code == 0 else {"value": value, "quality": label(code)}
        arrived_at = int(batch.arrived_at.max(initial=0))
        for device, record in records.items():
            message = Message(device, b"", arrived_at, transport, transport)
            self._remember(device, LastMessage(message, record))

    def _remember(self, device: str, last: LastMessage) -> None:
        """The newest by its arrival: what a gateway had to keep back arrived before what it has sent already."""
        known = self._last.get(device)
        if known is None or last.message.arrived_at >= known.message.arrived_at:
            _put_newest(self._last, device, last)


def _put_newest(known: "OrderedDict[str, T]", device: str, new: T) -> None:
    known.pop(device, None)  # each step holds by itself, as large messages are decoded in threads
    known[device] = new
    if len(known) > MAX_DEVICES_REMEMBERED:
        known.popitem(last=False)


def request_message(
    device: str | None,
    body: bytes,
    content_type: str,
    encoding: str,
    transport: str,
    arrived_at: Micros,
    limits: IngestLimits,
) -> Message:
    """The message in the body of a request. Raises TooLarge, Malformed."""
    if len(body) > limits.payload_bytes:
        raise TooLarge(f"the body has {len(body)} bytes; at most {limits.payload_bytes} are taken")
    payload = unpack(body, encoding, limits.payload_bytes)
    topic = f"telemetry/{device}" if device else "telemetry"
    return Message(device, payload, arrived_at, transport, topic, format_of(content_type))


def devices_named(body: bytes, content_type: str, encoding: str, limit_bytes: int) -> set[str]:
    """The devices whose readings a body of many brings; none of what cannot be read."""
    try:
        found = list(records(unpack(body, encoding, limit_bytes), format_of(content_type)))
    except Refused:
        return set()
    return {record["device"] for record in found if type(record) is dict and type(record.get("device")) is str}


def _foreign(device: str, message: Message) -> str:
    return f"{device} does not report through the gateway {message.via}"


def _beginning(message: Message) -> LastMessage:
    """A message as it is remembered."""
    if len(message.payload) <= REMEMBERED_BYTES:
        return LastMessage(message, None)
    return LastMessage(message._replace(payload=message.payload[:REMEMBERED_BYTES]), None, cut=True)


def _of_one(message: Message, record: Record) -> LastMessage:
    """One device's record of a message as it is remembered."""
    if len(message.payload) > REMEMBERED_BYTES and len(written := encoded(record)) > REMEMBERED_BYTES:
        return _beginning(message._replace(payload=written))
    return LastMessage(message._replace(payload=b""), record)


class _Intake:
    """A decoding that remembers from which message each of its problems and deferred records came."""

    def __init__(self, now: Micros) -> None:
        self.decoding = Decoding(now)
        self._problem_origins: list[Message] = []
        self._deferred_origins: list[Message] = []

    def came_from(self, message: Message) -> None:
        """Whatever the decoding holds more than before came from `message`."""
        problems, known = self.decoding.problems, len(self._problem_origins)
        if len(problems) > max(MAX_PROBLEMS_APART, known + 1):
            problems[known:] = [_together(problems[known:], message)]
        if missing := len(problems) - known:
            self._problem_origins.extend([message] * missing)
        if missing := len(self.decoding.deferred) - len(self._deferred_origins):
            self._deferred_origins.extend([message] * missing)

    def problems(self) -> Iterable[tuple[Problem, Message]]:
        return zip(self.decoding.problems, self._problem_origins, strict=True)

    def take_deferred(self) -> list[tuple[Deferred, Message]]:
        """The deferred records, which are then no longer deferred."""
        taken = list(zip(self.decoding.deferred, self._deferred_origins, strict=True))
        self.decoding.deferred, self._deferred_origins = [], []
        return taken


def _together(problems: Sequence[Problem], message: Message) -> Problem:
    """The problems of one message as one, with the whole message."""
    ((reason, readings),) = reasons(problems).most_common(1)
    first = next(problem for problem in problems if problem.reason == reason)
    detail = (
        f"{len(problems)} of its records cannot be taken, {readings} readings as the first of these: {first.detail}"
    )
    return Problem(message.device or "", reason, detail, message.payload, sum(one.readings for one in problems))


def _entry(problem: Problem, message: Message) -> Entry:
    """A whole message is kept in its own format; a record cut out of one is JSON.

    It arrived as much later as its record stood in the message, so that records without a time do not replace each other
    when they are replayed.
    """
    return Entry(
        reason=problem.reason,
        detail=problem.detail,
        device=problem.device,
        transport=message.transport,
        topic=message.topic,
        arrived_at=message.arrived_at + problem.position,
        payload=problem.raw,
        format=message.format if problem.raw is message.payload else "json",
        via=message.via or "",
    )


def message_of(entry: Entry) -> Message:
    """The message that a quarantine entry keeps, as it can be decoded again; over MQTT its topic alone names the device."""
    if entry.transport == "mqtt" and not entry.device:
        fault = Malformed(f"{entry.detail}; it holds no readings", entry.reason)
        return Message(None, entry.payload, entry.arrived_at, entry.transport, entry.topic, "json", fault)
    format_, via = format_named(entry.format), entry.via or None
    return Message(
        entry.device or None, entry.payload, entry.arrived_at, entry.transport, entry.topic, format_, via=via
    )


def raw_text(last: LastMessage, limit_bytes: int) -> str:
    """A device's last message as text, cut at `limit_bytes`."""
    raw = last.message.payload if last.record is None else msgspec.json.encode(last.record)
    return raw[:limit_bytes].decode("utf-8", "replace")


def reasons(problems: Iterable[Problem]) -> Counter[str]:
    """How many readings have which reason."""
    counted: Counter[str] = Counter()
    for problem in problems:
        counted[problem.reason] += problem.readings
    return counted


def format_named(name: str) -> Format:
    """JSON for a name that is none."""
    return name if name in get_args(Format) else "json"  # type: ignore[return-value]
