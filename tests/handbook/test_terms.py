"""What a guide sets in italics, such as *Download CSV*, is what the app shows in that language."""

import re
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
DOCS = TREE / "docs"
ENGLISH = [DOCS / "getting-started.md", *sorted((DOCS / "guides").glob("*.md"))]
PORTUGUESE = [
    page for page in sorted((DOCS / "pt-BR").glob("*.md")) if page.name not in {"operacao.md", "seguranca.md"}
]
GUIDES = [*((page, "en") for page in ENGLISH), *((page, "pt-BR") for page in PORTUGUESE)]
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
ITALIC = re.compile(r"(?<![\w*])\*([^*]+)\*(?![\w*])")
PARTS = re.compile(r" → |: ")


def shown(language):
    catalogues = (file.read_text() for file in (TREE / "web" / "src" / "i18n").glob(f"*{language}.ts"))
    profiles = (file.read_text() for file in (TREE / "src" / "calha" / "profiles").glob("*.yaml"))
    return "\n".join([*catalogues, *profiles]).lower()


def named(page):
    for found in ITALIC.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        for part in PARTS.split(re.sub(r"\s+", " ", found)):
            yield re.split("…", part)[0].strip(" .").lower()


@pytest.mark.parametrize(("page", "language"), GUIDES, ids=lambda one: str(getattr(one, "name", one)))
def test_a_guide_calls_things_as_the_app_does(page, language):
    catalogue = shown(language)
    assert [one for one in named(page) if one not in catalogue] == []
