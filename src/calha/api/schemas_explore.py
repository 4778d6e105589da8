"""Bodies about series across devices: found by words, summed up, calculated from one another."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from calha.api.schemas import Answer, Channel, Page


class SeriesFound(Answer):
    """A channel with where it is from."""

    device: str
    device_name: str = Field(examples=["Outlet pump"])
    site_id: int
    site_path: list[str]
    zone: str
    channel: Channel


class SeriesPage(Page[SeriesFound]):
    searched: int | None = Field(
        description="Among how many series was searched, the oldest ones, where there are more; null: among all.",
        examples=[None],
    )


class ExtremeAnswer(Answer):
    at: datetime = Field(description="Of a long time: when the hour or day begins.")
    value: float


class SharesAnswer(Answer):
    """Of all readings, from 0 to 1."""

    good: float = Field(examples=[0.97])
    estimated: float = Field(description="Estimated or substituted.", examples=[0.01])
    uncertain: float = Field(examples=[0.01])
    bad: float = Field(examples=[0.01])


class PercentilesAnswer(Answer):
    p5: float = Field(examples=[3.1])
    p50: float = Field(examples=[12.2])
    p95: float = Field(examples=[18.9])


class ConsumedAnswer(Answer):
    amount: float | None = Field(description="null where the register says too little.", examples=[431.5])
    unit: str
    quality: str


class StatisticsAnswer(Answer):
    """Of a series in a time; what is not known is null."""

    device: str
    channel: str
    unit: str
    from_: Annotated[datetime, Field(alias="from")]
    to: datetime
    count: int = Field(description="Readings with a value that may be used.", examples=[1_440])
    minimum: ExtremeAnswer | None = Field(examples=[{"at": "2026-01-31T03:00:00Z", "value": 1.5}])
    maximum: ExtremeAnswer | None = Field(examples=[{"at": "2026-01-31T19:00:00Z", "value": 21.0}])
    mean: float | None = Field(description="Of the readings, each counting the same.", examples=[11.9])
    total: float | None = Field(description="Sum of the readings.", examples=[17_136.0])
    first: float | None = Field(examples=[10.0])
    last: float | None = Field(examples=[14.0])
    percentiles: PercentilesAnswer | None = Field(
        description="null for more than two million readings.", examples=[{"p5": 3.1, "p50": 12.2, "p95": 18.9}]
    )
    shares: SharesAnswer | None = Field(
        description="How good the readings are; null where the percentiles are.",
        examples=[{"good": 0.97, "estimated": 0.01, "uncertain": 0.01, "bad": 0.01}],
    )
    consumed: ConsumedAnswer | None = Field(
        description="Of a register or flow, with its events and edits; null where nothing is counted.",
        examples=[{"amount": 431.5, "unit": "m³", "quality": "good"}],
    )


class CalculatedAnswer(Answer):
    """A calculated series, as `readings` gives one."""

    from_: Annotated[datetime, Field(alias="from")]
    to: datetime
    resolution: str
    t: list[float] = Field(description="Event times, ms since 1970 UTC.")
    value: list[float | None] = Field(description="Of a yes/no formula 1 and 0.", examples=[[2.5, 2.75]])
    quality: list[str] = Field(description="The worst of what it was calculated from.", examples=[["good", "good"]])
    gap_ms: float | None = Field(description="A longer distance between two points is a gap.", examples=[180_000.0])


class FormulaAnswer(Answer):
    """A formula that can be read."""

    letters: list[str] = Field(description="Of the series that it names.", examples=[["a", "b"]])
    is_yes_no: bool = Field(description="Whether it is a question, answered by 1 and 0.")
