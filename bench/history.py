"""A year of meters and a series of one reading a second: how fast history is answered, and what it takes on disk.

The readings go into the store the way the writer puts them there, in order of time, with the compactions that the year
would have had; then `calha up` starts on the folder and the questions are asked over HTTP, one after the other, by one
client on the same cores. The registers have three decimals and grow as uneven loads let them; a reading arrives 0.2 to
1.5 s after its time.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.report import Report, at_least, at_most
from bench.run import run
from bench.server import HOST, Server, register_in_folder
from calha.domain.readings import Batch
from calha.domain.times import DAY_US, SECOND_US, to_text
from calha.simulate import NewDevice
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

STEP_US = 900 * SECOND_US
ROWS_A_COMMIT = 60_000
COMPACT_EVERY_DAYS = 30
SECONDLY_DAYS = 7
POINTS = 1_000
SEED = 20_261


class Year:
    """Readings of all meters, by time. Loads have a daily curve, a base and noise of their own for every meter."""

    def __init__(self, meters: Sequence[int], days: int, end: int) -> None:
        self.meters = np.array(meters, np.int32)
        self.begin, self.end = end - days * DAY_US, end
        self._random = np.random.default_rng(SEED)
        self._scale = self._random.lognormal(0.0, 1.0, len(meters))
        self._register = np.round(self._random.uniform(0, 90_000, len(meters)), 3)

    @property
    def steps(self) -> int:
        return (self.end - self.begin) // STEP_US

    def batch(self, first: int, last: int) -> Batch:
        count = len(self.meters)
        step = np.arange(first, last)
        curve = 1.2 + np.sin((step % 96) / 96 * 2 * np.pi - 2)
        used = self._random.gamma(2.0, 0.5, (last - first, count)) * curve[:, None] * self._scale
        value = np.round(self._register + np.cumsum(used, axis=0), 3)
        self._register = value[-1]
        at = np.repeat(self.begin + step * STEP_US, count)
        series = np.tile(self.meters, last - first)
        return _batch(self._random, series, at, value.ravel())


def secondly(series: int, end: int) -> Batch:
    """A flow in m³/h with a spike each hour, one reading a second."""
    source = np.random.default_rng(SEED)
    at = np.arange(end - SECONDLY_DAYS * DAY_US, end, SECOND_US)
    value = 40 + 10 * np.sin(at / DAY_US * 2 * np.pi) + source.normal(0, 0.5, len(at))
    value[::3_600] = 99.0
    return _batch(source, np.full(len(at), series, np.int32), at, np.round(value, 2))


def fill(folder: Path, year: Year, seconds_of: int) -> dict[str, float]:
    """Write everything; s of writing and of compaction, and sizes."""
    telemetry = Telemetry.open(folder)
    compacting_s, started = 0.0, time.perf_counter()
    steps_a_commit = max(1, ROWS_A_COMMIT // len(year.meters))
    compacted = year.begin
    one_hz = secondly(seconds_of, year.end)
    for seq, first in enumerate(range(0, year.steps, steps_a_commit), 1):
        last = min(first + steps_a_commit, year.steps)
        batch = year.batch(first, last)
        now = year.begin + last * STEP_US
        due = one_hz.take((one_hz.at >= year.begin + first * STEP_US) & (one_hz.at < now))
        telemetry.write(Batch.concatenate([batch, due]), seq)
        if now - compacted >= COMPACT_EVERY_DAYS * DAY_US or last == year.steps:
            compacted = now
            compacting = time.perf_counter()
            telemetry.compact(now)
            compacting_s += time.perf_counter() - compacting
    passed_s = time.perf_counter() - started
    found = telemetry.statistics()
    telemetry.close()
    return {
        "readings": found.rows_hot + found.rows_cold,
        "rows_cold": found.rows_cold,
        "bytes_cold": found.bytes_cold,
        "writing_s": passed_s - compacting_s,
        "compacting_s": compacting_s,
        "commit_ms_p50": found.commit_ms_p50,
        "commit_ms_p99": found.commit_ms_p99,
        "bytes_all": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    }


def series_of(folder: Path, devices: Sequence[str], channel: str) -> list[int]:
    registry = Registry.open(f"sqlite:///{folder / 'registry.sqlite'}")
    try:
        known = registry.directory().devices
        return [known[device].channels[channel].series for device in devices]
    finally:
        registry.close()


class Asking:
    """Times of answers in ms, with their bodies read whole; `body` is the last one."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.body = b""

    async def times(self, paths: Sequence[str], accept: str = "application/json") -> list[float]:
        found = []
        for path in paths:
            started = time.perf_counter()
            answer = await self._client.get(path, headers={"Accept": accept})
            found.append((time.perf_counter() - started) * 1_000)
            self.body = answer.raise_for_status().content
        return found


