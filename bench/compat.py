"""Devices of replaced systems: 1,000 COIOT meters on one TCP port, then 500 SensorFlow stations, each reporting every second.

The meters keep their connections; the stations open one for every reading, as their firmware does. Every answer has to be there
and to be the right one, and what was answered has to be in the store, once.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from typing import Any, Literal

from bench.compat_load import Outcome, Plan
from bench.report import Report, at_most
from bench.run import ROOT, Resources, run, until_quiet, until_stored
from bench.server import HOST, Server, free_ports

STORED_TIMEOUT_S = 60.0
WARM_UP_S = 12  # in which the first day of a thousand new meters is validated, as every five minutes from then on
SAMPLES = 20
CHANNELS = {"meters": "energy", "stations": "temperature"}
READINGS_A_REPORT = {"meters": 1, "stations": 5}  # four values and the number of the cleaning
SETTINGS = {"meters": "COIOT", "stations": "SENSORFLOW"}


class Devices:
    """The load generator as a process."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    async def connect(self) -> float:
        """Seconds until all were there."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.compat_load", json.dumps(asdict(self._plan))),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        return float((await self._said())["connecting_s"])

    async def run(self) -> Outcome:
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        outcome = Outcome(**await self._said())
        await self._process.wait()
        return outcome

    async def _said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator ended with exit code {await self._process.wait()}")
        return dict(json.loads(line))


async def measure(report: Report, kind: Literal["meters", "stations"], count: int, options: argparse.Namespace) -> None:
    (port,) = free_ports(1)
    section = f"CALHA_COMPAT_{SETTINGS[kind]}"
    settings = {f"{section}_ENABLED": "true", f"{section}_PORT": str(port), f"{section}_MAX_DEVICES": str(count)}
    if kind == "stations":
        settings[f"{section}_ANONYMOUS"] = "true"
    began_ms = time.time_ns() // 1_000_000 - 7_200_000
    async with Server(options.durability, settings) as server:
        await server.start()
        devices = Devices(Plan(kind, HOST, port, count, WARM_UP_S + options.seconds))
        connecting_s = await devices.connect()
        await until_quiet(server)
        before = await server.readings_stored()
        running = asyncio.create_task(devices.run())
        await asyncio.sleep(WARM_UP_S)
        async with Resources(server) as resources:
            outcome = await running
            resources.mark()
        answered = sum(outcome.answered_of.values())
        expected = before + answered * READINGS_A_REPORT[kind]
        stored, _ = await until_stored(server, expected, STORED_TIMEOUT_S)
        first = 1 if kind == "stations" else 0  # by which a station made itself known
        wrong = 0
        for name, reports in list(outcome.answered_of.items())[:: max(1, count // SAMPLES)]:
            until_ms = time.time_ns() // 1_000_000 + 1_000
            wrong += await server.readings_of(name, CHANNELS[kind], began_ms, until_ms) != reports + first
    name = f"{count:,} {kind}"
    report.result(f"{name}: reports sent", outcome.sent / outcome.sending_s, "a second")
    report.result(f"{name}: server CPU", resources.cores, "cores", at_most(0.5))
    report.result(f"{name}: without the right answer", outcome.missed, "reports", at_most(0))
    report.result(f"{name}: sent late, as the answer before was", outcome.late, "reports", at_most(0))
    report.result(f"{name}: answered and not stored", expected - stored, "readings", at_most(0))
    report.result(f"{name}: wrong count of one channel", wrong, "devices", at_most(0))
    report.result(f"{name}: answer p50", outcome.answer["p50_ms"], "ms")
    report.result(f"{name}: answer p99", outcome.answer["p99_ms"], "ms")
    report.result(f"{name}: all there after", connecting_s, "s")
    report.result(f"{name}: load generator CPU", outcome.cpu_s / outcome.sending_s, "cores")
    report.result(f"{name}: memory of all processes, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.details[name] = {"resources": resources.as_json(), "faults": outcome.faults, "answer": outcome.answer}


async def main() -> int:
    options = parse()
    workload = {
        "meters": options.meters,
        "stations": options.stations,
        "reports a second": 1,
        "seconds": options.seconds,
    }
    report = Report("compat", workload, options.durability)
    if options.meters:
        await measure(report, "meters", options.meters, options)
    if options.stations:
        await measure(report, "stations", options.stations, options)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
