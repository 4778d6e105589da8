"""ThingsBoard's published workload: 5,000 MQTT connections send 5,000 messages/s with QoS 1, JSON with 3 keys.

Open loop for 60 s after everybody has connected. CPU and memory are of all processes of the server, from the first message
to the last PUBACK. Twenty devices are watched through a real SSE connection. At the end the readings in the store are
counted: in all, and of fifty devices through the API (of every device when more was stored than acknowledged). What the
same machine needs for the log server alone: `log-alone`.
"""

import argparse

from bench.disturbance import Disturbance
from bench.latency import Latency
from bench.live import LiveProbe
from bench.report import Report, at_least, at_most
from bench.run import MqttLoad, Resources, compare, device_keys, paced, run, until_stored
from bench.server import CHANNELS, HOST, Server

WATCHED = 20
SAMPLED = 50
STORED_TIMEOUT_S = 60.0


async def measure(report: Report, connections: int, rate_msg_s: float, duration_s: float) -> None:
    async with Server(report.durability or "disk") as server:
        devices = device_keys(connections)
        await server.register(devices)
        await server.start()
        plan = paced(server, devices, rate_msg_s, duration_s)
        load = MqttLoad(plan)
        live = LiveProbe(
            HOST, server.http_port, server.key, devices[:: max(1, connections // WATCHED)][:WATCHED], CHANNELS[0]
        )
        try:
            await load.connect()
            await live.start()
            with Disturbance(server.folder) as disturbance:
                async with Resources(server) as resources:
                    outcome = await load.run()
            readings = outcome.acknowledged * len(plan.keys)
            stored, waited_s = await until_stored(server, readings, STORED_TIMEOUT_S)
            await live.stop()
            counts = await compare(server, plan, outcome, SAMPLED, stored)
            settled = await server.readings_stored()
            status = await server.status()
        finally:
            await load.end()
    seen = Latency.of(live.latencies_ms)
    report.result("messages sent", outcome.sent)
    report.result("sent in time", 100 * outcome.sent / max(rate_msg_s * duration_s, 1), "%", at_least(99))
    report.result("acknowledged", outcome.acknowledged)
    report.result("acknowledged and not stored, in the sum", max(readings - settled, 0), "readings", at_most(0))
    report.result("stored and not acknowledged", max(settled - readings, 0), "readings")
    report.result("channels compared one by one", counts.compared)
    report.result("of them with a reading missing", len(counts.missing), "", at_most(0))
    report.result(
        "of them with more than acknowledged", len(counts.surplus), "", None if outcome.lost_connections else at_most(0)
    )
    report.result("lost connections", outcome.lost_connections, "", at_most(0))
    report.result("server CPU", resources.cores, "cores", at_most(1.0))
    report.result("publish→PUBACK p50", outcome.puback["p50_ms"], "ms")
    report.result("publish→PUBACK p99", outcome.puback["p99_ms"], "ms", at_most(50))
    report.result("publish→PUBACK max", outcome.puback["max_ms"], "ms")
    report.result("publish→SSE p50", seen.p50_ms, "ms")
    report.result("publish→SSE p99", seen.p99_ms, "ms", at_most(300))
    report.result("publish→SSE max", seen.max_ms, "ms")
    report.result("memory of all processes, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.result("connecting everybody", load.connecting_s, "s")
    report.result("stored after the last PUBACK", waited_s, "s")
    disturbance.tell(report)
    report.result("load generator CPU", outcome.cpu_s / duration_s, "cores")
    report.result("load generator lateness p99", outcome.lateness["p99_ms"], "ms")
    report.details |= {
        "resources": resources.as_json(),
        "sse": seen.as_json() | {"error": live.error, "expected": outcome.sent * WATCHED // connections},
        "counts": counts.as_json(),
        "ingest": status["ingest"],
        "store": status["store"],
    }
    if live.error:
        report.notes.append(f"the live stream ended: {live.error}")


async def main() -> int:
    arguments = parse()
    report = Report(
        "ingest-tb",
        {
            "connections": arguments.connections,
            "msg/s": arguments.rate,
            "seconds": arguments.seconds,
            "qos": 1,
            "keys": len(CHANNELS),
        },
        arguments.durability,
    )
    await measure(report, arguments.connections, arguments.rate, arguments.seconds)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=5_000, help="messages/s of all connections together")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
