"""Reports over HTTP and on the command line of the real program: made, saved, sent, remembered."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

WITHIN_S = 60.0


@pytest.fixture(scope="module")
def sensor(calha):
    """A flow that was measured each hour of the last two days."""
    calha.create_device("report-flow", "water_flow")
    channel = next(one["key"] for one in calha.get("/api/v1/devices/report-flow")["channels"] if one["unit"] == "m³/h")
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    sent = [{"ts": (begin + timedelta(hours=n)).isoformat(), "values": {channel: 10 + n}} for n in range(48)]
    status, answer = calha.send("POST", "/api/v1/telemetry/report-flow", sent)
    assert status == 200, answer
    calha.until_stored()
    return channel


def definition(**more):
    asked = {"kind": "flow", "period": {"relative": "last_7_days"}, "site_id": 1, "devices": ["report-flow"]}
    return asked | {"step": "1h", "language": "en"} | more


def finished(calha, run):
    until = time.monotonic() + WITHIN_S
    while run["state"] == "running":
        assert time.monotonic() < until, run
        time.sleep(0.05)
        run = calha.get(f"/api/v1/report-runs/{run['id']}")
    return run


def test_a_report_is_made_and_downloaded(calha, sensor):
    asked = {"name": "Flow of all", "definition": definition(), "formats": ["csv", "xlsx", "pdf"]}
    status, begun = calha.send("POST", "/api/v1/report-runs", asked)
    assert (status, begun["state"]) == (202, "running"), begun
    run = finished(calha, begun)
    assert (run["state"], run["share"], run["problem"], run["report_id"]) == ("finished", 1.0, "", None)
    assert [one["format"] for one in run["files"]] == ["csv", "xlsx", "pdf"]
    beginnings = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}
    for format_, beginning in beginnings.items():
        assert calha.get(f"/api/v1/report-runs/{run['id']}/files/{format_}", "*/*").startswith(beginning)
    with calha.open(calha.request(f"/api/v1/report-runs/{run['id']}/files/pdf")) as answer:
        assert run["files"][2]["name"] in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert run["id"] in [one["id"] for one in calha.get("/api/v1/report-runs")["items"]]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"step": "15m"}, 422),
        ({"site_id": 999_999}, 404),
        ({"devices": ["nobody"]}, 404),
        ({"period": {}}, 422),
        ({"period": {"from": "2026-02-30", "to": "2026-03-01"}}, 422),
        ({"period": {"from": "2026-01-01", "to": "9999-12-31"}}, 422),
        ({"zone": "Nowhere/At_All"}, 422),
        ({"kind": "horoscope"}, 422),
    ],
)
def test_what_cannot_be_made_is_refused(calha, wrong, status):
    assert calha.send("POST", "/api/v1/report-runs", {"name": "x", "definition": definition(**wrong)})[0] == status


def test_a_report_is_saved_scheduled_changed_made_and_deleted(calha, sensor):
    body = {"name": "Weekly flow", "definition": definition(), "formats": ["csv"], "cron": "0 7 * * 1"}
    body |= {"recipients": ["ana@example.org"], "folder": "weekly"}
    status, saved = calha.send("POST", "/api/v1/reports", body)
    assert status == 201, saved
    assert (saved["zone"], saved["definition"]["step"]) == ("America/Sao_Paulo", "1h")
    due = datetime.fromisoformat(saved["next_at"])
    assert due > datetime.now(UTC)
    assert (due.weekday(), due.hour) == (0, 10)
    assert calha.send("POST", "/api/v1/reports", body)[0] == 409

    own = f"/api/v1/reports/{saved['id']}"
    status, changed = calha.send("PUT", own, body | {"cron": "", "name": "Flow, by hand"})
    assert (status, changed["next_at"], changed["name"]) == (200, None, "Flow, by hand")
    assert [one["id"] for one in calha.get("/api/v1/reports?search=by%20hand")["items"]] == [saved["id"]]

    run = finished(calha, calha.send("POST", f"{own}/runs")[1])
    assert (run["state"], run["sent"], run["report_id"]) == ("finished", [], saved["id"])
    sent = finished(calha, calha.send("POST", f"{own}/runs?send=true")[1])
    assert "smtp.host" in sent["problem"]
    assert "reports.folder" in sent["problem"]
    assert [one["id"] for one in calha.get(f"/api/v1/report-runs?report={saved['id']}")["items"]] == [
        sent["id"],
        run["id"],
    ]

    assert calha.send("DELETE", own)[0] == 204
    assert calha.send("GET", own)[0] == 404
    assert calha.get(f"/api/v1/report-runs/{run['id']}")["report_id"] is None
    told = [one["action"] for one in calha.get("/api/v1/audit?limit=50")["items"]]
    assert {"report.saved", "report.changed", "report.deleted", "report_run.begun"} <= set(told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "soon"},
        {"cron": "* * * * *"},
        {"recipients": ["ana@example.org\nBcc: x@example.org"]},
        {"recipients": ["ana"]},
        {"folder": "../../etc"},
        {"folder": "/tmp"},
        {"name": "two\r\nlines"},
        {"formats": []},
    ],
)
def test_what_cannot_be_saved_is_refused(calha, sensor, wrong):
    body = {"name": "Refused", "definition": definition()} | wrong
    assert calha.send("POST", "/api/v1/reports", body)[0] == 422


def test_a_viewer_makes_reports_and_configures_none(calha, sensor):
    wanted = {"name": "report viewer", "role": "viewer", "site_id": 1, "scopes": ["view", "configure"]}
    _, made = calha.send("POST", "/api/v1/keys", wanted)
    body = {"name": "Of a viewer", "definition": definition(), "formats": ["csv"]}
    assert as_key(calha, made["key"], "/api/v1/report-runs", body) == 202
    assert as_key(calha, made["key"], "/api/v1/reports", body) == 403


def test_the_command_line_makes_a_report(calha, sensor, tmp_path):
    target = tmp_path / "flow.csv"
    asked = [
        "--period",
        "last_7_days",
        "--device",
        "report-flow",
        "--step",
        "1h",
        "--csv",
        "rfc4180",
        "--language",
        "en",
    ]
    command = [sys.executable, "-m", "calha", "report", "make", str(target), *asked, "--data", str(calha.folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    lines = target.read_text().splitlines()
    assert lines[0].startswith("Device,Channel,Unit,Time (America/Sao_Paulo),Mean")
    assert f"{len(lines) - 1} rows" in made.stdout


def as_key(calha, key, path, body):
    import json
    import urllib.error

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        with calha.open(calha.request(path, json.dumps(body).encode(), headers, "POST")) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
