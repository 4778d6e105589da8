"""Settings of the log. Plain dataclasses, because the supervisor that starts the server must stay small in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from calha.domain.errors import InvalidConfiguration

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

MAX_SHARDS = 16

Durability = Literal["disk", "interval"]


@dataclass(frozen=True, slots=True)
class MqttTls:
    """MQTT over TLS, in place of the plain port, for the server has one MQTT port.

    ca_file: if given, every device must show a certificate that it vouches for; there is no "may" in nats-server.
    """

    cert_file: str
    key_file: str
    ca_file: str | None = None
    port: int = 8883


@dataclass(frozen=True, slots=True)
class LeafListener:
    """Where gateways connect their own log servers to this one, as leaf nodes. cert_file, key_file: for TLS."""

    host: str
    port: int
    cert_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True, slots=True)
class HubLink:
    """The hub to which this log server links itself as a leaf node.

    address: host:port. gateway, secret: as which device, and its proof. tls: insist on it; ca_file: whom to believe, the
    system's authorities when None.
    """

    address: str
    gateway: str
    secret: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Settings under the key `log`.

    url: of an existing NATS server with JetStream and MQTT, several separated by commas; None = a child process of ours.
    mqtt_host, mqtt_port: where devices connect (with a url: where that server listens for MQTT).
    client_port: NATS port of the child on 127.0.0.1; 0 = choose a free one and keep it.
    durability: "disk" = fsync before each acknowledgement; "interval" = fsync every 100 ms, a power cut loses up to that.
    max_store_bytes: disk budget of the child for everything; the budgets of READINGS and QUARANTINE are parts of it,
        the rest is for messages that devices have published and that ingest has not read yet.
    readings_keep_s: how long READINGS keeps what the store has committed, while it has room.
    topics: MQTT topic filters read at QoS 0 beside Calha's own; QoS 1 and 2 are read whatever the topic.
    ignored_topics: MQTT topic filters that ingest does not read, because Calha itself publishes there.
    shards: over how many accounts of the child devices are spread (see `shards`); it can be raised later, not lowered.
    gated: whether each device must be admitted (see `gate`); otherwise all are anonymous, in the first shard.
    mqtt_tls: TLS for devices; None = plain MQTT on mqtt_port.
    leaf: where gateways link their log servers; None = nowhere.
    hub: the hub to which this log server, a gateway's, links itself.
    nats_binary: path of the nats-server to start; None = the one of this Python environment, else on PATH.
    """

    url: str | None = None
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    client_port: int = 0
    durability: Durability = "disk"
    max_store_bytes: int = 8 * GIB
    readings_max_bytes: int = 4 * GIB
    readings_keep_s: int = 24 * 3600
    quarantine_max_bytes: int = 512 * MIB
    quarantine_max_age_s: int = 90 * 24 * 3600
    max_payload_bytes: int = 8 * MIB
    topics: tuple[str, ...] = ()
    ignored_topics: tuple[str, ...] = ("calha/v1/+/commands",)
    shards: int = 4
    gated: bool = False
    mqtt_tls: MqttTls | None = None
    leaf: LeafListener | None = None
    hub: HubLink | None = None
    nats_binary: str | None = None

    def __post_init__(self) -> None:
        if self.durability not in ("disk", "interval"):
            raise InvalidConfiguration(f'log.durability is {self.durability!r}; allowed: "disk", "interval"')
        for key in ("mqtt_port", "client_port"):
            port = getattr(self, key)
            if not 0 <= port <= 65535:
                raise InvalidConfiguration(f"log.{key} is {port}; allowed: 0 to 65535")
        if not 1 <= self.shards <= MAX_SHARDS:
            raise InvalidConfiguration(f"log.shards is {self.shards}; allowed: 1 to {MAX_SHARDS}")
        if not MIB <= self.max_payload_bytes <= 64 * MIB:
            raise InvalidConfiguration(
                f"log.max_payload_bytes is {self.max_payload_bytes}; allowed: {MIB} (1 MiB) to {64 * MIB} (64 MiB)"
            )
        reserved = self.readings_max_bytes + self.quarantine_max_bytes
        if self.url is None and reserved >= self.max_store_bytes:
            raise InvalidConfiguration(
                f"log.readings_max_bytes + log.quarantine_max_bytes = {reserved} leave nothing of "
                f"log.max_bytes = {self.max_store_bytes} for what MQTT devices publish"
            )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Settings from what `dataclasses.asdict` made of them, also by way of JSON."""
        parts = {"mqtt_tls": MqttTls, "leaf": LeafListener, "hub": HubLink}
        made = {key: kind(**plain[key]) for key, kind in parts.items() if plain.get(key)}
        lists = {key: tuple(plain[key]) for key in ("topics", "ignored_topics") if key in plain}
        return cls(**{**plain, **lists, **made})

    @property
    def device_port(self) -> int:
        """Where devices connect; 0 = a free port."""
        return self.mqtt_tls.port if self.mqtt_tls else self.mqtt_port
