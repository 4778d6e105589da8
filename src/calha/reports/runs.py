"""Making reports in the background: with progress, to be stopped, some at a time, their files kept for a while.

A run that was at work when the process ended is told as stopped; it is simply begun again. What was made by its schedule
and failed, or reached nobody, is an event too: nobody waits before the history for it.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from calha.domain.errors import CalhaError, Conflict, NotFound
from calha.domain.readings import Micros
from calha.domain.report_definitions import Definition, ReportFormat
from calha.reports.delivery import Delivery
from calha.reports.kinds import Ground, Task
from calha.reports.making import file_name, make
from calha.store.reports import FileFacts, ReportHistory, ReportRunRow, ReportState, SavedReports, SavedRow

log = logging.getLogger(__name__)

AT_ONCE = 2  # reports that are made side by side
MAX_BEGUN = 20  # that are made, or wait for that
STEP = 0.02  # of progress that is worth a write
HISTORY_DAYS = 730


class Stopped(Exception):
    """Somebody has stopped this run."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made, and where it goes then. now: from which a relative period is told."""

    name: str
    definition: Definition
    formats: Sequence[ReportFormat]
    made_by: str
    report_id: int | None = None
    recipients: Sequence[str] = ()
    folder: str = ""
    is_scheduled: bool = False
    now: Micros | None = None

    @classmethod
    def of(cls, saved: SavedRow, made_by: str, *, send: bool, scheduled_at: Micros | None = None) -> "Order":
        """A saved report; sent to its recipients and folder or not."""
        report = saved.report
        return cls(
            report.name,
            report.definition,
            report.formats,
            made_by,
            saved.id,
            report.recipients if send else (),
            report.folder if send else "",
            scheduled_at is not None,
            scheduled_at,
        )


class ReportRuns:
    def __init__(
        self,
        ground: Ground,
        history: ReportHistory,
        saved: SavedReports,
        delivery: Delivery,
        folder: Path,
        keep_days: int,
    ) -> None:
        """folder: where files are kept, for `keep_days`."""
        self.history = history
        self.saved = saved
        self.ground = ground
        self._delivery = delivery
        self._folder = folder
        self._keep = timedelta(days=keep_days)
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._beginning = threading.Lock()
        self._stopping: set[int] = set()

    def begin(self, order: Order) -> ReportRunRow:
        """A run to be worked. Raises Conflict when too many are begun, NotFound, Malformed."""
        Task.of(self.ground, order.definition, order.now)  # what cannot be made is told at once
        with self._beginning:
            if self.history.running() >= MAX_BEGUN:
                raise Conflict(
                    f"{MAX_BEGUN} reports are being made; wait for one of them, or stop it", "too_many_reports"
                )
            formats = list(dict.fromkeys(order.formats))
            return self.history.begin(
                order.name, order.definition, formats, order.made_by, order.report_id, is_scheduled=order.is_scheduled
            )

    def fail(self, order: Order, problem: str) -> ReportRunRow:
        """Put what could not even be begun into the history. Raises NotFound (site)."""
        scheduled = order.is_scheduled
        told = order.name, order.definition, list(order.formats), order.made_by, order.report_id
        return self._end(self.history.begin(*told, is_scheduled=scheduled), "failed", problem)

    def stop(self, run_id: int) -> None:
        """Let a run end after the part that it is at. Raises NotFound."""
        if self.history.get(run_id).state == "running":
            self._stopping.add(run_id)

    def work(self, run: ReportRunRow, order: Order) -> ReportRunRow:
        """Make the files and send them. What cannot be made is told by the run. Blocks."""
        try:
            with self._places:
                return self._work(run, order)
        except Stopped:
            self._remove_files(run)
            return self.history.end(run.id, "stopped", files=[])
        except CalhaError as error:
            self._remove_files(run)
            return self._end(run, "failed", str(error), files=[])
        except OSError as error:
            self._remove_files(run)
            return self._end(run, "failed", f"its file cannot be written: {error.strerror or error}", files=[])
        except BaseException:
            self._remove_files(run)
            self._end(run, "failed", "an error inside Calha, which its log tells", files=[])
            raise
        finally:
            self._stopping.discard(run.id)

    def path(self, run_id: int, format_: ReportFormat) -> tuple[FileFacts, Path]:
        """A file of a run. Raises NotFound."""
        facts = next((one for one in self.history.get(run_id).files if one["format"] == format_), None)
        path = self._path(run_id, format_)
        if facts is None or not path.exists():
            days = self._keep.days
            raise NotFound(f"report run {run_id} has no {format_} file; files are kept for {days} days", "no_such_file")
        return facts, path

    def end_broken(self) -> None:
        """Call at start: no run survives the process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for run in self.history.list(None, state="running", limit=2 * MAX_BEGUN):
            self._remove_files(run)
            self._end(run, "stopped", "Calha was stopped meanwhile; make the report again")

    def tidy(self, now: datetime) -> None:
        """Delete files after their time, and history after two years."""
        for path in self._folder.iterdir():
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - self._keep:
                path.unlink(missing_ok=True)
        while old := self.history.older(now - timedelta(days=HISTORY_DAYS)):
            self.history.forget([one.id for one in old])

    def _work(self, run: ReportRunRow, order: Order) -> ReportRunRow:
        files: list[tuple[FileFacts, Path]] = []
        task = Task.of(self.ground, order.definition, order.now)
        for done, format_ in enumerate(run.formats):
            path = self._path(run.id, format_)
            progress = _Progress(self, run, done)
            made = make(self.ground, order.definition, format_, path, progress, order.now, order.made_by)
            name = file_name(order.name, made.from_at, made.until_at, task.zone.key, format_)
            files.append((FileFacts(format=format_, name=name, size_bytes=made.size_bytes, rows=made.rows), path))
        told = [facts for facts, _ in files]
        self.history.report(run.id, files=told, from_at=task.from_at, until_at=task.until_at)
        sent = self._delivery.send(run, files, order.recipients, order.folder)
        problem = "; ".join(f"{one['to']}: {one['problem']}" for one in sent if one["problem"])
        return self._end(run, "finished", problem, share=1.0, sent=sent)

    def _end(self, run: ReportRunRow, state: ReportState, problem: str, **more: Any) -> ReportRunRow:  # noqa: ANN401 - columns
        if run.is_scheduled and problem:
            self.ground.registry.add_event(
                "report_failed",
                severity="warning",
                text={
                    "pt": f"O relatório programado “{run.name}” não foi feito ou entregue: {problem}",
                    "en": f"The scheduled report “{run.name}” was not made or delivered: {problem}",
                },
                data={"run": run.id, "report": run.report_id},
            )
        return self.history.end(run.id, state, problem, **more)

    def _path(self, run_id: int, format_: ReportFormat) -> Path:
        return self._folder / f"{run_id}.{format_}"

    def _remove_files(self, run: ReportRunRow) -> None:
        for format_ in run.formats:
            self._path(run.id, format_).unlink(missing_ok=True)

    def is_stopping(self, run_id: int) -> bool:
        return run_id in self._stopping


class _Progress:
    """Tells the history how far a run is, in steps that are worth a write."""

    def __init__(self, runs: ReportRuns, run: ReportRunRow, done: int) -> None:
        """done: formats that are made already."""
        self._runs, self._run, self._done = runs, run, done
        self._told = done / len(run.formats)

    def __call__(self, share: float) -> None:
        if self._runs.is_stopping(self._run.id):
            raise Stopped
        whole = (self._done + share) / len(self._run.formats)
        if whole - self._told >= STEP:
            self._runs.history.report(self._run.id, share=round(whole, 3))
            self._told = whole
