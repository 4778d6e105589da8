"""Alarms become notices: what is raised is told, what clears is over, what an operator does ends the chains.

Rule 1: the number of the last transition that was told is kept in a file, so that a restart misses none. What is no longer
        active when its turn comes is not told: nobody is rung about the past.
Rule 2: an alarm that somebody puts away (shelved, suppressed, out of service), or that is deleted with its device or site, is
        over without a message.
Rule 3: who acknowledges by a link acknowledges the alarm, unless it has been raised anew since: that is told by a notice of
        its own.
Rule 4: that a chain was switched off, or removed, while it told of an alarm stands in the history of the alarm.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from calha.domain.alarm_states import AWAY, Act, Event
from calha.domain.errors import CalhaError, NotFound
from calha.domain.notices import Notice, Text
from calha.domain.readings import Micros
from calha.durable import write_whole
from calha.store.alarms import AlarmRow, ToldTransition
from calha.store.notify import NoticeRow
from calha.store.registry import Registry
from calha.watch.alarms.service import AlarmWatch
from calha.watch.notify.reasons import ALARM
from calha.watch.notify.service import Notifier

log = logging.getLogger(__name__)

FILE = "alarms-told"
BEAT_S = 5.0


class AlarmNotices:
    def __init__(
        self, alarms: AlarmWatch, notifier: Notifier, registry: Registry, folder: Path, clock: Callable[[], Micros]
    ) -> None:
        self._alarms = alarms
        self._notifier = notifier
        self._registry = registry
        self._file = folder / FILE
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        notifier.listen(self._acknowledge)
        notifier.listen_stopped(self._stopped)

    async def run(self, beat: Callable[[], None]) -> None:
        """Follow the alarms until cancelled."""
        self._loop = asyncio.get_running_loop()
        number = await asyncio.to_thread(self._kept)
        version = -1
        while True:
            beat()
            if (changed := await asyncio.to_thread(lambda: self._registry.version)) != version:
                await asyncio.to_thread(self._end_deleted)
                version = changed
            following = await self._alarms.transitions.following(number, BEAT_S)
            for told in following:
                beat()
                try:
                    await asyncio.to_thread(self._take, told)
                except NotFound as error:  # its device was removed meanwhile
                    log.info("alarm %s is not told: %s", told.alarm.id, error)
                number = told.transition.id
            if following:  # once for all: what is told is not told again, and thousands may be raised at once
                await asyncio.to_thread(self._keep, number)

    def _take(self, told: ToldTransition) -> None:
        transition, alarm = told
        source = f"{ALARM}{alarm.id}"
        if transition.act is Act.CLEAR:
            self._notifier.end(source)
        elif transition.act is Act.ACKNOWLEDGE:
            self._notifier.acknowledged(source, transition.author, transition.note)
        elif transition.act in AWAY:
            self._notifier.end(source, tells=False)
        elif alarm.alarm.is_active and alarm.alarm.is_annunciated and not alarm.alarm.is_acknowledged:
            self._notifier.tell(self._notice(source, alarm))

    def _end_deleted(self) -> None:
        numbers = [int(one.removeprefix(ALARM)) for one in self._notifier.notices.open_sources(ALARM)]
        for gone in set(numbers) - self._alarms.alarms.existing(numbers):
            self._notifier.end(f"{ALARM}{gone}", tells=False)

    def _notice(self, source: str, alarm: AlarmRow) -> Notice:
        place = f"{self._registry.device(alarm.device).name} · {' / '.join(self._registry.site(alarm.site).path)}"
        since = alarm.alarm.raised_at
        at = since if since is not None else alarm.changed_at
        return Notice(source, _what(alarm), place, alarm.site, alarm.priority, at, f"/alarms?id={alarm.id}")

    def _acknowledge(self, notice: NoticeRow, by: str, comment: str) -> None:
        """Called in a thread."""
        if not notice.source.startswith(ALARM) or self._loop is None:
            return
        number = int(notice.source.removeprefix(ALARM))
        if notice.state == "over" and self._is_raised_anew(number):
            log.info("%s is not acknowledged by the link of an older notice", notice.source)
            return
        done = self._alarms.act([number], Event(Act.ACKNOWLEDGE, self._clock(), comment), by)
        try:
            asyncio.run_coroutine_threadsafe(done, self._loop).result()
        except CalhaError as error:  # it was acknowledged meanwhile, or its rule is gone
            log.info("%s is not acknowledged by a link: %s", notice.source, error)

    def _stopped(self, notice: NoticeRow, chain: str, by: str) -> None:
        if notice.source.startswith(ALARM):
            self._alarms.alarms.untold(int(notice.source.removeprefix(ALARM)), self._clock(), by, chain)

    def _is_raised_anew(self, number: int) -> bool:
        """Whether an alarm stands, which whoever answers a notice that is over has not seen."""
        try:
            return self._alarms.alarms.named([number])[0].alarm.is_active
        except NotFound:
            return False

    def _kept(self) -> int:
        """The last transition that was told; at the first start none of those that there are.

        Never one that is still to come, as after the registry was put back from a backup.
        """
        newest = self._alarms.transitions.newest()
        number = min(int(self._file.read_text()), newest) if self._file.exists() else newest
        self._keep(number)
        return number

    def _keep(self, number: int) -> None:
        """Where there is no room for it alarms are told all the same; after a restart some are looked at once more."""
        try:
            write_whole(self._file, str(number).encode())
        except OSError as error:
            log.warning("it is not kept that alarms were told through %d: %s", number, error)


def _what(alarm: AlarmRow) -> Text:
    if alarm.signal is None or alarm.limit_value is None:
        return Text(alarm.name, alarm.name)
    value, limit = f"{alarm.signal:.6g}", f"{alarm.limit_value:.6g}"
    return Text(
        f"{alarm.name}: {value.replace('.', ',')} (limite {limit.replace('.', ',')})",
        f"{alarm.name}: {value} (limit {limit})",
    )
