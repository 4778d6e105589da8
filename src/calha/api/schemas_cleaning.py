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

    from_: datetime = Field(alias="from", description="When the golden step began.")
    to: datetime
    duration: float = Field(description="Share of the golden step's duration.", examples=[1.08])
    is_alike: bool = Field(description="The duration lies within 90 and 120 %.", examples=[True])
    temperature_k: float | None = Field(examples=[-0.8])
    conductivity_ms_cm: float | None = Field(examples=[1.2])
    flow_m3_h: float | None = Field(examples=[0.3])
    volume_m3: float | None = Field(examples=[0.12])


class CleaningSpan(Answer):
    from_: datetime = Field(alias="from")
    to: datetime


class CleaningShortfall(Answer):
    """A signal beyond a limit of the recipe: as long as it is, a step's time does not count."""

    signal: Literal["temperature", "conductivity", "flow"]
    bound: Literal["low", "high"]
    limit: float = Field(examples=[70.0])
    worst: float = Field(description="In the longest of these times.", examples=[65.2])
    total_s: float = Field(description="Of all such times.", examples=[340.0])
    spans: list[CleaningSpan] = Field(description="The longest 40 at most, by time.")


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
    max_end_conductivity_ms_cm: float | None = Field(
        description="What the last reading of a rinse may be: that of the water and the residue.", examples=[0.3]
    )
    shortfalls: list[CleaningShortfall]
    gaps: list[CleaningSpan] = Field(description="Longer than 30 s, where the step needs data without one.")
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
    step_from: datetime | None = Field(
        description="When the step began; null for one that is missing.", examples=["2026-01-31T09:04:00Z"]
    )


class CleaningAnswer(Answer):
    from_: datetime = Field(alias="from")
    to: datetime
    recipe: str = Field(description="The recipe whose steps were run.", examples=["full"])
    verdict: Literal["passed", "failed", "inconclusive"] | None = Field(
        description="inconclusive: readings are missing in a critical step; null while it runs."
    )
    is_golden: bool = Field(examples=[False])
    min_mean_flow_m3_h: float | None = Field(
        description="The mean flow below which a step is too slow (1.5 m/s); null where the recipe says no bore.",
        examples=[10.6],
    )
    findings: list[CleaningFinding]
    steps: list[CleaningStep]


class CleaningChannels(Answer):
    """The channels by which cleanings are judged."""

    temperature: str = Field(examples=["temperature"])
    conductivity: str = Field(examples=["conductivity"])
    flow: str | None = Field(examples=["flow"])


class CleaningsAnswer(Answer):
    from_: datetime = Field(alias="from")
    to: datetime
    channels: CleaningChannels
    items: list[CleaningAnswer] = Field(description="The last first.")


class SealAnswer(Answer):
    """Whether the seal of a cleaning's report holds."""

    verdict: Literal["holds", "changed", "forged"] = Field(
        description="changed: its readings have been corrected since. forged: not ours, or not sealed by that person."
    )
    from_: datetime = Field(alias="from", description="When the cleaning began.")
    to: datetime
