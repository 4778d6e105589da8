"""Reads from a profile what its devices are judged by (`analyses`). What is wrong is refused with its line."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol, cast, get_args

import yaml

from calha.domain.analyses import Cleaning, Machine, Supply, Water
from calha.domain.cip import Recipe, StepKind, StepLimits
from calha.domain.meter_sizes import WaterMeterSize
from calha.domain.motor_heat import Class as InsulationClass
from calha.domain.profiles import ProfileChannel
from calha.domain.supply_voltage import Level
from calha.domain.vibration import BY_CLASS, Boundaries, MachineClass

MAX_RECIPES, MAX_STEPS, MAX_PHASES, MAX_TAMPER = 20, 20, 3, 8
MAX_Q3_M3_H, MAX_R = 6_300, 2_000  # the largest Q3 of OIML R 49; R beyond what is built

_STEP_NUMBERS = (
    "min_s", "max_s", "min_temperature_c", "min_conductivity_ms_cm", "max_conductivity_ms_cm", "min_flow_m3_h",
    "residue_ms_cm",
)  # fmt: skip
_MACHINE = (
    "state", "running", "faults", "vibration", "class", "boundaries", "temperature", "insulation", "pieces", "good",
    "ideal_cycle_s",
)  # fmt: skip
_KINDS: tuple[str, ...] = get_args(StepKind)


class Nodes(Protocol):
    """What a profile's reader knows of YAML nodes."""

    def mapping(self, node: yaml.Node, required: tuple[str, ...], optional: tuple[str, ...]) -> Any: ...  # noqa: ANN401
    def items(self, node: yaml.Node | None, read: Callable[[yaml.Node], Any]) -> tuple[Any, ...]: ...
    def number(self, node: yaml.Node | None) -> float | None: ...
    def integer(self, node: yaml.Node) -> int: ...
    def boolean(self, node: yaml.Node | None) -> bool: ...
    def slug(self, node: yaml.Node) -> str: ...
    def string(self, node: yaml.Node | None) -> str: ...
    def choice(self, node: yaml.Node | None, allowed: tuple[str, ...], default: str) -> str: ...
    def fail(self, node: yaml.Node, reason: str) -> Any: ...  # noqa: ANN401


def read_cleaning(nodes: Nodes, node: yaml.Node, channels: Sequence[ProfileChannel]) -> Cleaning:
    given = nodes.mapping(
        node, ("recipes", "temperature", "conductivity"), ("flow", "phase", "steps", "water_ms_cm", "bore_mm")
    )
    water, bore = nodes.number(given.get("water_ms_cm")), nodes.number(given.get("bore_mm"))
    if bore is not None and bore <= 0:
        nodes.fail(given["bore_mm"], "a bore of more than 0 mm is expected")
    if ("phase" in given) != ("steps" in given):
        nodes.fail(node, "phase and steps belong together: the channel of the step number, and what the numbers mean")
    recipes = nodes.items(given["recipes"], lambda one: _recipe(nodes, one, 0.2 if water is None else water, bore))
    if not 1 <= len(recipes) <= MAX_RECIPES:
        nodes.fail(given["recipes"], f"{len(recipes)} recipes; 1 to {MAX_RECIPES} are expected")
    if len({one.name for one in recipes}) < len(recipes):
        nodes.fail(given["recipes"], "each recipe needs a name of its own")
    return Cleaning(
        recipes,
        _channel(nodes, given["temperature"], channels, "gauge"),
        _channel(nodes, given["conductivity"], channels, "gauge"),
        _channel(nodes, given["flow"], channels, "gauge") if "flow" in given else None,
        _channel(nodes, given["phase"], channels, "state") if "phase" in given else None,
        _numbered(nodes, given["steps"]) if "steps" in given else {},
    )


def read_machine(nodes: Nodes, node: yaml.Node, channels: Sequence[ProfileChannel]) -> Machine:
    given = nodes.mapping(node, (), _MACHINE)

    def named(name: str, kind: str) -> str | None:
        return _channel(nodes, given[name], channels, kind) if name in given else None

    vibration = nodes.items(given.get("vibration"), lambda one: _channel(nodes, one, channels, "gauge"))
    if ("class" in given or "boundaries" in given) != bool(vibration):
        nodes.fail(node, "vibration and its class (or boundaries) belong together")
    if ("temperature" in given) != ("insulation" in given):
        nodes.fail(node, "temperature and insulation belong together")
    if any(name in given for name in ("pieces", "good", "ideal_cycle_s")) and not {"state", "pieces"} <= given.keys():
        nodes.fail(node, "pieces are counted beside a state that tells when the machine runs")
    ideal = nodes.number(given.get("ideal_cycle_s"))
    if ideal is not None and ideal <= 0:
        nodes.fail(given["ideal_cycle_s"], "more than 0 s are expected")
    return Machine(
        state=named("state", "state"),
        running=nodes.items(given["running"], nodes.integer) if "running" in given else (1,),
        faults=nodes.items(given.get("faults"), nodes.integer),
        vibration=vibration,
        boundaries=_boundaries(nodes, given) if vibration else None,
        temperature=named("temperature", "gauge"),
        insulation=cast(InsulationClass, nodes.choice(given["insulation"], get_args(InsulationClass), ""))
        if "insulation" in given
        else None,
        pieces=named("pieces", "counter"),
        good=named("good", "counter"),
        ideal_cycle_s=ideal,
    )


