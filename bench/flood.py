"""Ten times the workload of `ingest-tb` for 60 s: more than the machine can take. What must hold then is order, not speed.

Nothing crashes, no connection is ended, nothing that was acknowledged is lost, memory stays below 1 GB, and afterwards the
store catches up. Connections count because a server that throws all devices out would meet the other goals idly.
Open loop: a device that has 20 messages without PUBACK, as many as paho allows, is passed over until one comes
(withheld).
"""

import argparse

from bench.report import Report, at_least, at_most
from bench.run import MqttLoad, Resources, compare, device_keys, paced, run, until_stored
from bench.server import CHANNELS, Server

SAMPLED = 30
STORED_TIMEOUT_S = 300.0
SETTLE_S = 180.0


async def measure(report: Report, connections: int, rate_msg_s: float, duration_s: float) -> None:
    async with Server(report.durability or "disk") as server:
        devices = device_keys(connections)
        await server.register(devices)
        await server.start()
        plan = paced(server, devices, rate_msg_s, duration_s, settle_s=SETTLE_S)
        load = MqttLoad(plan)
        try:
            await load.connect()
            before = {one.pid for one in server.usage()}
            async with Resources(server) as resources:
                outcome = await load.run()
                readings = outcome.acknowledged * len(plan.keys)
                stored, waited_s = await until_stored(server, readings, STORED_TIMEOUT_S)
            survived = server.is_running and before <= {one.pid for one in server.usage()}
            counts = await compare(server, plan, outcome, SAMPLED, stored)
            settled = await server.readings_stored()
            status = await server.status()
        finally:
            await load.end()
    offered = outcome.sent + outcome.withheld
    report.result("messages offered", offered / outcome.sending_s, "msg/s")
    report.result("withheld by full windows", outcome.withheld)
    report.result("acknowledged", outcome.acknowledged)
    report.result("acknowledged, mean", outcome.acknowledged / (outcome.sending_s + outcome.settling_s), "msg/s")
    report.result("every process survived", int(survived), "", at_least(1))
    report.result("lost connections", outcome.lost_connections, "", at_most(0))
    report.result("acknowledged and not stored, in the sum", max(readings - settled, 0), "readings", at_most(0))
    report.result("channels compared one by one", counts.compared)
    report.result("of them with a reading missing", len(counts.missing), "", at_most(0))
    report.result(
        "of them with more than acknowledged", len(counts.surplus), "", None if outcome.lost_connections else at_most(0)
    )
    report.result("memory of all processes, peak PSS", resources.peak_pss_bytes / 1e6, "MB", at_most(1_000))
    report.result("last PUBACK after the flood", outcome.settling_s, "s")
    report.result("caught up after the last PUBACK", waited_s, "s")
    report.result("publish→PUBACK p50", outcome.puback["p50_ms"], "ms")
    report.result("publish→PUBACK p99", outcome.puback["p99_ms"], "ms")
    report.result("server CPU", resources.cores, "cores")
    report.result("load generator CPU", outcome.cpu_s / (outcome.sending_s + outcome.settling_s), "cores")
    if outcome.lost_connections:
        report.notes.append(f"{outcome.lost_connections} connections were ended by the server and sent nothing more")
    report.details |= {
        "resources": resources.as_json(),
        "counts": counts.as_json(),
        "ingest": status["ingest"],
        "store": status["store"],
        "tasks": status["tasks"],
    }


async def main() -> int:
    arguments = parse()
    workload = {
        "connections": arguments.connections,
        "msg/s": arguments.rate,
        "seconds": arguments.seconds,
        "qos": 1,
        "keys": len(CHANNELS),
    }
    report = Report("flood", workload, arguments.durability)
    await measure(report, arguments.connections, arguments.rate, arguments.seconds)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=50_000, help="messages/s of all connections together")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--durability", choices=("disk", "interval"), default="disk")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
