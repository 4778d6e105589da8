"""Bodies of answers about what happened to a device."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer, Text

TimelineKind = Literal["alarm", "anomaly", "command", "connection", "validation", "meter", "record"]


class TimelineEntry(Answer):
    """Something that happened to a device."""

    id: str = Field(description="Its place in the list.", examples=["1769860800000000.0.17"])
    kind: TimelineKind
    at: datetime
    until: datetime | None = Field(description="Where it lasted, until when; null while it does.")
    what: str = Field(
        description="Act of an alarm, kind of an anomaly or event, rule of a validation, verdict on a register, "
        "`edited`, `edit_undone`, `manual_reading`, `plate`.",
        examples=["raise"],
    )
    text: str | Text = Field(description="In words, where it has some.", examples=["Nível do tanque"])
    channels: list[str] = Field(
        description="Of which it speaks; none where it is about the device.", examples=[["level"]]
    )
    severity: Literal["info", "warning", "low", "medium", "high", "critical"] = Field(
        description="The priority of an alarm that begins to hold."
    )
    about: str = Field(
        description="Number of the alarm, anomaly, exception or edit; id of the command.", examples=["7"]
    )
    author: str = Field(description="Empty where nobody did it.", examples=["Ana"])
    note: str = Field(description="A comment or reason; the state of an exception.", examples=["A caminho"])
