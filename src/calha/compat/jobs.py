"""The replaced systems that the configuration switches on, as jobs for the supervisor."""

from collections.abc import Awaitable, Callable, Iterator

from calha.compat.coiot import Coiot, CoiotOptions
from calha.compat.sensorflow import Newer, SensorFlow, SensorFlowOptions
from calha.config import CompatSection
from calha.domain.readings import Micros
from calha.ingest.service import Ingest
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

Job = Callable[[Callable[[], None]], Awaitable[None]]


def jobs(
    section: CompatSection,
    registry: Registry,
    ingest: Ingest,
    telemetry: Telemetry,
    clock: Callable[[], Micros],
    newer: Newer,
) -> Iterator[tuple[str, Job]]:
    """(name, job) of each."""
    if section.coiot.enabled:
        coiot = CoiotOptions(**section.coiot.model_dump(exclude={"enabled"}))
        yield "coiot", Coiot(coiot, registry, ingest, telemetry, clock).run
    if section.sensorflow.enabled:
        given = section.sensorflow.model_dump(exclude={"enabled", "key", "live_key"})
        key, live_key = section.sensorflow.key.get_secret_value(), section.sensorflow.live_key.get_secret_value()
        sensorflow = SensorFlowOptions(**given, key=key, live_key=live_key)
        yield "sensorflow", SensorFlow(sensorflow, registry, ingest, telemetry, clock, newer).run
