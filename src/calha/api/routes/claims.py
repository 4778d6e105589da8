"""Claims: a device becomes its owner's with the code on its label."""

import asyncio
from typing import Annotated, Any

from fastapi import Path

from calha.api.access import Caller, ConfiguresDevice, Self, ViewsDevice
from calha.api.presence import presence_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_onboarding import Claimed, ClaimOffer, ClaimState, NewClaim, OwnDevice, OwnDeviceChange
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.claim_codes import grouped
from calha.domain.errors import Forbidden, NotFound
from calha.domain.profiles import Profile
from calha.store.accounts.ownership import OwnedRow
from calha.store.registry import DeviceRow

router = api_router("claims")

TypedCode = Annotated[str, Path(min_length=1, max_length=40, examples=["7K3M-9QXC-4T2H"])]
Key = Annotated[str, Path(max_length=64, examples=["pump-1"])]


@router.get("/claims/{code}")
async def look_at_claim(code: TypedCode, services: Here, caller: Self) -> ClaimOffer:
    """What a code would claim."""
    person_id = caller.person_id()
    found = await asyncio.to_thread(services.claims.look, code, caller.principal, caller.visitor)
    return await asyncio.to_thread(_offer, services, found.device, person_id)


@router.post("/claims", status_code=201)
async def claim(new: NewClaim, services: Here, caller: Self) -> Claimed:
    """Make a device one's own. Only the readings from now on are shown to him; 409 when it is somebody else's.

    `site_id` also moves it there, where the caller may configure; somebody who configures its present site as well also
    names it for everybody with `name`, which otherwise is what its owner calls it.
    """
    person_id = caller.person_id()
    found = await asyncio.to_thread(services.claims.look, new.code, caller.principal, caller.visitor)
    device = found.device
    await asyncio.to_thread(_require_may_move, caller, device, new.site_id)
    await asyncio.to_thread(services.claims.take, found, caller.principal, new.name or "")
    await asyncio.to_thread(_place, caller, device, new)
    await services.ingest.refresh()
    await caller.note(
        "device.claimed", f"device {device}", after={"owner": f"person {person_id}", "site_id": new.site_id}
    )
    row = await asyncio.to_thread(services.registry.device, device)
    return Claimed(device=device, name=new.name or row.name, profile=row.profile, site_id=row.site_id)


@router.get("/devices/{key}/claim")
async def read_claim(key: Key, services: Here, _: ConfiguresDevice) -> ClaimState:
    """The code on the device's label, and whose it is."""
    ownerships, people = services.accounts.ownerships, services.accounts.people
    owner = await asyncio.to_thread(ownerships.owner, key)
    codes = await asyncio.to_thread(ownerships.codes, [key])
    person = await asyncio.to_thread(people.get, owner.person_id) if owner is not None else None
    return ClaimState(
        code=grouped(codes[key]),
        owner=person.name if person is not None else None,
        since=owner.from_at if owner is not None else None,
    )


@router.delete("/devices/{key}/claim", status_code=204)
async def release(key: Key, services: Here, caller: ViewsDevice) -> None:
    """Give a device back: by its owner, or by whoever configures its site. It gets a new code; the history stays his."""
    owner = await asyncio.to_thread(services.accounts.ownerships.owner, key)
    is_own = owner is not None and caller.principal.kind == "person" and caller.principal.id == owner.person_id
    if not is_own:
        caller.require(Permission.CONFIGURE, services.ingest.directory.site_of(key))
    await asyncio.to_thread(services.claims.release, key)
    await caller.note(
        "device.released", f"device {key}", before={"owner": f"person {owner.person_id}"} if owner else None
    )


@router.get("/account/devices")
def list_own_devices(services: Here, caller: Self) -> Page[OwnDevice]:
    """One's own devices, by name."""
    profiles = {profile.name: profile for profile in services.registry.profiles()}
    owned = services.accounts.ownerships.owned_now(caller.person_id())
    rows = services.registry.devices_named([one.device for one in owned])
    items = [_own(caller, one, rows[one.device], profiles) for one in owned if one.device in rows]
    return Page(items=items, next=None)


@router.patch("/account/devices/{key}")
async def change_own_device(key: Key, change: OwnDeviceChange, services: Here, caller: Self) -> OwnDevice:
    """What one calls an own device; and `site_id` moves it, where the caller may configure."""
    await asyncio.to_thread(services.accounts.ownerships.require_own, key, caller.person_id())
    await asyncio.to_thread(_require_may_move, caller, key, change.site_id)
    if change.name is not None:
        await asyncio.to_thread(services.accounts.ownerships.rename, key, caller.person_id(), change.name)
        await caller.note("device.named", f"device {key}", after={"label": change.name})
    if change.site_id is not None:
        before = await asyncio.to_thread(services.registry.device, key)
        await asyncio.to_thread(lambda: services.registry.update_device(key, site_id=change.site_id))
        await services.ingest.refresh()
        places = {"site_id": before.site_id}, {"site_id": change.site_id}
        await caller.note("device.changed", f"device {key}", *places)
    found = await asyncio.to_thread(list_own_devices, services, caller)
    return next(one for one in found.items if one.key == key)


def _offer(services: Services, device: str, person_id: int) -> ClaimOffer:
    row = services.registry.device(device)
    profile = services.registry.profile(row.profile)
    owner = services.accounts.ownerships.owner(device)
    return ClaimOffer(
        profile=row.profile,
        title=profile.title,
        icon=profile.icon,
        serial=row.serial if owner is None else None,
        free=owner is None,
        yours=owner is not None and owner.person_id == person_id,
    )


def _require_may_move(caller: Caller, device: str, site_id: int | None) -> None:
    """Moving a device shows its whole history to those of its new site, so one with an earlier owner stays."""
    if site_id is None:
        return
    caller.require(Permission.CONFIGURE, site_id)
    present = caller.services.ingest.directory.site_of(device)
    if present is None:
        raise NotFound(f"there is no device {device!r}", "unknown_device", device=device)
    was_anothers = caller.accounts.ownerships.was_anothers(device, caller.principal.id)
    if was_anothers and not caller.may(Permission.CONFIGURE, present):
        raise Forbidden(
            "this device has had another owner; only whoever configures its present site may move it", "had_other_owner"
        )


def _place(caller: Caller, device: str, new: NewClaim) -> None:
    registry, directory = caller.services.registry, caller.services.ingest.directory
    changes: dict[str, Any] = {} if new.site_id is None else {"site_id": new.site_id}
    if new.name and (new.site_id is not None or caller.may(Permission.CONFIGURE, directory.site_of(device))):
        changes["name"] = new.name
    if changes:
        registry.update_device(device, **changes)


def _own(caller: Caller, owned: OwnedRow, row: DeviceRow, profiles: dict[str, Profile]) -> OwnDevice:
    profile = profiles.get(row.profile)
    return OwnDevice(
        key=row.key,
        name=owned.label,
        serial=row.serial,
        profile=row.profile,
        title=profile.title if profile else {},
        icon=profile.icon if profile else "",
        zone=row.zone,
        claimed_at=owned.from_at,
        presence=presence_of(caller.services, caller.reach(), row.key),
    )
