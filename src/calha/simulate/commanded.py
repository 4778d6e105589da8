"""Simulated devices obey: what a command changes in the readings of a device, and what the device answers.

A device first says that it has the command and a moment later that it has executed it, as a real one would; from then on
its readings show it, until another command says otherwise.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

from calha.simulate.fleet import Record

EXECUTES_AFTER_S = 1.0
MAX_REMEMBERED = 1_000  # ids of commands, none of which is executed twice
MAX_COMMANDED = 500  # devices that listen for commands; each costs the server a subscription

Values = dict[str, float]
Parameters = Mapping[str, Any]
Says = Callable[[str, Literal["delivered", "executed", "rejected"], str], None]
Effect = Callable[[Parameters], Values | None]  # None: as it would be without any command


def _start(given: Parameters) -> Values:
    speed = {"state": 1, "rpm": float(given.get("velocidade", 1_760.0)), "vibration": 1.6}
    return speed | ({"voltage": float(given["voltagem"])} if "voltagem" in given else {})


EFFECTS: Mapping[str, Mapping[str, Effect]] = {
    "machine": {
        "start": _start,
        "stop": lambda _: {"state": 0, "rpm": 0.0, "vibration": 0.05},
        "reset": lambda _: None,
    },
    "water_flow": {
        "setFlow": lambda given: {"flow_1": float(given["value"])},
        "startPump": lambda _: {"pump": 1},
        "stopPump": lambda _: {"pump": 0, "inflow": 0.0},
    },
    "cip_station": {
        "startRecipe": lambda _: {"phase": 1},
        "abort": lambda _: {"phase": 0, "flow": 0.0},
    },
}


class Commanded:
    """What was commanded to the devices of one profile, by their number in the fleet."""

    def __init__(self, profile: str) -> None:
        self._effects = EFFECTS.get(profile, {})
        self._values: dict[int, Values] = {}
        self._known: dict[str, None] = {}

    def hear(self, device: int, order: Mapping[str, Any], says: Says) -> None:
        """Take a command as the device got it, and answer."""
        command, name = str(order.get("id")), str(order.get("command"))
        if command in self._known:
            return
        if len(self._known) >= MAX_REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[command] = None
        effect = self._effects.get(name)
        if effect is None:
            says(command, "rejected", f"a simulated device cannot {name}")
            return
        says(command, "delivered", "")
        loop = asyncio.get_running_loop()
        loop.call_later(EXECUTES_AFTER_S, self._execute, device, command, effect, order.get("parameters", {}), says)

    def applied(self, device: int, record: Record) -> Record:
        """A record as it is after what was commanded."""
        changed = self._values.get(device)
        return record if changed is None else {**record, "values": record["values"] | changed}

    def _execute(self, device: int, command: str, effect: Effect, parameters: Parameters, says: Says) -> None:
        values = effect(parameters)
        if values is None:
            self._values.pop(device, None)
        else:
            self._values[device] = self._values.get(device, {}) | values
        says(command, "executed", "")
