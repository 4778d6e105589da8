"""What a rule would have done in the past: 90 days of a reading a minute of 100 series, with advice on delay and deadband.

Each series swings through the day with noise, so that it flutters about its limit: what the simulator is for. `from columns` is
the reckoning alone; `from the store` also reads the 13 million readings, as the simulator does for a person who waits.
"""

import tempfile
import time
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import numpy as np

from bench.report import Report, at_most
from calha.domain.alarm_rule_reader import read_rule
from calha.domain.readings import Batch
from calha.domain.times import DAY_US, MINUTE_US
from calha.store.telemetry import Telemetry
from calha.watch.alarms.checks import Check, Key
from calha.watch.alarms.past import in_parts
from calha.watch.alarms.replay import Track
from calha.watch.alarms.simulation import simulate

SERIES = 100
DAYS = 90
BEGIN = 1_760_313_600_000_000
SEED = 20_261
RULE = {"signal": {"kind": "value", "channel": "a"}, "limits": {"hi": 115}}


def tracks() -> list[Track]:
    source = np.random.default_rng(SEED)
    minute = np.arange(DAYS * 1_440)
    at, quality = BEGIN + minute * MINUTE_US, np.zeros(len(minute), np.uint8)
    swing = [20 * np.sin(2 * np.pi * (minute / 1_440 + source.random())) for _ in range(SERIES)]
    return [Track(at, np.round(100 + one + source.normal(size=len(minute)), 2), quality) for one in swing]


def checks() -> list[Check]:
    rule = read_rule(RULE)
    return [Check(Key(1, "hi", f"device-{one}"), rule, rule.limits[0], (one,), UTC) for one in range(SERIES)]


def stored(found: Sequence[Track], folder: Path) -> Telemetry:
    """All of it in a store, a day at a time, compacted as it is after the days have passed."""
    telemetry = Telemetry.open(folder)
    for day in range(DAYS):
        part = slice(day * 1_440, (day + 1) * 1_440)
        at = np.tile(found[0].at[part], SERIES)
        series = np.repeat(np.arange(SERIES, dtype=np.int32), 1_440)
        value = np.concatenate([one.value[part] for one in found])
        telemetry.write(Batch(series, at, value, np.zeros(len(at), np.uint8), at), day + 1)
    telemetry.compact(BEGIN + (DAYS + 30) * DAY_US)
    return telemetry


def main() -> int:
    report = Report("rules", {"days": DAYS, "series": SERIES, "readings": DAYS * 1_440 * SERIES})
    found, watched, until = tracks(), checks(), BEGIN + DAYS * DAY_US
    began = time.perf_counter()
    simulation = simulate([(check, [track]) for check, track in zip(watched, found, strict=True)], BEGIN, until)
    report.result("from columns, with advice", time.perf_counter() - began, "s", at_most(2))
    with tempfile.TemporaryDirectory() as folder:
        telemetry = stored(found, Path(folder))
        began = time.perf_counter()
        simulate(in_parts(telemetry, [(check, check.inputs) for check in watched], BEGIN, until), BEGIN, until)
        report.result("from the store, with advice", time.perf_counter() - began, "s", at_most(2))
        telemetry.close()
    report.result("alarms", simulation.alarms, "")
    report.details["cures"] = [
        {"setting": one.setting, "value": one.value, "alarms": one.alarms} for one in simulation.cures
    ]
    return report.finish()
