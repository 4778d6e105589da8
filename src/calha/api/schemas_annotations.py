"""Bodies of notes at a time of a device or site, and of saved views."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from calha.api.based import Versioned
from calha.api.schemas import Answer, Body, DeviceKey, SiteId

NoteText = Annotated[str, Field(min_length=1, max_length=1000, examples=["Filter 2 was washed"])]
MAX_SEARCH_CHARS = 8_000


class AnnotationBody(Body):
    """Of a moment where `to` is missing."""

    from_: Annotated[datetime, Field(alias="from")]
    to: datetime | None = None
    text: NoteText

    @model_validator(mode="after")
    def is_ordered(self) -> Self:
        if any(one is not None and one.tzinfo is None for one in (self.from_, self.to)):
            raise ValueError("times need a zone, such as the Z of 2026-01-31T12:00:00Z")
        if self.to is not None and self.to <= self.from_:
            raise ValueError("`from` must lie before `to`")
        return self


class NewAnnotationBody(AnnotationBody):
    """Of a device, or else of a site."""

    device: DeviceKey | None = None
    site_id: SiteId | None = None

    @model_validator(mode="after")
    def has_a_place(self) -> Self:
        if (self.device is None) == (self.site_id is None):
            raise ValueError("a note is of a device or of a site")
        return self


class AnnotationAnswer(Versioned, Answer):
    beside = frozenset({"made_by", "changed_at", "is_own"})
    id: int
    device: str | None
    site_id: int | None
    from_: Annotated[datetime, Field(alias="from")]
    to: datetime | None = Field(description="null: of a moment.", examples=["2026-01-30T12:30:00Z"])
    text: str = Field(examples=["Filter 2 was washed"])
    made_by: str = Field(examples=["Ana Lima"])
    made_at: datetime
    changed_at: datetime | None
    is_own: bool = Field(description="Whether the caller wrote it.", examples=[True])


ViewName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["Pumps against last week"])]
ViewSearch = Annotated[
    dict[str, Any], Field(description="As in the page's address.", examples=[{"s": "pump-1/flow", "past": "week"}])
]
SharedWith = Annotated[
    SiteId | None, Field(description="Whoever has a role on it sees the view; null: only its owner.", examples=[1])
]


class SavedViewChange(Body):
    name: ViewName
    search: ViewSearch
    site_id: SharedWith = None


class SavedViewBody(SavedViewChange):
    page: Annotated[str, Field(pattern=r"^/[a-z/-]{0,63}$", examples=["/explore"])]


class SavedViewAnswer(Versioned, Answer):
    beside = frozenset({"owner", "is_own", "may_change", "changed_at"})
    id: int
    page: str = Field(examples=["/explore"])
    name: str = Field(examples=["Pumps against last week"])
    search: dict[str, Any] = Field(examples=[{"s": "pump-1/flow", "past": "week"}])
    site_id: SharedWith
    owner: str | None = Field(description="null: somebody who was forgotten.", examples=["Ana Lima"])
    is_own: bool = Field(description="Whether it is the caller's.", examples=[True])
    may_change: bool = Field(description="Whether the caller may change and delete it.", examples=[True])
    changed_at: datetime
