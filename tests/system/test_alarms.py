"""Alarms in the real program: raised by a reading over MQTT, answered over HTTP, told live, and none lost by kill -9."""

import json
import time
from collections.abc import Callable, Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from running import Calha, running_calha

RULE = {"signal": {"kind": "value", "channel": "vibration"}, "limits": {"hi": {"value": 7, "priority": "high"}}}
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def calha(tmp_path_factory) -> Iterator[Calha]:
    with running_calha(tmp_path_factory.mktemp("alarms") / "data") as running:
        for key in ("pump", "fan"):
            running.create_device(key, "machine")
        status, answer = running.send(
            "POST", "/api/v1/alarm-rules", {"name": "Vibration", "definition": RULE, "where": {"profile": "machine"}}
        )
        assert status == 201, answer
        yield running


@pytest.fixture(scope="module")
def publish(calha) -> Iterator[Callable[[str, float], None]]:
    """A device's open connection, which outlives the core: sends a value, and waits for the log's acknowledgement."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", calha.mqtt_port)
    client.loop_start()
    yield lambda device, value: client.publish(
        f"calha/v1/{device}/telemetry", json.dumps({"vibration": value}), qos=1
    ).wait_for_publish(WITHIN_S)
    client.disconnect()
    client.loop_stop()


def until(found: Callable[[], object]) -> object:
    deadline = time.monotonic() + WITHIN_S
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return answer


def alarm(calha: Calha, device: str, state: str) -> dict:
    path = f"/api/v1/alarms?device={device}&state={state}"
    return until(lambda: calha.get(path)["items"])[0]  # type: ignore[index]


def acts(calha: Calha, one: dict) -> list[tuple[str, str]]:
    items = calha.get(f"/api/v1/alarms/{one['id']}/history")["items"]
    return [(item["act"], item["note"]) for item in reversed(items)]


@pytest.mark.crash
def test_an_alarm_survives_kill_9_and_no_transition_is_lost_or_told_twice(calha, publish):
    publish("pump", 9)
    raised = alarm(calha, "pump", "unacknowledged")
    assert (raised["priority"], raised["signal"]) == ("high", 9)
    calha.kill("core")
    publish("pump", 2)  # the log takes it while the core is away
    calha.until_ready()
    returned = alarm(calha, "pump", "returned")
    assert calha.send("POST", "/api/v1/alarms/acknowledge", {"ids": [returned["id"]], "comment": "seen"})[0] == 200
    calha.kill("core")
    calha.until_ready()
    publish("pump", 8)
    again = alarm(calha, "pump", "unacknowledged")
    assert acts(calha, again) == [("raise", ""), ("clear", ""), ("acknowledge", "seen"), ("raise", "")]


def test_a_live_stream_tells_each_transition(calha, publish):
    with calha.open(calha.request("/api/v1/live?device=none&alarms=true"), timeout=WITHIN_S) as stream:
        next(line for line in stream if line == b"event: status\n")  # it has begun
        publish("fan", 9)
        told = next(told_alarms(stream))
        assert (told["act"], told["alarm"]["device"], told["alarm"]["state"]) == ("raise", "fan", "unacknowledged")
        assert calha.send("POST", "/api/v1/alarms/acknowledge", {"ids": [told["alarm"]["id"]]})[0] == 200
        told = next(told_alarms(stream))
        assert (told["act"], told["alarm"]["state"], told["author"] != "") == ("acknowledge", "acknowledged", True)


def told_alarms(stream) -> Iterator[dict]:
    """What the events of alarms say."""
    for line in stream:
        if line == b"event: alarm\n":
            yield json.loads(next(stream).removeprefix(b"data: "))
