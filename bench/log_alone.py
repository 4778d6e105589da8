"""The log server by itself under the load of ingest-tb: nobody proves who he is, and nobody reads. The machine's yardstick.

Of the figures of ingest-tb it tells what is the machine's: nats-server with Go's own settings, one account, one stream for
all. On the machine on which the goals were set it took 0.26 core with `interval` and 0.40 with `disk`.
"""

import argparse
import asyncio
import json
import shutil
import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.disturbance import Disturbance
from bench.processes import Usage, usage
from bench.report import Report
from bench.run import MqttLoad, Resources, device_keys, paced, run
from bench.server import HOST, allow_open_files, free_ports
from calha.log.child import find_program
from calha.log.server_config import SYNC_INTERVAL

READY_TIMEOUT_S = 10.0


class LogServer:
    """nats-server on a folder of its own, with MQTT."""

    key = ""  # it asks for none

    def __init__(self, durability: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="calha-bench-"))
        self.mqtt_port, client_port = free_ports(2)
        self._configuration = self.folder / "nats-server.conf"
        self._configuration.write_text(f"""server_name: alone
host: {HOST}
port: {client_port}
jetstream {{ store_dir: {json.dumps(str(self.folder))}, sync_interval: {SYNC_INTERVAL[durability]} }}
mqtt {{ host: {HOST}, port: {self.mqtt_port}, js_api_timeout: "120s" }}
""")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the log server has not been started"
        return self._process.pid

    def usage(self) -> list[Usage]:
        return usage(self.pid)

    async def __aenter__(self) -> Self:
        allow_open_files()
        program = find_program(None)
        self._process = await asyncio.create_subprocess_exec(
            program, "-c", str(self._configuration), stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(READY_TIMEOUT_S):
            while not self._listens():  # noqa: ASYNC110 - another process tells nothing when it listens
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.mqtt_port)) == 0


async def measure(report: Report, connections: int, rate_msg_s: float, duration_s: float) -> None:
    async with LogServer(report.durability or "disk") as server:
        load = MqttLoad(paced(server, device_keys(connections), rate_msg_s, duration_s))
        try:
            await load.connect()
            with Disturbance(server.folder) as disturbance:
                async with Resources(server) as resources:
                    outcome = await load.run()
        finally:
            await load.end()
    report.result("messages sent", outcome.sent)
    report.result("acknowledged", outcome.acknowledged)
    report.result("lost connections", outcome.lost_connections)
    report.result("log server CPU", resources.cores, "cores")
    report.result("publish→PUBACK p50", outcome.puback["p50_ms"], "ms")
    report.result("publish→PUBACK p99", outcome.puback["p99_ms"], "ms")
    report.result("publish→PUBACK max", outcome.puback["max_ms"], "ms")
    report.result("memory, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.result("connecting everybody", load.connecting_s, "s")
    disturbance.tell(report)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=5_000.0, help="messages/s of all connections together")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--durability", choices=tuple(SYNC_INTERVAL), default="disk")
    arguments = parser.parse_args()
    report = Report(
        "log-alone",
        {
            "connections": arguments.connections,
            "msg/s": int(arguments.rate),
            "seconds": int(arguments.seconds),
            "qos": 1,
        },
        arguments.durability,
    )
    await measure(report, arguments.connections, arguments.rate, arguments.seconds)
    return report.finish()


if __name__ == "__main__":
    run(main)
