"""The replaced systems that the configuration switches on: what they need of Calha, and their jobs for the supervisor.

Each is imported where it is switched on; all of them take a tenth of a start.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calha.accounts.gatekeeper import Guest
from calha.config.compat import CompatSection
from calha.domain.dialects import Dialect
from calha.ingest.mqtt import Translate, untranslated
from calha.ingest.routes import Route

if TYPE_CHECKING:  # a gateway has neither
    from calha.compat.ground import Ground
    from calha.store.registry import Registry

Job = Callable[[Callable[[], None]], Awaitable[None]]


@dataclass(frozen=True)
class Parts:
    """jobs: for the supervisor, by name. dialects: of devices with topics of their own, whose messages `translate` reads."""

    jobs: Sequence[tuple[str, Job]]
    dialects: Sequence[Dialect]
    translate: Translate


def prepare(section: CompatSection, registry: "Registry") -> None:
    """Make what must be there before the first message is read. Raises InvalidConfiguration."""
    if section.eta.enabled:
        from calha.compat.eta import place

        place.prepare(section.eta, registry)


def routes(section: CompatSection) -> list[Route]:
    """MQTT topics that are not Calha's own."""
    if not section.eta.enabled:
        return []
    from calha.compat.eta import place

    return place.routes(section.eta)


def guests(section: CompatSection) -> list[Guest]:
    """MQTT clients that keep their user names and passwords."""
    if not section.eta.enabled:
        return []
    from calha.compat.eta import place

    return place.guests(section.eta)


def heard_topics(section: CompatSection) -> tuple[str, ...]:
    """Filters of the MQTT topics on which devices speak beside Calha's own."""
    routed = tuple(route.filter for route in routes(section))
    if not section.databutcher.enabled:
        return routed
    from calha.compat.databutcher.dialect import STATUS_FILTERS

    return (*routed, *STATUS_FILTERS)


def said_topics(section: CompatSection) -> tuple[str, ...]:
    """Filters of those on which Calha speaks to them."""
    if not section.databutcher.enabled:
        return ()
    from calha.compat.databutcher.dialect import COMMANDS_FILTER

    return (COMMANDS_FILTER,)


def parts(section: CompatSection, ground: "Ground") -> Parts:
    jobs = list(_listeners(section, ground))
    if not section.databutcher.enabled:
        return Parts(jobs, (), untranslated)
    from calha.compat.databutcher.parts import DataButcher

    databutcher = DataButcher(section.databutcher, ground)
    jobs += [("databutcher", databutcher.listen), ("databutcher machines", databutcher.follow)]
    return Parts(jobs, (databutcher.dialect,), databutcher.dialect.read)


def _listeners(section: CompatSection, ground: "Ground") -> Iterator[tuple[str, Job]]:
    base = ground.registry, ground.ingest, ground.telemetry, ground.clock
    if section.coiot.enabled:
        from calha.compat.coiot import Coiot, CoiotOptions

        coiot = CoiotOptions(**section.coiot.model_dump(exclude={"enabled"}))
        yield "coiot", Coiot(coiot, *base).run
    if section.sensorflow.enabled:
        from calha.compat.sensorflow import SensorFlow, SensorFlowOptions

        given = section.sensorflow.model_dump(exclude={"enabled", "key", "live_key"})
        key, live_key = section.sensorflow.key.get_secret_value(), section.sensorflow.live_key.get_secret_value()
        sensorflow = SensorFlowOptions(**given, key=key, live_key=live_key)
        yield "sensorflow", SensorFlow(sensorflow, *base, ground.newer).run
    if section.hidrometro.enabled:
        from calha.compat.hidrometro import parts as hidrometro

        yield from hidrometro.jobs(section.hidrometro, ground)
    if section.eta.enabled:
        from calha.compat.eta.api import EtaApi

        yield "eta", EtaApi.on(section.eta, ground).run
