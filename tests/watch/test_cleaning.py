"""Cleanings of a station that tells its step only when it changes; and seals of reports made before such steps counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from calha.domain.cip_seal import checked, seal
from calha.domain.quality import Quality
from calha.domain.readings import Batch
from calha.domain.times import HOUR_US, MINUTE_US, SECOND_US
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from calha.watch.cleaning import cleanings, judged_now_or_before
from registries import lay_empty_registry

BEGIN = 1_767_225_600 * SECOND_US
STEPS = ((1, 4, 30.0, 0.2), (2, 17, 75.0, 70.0), (5, 4, 28.0, 0.2), (0, 30, 24.0, 0.2))  # code, minutes, °C, mS/cm
KEY, BY = b"key", "maria"
SEALED_BEFORE = (  # of a cleaning whose step was told each minute, when a step counted for 15 s
    "621c24fd 5a501030 68a0dd19 62bf1b93 40273afc 783ae45d 8f1801af 34ee44f3 b8618ef1 334988ac b2b2da17 83176f8e"
)


@dataclass
class Station:
    registry: Registry
    telemetry: Telemetry

    @property
    def entry(self):
        return self.registry.directory().devices["cip-1"]

    @property
    def declared(self):
        return next(one.cleaning for one in self.registry.profiles() if one.name == "cip_station")

    def clean(self, begin: int, *, repeats_s: int | None = None, flow: float = 12.0) -> None:
        """A cleaning after two idle hours; its step is told when it changes, and each so many seconds."""
        since = begin - 8 * HOUR_US
        self._send("phase", [(one, 0.0) for one in _told(since, begin, repeats_s)])
        idle = [(begin - round(minute * MINUTE_US), 24.0) for minute in range(120, 0, -1)]
        self._send("temperature", idle)
        at = begin
        for code, minutes, warm, strong in STEPS:
            until = at + minutes * MINUTE_US
            self._send("phase", [(one, float(code)) for one in _told(at, until, repeats_s)])
            times = range(at + SECOND_US, until, 10 * SECOND_US)
            for key, value in (("temperature", warm), ("conductivity", strong), ("flow", flow if code else 0.0)):
                self._send(key, [(one, value) for one in times])
            at = until

    def _send(self, key, readings) -> None:
        series = self.entry.channels[key].series
        at = [one for one, _ in readings]
        batch = Batch.of([series] * len(at), at, [value for _, value in readings], [0] * len(at), at)
        self.telemetry.write(batch, self.telemetry.committed_seq + 1)


def _told(from_: int, until: int, repeats_s: int | None) -> Sequence[int]:
    return range(from_, until, repeats_s * SECOND_US) if repeats_s is not None else [from_]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    registry = Registry.open(lay_empty_registry(tmp_path))
    site = registry.create_site("Laticínio", None, "America/Sao_Paulo").id
    registry.create_device("cip-1", "cip_station", site)
    telemetry = Telemetry.open(tmp_path / "telemetry")
    yield Station(registry, telemetry)
    telemetry.close()
    registry.close()


def test_a_step_lasts_until_the_next_is_told(station):
    station.clean(BEGIN)
    (found,) = cleanings(station.telemetry, station.entry, station.declared, BEGIN - HOUR_US, BEGIN + HOUR_US)
    assert found.judgement.verdict == "passed"
    assert (found.from_, found.until) == (BEGIN, BEGIN + 25 * MINUTE_US)
    assert [(one.kind, one.duration_s) for one in found.judgement.evidence] == [
        ("pre_rinse", 240.0),
        ("caustic", 17 * 60.0),
        ("final_rinse", 240.0),
    ]


def test_a_measured_value_does_not_last(station):
    station.clean(BEGIN)
    at = BEGIN + 10 * MINUTE_US
    series = [station.entry.channels[key].series for key in ("temperature", "conductivity")]
    for one in series:  # nobody knows them for two minutes; the flow goes on
        times = range(at + SECOND_US, at + 2 * MINUTE_US, 10 * SECOND_US)
        unknown = Batch.of([one] * len(times), times, [float("nan")] * len(times), [Quality.BAD] * len(times), times)
        station.telemetry.write(unknown, station.telemetry.committed_seq + 1)
    (found,) = cleanings(station.telemetry, station.entry, station.declared, BEGIN - HOUR_US, BEGIN + HOUR_US)
    assert found.judgement.verdict == "inconclusive"


def test_a_report_that_was_sealed_before_steps_lasted_is_still_what_was_measured(station):
    station.clean(BEGIN, repeats_s=60)
    asked = station.telemetry, station.entry, station.declared, BEGIN - HOUR_US, BEGIN + HOUR_US
    now, before = judged_now_or_before(*asked)
    about = "cip-1", now.from_, now.until, now.judgement
    assert checked(seal(*about, BY, KEY), BY, KEY, *about) == "holds"
    assert checked(SEALED_BEFORE, BY, KEY, *about) == "changed"
    assert checked(SEALED_BEFORE, BY, KEY, "cip-1", before.from_, before.until, before.judgement) == "holds"
