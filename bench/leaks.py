"""The detector of leaks on simulated districts of a year each, with the settings it ships with.

It is told which column is the inflow; pressures and branch flows are its sensors. Empty cells are missing readings.
"""

import time

import numpy as np

from bench.report import Report, at_least, at_most
from bench.scoring import DataSet, by_split, parse, predict
from calha.watch.anomaly.district import DistrictWatch

INFLOW, LABEL = "inflow", "label"


def main() -> int:
    data = DataSet("leaks", parse(__doc__))
    rows, used_s = 0, 0.0

    def of(file: str) -> dict[str, list[object]]:
        nonlocal rows, used_s
        table = data.read(file)
        sensors = [name for name in table.names[1:] if name not in (INFLOW, LABEL)]
        values = np.stack([table.column(name) for name in sensors], axis=1)
        watch, began = DistrictWatch(range(len(sensors))), time.process_time()
        found = watch.update(table.times_us(), table.column(INFLOW), values)
        used_s, rows = used_s + time.process_time() - began, rows + len(values)
        return {"timestamp": list(table.first), "flag": found.is_unusual.astype(int).tolist()}

    scores = data.score("leak", predict(data, of))
    report = Report("leaks", {"years": len(data.files()), "rows": rows})
    for split, score in by_split(scores):
        found, leaks, _, false = score["events"]
        years = len(score["per_file"]) * 335 / 365
        delays = [
            one["median_delay_rows"] for one in score["per_file"].values() if one["median_delay_rows"] is not None
        ]
        report.result(f"event F1{split}", score["event_f1"], "", at_least(0.8))
        report.result(f"leaks found of {leaks}{split}", found)
        report.result(f"false alarms a year{split}", false / years, "", at_most(0.5))
        report.result(f"delay, median{split}", float(np.median(delays)) / 48 if delays else None, "days", at_most(2))
        report.result(f"points: F1{split}", score["f1"], "%")
    report.result("a row of 10 channels", used_s / rows * 1e6, "µs")
    report.details["scores"] = scores
    return report.finish()
