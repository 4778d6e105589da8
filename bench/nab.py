"""The univariate detector on the Numenta Anomaly Benchmark, with the settings it ships with, in one pass.

A row's score is the score of the anomaly that begins with it, else 0. Nothing is known of a series beforehand, neither
its minimum and maximum nor the length of its probation period. Reported are the score at the threshold that the scorer
finds best for all series, as the benchmark does, and at 0.5, where Calha itself begins an anomaly.
"""

import time
from datetime import UTC

import numpy as np

from bench.report import Report, at_least
from bench.scoring import DataSet, by_split, parse, predict
from calha.watch.anomaly.events import ALARMING
from calha.watch.anomaly.hours import local_hours
from calha.watch.anomaly.series import SeriesWatch


def main() -> int:
    data = DataSet("nab", parse(__doc__))
    readings, used_s = 0, 0.0

    def of(file: str) -> dict[str, list[object]]:
        nonlocal readings, used_s
        table = data.read(file)
        at, began = table.times_us(), time.process_time()
        found = SeriesWatch().update(at, table.column("value"), np.zeros(len(at), np.int32), local_hours(at, UTC))
        used_s, readings = used_s + time.process_time() - began, readings + len(at)
        score = np.zeros(len(at))
        for event in found.began:
            score[np.searchsorted(at, event.started_at)] = event.peak.score
        return {"timestamp": list(table.first), "score": score.tolist()}

    predictions = predict(data, of)
    report = Report("nab", {"series": len(data.files()), "readings": readings})
    best = data.score("nab", predictions)
    shipped = data.score("nab", predictions, "--threshold", str(ALARMING))
    for split, scores in by_split(best):
        for profile, goal in (("standard", at_least(71)), ("low_fp", None), ("low_fn", None)):
            report.result(f"{profile}{split}", scores["profiles"][profile]["score"], "", goal)
    for split, scores in by_split(shipped):
        standard = scores["profiles"]["standard"]
        report.result(f"standard at {ALARMING}, as shipped{split}", standard["score"])
        report.result(f"windows found of {standard['windows_scored']}{split}", standard["windows_hit"])
        report.result(f"false alarms{split}", standard["false_alarm_runs"])
    report.result("a reading, one series after the other", used_s / readings * 1e6, "µs", None)
    report.details["scores"] = {"best": best, "shipped": shipped}
    return report.finish()
