"""A key that is revoked opens nothing any more, also on connections that it opened before."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from running import running_calha

DEVICE = "of-revoked-key"
LINE = {"device": DEVICE, "values": {"flow": 1.5}}


@pytest.fixture
def key(calha):
    """(id, key) that may send for all devices."""
    calha.send("POST", "/api/v1/devices", {"key": DEVICE, "profile": "generic"})
    wanted = {"name": "sender", "role": "engineer", "scopes": ["send"]}
    status, made = calha.send("POST", "/api/v1/keys", wanted)
    assert status == 201, made
    return made["id"], made["key"]


@contextmanager
def connected(calha, user, password):
    """What its broker says to an MQTT client: events that are set once it is in, and once it is out."""
    inside, outside = threading.Event(), threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"revoked-{user}")
    client.username_pw_set(user, password)
    client.on_connect = lambda *said: None if said[3].is_failure else inside.set()
    client.on_disconnect = lambda *_: outside.set()
    client.connect("127.0.0.1", calha.mqtt_port)
    client.loop_start()
    try:
        yield inside, outside
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("user", ["gateway", DEVICE])
def test_a_revoked_key_loses_its_mqtt_connections_at_once(calha, key, user):
    number, secret = key
    with connected(calha, user, secret) as (inside, outside):
        assert inside.wait(60)
        assert not outside.is_set()
        inside.clear()
        assert calha.send("DELETE", f"/api/v1/keys/{number}")[0] == 204
        assert outside.wait(60)
        outside.clear()
        assert outside.wait(60), "it tries again, and is refused"
        assert not inside.is_set()


def test_a_revoked_key_sends_no_more_over_a_tcp_connection_that_is_open(calha, key):
    number, secret = key
    with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as line, line.makefile("rw") as stream:

        def asked(content):
            stream.write(json.dumps(content) + "\n")
            stream.flush()
            return json.loads(stream.readline())

        assert asked({"token": secret}) == {"ok": 0}
        assert asked(LINE)["ok"] == 1
        assert calha.send("DELETE", f"/api/v1/keys/{number}")[0] == 204
        deadline = time.monotonic() + 60
        while (answer := asked(LINE))["ok"]:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert answer["reason"] == "not_signed_in"


def test_a_revoked_key_loses_what_it_opened_before_the_core_was_started_anew(tmp_path):
    """The log server, and with it the connection, goes on while the core is replaced."""
    with running_calha(tmp_path / "data", {"CALHA_DEVICES_ANONYMOUS": "false"}) as calha:
        made = calha.send("POST", "/api/v1/keys", {"name": "sender", "role": "engineer", "scopes": ["send"]})[1]
        with connected(calha, "gateway", made["key"]) as (inside, outside):
            assert inside.wait(60)
            calha.kill("core")
            calha.until_ready()
            assert not outside.is_set()
            inside.clear()
            assert calha.send("DELETE", f"/api/v1/keys/{made['id']}")[0] == 204
            assert outside.wait(60)
            assert not inside.is_set()


def test_an_old_secret_opens_no_more_than_its_overlap(calha):
    device = "of-rotated-secret"
    secret = calha.send("POST", "/api/v1/devices", {"key": device, "profile": "generic"})[1]["secret"]
    assert calha.send("POST", f"/api/v1/devices/{device}/credentials", {"overlap_s": 4})[0] == 201
    with connected(calha, device, secret) as (inside, outside):
        assert inside.wait(60)
        assert outside.wait(60), "the overlap is over"
    with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as line:
        fresh = calha.send("POST", f"/api/v1/devices/{device}/credentials", {"overlap_s": 4})[1]["secret"]
        assert calha.send("POST", f"/api/v1/devices/{device}/credentials", {"overlap_s": 4})[0] == 201
        line.sendall(json.dumps({"token": fresh}).encode() + b"\n")
        assert json.loads(line.recv(1_000)) == {"ok": 0}
        assert line.recv(1_000) == b"", "closed, though it says nothing"


def test_a_websocket_is_closed_whose_key_was_revoked(calha):
    """It used to stay open and silent, so that its page believed to be live."""
    made = calha.send("POST", "/api/v1/keys", {"name": "screen", "role": "viewer", "scopes": ["view"]})[1]
    url = calha.address.replace("http", "ws") + "/api/v1/live/ws"
    with connect(url, additional_headers={"Authorization": f"Bearer {made['key']}"}) as socket_:
        assert json.loads(socket_.recv(60))["type"] == "status"
        assert calha.send("DELETE", f"/api/v1/keys/{made['id']}")[0] == 204
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket_.recv(60)
        assert closed.value.rcvd.code == 1008
