"""Bodies of requests and answers about consumption and registers. Amounts are decimals, written out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, ChannelKey

VerdictName = Literal["normal", "rollover", "reset", "restart", "exchange", "reverse", "glitch", "jump"]
Amount = Annotated[Decimal, Field(ge=-(10**12), le=10**12, max_digits=24, decimal_places=9, examples=["14.5"])]
Positive = Annotated[Decimal, Field(gt=0, le=10**12, max_digits=24, decimal_places=9)]
Register = Annotated[Decimal, Field(ge=-(10**12), le=10**12, max_digits=24, decimal_places=6)]
Serial = Annotated[str, Field(max_length=64, examples=["A17-0042"])]
Reason = Annotated[str, Field(max_length=500, examples=["Hidrômetro trocado, ordem 4711"])]
LocalTime = Annotated[
    str,
    Field(
        max_length=40, description="ISO 8601; without a zone it is local to the device.", examples=["2026-01-31T09:00"]
    ),
]
RowId = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[7])]


class Total(Answer):
    """Consumption of a whole time."""

    from_: datetime = Field(alias="from")
    to: datetime
    amount: Decimal | None = Field(description="null where nothing is known.", examples=["22.0"])
    unit: str
    quality: str
    coverage: float = Field(description="Share of the time that was observed.", examples=[0.98])


class RegisterStep(Answer):
    """A step of a register that is not simply growth."""

    channel: str
    before_at: datetime
    at: datetime
    before: float = Field(description="The register before the step.", examples=[99_987.0])
    after: float = Field(examples=[13.0])
    verdict: VerdictName
    amount: Decimal = Field(description="What is counted for the step.", examples=["26"])
    unit: str
    needs_review: bool
    decided_by: str | None = Field(description="null when the rule speaks.", examples=["Ana"])
    decision_id: int | None = Field(description="To take the decision back.", examples=[7])
    decided_at: datetime | None
    reason: str | None = Field(examples=["Hidrômetro trocado, ordem 4711"])
    old_serial: str | None = Field(examples=["A17-0042"])
    new_serial: str | None = Field(examples=["B22-0001"])


class ConsumptionAnswer(Answer):
    """Columns of equal length, an interval each; and what happened to the register meanwhile."""

    device: str
    channel: str
    unit: str
    step: Literal["15m", "1h", "1d", "1mo"]
    zone: str
    source: Literal["register", "flow"]
    t: list[float] = Field(description="Begins of the intervals, ms since 1970, and the end of the last one.")
    amount: list[float | None] = Field(description="null where nothing is known.", examples=[[12.5, None]])
    quality: list[str]
    coverage: list[float] = Field(examples=[[1.0, 0.0]])
    suspect: list[bool] = Field(
        description="Whether an open exception is about a part of it.", examples=[[False, True]]
    )
    total: Total
    events: list[RegisterStep]


class RegisterPlateBody(Body):
    """What the meter's plate says; what is missing is as the profile says."""

    unit: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="Of the consumption, where it is not that of the channel: m³ for pulses.", examples=["m³"]
    )
    multiplier: Positive | None = Field(
        None, description="What one unit of the register stands for: pulse weight, CT × VT ratio.", examples=["0.01"]
    )
    digits: Annotated[int, Field(ge=1, le=12)] | None = Field(
        None, description="Before the decimal point.", examples=[5]
    )
    rolls_at: Positive | None = Field(
        None, description="Where it starts over, if not after its digits.", examples=["4294967296"]
    )
    max_flow: Positive | None = Field(
        None, description="The most that can flow, units of consumption an hour (Q4, Imax × V).", examples=["3.125"]
    )
    resolution: Positive | None = Field(None, description="Smallest step of a reading.", examples=["0.1"])
    memory_s: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        None, description="How often a pulse counter saves its register.", examples=[60.0]
    )


class NewRegisterPlate(RegisterPlateBody):
    valid_from: LocalTime | None = Field(None, description="From the beginning when missing.")
    serial: Serial | None = None


class RegisterPlateAnswer(RegisterPlateBody, Answer):
    id: int | None = Field(description="null: as the profile says.", examples=[7])
    valid_from: datetime | None = Field(description="null: from the beginning.")
    serial: str | None
    author: str | None = Field(description="null: as the profile says.", examples=["Ana"])


class MeterAnswer(Answer):
    """A channel that can be counted."""

    channel: str
    source: Literal["register", "flow"]
    unit: str = Field(description="Of its consumption.")
    reading_unit: str = Field(description="Of its readings.", examples=["L"])
    registers: list[RegisterPlateAnswer]


class NewDecision(Body):
    channel: ChannelKey
    at: LocalTime = Field(description="Of the reading at which the step ends; for an exchange or reset, when it was.")
    verdict: VerdictName
    closing: Register | None = Field(None, description="What the old register showed at last.", examples=["1534.5"])
    opening: Register | None = Field(None, description="What the new register showed at first.", examples=["0.3"])
    old_serial: Serial | None = None
    new_serial: Serial | None = None
    reason: Reason = ""
    register_: RegisterPlateBody | None = Field(
        None, alias="register", description="Of the new meter, where it differs."
    )


class EffectAnswer(Answer):
    """What a change makes of the days that it touches."""

    before: Total
    after: Total
    difference: Decimal | None = Field(examples=["7.5"])


class ReadingPosition(Body, Answer):
    """Where somebody stood when he read a register."""

    latitude: Annotated[float, Field(ge=-90, le=90, examples=[-23.5505])]
    longitude: Annotated[float, Field(ge=-180, le=180, examples=[-46.6333])]
    accuracy_m: Annotated[float, Field(ge=0, le=1e7, examples=[8.0])] | None = None


class NewManualReading(Body):
    channel: ChannelKey
    at: LocalTime
    value: Register = Field(examples=["1534.5"])
    note: Reason = ""
    position: ReadingPosition | None = Field(
        None, description="Where it was read; kept with an `Idempotency-Key` only."
    )


class ManualReadingAnswer(Answer):
    id: int
    channel: str
    at: datetime
    value: Decimal = Field(examples=["1534.5"])
    note: str = Field(examples=["Lido no local"])
    author: str = Field(examples=["Ana"])
    made_at: datetime
    position: ReadingPosition | None = Field(None, description="null where it is not known.")
    has_photo: bool = False
