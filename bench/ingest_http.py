"""The most that comes in over HTTP: 8 clients, 1,000 readings a POST, one POST after the other on a kept-alive connection.

Measured twice: a POST as 250 objects with four values each (a device that reports all its channels), and as 1,000 objects
with one value each, where four times as many times and braces have to be read. The goal is judged by the first. The rate
is of readings in the store: acknowledged readings by the time from the first POST until all are committed.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict

from bench.http_load import Outcome, Plan
from bench.report import Report, at_least, at_most
from bench.run import ROOT, Resources, device_keys, run, until_stored
from bench.server import CHANNELS, HOST, Server

READINGS_A_POST = 1_000
WIDE = [*CHANNELS, "inflow"]
STORED_TIMEOUT_S = 120.0


async def measure(report: Report, keys: list[str], arguments: argparse.Namespace) -> None:
    async with Server(arguments.durability) as server:
        devices = device_keys(arguments.clients)
        await server.register(devices)
        await server.start()
        plan = Plan(HOST, server.http_port, devices, keys, READINGS_A_POST // len(keys), arguments.seconds)
        async with Resources(server) as resources:
            started = time.monotonic()
            outcome = await post(plan)
            readings = sum(outcome.acknowledged_of) * len(keys)
            stored, waited_s = await until_stored(server, readings, STORED_TIMEOUT_S)
            passed_s = time.monotonic() - started
        until_ms = time.time_ns() // 1_000_000
        given_back = await server.readings_of(devices[0], keys[-1], outcome.first_ms, until_ms)
        status = await server.status()
    name = f"{plan.objects} objects × {len(keys)}"
    goal = at_least(300_000) if len(keys) > 1 else None
    report.result(f"{name}: stored", min(stored, readings) / passed_s, "points/s", goal)
    report.result(f"{name}: acknowledged and not stored", readings - stored, "readings", at_most(0))
    report.result(f"{name}: wrong count of one channel", abs(given_back - outcome.acknowledged_of[0]), "", at_most(0))
    report.result(f"{name}: refused", outcome.refused, "POSTs", at_most(0))
    report.result(f"{name}: POST p50", outcome.answer["p50_ms"], "ms")
    report.result(f"{name}: POST p99", outcome.answer["p99_ms"], "ms")
    report.result(f"{name}: caught up after the last answer", waited_s, "s")
    report.result(f"{name}: server CPU", resources.cores, "cores")
    report.result(f"{name}: load generator CPU", outcome.cpu_s / outcome.sending_s, "cores")
    report.result(f"{name}: memory of all processes, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.details[name] = {
        "resources": resources.as_json(),
        "refusals": outcome.refusals,
        "ingest": status["ingest"],
        "store": status["store"],
    }


async def post(plan: Plan) -> Outcome:
    """Run the load generator to its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.http_load", json.dumps(asdict(plan))),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load generator ended with exit code {process.returncode}")
    return Outcome(**json.loads(said))


async def main() -> int:
    arguments = parse()
    workload = {"clients": arguments.clients, "readings a POST": READINGS_A_POST, "seconds": arguments.seconds}
    report = Report("ingest-http", workload, arguments.durability)
    await measure(report, WIDE, arguments)
    await measure(report, [CHANNELS[0]], arguments)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
