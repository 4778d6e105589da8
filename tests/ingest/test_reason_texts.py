"""Why a reading was not taken is told in words: each reason under which one is refused, or set aside, has a text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from calha.domain import errors

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "calha"
MODULES = (
    *(f"ingest/{name}.py" for name in ("decode", "formats", "mqtt", "service")),
    *(f"connectors/{name}.py" for name in ("mqtt", "tcp")),
    "connectors/opcua/values.py",
    "domain/times.py",
)
OF_CLASSES = {kind.reason for kind in (errors.Refused, *errors.Refused.__subclasses__())} - {"refused"}
COUNTED = {"server_queue", "log_full", "log_unavailable"}  # by the link to a PLC, in variables


def given() -> Iterator[str]:
    """The reasons that stand in calls such as `Malformed(…, "bad_time")` and `refuse(device, "overload")`."""
    for name in MODULES:
        for node in ast.walk(ast.parse((SOURCE / name).read_text())):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if called in {"Malformed", "refuse", "refused", "_problem"} and len(node.args) > 1:
                    yield from (
                        one.value for one in ast.walk(node.args[1]) if isinstance(one, ast.Constant) and one.value
                    )


def told(language: str) -> set[str]:
    catalogue = (ROOT / "web" / "src" / "i18n" / f"{language}.ts").read_text()
    return set(re.findall(r'^  "reason\.(\w+)":', catalogue, re.MULTILINE))


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_each_reason_has_a_text(language):
    reasons = {*given(), *OF_CLASSES, *COUNTED}
    assert {"bad_csv", "foreign_device", "unknown_topic"} <= reasons
    assert reasons - told(language) == set()
