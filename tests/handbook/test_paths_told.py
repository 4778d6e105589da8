"""The ten paths that the documentation names are walked by tests that exist, each at the sizes of a desktop and of a phone."""

import ast
import re
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
TOLD = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (TREE / "docs" / "ux.md").read_text(encoding="utf-8"))
AT_BOTH_SIZES = {"page", "stranger"}


def test_there_are_ten():
    assert len(set(TOLD)) == 10


@pytest.mark.parametrize(("file", "name"), TOLD)
def test_a_path_is_walked_at_both_sizes(file, name):
    found = ast.parse((TREE / "tests" / "e2e" / file).read_text(encoding="utf-8"))
    [walk] = [one for one in found.body if isinstance(one, ast.FunctionDef) and one.name == name]
    assert {argument.arg for argument in walk.args.args} & AT_BOTH_SIZES
    marks = " ".join(ast.unparse(one) for one in walk.decorator_list)
    assert "desktop" not in marks
    assert "phone" not in marks
