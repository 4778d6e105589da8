"""The HTTP load generator, a process of its own: `python -m bench.http_load PLAN` with the JSON of a Plan.

Each client has one kept-alive connection and posts one body after the other, without a pause. Bodies are built from
prepared pieces between which only the times change. Ends with one line of JSON on standard output.
"""

import asyncio
import json
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field

from bench.latency import Latency
from bench.proofs import secret_of

HISTORY_MS = 3_600_000
RETRY_S = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """devices: one for each client. A POST has `objects` objects with a value for each of `keys`."""

    host: str
    port: int
    devices: list[str]
    keys: list[str]
    objects: int
    duration_s: float


@dataclass(slots=True)
class Outcome:
    """first_ms: time of the earliest reading. acknowledged_of: objects, of each device."""

    posts: int = 0
    refused: int = 0
    sending_s: float = 0.0
    cpu_s: float = 0.0
    first_ms: int = 0
    answer: dict[str, float | None] = field(default_factory=dict)
    acknowledged_of: list[int] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class Client:
    def __init__(self, plan: Plan, device: str, outcome: Outcome) -> None:
        self._plan = plan
        self._outcome = outcome
        self._next_ms = outcome.first_ms
        values = ",".join(f'"{key}":{10 + number}.25' for number, key in enumerate(plan.keys))
        self._after = (',"values":{' + values + '}},{"ts":').encode()
        size = len(self._body())
        self._head = (
            f"POST /api/v1/telemetry/{device} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n"
            f"Authorization: Bearer {secret_of(device)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        ).encode()
        self.acknowledged = 0
        self.latencies_s = array("d")

    async def run(self, ends: float) -> None:
        reader, writer = await asyncio.open_connection(self._plan.host, self._plan.port)
        while (sent := time.perf_counter()) < ends:
            writer.write(self._head)
            writer.write(self._body())
            if await self._accepted(reader):
                self.latencies_s.append(time.perf_counter() - sent)
                self._outcome.posts += 1
                self.acknowledged += self._plan.objects
                self._next_ms += self._plan.objects
            else:
                await asyncio.sleep(RETRY_S)
        writer.close()

    def _body(self) -> bytes:
        """`objects` objects, 1 ms apart: the pieces lie between the times."""
        first = self._next_ms
        stamps = [b"%d" % stamp for stamp in range(first, first + self._plan.objects)]
        return b'[{"ts":' + self._after.join(stamps) + self._after[: -len(b',{"ts":')] + b"]"

    async def _accepted(self, reader: asyncio.StreamReader) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        body = await reader.readexactly(length)
        if head[9:10] == b"2":
            return True
        self._outcome.refused += 1
        if len(self._outcome.refusals) < 5:
            self._outcome.refusals.append(body[:300].decode(errors="replace"))
        return False


async def main(plan: Plan) -> None:
    outcome = Outcome(first_ms=time.time_ns() // 1_000_000 - HISTORY_MS)
    clients = [Client(plan, device, outcome) for device in plan.devices]
    cpu, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(client.run(started + plan.duration_s) for client in clients))
    outcome.sending_s = time.perf_counter() - started
    outcome.cpu_s = time.process_time() - cpu
    outcome.answer = Latency.of([1_000 * value for client in clients for value in client.latencies_s]).as_json()
    outcome.acknowledged_of = [client.acknowledged for client in clients]
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(Plan(**json.loads(sys.argv[1]))))
