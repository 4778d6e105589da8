"""Export, import, backup and restore, as a person runs them beside a running Calha."""

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from calha.backup import DamagedBackup, restore_backup
from disks import small_disk
from running import running_calha

START_MS = int(time.time() * 1000) - 3_600_000


def command(*arguments):
    line = [sys.executable, "-m", "calha", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with running_calha(tmp_path_factory.mktemp("transfer") / "data") as running:
        running.create_device("a")
        records = [{"ts": START_MS + n * 1000, "x": n * 1.5, "y": None if n == 3 else n} for n in range(1000)]
        assert running.send("POST", "/api/v1/telemetry/a", records)[0] == 200
        running.until_stored()
        yield running


@pytest.fixture(scope="module")
def backup(calha) -> Path:
    status, made = calha.send("POST", "/api/v1/backups", {"name": "sound"})
    assert status == 201
    return Path(made["folder"])


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_what_is_exported_is_all_there(calha, tmp_path, suffix):
    target = tmp_path / f"out.{suffix}"
    ended = command("export", target, "--data", calha.folder)
    assert ended.returncode == 0, ended.stderr
    table = pa.parquet.read_table(target) if suffix == "parquet" else pa.csv.read_csv(target)
    assert table.num_rows == 2000
    assert table.column_names == ["device", "channel", "unit", "at", "value", "quality", "arrived_at"]


def test_an_import_says_what_became_of_each_reading_and_a_dry_run_changes_nothing(calha, tmp_path):
    at = [(START_MS + n * 1000) * 1000 for n in (0, 1, 2000, 2001)] + [1, 5]
    table = pa.table(
        {
            "device": ["a", "a", "a", "nobody", "a", "a"],
            "channel": ["x", "x", "x", "x", "x", "colour"],
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "value": [0.0, 99.0, 5.0, 1.0, 1.0, 1.0],
        }
    )
    source = tmp_path / "in.parquet"
    pa.parquet.write_table(table, source)
    told = []
    for arguments in (["--dry-run"], [], []):
        ended = command("import", source, "--data", calha.folder, *arguments)
        assert ended.returncode == 1, "rejected rows are not passed over in silence"
        counts = dict(
            line.split()[:2] for line in ended.stdout.splitlines() if line.startswith("  ") and ":" not in line
        )
        told.append({name: int(count) for name, count in counts.items()})
        assert "unknown_device: 1" in ended.stdout
        assert "time_before_2000" in ended.stdout
    assert told[0] == told[1] == {"new": 1, "duplicate": 1, "corrected": 1, "rejected": 3}
    assert told[2] == {"new": 0, "duplicate": 3, "corrected": 0, "rejected": 3}


def test_a_backup_of_a_running_calha_is_restored_and_proved(calha, tmp_path):
    assert calha.send("POST", "/api/v1/telemetry/stranger", {"x": 1})[0] == 404
    ended = command("backup", "first", "--data", calha.folder)
    assert ended.returncode == 0, ended.stderr
    assert command("backup", "first", "--data", calha.folder).returncode == 1
    backup = calha.folder / "backups" / "first"
    restored = tmp_path / "restored"
    ended = command("restore", backup, "--data", restored)
    assert ended.returncode == 0, ended.stderr
    with running_calha(restored) as again:
        assert _quarantined(again) == _quarantined(calha) != []
        assert again.values("a", "x") == calha.values("a", "x")
        assert again.send("POST", "/api/v1/telemetry/a", {"x": 1})[0] == 200
        again.until_stored()
        assert len(again.values("a", "x")) == len(calha.values("a", "x")) + 1
        again.stop()
        again.start()
        assert _quarantined(again) == _quarantined(calha), "they come back once"
    assert "not empty" in command("restore", backup, "--data", restored).stderr
    damaged = tmp_path / "damaged"
    shutil.copytree(backup, damaged)
    manifest = damaged / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"readings": ', '"readings": 1'))
    ended = command("restore", damaged, "--data", tmp_path / "other")
    assert ended.returncode == 1
    assert "promises" in ended.stderr


@pytest.mark.parametrize("name", ["registry.sqlite", "quarantine.ndjson", "telemetry/telemetry.duckdb"])
def test_a_backup_of_which_a_file_is_no_longer_what_it_was_is_not_restored(backup, tmp_path, name):
    copy, target = tmp_path / "copy", tmp_path / "restored"
    shutil.copytree(backup, copy)
    (copy / name).write_bytes(b"\0" + (copy / name).read_bytes()[1:])
    with pytest.raises(DamagedBackup, match=f"{name} has changed"):
        restore_backup(copy, target)
    (copy / name).unlink()
    with pytest.raises(DamagedBackup, match=f"{name} is missing"):
        restore_backup(copy, target)
    assert not target.exists(), "another backup can be tried at once"


def test_what_an_interrupted_backup_left_goes_with_the_next(calha):
    left = calha.folder / "backups" / ".night.unfinished"
    (left / "telemetry").mkdir(parents=True)
    assert calha.send("POST", "/api/v1/backups", {"name": "morning"})[0] == 201
    assert not left.exists()


def test_of_two_backups_at_once_one_is_made(calha):
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(calha.send, "POST", "/api/v1/backups", {"name": "twice"}) for _ in range(2)]
    assert sorted(each.result()[0] for each in asked) == [201, 409]


