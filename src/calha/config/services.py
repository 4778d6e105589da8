"""Services of others that Calha asks: for who signs in, for carrying messages, for collecting payments."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from calha.config.section import Port, Section, listed


class OpenIdSection(Section):
    issuer: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of an OpenID Connect provider with which people may sign in; empty for none."""
    client_id: str = ""
    """How the provider knows this Calha."""
    client_secret: SecretStr = SecretStr("")
    """Its secret at the provider."""
    name: str = "OpenID"
    """What the button says."""


class SmtpSection(Section):
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


class NotificationsSection(Section):
    hosts: Annotated[list[str], BeforeValidator(listed)] = ["ntfy.sh", "*.logic.azure.com"]
    """Servers at which messages may be sent to services that anybody can run (ntfy, Mattermost, Teams…), and servers inside for
    webhooks; a pattern as *.example.org, separated by commas in the environment."""
    link_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """How long a link in a message acknowledges."""
    log_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    """How long it is kept what was told to whom."""


def _long_enough(secret: SecretStr) -> SecretStr:
    if 0 < len(secret.get_secret_value()) < 32:
        raise ValueError("at least 32 characters: `openssl rand -hex 32` makes one")
    return secret


class PixSection(Section):
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
    webhook_secret: Annotated[SecretStr, AfterValidator(_long_enough)] = SecretStr("")
    """Word of at least 32 characters in the address at which the provider tells of payments (?hmac=…); empty for none."""
