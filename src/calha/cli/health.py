"""`calha health`: whether the Calha, or the gateway, of a data folder answers; for containers and watchdogs.

It finds port and TLS by itself, asks without a credential, and sends nothing secret. So a certificate that is made out to
another name than this machine's is no reason to call a sound program ill.
"""

import http.client
import ssl
from contextlib import closing
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from calha.cli.options import ConfigFile, Data, configuration
from calha.domain.errors import CalhaError, NotFound
from calha.up import holder

TIMEOUT_S = 4.0

Ready = Annotated[bool, typer.Option("--ready", help="Also ask whether readings are taken and stored (/readyz).")]


def add_to(app: typer.Typer) -> None:
    app.command()(health)


def health(ready: Ready = False, data: Data = None, config: ConfigFile = None) -> None:
    """Ask the running Calha whether it answers; exit code 0 if so, else 1 with the reason.

    Example: `calha health --data /var/lib/calha`
    """
    typer.echo(answer(configuration(data, config).settings.data.folder, "/readyz" if ready else "/healthz"))


def answer(folder: Path, path: str) -> str:
    """What the Calha of a data folder says at a probe. Raises NotFound where none runs, CalhaError where it is not well."""
    found = holder(folder)
    if found is None or not found["address"]:
        raise NotFound(f"no Calha runs on {folder}")
    where = urlsplit(found["address"])
    with closing(_connection(where.scheme, where.hostname or "", where.port)) as connection:
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            told = response.read().decode("utf-8", "replace").strip()
        except OSError as error:
            raise CalhaError(f"{found['address']} does not answer: {error}") from None
    if response.status != 200:
        raise CalhaError(f"{found['address']}{path}: {response.status} {told}")
    return told


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)
