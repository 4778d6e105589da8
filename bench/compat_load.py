"""The devices of `bench compat`, a process of its own: `python -m bench.compat_load PLAN` with the JSON of a Plan.

meters: COIOT meters, each on one TCP connection. They ask for an id, then report once a second and wait for the answer, which
has to be the one that belongs to their report.
stations: SensorFlow stations with the newest firmware: each has an address of its own (127.1.x.y), and opens a connection for
every reading, without a key, as the firmware does.

Their seconds are spread evenly. A device whose answer is not there when its next second comes sends late, which is counted.
It waits for "go" on standard input when all are there, and ends with one line of JSON on standard output.
"""

import asyncio
import json
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bench.latency import Latency
from bench.server import allow_open_files

ANSWER_TIMEOUT_S = 60.0
CONNECTING_AT_ONCE = 50
READ_BYTES = 4_096  # as the meter's recv
MAX_TOLD = 5
WITHIN = "Your energy consumption is within the recommended"
ABOVE = "Your energy consumption is above the recommended"


@dataclass(frozen=True, slots=True)
class Plan:
    kind: Literal["meters", "stations"]
    host: str
    port: int
    devices: int
    seconds: int
    zone: str = "America/Sao_Paulo"


@dataclass(slots=True)
class Outcome:
    """answered_of: reports that were answered rightly, by device. late: sent after their second. missed: no right answer."""

    connecting_s: float = 0.0
    cpu_s: float = 0.0
    sending_s: float = 0.0
    sent: int = 0
    late: int = 0
    missed: int = 0
    answered_of: dict[str, int] = field(default_factory=dict)
    answer: dict[str, float | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def miss(self, what: str) -> None:
        self.missed += 1
        if len(self.faults) < MAX_TOLD:
            self.faults.append(what[:300])


class Meter:
    """A COIOT meter; its clock counts whole seconds, so that each report has a time of its own."""

    def __init__(self, plan: Plan, number: int, began: int) -> None:
        self._plan, self._number, self._began = plan, number, began
        self._consumption = 0.0
        self.name = ""

    async def connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._plan.host, self._plan.port)
        self._writer.write(b'{"id": 0}')
        self._id = (await self._hear()).decode()
        self.name = f"coiot-{int(self._id)}"

    async def report(self, second: int) -> str | None:
        """What was wrong with the answer."""
        self._consumption += 1.0
        local = datetime.fromtimestamp(self._began + second, ZoneInfo(self._plan.zone)).strftime("%Y-%m-%d %H:%M:%S")
        report = {"id": self._id, "consumption": self._consumption, "datetime": local}
        self._writer.write(json.dumps(report | {"type": "/spent"}).encode())
        told = (await self._hear()).decode()
        return None if told in {repr({"alert": alert} | report) for alert in (WITHIN, ABOVE)} else repr(told)

    async def _hear(self) -> bytes:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await self._reader.read(READ_BYTES)


class Station:
    """A SensorFlow station: a connection a reading, known by its address."""

    def __init__(self, plan: Plan, number: int, _: int) -> None:
        self._plan = plan
        self._address = f"127.1.{number // 250}.{number % 250 + 1}"
        self.name = f"sensorflow-{self._address.replace('.', '-')}"

    async def connect(self) -> None:
        if fault := await self.report(0):
            raise ConnectionError(f"{self.name}: {fault}")

    async def report(self, second: int) -> str | None:
        """What was wrong with the answer."""
        body = '{"temperature":%.2f,"pressure":%.2f,"concentration":%.2f, "flow":%.2f}' % (  # noqa: UP031 - the firmware's format
            *(20 + second % 60 / 10, 1_013.25 + second % 7),
            *(2.0, 1.0),
        )
        head = f"POST /api/sensor_data HTTP/1.1\r\nHost: {self._plan.host}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(
                self._plan.host, self._plan.port, local_addr=(self._address, 0)
            )
            writer.write((head + body).encode())
            told = await reader.read()
        writer.close()
        status, _, content = told.partition(b"\r\n\r\n")
        return None if status.startswith(b"HTTP/1.1 201 ") and b'"cip_id":' in content else repr(told)


async def connect(devices: list[Meter] | list[Station]) -> None:
    turn = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def one(device: Meter | Station) -> None:
        async with turn:
            await device.connect()

    await asyncio.gather(*(one(device) for device in devices))


async def drive(
    device: Meter | Station, first: float, seconds: int, outcome: Outcome, latencies_ms: "array[float]"
) -> int:
    """Report each second from `first` on; how many reports were answered rightly."""
    loop, answered = asyncio.get_running_loop(), 0
    for second in range(1, seconds + 1):
        due = first + second - 1
        outcome.late += loop.time() > due + 1
        await asyncio.sleep(max(0.0, due - loop.time()))
        began = time.perf_counter()
        outcome.sent += 1
        try:
            fault = await device.report(second)
        except (OSError, TimeoutError) as error:
            fault = repr(error)
        if fault is None:
            answered += 1
            latencies_ms.append(1_000 * (time.perf_counter() - began))
        else:
            outcome.miss(f"{device.name}: {fault}")
    return answered


async def main(plan: Plan) -> None:
    allow_open_files()
    loop, outcome, latencies_ms = asyncio.get_running_loop(), Outcome(), array("d")
    kind: type[Meter] | type[Station] = Meter if plan.kind == "meters" else Station
    devices = [kind(plan, number, int(time.time()) - 3_600) for number in range(plan.devices)]
    began = loop.time()
    await connect(devices)
    sys.stdout.write(json.dumps({"connecting_s": loop.time() - began}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    cpu, start = time.process_time(), loop.time()
    driven = (
        drive(device, start + number / plan.devices, plan.seconds, outcome, latencies_ms)
        for number, device in enumerate(devices)
    )
    answered = await asyncio.gather(*driven)
    outcome.sending_s, outcome.cpu_s = loop.time() - start, time.process_time() - cpu
    outcome.answered_of = {device.name: count for device, count in zip(devices, answered, strict=True)}
    outcome.answer = Latency.of(latencies_ms).as_json()
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(Plan(**json.loads(sys.argv[1]))))
