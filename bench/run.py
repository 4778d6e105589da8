"""What the ingest benches share: the server's resources under load, the MQTT load process, and the proof of no loss."""

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from bench.mqtt_load import Outcome, Plan
from bench.processes import Usage, cpu_s
from bench.server import CHANNELS, Server

ROOT = Path(__file__).parents[1]
SAMPLE_S = 1.0
WINDOW = 20  # messages without PUBACK that a device may have, as in paho
SEED = 20_261
QUIET_S = 3.0
QUIET_TIMEOUT_S = 180.0


class Loaded(Protocol):
    """A server under load. key: what a gateway shows it."""

    @property
    def pid(self) -> int: ...

    @property
    def mqtt_port(self) -> int: ...

    @property
    def key(self) -> str: ...

    def usage(self) -> list[Usage]: ...


class Resources:
    """CPU and memory of a server between two moments; memory is sampled once a second."""

    def __init__(self, server: Loaded) -> None:
        self._server = server
        self._task: asyncio.Task[None] | None = None
        self._started = self._cpu_s = 0.0
        self.cores = 0.0
        self.cores_of: dict[str, float] = {}
        self.peak_pss_bytes = 0
        self.peak_rss_bytes = 0
        self.last_pss_of: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self._before = {f"{one.name}/{one.pid}": one.cpu_s for one in self._server.usage()}
        self._started, self._cpu_s = time.monotonic(), cpu_s(self._server.pid)
        self._task = asyncio.create_task(self._sample())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self.mark()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def mark(self) -> None:
        """Take the CPU figures now."""
        passed = max(time.monotonic() - self._started, 1e-9)
        self.cores = (cpu_s(self._server.pid) - self._cpu_s) / passed
        used = {f"{one.name}/{one.pid}": one.cpu_s for one in self._look()}
        self.cores_of = {name: round((now - self._before.get(name, 0.0)) / passed, 3) for name, now in used.items()}

    def as_json(self) -> dict[str, Any]:
        return {
            "cores": round(self.cores, 3),
            "cores_of": self.cores_of,
            "peak_pss_bytes": self.peak_pss_bytes,
            "peak_rss_bytes": self.peak_rss_bytes,
            "last_pss_of": self.last_pss_of,
        }

    async def _sample(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(SAMPLE_S)

    def _look(self) -> Sequence[Any]:
        found = self._server.usage()
        self.peak_pss_bytes = max(self.peak_pss_bytes, sum(one.pss_bytes for one in found))
        self.peak_rss_bytes = max(self.peak_rss_bytes, sum(one.rss_bytes for one in found))
        self.last_pss_of = {f"{one.name}/{one.pid}": one.pss_bytes for one in found}
        return found


class MqttLoad:
    """The load generator as a process. `connect` starts it, `run` lets it send and returns when all PUBACKs are there."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._process: asyncio.subprocess.Process | None = None
        self.connecting_s = 0.0

    async def connect(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.mqtt_load", json.dumps(asdict(self._plan))),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        self.connecting_s = float((await self._said())["connecting_s"])

    async def run(self) -> Outcome:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        outcome = Outcome(**await self._said())
        await self._process.wait()
        return outcome

    async def end(self) -> None:
        """Also when something went wrong before."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _said(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator ended with exit code {await self._process.wait()}")
        return dict(json.loads(line))


async def until_stored(server: Server, readings: int, timeout_s: float) -> tuple[int, float]:
    """Readings in the store once there are `readings`, or `timeout_s` have passed; and the seconds waited."""
    started = time.monotonic()
    while True:
        stored = await server.readings_stored()
        passed = time.monotonic() - started
        if stored >= readings or passed > timeout_s:
            return stored, passed
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Comparison:
    """Channels whose readings the API does not give back as often as they were acknowledged.

    missing: acknowledged and not stored, a loss. surplus: stored and not acknowledged; with every connection alive an error,
    else messages that were on disk when the connection ended before their PUBACK.
    """

    compared: int = 0
    missing: list[dict[str, Any]] = field(default_factory=list)
    surplus: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"compared": self.compared, "missing": self.missing[:20], "surplus": self.surplus[:20]}


async def compare(server: Server, plan: Plan, outcome: Outcome, samples: int, stored: int) -> Comparison:
    """Of some devices; of all when more is stored than was acknowledged, as in the sum a surplus would hide a loss."""
    await until_quiet(server)
    chosen = random.Random(SEED).sample(range(len(plan.devices)), min(samples, len(plan.devices)))
    if stored > outcome.acknowledged * len(plan.keys):
        chosen = list(range(len(plan.devices)))
    until_ms = time.time_ns() // 1_000_000 + 1_000
    found = Comparison()
    for number in chosen:
        device, acknowledged = plan.devices[number], outcome.acknowledged_of[number]
        for channel in plan.keys:
            given_back = await server.readings_of(device, channel, outcome.first_ms - 1_000, until_ms)
            found.compared += 1
            if given_back != acknowledged:
                side = found.missing if given_back < acknowledged else found.surplus
                side.append({"device": device, "channel": channel, "acknowledged": acknowledged, "stored": given_back})
    return found


async def until_quiet(server: Server) -> None:
    """Until the store has not grown for QUIET_S, or QUIET_TIMEOUT_S have passed: also what was not acknowledged arrives."""
    ends = time.monotonic() + QUIET_TIMEOUT_S
    stored, since = -1, time.monotonic()
    while (now := time.monotonic()) < ends and now - since < QUIET_S:
        if (found := await server.readings_stored()) != stored:
            stored, since = found, now
        await asyncio.sleep(0.2)


def device_keys(count: int) -> list[str]:
    return [f"bench-{number:05d}" for number in range(count)]


def paced(server: Loaded, devices: Sequence[str], rate_msg_s: float, duration_s: float, settle_s: float = 60.0) -> Plan:
    """Each device on its own connection, all together `rate_msg_s`."""
    return Plan(
        host="127.0.0.1",
        port=server.mqtt_port,
        devices=list(devices),
        connections=len(devices),
        keys=list(CHANNELS),
        mode="paced",
        duration_s=duration_s,
        window=WINDOW,
        gateway_key=server.key,
        rate_msg_s=rate_msg_s,
        settle_s=settle_s,
    )


def run(main: Callable[[], Awaitable[int]]) -> None:
    """Run a bench and end with its exit code."""
    sys.exit(asyncio.run(_awaited(main)))


async def _awaited(main: Callable[[], Awaitable[int]]) -> int:
    return await main()
