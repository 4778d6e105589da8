"""The MQTT load generator, a process of its own: `python -m bench.mqtt_load PLAN` with the JSON of a Plan.

It connects, says `{"connected": …}` on standard output, waits for a line on standard input, sends, waits for the
PUBACKs, and says what happened as one line of JSON.

Kept cheap, because it shares the cores with the server: raw asyncio protocols on uvloop, PUBLISH packets built beforehand
in which only packet id and time change, PUBACKs counted by their length. Latency is taken of every message, from the
write to the PUBACK.

paced      open loop: message k is due k / rate_msg_s after the start, over the connections in turn, whether or not the
           earlier ones are acknowledged. How late it was written is reported as lateness. A connection with
           `window` messages on their way is passed over, and the message counts as withheld.
pipelined  closed loop: each connection always has `window` messages on their way.
"""

import asyncio
import gc
import json
import sys
import time
from array import array
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

from bench.latency import Latency
from bench.proofs import secret_of
from calha.log.mqtt_wire import connect_packet, remaining_length

CONNECTING_AT_ONCE = 200
CONNECT_TIMEOUT_S = 30.0
TICK_S = 0.002
HISTORY_MS = 3_600_000  # pipelined: event times begin an hour ago and go on by 1 ms a message
VARIANTS = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """devices: keys; device i belongs to connection i mod connections. keys: of the values in each message.

    A connection of one device proves itself with that device's secret, one of several with `gateway_key`.
    """

    host: str
    port: int
    devices: list[str]
    connections: int
    keys: list[str]
    mode: Literal["paced", "pipelined"]
    duration_s: float
    window: int
    gateway_key: str
    rate_msg_s: float = 0.0
    settle_s: float = 60.0


@dataclass(slots=True)
class Outcome:
    """In messages. acknowledged_of: of each device, in the order of the plan."""

    sent: int = 0
    acknowledged: int = 0
    withheld: int = 0
    lost_connections: int = 0
    sending_s: float = 0.0
    settling_s: float = 0.0
    cpu_s: float = 0.0
    first_ms: int = 0
    puback: dict[str, float | None] = field(default_factory=dict)
    lateness: dict[str, float | None] = field(default_factory=dict)
    acknowledged_of: list[int] = field(default_factory=list)


