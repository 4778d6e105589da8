"""A registry and a telemetry store with meters in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from calha.domain.readings import Batch
from calha.metering.counting import Counting
from calha.metering.metering import Metering
from calha.metering.meters import Meter, Meters
from calha.store.metering import RegisterStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from registries import lay_empty_registry

PROFILE = """
name: meter
title: {pt: Medidor, en: Meter}
description: {pt: Medidor de teste, en: A meter for tests}
interval_s: INTERVAL
channels:
  - key: total
    name: {pt: Total, en: Total}
    kind: counter
    unit: m³
    register: {digits: 5, max_flow: 50, resolution: 0.1}
    validation: [RULES]
  - {key: flow, name: {pt: Vazão, en: Flow}, unit: L/s}
  - {key: level, name: {pt: Nível, en: Level}, unit: m}
  - {key: behind, name: {pt: Nível a jusante, en: Level behind}, unit: cm}
"""


@dataclass
class Plant:
    registry: Registry
    telemetry: Telemetry
    registers: RegisterStore
    seq: int = 0
    now: int = 1_800_000_000_000_000

    @property
    def metering(self) -> Metering:
        return Metering.over(self.registry, self.telemetry, self.publish, lambda: self.now, has_retention=True)

    async def publish(self, batch: Batch) -> None:
        """What Calha makes itself, straight into the store."""
        self.seq += 1
        self.telemetry.write(batch, self.seq)

    @property
    def meters(self) -> Meters:
        return self.metering.meters

    @property
    def counting(self) -> Counting:
        return self.metering.counting

    def device(self, key: str, interval_s: float = 900, rules: str = "{}") -> None:
        """A device of a profile that reports that often, with rules for its register."""
        name = f"meter_{interval_s:g}"
        text = PROFILE.replace("name: meter\n", f"name: {name}\n", 1).replace("INTERVAL", str(interval_s))
        text = text.replace("RULES", rules)
        self.registry.save_profile(text)
        self.registry.create_device(key, name, self.registry.sites()[0].id)

    def meter(self, key: str = "m1", channel: str = "total") -> Meter:
        return self.metering.meters.meter(key, channel)

    def send(self, at, value, key: str = "m1", channel: str = "total", quality=None, arrived_at=None) -> None:
        series = next(one.series for one in self.registry.device(key).channels if one.key == channel)
        count = len(at)
        self.seq += 1
        batch = Batch(
            np.full(count, series, np.int32),
            np.asarray(at, np.int64),
            np.asarray(value, np.float64),
            np.zeros(count, np.uint8) if quality is None else np.asarray(quality, np.uint8),
            np.asarray(at if arrived_at is None else arrived_at, np.int64),
        )
        self.telemetry.write(batch, self.seq)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    registry = Registry.open(lay_empty_registry(tmp_path))
    registry.create_site("Companhia", None, "America/Sao_Paulo")
    telemetry = Telemetry.open(tmp_path / "telemetry")
    yield Plant(registry, telemetry, RegisterStore(registry.engine))
    telemetry.close()
    registry.close()
