"""MQTT messages from the log server into ingest.

QoS 1 and 2: the device has its PUBACK already, the message lies on disk in the server's own stream. We decode, log and
quarantine, then acknowledge to that stream. After a crash it delivers again what was not acknowledged; the log tells
up to which message it has the readings, so that nothing is logged twice.
QoS 0 has no acknowledgement: what arrives while the log refuses is counted as refused.
Replies to commands are handed on before anything is acknowledged, so one may be handed on twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial

from calha.domain.errors import LogUnavailable, Malformed, Refused, TooFast, TooLarge
from calha.ingest.limits import IngestLimits
from calha.ingest.routes import Find, Target, nowhere
from calha.ingest.service import Ingest, Message
from calha.log.lane import Mark
from calha.log.mqtt_source import MqttMessage, MqttSource
from calha.log.publisher import Publisher

log = logging.getLogger(__name__)

SOURCE = "mqtt"
RETRY_AFTER_S = 1.0
NOWHERE = Target(None, "json")

Answer = Callable[[str, str, bytes, int], Awaitable[None]]
Translate = Callable[[str, bytes, int], Awaitable[Message | None]]


async def untranslated(_topic: str, _payload: bytes, _arrived_at: int) -> Message | None:
    """Where there are no dialects."""
    return None


def lane(shard: int) -> str:
    """Name under which the log knows how far a shard has been logged; shards count their messages independently."""
    return f"{SOURCE}-{shard}"


async def run(
    source: MqttSource,
    publisher: Publisher,
    ingest: Ingest,
    limits: IngestLimits,
    answer: Answer,
    beat: Callable[[], None],
    lane: str = SOURCE,
    find: Find = nowhere,
    translate: Translate = untranslated,
) -> None:
    """Take MQTT messages, until the server's stream is found to be another one than was read; then it is to be called again.

    What the log cannot take now is waited for, not dropped.

    answer: takes (device, command, payload, arrival) of a reply, or raises Malformed for one that goes to quarantine.
    find: tells where topics lead that are not Calha's own.
    translate: makes of (topic, payload, arrival) in a dialect what Calha understands; None for any other.
    """
    judge = partial(judged, ingest=ingest, limits=limits, answer=answer, find=find, translate=translate)
    logged = await publisher.last_source(lane)
    logged_until = await source.logged_until(logged.seq, logged.at_us) if logged else 0
    is_numbered = (
        logged is None or logged_until >= logged.seq
    )  # else the server's stream was made anew, with old numbers
    if not is_numbered:
        source.begin_anew()
    dropped = source.dropped
    async for arrived in source.batches(beat):
        beat()
        if source.dropped > dropped:
            ingest.refuse("", "overload", source.dropped - dropped)
            dropped = source.dropped
        fleeting = [message for message in arrived if not message.seq]
        if fleeting:
            await _take_fleeting(await judge(fleeting), ingest, lane)
        known = [message for message in arrived if 0 < message.seq <= logged_until]
        if known:
            await _persist(partial(ingest.set_aside_again, await judge(known)), beat)
        new = [message for message in arrived if message.seq > logged_until]
        if new:
            last = new[-1]
            mark = Mark(last.seq, last.arrived_at) if is_numbered else None
            await _persist(partial(ingest.take, await judge(new), lane, mark), beat)
            logged_until = last.seq
        if known or new:
            await source.acknowledge(logged_until if new else known[-1].seq)


async def _persist(step: Callable[[], Awaitable[object]], beat: Callable[[], None]) -> None:
    """Repeat `step` until the log takes it: the devices have their acknowledgement, so there is nobody to refuse."""
    while True:
        try:
            await step()
        except LogUnavailable as error:
            log.warning("MQTT input waits for the log: %s", error)
            beat()
            await asyncio.sleep(RETRY_AFTER_S)
        else:
            return


async def _take_fleeting(messages: Sequence[Message], ingest: Ingest, lane: str) -> None:
    try:
        await ingest.take(messages, lane)
    except LogUnavailable as error:
        for message in messages:
            ingest.refuse(message.device or "", "log_unavailable")
        log.warning("%d QoS 0 messages refused: %s", len(messages), error)


async def judged(
    arrived: Sequence[MqttMessage],
    answer: Answer,
    ingest: Ingest,
    limits: IngestLimits,
    find: Find,
    translate: Translate,
) -> list[Message]:
    """The messages with their devices, and with the fault of those that go to quarantine unread; no replies."""
    messages = []
    for topic, payload, _, _, arrived_at in arrived:
        replied = reply_of(topic)
        device, format_ = Target(replied[0], "json") if replied is not None else _target(topic, find)
        if device is None and len(payload) <= limits.message_bytes:
            translated = await translate(topic, payload, arrived_at)
            if translated is not None:
                messages.append(_limited(translated, ingest, limits))
                continue
        fault = _fault(device, topic, payload, arrived_at, ingest, limits)
        if replied is not None:
            if fault is None:
                fault = await _answered(answer, *replied, payload, arrived_at)
            if fault is None:
                continue
            device = None
        messages.append(Message(device, payload, arrived_at, SOURCE, topic, format_, fault))
    return messages


def _target(topic: str, find: Find) -> Target:
    own = device_of(topic)
    return Target(own, "json") if own is not None else find(topic) or NOWHERE


def _limited(translated: Message, ingest: Ingest, limits: IngestLimits) -> Message:
    """A translated message, within its device's message rate."""
    device, arrived_at = translated.device, translated.arrived_at
    if translated.fault is None and device and not ingest.admits(device, arrived_at):
        return translated._replace(fault=_too_fast(device, limits))
    return translated


async def _answered(answer: Answer, device: str, command: str, payload: bytes, arrived_at: int) -> Refused | None:
    try:
        await answer(device, command, payload, arrived_at)
    except Refused as error:
        return error
    return None


def _fault(
    device: str | None, topic: str, payload: bytes, arrived_at: int, ingest: Ingest, limits: IngestLimits
) -> Refused | None:
    if device is None:
        return Malformed(f"topic {topic!r} is none that a device of Calha uses", "unknown_topic")
    if not ingest.admits(device, arrived_at):
        return _too_fast(device, limits)
    if len(payload) > limits.message_bytes:
        return TooLarge(f"the message has {len(payload)} bytes; at most {limits.message_bytes} are taken")
    return None


def _too_fast(device: str, limits: IngestLimits) -> TooFast:
    return TooFast(f"{device} sends more than {limits.messages_per_s:g} messages a second")


def reply_of(topic: str) -> tuple[str, str] | None:
    """Device and command of `calha/v1/<device>/commands/<command>/reply`; None for any other topic."""
    if not topic.endswith("/reply"):
        return None
    parts = topic.split("/")
    if len(parts) == 6 and parts[:2] == ["calha", "v1"] and parts[3] == "commands" and parts[2] and parts[4]:
        return parts[2], parts[4]
    return None


@lru_cache(maxsize=100_000)
def device_of(topic: str) -> str | None:
    """The device of `calha/v1/<device>/telemetry`; None for any other topic."""
    parts = topic.split("/")
    if len(parts) == 4 and parts[0] == "calha" and parts[1] == "v1" and parts[3] == "telemetry":
        return parts[2] or None
    return None
