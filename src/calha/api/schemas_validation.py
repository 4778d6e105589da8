"""Bodies of requests and answers about validation: exceptions, estimates, edits."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, ChannelKey
from calha.api.schemas_metering import Amount, LocalTime, Reason, RowId, Total

RuleName = Literal[
    "gap", "register", "reverse", "maximum", "spike", "low", "high", "change", "zero", "frozen", "sum", "leak", "clock"
]  # fmt: skip
ExceptionStateName = Literal["open", "accepted", "estimated", "edited", "gone"]
MethodName = Literal["register", "interpolation", "like_days", "mean", "manual"]
Ids = Annotated[list[RowId], Field(min_length=1, max_length=500, examples=[[7, 8]])]


class ExceptionAnswer(Answer):
    """Something that validation has found."""

    id: int
    device: str
    channel: str
    rule: RuleName
    from_: datetime = Field(alias="from")
    to: datetime
    zone: str = Field(description="IANA time zone of the device's site.", examples=["America/Sao_Paulo"])
    state: ExceptionStateName = Field(description="gone: the rule no longer finds it, as readings were corrected.")
    data: dict[str, Any] = Field(
        description="What was found, and the limit.", examples=[{"minutes": 360.0, "limit": 60.0}]
    )
    found_at: datetime
    closed_at: datetime | None
    closed_by: str | None = Field(examples=["Ana"])
    edit_id: int | None = Field(description="The edit that settled it.", examples=[7])


class OpenExceptions(Answer):
    """How many exceptions are open."""

    open: int = Field(examples=[12])
    by_rule: dict[str, int] = Field(examples=[{"gap": 9, "register": 3}])


class ChosenExceptions(Body):
    ids: Ids


class EstimateExceptions(ChosenExceptions):
    reason: Reason = ""


class EstimateOutcome(Answer):
    """What came of estimating one exception."""

    id: int
    edit_id: int | None = Field(examples=[7])
    method: MethodName | None
    detail: str | None = Field(description="Why it could not be estimated.", examples=[None])


class ProposedEdit(Body):
    """What is to be edited, and how."""

    channel: ChannelKey
    from_: LocalTime = Field(alias="from")
    to: LocalTime
    step: Literal["15m", "1h", "1d"] = Field("1h", description="Length of the intervals that get an amount each.")
    method: Literal["auto", "register", "interpolation", "like_days", "mean", "manual"] = "auto"
    total: Amount | None = Field(None, description="For manual: spread over the intervals as usual.")
    amounts: Annotated[list[Amount], Field(max_length=3_000)] | None = Field(
        None, description="For manual: one for each interval.", examples=[["1.5", "2"]]
    )
    unit: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="Of the amounts; the channel's if missing."
    )


class NewEdit(ProposedEdit):
    reason: Reason
    exceptions: Annotated[list[RowId], Field(max_length=500, examples=[[7]])] = Field(
        [], description="Exceptions that it settles, besides open ones that lie in it."
    )


class ProposalAnswer(Answer):
    """What an edit would say. t: begins of the intervals in ms, and the end of the last one."""

    channel: str
    method: MethodName
    unit: str
    t: list[float]
    before: list[float | None] = Field(examples=[[12.5, None]])
    after: list[float] = Field(examples=[[12.5, 13.0]])
    total_before: Total
    total_after: Total
    difference: Decimal | None = Field(examples=["7.5"])


class EditAnswer(Answer):
    """An edit that holds, or was taken back."""

    id: int
    channel: str
    from_: datetime = Field(alias="from")
    to: datetime
    method: MethodName
    amount: Decimal = Field(description="All of it together.", examples=["39"])
    unit: str
    reason: str = Field(examples=["Registrador travado"])
    author: str = Field(examples=["Ana"])
    made_at: datetime
    undone_at: datetime | None
    undone_by: str | None = Field(examples=["Bruno"])
