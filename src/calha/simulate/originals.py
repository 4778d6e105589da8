"""Devices of replaced systems, simulated as their own programs speak: on the wire they know nothing of Calha.

    coiot        electricity meters: a TCP dialogue, one report after the other
    sensorflow   CIP stations: a POST on a connection of its own, of the newest firmware and of the Wi-Fi generation in turns
    eta          the gateway of ETA flow, of which there is one: MQTT, a reading of both flows a minute
    hidrometro   water meters: MQTT with total and flow; they obey `reset`, `simulate`, `simSetFlow` and `simOff`
    databutcher  machines: MQTT for states and commands, a POST a reading while they are started

A device measures what its kind does here (see `signals`), waits for each answer, and connects again for ever after a cut.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from calha.simulate.fleet import Fleet
from calha.simulate.http_client import HttpConnection
from calha.simulate.mqtt import MqttLink
from calha.simulate.signals import KINDS

log = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 60.0
PAUSE_S = 2.0
READ_BYTES = 4_096
ZONE = ZoneInfo("America/Sao_Paulo")  # of simulated sites
FAMILY = "hidrometro/leandro"

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Where:
    """mqtt_port: of machines, whose readings take `port`. codes: of machines."""

    host: str
    port: int
    mqtt_port: int = 1883
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Told:
    """Readings that were answered, and why the last connection ended."""

    answered: int = 0
    cut_off: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    number: int
    fleet: Fleet
    interval_s: float
    told: Told = field(compare=False)

    def now(self) -> Values:
        at = time.time_ns() // 1_000
        return next((record["values"] for _, record in self.fleet.at_one_time(np.array([self.number]), at)), {})

    async def readings(self) -> AsyncIterator[Values]:
        """What it measures, each interval; it does not make up for what it missed."""
        while True:
            yield self.now()
            await asyncio.sleep(self.interval_s)


Speak = Callable[[Where, Device], Awaitable[None]]


async def run(
    kinds: Mapping[str, Where], devices: int, interval_s: float, duration_s: float | None = None
) -> Mapping[str, Told]:
    """`devices` of each kind, until cancelled, or for `duration_s`."""
    told = {kind: Told() for kind in kinds}
    with suppress(TimeoutError):
        async with asyncio.timeout(duration_s), asyncio.TaskGroup() as group:
            for kind, where in kinds.items():
                signal, speak = ORIGINALS[kind]
                fleet = Fleet(KINDS[signal], devices, kind)
                for number in range(1 if kind == "eta" else devices):
                    group.create_task(_for_ever(speak, where, Device(number, fleet, interval_s, told[kind])))
    return told


async def _for_ever(speak: Speak, where: Where, device: Device) -> None:
    while True:
        try:
            await speak(where, device)
        except (OSError, EOFError, TimeoutError) as error:
            told = device.told
            told.cut_off += 1
            told.why = str(error) or type(error).__name__
            level = logging.WARNING if told.cut_off == 1 and told.answered == 0 else logging.DEBUG
            log.log(
                level, "%s device %d was cut off, and tries again: %s", device.fleet.prefix, device.number + 1, told.why
            )
        await asyncio.sleep(PAUSE_S)


async def coiot_meter(where: Where, device: Device) -> None:
    """It counts from zero, as whenever one is switched on; whose number is known there goes on with it, or asks for one."""
    reader, writer = await asyncio.open_connection(where.host, where.port)

    async def ask(said: str) -> str:
        writer.write(said.encode())
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return _some(await reader.read(READ_BYTES)).decode()

    try:
        meter, first = str(device.number + 1), device.now()["energy"]
        if "true" not in await ask(f"GET /measurer/{meter} HTTP/1.1\r\nHost: {where.host}\r\n\r\n"):
            meter = await ask('{"id": 0}')
        async for values in device.readings():
            at = datetime.now(ZONE).strftime("%Y-%m-%d %H:%M:%S")
            report = {"id": meter, "consumption": round(values["energy"] - first, 3), "datetime": at, "type": "/spent"}
            await ask(json.dumps(report))
            device.told.answered += 1
    finally:
        writer.close()


async def sensorflow_station(where: Where, device: Device) -> None:
    is_wifi = device.number % 2 == 1
    async for values in device.readings():
        temperature, pressure = values["temperature"], 100 * values["pressure"] + 913
        if is_wifi:
            path = "/api/temperature_reading"
            body = f'{{"temperature":{temperature:.2f}, "humidity":"55.00", "pressure":"{pressure:.2f}", '
            body += f'"sensor_id":"e66138528372{device.number:04x}"}}'
        else:
            path = "/api/sensor_data"
            body = f'{{"temperature":{temperature:.2f},"pressure":{pressure:.2f},'
            body += f'"concentration":{values["concentration"]:.2f}, "flow":{values["flow"]:.2f}}}'
        reader, writer = await asyncio.open_connection(where.host, where.port)
        head = f"POST {path} HTTP/1.1\r\nHost: {where.host}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            answer = _some(await reader.read())
        writer.close()
        device.told.answered += answer.startswith(b"HTTP/1.1 201")


async def eta_gateway(where: Where, device: Device) -> None:
    link, last = MqttLink(where.host, where.port, "raspberry", "tcc/monitoramento", window=1), ""
    await link.open()
    try:
        async for values in device.readings():
            at = datetime.now(ZONE).strftime("%Y-%m-%dT%H:%M:00")
            if at == last:
                continue
            last, flows = at, {"VAZAO_SAIDA1": values["flow_1"], "VAZAO_SAIDA2": values["flow_2"]}
            await link.send(json.dumps([{"timestamp": at, "valores": flows, "falha": False}]).encode(), 1)
            await link.settle()
            device.told.answered += 1
    finally:
        await link.close()


async def hidrometro_meter(where: Where, device: Device) -> None:
    meter = _Meter(device.now()["total"])
    link = _CommandedLink(where, f"hidrometro-a4cf12{device.number:02x}", FAMILY, "dados", "cmd", meter.obey)
    await link.open()
    try:
        async for values in device.readings():
            reading = meter.measure(values["total"], values["flow"])
            await link.send(json.dumps({"ts": time.time_ns() // 10**9} | reading).encode(), 1)
            await link.settle()
            device.told.answered += 1
    finally:
        await link.close()


async def databutcher_machine(where: Where, device: Device) -> None:
    code = where.codes[device.number]
    state = {"state": "parada" if device.number % 2 else "iniciada"}

    def obey(order: Mapping[str, Any]) -> None:
        state["state"] = {"start": "iniciada", "stop": "parada"}.get(str(order.get("comando")), state["state"])

    link = _CommandedLink(where, f"ESP32_DATABUTCHER_{code[-6:]}", f"maquinas/{code}", "status", "comandos", obey)
    await link.open()
    http = HttpConnection(where.host, where.port)
    try:
        async for values in device.readings():
            await link.send(json.dumps(state).encode(), 1)
            if state["state"] != "iniciada":
                continue
            named = {"tensao": "voltage", "vibracao": "vibration", "temperatura": "temperature", "rpm": "rpm"}
            body = {"maquina_id": code} | {name: values[channel] for name, channel in named.items()}
            answer = await http.request("POST", "/api/sensor-data", json.dumps(body).encode())
            device.told.answered += answer.status in (200, 201)
    finally:
        http.close()
        await link.close()


class _Meter:
    """A water meter that can be told to begin anew, and to count water that does not flow."""

    def __init__(self, litres: float) -> None:
        self._began = self._last = litres
        self._counted = litres
        self._simulated: float | None = None
        self._at = time.monotonic()

    def obey(self, order: Mapping[str, Any]) -> None:
        action = order.get("action")
        if action == "reset":
            self._counted = 0.0
        elif action in ("simulate", "simSetFlow"):
            self._simulated = float(order.get("value", 8.0))
        elif action in ("simOff", "simulateOff"):
            self._simulated = None

    def measure(self, litres: float, flow_l_min: float) -> Values:
        """litres, flow_l_min: what really flows."""
        now = time.monotonic()
        more = litres - self._last if self._simulated is None else self._simulated * (now - self._at) / 60
        self._last, self._at = litres, now
        self._counted += more
        flow = flow_l_min if self._simulated is None else self._simulated
        return {"totalLiters": round(self._counted, 3), "flowLmin": round(flow, 3)}


class _CommandedLink(MqttLink):
    """Without a password, with topics of its own below `base`."""

    def __init__(
        self, where: Where, client_id: str, base: str, says: str, hears: str, obey: Callable[[Mapping[str, Any]], None]
    ) -> None:
        port = where.mqtt_port if where.codes else where.port
        super().__init__(where.host, port, client_id, f"{base}/{says}", window=1)
        self._commands = f"{base}/{hears}"
        self._on_command = lambda _, order: obey(order)


def _some(answer: bytes) -> bytes:
    """Raises ConnectionResetError when there is none."""
    if not answer:
        raise ConnectionResetError("the server ended the connection")
    return answer


ORIGINALS: Mapping[str, tuple[str, Speak]] = {
    "coiot": ("energy-meter", coiot_meter),
    "sensorflow": ("cip", sensorflow_station),
    "eta": ("water-flow", eta_gateway),
    "hidrometro": ("water-meter", hidrometro_meter),
    "databutcher": ("machine", databutcher_machine),
}
