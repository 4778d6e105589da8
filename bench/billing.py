"""A month of many contracts: how fast a billing run issues their invoices, with what memory, and how fast pages are drawn.

`calha up` runs on a folder with water meters that reported through the month, each with a customer and a contract by a tariff
with blocks, fixed parts and sewage. The run is begun and followed over HTTP as a browser does it. Afterwards all numbers must
follow each other, each contract must have one invoice, and some must be the same to the last byte when computed anew.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import numpy as np
from sqlalchemy import insert, select

from bench.processes import cpu_s
from bench.report import Report, at_least, at_most
from bench.run import Resources
from bench.server import HOST, Server
from calha.domain.readings import Batch
from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US, SECOND_US, to_micros
from calha.store.billing import Customers, Tariffs
from calha.store.billing.models import Contract, Customer, Invoice
from calha.store.registry import Registry
from calha.store.registry.models import Device
from calha.store.registry.rows import NewDevice
from calha.store.telemetry import Telemetry

ZONE = ZoneInfo("America/Sao_Paulo")
TARIFF = "agua_fixa_copasa"
PROFILE = """
name: billed_meter
title: {pt: Medidor, en: Meter}
description: {pt: Hidrômetro com bateria, en: A water meter with a battery}
interval_s: INTERVAL
channels:
  - {key: total, name: {pt: Volume, en: Volume}, kind: counter, unit: L, register: {max_flow: 3000}}
