"""What a gateway does with the messages of its devices: into the outbox as they came, to be decoded at the hub.

The gateway knows no channels and no profiles, so it needs no registry, and a message that it does not understand today the
hub may understand tomorrow. It tells a sender only what can be told from the message alone: that it is no JSON, say.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from calha.domain import link
from calha.domain.directory import Directory
from calha.domain.errors import Refused, TooFast
from calha.domain.link import Parcel
from calha.domain.readings import Micros
from calha.ingest.decode import Problem, readings_in, unreadable
from calha.ingest.formats import records
from calha.ingest.limits import IngestLimits, MessageRate
from calha.ingest.service import DECODED_AT_ONCE_BYTES, Message, Receipt, devices_named, request_message
from calha.log.outbox import Outbox

MAX_REASONS = 100


class EdgeIntake:
    """taken: messages since the start. refused: by reason."""

    def __init__(
        self, outbox: Outbox, limits: IngestLimits, directory: Callable[[], Directory], clock: Callable[[], Micros]
    ) -> None:
        self._outbox = outbox
        self._limits = limits
        self._directory = directory
        self._clock = clock
        self._rate = MessageRate(limits)
        self.taken = 0
        self.refused: Counter[str] = Counter()

    @property
    def directory(self) -> Directory:
        return self._directory()

    async def submit(
        self, device: str | None, body: bytes, content_type: str, encoding: str = "", transport: str = "http"
    ) -> Receipt:
        """One request's message, on disk when this returns. Raises TooLarge, TooFast, Malformed, LogFull, LogUnavailable."""
        try:
            message = request_message(device, body, content_type, encoding, transport, self._clock(), self._limits)
            if device is not None and not self.admits(device, message.arrived_at):
                raise TooFast(f"{device} sends more than {self._limits.messages_per_s:g} messages a second")
        except Refused as error:
            self.refuse(device or "", error.reason)
            raise
        return await self.take([message], transport)

    async def take(self, messages: Sequence[Message], source: str) -> Receipt:  # noqa: ARG002 - as every Intake
        """Put messages into the outbox. `accepted` counts the values in them, which the hub will judge."""
        seq = await self._outbox.put([link.encode(parcel_of(message)) for message in messages])
        self.taken += len(messages)
        accepted, problems = 0, []
        for message in messages:
            if len(message.payload) > DECODED_AT_ONCE_BYTES:
                readings, faults = await asyncio.to_thread(_looked_into, message)
            else:
                readings, faults = _looked_into(message)
            accepted += readings
            problems += faults
        return Receipt(accepted, problems, seq)

    def devices_named(self, body: bytes, content_type: str, encoding: str) -> set[str]:
        """The devices whose readings a body of many brings."""
        return devices_named(body, content_type, encoding, self._limits.payload_bytes)

    def admits(self, device: str, now: Micros) -> bool:
        """Whether the device is within its message rate."""
        return self._rate.admits(device, now)

    def refuse(self, device: str, reason: str, readings: int = 1) -> None:  # noqa: ARG002 - as every Intake
        """Count what a connector refused before it became a message."""
        known = reason in self.refused or len(self.refused) < MAX_REASONS
        self.refused[reason if known else "other"] += readings


class EdgeOrders:
    """Commands wait at the hub, which a device behind a gateway cannot ask; what it answers goes there like readings."""

    def __init__(self, outbox: Outbox, clock: Callable[[], Micros]) -> None:
        self._outbox = outbox
        self._clock = clock

    async def fetch(self, device: str, way: str) -> Sequence[object]:  # noqa: ARG002 - as every Orders
        return ()

    async def take_reply(self, device: str, command_id: str, payload: bytes) -> None:
        """Raises LogFull, LogUnavailable."""
        topic = f"calha/v1/{device}/commands/{command_id}/reply"
        await self._outbox.put([link.encode(Parcel(device, topic, "tcp", "json", self._clock(), payload))])


def parcel_of(message: Message) -> Parcel:
    fault = (message.fault.reason, str(message.fault)) if message.fault is not None else None
    return Parcel(
        message.device or "",
        message.topic,
        message.transport,
        message.format,
        message.arrived_at,
        message.payload,
        fault,
    )


def _looked_into(message: Message) -> tuple[int, list[Problem]]:
    """How many values a message seems to hold, and what in it cannot be read."""
    device = message.device or ""
    try:
        found = records(message.payload, message.format)
    except Refused as error:
        return 0, [Problem(device, error.reason, str(error), b"", 1)]
    return sum(map(readings_in, found)), [unreadable(device, one) for one in found if type(one) is not dict]
