"""Speaking to the Calha that runs on a data folder."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from calha.accounts.keyring import Keyring
from calha.domain.errors import CalhaError, NotFound
from calha.up import holder

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 600.0


class Running:
    """The Calha that holds a data folder. Raises NotFound if none does."""

    def __init__(self, folder: Path) -> None:
        found = holder(folder)
        if found is None or not found["address"]:
            raise NotFound(f"no Calha runs on {folder}; start it with `calha up --data {folder}`, then try again")
        self.address: str = found["address"]
        self.pid: int = found["pid"]
        self._folder = folder
        self._certificate: str | None = found["certificate"]
        self.key = Keyring.open(folder).local_key

    def get(self, path: str, **query: str | None) -> Any:  # noqa: ANN401 - JSON
        return json.loads(b"".join(self.stream("GET", path, b"", "", TIMEOUT_S, **query)))

    def post(
        self,
        path: str,
        body: bytes,
        content_type: str = "application/json",
        timeout_s: float | None = TIMEOUT_S,
        **query: str | None,
    ) -> Any:  # noqa: ANN401 - JSON
        return json.loads(b"".join(self.stream("POST", path, body, content_type, timeout_s, **query)))

    def _connection(self, timeout_s: float | None) -> http.client.HTTPConnection:
        where = urlsplit(self.address)
        host = where.hostname or ""
        if where.scheme != "https":
            return http.client.HTTPConnection(host, where.port, timeout=timeout_s)
        context = trusting(self._folder, self._certificate)
        return http.client.HTTPSConnection(host, where.port, timeout=timeout_s, context=context)

    def stream(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "",
        timeout_s: float | None = TIMEOUT_S,
        **query: str | None,
    ) -> Iterator[bytes]:
        """The answer's body in pieces. Raises CalhaError with the server's own words."""
        asked = urlencode({key.rstrip("_"): value for key, value in query.items() if value is not None})
        with closing(self._connection(timeout_s)) as connection:
            try:
                headers = {"Authorization": f"Bearer {self.key}"}
                if content_type:
                    headers["Content-Type"] = content_type
                connection.request(method, f"{path}?{asked}" if asked else path, body or None, headers)
                answer = connection.getresponse()
            except OSError as error:
                raise CalhaError(f"Calha at {self.address} does not answer: {error}") from None
            if answer.status >= 300:
                raise CalhaError(_words(answer.read()))
            while piece := answer.read(CHUNK_BYTES):
                yield piece


def trusting(folder: Path, own: str | Path | None = None) -> ssl.SSLContext:
    """TLS that believes the Calha of a data folder. own: the certificate that it shows, if that is not of its making.

    One of the operator's is made out to the name that people use, seldom to this machine's address: it is believed by itself.
    """
    if own is not None:
        pinned = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        pinned.check_hostname = False
        pinned.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        pinned.load_verify_locations(own)
        return pinned
    context = ssl.create_default_context()
    authority = folder / "tls" / "ca.pem"
    if authority.exists():
        context.load_verify_locations(authority)
    return context


def _words(body: bytes) -> str:
    try:
        problem = json.loads(body)
        return f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError):
        return body[:500].decode("utf-8", "replace")
