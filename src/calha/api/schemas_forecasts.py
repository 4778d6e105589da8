"""Bodies of forecasts; amounts are decimal texts."""

from datetime import date

from pydantic import Field

from calha.api.schemas import Answer
from calha.domain.forecasts import WarningKind


class RangeAnswer(Answer):
    """What is expected, and between what it ends four times out of five."""

    low: str = Field(examples=["28.400"])
    expected: str = Field(examples=["31.000"])
    high: str = Field(examples=["34.100"])


class WarningAnswer(Answer):
    """Why who pays is told. begins: quantity from which a higher block applies."""

    kind: WarningKind = Field(examples=["higher_block"])
    usual: str = Field(examples=["18.300"])
    expected: str = Field(examples=["31.000"])
    begins: str | None = Field(examples=["20"])


class ForecastAnswer(Answer):
    """A running cycle. used: until before `today`. usual: the mean of the last invoices, for as many days."""

    contract: str
    device: str
    channel: str
    from_day: date | None
    until_day: date | None
    today: date = Field(
        description="The day that is running; what it used is not counted yet.", examples=["2026-07-18"]
    )
    unit: str
    used: str | None = Field(examples=["17.200"])
    consumption: RangeAnswer | None = Field(examples=[{"low": "28.400", "expected": "31.000", "high": "34.100"}])
    bill: RangeAnswer | None = Field(examples=[{"low": "142.00", "expected": "155.00", "high": "170.50"}])
    usual: str | None = Field(examples=["18.300"])
    usual_bill: str | None = Field(examples=["91.50"])
    warnings: list[WarningAnswer] = Field(
        examples=[[{"kind": "higher_block", "usual": "18.300", "expected": "31.000", "begins": "20"}]]
    )
    problem: str | None = Field(description="Why there is no forecast.", examples=["too few days are known yet"])
