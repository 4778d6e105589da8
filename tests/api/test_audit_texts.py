"""What the audit log tells of people, devices and commands is told in the person's language, by the web app's catalogues."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_problem_texts import modules

ROOT = Path(__file__).parents[2]
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
NOTING = {"note", "append", "to_thread"}  # with whose arguments an entry is written


def noted() -> Iterator[tuple[str, str]]:
    """(where, action) of each entry that the source writes."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in NOTING:
                yield from ((f"{path.name}:{node.lineno}", text) for text in texts(node) if ACTION.fullmatch(text))


def texts(call: ast.Call) -> Iterator[str]:
    """The texts among its arguments, also in a tuple that is spread out."""
    for one in call.args:
        given = one.value if isinstance(one, ast.Starred) else one
        for part in given.elts if isinstance(given, ast.Tuple) else [given]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_action_has_a_text(language):
    catalogues = (ROOT / "web" / "src" / "i18n").glob(f"*.{language}.ts")
    known = {
        key for path in catalogues for key in re.findall(r'^  "action\.([\w.]+)": ', path.read_text(), re.MULTILINE)
    }
    found = list(noted())
    assert len(found) > 40
    assert [f"{where}: {action}" for where, action in found if action not in known] == []
