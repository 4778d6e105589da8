"""The streams READINGS and QUARANTINE: made at start, measured, trimmed. Nothing is ever discarded to make room.

Both refuse new messages when their budget is used up (discard=new). READINGS is trimmed only of what every durable
reader has acknowledged, and the last message of each source stays: it tells how far that source has been logged.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from calha.log import jetstream, trimming
from calha.log.connection import Connection
from calha.log.jetstream import Answer
from calha.log.reader import stored
from calha.log.settings import LogSettings

READINGS = "READINGS"
QUARANTINE = "QUARANTINE"
MQTT = "$MQTT_msgs"

WARN_AT = 0.8
TRIM_AT = 0.5
_MQTT_SHARES = {MQTT: 12, "$MQTT_rmsgs": 1, "$MQTT_qos2in": 1}  # of 16; the rest is for sessions
BUDGET = "log"  # name of the usage of the whole budget

logger = logging.getLogger("calha.log.streams")


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a stream is. max_bytes 0 = no budget of its own; first_seq > last_seq = empty."""

    name: str
    bytes: int
    max_bytes: int
    messages: int
    first_seq: int
    last_seq: int

    @property
    def fill(self) -> float:
        return self.bytes / self.max_bytes if self.max_bytes else 0.0

    @property
    def is_filling(self) -> bool:
        return self.fill >= WARN_AT


