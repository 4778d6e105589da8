"""A gateway hands over a backlog: how quickly, at what cost to the hub, and how soon a live reading is seen meanwhile.

The hub is away while a gateway on the same machine takes messages of three values over TCP, from as many devices as are
asked for; each line is acknowledged from the gateway's disk. Then the hub is started. Once a second a further device says
something live; its delay runs from the moment it is sent until the hub's API shows it.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from bench.processes import cpu_s
from bench.report import Report, at_least, at_most
from bench.run import Resources, run
from bench.server import CHANNELS, HOST, Server, free_ports
from calha.simulate.http_client import HttpConnection

GATEWAY = "gateway-1"
LIVE = "live-1"
LINES_AT_ONCE = 500
LOOK_S = 0.25
LIVE_EVERY_S = 1.0
DRAINED_TIMEOUT_S = 300.0
START_MS = 1_769_860_800_000


class Hub(Server):
    def __init__(self, durability: str) -> None:
        (self.leaf_port,) = free_ports(1)
        super().__init__(durability, {"CALHA_GATEWAYS_ENABLED": "true", "CALHA_GATEWAYS_PORT": str(self.leaf_port)})

    async def create(self, key: str, **fields: str) -> str:
        """A device; its secret."""
        body = json.dumps({"key": key, **fields}).encode()
        answer = await self._http.request("POST", "/api/v1/devices", body)
        assert answer.status == 201, answer.body
        return str(json.loads(answer.body)["secret"])


class Edge(Server):
    def __init__(self, durability: str, hub: Hub, secret: str) -> None:
        (self.page_port,) = free_ports(1)
        settings = {
            "CALHA_EDGE_HUB": f"nats-leaf://{HOST}:{hub.leaf_port}",
            "CALHA_EDGE_GATEWAY": GATEWAY,
            "CALHA_EDGE_SECRET": secret,
            "CALHA_EDGE_PAGE_PORT": str(self.page_port),
            "CALHA_DEVICES_ANONYMOUS": "true",
        }
        super().__init__(durability, settings)
        self._page = HttpConnection(HOST, self.page_port)

    async def shown(self) -> dict[str, Any]:
        """What its own page tells."""
        return dict(json.loads((await self._page.request("GET", "/status.json")).body))

    def _command(self) -> list[str]:
        return [word if word != "up" else "edge" for word in super()._command()]


async def fill(edge: Edge, devices: Sequence[str], messages: int) -> None:
    """Send messages over TCP, and return when the gateway has acknowledged all of them."""
    reader, writer = await asyncio.open_connection(HOST, edge.tcp_port)
    for start in range(0, messages, LINES_AT_ONCE):
        numbers = range(start, min(start + LINES_AT_ONCE, messages))
        writer.write(b"".join(_line(devices[number % len(devices)], START_MS + number, number) for number in numbers))
        await writer.drain()
        for _ in numbers:
            answer = json.loads(await reader.readline())
            assert answer == {"ok": len(CHANNELS)}, answer
    writer.close()


async def watch_live(hub: Hub, edge: Edge, delays_s: list[float]) -> None:
    """Once linked, say something live once a second, and wait until the hub shows it, until cancelled."""
    while not (await edge.shown())["linked"]:  # noqa: ASYNC110 - until then it would be a part of the backlog
        await asyncio.sleep(0.02)
    shown = HttpConnection(HOST, hub.http_port, hub.key)
    reader, writer = await asyncio.open_connection(HOST, edge.tcp_port)
    for number in range(1, 1_000_000):
        sent_at = time.monotonic()
        writer.write(_line(LIVE, int(time.time() * 1_000), number))
        await reader.readline()
        while await _latest(shown) < number:  # noqa: ASYNC110 - it is seen in another process
            await asyncio.sleep(0.02)
        delays_s.append(time.monotonic() - sent_at)
        await asyncio.sleep(max(0.0, LIVE_EVERY_S - (time.monotonic() - sent_at)))


async def until_drained(hub: Hub, readings: int) -> float:
    """Seconds until the store has them all."""
    started = time.monotonic()
    while await hub.readings_stored() < readings:
        if time.monotonic() - started > DRAINED_TIMEOUT_S:
            raise TimeoutError(f"{await hub.readings_stored()} of {readings} readings after {DRAINED_TIMEOUT_S:.0f} s")
        await asyncio.sleep(LOOK_S)
    return time.monotonic() - started


async def measure(report: Report, devices: int, readings: int) -> None:
    messages = readings // len(CHANNELS)
    async with Hub(report.durability or "disk") as hub:
        await hub.start()
        secret = await hub.create(GATEWAY, profile="gateway")
        names = [f"m{number}" for number in range(devices)]
        for name in (*names, LIVE):
            await hub.create(name, profile="water_flow", gateway=GATEWAY)
        await hub.stop()
        async with Edge(report.durability or "disk", hub, secret) as edge:
            await edge.start()
            began = time.monotonic()
            await fill(edge, names, messages)
            filled_s = time.monotonic() - began
            waiting = (await _until_told(edge, messages))["report"]
            await hub.start()
            delays_s: list[float] = []
            before_s = cpu_s(edge.pid)
            async with Resources(hub) as resources:
                live = asyncio.create_task(watch_live(hub, edge, delays_s))
                drained_s = await until_drained(hub, messages * len(CHANNELS))
                resources.mark()
                if live.done():
                    live.result()  # it never ends by itself
                live.cancel()
            edge_cpu_s = cpu_s(edge.pid) - before_s
            counts = (await hub.status())["ingest"]
    delays_s.sort()
    drained = messages * len(CHANNELS)
    report.result("taken by the gateway", messages / filled_s, "msg/s")
    report.result("backlog", waiting["bytes"] / 1e6, "MB")
    report.result("drained after the hub's start", drained_s, "s")
    report.result("drained", drained / drained_s, "readings/s", at_least(20_000))
    report.result("duplicates", counts["duplicate"], "", at_most(0))
    report.result("quarantined", sum(counts["quarantined"].values()), "", at_most(0))
    report.result("hub CPU meanwhile", resources.cores, "cores")
    report.result("gateway CPU meanwhile", edge_cpu_s / drained_s, "cores")
    report.result("hub memory, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.result("live readings seen meanwhile", len(delays_s))
    report.result("live reading until shown, median", 1_000 * delays_s[len(delays_s) // 2] if delays_s else None, "ms")
    report.result("live reading until shown, slowest", 1_000 * delays_s[-1] if delays_s else None, "ms", at_most(3_000))
    report.details |= {"resources": resources.as_json(), "ingest": counts}


def _line(device: str, at_ms: int, number: int) -> bytes:
    values = {channel: number + place for place, channel in enumerate(CHANNELS)}
    return json.dumps({"device": device, "ts": at_ms, "values": values}).encode() + b"\n"


async def _latest(hub: HttpConnection) -> float:
    found = json.loads((await hub.request("GET", f"/api/v1/latest?device={LIVE}")).body)["items"]
    return float(next((one["value"] for one in found if one["channel"] == CHANNELS[0]), 0.0) or 0.0)


async def _until_told(edge: Edge, messages: int) -> dict[str, Any]:
    while (found := await edge.shown())["report"]["messages"] < messages:  # noqa: ASYNC110 - likewise
        await asyncio.sleep(LOOK_S)
    return found


async def main() -> int:
    arguments = parse()
    workload = {"devices": arguments.devices, "readings": arguments.readings, "values a message": len(CHANNELS)}
    report = Report("edge", workload, arguments.durability)
    await measure(report, arguments.devices, arguments.readings)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--readings", type=int, default=500_000)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
