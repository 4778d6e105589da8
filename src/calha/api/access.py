"""What a route asks of its caller, declared on the route so that a test and the OpenAPI document can read it.

A caller proves who he is with a browser session (cookie, and for whatever changes something the CSRF token beside it), an
access token, an API key, a device's secret, or the key of this machine. What he may not even see does not exist for him
(404); what he may see and not do is refused (403).
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Depends, WebSocketException
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from calha.accounts.accounts import Accounts
from calha.accounts.sign_in import Visitor
from calha.api.services import Services
from calha.domain.access import EVERYWHERE, Everywhere, Permission, Principal, Reach
from calha.domain.errors import CalhaError, Forbidden, NotFound, NotSignedIn
from calha.domain.readings import Micros
from calha.store.registry import Selection

COOKIE = "calha_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1

Where = Literal["device", "site", "anywhere", "installation", "self"]


@dataclass
class Caller:
    """Who asks, from where, and what he may."""

    principal: Principal
    visitor: Visitor
    services: Services
    prove: Callable[[], Awaitable[Principal]]
    noted: bool = field(default=False, init=False)

    @property
    def accounts(self) -> Accounts:
        return self.services.accounts

    def may(self, permission: Permission, site: int | None) -> bool:
        """On a site; on the whole installation when None."""
        return self.principal.may(permission, site, self.services.ingest.directory.tree)

    def require(self, permission: Permission, site: int | None) -> None:
        """Raises Forbidden."""
        if not self.may(permission, site):
            place = "the whole installation" if site is None else f"site {site}"
            raise Forbidden(
                f"{self.principal.name} may not {permission} on {place}; ask an administrator for a role there",
                "not_allowed",
            )

    def reach(self, permission: Permission = Permission.VIEW) -> Reach:
        """The devices for which he may do that; to view, also his own."""
        sites = self.principal.sites(permission, self.services.ingest.directory.tree)
        is_owner = self.principal.kind == "person" and permission is Permission.VIEW and sites is not EVERYWHERE
        return Reach(sites, self.accounts.door.owned(self.principal.id) if is_owner else {})

    def seen_now(self) -> Mapping[str, Micros] | None:
        """The devices of which he may see what they report now, and from which time on; None for all of all times."""
        reach = self.reach()
        if reach.is_everything:
            return None
        devices = self.services.ingest.directory.devices
        found = ((key, reach.sees_from(key, entry.site)) for key, entry in devices.items())
        return {key: from_at for key, from_at in found if from_at is not None}

    def sites(self, permission: Permission = Permission.VIEW) -> frozenset[int] | None:
        """Where he may do that; None for everywhere."""
        sites = self.principal.sites(permission, self.services.ingest.directory.tree)
        return None if isinstance(sites, Everywhere) else sites

    def selection(self) -> Selection | None:
        """What he may see, for questions to the registry, with devices that were his."""
        reach = self.reach()
        return None if isinstance(reach.sites, Everywhere) else Selection(reach.sites, list(reach.owned))

    async def renew(self) -> None:
        """Take over what he may do by now. Raises NotSignedIn when his session has ended."""
        self.principal = await self.prove()

    @property
    def person(self) -> int | None:
        """None when it is no person who asks."""
        return self.principal.id if self.principal.kind == "person" else None

    def person_id(self) -> int:
        """Raises Forbidden when it is no person who asks."""
        if self.person is None:
            raise Forbidden("only a person who has signed in can do that", "persons_only")
        return self.person

    async def note(self, action: str, target: str, before: object = None, after: object = None) -> None:
        """Write it into the audit log."""
        self.noted = True
        await asyncio.to_thread(
            self.accounts.audit.append, self.principal.actor, action, target, before, after, self.visitor.address
        )


class Requires:
    """The dependency of a route: a permission, and where it is needed.

    device, site: on the one that the path names. anywhere: on some site; the route then shows no more than the caller's
    reach. installation: on the whole. self: whoever has signed in, about himself. or_device: also the device itself that
    the path names, by its own proof.
    """

    def __init__(self, permission: Permission | None, where: Where, or_device: bool = False) -> None:
        self.permission = permission
        self.where: Where = where
        self.or_device = or_device

    async def __call__(self, connection: HTTPConnection) -> AsyncIterator[Caller]:
        services: Services = connection.app.state.services
        try:
            caller = await self._admitted(connection, services)
        except CalhaError as error:
            if connection.scope["type"] == "websocket":
                raise WebSocketException(POLICY_VIOLATION, str(error)[:120]) from None
            raise
        is_change = connection.scope["type"] == "http" and connection.scope["method"] not in SAFE
        if not is_change or self.permission is Permission.SEND:
            yield caller
            return
        services.accounts.door.forget()
        yield caller
        services.accounts.door.forget()
        if not caller.noted:
            path = connection.scope["route"].path
            await caller.note(f"{connection.scope['method'].lower()} {path}", str(connection.path_params))

    async def _admitted(self, connection: HTTPConnection, services: Services) -> Caller:
        visitor = visitor_of(connection)
        prove = partial(_principal, connection, services, self.permission)
        caller = Caller(await prove(), visitor, services, prove)
        if caller.person is not None:
            await asyncio.to_thread(self._check, caller, connection.path_params)  # what is his is in the registry
        else:
            self._check(caller, connection.path_params)
        return caller

    def _check(self, caller: Caller, path: dict[str, Any]) -> None:
        if self.permission is None:
            return
        if self.or_device and caller.principal.kind == "device":
            _check_itself(caller.principal, str(path["key"]))
        elif self.where == "device":
            _check_device(caller, self.permission, str(path.get("key", path.get("device"))))
        elif self.where == "site":
            _check_site(caller, self.permission, path["site_id"])
        elif self.where == "installation":
            caller.require(self.permission, None)
        elif caller.principal.kind == "device":
            if self.permission is not Permission.SEND:
                raise Forbidden(f"{caller.principal.name} may only send readings of its own", "not_its_own")
        elif caller.reach(self.permission).is_nothing:
            raise Forbidden(
                f"{caller.principal.name} may not {self.permission} anywhere; ask an administrator for a role",
                "not_allowed",
            )


class Public:
    """The dependency of a route that needs nobody: signing in, probes."""

    async def __call__(self) -> None:
        return


PUBLIC = Public()


def requirement_of(route: APIRoute | APIWebSocketRoute) -> Requires | Public | None:
    """What a route declares; None for one that declares nothing, which no route may."""
    declared = [one.call for one in route.dependant.dependencies if isinstance(one.call, Requires | Public)]
    return declared[0] if len(declared) == 1 else None


def describe(routes: Iterable[BaseRoute]) -> None:
    """Tell in the OpenAPI document what each route asks of its caller."""
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            required = requirement_of(route)
            extra = dict(route.openapi_extra or {})
            if isinstance(required, Requires):
                words = {"permission": required.permission or "signed in", "where": required.where}
                extra |= {"x-requires": words, "security": [{"bearer": []}, {"key": []}, {"session": []}]}
            else:
                extra |= {"security": []}
            route.openapi_extra = extra


SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Access token, API key or a device's secret."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Changes also need X-CSRF-Token."},
}


def visitor_of(connection: HTTPConnection) -> Visitor:
    return Visitor(connection.client.host if connection.client else "", connection.headers.get("user-agent", ""))


def csrf_token(cookie: str) -> str:
    """What a page of ours knows and another's does not: made from the session's secret, which scripts cannot read."""
    return hashlib.sha256(f"csrf {cookie}".encode()).hexdigest()[:32]


async def _principal(connection: HTTPConnection, services: Services, permission: Permission | None) -> Principal:
    token = _token(connection)
    if token:
        door = services.accounts.door
        known = door.remembered(token)
        return known if known is not None else await asyncio.to_thread(door.by_token, token)
    cookie = connection.cookies.get(COOKIE)
    if cookie:
        principal = await asyncio.to_thread(services.accounts.door.by_cookie, cookie)
        _require_own_page(connection, cookie)
        return principal
    if permission is Permission.SEND and services.settings.devices.anonymous:
        return Principal("device", 0, "anonymous")
    raise NotSignedIn("sign in first, or send an access token or API key (Authorization: Bearer …)")


def _token(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return connection.headers.get("x-api-key", "").strip()


def _require_own_page(connection: HTTPConnection, cookie: str) -> None:
    """Browsers send the cookie whatever page asks; a change, and a WebSocket, must come from a page of ours."""
    if connection.scope["type"] == "websocket":
        origin = connection.headers.get("origin", "")
        if origin.partition("://")[2] != connection.headers.get("host", ""):
            raise Forbidden("this WebSocket was asked for by another site's page", "foreign_page")
    elif connection.scope["method"] not in SAFE:
        given = connection.headers.get(CSRF_HEADER, "")
        if not secrets.compare_digest(given.encode(), csrf_token(cookie).encode()):
            raise Forbidden(f"the header {CSRF_HEADER} is missing or old; load the page again", "foreign_page")


def _check_device(caller: Caller, permission: Permission, device: str) -> None:
    principal = caller.principal
    if principal.kind == "device":
        if permission is not Permission.SEND or (principal.device is not None and principal.device != device):
            raise Forbidden(f"{principal.name} may only send readings of its own", "not_its_own")
        return
    entry = caller.services.ingest.directory.devices.get(device)
    if entry is None:
        if not caller.may(permission, None):
            raise NotFound(f"there is no device {device!r}", "unknown_device", device=device)
        return
    if caller.may(permission, entry.site):
        return
    if not caller.reach().periods(device, entry.site):
        raise NotFound(f"there is no device {device!r}", "unknown_device", device=device)
    if permission is not Permission.VIEW:
        caller.require(permission, entry.site)


def _check_itself(principal: Principal, device: str) -> None:
    if principal.device is None:
        raise NotSignedIn("say which device you are: send its secret (Authorization: Bearer …)", "no_device_proof")
    if principal.device != device:
        raise Forbidden(f"{principal.name} may only ask for commands of its own", "not_its_own")


def _check_site(caller: Caller, permission: Permission, site: object) -> None:
    number = int(str(site)) if str(site).isdigit() else 0
    if not caller.may(Permission.VIEW, number) and number in caller.services.ingest.directory.tree.parents:
        raise NotFound(f"there is no site {site}", "unknown_site", site=site)
    if number in caller.services.ingest.directory.tree.parents or not caller.may(permission, None):
        caller.require(permission, number)


Views = Annotated[Caller, Depends(Requires(Permission.VIEW, "anywhere"))]
ViewsDevice = Annotated[Caller, Depends(Requires(Permission.VIEW, "device"))]
ViewsSite = Annotated[Caller, Depends(Requires(Permission.VIEW, "site"))]
ViewsAll = Annotated[Caller, Depends(Requires(Permission.VIEW, "installation"))]
SendsOfDevice = Annotated[Caller, Depends(Requires(Permission.SEND, "device"))]
Sends = Annotated[Caller, Depends(Requires(Permission.SEND, "anywhere"))]
SendsAll = Annotated[Caller, Depends(Requires(Permission.SEND, "installation"))]
Operates = Annotated[Caller, Depends(Requires(Permission.OPERATE, "anywhere"))]
OperatesDevice = Annotated[Caller, Depends(Requires(Permission.OPERATE, "device"))]
ViewsCommands = Annotated[Caller, Depends(Requires(Permission.VIEW, "device", or_device=True))]
AnswersCommand = Annotated[Caller, Depends(Requires(Permission.SEND, "device", or_device=True))]
Configures = Annotated[Caller, Depends(Requires(Permission.CONFIGURE, "anywhere"))]
ConfiguresDevice = Annotated[Caller, Depends(Requires(Permission.CONFIGURE, "device"))]
ConfiguresSite = Annotated[Caller, Depends(Requires(Permission.CONFIGURE, "site"))]
ConfiguresAll = Annotated[Caller, Depends(Requires(Permission.CONFIGURE, "installation"))]
Bills = Annotated[Caller, Depends(Requires(Permission.BILL, "anywhere"))]
BillsSite = Annotated[Caller, Depends(Requires(Permission.BILL, "site"))]
BillsAll = Annotated[Caller, Depends(Requires(Permission.BILL, "installation"))]
Administers = Annotated[Caller, Depends(Requires(Permission.ADMINISTER, "installation"))]
Self = Annotated[Caller, Depends(Requires(None, "self"))]
Anybody = Annotated[None, Depends(PUBLIC)]
