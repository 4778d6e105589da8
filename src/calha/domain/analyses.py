"""What a profile says about a kind of device, so that its readings can be judged by the norms of its field.

Channels are named by their keys. A device whose profile says nothing is not judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from calha.domain.cip import Recipe, StepKind
from calha.domain.meter_sizes import WaterMeterSize
from calha.domain.motor_heat import Class as InsulationClass
from calha.domain.supply_voltage import Level
from calha.domain.vibration import Boundaries


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A cleaning station (CIP). The channels are those of the return. phase: the PLC's step number, and what `steps` it has."""

    recipes: tuple[Recipe, ...]
    temperature: str
    conductivity: str
    flow: str | None = None
    phase: str | None = None
    steps: Mapping[int, StepKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine. running, faults: codes of `state`. vibration: its directions, in mm/s RMS. temperature: of the winding.

    ideal_cycle_s: what a piece takes at best. pieces, good: counters of all and of good ones.
    """

    state: str | None = None
    running: tuple[int, ...] = (1,)
    faults: tuple[int, ...] = ()
    vibration: tuple[str, ...] = ()
    boundaries: Boundaries | None = None
    temperature: str | None = None
    insulation: InsulationClass | None = None
    pieces: str | None = None
    good: str | None = None
    ideal_cycle_s: float | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """A supply and its load. voltage: its phases, V. nominal: of the table that is nearest, when nobody says it.

    current: its phases, A; rated_a: what it may carry. power: kW.
    """

    voltage: tuple[str, ...]
    nominal: float | None = None
    level: Level = "low"
    current: tuple[str, ...] = ()
    rated_a: float | None = None
    power: str | None = None
    power_factor: str | None = None


@dataclass(frozen=True, slots=True)
class Water:
    """A customer's water meter. flows_always: a factory or a cooling tower, where flow by night is no leak.

    flow: what it measures besides the register, in `flow_unit`. tamper: states that are 0 while nobody touches the meter.
    size: by its type plate.
    """

    register: str
    flows_always: bool = False
    flow: str | None = None
    flow_unit: str = ""
    tamper: tuple[str, ...] = ()
    size: WaterMeterSize | None = None
