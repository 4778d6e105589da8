"""Commands survive a kill -9 of the core, and an outage of the log server: what is on disk goes on where it stood."""

import os
import signal
import time

import pytest

from commands.plant import Plant
from running import running_calha

pytestmark = pytest.mark.crash


@pytest.fixture
def plant(tmp_path):
    with running_calha(tmp_path / "data", {"CALHA_DEVICES_ANONYMOUS": "false"}) as calha:
        plant = Plant(calha)
        assert plant.save_profile() == 200
        yield plant


def test_what_the_device_says_while_the_core_is_dead_is_heard_when_it_is_back(plant):
    device = plant.device("robot")
    with device.by_mqtt() as robot:
        asked = device.ask("set", {"speed": 900})
        robot.next_order()
        device.until(asked["id"], "sent")
        plant.calha.kill("core")
        robot.report(speed=900)
        robot.reply(asked["id"], "executed")
        plant.calha.until_ready()
        found = device.until(asked["id"], "verified", within_s=30)
        assert robot.hears_nothing(), "it is not sent again"
    assert [step["state"] for step in found["history"]] == ["queued", "sent", "executed", "verified"]


def test_deadlines_hold_over_a_restart_and_approvals_are_kept(plant):
    device = plant.device("robot")
    with device.by_mqtt():
        pass
    short, long_ = device.ask("beep", expires_s=3), device.ask("beep", expires_s=3_600)
    held = device.ask("blast")
    plant.calha.kill("core")
    time.sleep(3)
    plant.calha.until_ready()
    device.until(short["id"], "expired", within_s=30)
    assert device.command(long_["id"]) == {key: long_[key] for key in device.command(long_["id"])}
    assert device.command(held["id"])["state"] == "awaiting_approval"
    with device.by_mqtt() as robot:
        assert robot.next_order()["id"] == long_["id"]


def test_a_command_asked_for_while_the_log_server_is_away_is_sent_when_it_is_back(plant):
    device = plant.device("robot")
    server = plant.calha.processes()["log server"]
    os.kill(server, signal.SIGSTOP)
    os.kill(server, signal.SIGKILL)
    asked = device.ask("beep")
    assert asked["state"] in ("queued", "sent")
    device.until(asked["id"], "sent", within_s=40)
