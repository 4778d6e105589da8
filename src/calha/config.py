"""Configuration: built-in values < `calha.toml` < `CALHA_*` environment < flags; each value knows where it comes from.

A key is `section.name`. In the file: `[section]` and `name = …`; in the environment: `CALHA_SECTION_NAME`.
What is wrong is reported with source, key and allowed values, all faults at once.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from calha.domain.connections import FASTEST_MS, Security, read_node_id, require_endpoint
from calha.domain.errors import InvalidConfiguration, Malformed

FILE_NAME = "calha.toml"
PREFIX = "CALHA_"

Port = Annotated[int, Field(ge=1, le=65535)]
MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not an IANA time zone; write it as in America/Sao_Paulo or UTC")
    ZoneInfo(name)
    return name


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_Named)


def _of_different_names(found: list[Named]) -> list[Named]:
    if len({one.name for one in found}) < len(found):
        raise ValueError("two of them have the same name")
    return found


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class DataSection(_Section):
    folder: Path = Path("calha-data")
    """Folder of everything that Calha keeps: log, store, registry."""


class HttpSection(_Section):
    host: str = "127.0.0.1"
    """Address on which the web app and the API listen; 0.0.0.0 for every network."""
    port: Port = 8080
    """Port of the web app and the API."""
    tls: bool = False
    """Whether it speaks HTTPS."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$")] = ""
    """Address under which people reach the web app (https://calha.example.org), for links and labels."""
    names: Annotated[list[str], BeforeValidator(_listed)] = []
    """Further host names under which it is reached; separated by commas in the environment."""


class MqttSection(_Section):
    host: str = "127.0.0.1"
    """Address on which MQTT devices are heard."""
    port: Port = 1883
    """Port for MQTT 3.1.1 devices."""
    tls: bool = False
    """Whether that port speaks TLS."""
    client_certificates: bool = False
    """Whether every MQTT device must show a client certificate; only with mqtt.tls."""


class TcpSection(_Section):
    enabled: bool = True
    """Whether JSON lines over TCP are heard."""
    host: str = "127.0.0.1"
    """Address on which TCP devices are heard."""
    port: Port = 4000
    """Port for JSON lines."""
    tls: bool = False
    """Whether that port speaks TLS; a device may then show a client certificate in place of a token."""
    max_connections: Annotated[int, Field(ge=1)] = 10_000
    """TCP devices connected at once."""


class GatewaysSection(_Section):
    enabled: bool = False
    """Whether gateways (calha edge) may link themselves to this Calha."""
    host: str = "127.0.0.1"
    """Address on which gateways are heard."""
    port: Port = 7422
    """Port for gateways."""
    tls: bool = False
    """Whether that port speaks TLS."""


class BrokerSection(_Section):
    host: str = ""
    """Address of an MQTT broker to which everything is published as well, as ETA flow's gateway does; empty for none."""
    port: Port = 1883
    """Its port."""
    tls: bool = False
    """Whether it speaks TLS."""
    ca: Path | None = None
    """Authority of its certificate (PEM); the public ones when missing."""
    user: str = ""
    """User name there."""
    password: SecretStr = SecretStr("")
    """Password there."""
    client_id: str = "calha-edge"
    """Client id there."""
    topic: Annotated[str, Field(pattern=r"^[^+#\s]+$")] = "tcc/monitoramento"
    """Topic of the batches."""
    devices: Annotated[list[str], BeforeValidator(_listed)] = []
    """Devices whose readings are published; all when empty; separated by commas in the environment."""
    interval_s: Annotated[int, Field(ge=1, le=86_400)] = 3_600
    """How often a batch is published: at each full hour by default."""
    max_readings: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Readings in one batch at most; more become several."""
    zone: Annotated[str, AfterValidator(_zone)] = "America/Sao_Paulo"
    """Time zone of the timestamps, which are written without one."""


def _node_id(text: str) -> str:
    try:
        read_node_id(text)
    except Malformed as error:
        raise ValueError(str(error)) from None
    return text


def _endpoint(text: str) -> str:
    try:
        return require_endpoint(text)
    except Malformed as error:
        raise ValueError(str(error)) from None


class PlcOptions(_Section):
    """A PLC that a gateway reads."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    """What it is called on pages and in metrics."""
    endpoint: Annotated[str, AfterValidator(_endpoint)]
    """Its address: opc.tcp://192.168.119.204:4840."""
    device: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    """Key of the device, registered at the hub behind this gateway, whose readings they are."""
    security: Security = "none"
    """How the connection is signed and encrypted."""
    user: str = ""
    """User name there; empty for none."""
    password: SecretStr = SecretStr("")
    """Its password."""
    trusted: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """SHA-256 of the certificate that the PLC must show."""
    trust_first: bool = False
    """Whether the certificate that it shows first is trusted from then on."""
    interval_ms: Annotated[int, Field(ge=FASTEST_MS, le=60_000)] = 1_000
    """How often its nodes are looked at."""
    repeat_s: Annotated[int, Field(ge=0, le=86_400)] = 60
    """After how long an unchanged value is told again; 0 for never."""
    deadband: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """By how much a value must change to be told."""
    channels: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], Annotated[str, AfterValidator(_node_id)]],
        Field(min_length=1, max_length=10_000),
    ]
    """By key of the channel, the node that feeds it."""


