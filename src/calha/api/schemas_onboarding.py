"""Bodies about devices that come: claims, labels, lists of new devices, provisioning keys."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from calha.api.schemas import Answer, Body, DeviceKey, SiteId, Text
from calha.reports.labels import MAX_LABELS, LabelFormat, LabelLanguage

DeviceName = Annotated[str, Field(min_length=1, max_length=100, examples=["Caixa d'água da chácara"])]


class NewClaim(Body):
    code: Annotated[str, Field(min_length=1, max_length=40, examples=["7K3M-9QXC-4T2H"])]
    name: DeviceName | None = Field(None, description="What its owner calls it.")
    site_id: SiteId | None = Field(None, description="Where to move it; only where the caller may configure.")


class Claimed(Answer):
    device: str
    name: str
    profile: str
    site_id: int


class ClaimOffer(Answer):
    profile: str
    title: Text
    icon: str
    serial: str | None = Field(description="null when it is somebody's.", examples=["A17-0042"])
    free: bool = Field(description="Whether it is nobody's.")
    yours: bool


class OwnDevice(Answer):
    key: str
    name: str = Field(description="What its owner calls it.", examples=["Caixa d'água da chácara"])
    serial: str | None
    profile: str
    title: Text
    icon: str
    claimed_at: datetime


class OwnDeviceChange(Body):
    name: DeviceName


class NewLabels(Body):
    devices: list[DeviceKey] = Field(min_length=1, max_length=MAX_LABELS, examples=[["pump-1", "pump-2"]])
    format: LabelFormat = Field(
        "a4-24", description="A4 sheets of 24 (70 × 37 mm) or 10 (105 × 57 mm), or one label (70 × 37 mm) a page."
    )
    language: LabelLanguage | None = Field(None, description="That of Accept-Language when missing.")
    skip: Annotated[int, Field(ge=0, le=23, description="Places of the first sheet that are used up.")] = 0
