"""What a message says, in its reader's language, zone and length; in which words, its template says."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from calha.domain.alarm_rules import Rationalisation
from calha.domain.alarm_states import Priority
from calha.domain.message_templates import Template, filled, one_line
from calha.domain.notices import Happening
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, to_datetime, to_text
from calha.store.notify import LoggedDelivery, NoticeRow
from calha.watch.notify.push import MAX_CONTENT_BYTES

MAX_LISTED = 20  # notices that a bundle names
_SPANS_S = (("d", 86_400), ("h", 3_600), ("min", 60))

_WORDS = {
    "pt": {
        "low": "Baixa",
        "medium": "Média",
        "high": "Alta",
        "critical": "Crítica",
        "see": "Abrir no Calha: {link}",
        "acknowledge_button": "Reconhecer",
        "more": "… e mais {n}",
        "open_line": "em aberto",
        "acknowledged_line": "reconhecido",
        "over_line": "terminou",
        "test": "Mensagem de teste",
        "test_text": "Este canal funciona. Os avisos do Calha chegam por aqui.",
    },
    "en": {
        "low": "Low",
        "medium": "Medium",
        "high": "High",
        "critical": "Critical",
        "see": "Open in Calha: {link}",
        "acknowledge_button": "Acknowledge",
        "more": "… and {n} more",
        "open_line": "still open",
        "acknowledged_line": "acknowledged",
        "over_line": "over",
        "test": "Test message",
        "test_text": "This channel works. Notices of Calha arrive here.",
    },
}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a message is written. base: address of the web app."""

    language: str
    zone: ZoneInfo
    base: str


