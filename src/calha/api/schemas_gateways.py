"""Gateways in the API."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer


class GatewayLane(Answer):
    messages: int = Field(description="Still to be sent.", examples=[1_204])
    lag_s: float = Field(description="Age of the oldest of them.", examples=[2.4])
    shipped: int = Field(description="Messages that came this way since Calha was started.", examples=[48_211])


class GatewayPlc(Answer):
    """A PLC that the gateway reads itself. Times are by the gateway's clock."""

    name: str = Field(description="As the gateway's calha.toml calls it.", examples=["CLP"])
    device: str = Field(description="Whose channels it feeds.", examples=["eta-1-clp"])
    state: str = Field(description="connecting, connected or waiting (for the next trial).", examples=["connected"])
    since: datetime | None = Field(description="Since when it is in this state.")
    nodes: int = Field(examples=[12])
    good: int = Field(description="How many of them give a good value.", examples=[11])
    last_at: datetime | None = Field(description="When it last gave a value; null: not since the gateway was started.")
    waiting: int = Field(description="Readings that are not on the gateway's disk yet.", examples=[0])
    lost: int = Field(description="Readings lost since the gateway was started.", examples=[0])
    trouble: str = Field(description="Why it is not connected; empty while it is.", examples=[""])


class GatewayReport(Answer):
    """What the gateway said of itself last."""

    version: str = Field(description="Of Calha there.", examples=["1.0.0"])
    started_at: datetime
    messages: int = Field(description="Messages of devices that it keeps and has not handed on.", examples=[1_204])
    bytes: int = Field(description="Their size.", examples=[96_320])
    oldest_at: datetime | None = Field(description="Since when the oldest of them waits; null: none does.")
    live: GatewayLane
    backlog: GatewayLane = Field(description="What had to wait, behind what is live.")
    fill: float = Field(
        description="Share of its log's budget that is used up; at 1 it refuses devices.", examples=[0.07]
    )
    refused: int = Field(description="Messages that it refused since it was started.", examples=[0])
    clock_ahead_s: float = Field(description="By how much its clock is before ours; negative: behind.", examples=[-0.2])
    warnings: list[str] = Field(examples=[["OUTBOX is 81% full"]])
    plcs: list[GatewayPlc]


class Gateway(Answer):
    device: str = Field(description="Key of the device as which it is registered.", examples=["gateway-1"])
    site_id: int
    state: Literal["never", "linked", "silent"] = Field(description="Since Calha was started; silent: not for 10 s.")
    heard_at: datetime | None = Field(description="When it last said something.")
    devices: int = Field(description="How many devices report through it.", examples=[12])
    hub: str | None = Field(
        description="Port and scheme for `edge.hub` of the gateway; null: this Calha hears no gateways "
        "(`gateways.enabled`).",
        examples=["nats-leaf://:7422"],
    )
    report: GatewayReport | None = Field(description="null: it has said nothing since Calha was started.")
