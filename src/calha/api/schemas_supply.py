"""Bodies of answers about supplies."""

from datetime import datetime

from pydantic import Field

from calha.api.schemas import Answer


class BandsAnswer(Answer):
    """Bounds in V: adequate from `low` to `high`, precarious from `lowest` to `highest`, critical beyond."""

    lowest: float = Field(examples=[110.0])
    low: float = Field(examples=[117.0])
    high: float = Field(examples=[133.0])
    highest: float = Field(examples=[135.0])


class PhaseAnswer(Answer):
    """Means of ten minutes of a phase. DRP and DRC are of 1,008 of them, as PRODIST has it."""

    channel: str = Field(examples=["voltage"])
    bands: BandsAnswer
    lowest_v: float = Field(examples=[114.2])
    highest_v: float = Field(examples=[129.8])
    adequate: int = Field(examples=[958])
    precarious: int = Field(examples=[40])
    critical: int = Field(examples=[10])
    is_complete: bool = Field(description="1,008 valid means; fewer are no full week.", examples=[True])
    drp_percent: float = Field(examples=[3.9683])
    drc_percent: float = Field(examples=[0.9921])
    compensation_factor: float = Field(
        description="What the charge for the network is multiplied with; 0 within the limits.", examples=[0.063492]
    )


class SupplyAnswer(Answer):
    """Shares are of the time in which it was measured."""

    from_: datetime = Field(alias="from")
    to: datetime
    nominal_v: float | None = Field(description="Declared, or that of the table nearest the median.", examples=[127.0])
    drp_limit_percent: float = Field(examples=[3.0])
    drc_limit_percent: float = Field(examples=[0.5])
    phases: list[PhaseAnswer]
    lost: float | None = Field(
        description="A phase was gone while another was there; null of one phase.", examples=[0.0]
    )
    imbalance: float | None = Field(description="Limit 0.03; null of fewer than three phases.", examples=[0.012])
    power_factor: float | None = Field(examples=[0.95])
    low_factor: float | None = Field(description="Share of time below 0.92.", examples=[0.12])
    highest_a: float | None = Field(examples=[38.5])
    rated_a: float | None = Field(examples=[63.0])
    overload: float | None = Field(description="Share of time above the rated current.", examples=[0.0])
    mean_kw: float | None = Field(examples=[4.2])
    base_kw: float | None = Field(
        description="Phantom load: median over the nights of the lowest hour; null of fewer than three nights.",
        examples=[0.31],
    )
    base_kwh_month: float | None = Field(description="What that is in 30 days.", examples=[223.2])