def read_supply(nodes: Nodes, node: yaml.Node, channels: Sequence[ProfileChannel]) -> Supply:
    given = nodes.mapping(node, ("voltage",), ("nominal", "level", "current", "rated_a", "power", "power_factor"))

    def gauges(name: str) -> tuple[str, ...]:
        found = nodes.items(given.get(name), lambda one: _channel(nodes, one, channels, "gauge"))
        if len(found) > MAX_PHASES:
            nodes.fail(given[name], f"{len(found)} phases; at most {MAX_PHASES} are expected")
        return found

    def gauge(name: str) -> str | None:
        return _channel(nodes, given[name], channels, "gauge") if name in given else None

    for name in ("nominal", "rated_a"):
        if (nodes.number(given.get(name)) or 1.0) <= 0:
            nodes.fail(given[name], "more than 0 is expected")
    voltage, current = gauges("voltage"), gauges("current")
    if not voltage:
        nodes.fail(given["voltage"], "the channel of at least one phase is expected")
    if "rated_a" in given and not current:
        nodes.fail(given["rated_a"], "rated_a belongs to current")
    return Supply(
        voltage,
        nodes.number(given.get("nominal")),
        cast(Level, nodes.choice(given.get("level"), get_args(Level), "low")),
        current,
        nodes.number(given.get("rated_a")),
        gauge("power"),
        gauge("power_factor"),
    )


def read_water(nodes: Nodes, node: yaml.Node, channels: Sequence[ProfileChannel]) -> Water:
    given = nodes.mapping(node, ("register",), ("flows_always", "flow", "tamper", "size"))
    tamper = nodes.items(given.get("tamper"), lambda one: _channel(nodes, one, channels, "state"))
    if len(tamper) > MAX_TAMPER:
        nodes.fail(given["tamper"], f"{len(tamper)} channels; at most {MAX_TAMPER} are expected")
    flow = _channel(nodes, given["flow"], channels, "gauge") if "flow" in given else None
    unit = next((one.unit for one in channels if one.key == flow), "")
    return Water(
        _channel(nodes, given["register"], channels, "counter"),
        nodes.boolean(given.get("flows_always")),
        flow,
        unit,
        tamper,
        _size(nodes, given["size"]) if "size" in given else None,
    )


def _size(nodes: Nodes, node: yaml.Node) -> WaterMeterSize:
    given = nodes.mapping(node, ("q3_m3_h", "r"), ())
    q3, r = nodes.number(given["q3_m3_h"]), nodes.number(given["r"])
    if not (q3 is not None and r is not None and 0 < q3 <= MAX_Q3_M3_H and 1 <= r <= MAX_R):
        nodes.fail(node, f"Q3 above 0 and up to {MAX_Q3_M3_H} m³/h, and R from 1 to {MAX_R} are expected")
    return WaterMeterSize(Decimal(str(q3)), Decimal(str(r)))


def _boundaries(nodes: Nodes, given: Any) -> Boundaries:  # noqa: ANN401 - what `mapping` gave
    """Of the class, or as the standard that the customer owns has them."""
    if "boundaries" not in given:
        return BY_CLASS[cast(MachineClass, nodes.choice(given["class"], get_args(MachineClass), ""))]
    limits = nodes.items(given["boundaries"], nodes.number)
    if len(limits) != 3 or not 0 < limits[0] < limits[1] < limits[2]:
        nodes.fail(given["boundaries"], "three growing velocities in mm/s are expected: [A/B, B/C, C/D]")
    return Boundaries(*limits)


def _recipe(nodes: Nodes, node: yaml.Node, water_ms_cm: float, bore_mm: float | None) -> Recipe:
    given = nodes.mapping(node, ("name", "steps"), ())
    steps = nodes.items(given["steps"], lambda one: _step(nodes, one))
    if not 1 <= len(steps) <= MAX_STEPS:
        nodes.fail(given["steps"], f"{len(steps)} steps; 1 to {MAX_STEPS} are expected")
    return Recipe(nodes.slug(given["name"]), steps, water_ms_cm, bore_mm)


def _step(nodes: Nodes, node: yaml.Node) -> StepLimits:
    given = nodes.mapping(node, ("kind",), (*_STEP_NUMBERS, "critical"))
    numbers = {name: nodes.number(given[name]) for name in _STEP_NUMBERS if name in given}
    kind = cast(StepKind, nodes.choice(given["kind"], _KINDS, ""))
    critical = nodes.boolean(given["critical"]) if "critical" in given else True
    return StepLimits(kind, critical=critical, **cast(dict[str, float], numbers))


def _numbered(nodes: Nodes, node: yaml.Node) -> dict[int, StepKind]:
    given = nodes.mapping(node, (), _KINDS)
    numbers = {nodes.integer(value): cast(StepKind, kind) for kind, value in given.items()}
    if len(numbers) < len(given):
        nodes.fail(node, "each step needs a number of its own")
    return numbers


def _channel(nodes: Nodes, node: yaml.Node, channels: Sequence[ProfileChannel], kind: str) -> str:
    key, known = nodes.string(node), [one.key for one in channels if one.kind == kind]
    if key not in known:
        nodes.fail(node, f"there is no channel {key!r} of kind {kind}; there are: {', '.join(known) or 'none'}")
    return key
