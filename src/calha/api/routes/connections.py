"""Connections that Calha makes to other systems (OPC UA): made, tried, watched; their nodes, and the server's address space.

Who configures a site configures its connections; a node may feed only a device that he configures, too.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from calha.api.access import Caller, Configures, Views
from calha.api.schemas import Page
from calha.api.schemas_connections import (
    AddressNode,
    AddressNodes,
    AddressSearch,
    Connection,
    ConnectionChange,
    ConnectionTrial,
    NewConnection,
    NewNodes,
    Node,
    NodeChange,
    NodeContent,
    NodeContents,
    NodesAdded,
    OwnCertificate,
    ReadNodes,
    ServerCertificate,
    TrialResult,
)
from calha.api.services import Here, Services
from calha.domain.access import Everywhere, Permission
from calha.domain.connections import read_node_id, require_endpoint
from calha.domain.errors import ConnectionFailed, Malformed, NotFound
from calha.domain.quality import Quality, label
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.registry import connections as rows

router = APIRouter(prefix="/connections", tags=["connections"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="The last id of the page before.", examples=[0])]


@router.get("")
def list_connections(
    services: Here, caller: Views, after: After = 0, limit: Annotated[int, Query(ge=1, le=200)] = 100
) -> Page[Connection]:
    """The connections of the sites that the caller sees, and how they are doing."""
    sites = caller.reach().sites
    page = services.opcua.rows.list(after, limit, None if isinstance(sites, Everywhere) else sites)
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
        failed = {"ok": False, "cause": error.cause, "detail": str(error), "server": "", "certificate": None}
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
        return result.model_copy(update={"ok": False, "cause": error.cause, "detail": str(error)})


@router.get("/{connection_id}")
def read_connection(connection_id: Number, services: Here, caller: Views) -> Connection:
    """One connection and how it is doing."""
    found = _visible(services, caller, connection_id)
    return _shown(services, found, services.opcua.rows.count_nodes().get(found.id, 0))


@router.patch("/{connection_id}")
async def change_connection(
    connection_id: Number, change: ConnectionChange, services: Here, caller: Configures
) -> Connection:
    """Change a connection, or trust the certificate that its server shows; it is taken up anew at once."""
    before = await asyncio.to_thread(_configurable, services, caller, connection_id)
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
    before = await asyncio.to_thread(_configurable, services, caller, connection_id)
    await asyncio.to_thread(services.opcua.rows.delete, connection_id)
    await services.ingest.refresh()
    told = {"name": before.name, "endpoint": before.endpoint}
    await caller.note("connection.deleted", f"connection {connection_id}", before=told)


@router.get("/{connection_id}/nodes")
def list_nodes(
    connection_id: Number,
    services: Here,
    caller: Views,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Page[Node]:
    """The nodes of a connection, the channels that they feed, and how they are."""
    _visible(services, caller, connection_id)
    page = services.opcua.rows.nodes(connection_id, after, limit)
    link = services.opcua.link(connection_id)
    slots = {slot.channel.series: place for place, slot in enumerate(link.wanted.slots)} if link is not None else {}
    return Page(items=[_node(one, link, slots.get(one.series)) for one in page.items], next=page.next)


@router.post("/{connection_id}/nodes", status_code=201)
async def add_nodes(connection_id: Number, new: NewNodes, services: Here, caller: Configures) -> NodesAdded:
    """Have nodes read, each into a channel of a device, which is made if need be. All or none."""
    await asyncio.to_thread(_configurable, services, caller, connection_id)
    _require_devices(services, caller, {one.device for one in new.nodes})
    wanted = [_new_node(one.model_dump()) for one in new.nodes]
    count = await asyncio.to_thread(services.opcua.rows.add_nodes, connection_id, wanted)
    await services.ingest.refresh()
    told = [f"{one.node} → {one.device} {one.channel}" for one in wanted[:100]]
    await caller.note(
        "connection.nodes_added", f"connection {connection_id}", after={"nodes": told, "added": len(wanted)}
    )
    return NodesAdded(added=len(wanted), nodes=count)


@router.patch("/{connection_id}/nodes/{node_id}")
async def change_node(
    connection_id: Number, node_id: Number, change: NodeChange, services: Here, caller: Configures
) -> Node:
    """Change how a node is sampled."""
    await asyncio.to_thread(_configurable, services, caller, connection_id)
    changes = change.model_dump(exclude_unset=True)
    if changes.get("deadband", 0.0) is None:
        del changes["deadband"]
    changed = await asyncio.to_thread(services.opcua.rows.change_node, connection_id, node_id, changes)
    await services.ingest.refresh()
    await caller.note("connection.node_changed", f"connection {connection_id}", after={"node": changed.node} | changes)
    return _node(changed, None, None)


@router.delete("/{connection_id}/nodes/{node_id}", status_code=204)
async def remove_node(connection_id: Number, node_id: Number, services: Here, caller: Configures) -> None:
    """No longer read a node; its channel and readings stay."""
    await asyncio.to_thread(_configurable, services, caller, connection_id)
    before = await asyncio.to_thread(services.opcua.rows.node, connection_id, node_id)
    await asyncio.to_thread(services.opcua.rows.remove_nodes, connection_id, [node_id])
    await services.ingest.refresh()
    told = {"node": before.node, "device": before.device, "channel": before.channel}
    await caller.note("connection.node_removed", f"connection {connection_id}", before=told)


@router.get("/{connection_id}/browse")
async def browse(
    connection_id: Number,
    services: Here,
    caller: Configures,
    node: Annotated[
        str | None, Query(max_length=500, description="Below Objects when missing.", examples=["i=85"])
    ] = None,
) -> AddressNodes:
    """What lies below a node of the server's address space."""
    from calha.connectors.opcua.browse import children

    await asyncio.to_thread(_configurable, services, caller, connection_id)
    async with services.opcua.session(connection_id) as session:
        found = await children(session, node)
    items = [AddressNode(node=one.node, name=one.name, kind=one.kind, path=[]) for one in found.items]
    return AddressNodes(items=items, more=found.more)