class EdgeSection(_Section):
    hub: Annotated[str, Field(pattern=r"^((nats|tls)-leaf://[^/\s@]+)?$")] = ""
    """Calha to which this gateway hands everything: nats-leaf://host:7422, or tls-leaf://host:7422 for TLS."""
    gateway: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""
    """Key of the device as which this gateway is registered there."""
    secret: SecretStr = SecretStr("")
    """That device's secret."""
    hub_ca: Path | None = None
    """Authority of the hub's certificate (PEM); the public ones when missing."""
    keep_days: Annotated[float, Field(ge=0, le=365)] = 7
    """How long what the hub has is kept here as well, while there is room, should the hub lose its disk."""
    page_host: str = "127.0.0.1"
    """Address of this gateway's own status page, which asks nobody who he is."""
    page_port: Port = 8081
    """Port of that page."""
    plcs: Annotated[
        list[PlcOptions], Field(max_length=50), BeforeValidator(_parsed), AfterValidator(_of_different_names)
    ] = []
    """PLCs that this gateway reads over OPC UA: [[edge.plcs]] with name, endpoint, device and channels; as JSON in the
    environment."""
    broker: BrokerSection = BrokerSection()


class TlsSection(_Section):
    certificate: Path | None = None
    """Certificate chain of your own (PEM); without it Calha makes one with a local authority in the data folder."""
    key: Path | None = None
    """Its key (PEM)."""
    client_ca: Path | None = None
    """Authority of the client certificates that devices show (PEM); the local one when missing."""


class DevicesSection(_Section):
    anonymous: bool = False
    """Whether registered devices may send without a credential of their own; for moving from an older system only."""


class OpenIdSection(_Section):
    issuer: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of an OpenID Connect provider with which people may sign in; empty for none."""
    client_id: str = ""
    """How the provider knows this Calha."""
    client_secret: SecretStr = SecretStr("")
    """Its secret at the provider."""
    name: str = "OpenID"
    """What the button says."""


class SmtpSection(_Section):
    host: str = ""
    """Mail server that sends messages to people, such as links for a forgotten password; empty for none."""
    port: Port = 587
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls: TLS is begun after the connection, or nothing is sent. tls: from the start (port 465). none: in the clear."""
    user: str = ""
    """Name with which to sign in there; empty for no sign-in."""
    password: SecretStr = SecretStr("")
    """Its password."""
    sender: Annotated[str, Field(pattern=r"^([^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+)?$")] = ""
    """Address that messages come from: calha@example.org, or Calha <calha@example.org>."""
    authority: Path | None = None
    """Authority of the server's certificate (PEM), where the system does not know it."""


class NotificationsSection(_Section):
    hosts: Annotated[list[str], BeforeValidator(_listed)] = ["ntfy.sh", "*.logic.azure.com"]
    """Servers at which messages may be sent to services that anybody can run (ntfy, Mattermost, Teams…), and servers inside for
    webhooks; a pattern as *.example.org, separated by commas in the environment."""
    link_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """How long a link in a message acknowledges."""
    log_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    """How long it is kept what was told to whom."""


class PixSection(_Section):
    url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$")] = ""
    """Address of a payment provider that keeps charges for dynamic Pix codes (API Pix); empty for static codes."""
    client_id: str = ""
    """How the provider knows this Calha."""
    client_secret: SecretStr = SecretStr("")
    """Its secret at the provider."""
    key: str = ""
    """Pix key of the account there. Invoices to another key keep their static code."""
    certificate: Path | None = None
    """Certificate and key (PEM) with which Calha proves itself to the provider."""
    authority: Path | None = None
    """Authority of the provider's certificate (PEM), where the system does not know it."""


