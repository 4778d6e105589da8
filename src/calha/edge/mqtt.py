"""MQTT messages of a gateway's own log server into its outbox, as they came.

Devices have their acknowledgement when the log server has a message on disk; here it only moves on, exactly once: the outbox
tells through which message it has them. QoS 0 has no acknowledgement; what arrives while the outbox refuses is counted.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from calha.domain import link
from calha.domain.errors import LogUnavailable, TooLarge
from calha.domain.link import Parcel
from calha.edge.intake import EdgeIntake
from calha.ingest.mqtt import SOURCE
from calha.log.lane import Mark
from calha.log.mqtt_source import MqttMessage, MqttSource
from calha.log.outbox import PACK_BYTES, Outbox

RETRY_S = 1.0
KEPT_OF_TOO_LARGE = 64 * 1024

log = logging.getLogger(__name__)


async def run(
    source: MqttSource, outbox: Outbox, intake: EdgeIntake, limit_bytes: int, lane: str, beat: Callable[[], None]
) -> None:
    """Move MQTT messages until cancelled; what the outbox cannot take now is waited for, not dropped."""
    while True:  # until the server's stream is another one
        await _move(source, outbox, intake, limit_bytes, lane, beat)


async def _move(
    source: MqttSource, outbox: Outbox, intake: EdgeIntake, limit_bytes: int, lane: str, beat: Callable[[], None]
) -> None:
    known = await outbox.last_source(lane)
    moved_until = await source.logged_until(known.seq, known.at_us) if known else 0
    is_numbered = known is None or moved_until >= known.seq  # else the server's stream was made anew, with old numbers
    if not is_numbered:
        source.begin_anew()
    async for arrived in source.batches(beat):
        beat()
        fleeting = [message for message in arrived if not message.seq]
        if fleeting:
            await _take_fleeting(fleeting, outbox, intake, limit_bytes)
        lasting = [message for message in arrived if message.seq]
        for part in _parts([message for message in lasting if message.seq > moved_until]):
            last = part[-1]
            marks = {lane: Mark(last.seq, last.arrived_at)} if is_numbered else {}
            await _persist(outbox, [_parcel(message, limit_bytes) for message in part], marks, beat)
            intake.taken += len(part)
            moved_until = last.seq
        if lasting:
            await source.acknowledge(lasting[-1].seq)


async def _persist(outbox: Outbox, parcels: Sequence[bytes], marks: dict[str, Mark], beat: Callable[[], None]) -> None:
    """Repeat until the outbox takes it: the devices have their acknowledgement, so there is nobody to refuse."""
    while True:
        try:
            await outbox.put(parcels, marks)
        except LogUnavailable as error:
            log.warning("MQTT input waits for the outbox: %s", error)
            beat()
            await asyncio.sleep(RETRY_S)
        else:
            return


async def _take_fleeting(messages: Sequence[MqttMessage], outbox: Outbox, intake: EdgeIntake, limit_bytes: int) -> None:
    for part in _parts(messages):
        try:
            await outbox.put([_parcel(message, limit_bytes) for message in part])
        except LogUnavailable as error:
            intake.refuse("", "log_unavailable", len(part))
            log.warning("%d QoS 0 messages refused: %s", len(part), error)
        else:
            intake.taken += len(part)


def _parts(messages: Sequence[MqttMessage]) -> Iterator[list[MqttMessage]]:
    """The messages in stretches of about a pack."""
    part: list[MqttMessage] = []
    size = 0
    for message in messages:
        if part and size + len(message.payload) > PACK_BYTES:
            yield part
            part, size = [], 0
        part.append(message)
        size += len(message.payload)
    if part:
        yield part


def _parcel(message: MqttMessage, limit_bytes: int) -> bytes:
    """A message that is larger than the hub takes goes there by its beginning, to be kept in quarantine."""
    payload, fault = message.payload, None
    if len(payload) > limit_bytes:
        fault = (TooLarge.reason, f"the message has {len(payload)} bytes; at most {limit_bytes} are taken")
        payload = payload[:KEPT_OF_TOO_LARGE]
    return link.encode(Parcel("", message.topic, SOURCE, "json", message.arrived_at, payload, fault))
