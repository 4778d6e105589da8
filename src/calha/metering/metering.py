"""Metering as the API and the jobs use it: its parts, made once."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from calha.domain.readings import Micros
from calha.metering.counting import Counting
from calha.metering.meters import Meters
from calha.metering.review import Review
from calha.metering.windows import Windows
from calha.store.metering import RegisterStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry


@dataclass(frozen=True)
class Metering:
    meters: Meters
    counting: Counting
    review: Review
    registers: RegisterStore

    @classmethod
    def over(
        cls, registry: Registry, telemetry: Telemetry, clock: Callable[[], Micros], *, has_retention: bool = False
    ) -> "Metering":
        engine: Engine = registry.engine
        registers = RegisterStore(engine)
        windows = Windows(telemetry, has_retention=has_retention)
        counting = Counting(windows, registers)
        return cls(Meters(registry, registers), counting, Review(counting, windows, registers, clock), registers)