@router.get("/{connection_id}/search")
async def search(
    connection_id: Number,
    services: Here,
    caller: Configures,
    q: Annotated[str, Query(min_length=2, max_length=100, description="Words of a name or node id.")],
) -> AddressSearch:
    """Variables of the server by their names or node ids; the first hundred, and for some seconds only."""
    from calha.connectors.opcua.browse import search as look

    await asyncio.to_thread(_configurable, services, caller, connection_id)
    async with services.opcua.session(connection_id) as session:
        found = await look(session, q)
    items = [
        AddressNode(node=one.child.node, name=one.child.name, kind=one.child.kind, path=list(one.path))
        for one in found.items
    ]
    return AddressSearch(items=items, more=not found.complete, searched=found.searched)


@router.post("/{connection_id}/read")
async def read_nodes(connection_id: Number, asked: ReadNodes, services: Here, caller: Configures) -> NodeContents:
    """What nodes hold now, of which type they are, and whether a channel could take them. Changes nothing."""
    from calha.connectors.opcua.browse import contents

    await asyncio.to_thread(_configurable, services, caller, connection_id)
    caller.noted = True  # only looked
    async with services.opcua.session(connection_id) as session:
        found = await contents(session, asked.nodes, asked.units)
    return NodeContents(
        items=[
            NodeContent(
                node=one.node,
                value=one.value,
                type=one.type,
                takes=one.takes,
                status=one.status,
                quality=one.quality,
                source_at=_moment(one.source_at),
                unit=one.unit,
            )
            for one in found
        ]
    )


def _visible(services: Services, caller: Caller, connection_id: int) -> rows.ConnectionRow:
    """Raises NotFound, also for one of a site that the caller does not see."""
    found = services.opcua.rows.get(connection_id)
    if not caller.may(Permission.VIEW, found.site_id):
        raise NotFound(f"there is no connection {connection_id}")
    return found


