"""Connections that Calha makes to other systems (OPC UA): made, tried, watched. Who configures a site configures its own."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query

from calha.api.access import Caller, Configures, Views
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_connections import (
    Connection,
    ConnectionChange,
    ConnectionTrial,
    NewConnection,
    OwnCertificate,
    ServerCertificate,
    TrialResult,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.connections import require_endpoint
from calha.domain.errors import ConnectionFailed, Malformed, NotFound
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.registry import connections as rows

router = api_router("connections", "/connections")

Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="The last id of the page before.", examples=[0])]


@router.get("")
def list_connections(
    services: Here, caller: Views, after: After = 0, limit: Annotated[int, Query(ge=1, le=200)] = 100
) -> Page[Connection]:
    """The connections of the sites that the caller sees, and how they are doing."""
    page = services.opcua.rows.list(after, limit, caller.sites())
    counts = services.opcua.rows.count_nodes()
    return Page(items=[_shown(services, one, counts.get(one.id, 0)) for one in page.items], next=page.next)


@router.post("", status_code=201)
async def create_connection(new: NewConnection, services: Here, caller: Configures) -> Connection:
    """Make a connection; it is taken up at once, unless it is not enabled."""
    caller.require(Permission.CONFIGURE, new.site_id)
    require_endpoint(new.endpoint)
    values = new.model_dump(exclude={"password"}) | {"secret": _sealed(services, new.password)}
    made = await asyncio.to_thread(services.opcua.rows.create, values)
    await services.ingest.refresh()
    await caller.note("connection.created", f"connection {made.id}", after=new.model_dump(exclude={"password"}))
    return _shown(services, made, 0)


@router.get("/certificate")
async def own_certificate(services: Here, _: Configures) -> OwnCertificate:
    """The certificate that Calha shows to servers."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    own = await asyncio.to_thread(services.opcua.own_certificate)
    pem = own.certificate.read_bytes()
    read = x509.load_pem_x509_certificate(pem)
    der = read.public_bytes(Encoding.DER)
    return OwnCertificate(
        uri=own.uri,
        sha256=hashlib.sha256(der).hexdigest(),
        pem=pem.decode(),
        der_base64=base64.b64encode(der).decode(),
        not_after=read.not_valid_after_utc,
    )


@router.post("/test")
async def try_connection(trial: ConnectionTrial, services: Here, caller: Configures) -> TrialResult:
    """Connect, sign in and leave again; tells which step fails, and which certificate the server shows."""
    from calha.connectors.opcua.session import Target

    require_endpoint(trial.endpoint)
    password = await _password(trial, services, caller)
    try:
        offer = await services.opcua.offer(trial.endpoint, trial.security)
    except ConnectionFailed as error:
        failed = {"ok": False, "cause": error.reason, "detail": str(error), "server": "", "certificate": None}
        return TrialResult.model_validate(failed | {"offered": error.offered})
    certificate = ServerCertificate.model_validate(offer.certificate) if offer.certificate is not None else None
    result = TrialResult(
        ok=True, cause=None, detail=None, server=offer.name, offered=list(offer.securities), certificate=certificate
    )
    target = Target(trial.endpoint, trial.security, trial.user_name, password, trial.trusted)
    try:
        async with services.opcua.opened(target):
            return result
    except ConnectionFailed as error:
        return result.model_copy(update={"ok": False, "cause": error.reason, "detail": str(error)})


@router.get("/{connection_id}")
def read_connection(connection_id: Number, services: Here, caller: Views) -> Connection:
    """One connection and how it is doing."""
    found = visible(services, caller, connection_id)
    return _shown(services, found, services.opcua.rows.count_nodes().get(found.id, 0))


