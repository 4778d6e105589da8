"""The connectors that a configuration switches on, over whatever takes their messages: a hub's ingest or a gateway's outbox."""

import asyncio
import ssl

from calha.accounts.gatekeeper import Proofs
from calha.certificates import server_certificate
from calha.config.settings import Settings
from calha.connectors.tcp import TcpListener, TcpOptions
from calha.domain.access import Principal
from calha.ingest.intake import Intake, Orders
from calha.ingest.limits import IngestLimits
from calha.serving import bound, device_tls
from calha.starting import micros_now


def tcp_listener(
    settings: Settings, intake: Intake, limits: IngestLimits, proofs: Proofs, orders: Orders
) -> TcpListener:
    section = settings.tcp
    tls = device_tls(server_certificate(settings)) if section.tls else None
    options = TcpOptions(section.host, section.port, section.max_connections, settings.devices.anonymous, tls)

    async def admit(token: str) -> Principal:
        return await asyncio.to_thread(proofs.by_token, token)

    async def admit_certificate(der: bytes) -> Principal | None:
        return await asyncio.to_thread(proofs.by_certificate, ssl.DER_cert_to_PEM_cert(der))

    return TcpListener(options, intake, limits, micros_now, admit, admit_certificate, orders)


def require_free_ports(settings: Settings) -> None:
    """Raises InvalidConfiguration when a port is not to be had whose connector would only be restarted for ever."""
    if settings.tcp.enabled:
        bound(settings.tcp.host, settings.tcp.port, "tcp.port", "--tcp-port").close()