@dataclass(frozen=True, slots=True)
class Message:
    """id: the same for each try. link: what a tap opens. button: the word for `acknowledge`. facts: the same for programs."""

    id: str
    subject: str
    text: str
    link: str
    priority: Priority
    acknowledge: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    button: str = ""

    def for_push(self, tag: str) -> bytes:
        """What a browser is sent, cut to what a push service takes."""
        content = {"title": self.subject, "body": self.without_links, "link": self.link, "tag": tag}
        if self.acknowledge is not None:
            content |= {"acknowledge": self.acknowledge, "button": self.button}
        while len(packed := json.dumps(content, ensure_ascii=False).encode()) > MAX_CONTENT_BYTES:
            content["body"] = content["body"][: len(content["body"]) // 2] + "…"
        return packed

    @property
    def without_links(self) -> str:
        """The text for where links are for taps, and not to be read."""
        return "\n".join(line for line in self.text.splitlines() if "://" not in line).strip()


def of_notice(
    line: LoggedDelivery, reader: Reader, acknowledge: str | None, why: Rationalisation, template: Template
) -> Message:
    """acknowledge: the link with which it is, where the reader may. why: what is known of it, as far as somebody said it."""
    return written(
        f"calha-{line.delivery.id}", line.notice, line.delivery.happening, reader, acknowledge, why, template
    )


def written(
    message_id: str,
    notice: NoticeRow,
    happening: Happening,
    reader: Reader,
    acknowledge: str | None,
    why: Rationalisation,
    template: Template,
) -> Message:
    subject, text = filled(template, _values(notice, reader, acknowledge, why))
    return Message(
        message_id,
        subject,
        text,
        reader.base + notice.link,
        notice.priority,
        acknowledge,
        {"type": f"notice.{happening}", "notices": [_facts(notice, reader, acknowledge) | _why(why)]},
        _words(reader)["acknowledge_button"],
    )


def of_bundle(lines: Sequence[LoggedDelivery], reader: Reader, template: Template) -> Message:
    """All that was held."""
    notices = list({one.notice.id: one.notice for one in lines}.values())
    return bundled(f"calha-{lines[0].delivery.id}", notices, reader, template)


def bundled(message_id: str, notices: Sequence[NoticeRow], reader: Reader, template: Template) -> Message:
    """One line a notice, the highest priority first."""
    words, link = _words(reader), reader.base + "/alarms"
    order = list(Priority)
    told = sorted(notices, key=lambda one: (one.state == "over", -order.index(one.priority), one.since))
    highest = max((one.priority for one in told), key=order.index)
    values = {
        "n": str(len(told)),
        "open": str(sum(one.state == "open" for one in told)),
        "notices": "\n".join(_line(one, reader) for one in told[:MAX_LISTED]),
        "more": words["more"].format(n=len(told) - MAX_LISTED) if len(told) > MAX_LISTED else "",
        "priority": words[highest],
        "link": link,
    }
    subject, text = filled(template, values)
    facts = {"type": "notice.bundle", "notices": [_facts(one, reader, None) for one in told]}
    return Message(message_id, subject, text, link, highest, None, facts)


def of_test(message_id: str, reader: Reader) -> Message:
    words = _words(reader)
    text = f"{words['test_text']}\n\n{words['see'].format(link=reader.base + '/notifications')}"
    link = reader.base + "/notifications"
    return Message(
        message_id, f"[Calha] {words['test']}", text, link, Priority.LOW, None, {"type": "test", "notices": []}
    )


def _values(notice: NoticeRow, reader: Reader, acknowledge: str | None, why: Rationalisation) -> Mapping[str, str]:
    """Of the fields of a template."""
    over_at = notice.over_at
    return {
        "what": notice.what.of(reader.language),
        "where": notice.where,
        "priority": _words(reader)[notice.priority],
        "since": _local(notice.since, reader),
        "until": _local(over_at, reader) if over_at is not None else "",
        "lasted": _about((over_at - notice.since) // SECOND_US) if over_at is not None else "",
        "acknowledged_by": notice.acknowledged_by,
        "comment": notice.comment,
        "action": why.action,
        "within": _span(why.respond_s) if why.respond_s else "",
        "consequence": why.consequence,
        "cause": why.cause,
        "acknowledge": acknowledge or "",
        "link": reader.base + notice.link,
    }


def _line(notice: NoticeRow, reader: Reader) -> str:
    words = _words(reader)
    state = words[f"{notice.state}_line"]
    what = notice.what.of(reader.language)
    told = f"• {words[notice.priority]}: {what} · {notice.where} · {_local(notice.since, reader)} · {state}"
    return one_line(told)


def _facts(notice: NoticeRow, reader: Reader, acknowledge: str | None) -> dict[str, Any]:
    return {
        "id": notice.id,
        "source": notice.source,
        "state": notice.state,
        "priority": notice.priority.value,
        "what": {"pt": notice.what.pt, "en": notice.what.en},
        "where": notice.where,
        "site": notice.site,
        "since": to_text(notice.since),
        "over_at": to_text(notice.over_at) if notice.over_at is not None else None,
        "acknowledged_by": notice.acknowledged_by or None,
        "link": reader.base + notice.link,
        "acknowledge": acknowledge,
    }


def _why(why: Rationalisation) -> dict[str, Any]:
    return {
        "action": why.action or None,
        "respond_s": why.respond_s,
        "consequence": why.consequence or None,
        "cause": why.cause or None,
    }


def _span(seconds: int) -> str:
    """In the largest unit of which it is a whole number."""
    for unit, size in _SPANS_S:
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _about(seconds: int) -> str:
    """In its two largest units."""
    for (unit, size), (lower, of) in zip(_SPANS_S, (*_SPANS_S[1:], ("s", 1)), strict=True):
        if seconds >= size:
            rest = seconds % size // of
            return f"{seconds // size} {unit}" + (f" {rest} {lower}" if rest else "")
    return f"{seconds} s"


def _words(reader: Reader) -> dict[str, str]:
    return _WORDS["pt" if reader.language.startswith("pt") else "en"]


def _local(at: Micros, reader: Reader) -> str:
    local = to_datetime(at).astimezone(reader.zone)
    form = "%d/%m/%Y %H:%M" if reader.language.startswith("pt") else "%Y-%m-%d %H:%M"
    return f"{local.strftime(form)} ({reader.zone.key})"
