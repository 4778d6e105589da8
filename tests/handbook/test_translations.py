"""A guide in Portuguese says what the English one says: the same parts, commands, settings, routes, figures."""

import re
import shlex
import tomllib
from collections import Counter
from os.path import relpath
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
DOCS, README = TREE / "docs", TREE / "README.pt-BR.md"
PAIRS = {
    "getting-started.md": "primeiros-passos.md",
    "guides/customer.md": "cliente.md",
    "security.md": "seguranca.md",
    "billing.md": "faturamento.md",
    "deployment.md": "instalacao.md",
    "backup.md": "backup.md",
    "connectors.md": "conexoes.md",
    "mqtt.md": "mqtt.md",
    "integrators.md": "integracao.md",
    "edge.md": "gateways.md",
    "operators.md": "operacao.md",
    "sizing.md": "dimensionamento.md",
    "concepts.md": "conceitos.md",
    "notifications.md": "avisos.md",
    "reports.md": "relatorios.md",
    "metering.md": "medicao.md",
    "alarms.md": "alarmes.md",
    "anomalies.md": "anomalias.md",
    "dashboards.md": "paineis.md",
    **{f"moving/{page.name}": f"migracao/{page.name}" for page in sorted((DOCS / "moving").glob("*.md"))},
}
TOLD_IN_OTHER_WORDS = {
    "guides/operator.md": "operador.md",
    "guides/engineer.md": "engenheiro.md",
    "guides/manager.md": "gestor.md",
}
ALL = PAIRS | TOLD_IN_OTHER_WORDS
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SETTING = re.compile(r"^[ #]*(\[.+\]|\w+ = )", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\([^)]*\)")
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
NUMBER = re.compile(
    r"(?<![\w.,/])\d++(?:[.,]\d+)*+(?![\w/])"
)  # laws and dates aside, which each language writes its way
GROUPED = {"en": re.compile(r"\d{1,3}(,\d{3})+"), "pt-BR": re.compile(r"\d{1,3}(\.\d{3})+")}
OF_THE_LANGUAGE = {"en", "pt", "pt-BR"}


def blocks(text, language):
    return [content for found, content in BLOCK.findall(text) if found == language]


def prose(text):
    return LINK.sub("]", BLOCK.sub("", text))


def commands(text):
    """Each command line of Calha, but for the names in it, which are of the reader's language."""
    typed = "\n".join(blocks(text, "sh")).replace("\\\n", " ").splitlines()
    return [without_names(line) for line in typed if re.search(r"\bcalha [a-z]", line)]


def without_names(line):
    line = re.sub(r"(\bcalha backup) [\w-]+", r"\1", line)
    return [word for word in shlex.split(line, comments=True) if re.fullmatch(r"-*[a-z-]+", word)]


def words_for_programs(text):
    """What stands in inline code: settings, routes, topics, reasons. A name within may be of the reader's language."""
    return {named(found) for found in INLINE.findall(prose(text))} - OF_THE_LANGUAGE


def named(code):
    return " ".join(without_names(code)) if code.startswith("calha ") else re.sub(r"<[^>]+>", "<>", code)


def figures(text, language):
    """The numbers of two digits or more in the prose; smaller ones are words as often as not."""
    found = NUMBER.findall(INLINE.sub("", prose(text)))
    return {plain(number, language) for number in found if len(number) > 1}


def plain(number, language):
    """Without marks of thousands, with a decimal point."""
    if GROUPED[language].fullmatch(number):
        return re.sub("[.,]", "", number)
    return number.replace(",", ".")


@pytest.fixture(params=PAIRS.items(), ids=PAIRS)
def pair(request):
    english, portuguese = request.param
    return tuple(path.read_text(encoding="utf-8") for path in (DOCS / english, DOCS / "pt-BR" / portuguese))


def test_both_languages_say_the_same_to_write(pair):
    for block in blocks(pair[1], "toml"):
        tomllib.loads(block)
    first, second = ([SETTING.findall(block) for block in blocks(text, "toml")] for text in pair)
    assert first == second
    assert commands(pair[0]) == commands(pair[1])
    first, second = (Counter(language for language, _ in BLOCK.findall(text)) for text in pair)
    assert first == second


def test_both_languages_have_the_same_parts(pair):
    first, second = (HEADING.findall(BLOCK.sub("", text)) for text in pair)
    assert first == second
    first, second = (len(re.findall(r"^\|", text, re.MULTILINE)) for text in pair)
    assert first == second


def test_both_languages_name_the_same_words_for_programs(pair):
    english, portuguese = map(words_for_programs, pair)
    assert english - portuguese == set()
    assert portuguese - english == set()


def test_both_languages_give_the_same_figures(pair):
    english, portuguese = figures(pair[0], "en"), figures(pair[1], "pt-BR")
    assert english - portuguese == set()
    assert portuguese - english == set()


@pytest.mark.parametrize(("english", "portuguese"), ALL.items(), ids=ALL)
def test_each_language_leads_to_the_other(english, portuguese):
    first, second = DOCS / english, DOCS / "pt-BR" / portuguese
    assert f"[Em português]({relpath(second, first.parent)})" in first.read_text(encoding="utf-8")
    assert f"[In English]({relpath(first, second.parent)})" in second.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [README, *sorted((DOCS / "pt-BR").rglob("*.md"))], ids=lambda page: page.name)
def test_a_portuguese_page_leads_to_portuguese_pages(page):
    text = page.read_text(encoding="utf-8")
    told = {
        (page.parent / link).resolve() for link in re.findall(r"(?<!In English)\]\(([^)#:]+\.md)(?:#[^)]*)?\)", text)
    }
    assert told & {DOCS / english for english in ALL} == set()


def test_each_portuguese_page_has_its_english_one():
    there = {str(page.relative_to(DOCS / "pt-BR")) for page in (DOCS / "pt-BR").rglob("*.md")}
    assert there == set(ALL.values())


def test_what_has_fallen_behind_is_found():
    english = "Wait 30,000 s (`edge.keep_days`, `GET /api/v1/devices/<device>`), or 2.5 s: `calha backup before`."
    portuguese = (
        "Espere 30.000 s (`edge.keep_days`, `GET /api/v1/devices/<dispositivo>`), ou 2,5 s: `calha backup antes`."
    )
    assert words_for_programs(english) == words_for_programs(portuguese)
    assert figures(english, "en") == figures(portuguese, "pt-BR") == {"30000", "2.5"}
    assert words_for_programs(english) != words_for_programs(portuguese.replace("keep", "kept"))
    assert figures(english, "en") != figures(portuguese.replace("2,5", "2,6"), "pt-BR")
