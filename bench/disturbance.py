"""What a shared machine does to a bench: its disk stands still for a while, and other guests take its processors."""

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.latency import Latency
from bench.report import Report

INTERVAL_S = 0.01
PAGE = bytes(4096)
_STEAL = 8  # of the words of a line of /proc/stat


class Disturbance:
    """While it is open, a page of a file beside the server's is written anew and synced, again and again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "disturbance"
        self._latencies_ms: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._probe, name="disturbance", daemon=True)
        self._before = self._after = (0, 0)

    def __enter__(self) -> Self:
        self._before = _processors()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._after = _processors()

    @property
    def disk(self) -> Latency:
        """Of fdatasync of one page, in ms."""
        return Latency.of(self._latencies_ms)

    @property
    def stolen(self) -> float:
        """Share of the processors' time that other guests of the host had, 0 to 1."""
        (stolen, passed), (stolen_before, passed_before) = self._after, self._before
        return (stolen - stolen_before) / max(passed - passed_before, 1)

    def tell(self, report: Report) -> None:
        disk = self.disk
        report.result("one page to this disk meanwhile p99", disk.p99_ms, "ms")
        report.result("one page to this disk meanwhile max", disk.max_ms, "ms")
        report.result("processors taken by other guests", 100 * self.stolen, "%")

    def _probe(self) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            while not self._ended.wait(INTERVAL_S):
                started = time.perf_counter()
                os.pwrite(file, PAGE, 0)
                os.fdatasync(file)
                self._latencies_ms.append(1_000 * (time.perf_counter() - started))
        finally:
            os.close(file)


def _processors() -> tuple[int, int]:
    """(stolen, all) ticks of all processors since the machine started."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().partition("\n")[0].split()[1:]]
    return ticks[_STEAL - 1], sum(ticks[:_STEAL])
