"""The replaced systems: which of them are served, where, and whom they let in."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from calha.config.section import Port, Section, known_zone, listed


def _zone_or_site(name: str) -> str:
    return known_zone(name) if name else ""


class _CompatSystem(Section):
    """A replaced system with listeners of its own."""

    ports: ClassVar[tuple[str, ...]] = ("port",)
    enabled: bool
    host: str


class CoiotSection(_CompatSystem):
    enabled: bool = False
    """Whether COIOT electricity meters and their pages are served, without any credential."""
    host: str = "127.0.0.1"
    """Address on which they are heard."""
    port: Port = 4005
    """Port for both."""
    max_devices: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Meters that are taken at most."""
    max_connections: Annotated[int, Field(ge=1)] = 5_000
    """Connections at once."""
    zone: Annotated[str, AfterValidator(_zone_or_site)] = ""
    """Time zone of the meters' clocks (`datetime`); the one of their site when empty."""
    known_by_address: bool = True
    """Whether a meter that asks for an id gets that of the one meter of its address that is gone; not behind NAT."""


class SensorFlowSection(_CompatSystem):
    enabled: bool = False
    """Whether SensorFlow CIP stations and their clients are served."""
    host: str = "127.0.0.1"
    """Address on which they are heard."""
    port: Port = 8000
    """Port for both."""
    key: SecretStr = SecretStr("")
    """Key that stations send as X-API-Key or API-Key."""
    live_key: SecretStr = SecretStr("")
    """Key of WebSocket and event-stream clients (?api-key=…); without one nobody is let in."""
    anonymous: bool = False
    """Whether stations without a key are let in, as the newest firmware sends none."""
    max_devices: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Stations that are taken at most."""
    max_live_per_key: Annotated[int, Field(ge=0)] = 10
    """WebSockets at once for a key; 0 for no limit."""


class EtaSection(_CompatSystem):
    enabled: bool = False
    """Whether ETA flow's gateways, collector and pages are served."""
    host: str = "127.0.0.1"
    """Address on which its API is heard."""
    port: Port = 8000
    """Port of its API."""
    origins: Annotated[list[str], BeforeValidator(listed)] = ["http://localhost:4200", "http://127.0.0.1:4200"]
    """Where its pages are served from, for browsers; separated by commas in the environment."""
    site: str = ""
    """Name of the site in which its devices stand and in which its users have their roles; the first site when empty."""
    device: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "eta-1"
    """Device that its MQTT messages are readings of; made when it is not registered."""
    topics: Annotated[list[str], BeforeValidator(listed)] = ["tcc/monitoramento", "eta/dados"]
    """MQTT topics of its gateway, on Calha's own MQTT port; separated by commas in the environment."""
    mqtt_user: str = ""
    """User name with which its gateway connects (MQTT_USERNAME)."""
    mqtt_password: SecretStr = SecretStr("")
    """Password with which its gateway connects (MQTT_PASSWORD)."""
    mqtt_anonymous: bool = False
    """Whether its gateway may connect without a password, for its own topics only."""


class HidrometroSection(_CompatSystem):
    ports: ClassVar[tuple[str, ...]] = ("port", "mqtt_port", "node_port")
    enabled: bool = False
    """Whether meters, pages and clients of Hidrômetro Inteligente are served."""
    host: str = "127.0.0.1"
    """Address on which they are heard."""
    port: Port = 5000
    """Port of pages, API and Socket.IO."""
    node_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port for clients of the Node generation, 3000 as a rule; 0 for none."""
    mqtt_port: Port = 1884
    """Port on which its meters publish and are commanded. They know 1883: where one address has to serve them and Calha's
    own devices, give it to them, and another one to mqtt.port."""
    families: Annotated[list[str], BeforeValidator(listed)] = ["hidrometro", "hidrometro/leandro"]
    """Beginnings of its topics: meters publish to <family>/dados and hear <family>/cmd."""
    data_topics: Annotated[list[str], BeforeValidator(listed)] = []
    """Further topics to which meters publish (MQTT_TOPIC_DADOS), as they stand in the meters."""
    command_topics: Annotated[list[str], BeforeValidator(listed)] = []
    """Further topics on which meters hear commands (MQTT_TOPIC_CMD); none of them is one of data."""
    anonymous_meters: bool = False
    """Whether meters without a password are let in, as the firmware gives none."""
    anonymous_pages: bool = False
    """Whether pages that have not signed in see the default meter's readings, and nothing else."""
    default_serial: str = ""
    """Serial number of the meter whose readings come without one; empty for none."""
    max_devices: Annotated[int, Field(ge=0, le=100_000)] = 1_000
    """Meters that are taken at most; with 0 none is added by itself."""
    max_connections: Annotated[int, Field(ge=1)] = 5_000
    """Meters connected at once."""
    max_pages: Annotated[int, Field(ge=1)] = 500
    """Socket.IO connections at once."""
    leak_flow_l_min: Annotated[float, Field(gt=0)] = 0.2
    """Flow, in L/min, from which on water that never stops is a leak (LEAK_FLOW_THRESHOLD)."""
    leak_min_s: Annotated[float, Field(ge=0, le=86_400)] = 3_600.0
    """For how many seconds it has to flow without a break (LEAK_MIN_SECONDS); with 0 every tap is one."""

    @field_validator("command_topics")
    @classmethod
    def _of_no_data(cls, topics: list[str], known: ValidationInfo) -> list[str]:
        data = {*known.data.get("data_topics", ()), *(f"{family}/dados" for family in known.data.get("families", ()))}
        for topic in topics:
            if topic in data:
                raise ValueError(f"{topic!r} is a topic of data; commands need one of their own")
        return topics


class DataButcherSection(_CompatSystem):
    enabled: bool = False
    """Whether machines and pages of DataButcher are served: its API here, its MQTT topics on Calha's own MQTT port."""
    host: str = "127.0.0.1"
    """Address on which its API is heard."""
    port: Port = 5000
    """Port of its API."""
    pages: Path | None = None
    """Folder with its two pages (TelaInicial.html, machines.html), to be served here; without it the way to Calha's app."""
    anonymous: bool = False
    """Whether machines without a credential are heard, as its programs have none; never for a machine that has one."""
    max_devices: Annotated[int, Field(ge=1, le=2_000)] = 200
    """Machines that may speak without a credential at most."""
    messages_per_s: Annotated[float, Field(gt=0)] = 5.0
    """Messages a second that a machine without a credential may send in the long run."""
    burst_messages: Annotated[int, Field(ge=1)] = 500
    """Messages that such a machine may send at once after being quiet."""
    registration: bool = True
    """Whether people may make accounts for themselves, which see the machines that they claim and nothing else."""
    password_chars: Annotated[int, Field(ge=8, le=64)] = 8
    """Characters of the shortest password with which one registers there; easily guessed ones are refused at any length."""
    received_status: Annotated[int, Field(ge=200, le=201)] = 201
    """Status with which a reading is acknowledged: 201 as the program did, 200 as its documentation says."""


class CompatSection(Section):
    coiot: CoiotSection = CoiotSection()
    sensorflow: SensorFlowSection = SensorFlowSection()
    eta: EtaSection = EtaSection()
    hidrometro: HidrometroSection = HidrometroSection()
    databutcher: DataButcherSection = DataButcherSection()
