"""The most that comes in over MQTT: pipelined publishers with QoS 1, JSON with 3 keys, in both durability modes.

50 connections of gateways, each for ten devices, keep 2,000 messages on their way all together. The rate is of messages in
the store: acknowledged messages by the time from the first message until the store has committed all of them.
"""

import argparse
import time

from bench.mqtt_load import Plan
from bench.report import Report, at_least, at_most
from bench.run import MqttLoad, Resources, compare, device_keys, run, until_stored
from bench.server import CHANNELS, HOST, Server

GOALS_MSG_S = {"interval": 30_000, "disk": 8_000}
SAMPLED = 20
STORED_TIMEOUT_S = 120.0


async def measure(report: Report, durability: str, arguments: argparse.Namespace) -> None:
    async with Server(durability) as server:
        devices = device_keys(arguments.devices)
        await server.register(devices)
        await server.start()
        plan = Plan(
            host=HOST,
            port=server.mqtt_port,
            devices=devices,
            connections=arguments.connections,
            keys=list(CHANNELS),
            mode="pipelined",
            duration_s=arguments.seconds,
            gateway_key=server.key,
            window=max(1, arguments.window // arguments.connections),
        )
        load = MqttLoad(plan)
        try:
            await load.connect()
            async with Resources(server) as resources:
                started = time.monotonic()
                outcome = await load.run()
                readings = outcome.acknowledged * len(plan.keys)
                stored, waited_s = await until_stored(server, readings, STORED_TIMEOUT_S)
                passed_s = time.monotonic() - started
            counts = await compare(server, plan, outcome, SAMPLED, stored)
            settled = await server.readings_stored()
            status = await server.status()
        finally:
            await load.end()
    goal = at_least(GOALS_MSG_S[durability])
    report.result(f"{durability}: stored", min(stored // 3, outcome.acknowledged) / passed_s, "msg/s", goal)
    report.result(f"{durability}: stored points", stored / passed_s, "points/s")
    report.result(f"{durability}: acknowledged", outcome.acknowledged / outcome.sending_s, "msg/s")
    report.result(
        f"{durability}: acknowledged and not stored, in the sum", max(readings - settled, 0), "readings", at_most(0)
    )
    report.result(f"{durability}: channels compared one by one", counts.compared)
    report.result(f"{durability}: of them with a reading missing", len(counts.missing), "", at_most(0))
    report.result(
        f"{durability}: of them with more than acknowledged",
        len(counts.surplus),
        "",
        None if outcome.lost_connections else at_most(0),
    )
    report.result(f"{durability}: publish→PUBACK p99", outcome.puback["p99_ms"], "ms")
    report.result(f"{durability}: caught up after the last PUBACK", waited_s, "s")
    report.result(f"{durability}: server CPU", resources.cores, "cores")
    report.result(f"{durability}: load generator CPU", outcome.cpu_s / outcome.sending_s, "cores")
    report.result(f"{durability}: memory of all processes, peak PSS", resources.peak_pss_bytes / 1e6, "MB")
    report.details[durability] = {
        "resources": resources.as_json(),
        "counts": counts.as_json(),
        "ingest": status["ingest"],
        "store": status["store"],
    }


async def main() -> int:
    arguments = parse()
    report = Report(
        "ingest-max",
        {
            "connections": arguments.connections,
            "devices": arguments.devices,
            "messages on their way": arguments.window,
            "seconds": arguments.seconds,
            "qos": 1,
            "keys": len(CHANNELS),
        },
        " and ".join(arguments.durability),
    )
    for durability in arguments.durability:
        await measure(report, durability, arguments)
    return report.finish()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--window", type=int, default=2_000, help="messages on their way, all connections together")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--durability", nargs="+", choices=("disk", "interval"), default=["interval", "disk"])
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
