"""External MQTT brokers that are read."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from calha.config.section import Section, of_different_names, parsed


class BrokerRoute(Section):
    """What is published on a topic of an external broker."""

    topic: Annotated[str, Field(min_length=1, max_length=1_000)]
    """Topic filter, also with + and #, or $share/group/…."""
    format: Literal["json", "ndjson", "csv", "eta"] = "json"
    """How the payload is written."""
    device: Annotated[str, Field(max_length=200)] = ""
    """Key of the device; {2} in it stands for the second level of the topic; empty: each record names its device."""


class BrokerOptions(Section):
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


class ConnectorsSection(Section):
    mqtt: Annotated[
        list[BrokerOptions],
        Field(max_length=50),
        BeforeValidator(parsed),
        AfterValidator(of_different_names),
    ] = []
    """External MQTT brokers to read: [[connectors.mqtt]] with name, url and routes; as JSON in the environment."""
