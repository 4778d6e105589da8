"""The detector of a device's channels together on the Tennessee Eastman process, with the settings it ships with.

All 52 variables are judged. What was learnt of the 500 fault-free rows is kept, and every test file goes on from it.
Reported are the detector's own events, and its score at the limit that 1 % of the fault-free test rows exceed.
"""

import time
from collections.abc import Callable

import numpy as np

from bench.report import Report, at_least, at_most
from bench.scoring import DataSet, by_split, parse, predict
from calha.watch.anomaly.joint import JointFindings, JointWatch

VARIABLES = (*(f"xmeas_{number}" for number in range(1, 42)), *(f"xmv_{number}" for number in range(1, 12)))
TRAINING = "d00_train.csv"
FAR_PERCENT = "1.0"


def main() -> int:
    data = DataSet("tep", parse(__doc__))
    rows, used_s = 0, 0.0
    learning = JointWatch(range(len(VARIABLES)))
    training = variables(data, TRAINING)
    learning.update(np.arange(len(training)), training)
    kept = learning.to_columns()
    found: dict[str, JointFindings] = {}
    for file in data.files():
        values = variables(data, file)
        watch, began = (
            JointWatch.of_columns({name: column.copy() for name, column in kept.items()}),
            time.process_time(),
        )
        found[file] = watch.update(len(training) + np.arange(len(values)), values)
        used_s, rows = used_s + time.process_time() - began, rows + len(values)

    def column(name: str, of: Callable[[JointFindings], list[object]]) -> Callable[[str], dict[str, list[object]]]:
        return lambda file: {"sample": list(range(len(found[file].score))), name: of(found[file])}

    flags = predict(data, column("flag", lambda one: one.is_unusual.astype(int).tolist()))
    scores = predict(data, column("score", lambda one: one.score.tolist()))
    shipped = data.score("tep", flags)
    limited = data.score("tep", scores, "--far", FAR_PERCENT)
    report = Report("tep", {"files": len(data.files()), "rows": rows})
    for split, score in by_split(shipped):
        report.result(f"detected, without faults 3, 9, 15{split}", score["mean_fdr_detectable"], "%", at_least(95))
        report.result(f"false alarm rate{split}", score["far"], "%", at_most(2))
    for split, score in by_split(limited):
        report.result(f"detected at {FAR_PERCENT} % of d00_te{split}", score["mean_fdr_detectable"], "%")
    report.result("a row of 52 channels", used_s / rows * 1e6, "µs")
    report.details["scores"] = {"shipped": shipped, "limited": limited}
    return report.finish()


def variables(data: DataSet, file: str) -> np.ndarray:
    table = data.read(file)
    return np.stack([table.column(name) for name in VARIABLES], axis=1)
