"""A guide in Portuguese says to write what the English one says: the same settings, the same commands, as many parts."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAIRS = {
    "getting-started.md": "primeiros-passos.md",
    "guides/customer.md": "cliente.md",
    "security.md": "seguranca.md",
    **{f"moving/{page.name}": f"migracao/{page.name}" for page in sorted((DOCS / "moving").glob("*.md"))},
}
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SETTING = re.compile(r"^[ #]*(\[.+\]|\w+ = )", re.MULTILINE)


def blocks(page, language):
    return [content for found, content in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def commands(page):
    """Each command line of Calha, but for the names in it, which are of the reader's language."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if re.match(r"\s*calha ", line)]
    return [
        [word for word in shlex.split(line, comments=True)[1:] if re.fullmatch(r"-*[a-z-]+", word)] for line in lines
    ]


@pytest.mark.parametrize(("english", "portuguese"), PAIRS.items(), ids=PAIRS)
def test_both_languages_say_the_same_to_write(english, portuguese):
    pages = DOCS / english, DOCS / "pt-BR" / portuguese
    for block in blocks(pages[1], "toml"):
        tomllib.loads(block)
    first, second = ([SETTING.findall(block) for block in blocks(page, "toml")] for page in pages)
    assert first == second
    first, second = (commands(page) for page in pages)
    assert first == second
    first, second = (len(re.findall(r"^## ", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in pages)
    assert first == second
