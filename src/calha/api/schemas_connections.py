"""Bodies about connections that Calha makes to other systems, their nodes, and what lies in a server's address space."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, ChannelKey, DeviceKey, SiteId
from calha.connectors.opcua.limits import MAX_READ
from calha.domain.connections import FASTEST_MS, MAX_NODE_ID_CHARS, SLOWEST_MS, Mode, Security, StateName

NodeText = Annotated[
    str,
    Field(
        min_length=3,
        max_length=MAX_NODE_ID_CHARS,
        examples=["nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|PLC.Application.GVL.vazao_saida1"],
    ),
]
Endpoint = Annotated[str, Field(min_length=11, max_length=500, examples=["opc.tcp://10.0.0.5:4840"])]
Name = Annotated[str, Field(min_length=1, max_length=64, examples=["CLP da ETA"])]
UserName = Annotated[str, Field(max_length=128, examples=["calha"])]
Password = Annotated[str, Field(max_length=256, examples=["…"], description="Never shown again; empty for none.")]
Sha256 = Annotated[
    str,
    Field(
        pattern=r"^([0-9a-f]{64})?$",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        description="SHA-256 of the certificate that the server must show; empty while none is trusted.",
    ),
]
PublishingMs = Annotated[
    int,
    Field(ge=FASTEST_MS, le=60_000, description="How often the server reports what has changed.", examples=[1_000]),
]
RepeatS = Annotated[
    int,
    Field(ge=0, le=86_400, description="After how long an unchanged value is told again; 0 for never.", examples=[60]),
]
SamplingMs = Annotated[
    int,
    Field(ge=FASTEST_MS, le=SLOWEST_MS, description="How often the server looks; null: as it reports.", examples=[500]),
]
Deadband = Annotated[
    float,
    Field(ge=0, allow_inf_nan=False, description="By how much the value must change; 0: any change.", examples=[0.1]),
]
SecurityWord = Annotated[
    Security,
    Field(description="none; Basic256Sha256 with sign, or sign and encrypt; Aes128Sha256RsaOaep; Aes256Sha256RsaPss."),
]
TRUST_FIRST = "Trust whatever certificate the server shows first. Only where nobody else can answer at that address."


class NewConnection(Body):
    name: Name
    site_id: SiteId
    endpoint: Endpoint
    security: SecurityWord = "none"
    user_name: UserName = ""
    password: Password = ""
    trusted: Sha256 = ""
    trust_first: bool = Field(False, description=TRUST_FIRST)
    enabled: bool = True
    publishing_ms: PublishingMs = 1_000
    repeat_s: RepeatS = 60


class ConnectionChange(Body):
    """A new address or weaker security needs the password again: the old one is not sent there."""

    name: Name | None = None
    site_id: SiteId | None = None
    endpoint: Endpoint | None = None
    security: SecurityWord | None = None
    user_name: UserName | None = None
    password: Password | None = None
    trusted: Sha256 | None = None
    trust_first: bool | None = Field(None, description=TRUST_FIRST)
    enabled: bool | None = None
    publishing_ms: PublishingMs | None = None
    repeat_s: RepeatS | None = None


class NodeCounts(Answer):
    """How many nodes are how; unknown: not heard of since it is connected."""

    good: int = Field(examples=[12])
    uncertain: int = Field(examples=[0])
    bad: int = Field(examples=[1])
    unknown: int = Field(examples=[0])


class Trouble(Answer):
    cause: str = Field(examples=["certificate_changed"])
    detail: str = Field(examples=["the server does not answer in time"])
    at: datetime


class Connection(Answer):
    id: int
    name: str
    site_id: int
    endpoint: str = Field(examples=["opc.tcp://10.0.0.5:4840"])
    security: Security
    user_name: str = Field(examples=["calha"])
    has_password: bool
    trusted: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    trust_first: bool
    enabled: bool
    publishing_ms: int = Field(examples=[1_000])
    repeat_s: int = Field(examples=[60])
    version: int
    state: StateName
    since: datetime | None = Field(description="Since when it is in this state.")
    mode: Mode | None = Field(description="How its nodes are read; null while it is not connected.")
    trouble: Trouble | None = Field(description="The last one, also when it is over.")
    server: str = Field(description="How the server calls itself.", examples=["CODESYS"])
    granted_ms: float | None = Field(description="How often the server reports, as it grants.", examples=[1_000.0])
    last_value_at: datetime | None
    nodes: NodeCounts
    delivered: int = Field(description="Readings put into the log since the start.", examples=[86_400])
    waiting: int = Field(description="Readings that the log has not taken yet.", examples=[0])
    lost: dict[str, int] = Field(description="Readings lost since the start, by cause.", examples=[{"log_full": 12}])


class ServerCertificate(Answer):
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    subject: str = Field(examples=["CN=PLC,O=Plant"])
    uri: str = Field(examples=["urn:plc:codesys"])
    not_before: datetime
    not_after: datetime


class ConnectionTrial(Body):
    """connection_id: to try with the stored password, which works with the stored address and security only."""

    endpoint: Endpoint
    security: SecurityWord = "none"
    user_name: UserName = ""
    password: Password | None = None
    trusted: Sha256 = ""
    connection_id: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])] | None = None


class TrialResult(Answer):
    ok: bool
    cause: str | None = Field(description="Which step failed.", examples=["login_refused"])
    detail: str | None = Field(examples=["the server refuses the user name or the password"])
    server: str = Field(description="How the server calls itself.", examples=["CODESYS"])
    offered: list[Security] = Field(description="The securities that it offers.")
    certificate: ServerCertificate | None = Field(description="What it shows; null without security.")


class OwnCertificate(Answer):
    """Take it into a server's list of trusted ones before a connection with security."""

    uri: str = Field(examples=["urn:plant-server:calha:opcua"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    pem: str = Field(examples=["-----BEGIN CERTIFICATE-----\n…"])
    der_base64: str = Field(examples=["MIID…"])
    not_after: datetime


class NewChannel(Body):
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Vazão de saída 1"])]
    unit: Annotated[str, Field(max_length=20, examples=["m³/h"])] = ""
    kind: Literal["gauge", "counter", "state"] = "gauge"


class NewNode(Body):
    node: NodeText
    device: DeviceKey
    channel: ChannelKey
    sampling_ms: SamplingMs | None = None
    deadband: Deadband = 0.0
    new_channel: NewChannel | None = Field(
        None, description="How the channel is made if the device has none of that key."
    )


class NewNodes(Body):
    nodes: list[NewNode] = Field(min_length=1, max_length=5_000)


class NodesAdded(Answer):
    added: int = Field(examples=[12])
    nodes: int = Field(description="How many the connection has now.", examples=[12])


class NodeChange(Body):
    sampling_ms: SamplingMs | None = None
    deadband: Deadband | None = None


class Node(Answer):
    id: int
    node: str = Field(examples=["nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|PLC.Application.GVL.vazao_saida1"])
    device: str
    channel: str
    sampling_ms: int | None = Field(examples=[500])
    deadband: float = Field(examples=[0.1])
    state: Literal["good", "uncertain", "bad", "unknown"]
    quality: str | None
    value: float | None = Field(examples=[67.5])
    value_at: datetime | None
    fault: str | None = Field(
        description="Why its values are not taken.", examples=["the server answers BadNodeIdUnknown"]
    )


class AddressNode(Answer):
    node: str = Field(examples=["nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|PLC.Application.GVL.vazao_saida1"])
    name: str = Field(examples=["vazao_saida1"])
    kind: Literal["object", "variable"]
    path: list[str] = Field(description="Names of what lies above it; of a search only.", examples=[["Application"]])


class AddressNodes(Answer):
    items: list[AddressNode]
    more: bool = Field(description="Whether there are others that are not shown.")


class AddressSearch(AddressNodes):
    searched: int = Field(description="How many nodes were looked at.", examples=[412])


class ReadNodes(Body):
    nodes: list[NodeText] = Field(min_length=1, max_length=MAX_READ)
    units: bool = Field(False, description="Whether their units are asked for, which takes longer.")


class NodeContent(Answer):
    node: str = Field(examples=["nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|PLC.Application.GVL.vazao_saida1"])
    value: float | str | bool | None = Field(description="null when bad.", examples=[67.5])
    type: str = Field(description="As the server calls it.", examples=["Float"])
    takes: bool = Field(description="Whether a channel can take it.")
    status: str = Field(examples=["Good"])
    quality: str
    source_at: datetime | None
    unit: str


class NodeContents(Answer):
    items: list[NodeContent]
