"""What a benchmark hands in: a table for people, and JSON with the machine, the workload, the figures and the goals.

report = Report("ingest-tb", workload={"connections": 5000}, durability="disk")
report.result("publish→PUBACK p99", 17.2, "ms", goal=at_most(50))
report.finish()      # prints, writes bench/results/ingest-tb.json, gives the exit code: 0 met, 1 not met
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Goal:
    sign: str
    bound: float

    def met(self, value: float | None) -> bool:
        """None, a figure that could not be taken, meets no goal."""
        if value is None:
            return False
        return value <= self.bound if self.sign == "≤" else value >= self.bound

    def __str__(self) -> str:
        return f"{self.sign} {figure(self.bound)}"


def at_most(bound: float) -> Goal:
    return Goal("≤", bound)


def at_least(bound: float) -> Goal:
    return Goal("≥", bound)


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    value: float | None
    unit: str
    goal: Goal | None = None

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.goal.met(self.value)


@dataclass(slots=True)
class Report:
    """workload: what was done, in numbers. notes: what a reader must know to judge the figures."""

    bench: str
    workload: Mapping[str, Any]
    durability: str | None = None
    notes: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def result(self, name: str, value: float | None, unit: str = "", goal: Goal | None = None) -> None:
        self.results.append(Result(name, value, unit, goal))

    @property
    def met(self) -> bool:
        return all(result.met is not False for result in self.results)

    def as_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "workload": dict(self.workload),
            "machine": machine(),
            "durability": self.durability,
            "date": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "results": {result.name: {"value": result.value, "unit": result.unit} for result in self.results},
            "goals": {result.name: str(result.goal) for result in self.results if result.goal is not None},
            "met": self.met,
            "notes": self.notes,
            "details": self.details,
        }

    def table(self) -> str:
        rows = [("", "reached", "", "goal", "")]
        for result in self.results:
            verdict = {None: "", True: "met", False: "NOT MET"}[result.met]
            rows.append((result.name, figure(result.value), result.unit, str(result.goal or ""), verdict))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        return "\n".join(_line(row, widths) for row in rows)

    def finish(self, folder: Path = RESULTS) -> int:
        """Print, write the JSON, and give the exit code."""
        described = ", ".join(f"{key} {value}" for key, value in self.workload.items())
        print(f"\n{self.bench}: {described}" + (f"; durability {self.durability}" if self.durability else ""))
        print(machine_line(machine()))
        print(self.table())
        for note in self.notes:
            print(f"note: {note}")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.bench}.json"
        path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n")
        print(f"→ {path}")
        return 0 if self.met else 1


def figure(value: float | None) -> str:
    """A number as people read it: four significant digits, thousands apart."""
    if value is None:
        return "–"
    if value == int(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def machine() -> dict[str, Any]:
    cpus = _first_of("/proc/cpuinfo", "model name") or platform.processor() or "unknown"
    memory_kib = _first_of("/proc/meminfo", "MemTotal")
    return {
        "cpu": cpus,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(int(memory_kib.split()[0]) / (1 << 20), 1) if memory_kib else None,
        "disk": _disk(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def machine_line(described: Mapping[str, Any]) -> str:
    return (
        f"{described['cores']} × {described['cpu']}, {described['memory_gib']} GiB, disk {described['disk']}, "
        f"kernel {described['kernel']}, Python {described['python']}; load generator on the same cores"
    )


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, value, unit, goal, verdict = row
    return (f"  {name:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {goal:>{widths[3]}}  {verdict}").rstrip()


def _first_of(path: str, key: str) -> str | None:
    """The value of the first line `key: value` of a file under /proc; None where there is none."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), None)


def _disk() -> str:
    """Device and file system under the temporary folder."""
    if sys.platform != "linux":
        return "unknown"
    folder = Path(tempfile.gettempdir()).resolve()
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    under = [mount for mount in mounts if folder == Path(mount[1]) or Path(mount[1]) in folder.parents]
    device, _, system = max(under, key=lambda mount: len(mount[1]))
    return f"{device} {system}"