def test_a_backup_for_which_there_is_no_room_is_not_begun(calha):
    with small_disk(calha.folder / "backups", "10m"):
        status, told = calha.send("POST", "/api/v1/backups", {"name": "large"})
        assert (status, told["reason"]) == (507, "disk_full")
        assert list((calha.folder / "backups").iterdir()) == []


def _quarantined(calha):
    return [(one["device"], one["reason"], one["raw"]) for one in calha.get("/api/v1/quarantine")["items"]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a,b\n1,2\n", "it lacks device, channel, at, value; its columns are a, b"),
        ("device;channel;at;value\na;x;2026-01-31T12:00:00-03:00;1.5\n", "or semicolons and commas"),
        ('device,channel,at,value\na,x,2026-01-31T12:00:00-03:00,"1,5"\n', "points in its decimals"),
    ],
)
def test_a_table_that_is_written_otherwise_is_told_how_to_be(calha, tmp_path, content, told):
    source = tmp_path / "in.csv"
    source.write_text(content)
    ended = command("import", source, "--data", calha.folder)
    assert (ended.returncode, told in ended.stderr) == (1, True), ended.stderr


def test_a_row_whose_time_cannot_be_read_is_set_aside_and_the_others_are_imported(calha, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(
        "device,channel,at,value\na,x,2024-01-31T12:00:00-03:00,9041.5\na,x,2024-01-31T12:15:00,9042.5\n"
        "a,x,31/01/2024 12:30,9043.5\na,x,2024-01-31T12:45:00-03:00,9044.5\n"
    )
    unreadable = "line 3: '2024-01-31T12:15:00' is no time with a zone; write it as 2026-01-31T12:00:00-03:00"
    before = len(_quarantined(calha))
    for arguments, kept in ((["--dry-run"], 0), ([], 2)):
        ended = command("import", source, "--data", calha.folder, *arguments)
        assert ended.returncode == 1, "rejected rows are not passed over in silence"
        assert "new        2" in ended.stdout, ended.stdout + ended.stderr
        assert "bad_time: 2" in ended.stdout
        assert unreadable in ended.stdout
        assert "line 4: '31/01/2024 12:30'" in ended.stdout
        assert len(_quarantined(calha)) == before + kept
    entries = [one for one in calha.get("/api/v1/quarantine")["items"] if one["reason"] == "bad_time"]
    assert min((one["device"], one["detail"]) for one in entries) == ("a", unreadable)
    assert {9041.5, 9044.5} <= set(calha.values("a", "x"))
    assert not {9042.5, 9043.5} & set(calha.values("a", "x"))


def test_a_table_as_brazilian_spreadsheets_write_it_is_read(calha, tmp_path):
    source = tmp_path / "planilha.csv"
    source.write_text("\ufeffdevice;channel;at;value\na;x;2025-01-31T12:00:00-03:00;1234,5\n")
    ended = command("import", source, "--data", calha.folder)
    assert ended.returncode == 0, ended.stderr
    assert 1234.5 in calha.values("a", "x")


def test_a_key_that_calha_does_not_know_is_told_to_be_looked_for_elsewhere(calha, tmp_path):
    ports = ("--http-port", calha.address.rpartition(":")[2], "--port", "1")
    ended = command("simulate", "water-meter", *ports, "--data", tmp_path)
    assert (ended.returncode, "--data" in ended.stderr) == (1, True), ended.stderr
