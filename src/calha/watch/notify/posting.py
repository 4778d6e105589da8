"""An HTTP POST to an address that a person chose: to a machine that was looked at, no further than it, and not for long.

Redirects are not followed, as they would lead past `Hosts`; of the answer only its beginning is read.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from calha.domain.errors import Malformed
from calha.mail.smtp import Fate
from calha.watch.notify.hosts import Hosts

TIMEOUT_S = 15.0  # of each step
LONGEST_S = 30.0  # of all from the request on: an answer may come drop by drop
MAX_ANSWER_BYTES = 4096
_IN_PATHS = "/?%:@!$&'()*+,;=~"  # what has a meaning there, or is encoded already
PATIENCE = frozenset({408, 425, 429})  # asks to come again


class NotReached(Exception):
    """There was no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str

    @property
    def fate(self) -> Fate:
        if 200 <= self.status < 300:
            return Fate.TAKEN
        return Fate.LATER if self.status in PATIENCE or self.status >= 500 else Fate.REFUSED

    @property
    def said(self) -> str:
        return "" if self.fate is Fate.TAKEN else f"HTTP {self.status} {self.text}".strip()[:300]


def require_url(text: str, hosts: Hosts) -> str:
    """The same address, if messages may be posted there. Raises Malformed."""
    parts = urlsplit(text.strip())
    try:
        port, host = parts.port, parts.hostname
    except ValueError:
        raise Malformed(f"{text[:100]!r} is not an address", "bad_address") from None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or port == 0:
        raise Malformed("write the address as https://host/path, without a name or password in it", "bad_address")
    try:
        hosts.addresses(host, port or _port(parts.scheme))
    except (OSError, UnicodeError):
        raise Malformed(f"there is no host {host!r}", "unknown_host", host=host) from None
    return text.strip()


def post(url: str, body: bytes, headers: Mapping[str, str], hosts: Hosts) -> Answer:
    """Raises NotReached, and Malformed when the host is not allowed any more."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _port(parts.scheme)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.sock = _connected(host, port, hosts, is_secure=parts.scheme == "https")
        path = quote(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", safe=_IN_PATHS)
        with _no_longer_than(LONGEST_S, connection.sock):
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(MAX_ANSWER_BYTES).decode(errors="replace"))
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        raise NotReached(f"{type(error).__name__}: {error}"[:300]) from None
    finally:
        connection.close()


@contextmanager
def _no_longer_than(longest_s: float, connection: socket.socket) -> Iterator[None]:
    """Whatever waits for the other side then sees the connection end."""

    def hang_up() -> None:
        with suppress(OSError):  # it has ended already
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(longest_s, hang_up)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _connected(host: str, port: int, hosts: Hosts, *, is_secure: bool) -> socket.socket:
    address = hosts.addresses(host, port)[0]
    plain = socket.create_connection((address, port), TIMEOUT_S)
    if not is_secure:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
