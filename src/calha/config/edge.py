"""A gateway: its hub, the PLCs that it reads, the broker that it publishes to as well."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from calha.config.section import Port, Section, known_zone, listed, of_different_names, parsed
from calha.domain.connections import FASTEST_MS, Security, read_node_id, require_endpoint
from calha.domain.errors import Malformed


class BrokerSection(Section):
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
    devices: Annotated[list[str], BeforeValidator(listed)] = []
    """Devices whose readings are published; all when empty; separated by commas in the environment."""
    interval_s: Annotated[int, Field(ge=1, le=86_400)] = 3_600
    """How often a batch is published: at each full hour by default."""
    max_readings: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Readings in one batch at most; more become several."""
    zone: Annotated[str, AfterValidator(known_zone)] = "America/Sao_Paulo"
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


class PlcOptions(Section):
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


class EdgeSection(Section):
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
        list[PlcOptions], Field(max_length=50), BeforeValidator(parsed), AfterValidator(of_different_names)
    ] = []
    """PLCs that this gateway reads over OPC UA: [[edge.plcs]] with name, endpoint, device and channels; as JSON in the
    environment."""
    broker: BrokerSection = BrokerSection()
