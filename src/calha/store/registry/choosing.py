"""Which rows a question is about, where each row belongs to a device: the conditions that all such questions share."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, or_

from calha.store.registry.models import Device, Event
from calha.store.registry.rows import Selection


def of_devices(
    query: Select[Any],
    *,
    device: str | None = None,
    sites: Collection[int] | None = None,
    within: Selection | None = None,
) -> Select[Any]:
    """Only the device of that key, only devices at these sites, only those `within`; None does not narrow."""
    if device is not None:
        query = query.where(Device.key == device)
    if sites is not None:
        query = query.where(Device.site_id.in_(sites))
    if within is not None:
        query = query.where(or_(Device.site_id.in_(within.sites), Device.key.in_(within.devices)))
    return query


def with_own_events(query: Select[Any]) -> Select[Any]:
    """Of events, those of the devices that have their keys now, or that nobody has any more."""
    own = or_(Device.first_event.is_(None), Event.id >= Device.first_event)
    return query.outerjoin(Device, Device.key == Event.device).where(own)
