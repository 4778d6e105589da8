"""Where the anomaly benches look for their data, and how they read it."""

import argparse
import gzip
import json
import math

import pytest

from bench.scoring import DataSet, predict


def arguments(**given):
    return argparse.Namespace(**{"shared": None, "data": None} | given)


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared" / "data" / "anomaly" / "made"
    (folder / "a").mkdir(parents=True)
    (folder / "split.json").write_text(json.dumps({"dev": ["a/one.csv"], "heldout": ["two.csv"]}))
    (folder / "two.csv").write_text("timestamp,value,other\n2026-01-01 00:00:00,1.5,\n2026-01-01 00:05:00,2,7\n")
    with gzip.open(folder / "a" / "one.csv.gz", "wt") as target:
        target.write("timestamp;value\n2026-01-01 00:00:00;3\n")
    (tmp_path / "shared" / "bench").mkdir()
    (tmp_path / "shared" / "bench" / "score_anomaly.py").touch()
    return tmp_path / "shared"


def test_without_the_data_a_bench_says_how_to_name_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CALHA_SHARED", str(tmp_path))
    with pytest.raises(SystemExit, match=r"does not exist: name the folder .* --shared or CALHA_SHARED"):
        DataSet("nab", arguments())


def test_files_of_all_splits_are_read_packed_or_not_with_gaps_as_no_number(shared):
    data = DataSet("made", arguments(shared=str(shared)))
    assert data.files() == ["a/one.csv", "two.csv"]
    assert data.read("a/one.csv", ";").column("value").tolist() == [3.0]
    table = data.read("two.csv")
    assert (table.times_us() % 3_600_000_000).tolist() == [0, 300_000_000]
    assert math.isnan(table.column("other")[0])
    assert table.column("other")[1] == 7


def test_predictions_are_written_under_the_names_of_the_data(shared):
    data = DataSet("made", arguments(shared=str(shared)))
    folder = predict(
        data, lambda file: {"timestamp": data.read(file, ";").first, "score": [0.5]} if "one" in file else {}
    )
    assert (folder / "a" / "one.csv").read_text() == "timestamp,score\n2026-01-01 00:00:00,0.5\n"


def test_a_scorer_that_fails_ends_the_bench_with_its_words(shared, tmp_path):
    (shared / "bench" / "score_anomaly.py").write_text("import sys; sys.exit('no such column')")
    with pytest.raises(SystemExit, match="no such column"):
        DataSet("made", arguments(shared=str(shared))).score("nab", tmp_path)
