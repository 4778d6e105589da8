"""Connections to other systems as they are registered. Synchronous and thread-safe; each method is one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection as Database
from sqlalchemy import Engine, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.connections import MAX_CONNECTIONS, MAX_NODES, Security
from calha.domain.directory import Kind
from calha.domain.errors import Conflict, NotFound
from calha.store.registry.models import Channel, Connection, ConnectionNode, Device
from calha.store.registry.rows import Page
from calha.store.registry.writing import device_id_of, require_site, writing

MAX_CHANNELS = 1_000  # of a device, with those that are made for nodes
INSERT_ROWS = 500


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """trusted: SHA-256 of the certificate that the server must show; empty while none is trusted."""

    id: int
    name: str
    site_id: int
    endpoint: str
    security: Security
    user_name: str
    has_secret: bool
    trusted: str
    trust_first: bool
    enabled: bool
    publishing_ms: int
    repeat_s: int
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class NodeRow:
    """sampling_ms: None for the connection's own interval."""

    id: int
    connection_id: int
    node: str
    device: str
    channel: str
    series: int
    sampling_ms: int | None
    deadband: float


class NewChannel(NamedTuple):
    """A channel that is made for a node."""

    name: str
    unit: str = ""
    kind: Kind = "gauge"


class NewNode(NamedTuple):
    """new_channel: how the channel is made if the device has none of that key."""

    node: str
    device: str
    channel: str
    sampling_ms: int | None = None
    deadband: float = 0.0
    new_channel: NewChannel | None = None


class Connections:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(
        self, after: int = 0, limit: int = MAX_CONNECTIONS, sites: Collection[int] | None = None
    ) -> Page[ConnectionRow]:
        """By id; only those of `sites`, unless None."""
        query = _rows().where(Connection.id > after).order_by(Connection.id).limit(limit + 1)
        if sites is not None:
            query = query.where(Connection.site_id.in_(sites))
        with self._engine.connect() as database:
            found = [_row(row) for row in database.execute(query)]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def get(self, connection_id: int) -> ConnectionRow:
        """Raises NotFound."""
        with self._engine.connect() as database:
            return _get(database, connection_id)

    def sealed_secret(self, connection_id: int) -> str:
        """As it lies in the database; empty without one."""
        with self._engine.connect() as database:
            query = select(Connection.secret).where(Connection.id == connection_id)
            return str(database.execute(query).scalar() or "")

    def create(self, values: Mapping[str, Any]) -> ConnectionRow:
        """values: columns but for id, created_at and version. Raises NotFound (site), Conflict (name, too many)."""
        with writing(self._engine) as database:
            require_site(database, values["site_id"])
            if database.execute(select(func.count()).select_from(Connection)).scalar_one() >= MAX_CONNECTIONS:
                raise Conflict(
                    f"there are {MAX_CONNECTIONS} connections already", "too_many_connections", most=MAX_CONNECTIONS
                )
            _require_free_name(database, values["name"])
            row = {**values, "created_at": datetime.now(UTC), "version": 1}
            made = database.execute(insert(Connection).values(row)).inserted_primary_key
            assert made is not None
            return _get(database, made[0])

    def change(self, connection_id: int, changes: Mapping[str, Any], version: int | None = None) -> ConnectionRow:
        """Raises NotFound, and Conflict for a name that is taken, or if `version` is given and not the current one."""
        with writing(self._engine) as database:
            before = _get(database, connection_id)
            if version is not None and version != before.version:
                detail = f"{before.name} has been changed meanwhile; look again"
                raise Conflict(detail, "changed_meanwhile", device=before.name)
            if "site_id" in changes:
                require_site(database, changes["site_id"])
            if changes.get("name", before.name) != before.name:
                _require_free_name(database, changes["name"])
            _change(database, connection_id, changes)
            return _get(database, connection_id)

    def delete(self, connection_id: int) -> None:
        """With its nodes; channels and readings stay. Raises NotFound."""
        with writing(self._engine) as database:
            _get(database, connection_id)
            database.execute(delete(ConnectionNode).where(ConnectionNode.connection_id == connection_id))
            database.execute(delete(Connection).where(Connection.id == connection_id))

    def nodes(self, connection_id: int | None = None, after: int = 0, limit: int | None = None) -> Page[NodeRow]:
        """Of one connection, or of all; by id."""
        query = _node_rows().where(ConnectionNode.id > after).order_by(ConnectionNode.id)
        if connection_id is not None:
            query = query.where(ConnectionNode.connection_id == connection_id)
        if limit is not None:
            query = query.limit(limit + 1)
        with self._engine.connect() as database:
            found = [NodeRow(*row) for row in database.execute(query)]
        size = len(found) if limit is None else limit
        return Page(found[:size], str(found[size - 1].id) if len(found) > size else None)

    def node(self, connection_id: int, node_id: int) -> NodeRow:
        """Raises NotFound."""
        with self._engine.connect() as database:
            return _node(database, connection_id, node_id)

    def count_nodes(self) -> dict[int, int]:
        """How many nodes each connection has."""
        query = select(ConnectionNode.connection_id, func.count()).group_by(ConnectionNode.connection_id)
        with self._engine.connect() as database:
            return {row[0]: row[1] for row in database.execute(query)}

    def add_nodes(self, connection_id: int, new: Sequence[NewNode]) -> int:
        """All or none; how many there are then. Raises NotFound (connection, device, channel), Conflict."""
        with writing(self._engine) as database:
            connection = _get(database, connection_id)
            known = _count(database, connection_id)
            if known + len(new) > MAX_NODES:
                raise Conflict(f"{connection.name} has {known} nodes already", "too_many_nodes", most=MAX_NODES)
            channels = _channels(database, new)
            _require_unfed(database, channels)
            rows = [
                {
                    "connection_id": connection_id,
                    "channel_id": channel_id,
                    "node": one.node,
                    "sampling_ms": one.sampling_ms,
                    "deadband": one.deadband,
                }
                for one, channel_id in zip(new, channels, strict=True)
            ]
            try:
                for start in range(0, len(rows), INSERT_ROWS):
                    database.execute(insert(ConnectionNode), rows[start : start + INSERT_ROWS])
            except IntegrityError:
                raise Conflict("two of these nodes would feed one channel", "channel_fed_twice") from None
            _change(database, connection_id, {})
            return known + len(new)

    def change_node(self, connection_id: int, node_id: int, changes: Mapping[str, Any]) -> NodeRow:
        """Change sampling_ms or deadband. Raises NotFound."""
        with writing(self._engine) as database:
            _node(database, connection_id, node_id)
            if changes:
                database.execute(update(ConnectionNode).where(ConnectionNode.id == node_id).values(**changes))
            _change(database, connection_id, {})
            return _node(database, connection_id, node_id)

    def remove_nodes(self, connection_id: int, node_ids: Sequence[int]) -> int:
        """How many there were. Raises NotFound (connection)."""
        with writing(self._engine) as database:
            _get(database, connection_id)
            removed = 0
            for start in range(0, len(node_ids), INSERT_ROWS):
                own = ConnectionNode.connection_id == connection_id
                part = ConnectionNode.id.in_(node_ids[start : start + INSERT_ROWS])
                removed += database.execute(delete(ConnectionNode).where(own, part)).rowcount
            _change(database, connection_id, {})
            return removed


