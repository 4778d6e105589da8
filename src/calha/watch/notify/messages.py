"""What a message says, in its reader's language, zone and length."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from calha.domain.alarm_rules import Rationalisation
from calha.domain.alarm_states import Priority
from calha.domain.notices import Happening
from calha.domain.readings import Micros
from calha.domain.times import to_datetime, to_text
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
        "raised": "{priority}: {what}",
        "again": "Sem reconhecimento: {what}",
        "over": "Terminou: {what}",
        "bundle": "{n} avisos, {open} em aberto",
        "where": "Onde: {where}",
        "priority": "Prioridade: {priority}",
        "since": "Desde: {since}",
        "until": "Até: {until}",
        "action": "O que fazer: {action}",
        "respond": "Agir em: {within}",
        "consequence": "Se ninguém agir: {consequence}",
        "cause": "Causa provável: {cause}",
        "acknowledged": "Reconhecido por {by}",
        "acknowledge": "Reconhecer: {link}",
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
        "raised": "{priority}: {what}",
        "again": "Not acknowledged: {what}",
        "over": "Over: {what}",
        "bundle": "{n} notices, {open} still open",
        "where": "Where: {where}",
        "priority": "Priority: {priority}",
        "since": "Since: {since}",
        "until": "Until: {until}",
        "action": "What to do: {action}",
        "respond": "Act within: {within}",
        "consequence": "If nobody acts: {consequence}",
        "cause": "Probable cause: {cause}",
        "acknowledged": "Acknowledged by {by}",
        "acknowledge": "Acknowledge: {link}",
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
        """What a browser is sent, cut to what a push service takes. Links are for taps there, and not to be read."""
        body = "\n".join(line for line in self.text.splitlines() if "://" not in line).strip()
        content = {"title": self.subject, "body": body, "link": self.link, "tag": tag}
        if self.acknowledge is not None:
            content |= {"acknowledge": self.acknowledge, "button": self.button}
        while len(packed := json.dumps(content, ensure_ascii=False).encode()) > MAX_CONTENT_BYTES:
            content["body"] = content["body"][: len(content["body"]) // 2] + "…"
        return packed


def of_notice(line: LoggedDelivery, reader: Reader, acknowledge: str | None, why: Rationalisation) -> Message:
    """acknowledge: the link with which it is, where the reader may. why: what is known of it, as far as somebody said it."""
    words, notice = _words(reader), line.notice
    happening: Happening = line.delivery.happening
    what = notice.what.of(reader.language)
    subject = words[happening].format(priority=words[notice.priority], what=what)
    lines = [
        what,
        "",
        words["where"].format(where=notice.where),
        words["priority"].format(priority=words[notice.priority]),
        words["since"].format(since=_local(notice.since, reader)),
    ]
    if notice.over_at is not None:
        lines.append(words["until"].format(until=_local(notice.over_at, reader)))
    if notice.acknowledged_by:
        lines.append(words["acknowledged"].format(by=notice.acknowledged_by))
    if happening != "over" and (advice := _advice(why, words)):
        lines += ["", *advice]
    lines.append("")
    if acknowledge is not None:
        lines.append(words["acknowledge"].format(link=acknowledge))
    lines.append(words["see"].format(link=reader.base + notice.link))
    facts = {"type": f"notice.{happening}", "notices": [_facts(notice, reader, acknowledge) | _why(why)]}
    return Message(
        f"calha-{line.delivery.id}",
        _one_line(f"[Calha] {subject}"),
        "\n".join(lines),
        reader.base + notice.link,
        notice.priority,
        acknowledge,
        facts,
        words["acknowledge_button"],
    )


def of_bundle(lines: Sequence[LoggedDelivery], reader: Reader) -> Message:
    """All that was held, one line a notice, the highest priority first."""
    words = _words(reader)
    notices = list({one.notice.id: one.notice for one in lines}.values())
    notices.sort(key=lambda one: (one.state == "over", -list(Priority).index(one.priority), one.since))
    count = sum(1 for one in notices if one.state == "open")
    subject = words["bundle"].format(n=len(notices), open=count)
    text = [_line(one, reader) for one in notices[:MAX_LISTED]]
    if len(notices) > MAX_LISTED:
        text.append(words["more"].format(n=len(notices) - MAX_LISTED))
    link = reader.base + "/alarms"
    text += ["", words["see"].format(link=link)]
    facts = {"type": "notice.bundle", "notices": [_facts(one, reader, None) for one in notices]}
    return Message(
        f"calha-{lines[0].delivery.id}",
        f"[Calha] {subject}",
        "\n".join(text),
        link,
        max((one.priority for one in notices), key=list(Priority).index),
        None,
        facts,
    )


def of_test(message_id: str, reader: Reader) -> Message:
    words = _words(reader)
    text = f"{words['test_text']}\n\n{words['see'].format(link=reader.base + '/notifications')}"
    link = reader.base + "/notifications"
    return Message(
        message_id, f"[Calha] {words['test']}", text, link, Priority.LOW, None, {"type": "test", "notices": []}
    )


def _line(notice: NoticeRow, reader: Reader) -> str:
    words = _words(reader)
    state = words[f"{notice.state}_line"]
    what = notice.what.of(reader.language)
    return f"• {words[notice.priority]}: {what} · {notice.where} · {_local(notice.since, reader)} · {state}"


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


def _advice(why: Rationalisation, words: dict[str, str]) -> list[str]:
    """What to do comes first."""
    told = {
        "action": why.action,
        "within": _span(why.respond_s) if why.respond_s else "",
        "consequence": why.consequence,
        "cause": why.cause,
    }
    keys = {"action": "action", "within": "respond", "consequence": "consequence", "cause": "cause"}
    return [words[keys[name]].format(**{name: " ".join(text.split())}) for name, text in told.items() if text]


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


def _words(reader: Reader) -> dict[str, str]:
    return _WORDS["pt" if reader.language.startswith("pt") else "en"]


def _local(at: Micros, reader: Reader) -> str:
    local = to_datetime(at).astimezone(reader.zone)
    form = "%d/%m/%Y %H:%M" if reader.language.startswith("pt") else "%Y-%m-%d %H:%M"
    return f"{local.strftime(form)} ({reader.zone.key})"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
