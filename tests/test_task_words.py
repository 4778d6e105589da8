"""Each task and process has a title in both languages: whoever operates Calha reads it when one of them fails."""

import ast
from collections.abc import Iterator
from pathlib import Path

from calha.task_words import title_of

SOURCE = Path(__file__).parents[1] / "src" / "calha"
JOBS = ("compat/jobs.py", "compat/hidrometro/parts.py")  # (name, job), handed to the supervisor
PROCESSES = ("process core", "process log server")


def supervised() -> Iterator[str]:
    for node in ast.walk(ast.parse((SOURCE / "app.py").read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "supervisor.add":
            yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant))
    for name in JOBS:
        for node in ast.walk(ast.parse((SOURCE / name).read_text())):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
                yield str(node.elts[0].value)


def test_every_task_and_process_has_a_title_in_both_languages():
    names = [*supervised(), *PROCESSES]
    assert len(names) > 30
    assert [name for name in names if name in title_of(name).values()] == []


def test_a_task_of_which_there_are_several_says_which_it_is():
    assert title_of("broker ETA Norte") == {"pt": "Broker MQTT ETA Norte", "en": "MQTT broker ETA Norte"}
    assert title_of("mqtt-1") == {"pt": "Recepção por MQTT (1)", "en": "Reception over MQTT (1)"}
    assert title_of("new") == {"pt": "new", "en": "new"}
