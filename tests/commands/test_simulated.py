"""A simulated machine takes a command, answers it, and shows it in its readings."""

import subprocess
import sys
import time

from running import Calha


def test_a_simulated_machine_obeys_until_its_readings_show_it(calha: Calha):
    command = [sys.executable, "-m", "calha", "simulate", "machine", "--interval", "0.3", "--prefix", "sim"]
    ports = ["--port", str(calha.mqtt_port), "--http-port", str(calha.http_port), "--data", str(calha.folder)]
    simulator = subprocess.Popen([*command, *ports], stdout=subprocess.DEVNULL)
    try:
        path, deadline = "/api/v1/devices/sim-0001/commands", time.monotonic() + 60
        while calha.send("POST", path, {"command": "reset", "offline": "refuse"})[0] != 201:
            assert time.monotonic() < deadline
            time.sleep(0.3)
        for name, parameters in (("start", {"velocidade": 1234}), ("stop", {})):
            _, asked = calha.send("POST", path, {"command": name, "parameters": parameters})
            while (found := calha.get(f"{path}/{asked['id']}"))["state"] != "verified":
                assert time.monotonic() < deadline, found["history"]
                time.sleep(0.1)
            if name == "start":
                while 1234.0 not in calha.values("sim-0001", "rpm"):  # it may have been running before
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
    finally:
        simulator.terminate()
        simulator.wait(10)
