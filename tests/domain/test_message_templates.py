"""Templates of messages: named fields, put in once, and nothing that runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.domain.message_templates import FIELDS, MAX_SUBJECT, MAX_TEXT, Template, checked, filled

VALUES = {"what": "High level", "where": "Tank 1", "since": "12:00"}


def test_fields_are_replaced_in_subject_and_text():
    template = Template("[Plant] {what}", "{what} at {where}\nSince {since}")
    assert filled(template, VALUES) == ("[Plant] High level", "High level at Tank 1\nSince 12:00")


def test_a_line_that_names_a_field_without_a_value_is_left_out():
    template = Template("{what}", "{what}\n\nUntil: {until}\nCause: {cause}\n\nOpen: {where}\n\n\n\nBye")
    assert filled(template, VALUES)[1] == "High level\n\nOpen: Tank 1\n\nBye"


def test_what_a_value_says_is_never_a_template():
    values = VALUES | {"what": "{where} {0.__class__} {{x}} %s ${y}"}
    assert filled(Template("{what}", "{what}"), values) == ("{where} {0.__class__} {{x}} %s ${y}",) * 2


def test_a_value_cannot_break_out_of_its_line():
    values = VALUES | {"what": "level\r\nBcc: all@example.org\x1b[31m\u202e"}
    assert filled(Template("{what}", "{what}!"), values) == (
        "level Bcc: all@example.org[31m",
        "level Bcc: all@example.org[31m!",
    )


def test_double_braces_are_braces():
    assert checked("raised", Template("{{x}}", "{{{what}}}")) == Template("{{x}}", "{{{what}}}")
    assert filled(Template("{{x}}", "{{{what}}}"), VALUES) == ("{x}", "{High level}")


@pytest.mark.parametrize(
    ("text", "reason", "about"),
    [
        ("ok\n{whta}", "template_field_meant", {"line": "2", "field": "whta", "meant": "what"}),
        ("{What}", "template_field_meant", {"line": "1", "field": "What", "meant": "what"}),
        ("{what.pt}", "template_field_meant", {"line": "1", "field": "what.pt", "meant": "what"}),
        ("{xyzzy}", "unknown_template_field", {"line": "1", "field": "xyzzy", "known": ", ".join(FIELDS["raised"])}),
        ("{}", "unknown_template_field", {"line": "1", "field": "", "known": ", ".join(FIELDS["raised"])}),
        ("a\nb\n{what", "single_brace", {"line": "3"}),
        ("what}", "single_brace", {"line": "1"}),
        ("   \n", "empty_template", {}),
        ("x" * (MAX_TEXT + 1), "template_too_long", {}),
    ],
)
def test_what_cannot_be_filled_is_refused_with_its_place(text, reason, about):
    with pytest.raises(Malformed) as refused:
        checked("raised", Template("subject", text))
    assert (refused.value.reason, refused.value.about) == (reason, about)


def test_each_kind_has_its_own_fields():
    checked("bundle", Template("{n}", "{notices}"))
    checked("raised", Template("x", "{acknowledge}"))
    for kind, text in (("over", "{acknowledge}"), ("raised", "{notices}"), ("bundle", "{what}")):
        with pytest.raises(Malformed):
            checked(kind, Template("x", text))


def test_several_lines_are_kept_where_a_field_has_them():
    assert filled(Template("{n}", "{notices}\n{more}\n\nend"), {"n": "2", "notices": "• a\n• b", "more": ""}) == (
        "2",
        "• a\n• b\n\nend",
    )


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_whatever_is_taken_can_be_filled(subject, text, value):
    try:
        template = checked("raised", Template(subject, text))
    except Malformed:
        return
    told, body = filled(template, dict.fromkeys(FIELDS["raised"], value))
    assert "\n" not in told
    assert len(told) <= MAX_SUBJECT
    assert len(body.splitlines()) <= len(template.text.splitlines())
