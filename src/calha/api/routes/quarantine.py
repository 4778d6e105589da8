"""Quarantine: what could not be taken, why, and how to bring it in after all."""

import asyncio
import base64
from typing import Annotated

from fastapi import Query

from calha.api.access import Caller, Configures, ConfiguresAll, Views
from calha.api.routing import api_router
from calha.api.schemas import Accepted, Fault, Group, Kept, Page, QuarantineSummary, ReplayFilter, Seen, Sequence
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import ForeignDevice, Malformed
from calha.domain.times import to_datetime
from calha.ingest.service import Receipt
from calha.log import quarantine

router = api_router("quarantine")

SAMPLE_BYTES = 300
MAX_SEEN = 200


@router.get("/quarantine")
async def list_kept(
    services: Here,
    caller: Views,
    reason: Annotated[str | None, Query(max_length=64)] = None,
    device: Annotated[str | None, Query(max_length=128)] = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page[Kept]:
    """Messages in quarantine, oldest first."""
    page = await services.quarantine.list(reason=reason, device=device, after_seq=after, limit=limit)
    following = str(page[-1].seq) if len(page) == limit else None
    seen = _Sight(caller)
    return Page(items=[_kept(services, kept) for kept in page if seen.shows(kept.entry)], next=following)


@router.get("/quarantine/summary")
async def summary(services: Here, caller: Views) -> QuarantineSummary:
    """How many messages are kept, by reason and device."""
    found = await services.quarantine.summary()
    seen = _Sight(caller)
    counted = [(one, await _seen_of(services, seen, one)) for one in found.groups]
    groups = [Group(reason=one.reason, device=one.device, messages=messages) for one, messages in counted if messages]
    return QuarantineSummary(messages=found.messages, bytes=found.bytes, max_bytes=found.max_bytes, groups=groups)


@router.post("/quarantine/replay")
async def replay_many(which: ReplayFilter, services: Here, caller: Configures) -> Accepted:
    """Decode all messages of a device, a reason or both again; what fails again stays."""
    if which.device is None and which.reason is None:
        raise Malformed("name a device or a reason", "missing_filter")
    _require_configures(caller, which.device)
    receipt = await services.ingest.replay_all(reason=which.reason, device=which.device)
    await caller.note("quarantine.replayed", "quarantine", after=which.model_dump() | {"readings": receipt.accepted})
    return _accepted(receipt)


@router.post("/quarantine/{seq}/replay")
async def replay_one(seq: Sequence, services: Here, caller: Configures) -> Accepted:
    """Decode one message again with today's devices, channels and profiles."""
    _require_configures_entry(caller, (await services.quarantine.get(seq)).entry)
    receipt = await services.ingest.replay(seq)
    await caller.note("quarantine.replayed", f"quarantine {seq}", after={"readings": receipt.accepted})
    return _accepted(receipt)


@router.delete("/quarantine/{seq}", status_code=204)
async def discard(seq: Sequence, services: Here, caller: Configures) -> None:
    """Throw one message away for good."""
    kept = await services.quarantine.get(seq)
    _require_configures_entry(caller, kept.entry)
    await services.quarantine.discard(seq)
    await caller.note(
        "quarantine.discarded", f"quarantine {seq}", {"device": kept.entry.device, "reason": kept.entry.reason}
    )
    await asyncio.to_thread(
        services.registry.add_event,
        "quarantine_discarded",
        device=kept.entry.device or None,
        text={"pt": "Mensagem em quarentena descartada", "en": "Message in quarantine discarded"},
        data={"reason": kept.entry.reason, "size": len(kept.entry.payload)},
    )


@router.get("/seen")
async def seen(services: Here, _: ConfiguresAll) -> Page[Seen]:
    """Devices that send but are not registered; their messages wait in quarantine."""
    found = await services.quarantine.summary()
    groups = [one for one in found.groups if one.reason == "unknown_device"][:MAX_SEEN]
    items = []
    for group in groups:
        first = await services.quarantine.list(reason="unknown_device", device=group.device, limit=1)
        last = await services.quarantine.last(reason="unknown_device", device=group.device)
        if first and last:
            items.append(
                Seen(
                    device=group.device,
                    messages=group.messages,
                    first_at=to_datetime(first[0].entry.arrived_at),
                    last_at=to_datetime(last.entry.arrived_at),
                    transport=last.entry.transport,
                    sample=last.entry.payload[:SAMPLE_BYTES].decode("utf-8", "replace"),
                )
            )
    return Page(items=items, next=None)


class _Sight:
    """Which quarantined messages somebody may see: those of devices on his sites; the others only with a view of all.

    What a device sent that was deleted is not of that which has its key now. What a gateway brought that may not is also the
    gateway's.
    """

    def __init__(self, caller: Caller) -> None:
        self._reach = caller.reach()
        self._directory = caller.services.ingest.directory

    def shows(self, entry: quarantine.Entry) -> bool:
        if self._reach.is_everything:
            return True
        is_own = not self._directory.is_of_another(entry.device, entry.arrived_at)
        return is_own and self._sees(entry.device) and (not _is_foreign(entry) or self._sees(entry.via))

    def messages_of(self, group: quarantine.Group) -> int | None:
        """How many of a group's messages he may see; None where that can be told of each message only."""
        if self._reach.is_everything:
            return group.messages
        if not self._sees(group.device):
            return 0
        is_mixed = group.reason == ForeignDevice.reason or self._directory.devices[group.device].since
        return None if is_mixed else group.messages

    def _sees(self, device: str) -> bool:
        entry = self._directory.devices.get(device)
        return entry is not None and entry.site in self._reach.sites


async def _seen_of(services: Services, seen: _Sight, group: quarantine.Group) -> int:
    known, after, count = seen.messages_of(group), 0, 0
    if known is not None:
        return known
    while page := await services.quarantine.list(group.reason, group.device, after, quarantine.MAX_LISTED):
        count, after = count + sum(seen.shows(kept.entry) for kept in page), page[-1].seq
    return count


def _require_configures_entry(caller: Caller, entry: quarantine.Entry) -> None:
    """On the site of its device, and of a foreign gateway; on the whole installation for a deleted device's."""
    directory = caller.services.ingest.directory
    is_anothers = directory.is_of_another(entry.device, entry.arrived_at)
    _require_configures(caller, None if is_anothers else entry.device)
    if _is_foreign(entry):
        _require_configures(caller, entry.via)


def _is_foreign(entry: quarantine.Entry) -> bool:
    """Whether a gateway brought it through which the device does not report."""
    return entry.reason == ForeignDevice.reason and bool(entry.via)


def _require_configures(caller: Caller, device: str | None) -> None:
    """On the device's site; on the whole installation when no registered device is named. Raises Forbidden."""
    entry = caller.services.ingest.directory.devices.get(device) if device else None
    caller.require(Permission.CONFIGURE, entry.site if entry is not None else None)


def _kept(services: Services, kept: quarantine.Kept) -> Kept:
    entry = kept.entry
    try:
        raw: str | None = entry.payload.decode()
    except UnicodeDecodeError:
        raw = None
    return Kept(
        seq=kept.seq,
        at=to_datetime(entry.arrived_at),
        reason=entry.reason,
        detail=entry.detail,
        device=entry.device,
        zone=services.zone_of(entry.device),
        transport=entry.transport,
        topic=entry.topic,
        raw=raw,
        raw_base64=base64.b64encode(entry.payload).decode(),
        size=len(entry.payload),
    )


def _accepted(receipt: Receipt) -> Accepted:
    faults = [
        Fault(device=one.device, reason=one.reason, detail=one.detail, readings=one.readings)
        for one in receipt.problems
    ]
    return Accepted(accepted=receipt.accepted, quarantined=receipt.quarantined, seq=receipt.seq, errors=faults)
