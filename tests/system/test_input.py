"""What goes in and what becomes of it, through every door of a running Calha."""

import gzip
import json
import socket
import subprocess
import time

import paho.mqtt.client as mqtt
import pytest

from running import Calha, running_calha

NOW_MS = int(time.time() * 1000)


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    limits = {
        "CALHA_INGEST_MESSAGES_PER_S": "5",
        "CALHA_INGEST_BURST_MESSAGES": "100",
        "CALHA_INGEST_MESSAGE_BYTES": "5000",
        "CALHA_INGEST_PAYLOAD_BYTES": "100000",
    }
    with running_calha(tmp_path_factory.mktemp("input") / "data", limits) as running:
        yield running


def publish(calha: Calha, topic: str, *payloads, qos=1) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", calha.mqtt_port)
    client.loop_start()
    for payload in payloads:
        client.publish(topic, payload, qos).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def lines(calha: Calha, *sent: bytes) -> list[dict]:
    with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as connection:
        connection.sendall(b"".join(line + b"\n" for line in sent))
        received = b""
        while received.count(b"\n") < len(sent):
            piece = connection.recv(65536)
            if not piece:
                break
            received += piece
    return [json.loads(line) for line in received.splitlines()]


def post(calha: Calha, path: str, body, content_type="application/json", **headers):
    import urllib.error
    import urllib.request

    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": content_type} | {key.replace("_", "-"): value for key, value in headers.items()}
    request = urllib.request.Request(calha.address + path, data, given)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers


