"""Bodies of requests and answers about anomalies."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body

KindName = Literal["extreme", "unseasonal", "shift", "drift", "variation", "frozen", "joint", "leak"]
DetectorName = Literal["series", "device", "district"]
VerdictName = Literal["real", "normal"]


class AnomalyAnswer(Answer):
    """What is unusual, of which channel and since when, against what was expected."""

    id: int
    device: str
    device_name: str = Field(description="What people call it.", examples=["Reservatório da ETA"])
    zone: str = Field(description="Of its site.", examples=["America/Sao_Paulo"])
    channel: str = Field(description="The one that shows it most.")
    channel_name: str | dict[str, str] = Field(examples=[{"pt": "Nível", "en": "Level"}])
    unit: str
    detector: DetectorName = Field(
        description="series: of a channel by itself; device: of channels together; district: of a water district."
    )
    kind: KindName = Field(
        description="extreme: outside all that was seen; unseasonal: not usual at this hour; shift: the level has moved; "
        "drift: it moves slowly; variation: livelier or quieter; frozen: the same value again and again; joint: channels "
        "that do not go together as they do; leak: pressures and flows that do not fit the inflow of a district."
    )
    started_at: datetime
    ended_at: datetime | None = Field(description="When it was last unusual; null while it lasts.")
    peak_at: datetime
    readings: int = Field(description="Unusual ones in it.", examples=[12])
    score: float = Field(description="0.5 where an anomaly begins, towards 1 beyond.", examples=[0.83])
    confidence: float = Field(description="How well the detector knew the channel by then, 0 to 1.", examples=[0.9])
    value: float | None = Field(description="The reading at the peak.", examples=[42.0])
    expected: float | None = Field(examples=[12.5])
    seen: float | None = Field(
        description="What was compared: the value, a mean, for variation a mean distance, for frozen repetitions.",
        examples=[42.0],
    )
    low: float | None = Field(description="What `seen` usually is at least.", examples=[10.0])
    high: float | None = Field(description="What `seen` usually is at most.", examples=[15.0])
    side: Literal["above", "below"]
    over_readings: int = Field(
        description="Readings of which `seen` is a mean; 1: the reading itself. Of a joint one that lies within its range: how "
        "often the same value came.",
        examples=[1],
    )
    verdict: VerdictName | None = Field(description="What a person said of it.")
    note: str = Field(examples=["Lavagem do filtro"])
    answered_by: str | None = Field(examples=["Ana"])
    answered_at: datetime | None


class SimilarAnomaly(Answer):
    """An earlier one of the same channel and kind."""

    likeness: float = Field(description="1: as large and as long.", examples=[0.8])
    anomaly: AnomalyAnswer


class AnomalyWhole(Answer):
    anomaly: AnomalyAnswer
    similar: list[SimilarAnomaly] = Field(description="The likest first, at most five.")


class AnomalyVerdict(Body):
    """What it was. normal: such a thing is no anomaly any more; real: a little less of it will be one."""

    verdict: VerdictName
    note: Annotated[str, Field(max_length=500, examples=["Lavagem do filtro"])] = ""


class WeekTally(Answer):
    """from: begin of the seven days."""

    from_: datetime = Field(alias="from")
    found: int = Field(examples=[7])
    real: int = Field(examples=[2])
    normal: int = Field(description="False alarms, as people said.", examples=[1])


class DetectorTally(Answer):
    """How a detector has done. false_per_week: false alarms a week, as people said."""

    detector: DetectorName
    kind: KindName
    found: int = Field(examples=[28])
    real: int = Field(examples=[8])
    normal: int = Field(examples=[4])
    unanswered: int = Field(examples=[16])
    found_per_week: float = Field(examples=[7.0])
    false_per_week: float = Field(examples=[1.0])
    weeks: list[WeekTally] = Field(description="The oldest first.")


class AnomalySummary(Answer):
    lasting: int = Field(description="Anomalies that have not ended.", examples=[2])
    detectors: list[DetectorTally]