class LogSection(_Section):
    url: SecretStr | None = None
    """Address of an existing NATS server or cluster (nats://…); without it Calha runs its own."""
    durability: Literal["disk", "interval"] = "disk"
    """disk: fsync before each acknowledgement. interval: fsync every 100 ms; a power cut may lose that much."""
    max_bytes: Annotated[int, Field(ge=64 * MEBIBYTE)] = 10 * GIBIBYTE
    """Disk budget of the log as a whole; when it is used up, new input is refused."""
    readings_max_bytes: Annotated[int, Field(ge=16 * MEBIBYTE)] = 4 * GIBIBYTE
    """Part of the budget for readings that are on their way to the store."""
    quarantine_max_bytes: Annotated[int, Field(ge=1 * MEBIBYTE)] = 512 * MEBIBYTE
    """Part of the budget for messages that could not be taken."""
    quarantine_days: Annotated[int, Field(ge=1)] = 90
    """How long such messages are kept."""


class StoreSection(_Section):
    hot_days: Annotated[int, Field(ge=1, le=60)] = 2
    """Complete days kept in the database file before they become sorted Parquet files."""
    memory_mb: Annotated[int, Field(ge=128)] = 400
    """Memory that DuckDB may use."""
    raw_days: Annotated[int, Field(ge=0)] = 0
    """How long single readings of channels of retention class raw are kept; 0 is for ever. Their hours stay."""
    standard_days: Annotated[int, Field(ge=0)] = 0
    """How long single readings of all other channels are kept; 0 is for ever. Their hours stay."""
    rollup_days: Annotated[int, Field(ge=0)] = 0
    """How long the hours of readings that are gone are kept; 0 is for ever."""

    @property
    def has_retention(self) -> bool:
        return bool(self.raw_days or self.standard_days or self.rollup_days)


class RegistrySection(_Section):
    url: SecretStr | None = None
    """SQLAlchemy URL of MariaDB or PostgreSQL; without it a SQLite file in the data folder."""
    profiles_folder: Path | None = None
    """Folder with profiles of your own (*.yaml)."""
    zone: Annotated[str, AfterValidator(_zone)] = "America/Sao_Paulo"
    """Time zone of new sites."""
    commands_days: Annotated[int, Field(ge=0)] = 365
    """How long commands are kept that have ended; 0 is for ever. The audit log keeps who asked for what."""


class ReportsSection(_Section):
    folder: Path | None = None
    """Folder in which saved reports may be laid down, each in a folder of its own name; none without it."""
    keep_days: Annotated[int, Field(ge=1)] = 30
    """How long the files of reports are kept for download. The history of what was made stays two years."""


class IngestSection(_Section):
    messages_per_s: Annotated[float, Field(gt=0)] = 200.0
    """Messages a second that one device may send in the long run."""
    burst_messages: Annotated[int, Field(ge=1)] = 2_000
    """Messages that one device may send at once after being quiet."""
    payload_bytes: Annotated[int, Field(ge=1024)] = 8 * MEBIBYTE
    """Largest HTTP body, unpacked."""
    message_bytes: Annotated[int, Field(ge=256)] = 1 * MEBIBYTE
    """Largest MQTT message or TCP line."""


class _CompatSystem(_Section):
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
    origins: Annotated[list[str], BeforeValidator(_listed)] = ["http://localhost:4200", "http://127.0.0.1:4200"]
    """Where its pages are served from, for browsers; separated by commas in the environment."""
    site: str = ""
    """Name of the site in which its devices stand and in which its users have their roles; the first site when empty."""
    device: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "eta-1"
    """Device that its MQTT messages are readings of; made when it is not registered."""
    topics: Annotated[list[str], BeforeValidator(_listed)] = ["tcc/monitoramento", "eta/dados"]
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
    families: Annotated[list[str], BeforeValidator(_listed)] = ["hidrometro", "hidrometro/leandro"]
    """Beginnings of its topics: meters publish to <family>/dados and hear <family>/cmd."""
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


class BrokerRoute(_Section):
    """What is published on a topic of an external broker."""

    topic: Annotated[str, Field(min_length=1, max_length=1_000)]
    """Topic filter, also with + and #, or $share/group/…."""
    format: Literal["json", "ndjson", "csv", "eta"] = "json"
    """How the payload is written."""
    device: Annotated[str, Field(max_length=200)] = ""
    """Key of the device; {2} in it stands for the second level of the topic; empty: each record names its device."""


