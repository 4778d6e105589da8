"""Tasks that never stop silently: each has a heartbeat, is restarted with back-off when it ends, and says so."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from calha.domain.errors import CalhaError

log = logging.getLogger(__name__)

LOG_URL_VARIABLE = "_CALHA_LOG_URL"  # from `up` to the core; it holds a password, therefore it is no argument
GATE_SEED_VARIABLE = "_CALHA_GATE_SEED"  # likewise, only with `log.gated`: the key for `calha.log.gate.Gate`
HUB_PROOF_VARIABLE = "_CALHA_HUB_PROOF"  # from the command to `up`, on a gateway: its proof at the hub
PROCESSES_FILE = "processes.json"  # state of the supervised processes, in the data folder

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 30.0
STUCK_S = 60.0
CALM_AFTER_S = 60.0  # a task that ran this long starts over with the first back-off

TaskState = Literal["starting", "running", "restarting", "stopped"]
Beat = Callable[[], None]
Job = Callable[[Beat], Awaitable[None]]
Noted = Callable[["Task"], None]


@dataclass(slots=True)
class Task:
    """One supervised task as it can be shown. `beat_at`: monotonic seconds of its last sign of life."""

    name: str
    state: TaskState = "starting"
    restarts: int = 0
    last_error: str | None = None
    beat_at: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        self.beat_at = time.monotonic()
        self.state = "running"

    @property
    def heartbeat_age_s(self) -> float:
        return time.monotonic() - self.beat_at


class Supervisor:
    """Runs jobs side by side until cancelled. `noted` is told of each restart."""

    def __init__(self, noted: Noted | None = None) -> None:
        self._jobs: list[tuple[Task, Job]] = []
        self._noted = noted

    def add(self, name: str, job: Job) -> Task:
        task = Task(name)
        self._jobs.append((task, job))
        return task

    @property
    def tasks(self) -> list[Task]:
        return [task for task, _ in self._jobs]

    def is_stuck(self, names: Collection[str]) -> bool:
        """Whether one of these tasks has ended, or gives no sign of life."""
        own = [task for task, _ in self._jobs if task.name in names]
        return any(task.state == "restarting" or task.heartbeat_age_s > STUCK_S for task in own)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for task, job in self._jobs:
                group.create_task(keep_running(task, job, self._noted), name=task.name)


async def keep_running(task: Task, job: Job, noted: Noted | None = None) -> None:
    """Run a job, and again whenever it ends, until cancelled."""
    back_off_s = FIRST_BACK_OFF_S
    while True:
        started_at = time.monotonic()
        task.beat()
        try:
            await job(task.beat)
            task.last_error = "ended without being asked to"
        except asyncio.CancelledError:
            task.state = "stopped"
            raise
        except Exception as error:  # the only place that catches everything
            task.last_error = f"{type(error).__name__}: {_root(error)}"
            if isinstance(error, CalhaError):
                log.error("task %s failed: %s", task.name, error)
            else:
                log.exception("task %s failed", task.name)
        if time.monotonic() - started_at > CALM_AFTER_S:
            back_off_s = FIRST_BACK_OFF_S
        task.state = "restarting"
        task.restarts += 1
        log.warning("task %s is started again in %.1f s: %s", task.name, back_off_s, task.last_error)
        if noted is not None:
            noted(task)
        await asyncio.sleep(back_off_s)
        back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)


def _root(error: BaseException) -> BaseException:
    """The first error inside an exception group, which says more than the group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
