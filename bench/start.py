"""From `calha up` to healthy on a folder that holds data, and what all processes need in memory when nothing happens.

The folder is filled over HTTP first: 1,000 registered devices, eight of which have readings. Healthy is a 200 from
/readyz. Memory is the PSS of all processes 10 s after the last start, with no client connected.
"""

import argparse
import asyncio
import statistics

from bench.http_load import Plan
from bench.ingest_http import post
from bench.report import Report, at_most
from bench.run import device_keys, run, until_stored
from bench.server import CHANNELS, HOST, Server

OBJECTS_A_POST = 300
CLIENTS = 8
STORED_TIMEOUT_S = 120.0
IDLE_AFTER_S = 10.0


async def measure(report: Report, devices: int, fill_s: float, starts: int) -> None:
    async with Server(report.durability or "disk") as server:
        keys = device_keys(devices)
        await server.register(keys)
        first_s = await server.start()
        plan = Plan(HOST, server.http_port, keys[:CLIENTS], list(CHANNELS), OBJECTS_A_POST, fill_s)
        outcome = await post(plan)
        stored, _ = await until_stored(server, sum(outcome.acknowledged_of) * len(CHANNELS), STORED_TIMEOUT_S)
        started_s = []
        for _ in range(starts):
            await server.stop()
            started_s.append(await server.start())
        found = await server.readings_stored()
        await asyncio.sleep(IDLE_AFTER_S)
        idle = server.usage()
    report.result("readings in the folder", stored)
    report.result("missing after the starts", stored - found, "readings", at_most(0))
    report.result("first start, empty folder", first_s, "s")
    report.result("start to healthy, median", statistics.median(started_s), "s")
    report.result("start to healthy, slowest", max(started_s), "s", at_most(3))
    report.result("idle memory of all processes, PSS", sum(one.pss_bytes for one in idle) / 1e6, "MB", at_most(200))
    report.result("idle memory of all processes, RSS", sum(one.rss_bytes for one in idle) / 1e6, "MB")
    report.details["processes"] = [
        {"name": one.name, "pss_mb": round(one.pss_bytes / 1e6, 1), "rss_mb": round(one.rss_bytes / 1e6, 1)}
        for one in idle
    ]
    report.details["starts_s"] = [round(seconds, 3) for seconds in started_s]


async def main() -> int:
    arguments = parse()
    workload = {"devices": arguments.devices, "seconds of filling": arguments.fill, "starts": arguments.starts}
    report = Report("start", workload, arguments.durability)
    await measure(report, arguments.devices, arguments.fill, arguments.starts)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--fill", type=float, default=5)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