async def limit_mqtt(shards: Sequence[Connection], settings: LogSettings) -> None:
    """Give the server's own MQTT streams, in each shard, their part of the disk budget; they have none by themselves.

    Without it, devices could fill the whole budget while ingest is away; then READINGS could take nothing, and nothing
    could ever be freed. At its limit the server sends no PUBACK and closes the connection. Limits retention is for speed
    (see `mqtt_sweep`). Raises LogUnavailable.
    """
    parts = list(zip(shards, _parts(settings, len(shards)), strict=True))
    for connection, part in parts if settings.gated else reversed(parts):  # what gives comes before what takes
        for name, sixteenths in _MQTT_SHARES.items():
            await _limit(connection, name, part * sixteenths // 16)


def _parts(settings: LogSettings, shards: int) -> list[int]:
    """Bytes of the budget for each shard. Without a gate all devices are in the first; the others may still be read."""
    rest = settings.max_store_bytes - settings.readings_max_bytes - settings.quarantine_max_bytes
    if settings.gated or shards == 1:
        return [rest // shards] * shards
    idle = rest // (16 * (shards - 1))
    return [rest - idle * (shards - 1)] + [idle] * (shards - 1)


async def _limit(connection: Connection, name: str, max_bytes: int) -> None:
    info = await jetstream.stream_info(connection, name)
    limits: Answer = {"max_bytes": max_bytes, "discard": "new"}
    if name == MQTT:
        limits["retention"] = "limits"
    if info is not None and any(info["config"][key] != value for key, value in limits.items()):
        await jetstream.call(connection, f"STREAM.UPDATE.{name}", info["config"] | limits)


async def ensure(connection: Connection, name: str, limits: Answer) -> None:
    """Make a stream that refuses what is new when it is full, or bring it to these limits. Raises LogUnavailable."""
    config: Answer = {
        "name": name,
        "subjects": [f"{name}.>"],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs": -1,
        "max_age": 0,
        "duplicate_window": 120_000_000_000,
        "allow_direct": True,
        **limits,
    }
    info = await jetstream.stream_info(connection, name)
    if info is None:
        await jetstream.call(connection, f"STREAM.CREATE.{name}", config)
    elif any(info["config"].get(key) != value for key, value in config.items()):
        await jetstream.call(connection, f"STREAM.UPDATE.{name}", info["config"] | config)


class Loss(NamedTuple):
    """Messages that the log has lost of its tail, and how many of them nobody had read."""

    messages: int = 0
    unread: int = 0


class Streams:
    """The log's streams under one set of settings. Call `ensure` once before using any of them.

    shards: a connection to each, for the streams of MQTT devices; one that is the main connection counts once.
    """

    def __init__(self, connection: Connection, settings: LogSettings, shards: Sequence[Connection] = ()) -> None:
        self._connection = connection
        self._shards = shards or (connection,)
        self._settings = settings
        self._warned: set[str] = set()

    async def ensure(self) -> None:
        """Make the streams, or bring them to these settings. Raises LogUnavailable."""
        settings = self._settings
        readings: Answer = {"max_bytes": settings.readings_max_bytes}
        quarantine: Answer = {
            "max_bytes": settings.quarantine_max_bytes,
            "max_age": settings.quarantine_max_age_s * 1_000_000_000,
        }
        for name, limits in ((READINGS, readings), (QUARANTINE, quarantine)):
            await ensure(self._connection, name, limits)

    async def continue_after(self, known_seq: int) -> Loss:
        """Make sure that the next reading's sequence is above the highest known, all up to which is done with.

        After a power cut or a lost disk the stream may end before that. New messages would be given sequences that the store
        takes for known, unless the log server remembers which one was last. Raises LogUnavailable.
        """
        info = await jetstream.call(self._connection, f"STREAM.INFO.{READINGS}", {"deleted_details": True})
        state = info["state"]
        told: list[int] = state.get("deleted") or []
        deleted = sorted(seq for seq in told if seq > 0)  # a stream that never had a message tells of 0
        holes = sum(seq > known_seq for seq in deleted)
        if holes:
            logger.error("the log has lost %d messages after %d, which the store does not have", holes, known_seq)
        behind: int = known_seq - state["last_seq"]
        if behind <= 0:
            return Loss(max(holes, _at_the_end(deleted, state["last_seq"])), holes)
        logger.warning(
            "the log ends at %d, and %d was known: its tail is lost; it goes on above that",
            state["last_seq"],
            known_seq,
        )
        await jetstream.call(self._connection, f"STREAM.PURGE.{READINGS}", {"seq": known_seq + 1})
        now = await self.usage_of(READINGS)
        assert now is not None and now.last_seq >= known_seq, f"the log goes on at {now}, not after {known_seq}"
        return Loss(behind)

    async def last_seq(self) -> int:
        """Of READINGS. Raises LogUnavailable."""
        info = await jetstream.call(self._connection, f"STREAM.INFO.{READINGS}")
        return int(info["state"]["last_seq"])

    async def usage(self) -> list[Usage]:
        """READINGS, QUARANTINE, what MQTT devices sent to each shard and ingest has not read, and all together.

        Shards after the first are told by their number: `$MQTT_msgs 1`. Warns in our log when one of them passes WARN_AT,
        once until it is below again. Raises LogUnavailable.
        """
        found = [usage for name in (READINGS, QUARANTINE) if (usage := await self.usage_of(name))]
        for number in range(len(self._shards)):
            usage = await self.usage_of(MQTT, number)
            if usage is not None:
                found.append(replace(usage, name=f"{MQTT} {number}") if number else usage)
        found.append(await self._budget())
        for usage in found:
            if usage.is_filling and usage.name not in self._warned:
                logger.warning("%s is %.0f %% full (%d bytes)", usage.name, 100 * usage.fill, usage.bytes)
                self._warned.add(usage.name)
            elif not usage.is_filling:
                self._warned.discard(usage.name)
        return found

    async def usage_of(self, name: str, shard: int | None = None) -> Usage | None:
        connection = self._connection if shard is None else self._shards[shard]
        info = await jetstream.stream_info(connection, name)
        if info is None:
            return None
        state = info["state"]
        return Usage(
            name,
            state["bytes"],
            max(info["config"]["max_bytes"], 0),
            state["messages"],
            state["first_seq"],
            state["last_seq"],
        )

    async def trim(self, through_seq: int) -> int:
        """Remove readings up to `through_seq` that every durable reader has acknowledged; returns how many messages.

        Only when the stream is over half its budget, or its first message older than the setting. Raises LogUnavailable.
        """
        usage = await self.usage_of(READINGS)
        if usage is None or not usage.messages or not await self._is_worth_trimming(usage):
            return 0
        return await trimming.remove(self._connection, READINGS, through_seq)

    # -- below: what the public part is made of

    async def _budget(self) -> Usage:
        own = await jetstream.call(self._connection, "INFO")
        accounts, limit = [own], own["limits"]["max_storage"]
        if self._settings.url is None:
            accounts += [await jetstream.call(shard, "INFO") for shard in self._shards if shard is not self._connection]
            limit = self._settings.max_store_bytes
        return Usage(BUDGET, sum(account["storage"] for account in accounts), max(limit, 0), 0, 1, 0)

    async def _is_worth_trimming(self, usage: Usage) -> bool:
        if usage.fill > TRIM_AT:
            return True
        first = await stored(self._connection, READINGS, usage.first_seq)
        return first is None or first.at_us < (time.time() - self._settings.readings_keep_s) * 1_000_000


def _at_the_end(deleted: Sequence[int], last_seq: int) -> int:
    """How many of the newest messages are gone, without those between messages that are still there."""
    present = last_seq
    for seq in reversed(deleted):
        if seq != present:
            break
        present -= 1
    return last_seq - present
