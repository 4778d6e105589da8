"""What a gateway's own page says, and that nothing in it can become markup."""

import re
from dataclasses import replace
from datetime import UTC
from html.parser import HTMLParser

import pytest
from msgspec import structs

from calha.domain.link import LaneReport, PlcReport, Report
from calha.edge.page_html import BrokerState, Part, PlcShown, Shown, page
from calha.edge.page_text import TEXTS, chosen

NOW = 1_769_860_800_000_000
HOUR = 3_600_000_000
LIVE, BACKLOG = LaneReport(5, 1.6), LaneReport(12_340, 7_200.0)
REPORT = Report("1.2", NOW, NOW - HOUR, 12_345, 3_145_728, NOW - 2 * HOUR, 0.4, LIVE, BACKLOG, 3)
PLC = PlcReport("CLP", "eta-clp", "connected", NOW, 12, 11, NOW - 4_000_000, 3, 9)
SHOWN = Shown(
    gateway="eta-1",
    hub="nats-leaf://calha:7422",
    linked=True,
    linked_since=NOW,
    error="",
    report=REPORT,
    taken=20_000,
    refused={"too_fast": 3},
    doors={"MQTT": "0.0.0.0:1883"},
    devices=4,
    plcs=[PlcShown("opc.tcp://plc:4840", "subscription", PLC, {"pump": "the server answers BadNodeIdUnknown"})],
    broker=BrokerState("mosquitto:1883", published=77, last_at=NOW),
    parts=[Part("OUTBOX", 3_000_000, 10_000_000), Part("log", 4_000_000, 20_000_000)],
    troubles={},
)


class Read(HTMLParser):
    """The tags of a page, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self._words: list[str] = []
        self.feed(html)
        self.words = " ".join(self._words)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self._words.append(data.strip())


def read(shown: Shown, language="en") -> Read:
    return Read(page(shown, language, UTC, "nonce"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            ["Linked to nats-leaf://calha:7422 since 2026-01-31 12:00:00", "12,345 messages, 3\xa0MiB", "2\xa0h ago"],
        ),
        (
            "en",
            [
                "5 messages, 2\xa0s behind",
                "12,340 messages, 2\xa0h behind",
                "20,000 since 2026-01-31 11:00:00",
                "77",
                "30 %",
            ],
        ),
        (
            "pt-BR",
            ["Ligado a nats-leaf://calha:7422 desde 31/01/2026 12:00:00", "12.345 mensagens, 3\xa0MiB", "há 2\xa0h"],
        ),
    ],
)
def test_it_tells_what_waits_and_since_when(language, said):
    words = read(SHOWN, language).words
    assert [one for one in said if one not in words] == [], words


def test_a_cut_and_tasks_in_trouble_are_told():
    words = read(replace(SHOWN, linked=False, error="no route to host", troubles={"tcp": "port taken"})).words
    for one in ("Not linked to", "written to disk here", "Last error: no route to host", "tcp: port taken"):
        assert one in words


def test_a_plc_is_told_with_its_nodes_and_with_why_it_is_not_read():
    words = read(SHOWN).words
    told = ["PLC CLP: device eta-clp", "connected, by subscription since 2026-01-31 12:00:00", "11 of 12", "4\xa0s ago"]
    told += ["pump: the server answers BadNodeIdUnknown", "Readings lost 9"]
    assert [one for one in told if one not in words] == [], words
    lost = structs.replace(PLC, state="waiting", trouble="nobody answers")
    shown = PlcShown("opc.tcp://plc:4840", None, lost, {})
    words = read(replace(SHOWN, plcs=[shown])).words
    for one in ("not connected; tried again soon since", "Last error: nobody answers"):
        assert one in words


def test_a_gateway_that_has_just_been_started_says_so():
    idle = Report("1.2", NOW, NOW, 0, 0, 0, 0.0, LaneReport(), LaneReport(), 0)
    words = read(replace(SHOWN, report=idle, taken=0, refused={}, devices=0, plcs=[], parts=[])).words
    for one in ("nothing", "in time", "the hub has not said yet"):
        assert one in words


def test_nothing_that_is_shown_becomes_markup():
    evil = "<script>alert(1)</script>\"'&{gateway}"
    shown = replace(
        SHOWN,
        gateway=evil,
        hub=evil,
        linked=False,
        error=evil,
        refused={evil: 1},
        doors={evil: evil},
        plcs=[
            PlcShown(evil, None, structs.replace(PLC, name=evil, device=evil, state=evil, trouble=evil), {evil: evil})
        ],
        broker=BrokerState(evil, error=evil),
        parts=[Part(evil, 1, 2)],
        troubles={evil: evil},
    )
    found = read(shown)
    assert "script" not in found.tags
    assert found.words.count("<script>") == 19
    assert set(found.tags) == set(read(replace(SHOWN, linked=False, error="e", troubles={"a": "b"})).tags)


def test_both_languages_have_the_same_texts_with_the_same_values():
    pt, en = TEXTS["pt-BR"], TEXTS["en"]
    assert pt.keys() == en.keys()
    values = {name: re.findall(r"\{(\w+)\}", text) for name, text in pt.items()}
    assert {name: sorted(found) for name, found in values.items()} == {
        name: sorted(re.findall(r"\{(\w+)\}", text)) for name, text in en.items()
    }


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "pt-BR,pt;q=0.9", "pt-BR"),
        (None, "de", "en"),
        (None, "", "en"),
        ("pt-BR", "en", "pt-BR"),
        ("en", "pt", "en"),
    ],
)
def test_it_speaks_the_language_that_was_asked_for(asked, accepted, language):
    assert chosen(asked, accepted) == language
