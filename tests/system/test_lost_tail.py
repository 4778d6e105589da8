"""The files of the log server are lost or damaged while the core runs: what is acknowledged afterwards is stored."""

import json
import os
import shutil
import signal
import time
import urllib.error
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from running import Calha, running_calha

START_MS = 1_769_860_800_000
BEFORE, AFTER = 60, 25  # fewer afterwards, so that all their numbers have been given before


def take_everything_away(store: Path) -> None:
    shutil.rmtree(store / "jetstream")


def take_readings_away(store: Path) -> None:
    for stream in store.glob("jetstream/*/streams/READINGS"):
        shutil.rmtree(stream)


def take_mqtt_away(store: Path) -> None:
    for stream in store.glob("jetstream/DEVICES_*/streams/$MQTT_msgs"):
        shutil.rmtree(stream)


def tear(store: Path) -> None:
    for stream in ("READINGS", "$MQTT_msgs"):
        for messages in store.glob(f"jetstream/*/streams/{stream}/msgs"):
            (messages / "index.db").unlink(missing_ok=True)
            for block in messages.glob("*.blk"):
                os.truncate(block, block.stat().st_size // 2)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [take_everything_away, take_readings_away, take_mqtt_away, tear])
def test_what_is_acknowledged_after_the_log_lost_its_tail_is_stored(tmp_path, damage: Callable[[Path], None]):
    with running_calha(tmp_path / "data") as calha:
        for device in ("h", "m"):
            calha.create_device(device)
        send_by_http(calha, range(BEFORE))
        send_by_mqtt(calha, range(BEFORE))
        calha.until_stored()
        until_numbers(calha, "m", BEFORE)
        hit(calha, damage)
        send_by_http(calha, range(BEFORE, BEFORE + AFTER))
        send_by_mqtt(calha, range(BEFORE, BEFORE + AFTER))
        until_numbers(calha, "h", BEFORE + AFTER)
        until_numbers(calha, "m", BEFORE + AFTER)
        assert "log_tail_lost" in {event["kind"] for event in calha.get("/api/v1/events")["items"]}
        core = calha.processes()["core"]
        os.kill(core, signal.SIGKILL)  # and it is no other after a start
        calha.until_ready()
        send_by_http(calha, range(BEFORE + AFTER, BEFORE + AFTER + 3))
        send_by_mqtt(calha, range(BEFORE + AFTER, BEFORE + AFTER + 3))
        until_numbers(calha, "h", BEFORE + AFTER + 3)
        until_numbers(calha, "m", BEFORE + AFTER + 3)


def hit(calha: Calha, damage: Callable[[Path], None]) -> None:
    """Kill the log server, with its files damaged before it is started again."""
    server = calha.processes()["log server"]
    os.kill(server, signal.SIGSTOP)
    damage(calha.folder / "log" / "store")
    os.kill(server, signal.SIGKILL)


def send_by_http(calha: Calha, numbers: range) -> None:
    """Each by itself, and again until it is acknowledged."""
    for number in numbers:
        body = {"ts": START_MS + number, "values": {"n": number}}
        deadline = time.monotonic() + 60
        while calha.send("POST", "/api/v1/telemetry/h", body)[0] != 200:
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            time.sleep(0.1)


def send_by_mqtt(calha: Calha, numbers: range) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="m", clean_session=False)
    acknowledged: list[int] = []
    client.on_publish = lambda _client, _data, number, _code, _properties: acknowledged.append(number)
    client.reconnect_delay_set(1, 1)
    client.connect_async("127.0.0.1", calha.mqtt_port)  # it comes again for as long as it is refused
    client.loop_start()
    for number in numbers:
        client.publish("calha/v1/m/telemetry", json.dumps({"ts": START_MS + number, "values": {"n": number}}), 1)
    deadline = time.monotonic() + 60
    while len(acknowledged) < len(numbers):
        assert time.monotonic() < deadline, "nothing is acknowledged any more"
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()


def until_numbers(calha: Calha, device: str, count: int) -> None:
    deadline = time.monotonic() + 60
    found: list[float] = []
    while time.monotonic() < deadline:
        with suppress(urllib.error.HTTPError):  # while the channel is not known yet
            found = calha.values(device, "n")
            if found == list(range(count)):
                return
        time.sleep(0.2)
    raise AssertionError(
        f"{device} misses {sorted(set(range(count)) - set(found))}, twice {len(found) - len(set(found))}"
    )
