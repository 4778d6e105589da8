"""A site with two flow sensors and a meter, over two days, for reports of all kinds."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from calha.domain.quality import Quality
from calha.domain.readings import Batch
from calha.domain.report_definitions import Definition
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.metering.metering import Metering
from calha.reports.kinds import Ground
from calha.store.alarms import AlarmStore
from calha.store.anomalies import AnomalyStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

START = 1_705_287_600_000_000  # 2024-01-15 00:00 in São Paulo
HOSTILE = '=HYPERLINK("http://evil","x") #strong[y] $x$ <&>;,'
PROFILE = """
name: plant_point
title: {pt: Ponto, en: Point}
description: {pt: Ponto de teste, en: A point for tests}
interval_s: 600
channels:
  - {key: flow, name: {pt: Vazão, en: Flow}, unit: m³/h, precision: 1}
  - {key: level, name: {pt: Nível, en: Level}, unit: m}
  - key: total
    name: {pt: Total, en: Total}
    kind: counter
    unit: m³
    register: {max_flow: 500}
"""


@dataclass
class Site:
    registry: Registry
    telemetry: Telemetry
    site_id: int
    now: int = START + 3 * DAY_US
    seq: int = 0

    @property
    def ground(self) -> Ground:
        metering = Metering.over(self.registry, self.telemetry, self.publish, lambda: self.now)
        engine = self.registry.engine
        stores = AlarmStore(engine), AnomalyStore(engine)
        return Ground(self.registry, self.telemetry, metering, *stores, lambda: self.now, b"key")

    async def publish(self, batch: Batch) -> None:
        raise AssertionError("nothing is made from levels here")

    def send(self, at, value, key: str, channel: str = "flow", quality: int | list[int] = 0) -> None:
        series = next(one.series for one in self.registry.device(key).channels if one.key == channel)
        count = len(at)
        at = np.asarray(at, np.int64)
        columns = np.full(count, series, np.int32), at, np.asarray(value, np.float64)
        qualities = np.broadcast_to(np.asarray(quality, np.uint8), count).copy()
        self.seq += 1
        self.telemetry.write(Batch(*columns, qualities, at), self.seq)

    def definition(self, **more) -> Definition:
        told = {"kind": "flow", "period": {"from": "2024-01-15", "to": "2024-01-16"}, "site_id": self.site_id}
        return msgspec.convert(told | more, Definition)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("site")
    registry = Registry.open(f"sqlite:///{folder}/registry.sqlite")
    telemetry = Telemetry.open(folder / "telemetry")
    made = Site(registry, telemetry, registry.create_site("ETA Norte", None, "America/Sao_Paulo").id)
    registry.save_profile(PROFILE)
    registry.create_device("pump-1", "plant_point", made.site_id, name="Bomba 1")
    registry.create_device("pump-2", "plant_point", made.site_id, name=HOSTILE)
    at = START + np.arange(2 * 144, dtype=np.int64) * 10 * MINUTE_US
    quality = np.zeros(len(at), np.uint8)
    quality[5], quality[6] = Quality.ESTIMATED, Quality.SENSOR_FAILURE
    value = 100 + np.arange(len(at)) % 144 / 10
    value[6] = np.nan
    made.send(at, value, "pump-1", quality=quality)
    late = at[at >= START + 3 * HOUR_US]
    made.send(late, np.full(len(late), 1234.5), "pump-2")
    made.send(at, 1_000 + np.arange(len(at)) * 0.5, "pump-1", "total")
    yield made
    telemetry.close()
    registry.close()
