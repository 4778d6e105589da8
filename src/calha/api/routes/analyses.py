"""By what a device is judged: which analyses its profile declares, so that a page shows those and no others."""

import asyncio
from typing import Literal

from pydantic import Field

from calha.api.access import ViewsDevice
from calha.api.routing import api_router
from calha.api.schemas import Answer, DeviceKey
from calha.api.services import Here

router = api_router("analyses", "/devices/{key}/analyses")

AnalysisName = Literal["cleaning", "machine"]


class AnalysesAnswer(Answer):
    analyses: list[AnalysisName] = Field(examples=[["cleaning"]])


@router.get("")
async def list_analyses(key: DeviceKey, services: Here, _: ViewsDevice) -> AnalysesAnswer:
    """What the readings of a device are judged by; each has a route of its own below the device."""
    device = await asyncio.to_thread(services.registry.device, key)
    profile = await asyncio.to_thread(services.registry.profile, device.profile)
    declared = {"cleaning": profile.cleaning, "machine": profile.machine}
    return AnalysesAnswer.model_validate({"analyses": [name for name, one in declared.items() if one is not None]})
