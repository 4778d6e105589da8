"""Devices and their channels."""

import asyncio
import re
import zlib
from dataclasses import asdict
from typing import Annotated

from fastapi import Header, Path, Query
from starlette.responses import Response

from calha import certificates
from calha.accounts.devices import new_device_secret
from calha.accounts.fingerprints import fingerprint
from calha.api.access import Caller, Configures, ConfiguresDevice, Views, ViewsDevice
from calha.api.presence import presence_of
from calha.api.routing import api_router
from calha.api.schemas import (
    ChannelChange,
    Counts,
    Credential,
    DecodedReading,
    Device,
    DeviceCertificate,
    DeviceChange,
    DeviceCreated,
    DeviceIngest,
    DeviceSecret,
    LastError,
    LastMessage,
    NewCredential,
    NewDevice,
    Page,
    SiteId,
    as_position,
)
from calha.api.services import Here, Services
from calha.domain import quality
from calha.domain.access import Permission
from calha.domain.errors import ForeignDevice, NotFound
from calha.domain.times import to_datetime
from calha.ingest.counters import Tally
from calha.ingest.service import raw_text
from calha.store.registry import DeviceRow

router = api_router("devices", "/devices")

RAW_BYTES = 2_048
CredentialId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]


@router.get("")
def list_devices(
    services: Here,
    caller: Views,
    site: Annotated[SiteId | None, Query(description="Only devices in this site and below.")] = None,
    profile: Annotated[str | None, Query(max_length=64)] = None,
    q: Annotated[str | None, Query(max_length=100, description="Part of key, name, serial or note.")] = None,
    placed: Annotated[bool, Query(description="Only devices with a position of their own.")] = False,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Page[Device]:
    """The devices that the caller may see, by key."""
    within = caller.selection()
    page = services.registry.devices(after, limit, q, site, profile, within, placed=placed)
    return Page(items=[_shown(caller, device) for device in page.items], next=page.next)


@router.post("", status_code=201)
async def create_device(new: NewDevice, services: Here, caller: Configures) -> DeviceCreated:
    """Register a device. Its secret is in this answer and nowhere else; data that waits as unknown is replayed at once."""
    site_id = new.site_id if new.site_id is not None else first_site(caller)
    caller.require(Permission.CONFIGURE, site_id)
    _require_seen(caller, new.gateway)
    device = await asyncio.to_thread(
        services.registry.create_device,
        new.key,
        new.profile,
        site_id,
        name=new.name,
        serial=new.serial,
        note=new.note,
        gateway=new.gateway,
        position=as_position(new.position),
    )
    secret = await asyncio.to_thread(new_device_secret, services.accounts, new.key)
    await services.ingest.refresh()
    await caller.note("device.created", f"device {new.key}", after=new.model_dump() | {"site_id": site_id})
    await asyncio.to_thread(
        services.registry.add_event,
        "device_created",
        device=new.key,
        text={"pt": f"Dispositivo {new.key} criado", "en": f"Device {new.key} created"},
    )
    replayed = await services.ingest.replay_all(reason="unknown_device", device=new.key)
    created = Device.model_validate(device).model_dump()
    return DeviceCreated(**created, replayed=replayed.accepted, secret=secret)


@router.get("/{key}")
def read_device(key: str, services: Here, response: Response, caller: ViewsDevice) -> Device:
    """One device; its ETag serves `If-Match` of a change."""
    device = _shown(caller, services.registry.device(key))
    mark = zlib.crc32(repr(device.presence).encode())
    response.headers["ETag"] = f'"{device.version}-{len(device.channels)}-{mark}"'
    return device


@router.patch("/{key}")
async def change_device(
    key: str,
    change: DeviceChange,
    services: Here,
    caller: ConfiguresDevice,
    if_match: Annotated[str | None, Header(description="ETag of the version that the change is based on.")] = None,
) -> Device:
    """Change a device; with `If-Match`, only if nobody else has meanwhile (409)."""
    version = _version(if_match) if if_match else None
    changes = change.model_dump(exclude_unset=True)
    if change.site_id is not None:
        caller.require(Permission.CONFIGURE, change.site_id)
    if "position" in changes:
        changes["position"] = as_position(change.position)
    _require_seen(caller, change.gateway)
    before = await asyncio.to_thread(services.registry.device, key)
    device = await asyncio.to_thread(services.registry.update_device, key, version=version, **changes)
    await services.ingest.refresh()
    await caller.note("device.changed", f"device {key}", {name: getattr(before, name) for name in changes}, changes)
    return Device.model_validate(device)


@router.delete("/{key}", status_code=204)
async def delete_device(key: str, services: Here, caller: ConfiguresDevice) -> None:
    """Remove a device from the registry; its readings stay in the store. Commands that it has not got are taken back."""
    before = await asyncio.to_thread(services.registry.device, key)
    await services.commands.withdraw(key)
    await asyncio.to_thread(services.registry.delete_device, key)
    await services.ingest.refresh()
    await services.disconnect(key)
    await caller.note("device.deleted", f"device {key}", asdict(before) | {"channels": len(before.channels)})


@router.patch("/{key}/channels/{channel}")
async def change_channel(
    key: str, channel: str, change: ChannelChange, services: Here, caller: ConfiguresDevice
) -> Device:
    """Name, unit, kind, plausible range or precision of a channel."""
    changes = change.model_dump(exclude_unset=True)
    device = await asyncio.to_thread(services.registry.device, key)
    before = {name: getattr(one, name) for one in device.channels if one.key == channel for name in changes}
    await asyncio.to_thread(services.registry.update_channel, key, channel, **changes)
    await services.ingest.refresh()
    await caller.note("channel.changed", f"device {key} channel {channel}", before, changes)
    return Device.model_validate(await asyncio.to_thread(services.registry.device, key))


@router.get("/{key}/credentials")
def list_credentials(key: str, services: Here, _: ConfiguresDevice) -> Page[Credential]:
    """What the device may prove itself with; never the secrets themselves."""
    found = services.accounts.credentials.of(key)
    return Page(items=[Credential.model_validate(one) for one in found], next=None)


@router.post("/{key}/credentials", status_code=201)
async def rotate_secret(key: str, new: NewCredential, services: Here, caller: ConfiguresDevice) -> DeviceSecret:
    """A new secret, shown only here. Older ones hold for the overlap, so that the device can be changed over in peace."""
    secret = await asyncio.to_thread(new_device_secret, services.accounts, key, new.overlap_s)
    if not new.overlap_s:
        await services.disconnect(key)
    await caller.note("credential.rotated", f"device {key}", after={"overlap_s": new.overlap_s})
    return DeviceSecret(device=key, secret=secret)


@router.post("/{key}/certificates", status_code=201)
async def issue_certificate(key: str, services: Here, caller: ConfiguresDevice) -> DeviceCertificate:
    """A client certificate of the local authority as a further credential; its key is shown only here."""
    folder = services.settings.data.folder
    await asyncio.to_thread(services.registry.device, key)
    certificate, secret = await asyncio.to_thread(certificates.device_certificate, folder, key)
    mark, expires_at = fingerprint(certificate), certificates.expires_at(certificate.encode())
    add = services.accounts.credentials.add
    await asyncio.to_thread(lambda: add(key, "certificate", mark, expires_at=expires_at))
    await caller.note("certificate.issued", f"device {key}", after={"sha256": mark})
    authority = certificates.local_authority(folder).certificate.read_text()
    return DeviceCertificate(device=key, certificate=certificate, key=secret, authority=authority)


@router.delete("/{key}/credentials", status_code=204)
async def revoke_credentials(key: str, services: Here, caller: ConfiguresDevice) -> None:
    """Revoke every credential of a device and close its open connections."""
    await asyncio.to_thread(services.accounts.credentials.remove, key)
    services.accounts.door.forget()
    await services.disconnect(key)
    await caller.note("credential.revoked", f"device {key}")


@router.delete("/{key}/credentials/{credential_id}", status_code=204)
async def revoke_credential(key: str, credential_id: CredentialId, services: Here, caller: ConfiguresDevice) -> None:
    """Revoke one of a device's secrets or certificates. It is disconnected, and comes back with another one, if it has any."""
    await asyncio.to_thread(services.accounts.credentials.remove, key, credential_id)
    services.accounts.door.forget()
    await services.disconnect(key)
    await caller.note("credential.revoked", f"device {key}", before={"id": credential_id})


@router.get("/{key}/ingest")
def where_is_my_data(key: str, services: Here, caller: ViewsDevice) -> DeviceIngest:
    """Counters since the start, the last message as it came and as it was read, and the last error."""
    entry = services.ingest.directory.devices.get(key)
    caller.require(Permission.VIEW, entry.site if entry is not None else None)
    return DeviceIngest(
        counters=counts(services.ingest.tally(key)),
        last_message=_last_message(key, services),
        last_error=_last_error(key, caller),
    )


def _shown(caller: Caller, row: DeviceRow) -> Device:
    """A device as somebody may see it; who has given it back does not learn where it is now, and what is noted of it."""
    device, reach = Device.model_validate(row), caller.reach()
    device.presence = presence_of(caller.services, reach, row.key)
    if reach.sees_from(row.key, row.site_id) is None:
        device.note, device.position, device.gateway = "", None, None
    return device


def _require_seen(caller: Caller, gateway: str | None) -> None:
    """Raises NotFound for a gateway of which the caller may not know."""
    if gateway is not None and not caller.may(Permission.VIEW, caller.services.ingest.directory.site_of(gateway)):
        raise NotFound(f"there is no device {gateway!r}", "unknown_device", device=gateway)


def _version(tag: str) -> int:
    """The version in a device's ETag; 0, which no device has, for another text."""
    found = re.fullmatch(r'"?([0-9]{1,9})-[0-9]{1,9}(-[0-9]{1,10})?"?', tag.strip())
    return int(found[1]) if found else 0


def counts(tally: Tally) -> Counts:
    return Counts(
        received=tally.received,
        stored=tally.stored,
        late=tally.late,
        corrected=tally.corrected,
        duplicate=tally.duplicate,
        quarantined=dict(tally.quarantined),
        refused=dict(tally.refused),
        on_the_way=max(0, tally.received - tally.ended),
    )


def first_site(caller: Caller) -> int:
    """Where a device goes that names no site: the oldest one that the caller configures, whatever the names of others."""
    known = (site.id for site in caller.services.registry.sites())
    own = [site_id for site_id in known if caller.may(Permission.CONFIGURE, site_id)]
    if not own:
        raise NotFound("there is no site yet; create one first", "no_site")
    return min(own)


def _last_message(key: str, services: Services) -> LastMessage | None:
    last = services.ingest.last_message(key)
    if last is None:
        return None
    batch, problems = services.ingest.explain(last, key)
    names = services.ingest.directory.names
    decoded = [
        DecodedReading(
            channel=names[series][1] if series in names else str(series),
            at=to_datetime(at),
            value=None if value != value else value,  # NaN
            quality=quality.label(code),
        )
        for series, at, value, code in zip(
            batch.series.tolist()[:50], batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=False
        )
    ]
    return LastMessage(
        at=to_datetime(last.message.arrived_at),
        transport=last.message.transport,
        topic=last.message.topic,
        raw=raw_text(last, RAW_BYTES),
        decoded=decoded,
        error=problems[0].detail if problems else None,
    )


def _last_error(key: str, caller: Caller) -> LastError | None:
    """Not of what a foreign gateway brought, unless he sees that as well."""
    ingest = caller.services.ingest
    last = ingest.last_problem(key)
    if last is None:
        return None
    fault, via = last.problem, last.via
    if fault.reason == ForeignDevice.reason and via and not caller.may(Permission.VIEW, ingest.directory.site_of(via)):
        return None
    return LastError(
        at=to_datetime(last.arrived_at),
        reason=fault.reason,
        detail=fault.detail,
        raw=fault.raw[:RAW_BYTES].decode("utf-8", "replace"),
    )
