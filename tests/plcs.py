"""A simulated PLC as a process of its own, to be read, killed and started again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ports import free_port


class PlcProcess:
    """`calha simulate plc` with options; `address` stays the same over restarts."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.address = f"opc.tcp://127.0.0.1:{self.port}"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, certificates: str = "plc") -> None:
        """Start, and return when it serves. certificates: name of the folder with its certificate."""
        command = [sys.executable, "-m", "calha", "simulate", "plc", "--port", str(self.port), *self._options]
        command += ["--certificates", str(self._folder / certificates)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the PLC has not started"

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_plc(folder: Path, *options: str) -> Iterator[PlcProcess]:
    plc = PlcProcess(folder, *options)
    plc.start()
    try:
        yield plc
    finally:
        plc.kill()