@router.patch("/{connection_id}")
async def change_connection(
    connection_id: Number, change: ConnectionChange, services: Here, caller: Configures
) -> Connection:
    """Change a connection, or trust the certificate that its server shows; it is taken up anew at once."""
    before = await asyncio.to_thread(configurable, services, caller, connection_id)
    changes = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    if "site_id" in changes:
        caller.require(Permission.CONFIGURE, changes["site_id"])
    if "endpoint" in changes:
        require_endpoint(changes["endpoint"])
    _require_password_again(before, changes)
    stored = {name: value for name, value in changes.items() if name != "password"}
    if "password" in changes:
        stored["secret"] = _sealed(services, changes["password"])
    after = await asyncio.to_thread(services.opcua.rows.change, connection_id, stored)
    await services.ingest.refresh()
    told = {name: "…" if name == "password" else value for name, value in changes.items()}
    await caller.note(
        "connection.changed",
        f"connection {connection_id}",
        {name: getattr(before, name) for name in stored if name != "secret"},
        told,
    )
    count = (await asyncio.to_thread(services.opcua.rows.count_nodes)).get(connection_id, 0)
    return _shown(services, after, count)


@router.delete("/{connection_id}", status_code=204)
async def delete_connection(connection_id: Number, services: Here, caller: Configures) -> None:
    """Remove a connection and its nodes; devices, channels and readings stay."""
    before = await asyncio.to_thread(configurable, services, caller, connection_id)
    await asyncio.to_thread(services.opcua.rows.delete, connection_id)
    await services.ingest.refresh()
    told = {"name": before.name, "endpoint": before.endpoint}
    await caller.note("connection.deleted", f"connection {connection_id}", before=told)


def visible(services: Services, caller: Caller, connection_id: int) -> rows.ConnectionRow:
    """Raises NotFound, also for one of a site that the caller does not see."""
    found = services.opcua.rows.get(connection_id)
    if not caller.may(Permission.VIEW, found.site_id):
        raise NotFound(f"there is no connection {connection_id}", "unknown_connection")
    return found


def configurable(services: Services, caller: Caller, connection_id: int) -> rows.ConnectionRow:
    found = visible(services, caller, connection_id)
    caller.require(Permission.CONFIGURE, found.site_id)
    return found


def _require_password_again(before: rows.ConnectionRow, changes: Mapping[str, Any]) -> None:
    """Else whoever may change the address could have the stored password sent to a server of his own."""
    moves = any(changes.get(name, getattr(before, name)) != getattr(before, name) for name in ("endpoint", "security"))
    if before.has_secret and moves and "password" not in changes:
        raise Malformed(
            "the address or the security changes: give the password again, or an empty one", "password_again"
        )


async def _password(trial: ConnectionTrial, services: Services, caller: Caller) -> str:
    """The one given; else the stored one, for the stored address and security only."""
    if trial.password is not None or trial.connection_id is None:
        return trial.password or ""
    found = await asyncio.to_thread(configurable, services, caller, trial.connection_id)
    if (trial.endpoint, trial.security) != (found.endpoint, found.security):
        raise Malformed("the address or the security is not the stored one: give the password again", "password_again")
    return (await services.opcua.target(found)).password


def _sealed(services: Services, password: str) -> str:
    return services.accounts.keyring.seal(password) if password else ""


def _shown(services: Services, row: rows.ConnectionRow, nodes: int) -> Connection:
    shown = services.opcua.shown(row, nodes)
    trouble = None
    if shown.trouble_cause is not None:
        trouble = {"cause": shown.trouble_cause, "detail": shown.trouble_detail, "at": moment(shown.trouble_at)}
    own = ("id", "name", "site_id", "endpoint", "security", "user_name", "trusted", "trust_first", "enabled")
    kept = {name: getattr(row, name) for name in (*own, "publishing_ms", "repeat_s", "version")}
    return Connection.model_validate(
        kept
        | {
            "has_password": row.has_secret,
            "state": shown.state,
            "since": moment(shown.since),
            "mode": shown.mode,
            "trouble": trouble,
            "server": shown.server,
            "granted_ms": shown.publishing_ms,
            "last_value_at": moment(shown.last_value_at),
            "nodes": dict(shown.nodes),
            "delivered": shown.readings,
            "waiting": shown.waiting,
            "lost": dict(shown.lost),
        }
    )


def moment(at: Micros | None) -> Any:  # noqa: ANN401 - datetime or None
    return to_datetime(at) if at else None
