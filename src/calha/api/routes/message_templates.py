"""The texts of messages: what each kind says in each language, for those who configure the whole installation."""

import asyncio
from typing import Annotated

from fastapi import Path

from calha.api.access import ConfiguresAll
from calha.api.based import Based
from calha.api.routing import api_router
from calha.api.schemas_message_templates import (
    MessageTemplateAnswer,
    MessageTemplateBody,
    MessageTemplatePreview,
    MessageTemplatePreviewBody,
    MessageTemplatesAnswer,
)
from calha.api.services import Here
from calha.domain.message_templates import FIELDS, Template, TemplateKind, TemplateLanguage, checked
from calha.domain.times import to_datetime
from calha.store.notify import MessageTemplateRow
from calha.watch.notify.wording import SHIPPED

router = api_router("notifications", "/message-templates")

Kind = Annotated[TemplateKind, Path(examples=["raised"])]
Language = Annotated[TemplateLanguage, Path(examples=["pt-BR"])]


@router.get("")
def list_message_templates(services: Here, _: ConfiguresAll) -> MessageTemplatesAnswer:
    """What messages say, by kind and language."""
    written = {(one.kind, one.language): one for one in services.notifier.wording.written.all()}
    return MessageTemplatesAnswer(items=[_answer(*of, written.get(of)) for of in SHIPPED])


@router.put("/{kind}/{language}")
async def write_message_template(
    kind: Kind, language: Language, body: MessageTemplateBody, services: Here, caller: ConfiguresAll, base: Based
) -> MessageTemplateAnswer:
    """Say it in one's own words from now on; what waits to leave says it so as well.

    With `If-Match`, only if nobody else has written another text meanwhile (409).
    """
    template, written = checked(kind, Template(body.subject, body.text)), services.notifier.wording.written
    before = await asyncio.to_thread(written.get, kind, language)
    await base.require(_answer(kind, language, before), "message_template", f"{kind} {language}")
    now, by = services.clock(), caller.principal.name
    row = await asyncio.to_thread(written.write, kind, language, template, by, now)
    await caller.note("message_template.changed", f"{kind} {language}", _noted(before), _noted(row))
    return _answer(kind, language, row)


@router.delete("/{kind}/{language}")
async def reset_message_template(
    kind: Kind, language: Language, services: Here, caller: ConfiguresAll
) -> MessageTemplateAnswer:
    """Back to the text that Calha comes with."""
    written = services.notifier.wording.written
    before = await asyncio.to_thread(written.get, kind, language)
    await asyncio.to_thread(written.forget, kind, language)
    await caller.note("message_template.reset", f"{kind} {language}", _noted(before))
    return _answer(kind, language, None)


@router.post("/{kind}/{language}/preview")
async def preview_message_template(
    kind: Kind, language: Language, body: MessageTemplatePreviewBody, services: Here, caller: ConfiguresAll
) -> MessageTemplatePreview:
    """What a message would say of a notice, or of a sample. Nothing is sent, and nothing kept."""
    caller.noted = True
    template = checked(kind, Template(body.subject, body.text))
    message = await asyncio.to_thread(services.notifier.preview, kind, language, template, body.notice)
    return MessageTemplatePreview(subject=message.subject, text=message.text, push_text=message.without_links)


def _answer(kind: TemplateKind, language: TemplateLanguage, row: MessageTemplateRow | None) -> MessageTemplateAnswer:
    template = row.template if row is not None else SHIPPED[kind, language]
    return MessageTemplateAnswer(
        kind=kind,
        language=language,
        subject=template.subject,
        text=template.text.strip(),
        is_shipped=row is None,
        changed_at=to_datetime(row.changed_at) if row is not None else None,
        changed_by=row.changed_by if row is not None else None,
        fields=list(FIELDS[kind]),
    )


def _noted(row: MessageTemplateRow | None) -> dict[str, str] | None:
    return {"subject": row.template.subject, "text": row.template.text} if row is not None else None
