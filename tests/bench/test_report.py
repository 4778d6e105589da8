import json
from pathlib import Path

from bench.report import Report, at_least, at_most, machine


def test_a_report_says_goal_by_goal_whether_it_was_met(tmp_path: Path, capsys):
    report = Report("trial", {"seconds": 60}, "disk", notes=["a note"])
    report.result("rate", 31_000.4, "msg/s", at_least(30_000))
    report.result("p99", 51.2, "ms", at_most(50))
    report.result("seen", 3)
    assert report.finish(tmp_path) == 1
    written = json.loads((tmp_path / "trial.json").read_text())
    assert written["met"] is False
    assert written["goals"] == {"rate": "≥ 30,000", "p99": "≤ 50"}
    assert written["results"]["p99"] == {"value": 51.2, "unit": "ms"}
    assert written["durability"] == "disk"
    assert set(written["machine"]) == {"cpu", "cores", "memory_gib", "disk", "kernel", "python"}
    printed = capsys.readouterr().out
    assert "31,000 msg/s" in printed
    assert printed.count("NOT MET") == 1


def test_a_figure_that_could_not_be_taken_meets_no_goal(tmp_path: Path):
    report = Report("trial", {})
    report.result("p99", None, "ms", at_most(50))
    assert report.finish(tmp_path) == 1


def test_a_report_without_missed_goals_ends_well(tmp_path: Path):
    report = Report("trial", {})
    report.result("lost", 0, "", at_most(0))
    assert report.finish(tmp_path) == 0


def test_the_machine_is_described():
    assert machine()["cores"] >= 1
    assert machine()["python"].startswith("3.")
