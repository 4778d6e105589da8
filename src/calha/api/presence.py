"""Presence of a device as the API shows it, and to whom."""

from calha.api.schemas import Presence
from calha.api.services import Services
from calha.domain.access import Reach
from calha.domain.times import to_datetime


def presence_of(services: Services, reach: Reach, device: str) -> Presence | None:
    """None for somebody who may not see what the device does now. What was before an owner's time is left out."""
    entry = services.ingest.directory.devices.get(device)
    found = services.presence.of(device)
    from_at = reach.sees_from(device, entry.site) if entry is not None else None
    if found is None or from_at is None:
        return None
    seen_at = found.last_seen_at
    return Presence(
        state=found.state,
        cause=found.cause,
        last_seen_at=to_datetime(seen_at) if seen_at is not None and seen_at >= from_at else None,
        expected_interval_s=found.expected_interval_s,
        connected=found.connected,
        online=found.is_online,
    )
