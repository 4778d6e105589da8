"""Through which device another one reports. A gateway may itself stand behind one, MAX_DEPTH deep, and never behind itself."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from calha.domain.errors import Conflict
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of

MAX_DEPTH = 5


def ids(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """The ids of gateways by key. Raises NotFound, Conflict (too deep)."""
    return {key: _path(connection, key)[0] for key in keys}


def keys(connection: Connection, gateway_ids: Collection[int]) -> dict[int | None, str]:
    """The keys of gateways by id."""
    if not gateway_ids:
        return {}
    found = connection.execute(select(Device.id, Device.key).where(Device.id.in_(gateway_ids)))
    return {row.id: row.key for row in found}


def chosen(connection: Connection, device: str, gateway: str | None) -> int | None:
    """The id of a device's new gateway. Raises NotFound, Conflict (too deep, or it reports through the device itself)."""
    if gateway is None:
        return None
    path = _path(connection, gateway)
    if device_id_of(connection, device) in path:
        raise Conflict(
            f"{gateway} reports through {device}; a device cannot stand behind itself",
            "behind_itself",
            device=device,
            gateway=gateway,
        )
    return path[0]


def _path(connection: Connection, gateway: str) -> list[int]:
    """A gateway and those through which it reports."""
    path = [device_id_of(connection, gateway)]
    while above := connection.execute(select(Device.gateway_id).where(Device.id == path[-1])).scalar():
        path.append(int(above))
        if len(path) > MAX_DEPTH:
            raise Conflict(f"gateways stand at most {MAX_DEPTH} deep behind each other", "too_deep", most=MAX_DEPTH)
    return path
