"""Who asks, and which meters he may see, command or send for.

Clients send the token of `/api/login` (or a key of Calha's) as `Authorization: Bearer`. Pages have the session cookie of
`/login`; it counts for requests of our own pages only, and with GET for nothing that changes anything. Whoever proves nothing
sees the default meter where the operator allows it, and otherwise nothing. What somebody may not see does not exist for him.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from calha.accounts.accounts import Accounts
from calha.accounts.sign_in import Visitor
from calha.compat.ground import Ground
from calha.compat.hidrometro.meters import Meters, key_of
from calha.compat.hidrometro.records import Records
from calha.compat.hidrometro.wire import serial_of
from calha.config.compat import HidrometroSection
from calha.domain.access import EVERYWHERE, Permission, Principal, Reach
from calha.domain.errors import Malformed, NotSignedIn

COOKIE = "hidrometro_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Denied(Exception):
    """An answer in the words of this system: status and error."""

    def __init__(self, status: int, error: str, retry_after_s: float | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class Caller:
    """principal: None for one who has proved nothing. by_cookie: whether a page's session says so."""

    visitor: Visitor
    principal: Principal | None = None
    by_cookie: bool = False


class Access:
    def __init__(self, options: HidrometroSection, ground: Ground, meters: Meters, records: Records) -> None:
        self._options = options
        self._accounts: Accounts = ground.accounts
        self._ingest = ground.ingest
        self._meters = meters
        self._records = records

    # -- who

    async def caller(self, connection: HTTPConnection, token: str | None = None) -> Caller:
        """token: given otherwise than in the header. Raises Denied for a proof that is none."""
        visitor = visitor_of(connection)
        shown = token or _bearer(connection)
        if shown is not None:
            return Caller(visitor, await self.proved(lambda: self._accounts.door.by_token(shown)))
        cookie = connection.cookies.get(COOKIE)
        if cookie is not None and _is_of_own_page(connection):
            try:
                return Caller(visitor, await self.proved(lambda: self._accounts.door.by_cookie(cookie)), by_cookie=True)
            except Denied:  # it has ended: as if there were none
                return Caller(visitor)
        return Caller(visitor)

    async def proved(self, ask: Callable[[], Principal]) -> Principal:
        """Raises Denied."""
        try:
            return await asyncio.to_thread(ask)
        except NotSignedIn:
            raise Denied(401, "invalid token") from None

    # -- what

    def is_open(self, caller: Caller) -> bool:
        """Whether he may look at all: he is known, or the default meter is shown to everybody."""
        return caller.principal is not None or (self._options.anonymous_pages and self._meters.default is not None)

    def devices(self, caller: Caller, permission: Permission = Permission.VIEW) -> list[str]:
        """The meters for which he may do that."""
        if caller.principal is None:
            default = self._meters.default
            is_shown = self.is_open(caller) and permission is Permission.VIEW
            return [default] if is_shown and default is not None and self._meters.is_known(default) else []
        reach = self._reach(caller.principal, permission)
        directory = self._ingest.directory
        own = self._meters.own.registered()
        return [key for key in own if reach.sees_from(key, directory.devices[key].site) is not None]

    def may(self, caller: Caller, permission: Permission) -> bool:
        """Whether he may do that with all of this system."""
        tree = self._ingest.directory.tree
        return caller.principal is not None and caller.principal.may(permission, self._meters.site.id, tree)

    def require(self, caller: Caller, permission: Permission) -> Principal:
        """Raises Denied."""
        if caller.principal is None:
            raise Denied(401, "missing token")
        if not self.may(caller, permission):
            raise Denied(403, "forbidden")
        return caller.principal

    def device(self, caller: Caller, serial: object = None, permission: Permission = Permission.VIEW) -> str | None:
        """The meter that is meant: the one named, else the default one, else the one heard last; None if there is none.

        Raises Denied for a named one that he may not know of.
        """
        own = self.devices(caller, permission)
        try:
            wanted = serial_of(serial)
        except Malformed as error:
            raise Denied(400, str(error)) from None
        if wanted is not None:
            if key_of(wanted) not in own:
                raise Denied(404, f"meter {wanted} not found")
            return key_of(wanted)
        return (
            self._meters.default
            if self._meters.default in own
            else self._records.newest_of(own) or next(iter(own), None)
        )

    def _reach(self, principal: Principal, permission: Permission) -> Reach:
        if principal.kind == "device":
            own = {principal.device: ((0, None),)} if principal.device is not None else {}
            return Reach(frozenset(), own if permission in (Permission.VIEW, Permission.SEND) else {})
        sites = principal.sites(permission, self._ingest.directory.tree)
        is_owner = principal.kind == "person" and permission is Permission.VIEW and sites is not EVERYWHERE
        return Reach(sites, self._accounts.door.owned(principal.id) if is_owner else {})


def visitor_of(connection: HTTPConnection) -> Visitor:
    return Visitor(connection.client.host if connection.client else "", connection.headers.get("user-agent", ""))


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _is_of_own_page(connection: HTTPConnection) -> bool:
    """Whether a request that carries the cookie comes from a page of this address, as browsers say with Origin.

    They send none with a GET of the same origin, which changes nothing here.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        is_safe = connection.scope["type"] == "http" and connection.scope["method"] in SAFE
        return is_safe and connection.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return not is_of_another(connection)


def is_of_another(connection: HTTPConnection) -> bool:
    """Whether a request comes from a page of another address, as browsers say."""
    origin = connection.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != connection.headers.get("host")
