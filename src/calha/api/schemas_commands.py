"""Bodies of requests and answers about commands."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body

StateName = Literal[
    "awaiting_approval",
    "queued",
    "sent",
    "delivered",
    "executed",
    "verified",
    "rejected",
    "timed_out",
    "expired",
    "cancelled",
]
CommandKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["start"])]
PARAMETERS = {"velocidade": 1500}
COMMAND_ID = "0006447c3b6a40f1d2c3b4a596"


class NewCommand(Body):
    command: CommandKey
    parameters: dict[Annotated[str, Field(max_length=64)], Any] = Field(
        {}, description="As the profile declares them.", examples=[PARAMETERS], max_length=100
    )
    expires_s: Annotated[float, Field(ge=1, le=30 * 86_400, examples=[120])] | None = Field(
        None, description="How long the device may take to get it, and again to answer; the profile's when missing."
    )
    offline: Literal["wait", "refuse"] = Field("wait", description="What to do if the device is offline.")
    needs_approval: bool = Field(False, description="Another person has to approve it; always so for some commands.")


class CommandStep(Answer):
    state: StateName
    at: datetime
    by: str = Field(description="A person, a key, the device, or Calha.", examples=["Ana"])
    note: str = Field(examples=["state is 1"])


class CommandReadBack(Answer):
    """The channel that is to show the execution."""

    channel: str
    expected: float = Field(examples=[1.0])
    tolerance: float = Field(examples=[0.0])
    within_s: float = Field(description="From the execution on.", examples=[60.0])
    state: Literal["pending", "passed", "failed"] | None = Field(description="null until the device has executed it.")


class DeviceCommand(Answer):
    id: str = Field(examples=[COMMAND_ID])
    device: str
    command: str = Field(examples=["start"])
    parameters: dict[str, Any] = Field(examples=[PARAMETERS])
    state: StateName
    requested_by: str = Field(examples=["Ana"])
    requested_at: datetime
    expires_at: datetime = Field(description="The device does not begin after this; until then it may be approved.")
    approved_by: str | None = Field(examples=["Bruno"])
    verification: CommandReadBack | None
    history: list[CommandStep]


class CommandAsked(DeviceCommand):
    device_online: bool = Field(description="As far as is known, when the command was asked for.")
    waits_until: datetime | None = Field(description="Until when it waits for the device that is offline.")


class CommandReply(Body):
    state: Literal["delivered", "executed", "rejected"]
    detail: Annotated[str, Field(max_length=500, examples=["door is open"])] = ""
