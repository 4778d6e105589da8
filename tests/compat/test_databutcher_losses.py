"""DataButcher's machines while processes die: what was acknowledged is there, once."""

import subprocess
import threading
import time

import pytest

from butcher import Machine, Page, environment, register, until
from running import running_calha

pytestmark = pytest.mark.crash

KILLS = ("core", "log server", "up")


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    more = {"messages_per_s": "1000", "burst_messages": "10000"}
    with running_calha(tmp_path_factory.mktemp("losses") / "data", environment(**more)) as running:
        yield running


class Reporting:
    """A program that posts a reading, and the same one again until it is acknowledged."""

    def __init__(self, calha, code):
        self._page, self._code = Page(calha), code
        self.acknowledged: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        number, began_at = 0, int(time.time()) - 3_600
        while not self._ended.is_set():
            number += 1
            body = {"maquina_id": self._code, "tensao": 220, "vibracao": 1, "temperatura": 50, "rpm": number}
            while not self._post(body | {"timestamp": began_at + number}):
                time.sleep(0.05)
            self.acknowledged.append(number)

    def _post(self, body):
        try:
            return self._page.ask("POST", "/api/sensor-data", body)[0] == 201
        except OSError:
            return False

    def end(self):
        self._ended.set()
        self._thread.join()


def test_every_acknowledged_reading_is_stored_once_while_each_process_is_killed(calha):
    code = register(calha)
    device = f"databutcher-{code}"
    program = Reporting(calha, code)
    for name in KILLS:
        before = len(program.acknowledged)
        until(lambda before=before: len(program.acknowledged) > before + 50, f"readings before {name} is killed")
        calha.kill(name)
        until(lambda before=before: len(program.acknowledged) > before + 100, f"readings after {name} was killed")
    program.end()
    until(lambda: _is_ready(calha), "the restart")
    calha.until_stored()
    assert calha.values(device, "rpm") == program.acknowledged


def test_a_state_with_qos_1_is_not_lost_when_the_core_dies_at_once(calha):
    code, page = register(calha), Page(calha, "Quim")
    page.link(code)
    device = f"databutcher-{code}"
    # mosquitto's own client ends when it has the PUBACK, which says that the message lies on disk
    tell = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-i", "esp32", "-t", f"maquinas/{code}/status", "-q", "1"]
    subprocess.run([*tell, "-m", '{"state": "iniciada"}'], check=True, timeout=60)
    calha.kill("core")
    until(lambda: _status(page, code) == "iniciada", "the state")
    calha.until_stored()
    assert calha.values(device, "state") == [1.0]
    assert len(calha.values(device, "heartbeat")) == 1


def test_a_command_reaches_the_machine_once_though_the_core_dies(calha):
    code, page = register(calha), Page(calha, "Rui")
    page.link(code)
    machine = Machine(calha, code, qos=1)
    machine.say("parada")
    until(lambda: _asked(page, code) == 202, "the heartbeat")
    until(lambda: machine.heard, "stop")
    calha.kill("core")
    until(lambda: _is_ready(calha), "the restart")
    states = lambda: [one["state"] for one in calha.get(f"/api/v1/devices/databutcher-{code}/commands")["items"]]  # noqa: E731
    until(lambda: states() == ["verified"], "the verification")
    assert machine.heard == [{"comando": "stop"}]
    machine.stop()


def _is_ready(calha):
    try:
        with calha.open(f"{calha.address}/readyz", timeout=5):
            return True
    except OSError:
        return False


def _status(page, code):
    try:
        return page.status(code)
    except OSError:
        return None


def _asked(page, code):
    try:
        return page.ask("POST", f"/api/machines/{code}/stop")[0]
    except OSError:
        return 0
