"""HTTP listeners of this process: sockets taken before anything starts, TLS, and a server that leaves the signals alone."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from calha.certificates import Certificate
from calha.domain.errors import InvalidConfiguration
from calha.log import ports

BACKLOG = 2_048
GOODBYE_S = 2  # for requests that are under way at the end


class HttpServer(uvicorn.Server):
    """uvicorn catches the signals, and raises them again when it has ended, before anybody else could close his things.

    Who runs this one sets `should_exit`.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http_server(app: ASGIApp, certificate: Certificate | None = None) -> HttpServer:
    return HttpServer(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            http="httptools",
            ws=cast(type[asyncio.Protocol], _web_socket),
            lifespan="off",
            timeout_graceful_shutdown=GOODBYE_S,
            backlog=BACKLOG,
            ssl_certfile=certificate.certificate if certificate is not None else None,
            ssl_keyfile=certificate.key if certificate is not None else None,
        )
    )


def _web_socket(**given: Any) -> asyncio.Protocol:  # noqa: ANN401 - what uvicorn gives is its own affair
    """uvicorn's way of speaking to WebSockets, imported with the first of them."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(**given)


def bound(host: str, port: int, key: str, flag: str = "") -> socket.socket:
    """A socket on an address that is free. Raises InvalidConfiguration naming the setting."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = ports.why(error, host, port, f"another with {flag}" if flag else "another port")
        raise InvalidConfiguration(f"{key} = {port}: cannot listen on {host}:{port}: {reason}") from None
    return listener


def device_tls(certificate: Certificate) -> ssl.SSLContext:
    """TLS for devices, which may show a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.certificate, certificate.key)
    context.load_verify_locations(certificate.authority)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context
