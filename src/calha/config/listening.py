"""Where Calha listens, how it proves itself there, and whether devices must."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from calha.config.section import Port, Section, listed, without_slash


class HttpSection(Section):
    host: str = "127.0.0.1"
    """Address on which the web app and the API listen; 0.0.0.0 for every network."""
    port: Port = 8080
    """Port of the web app and the API."""
    tls: bool = False
    """Whether it speaks HTTPS."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$"), BeforeValidator(without_slash)] = ""
    """Address under which people reach the web app (https://calha.example.org, without a path), for links and labels."""
    names: Annotated[list[str], BeforeValidator(listed)] = []
    """Further host names under which it is reached; separated by commas in the environment."""


class MqttSection(Section):
    host: str = "127.0.0.1"
    """Address on which MQTT devices are heard."""
    port: Port = 1883
    """Port for MQTT 3.1.1 devices."""
    tls: bool = False
    """Whether that port speaks TLS."""
    client_certificates: bool = False
    """Whether every MQTT device must show a client certificate; only with mqtt.tls."""


class TcpSection(Section):
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


class GatewaysSection(Section):
    enabled: bool = False
    """Whether gateways (calha edge) may link themselves to this Calha."""
    host: str = "127.0.0.1"
    """Address on which gateways are heard."""
    port: Port = 7422
    """Port for gateways."""
    tls: bool = False
    """Whether that port speaks TLS."""


class TlsSection(Section):
    certificate: Path | None = None
    """Certificate chain of your own (PEM); without it Calha makes one with a local authority in the data folder."""
    key: Path | None = None
    """Its key (PEM)."""
    client_ca: Path | None = None
    """Authority whose client certificates are believed at the door besides those that Calha issues (PEM)."""


class DevicesSection(Section):
    anonymous: bool = False
    """Whether registered devices may send without a credential of their own; for moving from an older system only."""