"""
ROWS_A_COMMIT = 200_000
ROWS_AT_ONCE = 5_000
MARGIN_DAYS = 2  # of readings before and behind the month
SEED = 20_261
LOOK_EVERY_S = 0.5


def last_month() -> tuple[date, date]:
    """Its first day, and the first day behind it."""
    until = datetime.now(ZONE).date().replace(day=1)
    return (until - timedelta(days=1)).replace(day=1), until


def fill(folder: Path, contracts: int, interval_s: int) -> int:
    """Meters, customers, contracts, and the readings of last month; how many readings."""
    registry = Registry.open(f"sqlite:///{folder / 'registry.sqlite'}")
    telemetry = Telemetry.open(folder / "telemetry")
    try:
        site = registry.create_site("Cidade", None, str(ZONE)).id
        registry.save_profile(PROFILE.replace("INTERVAL", str(interval_s)))
        keys = [f"meter-{number:06d}" for number in range(contracts)]
        registry.create_devices([NewDevice(key, "billed_meter", key) for key in keys], site)
        contract_all(registry, site)
        series = [entry.channels["total"].series for entry in registry.directory().devices.values()]
        seq = 0
        for seq, batch in enumerate(readings(series, interval_s), 1):
            telemetry.write(batch, seq)
        telemetry.compact(time.time_ns() // 1_000)
        return telemetry.statistics().rows_hot + telemetry.statistics().rows_cold
    finally:
        telemetry.close()
        registry.close()


def contract_all(registry: Registry, site: int) -> None:
    """A customer and a contract for each device, straight into the tables, and whoever issues their invoices."""
    engine = registry.engine
    issuer = {"name": "Companhia Exemplo", "city": "Olinda", "pix_key": "11222333000181", "company": "0138"}
    Customers(engine).set_issuer(site, **dict.fromkeys(("document", "address", "email"), ""), **issuer)
    tariff = read_tariff((files("calha.tariffs") / f"{TARIFF}.yaml").read_text())
    Tariffs(engine).save(tariff, "bench")
    blank = {"document": "12345678909", "email": "", "address": "Rua das Flores, 12", "city": "Olinda"}
    blank |= {"language": "pt-BR", "person_id": None, "site_id": site, "created_at": datetime.now(UTC)}
    terms = {"channel": "total", "tariff": TARIFF, "from_day": date(2020, 1, 1), "until_day": None, "contracted": "0"}
    terms |= {"cycle_day": 1, "due_days": 10, "reactive_channel": None}
    with engine.execution_options(writes=True).begin() as connection:
        devices = list(connection.execute(select(Device.id).order_by(Device.id)).scalars())
        for start in range(0, len(devices), ROWS_AT_ONCE):
            part = range(start, min(start + ROWS_AT_ONCE, len(devices)))
            connection.execute(insert(Customer), [blank | {"id": n + 1, "name": f"Cliente {n}"} for n in part])
            own = [
                {"number": f"C-{n:06d}", "customer_id": n + 1, "device_id": devices[n], "dwellings": 1 + n % 10 // 9}
                for n in part
            ]
            connection.execute(insert(Contract), [terms | one for one in own])


def readings(series: Sequence[int], interval_s: int) -> Iterator[Batch]:
    """What all registers show, in the order of time; each meter reports at a moment of its own."""
    source = np.random.default_rng(SEED)
    month, until = (to_micros(datetime.combine(day, datetime.min.time(), ZONE)) for day in last_month())
    grid = np.arange(month - MARGIN_DAYS * DAY_US, min(until + MARGIN_DAYS * DAY_US, _now()), interval_s * SECOND_US)
    numbers = np.asarray(series, np.int32)
    own = source.integers(0, interval_s, len(numbers)) * SECOND_US
    litres_a_step = source.gamma(2.0, 7.5, len(numbers)) * 1_000 / 30 * interval_s / 86_400  # about 15 m³ a month
    register = source.integers(10_000, 900_000, len(numbers)).astype(np.float64)
    at_once = max(1, ROWS_A_COMMIT // len(numbers))
    for first in range(0, len(grid), at_once):
        steps = grid[first : first + at_once]
        grown = np.cumsum(source.exponential(1.0, (len(steps), len(numbers))) * litres_a_step, axis=0) + register
        register = grown[-1]
        at = (steps[:, None] + own[None, :]).ravel()
        order = np.argsort(at, kind="stable")
        at, value = at[order], np.floor(grown).ravel()[order]
        yield Batch(np.tile(numbers, len(steps))[order], at, value, np.zeros(len(at), np.uint8), at + SECOND_US)


async def bill(report: Report, server: Server, contracts: int) -> None:
    """The run, over HTTP, and what the server takes for it."""
    month = f"{last_month()[0]:%Y-%m}"
    async with client_of(server) as client:
        started, used_s = time.perf_counter(), cpu_s(server.pid)
        async with Resources(server) as resources:
            run = await run_through(client, month)
        passed_s, used_s = time.perf_counter() - started, cpu_s(server.pid) - used_s
        again = await run_through(client, month)
    report.result("the run", passed_s, "s", at_most(300) if contracts >= 100_000 else None)
    report.result("contracts billed", run["issued"] / passed_s, "contracts/s", at_least(100_000 / 300))
    report.result("server during it", used_s / passed_s, "cores")
    report.result("most memory of all processes", resources.peak_pss_bytes / 1e6, "MB", at_most(1_000))
    report.result("contracts without an invoice", contracts - run["issued"], "", at_most(0))
    report.result("issued by a second run", again["issued"], "", at_most(0))
    report.details["run"] = run


async def run_through(client: httpx.AsyncClient, month: str) -> dict[str, Any]:
    """Begin a run and look at it until it has ended."""
    run: dict[str, Any] = (await client.post("/billing-runs", json={"month": month})).raise_for_status().json()
    while run["state"] == "running":
        await asyncio.sleep(LOOK_EVERY_S)
        run = (await client.get(f"/billing-runs/{run['id']}")).raise_for_status().json()
    return run


async def draw(report: Report, server: Server, asked: int, clients: int) -> None:
    """Pages of invoices, each drawn when it is asked for."""
    async with client_of(server) as client:
        page = (await client.get(f"/invoices?limit={asked}")).raise_for_status().json()
        numbers = [one["number"] for one in page["items"]]
        await client.get(f"/invoices/{numbers[0]}/pdf")
        waiting, times = iter(numbers), []

        async def one_after_the_other() -> None:
            for number in waiting:
                began = time.perf_counter()
                answer = (await client.get(f"/invoices/{number}/pdf")).raise_for_status()
                assert answer.content.startswith(b"%PDF")
                times.append((time.perf_counter() - began) * 1_000)

        started = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(clients)))
        passed_s = time.perf_counter() - started
        checked = numbers[:: max(1, len(numbers) // 20)]
        answers = [await client.get(f"/invoices/{number}/verification") for number in checked]
        wrong = sum(not answer.raise_for_status().json()["holds"] for answer in answers)
    report.result("pages drawn", len(numbers) / passed_s, "PDF/s", at_least(20))
    report.result("a page, p95", float(np.percentile(times, 95)), "ms")
    report.result("invoices that are another when computed anew", wrong, "", at_most(0))


def holes(folder: Path) -> int:
    """Numbers that are missing or given twice, and contracts with more than one invoice."""
    registry = Registry.open(f"sqlite:///{folder / 'registry.sqlite'}")
    try:
        with registry.engine.connect() as connection:
            rows = connection.execute(select(Invoice.number, Invoice.contract_id)).all()
    finally:
        registry.close()
    numbers = sorted(int(row.number.partition("-")[2]) for row in rows)
    doubled = len(rows) - len({row.contract_id for row in rows})
    return doubled + len(set(numbers) ^ set(range(1, len(rows) + 1)))


def client_of(server: Server) -> httpx.AsyncClient:
    headers: dict[str, Any] = {"Authorization": f"Bearer {server.key}"}
    return httpx.AsyncClient(base_url=f"http://{HOST}:{server.http_port}/api/v1", headers=headers, timeout=600)


def _now() -> int:
    return time.time_ns() // 1_000


async def main() -> int:
    parser = argparse.ArgumentParser(prog="bench billing", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--contracts", type=int, default=100_000)
    parser.add_argument("--interval-s", type=int, default=21_600, help="between the readings of a meter")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--clients", type=int, default=2, help="that ask for pages at the same time")
    arguments = parser.parse_args()
    report = Report(
        "billing", workload=vars(arguments) | {"tariff": TARIFF}, durability="registry: fsync a page of contracts"
    )
    async with Server("disk") as server:
        started = time.perf_counter()
        count = await asyncio.to_thread(fill, server.folder, arguments.contracts, arguments.interval_s)
        report.details["filled"] = {"readings": count, "seconds": time.perf_counter() - started}
        report.result("readings", count)
        report.result("start to healthy", await server.start(), "s")
        await bill(report, server, arguments.contracts)
        await draw(report, server, min(arguments.pages, arguments.contracts, 500), arguments.clients)
        await server.stop()
        report.result("numbers missing or doubled", await asyncio.to_thread(holes, server.folder), "", at_most(0))
    return report.finish()
