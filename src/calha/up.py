"""The thin process behind `calha up`: holds the data folder, runs the log server and the core, and restarts either.

It imports little, so that it stays small; the core is everything else. While the core restarts, the log server goes on
taking MQTT messages to disk. When this process dies, its children end with it, and the next start finds a free folder.

Started as `python -m calha.up PLAN`, PLAN being the JSON of a Plan.
"""

import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from calha.data_folder import require_data_folder
from calha.domain.errors import CalhaError, FolderInUse, InvalidConfiguration
from calha.log.child import dies_with_parent
from calha.log.server import LogServer
from calha.log.settings import LogSettings
from calha.supervision import GATE_SEED_VARIABLE, HUB_PROOF_VARIABLE, LOG_URL_VARIABLE, PROCESSES_FILE

log = logging.getLogger("calha.up")

EXIT_CONFIGURATION = 2
EXIT_IN_USE = 3
STOP_TIMEOUT_S = 15.0
FIRST_BACK_OFF_S = 0.2
LONGEST_BACK_OFF_S = 10.0
CALM_AFTER_S = 30.0

LOCK_NAME = "calha.lock"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `core`: its arguments; the address of the log is added to them. `log` None: the log is elsewhere.

    module: the core's; that of a hub unless told otherwise. certificate: shown at the address, where it is the operator's own.
    """

    folder: str
    core: list[str]
    log: dict[str, Any] | None
    address: str
    module: str = "calha.app"
    certificate: str | None = None


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    plan = Plan(**json.loads(sys.argv[1]))
    try:
        with hold(Path(plan.folder), plan.address, plan.certificate):
            return asyncio.run(_run(plan))
    except FolderInUse as error:
        sys.stderr.write(f"calha: {error}\n")
        return EXIT_IN_USE
    except CalhaError as error:
        sys.stderr.write(f"calha: {error}\n")
        return EXIT_CONFIGURATION


class hold:  # noqa: N801 - reads as a sentence: with hold(folder)
    """Holds a data folder for this process alone. Raises FolderInUse saying who has it, InvalidConfiguration."""

    def __init__(self, folder: Path, address: str = "", certificate: str | None = None) -> None:
        self._path = folder / LOCK_NAME
        self._address = address
        self._certificate = certificate
        require_data_folder(folder)

    def __enter__(self) -> None:
        try:
            self._file = self._path.open("a+")
        except OSError as error:
            raise InvalidConfiguration(
                f"{self._path}: {error.strerror}; all in the data folder must belong to the user who runs Calha"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderInUse(_who_holds(self._path)) from None
        self._file.truncate(0)
        holder = {"pid": os.getpid(), "address": self._address, "certificate": self._certificate, "since": time.time()}
        self._file.write(json.dumps(holder))
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        self._file.truncate(0)
        self._file.close()


def holder(folder: Path) -> dict[str, Any] | None:
    """Who runs on a data folder: `{"pid", "address", "certificate", "since"}`; None when nobody does."""
    path = folder / LOCK_NAME
    if not path.exists():
        return None
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            with suppress(ValueError):
                return dict(json.loads(path.read_text()))
            return {"pid": 0, "address": "", "certificate": None, "since": 0.0}
    return None


def _who_holds(path: Path) -> str:
    try:
        said = json.loads(path.read_text())
        who = f"process {said['pid']}, at {said['address']}"
    except (ValueError, KeyError):
        who = "another process"
    return (
        f"the data folder {path.parent} is in use by {who}. Open that address, stop that process, "
        "or name another folder with --data"
    )


@dataclass(slots=True)
class ProcessState:
    name: str
    pid: int = 0
    state: str = "starting"
    restarts: int = 0
    last_error: str = ""
    since: float = 0.0
    violations: dict[str, int] = field(default_factory=dict)  # by user, of the log server
    link_error: str = ""  # of a gateway's log server


class Processes:
    """The two children and what is known of them, written to the data folder for the status page."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._folder = Path(plan.folder)
        self._core = ProcessState("core")
        self._server: LogServer | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Until asked to stop; the exit code of a core that cannot work with this configuration, else 0."""
        secrets = await self._start_log()
        server_task = asyncio.create_task(self._server.run()) if self._server else None
        state_task = asyncio.create_task(self._write_state())
        try:
            return await self._keep_core(os.environ | secrets)
        finally:
            state_task.cancel()
            if server_task is not None:
                server_task.cancel()
                with suppress(asyncio.CancelledError):
                    await server_task
            if self._server is not None:
                await self._server.stop()
            (self._folder / PROCESSES_FILE).unlink(missing_ok=True)

    def stop(self) -> None:
        self._stopping.set()
        if self._child is not None and self._child.returncode is None:
            self._child.terminate()

    async def _start_log(self) -> dict[str, str]:
        """Variables for the core; they hold secrets, so they are no arguments."""
        if self._plan.log is None:
            return {}
        settings = LogSettings.from_plain(self._plan.log)
        if settings.hub is not None:
            settings = replace(settings, hub=replace(settings.hub, secret=os.environ.pop(HUB_PROOF_VARIABLE, "")))
        self._server = LogServer(settings, self._folder / "log")
        endpoint = await self._server.start()
        seed = {GATE_SEED_VARIABLE: endpoint.gate_seed} if endpoint.gate_seed else {}
        return {LOG_URL_VARIABLE: endpoint.url, **seed}

    async def _keep_core(self, environment: dict[str, str]) -> int:
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            started_at = time.monotonic()
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "calha.core",
                self._plan.module,
                *self._plan.core,
                env=environment,
                preexec_fn=dies_with_parent(),
            )
            self._core.pid, self._core.state, self._core.since = self._child.pid, "running", time.time()
            code = await self._wait_for_core(self._child)
            if code == EXIT_CONFIGURATION:
                return code
            if self._stopping.is_set():
                return 0
            if time.monotonic() - started_at > CALM_AFTER_S:
                back_off_s = FIRST_BACK_OFF_S
            self._core.state, self._core.pid = "restarting", 0
            self._core.restarts += 1
            self._core.last_error = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
            log.error("the core ended (%s); started again in %.1f s", self._core.last_error, back_off_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(back_off_s):
                    await self._stopping.wait()
            back_off_s = min(back_off_s * 2, LONGEST_BACK_OFF_S)
        return 0

    async def _wait_for_core(self, child: asyncio.subprocess.Process) -> int:
        waiting = asyncio.create_task(child.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S if self._stopping.is_set() else None):
                return await waiting
        except TimeoutError:
            log.error("the core does not end; killing it")
            child.kill()
            return await child.wait()

    async def _write_state(self) -> None:
        path = self._folder / PROCESSES_FILE
        while True:
            states = [asdict(self._core)]
            if self._server is not None:
                states.append(_server_state(self._server))
            temporary = path.with_suffix(".tmp")
            try:
                temporary.write_text(json.dumps(states))
                temporary.replace(path)
            except OSError as error:  # a full disk must not end the supervision
                log.warning("the processes' state cannot be written: %s", error)
            await asyncio.sleep(1.0)


def _server_state(server: LogServer) -> dict[str, Any]:
    return asdict(
        ProcessState(
            "log server",
            server.pid or 0,
            server.state,
            server.restarts,
            server.last_error or "",
            violations=dict(server.violations),
            link_error=server.link_error,
        )
    )


async def _run(plan: Plan) -> int:
    processes = Processes(plan)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, processes.stop)
    return await processes.run()


if __name__ == "__main__":
    sys.exit(main())
