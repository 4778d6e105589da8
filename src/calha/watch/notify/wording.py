"""Which words a message has: those that somebody wrote for this installation, or the ones that Calha comes with."""

import logging
from collections.abc import Mapping

from calha.domain.errors import Malformed
from calha.domain.message_templates import Template, TemplateKind, TemplateLanguage, checked
from calha.store.notify import MessageTemplates

log = logging.getLogger(__name__)

_NOTICE_PT = """{what}

Onde: {where}
Prioridade: {priority}
Desde: {since}
Até: {until}
Reconhecido por {acknowledged_by}
"""
_ADVICE_PT = """
O que fazer: {action}
Agir em: {within}
Se ninguém agir: {consequence}
Causa provável: {cause}

Reconhecer: {acknowledge}"""
_LINK_PT = "\nAbrir no Calha: {link}"
_NOTICE_EN = """{what}

Where: {where}
Priority: {priority}
Since: {since}
Until: {until}
Acknowledged by {acknowledged_by}
"""
_ADVICE_EN = """
What to do: {action}
Act within: {within}
If nobody acts: {consequence}
Probable cause: {cause}

Acknowledge: {acknowledge}"""
_LINK_EN = "\nOpen in Calha: {link}"

SHIPPED: Mapping[tuple[TemplateKind, TemplateLanguage], Template] = {
    ("raised", "pt-BR"): Template("[Calha] {priority}: {what}", _NOTICE_PT + _ADVICE_PT + _LINK_PT),
    ("raised", "en"): Template("[Calha] {priority}: {what}", _NOTICE_EN + _ADVICE_EN + _LINK_EN),
    ("again", "pt-BR"): Template("[Calha] Sem reconhecimento: {what}", _NOTICE_PT + _ADVICE_PT + _LINK_PT),
    ("again", "en"): Template("[Calha] Not acknowledged: {what}", _NOTICE_EN + _ADVICE_EN + _LINK_EN),
    ("over", "pt-BR"): Template("[Calha] Terminou: {what}", _NOTICE_PT + _LINK_PT),
    ("over", "en"): Template("[Calha] Over: {what}", _NOTICE_EN + _LINK_EN),
    ("bundle", "pt-BR"): Template("[Calha] {n} avisos, {open} em aberto", "{notices}\n{more}\n" + _LINK_PT),
    ("bundle", "en"): Template("[Calha] {n} notices, {open} still open", "{notices}\n{more}\n" + _LINK_EN),
}


class Wording:
    def __init__(self, written: MessageTemplates) -> None:
        self.written = written

    def of(self, kind: TemplateKind, language: str) -> Template:
        """For a reader's language. A message goes out whatever an older version let somebody write."""
        told: TemplateLanguage = "pt-BR" if language.startswith("pt") else "en"
        row = self.written.get(kind, told)
        if row is None:
            return SHIPPED[kind, told]
        try:
            return checked(kind, row.template)
        except Malformed as error:
            log.error("the written text of %s messages (%s) cannot be used: %s", kind, told, error)
            return SHIPPED[kind, told]
