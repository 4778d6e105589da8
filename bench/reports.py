"""A month's flow report of 10 sensors, one reading a minute (432,000): how long PDF, XLSX and CSV take, and how much memory.

Each format is made in a process of its own over the real stores, from the question to the file on disk; the best of some
tries counts, as they share the machine.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from bench.report import Report, at_most
from calha.domain.readings import Batch
from calha.domain.report_definitions import Definition
from calha.domain.times import DAY_US, MINUTE_US
from calha.metering.metering import Metering
from calha.reports.kinds import Ground
from calha.reports.making import make
from calha.store.alarms import AlarmStore
from calha.store.anomalies import AnomalyStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

BEGIN = 1_767_236_400_000_000  # 2026-01-01 00:00 in São Paulo
GOALS_S = {"pdf": 2.0, "xlsx": 10.0, "csv": 1.0}
MAX_MEMORY_MB = 300
ROWS_A_COMMIT = 60_000
SEED = 20_261
PROFILE = """
name: minute_flow
title: {pt: Vazão, en: Flow}
description: {pt: Vazão a cada minuto, en: A flow each minute}
interval_s: 60
channels:
  - {key: flow, name: {pt: Vazão, en: Flow}, unit: m³/h, precision: 2}
"""


def open_stores(folder: Path) -> tuple[Registry, Telemetry]:
    return Registry.open(f"sqlite:///{folder}/registry.sqlite"), Telemetry.open(folder / "telemetry")


def fill(folder: Path, sensors: int, days: int) -> None:
    registry, telemetry = open_stores(folder)
    site = registry.create_site("ETA", None, "America/Sao_Paulo").id
    registry.save_profile(PROFILE)
    random = np.random.default_rng(SEED)
    at = BEGIN + np.arange(days * 24 * 60, dtype=np.int64) * MINUTE_US
    daily = np.sin(2 * np.pi * (at - BEGIN) / DAY_US)
    seq = 0
    for number in range(sensors):
        row = registry.create_device(f"flow-{number:02d}", "minute_flow", site)
        value = np.round(100 + number + 20 * daily + random.normal(0, 1.5, len(at)), 2)
        for first in range(0, len(at), ROWS_A_COMMIT):
            some = slice(first, first + ROWS_A_COMMIT)
            series = np.full(len(at[some]), row.channels[0].series, np.int32)
            seq += 1
            telemetry.write(Batch(series, at[some], value[some], np.zeros(len(series), np.uint8), at[some]), seq)
    telemetry.compact(int(at[-1]) + 4 * DAY_US)
    telemetry.close()
    registry.close()


async def no_publishing(_: Batch) -> None:
    raise AssertionError("nothing is made from levels here")


def make_one(folder: Path, format_: str, tries: int) -> dict[str, float]:
    """In a process of its own: times, size, and the most memory that it had."""
    registry, telemetry = open_stores(folder)
    now = BEGIN + 40 * DAY_US
    metering = Metering.over(registry, telemetry, no_publishing, lambda: now)
    stores = AlarmStore(registry.engine), AnomalyStore(registry.engine)
    ground = Ground(registry, telemetry, metering, *stores, lambda: now, b"")
    asked = {"kind": "flow", "period": {"from": "2026-01-01", "to": "2026-01-30"}, "site_id": 1, "step": "raw"}
    definition = msgspec.convert(asked, Definition)
    times, cpu = [], []
    for _ in range(tries):
        started, worked = time.perf_counter(), time.process_time()
        found = make(ground, definition, format_, folder / f"report.{format_}")  # type: ignore[arg-type]
        times.append(time.perf_counter() - started)
        cpu.append(time.process_time() - worked)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"s": min(times), "cpu_s": min(cpu), "bytes": found.size_bytes, "rows": found.rows, "peak_mb": peak_mb}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench reports", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sensors", type=int, default=10)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--only", nargs=2, metavar=("FORMAT", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(make_one(Path(arguments.only[1]), arguments.only[0], arguments.tries)))
        return 0
    workload = {name: getattr(arguments, name) for name in ("sensors", "days", "tries")}
    report = Report("reports", workload=workload | {"readings": arguments.sensors * arguments.days * 24 * 60})
    folder = Path(tempfile.mkdtemp(prefix="calha-bench-"))
    try:
        fill(folder, arguments.sensors, arguments.days)
        for format_, goal_s in GOALS_S.items():
            _measure(report, folder, format_, goal_s, arguments.tries)
    finally:
        shutil.rmtree(folder)
    return report.finish()


def _measure(report: Report, folder: Path, format_: str, goal_s: float, tries: int) -> None:
    command = [sys.executable, "-m", "bench", "reports", "--tries", str(tries), "--only", format_, str(folder)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout)
    report.result(f"{format_}, from the question to the file", found["s"], "s", at_most(goal_s))
    report.result(f"{format_}, CPU", found["cpu_s"], "s")
    report.result(f"{format_}, most memory of the process", found["peak_mb"], "MB", at_most(MAX_MEMORY_MB))
    report.result(f"{format_}, size", found["bytes"] / 1e6, "MB")
    report.result(f"{format_}, rows", found["rows"])


if __name__ == "__main__":
    sys.exit(main())
