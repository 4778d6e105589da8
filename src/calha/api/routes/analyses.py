"""By what a device is judged: which analyses its profile declares, so that a page shows those and no others."""

import asyncio
from collections.abc import Callable
from typing import Literal, TypeVar

from pydantic import Field

from calha.api.access import Caller, ViewsDevice
from calha.api.routes.readings import visible
from calha.api.routing import api_router
from calha.api.schemas import Answer, DeviceKey
from calha.api.services import Here, Services
from calha.domain.directory import DeviceEntry
from calha.domain.errors import Malformed, NotFound, TooLarge
from calha.domain.profiles import Profile
from calha.domain.readings import Micros
from calha.domain.times import DAY_US
from calha.store.registry import DeviceRow

router = api_router("analyses", "/devices/{key}/analyses")

Declared = TypeVar("Declared")

AnalysisName = Literal["cleaning", "machine", "supply", "water"]


class AnalysesAnswer(Answer):
    analyses: list[AnalysisName] = Field(examples=[["cleaning"]])


@router.get("")
async def list_analyses(key: DeviceKey, services: Here, _: ViewsDevice) -> AnalysesAnswer:
    """What the readings of a device are judged by; each has a route of its own below the device."""
    profile = (await device_and_profile(services, key))[1]
    declared = {
        "cleaning": profile.cleaning,
        "machine": profile.machine,
        "supply": profile.supply,
        "water": profile.water,
    }
    return AnalysesAnswer.model_validate({"analyses": [name for name, one in declared.items() if one is not None]})


async def device_and_profile(services: Services, key: str) -> tuple[DeviceRow, Profile]:
    """A device and what its profile declares. Raises NotFound."""
    device = await asyncio.to_thread(services.registry.device, key)
    return device, await asyncio.to_thread(services.registry.profile, device.profile)


async def declared_for(
    services: Services, key: str, part: Callable[[Profile], Declared | None], lacks: str
) -> tuple[DeviceRow, DeviceEntry, Declared]:
    """A device and the part of its profile that an analysis goes by. lacks: what a profile without it does not say.

    Raises NotFound.
    """
    device, profile = await device_and_profile(services, key)
    entry, declared = services.ingest.directory.devices.get(key), part(profile)
    if declared is None or entry is None:
        raise NotFound(f"the profile {device.profile} does not {lacks}")
    return device, entry, declared


def seen(caller: Caller, device: DeviceRow, since: Micros, until: Micros, most_days: int) -> tuple[Micros, Micros]:
    """The part of a time that the caller may see. Raises Malformed, TooLarge, NotFound."""
    if since >= until:
        raise Malformed("`from` must lie before `to`", "bad_time")
    if until - since > most_days * DAY_US:
        raise TooLarge(f"at most {most_days} days at once", "too_many_readings")
    found = visible(caller.reach().periods(device.key, device.site_id), since, until)
    if found[0] >= found[1]:
        raise NotFound("of that time there is nothing that you may see")
    return found