class Publisher(asyncio.Protocol):
    """One connection. Knows nothing of pace: `send` writes one message, `acknowledged` counts."""

    __slots__ = (
        "_heads",
        "_load",
        "_next_id",
        "_rest",
        "_transport",
        "_turn",
        "_user",
        "acknowledged",
        "ready",
        "sent_at",
    )

    def __init__(self, load: "Load", devices: list[str]) -> None:
        self._load = load
        self._user = devices[0] if len(devices) == 1 else "gateway"
        self._heads = [publish_head(f"calha/v1/{device}/telemetry", load.body_size) for device in devices]
        self._transport: asyncio.Transport | None = None
        self._next_id = 0
        self._turn = 0
        self._rest = b""
        self.acknowledged = 0
        self.sent_at: deque[float] = deque()
        self.ready: asyncio.Future[None] = load.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        secret = self._load.plan.gateway_key if self._user == "gateway" else secret_of(self._user)
        self._transport.write(connect_packet(f"client-{self._load.next_client()}", 0, self._user, secret))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionResetError("closed before CONNACK"))
        elif not self._load.closing:
            self._load.outcome.lost_connections += 1
            self.sent_at.clear()  # these will not be acknowledged any more

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self.ready.done():
            if data != b"\x20\x02\x00\x00":
                self.ready.set_exception(ConnectionRefusedError(f"CONNACK expected, {data[:8].hex()} received"))
            else:
                self.ready.set_result(None)
            return
        count = len(data) >> 2  # nothing but PUBACKs of four bytes comes: no subscription, no keep-alive
        assert data[0] == 0x40, f"PUBACK expected, {data[:8].hex()} received"
        if len(data) & 3:
            self._rest = data[count << 2 :]
        now = time.perf_counter()
        pop = self.sent_at.popleft
        self._load.latencies_s.extend([now - pop() for _ in range(count)])
        self.acknowledged += count
        self._load.on_acknowledged(self, count)

    def send(self, stamp: bytes) -> None:
        """One message of the next device; `stamp`: its time in ms as 13 digits."""
        if self._transport is not None:
            self.sent_at.append(time.perf_counter())
            self._transport.write(self._packet(stamp))

    def send_many(self, first_ms: int, count: int) -> None:
        """`count` messages in one write; event times go on by 1 ms after each round over the devices."""
        if self._transport is None:
            return
        devices = len(self._heads)
        packets = [self._packet(b"%d" % (first_ms + self._turn // devices)) for _ in range(count)]
        self.sent_at.extend([time.perf_counter()] * count)
        self._transport.write(b"".join(packets))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.write(b"\xe0\x00")
            self._transport.close()

    def acknowledged_of(self, device: int) -> int:
        """PUBACKs come in order, so the messages of each device can be told from the total."""
        rounds, rest = divmod(self.acknowledged, len(self._heads))
        return rounds + (device < rest)

    def _packet(self, stamp: bytes) -> bytes:
        turn = self._turn
        self._turn = turn + 1
        self._next_id = packet_id = self._next_id % 65_535 + 1
        head = self._heads[turn % len(self._heads)]
        return b'%b%b{"ts":%b%b' % (head, packet_id.to_bytes(2), stamp, self._load.tails[turn % VARIANTS])


class Load:
    def __init__(self, plan: Plan, loop: asyncio.AbstractEventLoop) -> None:
        self.plan = plan
        self.loop = loop
        self.outcome = Outcome()
        self.tails = [tail(plan.keys, variant) for variant in range(VARIANTS)]
        self.body_size = len(b'{"ts":') + 13 + len(self.tails[0])
        self.latencies_s = array("d")
        self.lateness_s = array("d")
        self.closing = False
        self._sending = False
        self._clients = 0
        self._first_ms = 0
        self._publishers = [
            Publisher(self, plan.devices[number :: plan.connections]) for number in range(plan.connections)
        ]

    def next_client(self) -> int:
        self._clients += 1
        return self._clients

    async def connect(self) -> None:
        for first in range(0, len(self._publishers), CONNECTING_AT_ONCE):
            await asyncio.gather(*map(self._connect, self._publishers[first : first + CONNECTING_AT_ONCE]))

    async def run(self) -> Outcome:
        gc.collect()
        gc.freeze()
        cpu, started = time.process_time(), time.perf_counter()
        self._sending = True
        self._first_ms = self.outcome.first_ms = time.time_ns() // 1_000_000
        if self.plan.mode == "paced":
            await self._send_paced(started)
        else:
            await self._send_pipelined()
        self._sending = False
        self.outcome.sending_s = time.perf_counter() - started
        await self._settle()
        self.outcome.settling_s = time.perf_counter() - started - self.outcome.sending_s
        self.outcome.cpu_s = time.process_time() - cpu
        return self._result()

    def close(self) -> None:
        self.closing = True
        for publisher in self._publishers:
            publisher.close()

    def on_acknowledged(self, publisher: Publisher, count: int) -> None:
        if self._sending and self.plan.mode == "pipelined":
            self.outcome.sent += count
            publisher.send_many(self._first_ms, count)

    async def _connect(self, publisher: Publisher) -> None:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self.loop.create_connection(lambda: publisher, self.plan.host, self.plan.port)
            await publisher.ready

    async def _send_paced(self, started: float) -> None:
        rate, window, publishers = self.plan.rate_msg_s, self.plan.window, self._publishers
        offered = 0
        while (passed := time.perf_counter() - started) < self.plan.duration_s:
            due = int(passed * rate)
            stamp = b"%d" % (time.time_ns() // 1_000_000)
            while offered < due:
                publisher = publishers[offered % len(publishers)]
                if len(publisher.sent_at) >= window:
                    self.outcome.withheld += 1
                else:
                    publisher.send(stamp)
                    self.outcome.sent += 1
                    self.lateness_s.append(time.perf_counter() - started - offered / rate)
                offered += 1
                if not offered % 64:  # a long burst keeps its times fresh
                    stamp = b"%d" % (time.time_ns() // 1_000_000)
                    if not offered % 512:
                        break  # and lets the PUBACKs be read
            await asyncio.sleep(0 if offered < due else TICK_S)

    async def _send_pipelined(self) -> None:
        self._first_ms -= HISTORY_MS
        self.outcome.first_ms = self._first_ms
        for publisher in self._publishers:
            self.outcome.sent += self.plan.window
            publisher.send_many(self._first_ms, self.plan.window)
        await asyncio.sleep(self.plan.duration_s)

    async def _settle(self) -> None:
        ends = time.perf_counter() + self.plan.settle_s
        while any(publisher.sent_at for publisher in self._publishers) and time.perf_counter() < ends:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    def _result(self) -> Outcome:
        outcome, plan = self.outcome, self.plan
        outcome.acknowledged = sum(publisher.acknowledged for publisher in self._publishers)
        outcome.puback = Latency.of([1_000 * value for value in self.latencies_s]).as_json()
        outcome.lateness = Latency.of([1_000 * value for value in self.lateness_s]).as_json()
        outcome.acknowledged_of = [
            self._publishers[number % plan.connections].acknowledged_of(number // plan.connections)
            for number in range(len(plan.devices))
        ]
        return outcome


def publish_head(topic: str, body_size: int) -> bytes:
    """A QoS 1 PUBLISH up to its packet id."""
    encoded = topic.encode()
    length = 2 + len(encoded) + 2 + body_size
    return b"\x32" + remaining_length(length) + len(encoded).to_bytes(2) + encoded


def tail(keys: list[str], variant: int) -> bytes:
    """The payload after its time; all variants have one length."""
    values = [f'"{key}":{10 + (variant * 7 + number * 13) % 9}.{variant % 90 + 10}' for number, key in enumerate(keys)]
    return (',"values":{' + ",".join(values) + "}}").encode()


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def main(plan: Plan) -> None:
    load = Load(plan, asyncio.get_running_loop())
    started = time.perf_counter()
    await load.connect()
    say({"connected": plan.connections, "connecting_s": round(time.perf_counter() - started, 3)})
    await asyncio.to_thread(sys.stdin.readline)
    say(asdict(await load.run()))
    load.close()


if __name__ == "__main__":
    import uvloop

    from bench.server import allow_open_files

    allow_open_files()
    uvloop.run(main(Plan(**json.loads(sys.argv[1]))))
