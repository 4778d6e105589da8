"""What the table of anomalies takes and answers: plain frozen rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calha.domain.readings import Micros

Verdict = Literal["real", "normal"]
VerdictFilter = Literal["real", "normal", "none"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector has found, as it is known now: one anomaly for a subject and a start.

    subject: of which it was found: a series, or a device whose channels were looked at together. series: of the channel
    that shows it most. ended_at: None while it lasts. seen, low, high, expected, over_readings (of which `seen` is a mean): see
    `watch.anomaly.events.Sight`; None where a detector cannot tell. shown: how much it showed, in limits.
    """

    subject: str
    series: int
    kind: str
    started_at: Micros
    ended_at: Micros | None
    readings: int
    peak_at: Micros
    value: float | None
    score: float
    confidence: float
    seen: float | None
    low: float | None
    high: float | None
    expected: float | None
    over_readings: int
    shown: float


@dataclass(frozen=True, slots=True)
class AnomalyRow(Found):
    """device, channel, unit: of the series, for whoever shows it; and what people call them, in which zone."""

    id: int
    device: str
    channel: str
    unit: str
    found_at: Micros
    verdict: Verdict | None
    note: str
    answered_by: str | None
    answered_at: Micros | None
    device_name: str
    channel_name: str | Mapping[str, str]
    zone: str

    @property
    def is_below(self) -> bool:
        return self.seen is not None and self.low is not None and self.seen < self.low


@dataclass(frozen=True, slots=True)
class Tally:
    """How many anomalies of a kind began in a week, and what people said of them. week: counted back from now, 0 the last."""

    kind: str
    week: int
    verdict: Verdict | None
    count: int
