"""What each kind of device measures, as a function of device and time. Pure: no I/O, no clock, no memory.

A signal takes arrays of one length: seeds (one for each device), times, and for how many seconds a leak has been
running (0: none). It gives an array for each channel of its profile. So one call makes a month of one device, or
one instant of five thousand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calha.simulate.cip import cip_station
from calha.simulate.energy import energy_meter
from calha.simulate.machine import machine
from calha.simulate.noise import Floats, Seeds, Times
from calha.simulate.water import water_flow, water_meter

Values = dict[str, Floats]
Signal = Callable[[Seeds, Times, Floats], Values]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device that can be simulated.

    decimals: of each channel as it is sent. registers: channels that only grow. states: channels that hold a code.
    may_leak: whether the fault `leak` means something here.
    """

    name: str
    profile: str
    signal: Signal
    decimals: Mapping[str, int]
    registers: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    may_leak: bool = False

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self.decimals)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "water-flow",
            "water_flow",
            water_flow,
            {"flow_1": 2, "flow_2": 2, "inflow": 2, "level": 2, "pump": 0},
            states=frozenset({"pump"}),
            may_leak=True,
        ),
        Kind(
            "water-meter",
            "water_meter",
            water_meter,
            {"total": 1, "flow": 2},
            registers=frozenset({"total"}),
            may_leak=True,
        ),
        Kind(
            "energy-meter",
            "energy_meter",
            energy_meter,
            {"energy": 3, "power": 3, "voltage": 1, "current": 2, "power_factor": 3},
            registers=frozenset({"energy"}),
            may_leak=True,
        ),
        Kind(
            "machine",
            "machine",
            machine,
            {"state": 0, "temperature": 1, "vibration": 2, "rpm": 0, "voltage": 1, "cycles": 0},
            registers=frozenset({"cycles"}),
            states=frozenset({"state"}),
        ),
        Kind(
            "cip",
            "cip_station",
            cip_station,
            {"phase": 0, "temperature": 1, "conductivity": 2, "concentration": 2, "flow": 2, "pressure": 2},
            states=frozenset({"phase"}),
        ),
    )
}
