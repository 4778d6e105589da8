"""Answers of the search over everything."""

from typing import Literal

from pydantic import Field

from calha.api.schemas import Answer, Text

SearchKind = Literal["device", "site", "channel", "alarm", "dashboard", "view", "customer", "invoice"]


class SearchHit(Answer):
    """Something that a person may open."""

    kind: SearchKind
    id: str = Field(
        description="A device's or channel's key; the number of an invoice, site, alarm, dashboard, view or customer.",
        examples=["pump-1"],
    )
    name: str | Text = Field(examples=["Bomba de recalque 1"])
    device: str | None = Field(description="Of a channel or alarm.", examples=["pump-1"])
    where: list[str] = Field(
        description="What it stands in, from the top: sites; of an invoice its customer.", examples=[["Calha", "ETA"]]
    )


class SearchAnswer(Answer):
    """The best of each kind, best first."""

    items: list[SearchHit]
    more: list[SearchKind] = Field(description="Kinds of which there are more.", examples=[["channel"]])
