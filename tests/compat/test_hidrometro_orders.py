"""Commands to meters that share their topic: each reaches one meter, and what is said of it is what was seen."""

import itertools
import json
import time

import pytest

from hidrometro_meter import Meter, until

_numbers = itertools.count(1)


@pytest.fixture
def calha(hidrometro):
    return hidrometro


class Serial(str):
    """A meter's serial number, and its commands as Calha's API shows them."""

    calha = None

    @property
    def path(self):
        return f"/api/v1/devices/hidrometro-{self}/commands"

    def ask(self, command, value=None, **more):
        parameters = {} if value is None else {"value": value}
        status, answer = self.calha.send("POST", self.path, {"command": command, "parameters": parameters} | more)
        assert status == 201, answer
        return answer["id"]

    def until(self, command, *states):
        def has_come():
            found = self.calha.get(f"{self.path}/{command}")
            return found if found["state"] in states else None

        return until(has_come, what=f"{self} {command} is not {states}")


@pytest.fixture
def serial(calha):
    made = Serial(f"CMD-{next(_numbers)}")
    made.calha = calha
    return made


@pytest.mark.parametrize("qos", [0, 1])
def test_a_command_reaches_its_meter_alone_and_a_reading_shows_its_execution(calha, serial, qos):
    with Meter(calha.meter_port, "hidrometro-c1", qos=qos) as meter, Meter(calha.meter_port, "hidrometro-c2") as other:
        other.report(totalLiters=900, flowLmin=3, numeroSerie=f"{serial}-OTHER")
        meter.report(totalLiters=100, flowLmin=0, numeroSerie=serial)
        command = serial.ask("simSetFlow", 12)
        assert meter.next_order() == {"action": "simSetFlow", "value": 12.0}
        serial.until(command, "delivered")
        meter.report(totalLiters=100.1, flowLmin=6, numeroSerie=serial)
        meter.report(totalLiters=100.2, flowLmin=11.9, numeroSerie=serial)
        found = serial.until(command, "verified")
        notes = {step["state"]: step["note"] for step in found["history"]}
        reached = [one for one in notes if one != "sent"]  # the meter may be quicker than the note that it was sent
        assert reached == ["queued", "delivered", "executed", "verified"]
        assert notes["executed"] == "the flow is 11.9 L/min"
        assert other.hears_nothing()


def test_a_register_is_reset_and_what_it_was_stays_known(calha, serial):
    with Meter(calha.meter_port, "hidrometro-c3") as meter:
        meter.report(totalLiters=812.5, flowLmin=8, numeroSerie=serial)
        calha.until_stored()
        command = serial.ask("reset")
        assert meter.next_order() == {"action": "reset"}
        meter.report(totalLiters=0.1, flowLmin=8, numeroSerie=serial)
        found = serial.until(command, "verified")
        assert "after 812.5 L" in next(step["note"] for step in found["history"] if step["state"] == "executed")
    assert calha.values(f"hidrometro-{serial}", "total") == [812.5, 0.1]


def test_of_what_no_reading_shows_nothing_is_claimed(calha, serial):
    with Meter(calha.meter_port, "hidrometro-c4") as meter:
        meter.report(totalLiters=1, flowLmin=0, numeroSerie=serial)
        command = serial.ask("setCalibration", 7.5)
        assert meter.next_order() == {"action": "setCalibration", "value": 7.5}
        serial.until(command, "delivered")
        meter.report(totalLiters=2, flowLmin=8, numeroSerie=serial)
        calha.until_stored()
        assert calha.get(f"{serial.path}/{command}")["state"] == "delivered"


def test_a_meter_that_is_away_gets_its_command_when_it_is_back(calha, serial):
    with Meter(calha.meter_port, "hidrometro-c5") as meter:
        meter.report(totalLiters=1, flowLmin=0, numeroSerie=serial)
    command = serial.ask("simulate", 8)
    assert calha.get(f"{serial.path}/{command}")["state"] in ("queued", "sent")
    with Meter(calha.meter_port, "hidrometro-c5") as meter:
        meter.report(totalLiters=1, flowLmin=0, numeroSerie=serial)
        assert meter.next_order() == {"action": "simulate", "value": 8.0}
        serial.until(command, "delivered")
        assert meter.hears_nothing(), "once is enough"


def test_a_meter_that_hears_no_commands_gets_none_until_it_does(calha, serial):
    with Meter(calha.meter_port, "hidrometro-c6") as meter:
        meter.client.unsubscribe("hidrometro/leandro/cmd")
        meter.report(totalLiters=1, flowLmin=0, numeroSerie=serial)
        command = serial.ask("simOff")
        assert meter.hears_nothing()
        meter.client.subscribe("hidrometro/leandro/cmd")
        assert meter.next_order() == {"action": "simOff"}
        serial.until(command, "delivered")


def test_a_connection_that_speaks_for_several_meters_is_told_whose_command_it_is(calha, serial):
    with Meter(calha.meter_port, "simulador") as meter:
        for number in range(2):
            meter.report(totalLiters=number, flowLmin=0, numeroSerie=f"{serial}-{number}")
        one = Serial(f"{serial}-1")
        one.calha = calha
        one.ask("reset")
        assert meter.next_order() == {"action": "reset", "numero_serie": one}


def test_a_command_is_not_lost_when_everything_is_killed(calha, serial):
    with Meter(calha.meter_port, "hidrometro-c7") as meter:
        meter.report(totalLiters=1, flowLmin=0, numeroSerie=serial)
    command = serial.ask("reset", expires_s=600)
    calha.kill("core")
    time.sleep(0.5)
    calha.until_ready()
    with Meter(calha.meter_port, "hidrometro-c7") as meter:
        meter.report(totalLiters=1, flowLmin=0, numeroSerie=serial)
        assert json.dumps(meter.next_order()) == '{"action": "reset"}'
        serial.until(command, "delivered", "executed", "verified")
