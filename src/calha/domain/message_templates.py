"""Templates of messages: text with named fields, and nothing else.

Rule 1: a template is never run. `{field}` is replaced by that field's value, once, and what a value says is never read as a
        template; `{{` and `}}` stand for braces.
Rule 2: a line that names a field without a value is left out, so that `Until: {until}` is only there when it is over; of blank
        lines that then follow each other one is left.
Rule 3: values come from devices and people: those of one line lose what cannot be printed, and all that would break the line.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from calha.domain.errors import Malformed

TemplateKind = Literal["raised", "again", "over", "bundle"]
TemplateLanguage = Literal["pt-BR", "en"]

MAX_SUBJECT, MAX_TEXT = 200, 4_000  # characters

_OF_NOTICE = ("what", "where", "priority", "since", "until", "lasted", "acknowledged_by", "comment")
_ADVICE = ("action", "within", "consequence", "cause")
_OF_BUNDLE = ("n", "open", "notices", "more", "priority", "link")
FIELDS: Mapping[TemplateKind, tuple[str, ...]] = {
    "raised": (*_OF_NOTICE, *_ADVICE, "acknowledge", "link"),
    "again": (*_OF_NOTICE, *_ADVICE, "acknowledge", "link"),
    "over": (*_OF_NOTICE, *_ADVICE, "link"),
    "bundle": _OF_BUNDLE,
}
OF_SEVERAL_LINES = frozenset({"notices"})

_PART = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Template:
    """What a message says first, in one line, and all that it says."""

    subject: str
    text: str


def checked(kind: TemplateKind, template: Template) -> Template:
    """The same, with plain line ends. Raises Malformed, with the line and what may have been meant."""
    subject, text = " ".join(template.subject.split()), "\n".join(template.text.strip().splitlines())
    if not subject or not text:
        raise Malformed("a message needs a subject and a text", "empty_template")
    if len(subject) > MAX_SUBJECT or len(text) > MAX_TEXT:
        raise Malformed(f"a subject has {MAX_SUBJECT} characters at most, a text {MAX_TEXT}", "template_too_long")
    for part, lines in (("subject", [subject]), ("text", text.split("\n"))):
        for number, line in enumerate(lines, 1):
            _check_line(kind, line, f"the {part}, line {number}", number)
    return Template(subject, text)


def filled(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text. values: of fields, without a value where it is empty or missing."""
    known = {name: value if name in OF_SEVERAL_LINES else one_line(value) for name, value in values.items()}
    subject = one_line(_line(template.subject, known))[:MAX_SUBJECT]
    lines = [_line(line, known) for line in template.text.split("\n") if all(known.get(one) for one in _named(line))]
    return subject, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str) -> str:
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _line(line: str, values: Mapping[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        whole = found.group()
        return whole[0] if whole in ("{{", "}}") else values.get(found.group(1) or "", "")

    return _PART.sub(put, line)


def _named(line: str) -> Iterator[str]:
    return (found.group(1) for found in _PART.finditer(line) if found.group(1) is not None)


def _check_line(kind: TemplateKind, line: str, place: str, number: int) -> None:
    for found in _PART.finditer(line):
        if found.group() in ("{", "}"):
            raise Malformed(f"{place}: write a single brace twice: {{{{ or }}}}", "single_brace", line=number)
        name = found.group(1)
        if name is not None and name not in FIELDS[kind]:
            _refuse_field(kind, name[:40], place, number)


def _refuse_field(kind: TemplateKind, name: str, place: str, number: int) -> NoReturn:
    known, near = ", ".join(FIELDS[kind]), difflib.get_close_matches(name.strip().lower(), FIELDS[kind], 1)
    if near:
        said = f"{place}: there is no field {{{name}}}; did you mean {{{near[0]}}}?"
        raise Malformed(said, "template_field_meant", line=number, field=name, meant=near[0])
    said = f"{place}: there is no field {{{name}}}; there are {known}"
    raise Malformed(said, "unknown_template_field", line=number, field=name, known=known)
