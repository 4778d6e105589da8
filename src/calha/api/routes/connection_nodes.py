"""The nodes of a connection, and the server's address space from which they are chosen.

A node may feed only a device that its caller configures.
"""

import asyncio
from typing import Annotated, Any

from fastapi import Query

from calha.api.access import Caller, Configures, Views
from calha.api.routes.connections import After, Number, configurable, moment, visible
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_connections import (
    AddressNode,
    AddressNodes,
    AddressSearch,
    NewNodes,
    Node,
    NodeChange,
    NodeContent,
    NodeContents,
    NodesAdded,
    ReadNodes,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.connections import read_node_id
from calha.domain.errors import NotFound
from calha.domain.quality import Quality, label
from calha.store.registry import connections as rows

router = api_router("connections", "/connections")


@router.get("/{connection_id}/nodes")
def list_nodes(
    connection_id: Number,
    services: Here,
    caller: Views,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Page[Node]:
    """The nodes of a connection, the channels that they feed, and how they are."""
    visible(services, caller, connection_id)
    page = services.opcua.rows.nodes(connection_id, after, limit)
    link = services.opcua.link(connection_id)
    slots = {slot.channel.series: place for place, slot in enumerate(link.wanted.slots)} if link is not None else {}
    return Page(items=[_node(one, link, slots.get(one.series)) for one in page.items], next=page.next)


@router.post("/{connection_id}/nodes", status_code=201)
async def add_nodes(connection_id: Number, new: NewNodes, services: Here, caller: Configures) -> NodesAdded:
    """Have nodes read, each into a channel of a device, which is made if need be. All or none."""
    await asyncio.to_thread(configurable, services, caller, connection_id)
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
    await asyncio.to_thread(configurable, services, caller, connection_id)
    changes = change.model_dump(exclude_unset=True)
    if changes.get("deadband", 0.0) is None:
        del changes["deadband"]
    before = await asyncio.to_thread(services.opcua.rows.node, connection_id, node_id)
    changed = await asyncio.to_thread(services.opcua.rows.change_node, connection_id, node_id, changes)
    await services.ingest.refresh()
    old = {name: getattr(before, name) for name in changes}
    await caller.note(
        "connection.node_changed",
        f"connection {connection_id}",
        {"node": before.node} | old,
        {"node": before.node} | changes,
    )
    return _node(changed, None, None)


@router.delete("/{connection_id}/nodes/{node_id}", status_code=204)
async def remove_node(connection_id: Number, node_id: Number, services: Here, caller: Configures) -> None:
    """No longer read a node; its channel and readings stay."""
    await asyncio.to_thread(configurable, services, caller, connection_id)
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

    await asyncio.to_thread(configurable, services, caller, connection_id)
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

    await asyncio.to_thread(configurable, services, caller, connection_id)
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

    await asyncio.to_thread(configurable, services, caller, connection_id)
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
                source_at=moment(one.source_at),
                unit=one.unit,
            )
            for one in found
        ]
    )


def _require_devices(services: Services, caller: Caller, devices: set[str]) -> None:
    directory = services.ingest.directory
    for device in sorted(devices):
        entry = directory.devices.get(device)
        if entry is None or not caller.may(Permission.VIEW, entry.site):
            raise NotFound(f"there is no device {device!r}", "unknown_device", device=device)
        caller.require(Permission.CONFIGURE, entry.site)


def _new_node(given: dict[str, Any]) -> rows.NewNode:
    read_node_id(given["node"])
    new = given.pop("new_channel")
    return rows.NewNode(**given, new_channel=rows.NewChannel(**new) if new is not None else None)


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
            "value_at": moment(int(last.last_at[place])),
            "fault": fault,
        }
    )
