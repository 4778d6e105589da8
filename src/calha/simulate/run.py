"""Run a simulated fleet: register, send its history, then live readings at an interval.

The history is sent in time order over all devices, in large messages, as fast as the server acknowledges.
Live readings are spread evenly over the interval. A device that the server does not acknowledge keeps MEMORY messages;
what comes after that is counted as not sent.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec
import numpy as np

from calha.domain.errors import CalhaError, NotSignedIn
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.simulate.commanded import Commanded
from calha.simulate.faults import Fault, Faults
from calha.simulate.fleet import Fleet, NewDevice
from calha.simulate.http_client import HttpConnection
from calha.simulate.senders import Over, Sender, sender
from calha.simulate.signals import KINDS

Register = Callable[[Sequence[NewDevice]], Awaitable[None]]
Progress = Callable[[int, int], None]  # records acknowledged, records in all

MEMORY: Final = 100  # live messages that wait for their acknowledgement, of each device
HISTORY_WINDOW: Final = 4  # history messages on their way, of each device
HISTORY_RECORDS: Final = 1_000  # in one message
MAX_HISTORY_RECORDS: Final = 50_000_000
SHORTEST_PAUSE_S: Final = 0.02


@dataclass(slots=True)
class Outcome:
    """What became of the records. sent = acknowledged + refused + on their way."""

    devices: int
    history: int = 0
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    not_sent: int = 0
    last_refusal: str = ""


async def simulate(
    kind: str,
    devices: int,
    interval_s: float,
    over: Over,
    *,
    host: str,
    port: int,
    token: str = "",
    prefix: str | None = None,
    name: str = "",
    near: tuple[float, float] | None = None,
    faults: Collection[Fault] = (),
    faulty: int | None = None,
    faults_from: Micros | None = None,
    backfill: timedelta | None = None,
    backfill_interval_s: float | None = None,
    register: Register | None = None,
    duration_s: float | None = None,
    seed: int = 1,
    on_progress: Progress | None = None,
    on_live: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Simulate `devices` of a kind (see KINDS) until cancelled, or for `duration_s` after the history (0: not live).

    token: a key that may send for all devices; none where anonymous devices are let in.
    prefix: of the device keys `<prefix>-0001`; name: of `<name> 1`; the kind's unless given. near: latitude and longitude
    around which they stand. faulty: how many devices have the faults; unless given, one in five. faults_from: since when,
    µs UTC; unless given, the last third of the history.
    register: called once with all devices before anything is sent. on_live: called about once a second.

    Raises ValueError for arguments that cannot be, OSError or TimeoutError when the server cannot be reached at first.
    """
    now = time.time_ns() // 1_000
    _require(kind, devices, interval_s)
    history_s = backfill.total_seconds() if backfill else 0.0
    since = faults_from if faults_from is not None else now - round(history_s / 3 * SECOND_US)
    count = (devices + 4) // 5 if faulty is None else faulty
    wrong = Faults(frozenset(faults), since)
    fleet = Fleet(KINDS[kind], devices, prefix or kind, seed, wrong, count if faults else 0, name, near)
    if register is not None:
        await register(fleet.devices)
    outcome = Outcome(devices)
    if history_s:
        out = sender(over, host, port, fleet, HISTORY_WINDOW, token)
        step_s = backfill_interval_s or interval_s
        await _with(out, outcome, send_history(fleet, out, history_s, step_s, outcome, on_progress))
    if duration_s != 0:
        commanded = Commanded(KINDS[kind].profile)
        out = sender(over, host, port, fleet, MEMORY, token, commanded)
        await _with(out, outcome, send_live(fleet, out, interval_s, duration_s, outcome, on_live, commanded))
    return outcome


def register_over_http(host: str, port: int, token: str) -> Register:
    """Registers each device with POST /api/v1/devices; one that is there already is left alone."""

    async def register(devices: Sequence[NewDevice]) -> None:
        connection = HttpConnection(host, port, token)
        try:
            for device in devices:
                body = msgspec.json.encode(device._asdict())
                answer = await connection.request("POST", "/api/v1/devices", body)
                if answer.status == 401:
                    raise NotSignedIn(_said(answer.body))
                if answer.status >= 300 and answer.status != 409:
                    raise CalhaError(f"device {device.key} was not registered: {_said(answer.body)}")
        finally:
            connection.close()

    return register