def values(calha: Calha, device: str, channel: str) -> list:
    calha.until_stored()
    return calha.values(device, channel)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_mqtt_readings_are_stored_at_every_qos(calha, qos):
    device = f"mqtt{qos}"
    calha.create_device(device)
    publish(calha, f"calha/v1/{device}/telemetry", json.dumps({"ts": NOW_MS, "values": {"flow": 1 + qos}}), qos=qos)
    deadline = time.monotonic() + 60
    while not calha.get(f"/api/v1/devices/{device}")["channels"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert values(calha, device, "flow") == [1 + qos]


def test_a_mosquitto_client_is_enough(calha):
    calha.create_device("mosquitto", "water_flow")
    command = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-q", "1", "-t", "calha/v1/mosquitto/telemetry"]
    subprocess.run([*command, "-m", '{"values": {"VAZAO_SAIDA1": "61,5", "pump": "ligada"}}'], check=True)
    time.sleep(0.5)
    assert values(calha, "mosquitto", "flow_1,pump") == [61.5]
    assert values(calha, "mosquitto", "pump") == [1]


def test_http_takes_arrays_ndjson_csv_and_gzip(calha):
    calha.create_device("forms")
    forms = [
        (json.dumps([{"ts": NOW_MS, "v": 1}, {"ts": NOW_MS + 1, "v": 2}]).encode(), "application/json", {}),
        (b'{"ts": %d, "v": 3}\n{"ts": %d, "v": 4}\n' % (NOW_MS + 2, NOW_MS + 3), "application/x-ndjson", {}),
        (b"ts;v\n%d;5,5\n" % (NOW_MS + 4), "text/csv", {}),
        (
            gzip.compress(json.dumps({"ts": NOW_MS + 5, "v": 6}).encode()),
            "application/json",
            {"Content_Encoding": "gzip"},
        ),
    ]
    accepted = [post(calha, "/api/v1/telemetry/forms", body, kind, **more)[1]["accepted"] for body, kind, more in forms]
    assert accepted == [2, 2, 1, 1]
    assert values(calha, "forms", "v") == [1, 2, 3, 4, 5.5, 6]


def test_one_request_may_hold_many_devices(calha):
    calha.create_device("many1")
    calha.create_device("many2")
    body = [{"device": "many1", "x": 1}, {"device": "many2", "x": 2}, {"device": "nobody", "x": 3}]
    status, answer, _ = post(calha, "/api/v1/telemetry", body)
    assert (status, answer["accepted"], answer["quarantined"]) == (200, 2, 1)
    assert answer["errors"][0]["reason"] == "unknown_device"
    assert values(calha, "many2", "x") == [2]


def test_tcp_lines_are_answered_in_order_once_stored(calha):
    calha.create_device("line")
    answers = lines(
        calha,
        b'{"device":"line","ts":%d,"a":1,"b":2}' % NOW_MS,
        b"nonsense",
        b'{"device":"line","ts":%d,"a":3}' % (NOW_MS + 1),
    )
    assert [answer["ok"] for answer in answers] == [2, 0, 1]
    assert answers[1]["reason"] == "malformed"
    assert values(calha, "line", "a") == [1, 3]


def test_a_line_without_end_is_refused_and_nothing_else_suffers(calha):
    calha.create_device("line2")
    assert lines(calha, b"x" * 20_000)[0]["reason"] == "too_large"
    with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as endless:
        endless.sendall(b"x" * 20_000)
        assert b"too_large" in endless.recv(1000)
        assert endless.recv(1000) == b"", "the connection is closed"
    assert lines(calha, b'{"device":"line2","a":1}') == [{"ok": 1}]


def test_unknown_devices_wait_in_quarantine_and_are_recovered_when_registered(calha):
    status, problem, _ = post(calha, "/api/v1/telemetry/stranger", {"ts": NOW_MS, "values": {"x": 7}})
    assert (status, problem["reason"]) == (404, "unknown_device")
    publish(calha, "calha/v1/stranger/telemetry", json.dumps({"ts": NOW_MS + 1, "values": {"x": 8}}))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen = {one["device"]: one["messages"] for one in calha.get("/api/v1/seen")["items"]}
        if seen.get("stranger") == 2:
            break
        time.sleep(0.1)
    assert seen["stranger"] == 2
    status, created = calha.send("POST", "/api/v1/devices", {"key": "stranger", "profile": "generic"})
    assert (status, created["replayed"]) == (201, 2)
    assert values(calha, "stranger", "x") == [7, 8]
    assert "stranger" not in {one["device"] for one in calha.get("/api/v1/seen")["items"]}


def test_late_corrected_and_repeated_readings_are_told_apart_and_the_latest_value_stays(calha):
    calha.create_device("history")
    for ts, value in [(NOW_MS, 10), (NOW_MS - 60_000, 5), (NOW_MS, 10), (NOW_MS - 60_000, 6), (NOW_MS + 1, 11)]:
        assert post(calha, "/api/v1/telemetry/history", {"ts": ts, "values": {"x": value}})[0] == 200
        calha.until_stored()
    counters = calha.get("/api/v1/devices/history/ingest")["counters"]
    assert {name: counters[name] for name in ("received", "stored", "late", "corrected", "duplicate")} == {
        "received": 5,
        "stored": 2,
        "late": 1,
        "corrected": 1,
        "duplicate": 1,
    }
    assert values(calha, "history", "x") == [6, 10, 11]
    assert calha.get("/api/v1/latest?device=history")["items"][0]["value"] == 11


def test_a_noisy_device_is_held_back_and_the_others_are_not(calha):
    calha.create_device("noisy")
    calha.create_device("quiet")
    statuses = [post(calha, "/api/v1/telemetry/noisy", {"x": number}) for number in range(300)]
    refused = [headers for status, _, headers in statuses if status == 429]
    assert refused
    assert int(refused[0]["Retry-After"]) >= 1
    assert post(calha, "/api/v1/telemetry/quiet", {"x": 1})[0] == 200
    publish(calha, "calha/v1/noisy/telemetry", *[json.dumps({"x": number}) for number in range(200)])
    time.sleep(1)
    groups = {
        (one["reason"], one["device"]): one["messages"] for one in calha.get("/api/v1/quarantine/summary")["groups"]
    }
    assert groups[("too_fast", "noisy")] > 0


def test_a_noisy_device_is_held_back_on_shared_doors_too(calha):
    calha.create_device("noisy2")
    calha.create_device("quiet2")
    sent = [b'{"device":"noisy2","x":%d}' % number for number in range(300)]
    answers = lines(calha, *sent, b'{"device":"quiet2","x":1}')
    assert {answer.get("reason") for answer in answers[:300]} == {None, "too_fast"}
    assert answers[300] == {"ok": 1}


def test_what_cannot_be_read_says_where_and_is_kept(calha):
    calha.create_device("strict", "water_flow")
    bad = [
        ({"ts": "yesterday", "flow_1": 1}, "bad_time"),
        ({"ts": NOW_MS + 3_600_000, "flow_1": 1}, "time_in_future"),
        ({"ts": 1, "flow_1": 1}, "time_before_2000"),
        ({"flow_1": "much"}, "not_a_number"),
        ({"pump": "dancing"}, "unknown_state"),
        ({"colour": 1}, "undeclared_channel"),
        ([1, 2], "malformed"),
    ]
    for body, reason in bad:
        status, problem, headers = post(calha, "/api/v1/telemetry/strict", body)
        assert (status, problem["reason"]) == (422, reason)
        assert headers["Content-Type"] == "application/problem+json"
    kept = calha.get("/api/v1/quarantine?device=strict")["items"]
    assert [one["reason"] for one in kept] == [reason for _, reason in bad[:-1]] + ["malformed"] * 2
    assert post(calha, "/api/v1/telemetry/strict", b"x" * 200_000)[0] == 413
    last = calha.get("/api/v1/devices/strict/ingest")
    assert last["last_error"]["reason"] == "malformed"


def test_a_request_full_of_bad_readings_is_kept_whole(calha):
    calha.create_device("bulk", "water_flow")
    body = "\n".join(f'{{"flow_1":"x{number}"}}' for number in range(3_000)).encode()
    status, problem, _ = post(calha, "/api/v1/telemetry/bulk", body, "application/x-ndjson")
    assert (status, problem["reason"]) == (422, "not_a_number")
    assert calha.get("/api/v1/devices/bulk/ingest")["counters"]["quarantined"] == {"not_a_number": 3_000}


def test_a_message_of_thousands_of_records_that_are_none_is_kept_whole(calha):
    calha.create_device("bulky")
    body = b"[" + b",".join([b"0"] * 20_000) + b"]"
    assert post(calha, "/api/v1/telemetry/bulky", body)[0] == 422
    (kept,) = calha.get("/api/v1/quarantine?device=bulky")["items"]
    assert kept["reason"] == "malformed"
    assert kept["detail"].startswith("20000 of its records cannot be taken")
    assert calha.get("/api/v1/devices/bulky/ingest")["counters"]["quarantined"] == {"malformed": 20_000}


def test_records_without_a_time_are_all_there_after_a_replay(calha):
    calha.create_device("timeless")
    assert post(calha, "/api/v1/telemetry/timeless", [{"level": n} for n in range(3)])[1]["accepted"] == 3
    calha.until_stored()
    assert calha.values("timeless", "level") == [0, 1, 2]
    assert post(calha, "/api/v1/telemetry", [{"device": "late-comer", "level": n} for n in range(3)])[0] == 404
    status, created = calha.send("POST", "/api/v1/devices", {"key": "late-comer", "profile": "generic"})
    assert (status, created["replayed"]) == (201, 3)
    assert values(calha, "late-comer", "level") == [0, 1, 2]


def test_a_quarantined_message_is_replayed_once_its_cause_is_mended_or_discarded(calha):
    calha.create_device("mend", "water_flow")
    post(calha, "/api/v1/telemetry/mend", {"ts": NOW_MS, "ph": 7.1})
    seq = calha.get("/api/v1/quarantine?device=mend")["items"][0]["seq"]
    assert calha.send("POST", f"/api/v1/quarantine/{seq}/replay")[1]["accepted"] == 0
    assert calha.send("PATCH", "/api/v1/devices/mend", {"profile": "generic"})[0] == 200
    assert calha.send("POST", "/api/v1/quarantine/replay", {"device": "mend"})[1]["accepted"] == 1
    assert calha.get("/api/v1/quarantine?device=mend")["items"] == []
    assert values(calha, "mend", "ph") == [7.1]
    post(calha, "/api/v1/telemetry/mend", {"ts": 1, "ph": 7.1})
    seq = calha.get("/api/v1/quarantine?device=mend")["items"][0]["seq"]
    assert calha.send("DELETE", f"/api/v1/quarantine/{seq}")[0] == 204
    assert calha.send("DELETE", f"/api/v1/quarantine/{seq}")[0] == 404


def test_all_counters_add_up_in_all_and_for_each_device(calha):
    calha.until_stored()
    for path in [
        "/api/v1/status",
        *(f"/api/v1/devices/{key}/ingest" for key in ("strict", "noisy", "history", "line")),
    ]:
        report = calha.get(path)
        counts = report.get("ingest") or report["counters"]
        ended = sum(counts[name] for name in ("stored", "late", "corrected", "duplicate"))
        ended += sum(counts["quarantined"].values()) + sum(counts["refused"].values())
        assert counts["received"] == ended > 0, path
    metrics = calha.get("/metrics").decode()
    assert 'calha_readings_total{outcome="stored"}' in metrics
    assert 'calha_task_heartbeat_age_seconds{task="writer"}' in metrics
