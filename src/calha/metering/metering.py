"""Metering as the API and the jobs use it: its parts, made once."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from calha.domain.readings import Micros
from calha.metering.balances import Balances
from calha.metering.counting import Counting
from calha.metering.editing import Editing
from calha.metering.flumes import Flumes, Publish
from calha.metering.meters import Meters
from calha.metering.review import Review
from calha.metering.validator import Validator
from calha.metering.windows import Windows
from calha.store.metering import EditStore, FindingStore, RegisterStore
from calha.store.metering.balances import BalanceStore
from calha.store.metering.flumes import FlumeStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry


@dataclass(frozen=True)
class Metering:
    meters: Meters
    counting: Counting
    review: Review
    editing: Editing
    validator: Validator
    balances: Balances
    flumes: Flumes
    registers: RegisterStore
    edits: EditStore
    findings: FindingStore

    @classmethod
    def over(
        cls,
        registry: Registry,
        telemetry: Telemetry,
        publish: Publish,
        clock: Callable[[], Micros],
        *,
        has_retention: bool = False,
    ) -> "Metering":
        """publish: puts readings that are made from others into the log."""
        engine: Engine = registry.engine
        registers = RegisterStore(engine)
        windows = Windows(telemetry, has_retention=has_retention)
        edits, findings = EditStore(engine), FindingStore(engine)
        meters = Meters(registry, registers)
        counting = Counting(windows, registers, edits)
        return cls(
            meters,
            counting,
            Review(counting, windows, registers, clock),
            Editing(counting, edits, findings, clock),
            Validator(registry, telemetry, meters, counting, findings, clock),
            Balances(registry, meters, counting, BalanceStore(engine)),
            Flumes(registry, telemetry, FlumeStore(engine), publish, clock),
            registers,
            edits,
            findings,
        )
