"""Bodies about the texts of messages."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from calha.api.based import Versioned
from calha.api.schemas import Answer, Body
from calha.domain.message_templates import MAX_SUBJECT, MAX_TEXT, TemplateKind, TemplateLanguage

Subject = Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT, examples=["[ETA] {priority}: {what}"])]
Wording = Annotated[
    str, Field(min_length=1, max_length=MAX_TEXT, examples=["{what}\n{where}, {since}\n\nReconhecer: {acknowledge}"])
]


class MessageTemplateBody(Body):
    subject: Subject
    text: Wording


class MessageTemplatePreviewBody(MessageTemplateBody):
    notice: Annotated[int | None, Field(ge=1, le=2**31 - 1, examples=[12])] = Field(
        None, description="The notice to write about; a sample when missing."
    )


class MessageTemplateAnswer(Versioned, Answer):
    beside = frozenset({"changed_at", "changed_by", "fields"})
    kind: TemplateKind = Field(
        description="raised: it began; again: nobody has acknowledged; over: it ended; bundle: several at once.",
        examples=["raised"],
    )
    language: TemplateLanguage = Field(examples=["pt-BR"])
    subject: str = Field(examples=["[ETA] {priority}: {what}"])
    text: str = Field(examples=["{what}\n{where}, {since}"])
    is_shipped: bool = Field(description="Whether it is the one that Calha comes with.", examples=[False])
    changed_at: datetime | None
    changed_by: str | None = Field(examples=["Maria Souza"])
    fields: list[str] = Field(description="What may be named in braces.", examples=[["what", "where", "since"]])


class MessageTemplatesAnswer(Answer):
    items: list[MessageTemplateAnswer]


class MessageTemplatePreview(Answer):
    """What it would say; where links are for taps (push), the lines with links are left out."""

    subject: str = Field(examples=["[ETA] Alta: Nível alto: 92,1 (limite 85)"])
    text: str = Field(examples=["Nível alto: 92,1 (limite 85)\nReservatório 1 · ETA Norte"])
    push_text: str = Field(examples=["Nível alto: 92,1 (limite 85)"])
