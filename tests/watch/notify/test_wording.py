"""Which words a message has: the shipped ones, and those that somebody wrote instead."""

import logging
from zoneinfo import ZoneInfo

import pytest

from calha.domain.alarm_rules import Rationalisation
from calha.domain.message_templates import FIELDS, Template, checked
from calha.store.notify import MessageTemplates
from calha.store.registry import Registry
from calha.watch.notify import messages, samples
from calha.watch.notify.messages import Reader
from calha.watch.notify.wording import SHIPPED, Wording
from registries import lay_empty_registry

NOW = 1_767_279_600_000_000  # 2026-01-01T15:00Z
READER = Reader("pt-BR", ZoneInfo("America/Sao_Paulo"), "https://calha.example.org")


@pytest.fixture
def written(tmp_path):
    return MessageTemplates(Registry.open(lay_empty_registry(tmp_path)).engine)


@pytest.mark.parametrize("of", SHIPPED, ids=[" ".join(of) for of in SHIPPED])
def test_the_shipped_texts_can_be_filled(of):
    assert set(SHIPPED) == {(kind, language) for kind in FIELDS for language in ("pt-BR", "en")}
    checked(of[0], SHIPPED[of])


def test_the_shipped_text_says_what_where_when_and_what_to_do():
    notice, why = samples.sample("raised", "pt-BR", NOW)
    said = messages.written("m", notice, "raised", READER, "https://c/a/x", why, SHIPPED["raised", "pt-BR"])
    assert said.subject == "[Calha] Alta: Nível alto: 92,1 (limite 85)"
    assert said.text == (
        "Nível alto: 92,1 (limite 85)\n\nOnde: Reservatório 1 · ETA Norte\nPrioridade: Alta\n"
        "Desde: 01/01/2026 11:18 (America/Sao_Paulo)\n\nO que fazer: Fechar o registro de entrada\nAgir em: 30 min\n"
        "Se ninguém agir: Transbordo\nCausa provável: Boia presa\n\nReconhecer: https://c/a/x\n"
        "Abrir no Calha: https://calha.example.org/alarms"
    )
    assert "://" not in said.without_links


def test_what_nobody_said_leaves_no_empty_lines():
    notice, _ = samples.sample("raised", "pt-BR", NOW)
    said = messages.written("m", notice, "raised", READER, None, Rationalisation(), SHIPPED["raised", "pt-BR"])
    assert said.text.endswith("(America/Sao_Paulo)\n\nAbrir no Calha: https://calha.example.org/alarms")


def test_an_end_says_until_when_and_how_long_it_lasted():
    notice, why = samples.sample("over", "en", NOW)
    template = Template("Over", "{until}\n{lasted}")
    assert messages.written("m", notice, "over", READER, None, why, template).text.endswith("\n42 min")


def test_what_somebody_wrote_counts_until_it_is_forgotten(written):
    wording, own = Wording(written), Template("[ETA] {what}", "{where}")
    written.write("raised", "en", own, "Maria", NOW)
    written.write("raised", "en", own, "Rui", NOW + 1)
    assert [(one.kind, one.language, one.changed_by) for one in written.all()] == [("raised", "en", "Rui")]
    assert wording.of("raised", "en-GB") == own
    assert wording.of("raised", "pt-BR") == SHIPPED["raised", "pt-BR"]
    written.forget("raised", "en")
    assert wording.of("raised", "en") == SHIPPED["raised", "en"]


def test_a_message_goes_out_though_its_text_names_a_field_that_is_no_more(written, caplog):
    written.write("over", "en", Template("x", "{once_there_was}"), "Maria", NOW)
    with caplog.at_level(logging.ERROR):
        assert Wording(written).of("over", "en") == SHIPPED["over", "en"]
    assert "once_there_was" in caplog.text