class BrokerOptions(_Section):
    """An external MQTT broker that is read."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    """What it is called on pages and in metrics."""
    url: Annotated[str, Field(pattern=r"^mqtts?://[^\s/@]+$")]
    """Its address: mqtt://host:1883, or mqtts://host:8883 for TLS."""
    user: str = ""
    """User name there; empty for none."""
    password: SecretStr = SecretStr("")
    """Its password."""
    client_id: Annotated[str, Field(max_length=128)] = ""
    """Client id under which the broker keeps the session; calha-<name> when empty."""
    version: Literal["5", "3.1.1"] = "5"
    """Version of MQTT."""
    session_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long a broker of MQTT 5 keeps what is published while Calha is away."""
    window: Annotated[int, Field(ge=1, le=65_535)] = 1_000
    """Messages on their way at once; MQTT 5 only."""
    ca: Path | None = None
    """Authority of its certificate (PEM); the public ones when missing."""
    certificate: Path | None = None
    """Client certificate to show (PEM)."""
    key: Path | None = None
    """Its key (PEM)."""
    routes: Annotated[list[BrokerRoute], Field(min_length=1, max_length=1_000)]
    """What is published on which topics; the first that fits counts."""


class ConnectorsSection(_Section):
    mqtt: Annotated[
        list[BrokerOptions],
        Field(max_length=50),
        BeforeValidator(_parsed),
        AfterValidator(_of_different_names),
    ] = []
    """External MQTT brokers to read: [[connectors.mqtt]] with name, url and routes; as JSON in the environment."""


class CompatSection(_Section):
    coiot: CoiotSection = CoiotSection()
    sensorflow: SensorFlowSection = SensorFlowSection()
    eta: EtaSection = EtaSection()
    hidrometro: HidrometroSection = HidrometroSection()
    databutcher: DataButcherSection = DataButcherSection()


class Settings(_Section):
    data: DataSection = DataSection()
    http: HttpSection = HttpSection()
    mqtt: MqttSection = MqttSection()
    tcp: TcpSection = TcpSection()
    gateways: GatewaysSection = GatewaysSection()
    edge: EdgeSection = EdgeSection()
    tls: TlsSection = TlsSection()
    devices: DevicesSection = DevicesSection()
    openid: OpenIdSection = OpenIdSection()
    smtp: SmtpSection = SmtpSection()
    notifications: NotificationsSection = NotificationsSection()
    pix: PixSection = PixSection()
    log: LogSection = LogSection()
    store: StoreSection = StoreSection()
    registry: RegistrySection = RegistrySection()
    ingest: IngestSection = IngestSection()
    reports: ReportsSection = ReportsSection()
    connectors: ConnectorsSection = ConnectorsSection()
    compat: CompatSection = CompatSection()

    @property
    def speaks_tls(self) -> bool:
        others = (self.tcp.enabled and self.tcp.tls) or (self.gateways.enabled and self.gateways.tls)
        return self.http.tls or self.mqtt.tls or others


@dataclass(frozen=True, slots=True)
class Configuration:
    settings: Settings
    sources: Mapping[str, str]  # by key; what is not here is built in

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """(key, value as it may be shown, source, what it is for) of every setting; secrets masked."""
        for key in keys():
            yield key, shown(self.value(key)), self.sources.get(key, "built in"), _field(key).description or ""

    def value(self, key: str) -> object:
        return reduce(getattr, key.split("."), self.settings)


def keys() -> list[str]:
    """All keys, in the order of the sections."""
    return [f"{section}.{name}" for section, kind in _sections().items() for name in _settings_of(kind)]


def address_of(settings: Settings) -> str:
    """Where a person opens the web app."""
    http = settings.http
    if http.public_url:
        return http.public_url
    host = "127.0.0.1" if http.host in ("0.0.0.0", "::") else f"[{http.host}]" if ":" in http.host else http.host  # noqa: S104 - compared, not bound
    return f"{'https' if http.tls else 'http'}://{host}:{http.port}"


def local_address_of(settings: Settings) -> str:
    """Where a program of this machine reaches the API."""
    return address_of(settings.model_copy(update={"http": settings.http.model_copy(update={"public_url": ""})}))


def load(flags: Mapping[str, object] | None = None, file: Path | None = None) -> Configuration:
    """The effective configuration. `flags` by key, None where not given; `file` None: `calha.toml` here, if it exists.

    Raises InvalidConfiguration naming all that is wrong.
    """
    faults: list[str] = []
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for key, value, source in [*_from_file(file, faults), *_from_environment(faults), *_from_flags(flags or {})]:
        values[key] = value
        sources[key] = source
    sections: dict[str, Any] = {}
    for key, value in values.items():
        *path, name = key.split(".")
        reduce(lambda inner, part: inner.setdefault(part, {}), path, sections)[name] = value
    try:
        settings = Settings.model_validate(sections)
    except ValidationError as error:
        faults += [_explain(fault, sources) for fault in error.errors()]
    if faults:
        raise InvalidConfiguration("\n".join(faults))
    return Configuration(settings, sources)


def shown(value: object) -> str:
    """A value as text; a secret only as its presence."""
    if isinstance(value, SecretStr):
        return "********"
    if value is None:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)


def environment_name(key: str) -> str:
    return PREFIX + key.replace(".", "_").upper()


def _from_file(file: Path | None, faults: list[str]) -> Iterator[tuple[str, object, str]]:
    path = file or Path(FILE_NAME)
    if not path.exists():
        if file is not None:
            faults.append(f"{file}: no such file")
        return
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: not TOML: {error}")
        return
    known = set(keys())
    for key, value in _entries(content):
        section = key.rpartition(".")[0]
        if key in known:
            yield key, value, str(path)
        elif not section:
            faults.append(f"{path}: {key}: belongs into a section; sections are {', '.join(_sections())}")
        else:
            faults.append(f"{path}: {key}: unknown; {_near(section)}")


def _entries(content: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, object]]:
    """(key, value) of all that stands in a file, however deep its sections lie."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _entries(value, f"{section}{name}.")
        else:
            yield f"{section}{name}", value


