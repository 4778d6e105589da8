"""Bodies of answers about machines."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer


class RunningAnswer(Answer):
    running_s: float = Field(examples=[50400.0])
    stopped_s: float = Field(examples=[34200.0])
    fault_s: float = Field(examples=[1800.0])
    unknown_s: float = Field(description="Without a state that still held.", examples=[0.0])
    starts: int = Field(examples=[12])
    stops: int = Field(examples=[12])
    faults: int = Field(examples=[1])
    longest_run_s: float = Field(examples=[14400.0])
    availability: float | None = Field(description="Running time of the planned time.", examples=[0.888])


class OeeAnswer(Answer):
    """The planned time is the time that is asked for; of several machines the times and counts are added, never the OEE."""

    pieces: float = Field(examples=[19271.0])
    performance: float | None = Field(description="Above 1 the ideal cycle time is wrong.", examples=[0.861])
    quality: float | None = Field(description="Null where good pieces are not counted.", examples=[0.978])
    oee: float | None = Field(description="Where good pieces are not counted, as if all were.", examples=[0.748])


class ZoneShares(Answer):
    a: float = Field(alias="A", examples=[0.1])
    b: float = Field(alias="B", examples=[0.88])
    c: float = Field(alias="C", examples=[0.02])
    d: float = Field(alias="D", examples=[0.0])


class VibrationAnswer(Answer):
    """While the machine ran, of the worst direction. A: as new; B: for long; C: for a limited time; D: damage."""

    velocity_mm_s: float = Field(examples=[1.62])
    highest_mm_s: float = Field(description="Highest minute.", examples=[5.3])
    zone: Literal["A", "B", "C", "D"]
    boundaries_mm_s: list[float] = Field(description="A/B, B/C, C/D.", examples=[[1.12, 2.8, 7.1]])
    shares: ZoneShares = Field(description="Of the time.")
    baseline_mm_s: float | None = Field(description="Median of the 30 days before.", examples=[1.6])
    trend: Literal["steady", "look", "alarm"] | None = Field(description="look: over by 25 %; alarm: by 50 %.")


class HeatAnswer(Answer):
    mean_c: float = Field(examples=[61.0])
    highest_c: float = Field(description="Highest minute.", examples=[88.5])
    rise_limit_c: float = Field(description="At 40 °C around it.", examples=[145.0])
    limit_c: float = Field(examples=[155.0])
    verdict: Literal["within", "over_rise", "over_limit"]
    over_rise: float = Field(description="Share of time above the rise.", examples=[0.0])
    over_limit: float = Field(examples=[0.0])
    life: float = Field(description="Of the insulation, against that at its limit, at the mean.", examples=[16.0])


class MachineAnswer(Answer):
    from_: datetime = Field(alias="from")
    to: datetime
    running: RunningAnswer | None
    oee: OeeAnswer | None = Field(description="Null where the profile gives no ideal cycle time.")
    vibration: VibrationAnswer | None
    heat: HeatAnswer | None
