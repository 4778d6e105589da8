"""Bodies about devices that come: claims, labels, lists of new devices, provisioning keys."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, DeviceKey, Presence, SiteId, Text
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


class ClaimState(Answer):
    code: str = Field(examples=["7K3M-9QXC-4T2H"])
    owner: str | None = Field(description="null when it is nobody's.", examples=["Maria Souza"])
    since: datetime | None


class OwnDevice(Answer):
    key: str
    name: str = Field(description="What its owner calls it.", examples=["Caixa d'água da chácara"])
    serial: str | None
    profile: str
    title: Text
    icon: str
    zone: str = Field(description="IANA time zone of the device's site.", examples=["America/Sao_Paulo"])
    claimed_at: datetime
    presence: Presence | None


class OwnDeviceChange(Body):
    name: DeviceName | None = None
    site_id: SiteId | None = Field(None, description="Where to move it; only where the caller may configure.")


class NewLabels(Body):
    devices: list[DeviceKey] = Field(min_length=1, max_length=MAX_LABELS, examples=[["pump-1", "pump-2"]])
    format: LabelFormat = Field(
        "a4-24", description="A4 sheets of 24 (70 × 37 mm) or 10 (105 × 57 mm), or one label (70 × 37 mm) a page."
    )
    language: LabelLanguage | None = Field(None, description="That of Accept-Language when missing.")
    skip: Annotated[int, Field(ge=0, le=23, description="Places of the first sheet that are used up.")] = 0


class ImportedLine(Answer):
    line: int = Field(description="As the spreadsheet counts, from 1.", examples=[2])
    key: str
    result: Literal["created", "exists", "error"] = Field(description="created: or would be, when nothing is applied.")
    reason: str | None = Field(description="One word for programs.", examples=["unknown_site"])
    detail: str | None = Field(examples=["there is no site 'ETA Sul'"])


class NewSecret(Answer):
    device: str
    name: str
    serial: str | None = Field(examples=["A17-0042"])
    secret: str | None = Field(description="Shown here and never again.", examples=["calha_dev_…"])
    claim_code: str = Field(examples=["7K3M-9QXC-4T2H"])


class ImportReport(Answer):
    applied: bool = Field(description="Whether the devices were created.")
    created: int = Field(description="Lines whose device was, or would be, created.", examples=[120])
    existing: int = Field(examples=[3])
    errors: int = Field(examples=[0])
    ignored_columns: list[str] = Field(examples=[["Telefone"]])
    lines: list[ImportedLine]
    secrets: list[NewSecret] = Field(description="Of the created devices; empty when nothing was applied.")


class NewProvisioning(Body):
    key: Annotated[str, Field(min_length=20, max_length=200, examples=["calha_fleet_q0m3yJ7cQ2mZ0fR1"])]
    serial: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]([ -~]*[!-~])?$", examples=["A17-0042"])]


class DeviceAddress(Answer):
    host: str = Field(examples=["calha.example.org"])
    port: int
    tls: bool


class DeviceAddresses(Answer):
    mqtt: DeviceAddress = Field(description="The device's key is the user, its secret the password.")
    mqtt_topic: str = Field(examples=["calha/v1/A17-0042/telemetry"])
    http: str = Field(examples=["https://calha.example.org/api/v1/telemetry/A17-0042"])
    tcp: DeviceAddress | None


class Provisioned(Answer):
    device: str
    secret: str = Field(description="Shown here and never again.", examples=["calha_dev_…"])
    addresses: DeviceAddresses


class NewProvisioningKey(Body):
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Lote 2026/03"])]
    profile: Annotated[str, Field(max_length=64, examples=["water_meter"])]
    site_id: SiteId = Field(description="Where new devices are put; registered ones must stand there or below.")
    most_devices: Annotated[int, Field(ge=1, le=1_000_000, examples=[500])]
    days: Annotated[int, Field(ge=1, le=3_650)] | None = Field(30, description="How long it holds; null: for ever.")


class ProvisioningKeyAnswer(Answer):
    id: int
    name: str = Field(examples=["Lote 2026/03"])
    start: str = Field(description="The first letters of the key.", examples=["calha_fleet_q0m3"])
    profile: str
    site_id: int
    most_devices: int = Field(examples=[500])
    devices: int = Field(description="How many have asked.", examples=[12])
    made_by: str = Field(examples=["maria@example.org"])
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    holds: bool = Field(description="Neither revoked nor expired.")


class ProvisioningKeyMade(ProvisioningKeyAnswer):
    key: str = Field(description="Shown here and never again.", examples=["calha_fleet_…"])


class ProvisionAgain(Body):
    hours: Annotated[int, Field(ge=1, le=720)] = 24
