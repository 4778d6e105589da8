"""What the metering tables answer: plain frozen rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from calha.domain.readings import Micros
from calha.domain.registers import Decision, Plate, Verdict

ExceptionState = Literal["open", "accepted", "estimated", "edited", "gone"]


@dataclass(frozen=True, slots=True)
class PlateRow:
    """A plate that holds from a time on. id: 0 for one that is not stored yet."""

    series: int
    valid_from: Micros
    plate: Plate
    serial: str | None
    author: str
    made_at: Micros
    id: int = 0


@dataclass(frozen=True, slots=True)
class DecisionRow:
    series: int
    at: Micros
    verdict: Verdict
    closing: Decimal | None
    opening: Decimal | None
    old_serial: str | None
    new_serial: str | None
    reason: str
    author: str
    made_at: Micros
    id: int = 0

    def decision(self) -> Decision:
        return Decision(self.at, self.verdict, self.closing, self.opening, self.author)


@dataclass(frozen=True, slots=True)
class ManualReadingRow:
    series: int
    at: Micros
    value: Decimal
    note: str
    author: str
    made_at: Micros
    id: int = 0


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """What came with a reading by a person. latitude, longitude: degrees (WGS 84)."""

    request_id: str
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    has_photo: bool = False


@dataclass(frozen=True, slots=True)
class EditRow:
    """bounds: begins and the last end of the intervals whose amounts are given."""

    series: int
    bounds: Sequence[Micros]
    amounts: Sequence[Decimal]
    method: str
    reason: str
    author: str
    made_at: Micros
    undone_at: Micros | None = None
    undone_by: str | None = None
    id: int = 0

    @property
    def from_at(self) -> Micros:
        return self.bounds[0]

    @property
    def until_at(self) -> Micros:
        return self.bounds[-1]


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """device, channel: keys, for whoever shows it."""

    id: int
    series: int
    device: str
    channel: str
    rule: str
    from_at: Micros
    until_at: Micros
    state: ExceptionState
    found_at: Micros
    closed_at: Micros | None
    closed_by: str | None
    edit_id: int | None
    data: Mapping[str, Any] = field(default_factory=dict)
