"""Bodies of answers about customers' water meters."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer


class LeakAnswer(Answer):
    lowest_l_h: float = Field(description="The lowest hour of the last day: so much runs all the time.", examples=[4.0])
    hours: int = Field(description="For how many it has run without a stop.", examples=[72])
    m3_month: float = Field(description="What that is in 30 days.", examples=[2.88])


class SignAnswer(Answer):
    """A reason to look at a meter; it proves nothing."""

    sign: Literal["flag", "reversed", "set_back", "idle", "fallen"] = Field(
        description="flag: the meter says so. reversed: much ran backwards. set_back: the register starts anew and nobody "
        "has said why. idle: a flow is measured while the register stands. fallen: use has fallen to nearly nothing.",
        examples=["idle"],
    )
    at: datetime = Field(description="When it was seen first.", examples=["2026-06-01T03:00:00Z"])
    channel: str | None = Field(description="Of a flag.", examples=["magnet"])


class SizingAnswer(Answer):
    """Whether the meter fits what runs through it; flows are means of quarter hours."""

    verdict: Literal["fits", "too_small", "too_large"] = Field(
        description="too_small: more than Q4 ran. too_large: more than half of the volume ran below Q2.",
        examples=["too_large"],
    )
    highest_m3_h: float = Field(examples=[1.2])
    below_q2: float = Field(description="Share of the volume.", examples=[0.62])
    above_q3: int = Field(description="Quarter hours in which more than Q3 ran.", examples=[0])


class WaterAnswer(Answer):
    """Hours that are estimated or only partly measured neither raise nor clear anything."""

    from_: datetime = Field(alias="from", examples=["2026-05-01T12:00:00Z"])
    to: datetime = Field(examples=["2026-06-01T12:00:00Z"])
    known_hours: int = Field(examples=[740])
    leak: LeakAnswer | None = Field(
        description="At least 3.785 L in each of 24 hours in a row, and no hour without flow since; null where flow is "
        "expected.",
        examples=[{"lowest_l_h": 4.0, "hours": 72, "m3_month": 2.88}],
    )
    flows_always: bool = Field(description="The profile says that flow by night is no leak.", examples=[False])
    movement: Literal["none", "intermittent", "continuous"] | None = Field(
        description="Of the last day's 96 quarter hours: from 50 with movement on intermittent, all continuous; null "
        "where one is not known, or the meter reports more seldom.",
        examples=["intermittent"],
    )
    worst_movement: Literal["none", "intermittent", "continuous"] | None = Field(
        description="The worst of the last 35 days, for so long a meter remembers; null where none of them is known.",
        examples=["continuous"],
    )
    worst_movement_at: datetime | None = Field(
        description="End of the newest such day, counted back from `to`.", examples=["2026-05-30T12:00:00Z"]
    )
    bursts: list[datetime] = Field(
        description="Hours of the last day beyond three times the month's 99th percentile.",
        examples=[["2026-06-01T03:00:00Z"]],
    )
    reversed_l: float | None = Field(
        description="In the 35 days; null where the register only counts up.", examples=[0.0]
    )
    backflow: Literal["none", "minor", "major"] | None = Field(
        description="Minor above 1, major above 100 of the lowest digit; null where the register only counts up.",
        examples=["none"],
    )
    stopped_days: int = Field(description="Days without use, where there was use before.", examples=[0])
    is_stopped: bool = Field(description="Seven of them: the meter may stand.", examples=[False])
    sizing: SizingAnswer | None = Field(
        description="null without the size in the profile, or with less than a week of known quarter hours."
    )
    tamper: list[SignAnswer] = Field(
        examples=[[{"sign": "flag", "at": "2026-06-01T03:00:00Z", "channel": "magnet"}]],
    )