async def ask(report: Report, server: Server, meters: Sequence[str], fast: str, year: Year, asked: int) -> None:
    chance = random.Random(SEED)
    day, month = DAY_US, 30 * DAY_US

    def readings(device: str, channel: str, from_: int, until: int, rest: str) -> str:
        window = f"from={to_text(from_)}&to={to_text(until)}"
        return f"/devices/{device}/readings?channel={channel}&{window}&{rest}"

    def some_month() -> str:
        begin = chance.randrange(year.begin, max(year.end - month, year.begin + 1), day)
        return readings(chance.choice(meters), "energy", begin, min(begin + month, year.end), f"points={POINTS}")

    newest = [
        readings(device, "energy", year.end - month, year.end, f"points={POINTS}")
        for device in chance.sample(meters, min(asked, len(meters)))
    ]
    in_hot = readings(fast, "flow_1", year.end - day, year.end, f"points={POINTS}")
    in_cold = readings(fast, "flow_1", year.end - 5 * day, year.end - 4 * day, f"points={POINTS}")
    years = [
        readings(device, "energy", year.begin, year.end, "resolution=raw")
        for device in chance.sample(meters, min(20, len(meters)))
    ]
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{server.http_port}/api/v1", timeout=60) as client:
        asking = Asking(client)
        await asking.times([some_month() for _ in range(5)])
        months = await asking.times([some_month() for _ in range(asked)])
        report.result("a meter's month as a chart, p50", statistics.median(months), "ms")
        report.result("a meter's month as a chart, p95", _p95(months), "ms", at_most(50))
        report.result("the newest month, p95", _p95(await asking.times(newest)), "ms", at_most(50))
        for name, path in (("of the past", in_cold), ("until now", in_hot)):
            times = await asking.times([path] * max(10, asked // 4))
            report.result(f"24 h of 1 Hz {name} as {POINTS} points, p95", _p95(times), "ms", at_most(60))
            spikes = _spikes(msgspec.json.decode(asking.body)["series"][0])
            report.result(f"24 h of 1 Hz {name}: of 24 spikes are shown", spikes, "", at_least(24))
        latest = await asking.times(["/latest?limit=1000"] * max(10, asked // 4))
        report.result("latest of 1,000 devices, p95", _p95(latest), "ms", at_most(50))
        tables = await asking.times(years, "text/csv")
        report.result("a meter's year as CSV, p95", _p95(tables), "ms", at_most(300))
        missing = year.steps - (asking.body.count(b"\n") - 1)
        report.result("readings missing in the CSV", missing, "", at_most(0))
        days_of_year = [path.replace("resolution=raw", "resolution=1d") for path in years]
        report.result("a meter's year by days, p95", _p95(await asking.times(days_of_year)), "ms")


async def measure(report: Report, arguments: argparse.Namespace) -> None:
    async with Server("interval") as server:
        meters = [f"meter-{number:05d}" for number in range(arguments.meters)]
        fast = "flow-1hz"
        devices = [NewDevice(key, key, "energy_meter") for key in meters] + [NewDevice(fast, fast, "water_flow")]
        await asyncio.to_thread(register_in_folder, server.folder, devices)
        end = time.time_ns() // 1_000 // DAY_US * DAY_US
        series = series_of(server.folder, meters, "energy")
        year = Year(series, arguments.days, end)
        filled = await asyncio.to_thread(
            fill, server.folder / "telemetry", year, series_of(server.folder, [fast], "flow_1")[0]
        )
        report.result("readings", filled["readings"])
        report.result("written", filled["readings"] / filled["writing_s"], "readings/s")
        report.result(f"commit of {ROWS_A_COMMIT:,} readings, p50", filled["commit_ms_p50"], "ms")
        report.result(f"commit of {ROWS_A_COMMIT:,} readings, p99", filled["commit_ms_p99"], "ms")
        report.result("compaction of all", filled["compacting_s"], "s")
        report.result(
            "on disk after compaction", filled["bytes_cold"] / filled["rows_cold"], "bytes/reading", at_most(4)
        )
        report.result("the whole folder", filled["bytes_all"] / 1e6, "MB")
        report.result("start to healthy on it", await server.start(), "s", at_most(3))
        await ask(report, server, meters, fast, year, arguments.asked)
        peak = sum(one.pss_bytes for one in server.usage()) / 1e6
        report.result("memory of all processes after the questions, PSS", peak, "MB")
    report.details["fill"] = filled


async def main() -> int:
    arguments = parse()
    workload = {
        "meters": arguments.meters,
        "days of a reading each 15 min": arguments.days,
        "days of 1 Hz": SECONDLY_DAYS,
        "questions": arguments.asked,
    }
    report = Report("history", workload)
    await measure(report, arguments)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--small", action="store_true", help="100 meters, 60 days: to see that all of it works")
    arguments = parser.parse_args()
    if arguments.small:
        arguments.meters, arguments.days, arguments.asked = 100, 60, 40
    return arguments


def _batch(source: np.random.Generator, series: NDArray[np.int32], at: Any, value: Any) -> Batch:  # noqa: ANN401
    arrived_at = at + source.integers(200, 1_500, len(at)) * 1_000
    return Batch(series, at.astype(np.int64), value, np.zeros(len(at), np.uint8), arrived_at.astype(np.int64))


def _spikes(shown: dict[str, Any]) -> int:
    return sum(value == 99.0 for value in shown["max"] or shown["value"])


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


if __name__ == "__main__":
    run(main)
