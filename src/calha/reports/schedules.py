"""Makes the saved reports whose time has come, one after another.

Rule 1: a report is put off to its next time before it is made: one that breaks Calha is not made again and again.
Rule 2: times that passed while Calha was stopped are made up for by one run, of the time that was due first.
Rule 3: a relative period is told from when the report was due, not from when it is made.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from calha.domain.errors import CalhaError, Malformed
from calha.domain.readings import Micros
from calha.domain.schedules import next_due, require_calm
from calha.domain.times import to_datetime
from calha.reports.runs import Order, ReportRuns
from calha.store.reports import NewReport, SavedRow

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
BEAT_S = 1.0
TIDY_EVERY_S = 3_600.0

Clock = Callable[[], Micros]


def next_of(report: NewReport, after: Micros) -> Micros | None:
    """When a report is due next; None without a schedule. Raises Malformed."""
    if report.cron:
        require_calm(report.cron, ZoneInfo(report.zone), after)
    return _following(report, after)


def _following(report: NewReport, after: Micros) -> Micros | None:
    """When a report is due next, however soon: where clocks go forward, two of its times may come close to each other."""
    return next_due(report.cron, ZoneInfo(report.zone), after) if report.cron else None


class Schedules:
    def __init__(self, runs: ReportRuns, clock: Clock) -> None:
        self._runs = runs
        self._clock = clock
        self._tidied_at: datetime | None = None

    async def run(self, beat: Callable[[], None]) -> None:
        """Until cancelled."""
        while True:
            beat()
            work = asyncio.ensure_future(asyncio.to_thread(self.round))
            while not work.done():
                await asyncio.wait([work], timeout=BEAT_S)
                beat()
            work.result()
            await asyncio.sleep(LOOK_EVERY_S)

    def round(self) -> int:
        """Make what is due; how many. Blocks."""
        due = self._runs.saved.due(self._clock())
        for saved in due:
            self._make(saved)
        now = datetime.now(UTC)
        if self._tidied_at is None or (now - self._tidied_at).total_seconds() > TIDY_EVERY_S:
            self._runs.tidy(now)
            self._tidied_at = now
        return len(due)

    def _make(self, saved: SavedRow) -> None:
        try:
            following = _following(saved.report, self._clock())
        except Malformed as error:  # the zone's rules have changed, say
            log.warning("report %s is due no more: %s", saved.id, error)
            following = None
        if not self._runs.saved.take(saved, following):
            return
        order = Order.of(saved, saved.made_by, send=True, scheduled_at=saved.next_at)
        try:
            run = self._runs.begin(order)
        except CalhaError as error:
            log.warning("report %s, due at %s, is not made: %s", saved.id, to_datetime(saved.next_at or 0), error)
            self._runs.fail(order, str(error))
        else:
            self._runs.work(run, order)
