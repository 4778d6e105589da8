"""Bodies of answers about cleanings (CIP)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer

StepName = Literal["pre_rinse", "caustic", "rinse", "acid", "final_rinse", "sanitise"]
ReasonName = Literal["missing_step", "order", "effective_time", "too_long", "residue", "gap", "too_slow"]


class SpreadAnswer(Answer):
    low: float = Field(examples=[70.1])
    mean: float = Field(examples=[75.2])
    high: float = Field(examples=[76.8])


class AgainstGolden(Answer):
    """The step beside that of the golden cycle. Differences are of means."""

    duration: float = Field(description="Share of the golden step's duration.", examples=[1.08])
    is_alike: bool = Field(description="The duration lies within 90 and 120 %.", examples=[True])
    temperature_k: float | None = Field(examples=[-0.8])
    conductivity_ms_cm: float | None = Field(examples=[1.2])
    flow_m3_h: float | None = Field(examples=[0.3])
    volume_m3: float | None = Field(examples=[0.12])


class CleaningStep(Answer):
    """Evidence of a step: what was reached beside what its recipe demands."""

    kind: StepName
    from_: datetime = Field(alias="from")
    to: datetime
    duration_s: float = Field(examples=[1260.0])
    max_s: float | None = Field(description="The longest it may take.", examples=[2700.0])
    effective_s: float = Field(description="While all that the step demands held at once.", examples=[1085.0])
    min_s: float = Field(description="Effective time that the recipe demands.", examples=[900.0])
    min_temperature_c: float | None = Field(examples=[70.0])
    min_conductivity_ms_cm: float | None = Field(examples=[50.0])
    max_conductivity_ms_cm: float | None = Field(examples=[120.0])
    min_flow_m3_h: float | None = Field(examples=[10.6])
    residue_ms_cm: float | None = Field(
        description="Conductivity over that of the water at which it may end.", examples=[0.1]
    )
    longest_gap_s: float = Field(description="Without a reading of all that the step demands.", examples=[2.0])
    temperature_c: SpreadAnswer | None
    conductivity_ms_cm: SpreadAnswer | None
    flow_m3_h: SpreadAnswer | None
    volume_m3: float | None = Field(examples=[4.9])
    golden: AgainstGolden | None


class CleaningFinding(Answer):
    """Why a cleaning did not pass."""

    step: StepName
    reason: ReasonName = Field(
        description="missing_step; order: it came before one that belongs ahead of it; effective_time: too short; "
        "too_long; residue: the rinse ended too soon; gap: nobody knows what happened in it; too_slow: below 1.5 m/s."
    )
    reached: float | None = Field(examples=[1140.0])
    demanded: float | None = Field(examples=[1200.0])


class CleaningAnswer(Answer):
    from_: datetime = Field(alias="from")
    to: datetime
    recipe: str = Field(description="The recipe whose steps were run.", examples=["full"])
    verdict: Literal["passed", "failed", "inconclusive"] | None = Field(
        description="inconclusive: readings are missing in a critical step; null while it runs."
    )
    is_golden: bool = Field(examples=[False])
    findings: list[CleaningFinding]
    steps: list[CleaningStep]


class CleaningsAnswer(Answer):
    from_: datetime = Field(alias="from")
    to: datetime
    items: list[CleaningAnswer] = Field(description="The last first.")


class SealAnswer(Answer):
    """Whether the seal of a cleaning's report holds."""

    verdict: Literal["holds", "changed", "forged"] = Field(
        description="changed: its readings have been corrected since. forged: not ours, or not sealed by that person."
    )
    from_: datetime = Field(alias="from", description="When the cleaning began.")
    to: datetime