def _rows() -> Select[Any]:
    columns = [getattr(Connection, name) for name in ConnectionRow.__dataclass_fields__ if name != "has_secret"]
    return select(*columns, Connection.secret)


def _row(row: Any) -> ConnectionRow:  # noqa: ANN401 - of _rows
    values = dict(row._mapping)
    return ConnectionRow(**values | {"has_secret": bool(values.pop("secret"))})


def _get(database: Database, connection_id: int) -> ConnectionRow:
    row = database.execute(_rows().where(Connection.id == connection_id)).first()
    if row is None:
        raise NotFound(f"there is no connection {connection_id}", "unknown_connection")
    return _row(row)


def _change(database: Database, connection_id: int, changes: Mapping[str, Any]) -> None:
    values = {**changes, "version": Connection.version + 1}
    database.execute(update(Connection).where(Connection.id == connection_id).values(values))


def _require_free_name(database: Database, name: str) -> None:
    if database.execute(select(Connection.id).where(Connection.name == name)).first() is not None:
        raise Conflict(f"there is a connection {name!r} already", "connection_exists", name=name)


def _node_rows() -> Select[Any]:
    columns: list[Any] = [
        ConnectionNode.id,
        ConnectionNode.connection_id,
        ConnectionNode.node,
        Device.key,
        Channel.key,
        Channel.id,
        ConnectionNode.sampling_ms,
        ConnectionNode.deadband,
    ]
    return (
        select(*columns)
        .join(Channel, Channel.id == ConnectionNode.channel_id)
        .join(Device, Device.id == Channel.device_id)
    )


def _node(database: Database, connection_id: int, node_id: int) -> NodeRow:
    own = ConnectionNode.id == node_id, ConnectionNode.connection_id == connection_id
    row = database.execute(_node_rows().where(*own)).first()
    if row is None:
        raise NotFound(f"connection {connection_id} has no node {node_id}", "unknown_node")
    return NodeRow(*row)


def _count(database: Database, connection_id: int) -> int:
    query = select(func.count()).where(ConnectionNode.connection_id == connection_id)
    return int(database.execute(query).scalar_one())


def _channels(database: Database, new: Iterable[NewNode]) -> list[int]:
    """The channels that the nodes feed, made where they are missing and may be."""
    known: dict[str, dict[str, int]] = {}
    found = []
    for one in new:
        if one.device not in known:
            known[one.device] = _channels_of(database, one.device)
        own = known[one.device]
        if one.channel not in own:
            own[one.channel] = _made(database, one, len(own))
        found.append(own[one.channel])
    return found


def _channels_of(database: Database, device: str) -> dict[str, int]:
    query = select(Channel.key, Channel.id).where(Channel.device_id == device_id_of(database, device))
    return {row[0]: row[1] for row in database.execute(query)}


def _made(database: Database, one: NewNode, channels: int) -> int:
    if one.new_channel is None:
        raise NotFound(f"{one.device} has no channel {one.channel!r}", "unknown_channel", channel=one.channel)
    if channels >= MAX_CHANNELS:
        detail = f"{one.device} has {channels} channels, which is the most that a device may have"
        raise Conflict(detail, "channels_used_up", device=one.device, most=MAX_CHANNELS)
    values = {
        "device_id": device_id_of(database, one.device),
        "key": one.channel,
        "name": one.new_channel.name,
        "unit": one.new_channel.unit,
        "kind": one.new_channel.kind,
        "discovered": False,
    }
    made = database.execute(insert(Channel).values(values)).inserted_primary_key
    assert made is not None
    return int(made[0])


def _require_unfed(database: Database, channels: Sequence[int]) -> None:
    for start in range(0, len(channels), INSERT_ROWS):
        fed = _node_rows().where(ConnectionNode.channel_id.in_(channels[start : start + INSERT_ROWS]))
        if (row := database.execute(fed).first()) is not None:
            node = NodeRow(*row)
            detail = f"{node.device} {node.channel!r} is fed by another node already: {node.node}"
            raise Conflict(detail, "channel_fed", device=node.device, channel=node.channel)
