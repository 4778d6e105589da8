"""CPU and memory of a process and all its descendants, read from /proc (Linux).

Memory is PSS, which shares pages between the processes that map them, so that the sum over processes is what they cost.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """One process. cpu_s: user and system time so far, without its ended children."""

    pid: int
    name: str
    cpu_s: float
    rss_bytes: int
    pss_bytes: int


def usage(root: int) -> list[Usage]:
    """Of the process and its descendants; those that end meanwhile are left out."""
    found = []
    for pid in descendants(root):
        try:
            found.append(_of(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def descendants(root: int) -> list[int]:
    """`root` and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int(_stat(int(entry.name))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_s(root: int) -> float:
    """CPU time of the process and its descendants so far."""
    total = 0.0
    for pid in descendants(root):
        try:
            total += _cpu_s(_stat(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def _of(pid: int) -> Usage:
    memory = dict(_kib(line) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return Usage(pid, name, _cpu_s(_stat(pid)), memory["Rss"] * 1024, memory["Pss"] * 1024)


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may itself hold blanks and brackets: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_s(stat: list[str]) -> float:
    return (int(stat[11]) + int(stat[12])) / _TICKS_A_SECOND


def _kib(line: str) -> tuple[str, int]:
    key, _, value = line.partition(":")
    return key, int(value.split()[0])