def _from_environment(faults: list[str]) -> Iterator[tuple[str, object, str]]:
    by_name = {environment_name(key): key for key in keys()}
    for name, value in sorted(os.environ.items()):
        if name in by_name:
            yield by_name[name], value, f"environment {name}"
        elif name.startswith(PREFIX):
            faults.append(f"environment: {name}: unknown; `calha config show` lists the keys")


def _from_flags(flags: Mapping[str, object]) -> Iterator[tuple[str, object, str]]:
    for key, value in flags.items():
        if value is not None:
            yield key, value, "flag"


def _explain(fault: Any, sources: Mapping[str, str]) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    place = [str(part) for part in fault["loc"]]
    key = next(key for length in range(len(place), 0, -1) if (key := ".".join(place[:length])) in set(keys()))
    given = fault["input"]
    return f"{sources.get(key, 'built in')}: {key} = {given!r}: {fault['msg']}{_allowed(key)}"


def _allowed(key: str) -> str:
    annotation = _field(key).annotation
    choices = get_args(annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return f" (allowed: {', '.join(choices)})"
    bounds = [
        str(bound).replace("Ge(ge=", "at least ").replace("Le(le=", "at most ").rstrip(")")
        for bound in _field(key).metadata
        if type(bound).__name__ in ("Ge", "Le")
    ]
    return f" (allowed: {', '.join(bounds)})" if bounds else ""


def _near(section: str) -> str:
    if section in _sections():
        return f"[{section}] knows {', '.join(_settings_of(_sections()[section]))}"
    return f"sections are {', '.join(_sections())}"


def _field(key: str) -> Any:  # noqa: ANN401 - pydantic's FieldInfo
    section, _, name = key.rpartition(".")
    return _sections()[section].model_fields[name]


@cache
def _sections() -> dict[str, type[_Section]]:
    """The sections that hold settings, by their path: `http`, `compat.coiot`."""

    def below(kind: type[_Section], path: str) -> Iterator[tuple[str, type[_Section]]]:
        for name, one in _sections_in(kind).items():
            yield from below(one, f"{path}.{name}" if path else name)
        if path and _settings_of(kind):
            yield path, kind

    return dict(below(Settings, ""))


def _settings_of(kind: type[_Section]) -> list[str]:
    return [name for name in kind.model_fields if name not in _sections_in(kind)]


def _sections_in(kind: type[_Section]) -> dict[str, type[_Section]]:
    inner = {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: one for name, one in inner.items() if isinstance(one, type) and issubclass(one, _Section)}
