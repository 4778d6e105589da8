"""Presence of devices as the API tells it."""

import json
import socket
import time

import paho.mqtt.client as paho

from persons import Person
from running import running_calha


def presence(calha, device):
    return calha.get(f"/api/v1/devices/{device}")["presence"]


def until(condition, within_s=30):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.25)
    raise AssertionError("it did not come about")


def test_a_device_is_seen_when_it_reports(calha):
    calha.create_device("present-1")
    assert presence(calha, "present-1")["state"] == "never"
    assert calha.send("POST", "/api/v1/telemetry/present-1", {"flow": 1})[0] == 200
    until(lambda: presence(calha, "present-1")["state"] == "online")
    found = presence(calha, "present-1")
    assert (found["cause"], found["connected"], found["expected_interval_s"]) == (None, False, None)
    listed = calha.get("/api/v1/devices?q=present-1")["items"][0]
    assert listed["presence"]["last_seen_at"] == found["last_seen_at"]
    until(lambda: "present-1" in calha.get("/api/v1/presence?state=online")["devices"])
    assert calha.get("/api/v1/presence")["online"] >= 1


def test_open_connections_are_told(calha):
    secrets = {
        key: calha.send("POST", "/api/v1/devices", {"key": key})[1]["secret"] for key in ("present-mqtt", "present-tcp")
    }
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="present-client")
    client.username_pw_set("present-mqtt", secrets["present-mqtt"])
    client.connect("127.0.0.1", calha.mqtt_port)
    client.loop_start()
    with socket.create_connection(("127.0.0.1", calha.tcp_port)) as line:
        line.sendall(json.dumps({"token": secrets["present-tcp"]}).encode() + b"\n")
        line.recv(100)
        until(lambda: presence(calha, "present-mqtt")["connected"])
        until(lambda: presence(calha, "present-tcp")["connected"])
    client.disconnect()
    client.loop_stop()
    until(lambda: presence(calha, "present-mqtt")["connected"] is False)
    until(lambda: presence(calha, "present-tcp")["connected"] is False)


def test_a_former_owner_does_not_see_what_the_device_does_now(calha):
    made = calha.send("POST", "/api/v1/devices/import", b"key\npresent-own\n", "text/csv")[1]
    owner = Person(calha, "noa")
    assert owner.send("POST", "/api/v1/claims", {"code": made["secrets"][0]["claim_code"]})[0] == 201
    assert owner.get("/api/v1/account/devices")["items"][0]["presence"]["state"] == "never"
    until(lambda: owner.get("/api/v1/presence")["never"] == 1)
    assert owner.send("DELETE", "/api/v1/devices/present-own/claim")[0] == 204
    assert owner.get("/api/v1/devices/present-own")["presence"] is None


def test_what_was_seen_survives_a_restart(tmp_path):
    with running_calha(tmp_path / "data") as calha:
        calha.create_device("kept")
        assert calha.send("POST", "/api/v1/telemetry/kept", {"flow": 1})[0] == 200
        until(lambda: (presence(calha, "kept") or {}).get("last_seen_at"))
        before = presence(calha, "kept")["last_seen_at"]
        calha.stop()
        calha.start()
        until(lambda: (presence(calha, "kept") or {}).get("last_seen_at") == before)
