"""An OPC UA server with 5,000 variables that all change each second, read through one connection.

The simulated PLC runs on the same machine; what it takes is told apart. Each variable counts its changes, so that nothing is
missing exactly when every channel holds each number between its first and its last. CPU and memory are of all processes of
the server, over the window, after all nodes are known.
"""

import argparse
import asyncio
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pyarrow as pa

from bench.processes import cpu_s
from bench.report import Report, at_least, at_most
from bench.run import Resources, run, until_quiet
from bench.server import HOST, Server, free_ports
from calha.simulate.plc_names import load_folder, load_variable, node_id

DEVICE_NODES = 500
KNOWN_TIMEOUT_S = 180.0
PUBLISHING_MS = 1_000


async def measure(report: Report, nodes: int, seconds: float) -> None:
    (port,) = free_ports(1)
    async with Server(report.durability or "disk") as server, simulated(port, nodes) as plc:
        devices = [f"plc-{number:03d}" for number in range(-(-nodes // DEVICE_NODES))]
        await server.register(devices)
        await asyncio.to_thread(connect, server, devices, port, nodes)
        await server.start()
        known_s = await until_known(server, nodes)
        plc_before, before = cpu_s(plc.pid), await delivered(server)
        async with Resources(server) as resources:
            await asyncio.sleep(seconds)
        plc_cores = (cpu_s(plc.pid) - plc_before) / seconds
        readings = await delivered(server) - before
        plc.terminate()
        await plc.wait()
        await until_quiet(server)
        connection = (await server.get("/api/v1/connections"))["items"][0]
        counted = await asyncio.to_thread(count, server)
        status = await server.status()
    report.result("nodes known after the start", known_s, "s")
    report.result("readings a second", readings / seconds, "", at_least(0.98 * nodes))
    report.result("channels with a number missing", sum(missing > 0 for missing in counted.values()), "", at_most(0))
    report.result("numbers missing", sum(counted.values()), "readings", at_most(0))
    report.result("channels stored", len(counted), "", at_least(nodes))
    report.result("readings lost, as the connection tells", sum(connection["lost"].values()), "", at_most(0))
    report.result("server CPU", resources.cores, "cores", at_most(0.6))
    report.result("simulated PLC CPU", plc_cores, "cores")
    report.result("memory of all processes, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.details |= {
        "resources": resources.as_json(),
        "connection": connection,
        "ingest": status["ingest"],
        "store": status["store"],
    }


@asynccontextmanager
async def simulated(port: int, nodes: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A PLC in a process of its own, serving."""
    options = ("--port", str(port), "--interval", "3600", "--nodes", str(nodes))
    plc = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "calha", "simulate", "plc", *options), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert plc.stdout is not None
        if not await plc.stdout.readline():
            raise RuntimeError(f"the PLC ended with exit code {await plc.wait()}")
        yield plc
    finally:
        if plc.returncode is None:
            plc.kill()
            await plc.wait()


def connect(server: Server, devices: list[str], port: int, nodes: int) -> None:
    """Register the connection and its nodes in the data folder of a server that is not running."""
    from calha.store.registry import Registry
    from calha.store.registry.connections import Connections, NewChannel, NewNode

    registry = Registry.open(f"sqlite:///{server.folder / 'registry.sqlite'}")
    try:
        connections = Connections(registry.engine)
        values = {"name": "plc", "site_id": registry.sites()[0].id, "endpoint": f"opc.tcp://{HOST}:{port}"}
        values |= {"security": "none", "user_name": "", "secret": "", "trusted": "", "trust_first": False}
        values |= {"enabled": True, "publishing_ms": PUBLISHING_MS, "repeat_s": 60}
        made = connections.create(values)
        names = [f"{load_folder(number)}.{load_variable(number)}" for number in range(nodes)]
        wanted = [
            NewNode(node_id(name), devices[number // DEVICE_NODES], f"v{number}", None, 0.0, NewChannel("v"))
            for number, name in enumerate(names)
        ]
        connections.add_nodes(made.id, wanted)
    finally:
        registry.close()


async def until_known(server: Server, nodes: int) -> float:
    """Wait until every node has a value; seconds waited."""
    started = time.monotonic()
    while (await server.get("/api/v1/connections"))["items"][0]["nodes"]["good"] < nodes:
        if time.monotonic() - started > KNOWN_TIMEOUT_S:
            raise TimeoutError(f"not all nodes are known after {KNOWN_TIMEOUT_S:.0f} s")
        await asyncio.sleep(0.2)
    return time.monotonic() - started


async def delivered(server: Server) -> int:
    """Readings that the log has taken."""
    return int((await server.get("/api/v1/connections"))["items"][0]["delivered"])


def count(server: Server) -> dict[str, int]:
    """For each channel, how many numbers between its first and its last are not stored."""
    request = urllib.request.Request(
        f"http://{HOST}:{server.http_port}/api/v1/export", headers={"Authorization": f"Bearer {server.key}"}
    )
    found: dict[str, int] = {}
    with urllib.request.urlopen(request, timeout=120) as answer:
        table = pa.ipc.open_stream(answer.read()).read_all()
    channels = table.column("channel").combine_chunks().dictionary_encode()
    values = table.column("value").to_numpy()
    names, places = channels.dictionary.to_pylist(), channels.indices.to_numpy()
    for place, name in enumerate(names):
        own = np.unique(values[(places == place) & ~np.isnan(values)])
        found[name] = round(own.max() - own.min() + 1) - len(own) if len(own) else 0
    return found


async def main() -> int:
    arguments = parse()
    report = Report("opcua", {"nodes": arguments.nodes, "seconds": arguments.seconds}, arguments.durability)
    await measure(report, arguments.nodes, arguments.seconds)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
