"""What has to be done now and then: trimming the log, compaction, retention, following a shared registry."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from calha.config.keeping import StoreSection
from calha.domain.errors import LogUnavailable, RegistryUnavailable
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.ingest.service import Ingest
from calha.log.streams import Loss, Streams
from calha.store.accounts.commands import CommandStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from calha.supervision import Beat, Task
from calha.task_words import title_of

log = logging.getLogger(__name__)

EVERY_S = 60.0
BEAT_S = 5
REGISTRY_POLL_S = 2.0

Clock = Callable[[], Micros]


async def keep_house(telemetry: Telemetry, streams: Streams, clock: Clock, beat: Beat) -> None:
    """Trim the log of what the store has, and bring complete days into their final form."""
    while True:
        try:
            await streams.usage()
            await streams.trim(telemetry.committed_seq)
        except LogUnavailable as error:
            log.warning("the log is trimmed later: %s", error)
        await _pause(EVERY_S, beat)  # first, so that whoever follows the store has said what he has still to see
        await asyncio.to_thread(telemetry.compact, clock())
        beat()


async def retain(registry: Registry, telemetry: Telemetry, store: StoreSection, clock: Clock, beat: Beat) -> None:
    """Drop what is older than its retention class allows, once a day."""
    while True:
        raw = await asyncio.to_thread(registry.series_of_retention, "raw")
        standard = sorted((await asyncio.to_thread(registry.units)).keys() - set(raw))
        hours_before = _days_ago(clock(), store.rollup_days)
        for series, days in ((raw, store.raw_days), (standard, store.standard_days)):
            beat()
            await asyncio.to_thread(telemetry.retain, series, _days_ago(clock(), days), hours_before=hours_before)
        await _pause(DAY_US / SECOND_US, beat)


async def forget_commands(commands: CommandStore, days: int, clock: Clock, beat: Beat) -> None:
    """Drop commands that have ended so many days ago, once a day. What was asked for stays in the audit log."""
    while True:
        while await asyncio.to_thread(commands.forget, _days_ago(clock(), days)):
            beat()
        await _pause(DAY_US / SECOND_US, beat)


class RegistryFollower:
    """Takes over what another process has changed in a shared registry, and knows whether its database answers.

    error: why it does not; None when it does.
    """

    def __init__(self, registry: Registry, ingest: Ingest) -> None:
        self._registry = registry
        self._ingest = ingest
        self._has_put_off = True  # what had to wait for the registry, perhaps before the last start
        self.error: str | None = None

    async def run(self, beat: Beat) -> None:
        while True:
            beat()
            try:
                await self._follow()
            except RegistryUnavailable as error:
                if self.error is None:
                    log.error("%s; readings go on with what is known of devices", error)
                self.error, self._has_put_off = str(error), True
            await asyncio.sleep(REGISTRY_POLL_S)

    async def _follow(self) -> None:
        if await asyncio.to_thread(lambda: self._registry.version) != self._ingest.directory.version:
            await self._ingest.refresh()
        if self.error is not None:
            log.warning("the registry's database answers again")
            self.error = None
        if self._has_put_off:
            await self._ingest.replay_all(RegistryUnavailable.reason)
            self._has_put_off = False


def note_lost_tail(registry: Registry, loss: Loss) -> None:
    """The log has lost messages of its tail; no reading, if all of them had been read."""
    if loss.unread:
        pt = f"das quais {loss.unread} ainda não estavam gravadas no banco: as leituras delas se perderam"
        en = f"{loss.unread} of which had not been stored yet: their readings are lost"
    else:
        pt = "as leituras delas já estavam gravadas no banco"
        en = "their readings had been stored already"
    registry.add_event(
        "log_tail_lost",
        severity="critical" if loss.unread else "warning",
        text={
            "pt": f"O registro durável perdeu {loss.messages} mensagens do fim; {pt}",
            "en": f"The log lost its last {loss.messages} messages; {en}",
        },
        data={"messages": loss.messages, "unread": loss.unread},
    )


async def hear(registry: Registry, shard: int, take: Callable[[Beat], Awaitable[None]], beat: Beat) -> None:
    """Take the messages of a shard, also of one that has lost its tail, which is told."""
    while True:
        await take(beat)
        await asyncio.to_thread(_note_lost_messages, registry, shard)


def _note_lost_messages(registry: Registry, shard: int) -> None:
    registry.add_event(
        "log_tail_lost",
        severity="warning",
        text={
            "pt": "O servidor do registro perdeu o fim do que os aparelhos enviaram por MQTT; o que já tinha sido lido está no "
            "banco, o que ainda não tinha sido lido se perdeu",
            "en": "The log server lost the end of what devices sent over MQTT; what had been read is stored, what had not been "
            "read is lost",
        },
        data={"shard": shard},
    )


def note_restart(registry: Registry, task: Task) -> None:
    title = title_of(task.name)
    try:
        registry.add_event(
            "task_restarted",
            severity="warning",
            text={
                "pt": f"A tarefa “{title['pt']}” foi reiniciada: {task.last_error}",
                "en": f"The task “{title['en']}” was started again: {task.last_error}",
            },
            data={"task": task.name, "restarts": task.restarts},
        )
    except RegistryUnavailable as error:
        log.warning("the restart of %s could not be noted: %s", task.name, error)
    except Exception:
        log.exception("the restart of %s could not be noted", task.name)


async def _pause(seconds: float, beat: Beat) -> None:
    for _ in range(round(seconds / BEAT_S)):
        beat()
        await asyncio.sleep(BEAT_S)


def _days_ago(now: Micros, days: int) -> Micros:
    """The beginning of time for 0 days, which stand for ever."""
    return now - days * DAY_US if days else 0