def _configurable(services: Services, caller: Caller, connection_id: int) -> rows.ConnectionRow:
    found = _visible(services, caller, connection_id)
    caller.require(Permission.CONFIGURE, found.site_id)
    return found


def _require_devices(services: Services, caller: Caller, devices: set[str]) -> None:
    directory = services.ingest.directory
    for device in sorted(devices):
        entry = directory.devices.get(device)
        if entry is None or not caller.may(Permission.VIEW, entry.site):
            raise NotFound(f"there is no device {device!r}")
        caller.require(Permission.CONFIGURE, entry.site)


def _require_password_again(before: rows.ConnectionRow, changes: Mapping[str, Any]) -> None:
    """Else whoever may change the address could have the stored password sent to a server of his own."""
    moves = any(changes.get(name, getattr(before, name)) != getattr(before, name) for name in ("endpoint", "security"))
    if before.has_secret and moves and "password" not in changes:
        raise Malformed("the address or the security changes: give the password again, or an empty one", "no_password")


async def _password(trial: ConnectionTrial, services: Services, caller: Caller) -> str:
    """The one given; else the stored one, for the stored address and security only."""
    if trial.password is not None or trial.connection_id is None:
        return trial.password or ""
    found = await asyncio.to_thread(_configurable, services, caller, trial.connection_id)
    if (trial.endpoint, trial.security) != (found.endpoint, found.security):
        raise Malformed("the address or the security is not the stored one: give the password again", "no_password")
    return (await services.opcua.target(found)).password


def _sealed(services: Services, password: str) -> str:
    return services.accounts.keyring.seal(password) if password else ""


def _new_node(given: dict[str, Any]) -> rows.NewNode:
    read_node_id(given["node"])
    new = given.pop("new_channel")
    return rows.NewNode(**given, new_channel=rows.NewChannel(**new) if new is not None else None)


def _shown(services: Services, row: rows.ConnectionRow, nodes: int) -> Connection:
    shown = services.opcua.shown(row, nodes)
    trouble = None
    if shown.trouble_cause is not None:
        trouble = {"cause": shown.trouble_cause, "detail": shown.trouble_detail, "at": _moment(shown.trouble_at)}
    own = ("id", "name", "site_id", "endpoint", "security", "user_name", "trusted", "trust_first", "enabled")
    kept = {name: getattr(row, name) for name in (*own, "publishing_ms", "repeat_s", "version")}
    return Connection.model_validate(
        kept
        | {
            "has_password": row.has_secret,
            "state": shown.state,
            "since": _moment(shown.since),
            "mode": shown.mode,
            "trouble": trouble,
            "server": shown.server,
            "granted_ms": shown.publishing_ms,
            "last_value_at": _moment(shown.last_value_at),
            "nodes": dict(shown.nodes),
            "delivered": shown.readings,
            "waiting": shown.waiting,
            "lost": dict(shown.lost),
        }
    )


def _node(row: rows.NodeRow, link: Any, place: int | None) -> Node:  # noqa: ANN401 - Link, whose module is loaded late
    known = {"id": row.id, "node": row.node, "device": row.device, "channel": row.channel}
    known |= {"sampling_ms": row.sampling_ms, "deadband": row.deadband}
    nothing = {"state": "unknown", "quality": None, "value": None, "value_at": None, "fault": None}
    if link is None or place is None:
        return Node.model_validate(known | nothing)
    fault, last = link.faults.get(place), link.translator
    if not last.last_arrived_at[place]:
        return Node.model_validate(known | nothing | {"fault": fault, "state": "bad" if fault else "unknown"})
    value, quality = float(last.last_value[place]), int(last.last_quality[place])
    state = "bad" if fault or quality >= Quality.BAD else "uncertain" if quality >= Quality.UNCERTAIN else "good"
    return Node.model_validate(
        known
        | {
            "state": state,
            "quality": label(quality),
            "value": value if value == value else None,
            "value_at": _moment(int(last.last_at[place])),
            "fault": fault,
        }
    )


def _moment(at: Micros | None) -> Any:  # noqa: ANN401 - datetime or None
    return to_datetime(at) if at else None
