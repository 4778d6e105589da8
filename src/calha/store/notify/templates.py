"""Texts of messages that somebody wrote for this installation; what nobody wrote is not here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from calha.domain.message_templates import Template, TemplateKind, TemplateLanguage
from calha.domain.readings import Micros
from calha.store.notify.models import MessageTemplate
from calha.store.registry.writing import writing


@dataclass(frozen=True, slots=True)
class MessageTemplateRow:
    kind: TemplateKind
    language: TemplateLanguage
    template: Template
    changed_at: Micros
    changed_by: str


class MessageTemplates:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Sequence[MessageTemplateRow]:
        with self._engine.connect() as connection:
            return [_row(one) for one in connection.execute(select(MessageTemplate.__table__))]

    def get(self, kind: TemplateKind, language: TemplateLanguage) -> MessageTemplateRow | None:
        """None where nobody wrote one."""
        with self._engine.connect() as connection:
            row = connection.execute(select(MessageTemplate.__table__).where(*_is(kind, language))).first()
        return _row(row) if row is not None else None

    def write(
        self, kind: TemplateKind, language: TemplateLanguage, template: Template, by: str, now: Micros
    ) -> MessageTemplateRow:
        values = {
            "kind": kind,
            "language": language,
            "subject": template.subject,
            "text": template.text,
            "changed_at": now,
            "changed_by": by[:120],
        }
        with writing(self._engine) as connection:
            connection.execute(delete(MessageTemplate).where(*_is(kind, language)))
            connection.execute(insert(MessageTemplate).values(values))
        return MessageTemplateRow(kind, language, template, now, by[:120])

    def forget(self, kind: TemplateKind, language: TemplateLanguage) -> None:
        """From now on the shipped one counts."""
        with writing(self._engine) as connection:
            connection.execute(delete(MessageTemplate).where(*_is(kind, language)))


def _is(kind: str, language: str) -> tuple[Any, Any]:
    return MessageTemplate.kind == kind, MessageTemplate.language == language


def _row(row: Any) -> MessageTemplateRow:  # noqa: ANN401 - a row of MessageTemplate
    return MessageTemplateRow(row.kind, row.language, Template(row.subject, row.text), row.changed_at, row.changed_by)
