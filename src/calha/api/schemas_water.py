"""Bodies of answers about customers' water meters."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer


class LeakAnswer(Answer):
    lowest_l_h: float = Field(description="The lowest hour of the last day: so much runs all the time.", examples=[4.0])
    hours: int = Field(description="For how many it has run without a stop.", examples=[72])
    m3_month: float = Field(description="What that is in 30 days.", examples=[2.88])


class WaterAnswer(Answer):
    """Hours that are estimated or only partly measured neither raise nor clear anything."""

    from_: datetime = Field(alias="from")
    to: datetime
    known_hours: int = Field(examples=[740])
    leak: LeakAnswer | None = Field(description="At least 3.785 L in each of 24 hours; null where flow is expected.")
    flows_always: bool = Field(description="The profile says that flow by night is no leak.", examples=[False])
    movement: Literal["none", "intermittent", "continuous"] | None = Field(
        description="Of the last day's 96 quarter hours: from 50 with movement on intermittent, all continuous; null "
        "where one is not known."
    )
    bursts: list[datetime] = Field(description="Hours of the last day beyond three times the month's 99th percentile.")
    reversed_l: float = Field(description="In the month.", examples=[0.0])
    backflow: Literal["none", "minor", "major"] = Field(
        description="Minor above 1, major above 100 of the lowest digit."
    )
    stopped_days: int = Field(description="Days without use, where there was use before.", examples=[0])
    is_stopped: bool = Field(description="Seven of them: the meter may stand.", examples=[False])
