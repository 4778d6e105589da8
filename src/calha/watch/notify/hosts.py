"""Which machines messages may be sent to: anybody's on the Internet, and inside only those that an administrator has named.

A person can choose any address for a webhook. Without this, Calha would fetch for him what only it can reach (SSRF). So a name
is resolved once, every address is looked at, and the connection goes to the very address that was looked at.
"""

import ipaddress
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase

from calha.domain.errors import Malformed

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address within


class Hosts:
    def __init__(self, named: Sequence[str]) -> None:
        """named: host names and patterns (`*.example.org`) of `notifications.hosts`."""
        self._named = [one.lower() for one in named]

    def is_named(self, host: str) -> bool:
        """Whether an administrator has named it."""
        return any(fnmatchcase(host.lower().rstrip("."), pattern) for pattern in self._named)

    def require_named(self, host: str) -> None:
        """Raises Malformed."""
        if not self.is_named(host):
            raise Malformed(
                f"messages may not be sent to a server at {host!r}; an administrator can name it in notifications.hosts",
                "host_not_named",
                host=host,
            )

    def addresses(self, host: str, port: int) -> list[str]:
        """Where a host is. Raises Malformed for one inside that nobody has named, OSError for one that is not found."""
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not self.is_named(host) and not all(_is_public(one) for one in found):
            self.require_named(host)
        return found


def _is_public(address: str) -> bool:
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            known = known.ipv4_mapped
        elif known in _TRANSLATED or known.sixtofour is not None or known.teredo is not None:
            return False
    return known.is_global and not known.is_multicast