def _said(body: bytes) -> str:
    """What a problem says; of anything else its beginning."""
    with suppress(msgspec.DecodeError, KeyError, TypeError):
        return str(msgspec.json.decode(body)["detail"])
    return body[:500].decode("utf-8", "replace")


async def send_history(
    fleet: Fleet, out: Sender, history_s: float, step_s: float, outcome: Outcome, on_progress: Progress | None = None
) -> None:
    """Records at multiples of `step_s`, from `history_s` ago until now; returns when all are acknowledged.

    Instants on a fixed grid make a history that is sent twice a duplicate.
    """
    step_us = max(round(step_s * SECOND_US), 1_000)
    now = time.time_ns() // 1_000
    first = (now - round(history_s * SECOND_US)) // step_us + 1
    grid = np.arange(first, now // step_us + 1, dtype=np.int64) * step_us
    if len(grid) * fleet.size > MAX_HISTORY_RECORDS:
        raise ValueError(f"a history of {len(grid) * fleet.size} records; at most {MAX_HISTORY_RECORDS} are made")
    for start in range(0, len(grid), HISTORY_RECORDS):
        at = grid[start : start + HISTORY_RECORDS]
        for device in range(fleet.size):
            if records := fleet.over_time(device, at):
                await out.send(device, records)
                outcome.history += len(records)
                outcome.sent += len(records)
            if on_progress is not None:
                on_progress(out.acknowledged, len(grid) * fleet.size)
    await out.settle()
    if on_progress is not None:
        on_progress(out.acknowledged, outcome.history)


async def send_live(
    fleet: Fleet,
    out: Sender,
    interval_s: float,
    duration_s: float | None,
    outcome: Outcome,
    on_live: Callable[[Outcome], None] | None = None,
    commanded: Commanded | None = None,
) -> None:
    """One record of each device an interval, as commanded, until cancelled or for `duration_s`; then settles."""
    loop = asyncio.get_running_loop()
    groups = np.array_split(np.arange(fleet.size), max(1, min(fleet.size, int(interval_s / SHORTEST_PAUSE_S))))
    due = reported = loop.time()
    ends = None if duration_s is None else due + duration_s
    before = out.acknowledged, out.refused
    start = outcome.acknowledged, outcome.refused
    while True:
        for group in groups:
            if ends is not None and loop.time() >= ends:
                await out.settle()
                return
            for device, record in fleet.at_one_time(group, time.time_ns() // 1_000):
                if out.offer(device, commanded.applied(device, record) if commanded is not None else record):
                    outcome.sent += 1
                else:
                    outcome.not_sent += 1
            due = max(due + interval_s / len(groups), loop.time() - interval_s)  # what was missed is not made up for
            await asyncio.sleep(max(due - loop.time(), 0))
            if on_live is not None and loop.time() - reported >= 1.0:
                reported = loop.time()
                outcome.acknowledged = start[0] + out.acknowledged - before[0]
                outcome.refused = start[1] + out.refused - before[1]
                on_live(outcome)


async def _with(out: Sender, outcome: Outcome, work: Awaitable[None]) -> None:
    """Do the work with an open sender; count what became of its records even when cancelled."""
    acknowledged, refused = outcome.acknowledged, outcome.refused
    try:
        await out.open()
        await work
    finally:
        outcome.acknowledged = acknowledged + out.acknowledged
        outcome.refused = refused + out.refused
        outcome.last_refusal = out.last_refusal or outcome.last_refusal
        await out.close()


def _require(kind: str, devices: int, interval_s: float) -> None:
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r} to simulate; there are: {', '.join(KINDS)}")
    if not 1 <= devices <= 50_000:
        raise ValueError(f"{devices} devices; 1 to 50,000 can be simulated")
    if not interval_s >= 0.01:
        raise ValueError(f"an interval of {interval_s} s; the shortest is 0.01 s")
