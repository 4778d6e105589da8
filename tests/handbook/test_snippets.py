"""What the documentation tells to type exists: commands with their options, settings with their names, in every language."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from calha.cli import commands
from calha.config.keys import keys
from calha.config.loading import load

TREE = Path(__file__).parents[2]
PAGES = [*sorted(TREE.glob("README*.md")), *sorted((TREE / "docs").rglob("*.md")), TREE / "firmware" / "README.md"]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
CUT_SHORT = re.compile(r'"[^"\n]*…"')  # a secret or a fingerprint that the reader has to put there
INLINE = re.compile(r"`(calha [a-z][^`\n]*)`")


def blocks(page, language):
    for indent, found, content in BLOCK.findall(page.read_text(encoding="utf-8")):
        if found == language:
            yield re.sub(f"^{indent}", "", content, flags=re.MULTILINE)


def of_calha(page):
    """The command lines of Calha on a page, without what comes before or after them in a shell."""
    typed = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    for line in [*typed, *INLINE.findall(page.read_text(encoding="utf-8"))]:
        for part in re.split(r"&&|\||;| {2,}#", line):
            if found := re.search(r"(?:^|[\s/])calha (?!calha)([a-z].*)", part.strip()):
                yield shlex.split(found[1].replace("…", ""))


@pytest.fixture(scope="module")
def known():
    return typer.main.get_command(commands())


def unknown(words, command):
    """The words of a command line that the program does not know."""
    while words and getattr(command, "commands", None):
        if words[0] not in command.commands:
            return words[:1]
        command, words = command.commands[words[0]], words[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return [word for word in words if word.startswith("--") and word.split("=")[0] not in options]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_the_commands_on_a_page_exist_with_their_options(page, known):
    wrong = [words for words in of_calha(page) if unknown(words, known)]
    assert not wrong


def test_a_wrong_command_on_a_page_would_be_found(known, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nsudo -u calha /opt/calha/bin/calha doctor --dta x && calha fly\n```\n`calha invoice prove`\n"
    )
    assert [unknown(words, known) for words in of_calha(page)] == [["--dta"], ["fly"], ["prove"]]


def names_of(settings, before=""):
    for name, value in settings.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and path not in keys():
            yield from names_of(value, f"{path}.")
        else:
            yield path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_the_settings_on_a_page_exist(page):
    for block in blocks(page, "toml"):
        assert set(names_of(tomllib.loads(block))) <= set(keys())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_the_settings_on_a_page_are_taken(page, tmp_path, monkeypatch):
    monkeypatch.setattr("os.environ", {})
    for block in blocks(page, "toml"):
        (tmp_path / "calha.toml").write_text(CUT_SHORT.sub(f'"{"0" * 64}"', block), encoding="utf-8")
        load(file=tmp_path / "calha.toml")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_yaml_on_a_page_can_be_read(page):
    for block in blocks(page, "yaml"):
        assert yaml.safe_load(block)
