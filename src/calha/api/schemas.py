"""Bodies of requests and answers; the OpenAPI document, and from it the web app's types, come from here."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from calha.store.registry import Position as Place

Item = TypeVar("Item")
DeviceKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=["pump-1"])]
SiteId = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
Sequence = Annotated[int, Field(ge=1, le=2**63 - 1, examples=[1_204])]  # in a stream of the log, or an event's
ChannelKey = Annotated[str, Field(min_length=1, max_length=64, examples=["flow"])]
Text = dict[str, str]  # by language: pt, en


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True, defer_build=True)


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True, defer_build=True)


class Page(Answer, Generic[Item]):
    items: list[Item]
    next: str | None = Field(None, description="Cursor for `after`; null on the last page.")


class Position(Body):
    """On the earth, in degrees; north and east are positive."""

    latitude: Annotated[float, Field(ge=-85, le=85, examples=[-8.05])]
    longitude: Annotated[float, Field(ge=-180, le=180, examples=[-34.9])]


def as_position(given: Position | None) -> "Place | None":
    """As the registry keeps it."""
    from calha.store.registry import Position as Place  # a gateway has none, and loads this module too

    return Place(given.latitude, given.longitude) if given is not None else None


class Site(Answer):
    id: int
    parent_id: int | None
    name: str
    zone: str
    path: list[str]
    position: Position | None = Field(None, description="Where it is; null: nobody has said so.")


class NewSite(Body):
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["ETA Norte"])]
    parent_id: SiteId | None = None
    zone: str | None = Field(
        None, description="IANA time zone; that of the configuration when missing.", examples=["America/Sao_Paulo"]
    )
    position: Position | None = None


class SiteChange(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    parent_id: SiteId | None = None
    zone: str | None = None
    position: Position | None = Field(None, description="null: taken away.")


class Channel(Answer):
    series: int
    key: str
    name: str | Text
    unit: str
    kind: Literal["gauge", "counter", "state"]
    minimum: float | None
    maximum: float | None
    precision: int | None
    discovered: bool
    states: dict[str, str | Text] | None = None


class ChannelChange(Body):
    name: Annotated[str, Field(max_length=100)] | None = None
    unit: Annotated[str, Field(max_length=20)] | None = None
    kind: Literal["gauge", "counter", "state"] | None = None
    minimum: float | None = None
    maximum: float | None = None
    precision: Annotated[int, Field(ge=0, le=9)] | None = None


class Presence(Answer):
    state: Literal["never", "online", "late", "silent"]
    cause: Literal["device", "site", "broker", "platform", "gateway"] | None = Field(
        description="Whose fault the silence is: its own, its gateway's (silent or late too), its site's (all silent), "
        "the log server's, or Calha's."
    )
    last_seen_at: datetime | None = Field(description="When its last message arrived.")
    expected_interval_s: float | None = Field(description="How often it usually reports.", examples=[60.0])
    connected: bool | None = Field(description="Whether it holds an MQTT or TCP connection; null: not known.")
    online: bool = Field(description="Whether it is there for a command: connected, or not silent.")


class Device(Answer):
    key: str
    name: str
    serial: str | None
    profile: str
    site_id: int
    site_path: list[str]
    zone: str
    note: str
    created_at: datetime
    version: int
    channels: list[Channel]
    gateway: str | None = Field(None, description="The device through which it reports.", examples=["gateway-1"])
    position: Position | None = Field(None, description="Where it is; null: where its site is.")
    presence: Presence | None = Field(None, description="null for somebody who may only see its past.")


class NewDevice(Body):
    key: DeviceKey
    profile: Annotated[str, Field(examples=["water_flow"])] = "generic"
    site_id: SiteId | None = Field(None, description="The first site when missing.")
    name: Annotated[str, Field(max_length=100)] = ""
    serial: Annotated[str, Field(max_length=64)] | None = None
    gateway: DeviceKey | None = Field(None, description="The device through which it reports.", examples=["gateway-1"])
    note: Annotated[str, Field(max_length=2000)] = ""
    position: Position | None = None


class DeviceCreated(Device):
    replayed: int = Field(0, description="Readings that had been waiting in quarantine for this device.")
    secret: str = Field(description="The device's secret: shown here and never again.", examples=["calha_dev_…"])


class Credential(Answer):
    id: int
    kind: Literal["secret", "certificate"]
    created_at: datetime
    expires_at: datetime | None
    fingerprint: str | None = Field(description="SHA-256 of a certificate.", examples=["9b3c…"])


class NewCredential(Body):
    overlap_s: Annotated[int, Field(ge=0, le=90 * 86_400, description="How long older secrets still hold.")] = 3_600


class DeviceSecret(Answer):
    device: str
    secret: str = Field(description="Shown here and never again.", examples=["calha_dev_…"])


class DeviceChange(Body):
    name: Annotated[str, Field(max_length=100)] | None = None
    serial: Annotated[str, Field(max_length=64)] | None = None
    profile: str | None = None
    site_id: SiteId | None = None
    gateway: DeviceKey | None = Field(None, description="null: it reports by itself.", examples=["gateway-1"])
    note: Annotated[str, Field(max_length=2000)] | None = None
    position: Position | None = Field(None, description="null: taken away.")


class DeviceCertificate(Answer):
    """PEM texts."""

    device: str
    certificate: str = Field(examples=["-----BEGIN CERTIFICATE-----…"])
    key: str = Field(description="Shown here and never again.", examples=["-----BEGIN PRIVATE KEY-----…"])
    authority: str = Field(description="What the device has to trust.", examples=["-----BEGIN CERTIFICATE-----…"])


class ProfileAnswer(Answer):
    name: str
    title: Text
    description: Text
    icon: str
    channels: list[dict[str, Any]]
    commands: list[dict[str, Any]]
    rules: list[dict[str, Any]] = Field(
        description="Alarm rules that suit such devices, to begin with; see docs/alarms.md.",
        examples=[[{"key": "overflow", "name": {"pt": "Transbordo", "en": "Overflow"}, "definition": {}}]],
    )
    source: Literal["packaged", "user"]
    allow_discovered: bool
    max_channels: int


class LatestReading(Answer):
    device: str
    channel: str
    series: int
    at: datetime
    arrived_at: datetime
    value: float | None
    quality: str


class SeriesReadings(Answer):
    channel: str
    unit: str
    kind: str
    t: list[float] = Field(description="Event times, ms since 1970 UTC.")
    value: list[float | None]
    quality: list[str]
    gap_ms: float | None = Field(description="A longer distance between two points is a gap.")
    min: list[float | None] | None = None
    max: list[float | None] | None = None


class Readings(Answer):
    device: str
    from_: datetime = Field(alias="from")
    to: datetime
    resolution: str
    series: list[SeriesReadings]


class Fault(Answer):
    device: str
    reason: str
    detail: str
    readings: int


class Accepted(Answer):
    accepted: int = Field(description="Readings on disk.")
    quarantined: int
    seq: int | None = Field(description="Log sequence under which the readings are on disk.")
    errors: list[Fault] = []


class Counts(Answer):
    received: int
    stored: int
    late: int
    corrected: int
    duplicate: int
    quarantined: dict[str, int]
    refused: dict[str, int]
    on_the_way: int


class DecodedReading(Answer):
    channel: str
    at: datetime
    value: float | None
    quality: str


class LastMessage(Answer):
    at: datetime
    transport: str
    topic: str
    raw: str
    decoded: list[DecodedReading]
    error: str | None


class LastError(Answer):
    at: datetime
    reason: str
    detail: str
    raw: str


class DeviceIngest(Answer):
    counters: Counts
    last_message: LastMessage | None
    last_error: LastError | None


class Kept(Answer):
    seq: int
    at: datetime
    reason: str
    detail: str
    device: str
    zone: str = Field(
        description="IANA time zone of the device's site, or of the installation.", examples=["America/Sao_Paulo"]
    )
    transport: str
    topic: str
    raw: str | None
    raw_base64: str
    size: int


class Group(Answer):
    reason: str
    device: str
    messages: int


class QuarantineSummary(Answer):
    messages: int
    bytes: int
    max_bytes: int
    groups: list[Group]


class ReplayFilter(Body):
    device: str | None = None
    reason: str | None = None


class Seen(Answer):
    device: str
    messages: int
    first_at: datetime
    last_at: datetime
    transport: str
    sample: str


class Event(Answer):
    id: int
    at: datetime
    kind: str
    device: str | None
    severity: str
    text: Text
    data: dict[str, Any]


class Promise(Answer):
    mode: Literal["disk", "interval"]
    promise: Text


class StreamUsage(Answer):
    name: str
    bytes: int
    max_bytes: int = Field(description="0: no budget of its own.")
    messages: int
    fill: float = Field(description="Share of the budget that is used up.")


class LogStatus(Answer):
    state: Literal["running", "unavailable"]
    error: str | None
    embedded: bool = Field(description="Whether Calha runs the log server itself.")
    streams: list[StreamUsage]


class CommitTimes(Answer):
    p50: float
    p99: float


class RegistryStatus(Answer):
    error: str | None = Field(description="Why its database does not answer; null when it does.")


class StoreStatus(Answer):
    committed_seq: int
    lag_messages: int
    error: str | None
    readings: int
    size_bytes: int
    missing_readings: int = Field(description="In files that cannot be read.", examples=[0])
    gaps: list[str] = Field(description="Those files, with their times.", examples=[[]])
    commit_ms: CommitTimes


class GateStatus(Answer):
    """MQTT devices at the gate since the start."""

    admitted: int = Field(examples=[120])
    refused: dict[str, int] = Field(description="By reason.", examples=[{"wrong credentials": 2}])
    violations: dict[str, int] = Field(
        description="Messages published where a device may not, by device.", examples=[{"pump-1": 3}]
    )


class MailStatus(Answer):
    """Messages to people."""

    waiting: int = Field(description="That the mail server has not taken yet.", examples=[0])
    sent: int = Field(description="Since the start.", examples=[12])
    failures: int = Field(description="Tries since the start that have not sent one.", examples=[0])
    given_up: int = Field(description="Since the start; there is an event for each.", examples=[0])
    last_error: str | None = Field(description="null once one was sent again.", examples=[None])
    last_error_at: datetime | None


class NotificationStatus(Answer):
    """Deliveries of notifications."""

    waiting: int = Field(description="Due, held back for quiet hours or a digest, or to be tried again.", examples=[0])
    sent: int = Field(description="Since the start.", examples=[12])
    retried: int = Field(description="Tries since the start that failed and are made again.", examples=[0])
    failed: int = Field(description="Since the start, for good; there is an event for each.", examples=[0])


class TaskStatus(Answer):
    name: str
    title: Text = Field(examples=[{"pt": "Gravação de leituras", "en": "Writing of readings"}])
    state: str
    heartbeat_age_s: float
    restarts: int
    last_error: str | None


class ConnectionStatus(Answer):
    """A connection to another system, such as a PLC."""

    id: int
    name: str
    site_id: int
    state: Literal["disabled", "connecting", "connected", "waiting"]
    since: datetime | None
    trouble: str | None = Field(description="Why it is not connected.", examples=["the server does not answer in time"])
    nodes: dict[str, int] = Field(examples=[{"good": 12, "uncertain": 0, "bad": 1, "unknown": 0}])
    last_value_age_s: float | None = Field(examples=[0.8])
    delivered: int = Field(description="Readings put into the log since the start.", examples=[86_400])
    waiting: int = Field(description="Readings that the log has not taken yet.", examples=[0])
    lost: dict[str, int] = Field(description="Readings lost since the start, by cause.", examples=[{"log_full": 12}])


class BrokerStatus(Answer):
    """An external MQTT broker that Calha reads."""

    name: str = Field(examples=["planta"])
    address: str = Field(examples=["broker.example.org:8883"])
    state: Literal["disabled", "connecting", "connected", "waiting"]
    since: datetime
    trouble: str | None = Field(description="Why it is not connected.", examples=["the broker does not let Calha in"])
    messages: int = Field(description="Messages taken since the start.", examples=[86_400])


class Address(Answer):
    host: str
    port: int
    tls: bool = Field(description="Whether this port speaks TLS, and nothing else.")
    client_certificates: Literal["none", "optional", "required"] = Field(
        description="Whether a device proves itself there with a client certificate."
    )


class Warning(Answer):  # noqa: A001 - the word that people read
    code: str
    text: Text


class Status(Answer):
    version: str
    started_at: datetime
    now: datetime
    durability: Promise
    log: LogStatus
    gate: GateStatus | None = Field(description="null with an external log server.")
    store: StoreStatus
    registry: RegistryStatus
    mail: MailStatus | None = Field(
        description="null without a mail server (smtp.host), and for who does not see all sites."
    )
    notifications: NotificationStatus | None = Field(
        description="null for who does not see all sites, or while it is not known."
    )
    tasks: list[TaskStatus]
    connections: list[ConnectionStatus]
    brokers: list[BrokerStatus]
    ingest: Counts
    mqtt: Address
    tcp: Address | None
    http: Address
    local_authority: bool = Field(
        description="Whether TLS is spoken with a certificate of the local authority, which clients have to trust "
        "(GET /api/v1/tls/authority)."
    )
    warnings: list[Warning]
