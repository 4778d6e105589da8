"""Provisioning: fleets of devices that ask for their credentials themselves."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Path, Request

from calha.api.access import Administers, Anybody, visitor_of
from calha.api.addresses import public_url
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_onboarding import (
    DeviceAddress,
    DeviceAddresses,
    NewProvisioning,
    NewProvisioningKey,
    ProvisionAgain,
    Provisioned,
    ProvisioningKeyAnswer,
    ProvisioningKeyMade,
)
from calha.api.services import Here, Services
from calha.store.accounts import provisioning as rows

router = api_router("provisioning")

Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
Key = Annotated[str, Path(max_length=64, examples=["pump-1"])]


@router.post("/provision", status_code=201)
async def provision(body: NewProvisioning, services: Here, request: Request, _: Anybody) -> Provisioned:
    """A device asks for its credential, once. It needs nothing but its fleet's key; 409 when it has a credential.

    A device with that serial is taken when it is registered, otherwise one is made.
    """
    made = await asyncio.to_thread(services.provisioning.provision, body.key, body.serial, visitor_of(request))
    await services.ingest.refresh()
    await services.disconnect(made.device)
    if made.is_new:
        await asyncio.to_thread(
            services.registry.add_event,
            "device_created",
            device=made.device,
            text={"pt": f"Dispositivo {made.device} criado", "en": f"Device {made.device} created"},
        )
        await services.ingest.replay_all(reason="unknown_device", device=made.device)
    addresses = device_addresses(services, made.device, public_url(services.settings, request))
    return Provisioned(device=made.device, secret=made.secret, addresses=addresses)


@router.get("/provisioning-keys")
def list_provisioning_keys(services: Here, _: Administers) -> Page[ProvisioningKeyAnswer]:
    """All that were made, the newest first; never the keys themselves."""
    found = services.provisioning.keys.list()
    return Page(items=[ProvisioningKeyAnswer.model_validate(one) for one in found], next=None)


@router.post("/provisioning-keys", status_code=201)
async def make_provisioning_key(new: NewProvisioningKey, services: Here, caller: Administers) -> ProvisioningKeyMade:
    """Make a key for a fleet; it is shown here and never again."""
    expires_at = datetime.now(UTC) + timedelta(days=new.days) if new.days is not None else None
    asked = rows.NewProvisioningKey(
        new.name, new.profile, new.site_id, new.most_devices, expires_at, caller.principal.name
    )
    made, secret = await asyncio.to_thread(services.provisioning.make_key, asked)
    await caller.note("provisioning_key.made", f"provisioning key {made.id}", after=new.model_dump())
    return ProvisioningKeyMade.model_validate(asdict(made) | {"holds": made.holds, "key": secret})


@router.delete("/provisioning-keys/{key_id}", status_code=204)
async def revoke_provisioning_key(key_id: Number, services: Here, caller: Administers) -> None:
    """Nobody gets a credential with it any more; devices that have one keep it."""
    revoked = await asyncio.to_thread(services.provisioning.keys.revoke, key_id)
    await caller.note("provisioning_key.revoked", f"provisioning key {key_id}", before={"name": revoked.name})


@router.put("/devices/{key}/provisioning", status_code=204)
async def allow_again(key: Key, body: ProvisionAgain, services: Here, caller: Administers) -> None:
    """Let a device ask for a credential once more, within some hours; it loses those that it has when it does."""
    until = datetime.now(UTC) + timedelta(hours=body.hours)
    await asyncio.to_thread(services.provisioning.keys.allow_again, key, until)
    await caller.note("provisioning.allowed", f"device {key}", after={"until": until.isoformat()})


def device_addresses(services: Services, device: str, base: str) -> DeviceAddresses:
    """Where a device sends. The ports of MQTT and TCP are taken to be open on the host of the web app."""
    settings = services.settings
    host = urlsplit(base).hostname or settings.mqtt.host
    mqtt = DeviceAddress(host=host, port=settings.mqtt.port, tls=settings.mqtt.tls)
    tcp = DeviceAddress(host=host, port=settings.tcp.port, tls=settings.tcp.tls) if settings.tcp.enabled else None
    return DeviceAddresses(
        mqtt=mqtt,
        mqtt_topic=f"calha/v1/{device}/telemetry",
        http=f"{base}/api/v1/telemetry/{device}",
        tcp=tcp,
    )
