"""What the anomaly benches share: where the labelled data is, predictions as files, and the scorer that judges them.

Data and scorer are not part of this tree (one of the data sets is GPL-3.0). They are looked for in `--shared FOLDER`, in
the folder that CALHA_SHARED names, or in a folder `shared` beside this tree: `data/anomaly/<name>` and
`bench/score_anomaly.py` in it. `--data` names other folders of the same data set, whose splits are joined. The scorer runs in
the Python that CALHA_SCORER_PYTHON names, because it needs pandas; `./dev bench` sees to that.
"""

import argparse
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
VARIABLE = "CALHA_SHARED"
SCORER_PYTHON = "CALHA_SCORER_PYTHON"


@dataclass(frozen=True, slots=True)
class Table:
    """A file of a data set: texts of the first column, numbers of the others (NaN where a cell is empty)."""

    names: list[str]
    first: list[str]
    numbers: NDArray[np.float64]

    def column(self, name: str) -> NDArray[np.float64]:
        return self.numbers[:, self.names.index(name) - 1]

    def times_us(self) -> NDArray[np.int64]:
        """The first column as times, never going back."""
        at: NDArray[np.int64] = np.array(self.first, "datetime64[us]").astype(np.int64)
        return np.maximum.accumulate(at)


class DataSet:
    """The folders of a data set. splits: files by the name of their split."""

    def __init__(self, name: str, arguments: argparse.Namespace) -> None:
        shared = Path(arguments.shared or os.environ.get(VARIABLE) or ROOT.parent / "shared")
        self.folders = [Path(one) for one in arguments.data or [shared / "data" / "anomaly" / name]]
        self.scorer = shared / "bench" / "score_anomaly.py"
        for path in (*self.folders, self.scorer):
            if not path.exists():
                sys.exit(f"{path} does not exist: name the folder that holds the data with --shared or {VARIABLE}")
        self.splits: dict[str, list[str]] = {}
        for folder in self.folders:
            for split, files in json.loads((folder / "split.json").read_text()).items():
                self.splits.setdefault(split, []).extend(files)

    def files(self) -> list[str]:
        return [file for files in self.splits.values() for file in files]

    def read(self, file: str, delimiter: str = ",") -> Table:
        path = next(path for folder in self.folders for path in (folder / file, folder / f"{file}.gz") if path.exists())
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            names, *rows = csv.reader(lines, delimiter=delimiter)
        numbers = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
        return Table(names, [row[0] for row in rows], numbers)

    def score(self, command: str, predictions: Path, *options: str) -> dict[str, Any]:
        """What the scorer says of predictions, by split; `all` when there are several."""
        found = {}
        for split in [*self.splits, *(["all"] if len(self.splits) > 1 else [])]:
            target = predictions / f"{split}.json"
            folders = [str(folder) for folder in self.folders]
            arguments = ["--data", *folders, "--pred", str(predictions), "--split", split, "--json", str(target)]
            done = subprocess.run(
                [os.environ.get(SCORER_PYTHON, sys.executable), str(self.scorer), command, *arguments, *options],
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                sys.exit(f"the scorer failed: {done.stderr.strip() or done.stdout.strip()}")
            print(f"[{split}] {done.stdout.strip()}")
            found[split] = json.loads(target.read_text())
        return found


def predict(data: DataSet, of: Callable[[str], Mapping[str, Iterable[object]]]) -> Path:
    """Write the columns that `of` gives for each file; returns the folder."""
    folder = Path(tempfile.mkdtemp(prefix="calha-predictions-"))
    for file in data.files():
        columns = of(file)
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
    return folder


def parse(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--shared", help=f"folder with data/anomaly and bench; else {VARIABLE}, else a sibling `shared`"
    )
    parser.add_argument("--data", nargs="+", help="folders of the data set, instead of the one in the shared folder")
    return parser.parse_args()


def labelled(scores: Mapping[str, Any], split: str) -> str:
    return "" if len(scores) == 1 else f" ({split})"


def by_split(scores: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    return [(labelled(scores, split), score) for split, score in scores.items()]
