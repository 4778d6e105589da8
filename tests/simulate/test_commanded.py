"""Simulated devices obey: they answer, and their readings show what was commanded."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calha.log.mqtt_wire import publish_packet
from calha.simulate import commanded as module
from calha.simulate.commanded import EFFECTS, Commanded
from calha.simulate.mqtt import published
from calha.store.registry.profiles import packaged

RECORD: dict[str, Any] = {"ts": 1, "values": {"state": 0, "rpm": 0.0, "temperature": 25.0}}


async def obeys(commanded: Commanded, command: str, **parameters: object) -> list[str]:
    said: list[str] = []
    order = {"id": f"{command}-{len(commanded._known)}", "command": command, "parameters": parameters}
    for _ in range(2):  # a device may get everything twice
        commanded.hear(0, order, lambda _id, state, _detail: said.append(state))
    await asyncio.sleep(0.05)
    return said


async def test_a_machine_starts_stops_and_goes_its_own_way_again(monkeypatch):
    monkeypatch.setattr(module, "EXECUTES_AFTER_S", 0.01)
    machine = Commanded("machine")
    assert machine.applied(0, RECORD) == RECORD
    assert await obeys(machine, "start", velocidade=1500) == ["delivered", "executed"]
    started = machine.applied(0, RECORD)["values"]
    assert (started["state"], started["rpm"], started["temperature"]) == (1, 1500.0, 25.0)
    assert machine.applied(1, RECORD) == RECORD, "another machine goes on as it was"
    await obeys(machine, "stop")
    assert machine.applied(0, RECORD)["values"]["rpm"] == 0.0
    await obeys(machine, "reset")
    assert machine.applied(0, RECORD) == RECORD
    assert await obeys(machine, "fly") == ["rejected"]


def test_every_command_that_is_simulated_is_declared():
    for profile, effects in EFFECTS.items():
        assert effects.keys() <= {command.key for command in packaged()[profile].commands}


@given(st.binary(max_size=300), st.none() | st.integers(1, 65_535))
def test_a_publish_is_read_as_it_was_written(payload: bytes, packet_id: int | None):
    packet = publish_packet("a/b", payload, packet_id=packet_id)
    body = packet[2:] if packet[1] < 0x80 else packet[3:]
    assert published(packet[0], body) == (packet_id, payload)
