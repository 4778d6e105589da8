"""The detector of a device's channels together on the Skoltech Anomaly Benchmark, with the settings it ships with.

Roles are declared as a profile would: vibration, current, pressure and flow are judged, temperatures and voltage drive.
The first 400 rows of a file, its learning part in the benchmark, are as long as the detector's own warm-up.
"""

import time

import numpy as np

from bench.report import Report, at_least, at_most
from bench.scoring import DataSet, by_split, parse, predict
from calha.watch.anomaly.joint import JointWatch

JUDGED = ("Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Volume Flow RateRMS")
DRIVERS = ("Temperature", "Thermocouple", "Voltage")


def main() -> int:
    data = DataSet("skab", parse(__doc__))
    rows, used_s = 0, 0.0

    def of(file: str) -> dict[str, list[object]]:
        nonlocal rows, used_s
        table = data.read(file, ";")
        values = np.stack([table.column(name) for name in (*JUDGED, *DRIVERS)], axis=1)
        watch, began = (
            JointWatch(range(len(JUDGED)), range(len(JUDGED), len(JUDGED) + len(DRIVERS))),
            time.process_time(),
        )
        found = watch.update(np.arange(len(values)), values)
        used_s, rows = used_s + time.process_time() - began, rows + len(values)
        return {"datetime": list(table.first), "flag": found.is_unusual.astype(int).tolist()}

    scores = data.score("skab", predict(data, of))
    report = Report("skab", {"files": len(data.files()), "rows": rows})
    for split, score in by_split(scores):
        report.result(f"F1{split}", score["f1"], "", at_least(0.85))
        report.result(f"false alarm rate{split}", score["far"], "%", at_most(10))
        report.result(f"missed alarm rate{split}", score["mar"], "%")
        report.result(f"change points, standard{split}", score["cp"]["nab"]["standard"])
    report.result("a row of 8 channels", used_s / rows * 1e6, "µs")
    report.details["scores"] = scores
    return report.finish()
