"""Months of many registers: how fast they are counted for bills, checked by the rules of validation, and shown for one meter.

The readings of `bench history` (a quarter of an hour apart, three decimals) are counted inside one process, as a billing run
and the validator do it, on the real stores. Every meter's days must add up to its register's difference.
"""

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from bench.history import STEP_US, Year
from bench.report import Report, at_most
from calha.domain.calendars import Calendar, Step
from calha.domain.readings import Batch
from calha.domain.times import DAY_US
from calha.metering.metering import Metering
from calha.metering.meters import Meter
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

ROWS_A_COMMIT = 60_000
PROFILE = """
name: quarter_meter
title: {pt: Medidor, en: Meter}
description: {pt: Medidor de quarto em quarto de hora, en: A meter that reports each quarter of an hour}
interval_s: 900
channels:
  - key: energy
    name: {pt: Energia, en: Energy}
    kind: counter
    unit: kWh
    register: {max_flow: 10000}
    validation: [{gap_minutes: 60, spike_percent: 1000, low_percent: 10, high_percent: 500, zero_days: 1, frozen_intervals: 12}]
"""
ZONE = ZoneInfo("America/Sao_Paulo")
SEED = 20_261


async def no_publishing(_: Batch) -> None:
    raise AssertionError("nothing is made from levels here")


def filled(folder: Path, meters: int, days: int) -> tuple[Registry, Telemetry, Year]:
    """Stores with that many electricity meters, whose readings end with the last whole day."""
    registry = Registry.open(f"sqlite:///{folder}/registry.sqlite")
    site = registry.create_site("Cidade", None, str(ZONE)).id
    registry.save_profile(PROFILE)
    for number in range(meters):
        registry.create_device(f"meter-{number:05d}", "quarter_meter", site)
    series = [channel.series for row in registry.devices(limit=meters).items for channel in row.channels]
    telemetry = Telemetry.open(folder / "telemetry")
    end = Calendar("1d", ZONE).containing(time.time_ns() // 1_000)[0] + STEP_US
    year = Year(series, days, end)
    at_once = max(1, ROWS_A_COMMIT // meters)
    for seq, first in enumerate(range(0, year.steps, at_once), 1):
        telemetry.write(year.batch(first, min(first + at_once, year.steps)), seq)
    telemetry.compact(end)
    return registry, telemetry, year


def count(report: Report, metering: Metering, meters: Sequence[Meter], year: Year) -> None:
    """A month of all meters by days, and by quarters of an hour as tariffs by time of use need it."""
    until = year.end - STEP_US
    month = until - 30 * DAY_US
    steps: tuple[tuple[Step, str], ...] = (("1d", "days"), ("15m", "quarters of an hour"))
    for step, name in steps:
        bounds = Calendar(step, ZONE).bounds(month, until)
        started = time.process_time()
        wrong = 0
        for found in metering.counting.of_all(meters, bounds):
            whole = found.consumption
            ends = found.ends
            assert ends[0] is not None
            assert ends[1] is not None
            difference = round((ends[1].value - ends[0].value) * 1_000)
            wrong += not whole.is_known.all() or round(float(whole.amounts().sum()) * 1_000) != difference
        passed_s = time.process_time() - started
        report.result(f"a month by {name}", len(meters) / passed_s, "meters/s of a core")
        report.result(f"meters whose {name} do not add up to the register's difference", wrong, "", at_most(0))


def show(report: Report, metering: Metering, meters: Sequence[Meter], year: Year, asked: int) -> None:
    bounds = Calendar("1d", ZONE).bounds(year.begin, year.end - STEP_US)
    times = []
    for meter in random.Random(SEED).sample(list(meters), min(asked, len(meters))):
        started = time.process_time()
        metering.counting.of(meter, bounds)
        times.append((time.process_time() - started) * 1_000)
    report.result(f"one meter's {len(bounds) - 1} days, p50", statistics.median(times), "ms of CPU")
    report.result(f"one meter's {len(bounds) - 1} days, p95", float(np.percentile(times, 95)), "ms of CPU")


def validate(report: Report, metering: Metering, meters: Sequence[Meter], year: Year) -> None:
    """The last day, of all meters, as when it is over."""
    for meter in meters:
        metering.validator.mark(meter, year.end - DAY_US // 2)
    metering.findings.advance(2**62, year.end)
    started = time.process_time()
    metering.validator.check_now()
    report.result("a day that is over, checked", len(meters) / (time.process_time() - started), "meters/s of a core")
    report.result("exceptions found", sum(metering.findings.count().values()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench consumption", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--meters", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--asked", type=int, default=50)
    arguments = parser.parse_args()
    report = Report("consumption", workload=vars(arguments) | {"interval_s": STEP_US // 1_000_000})
    folder = Path(tempfile.mkdtemp(prefix="calha-bench-"))
    try:
        registry, telemetry, year = filled(folder, arguments.meters, arguments.days)
        metering = Metering.over(registry, telemetry, no_publishing, lambda: year.end + DAY_US // 24)
        meters = metering.meters.of_devices(registry.devices(limit=arguments.meters).items)
        count(report, metering, meters, year)
        show(report, metering, meters, year, arguments.asked)
        validate(report, metering, meters, year)
        telemetry.close()
        registry.close()
    finally:
        shutil.rmtree(folder)
    return report.finish()
