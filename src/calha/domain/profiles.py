"""Profiles: what a kind of device measures and which commands it knows. Texts are given in Portuguese and English.

They are written as YAML, which `profile_reader` reads; files are opened by `store.registry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from calha.domain.analyses import Cleaning, Machine, Supply, Water
from calha.domain.directory import Kind
from calha.domain.registers import Plate
from calha.domain.validation import RuleSet

Text = dict[str, str]  # by language: pt, en
Retention = Literal["standard", "raw"]
Source = Literal["packaged", "user"]
ParameterKind = Literal["number", "integer", "boolean", "text", "choice"]


@dataclass(frozen=True, slots=True)
class State:
    """One code of a state channel: its texts, and the words by which devices call it."""

    code: int
    text: Text
    aliases: tuple[str, ...] = ()

    def words(self) -> set[str]:
        """All texts that mean this state, in lower case."""
        return {word.lower() for word in (*self.text.values(), *self.aliases)}


@dataclass(frozen=True, slots=True)
class ProfileChannel:
    """unit: symbol as printed. minimum, maximum: plausible range in that unit. aliases: other keys that devices use.

    register: what is printed on the register of such a counter. validation: the rules for its consumption.
    """

    key: str
    name: Text
    kind: Kind = "gauge"
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    precision: int | None = None
    states: tuple[State, ...] = ()
    aliases: tuple[str, ...] = ()
    retention: Retention = "standard"
    register: Plate | None = None
    validation: tuple[RuleSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Gauges that are watched together. judged: what tells of the device; drivers: what its surroundings or people do to it."""

    judged: tuple[str, ...]
    drivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class District:
    """A water district that a device measures: the flow into it, and the gauges (pressures, branch flows) within it."""

    inflow: str
    sensors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """optional: the device has a value of its own for one that is left out."""

    key: str
    name: Text
    kind: ParameterKind = "number"
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Verify:
    """How a channel shows that a command was executed: it equals a value, or the value of a parameter."""

    channel: str
    equals: float | None = None
    parameter: str | None = None
    tolerance: float = 0.0
    within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Command:
    """critical: a person is asked once more; two_people: another one has to approve it (`critical: two_people`).

    expires_s: how long the device may take to get it, and again to answer it.
    """

    key: str
    name: Text
    parameters: tuple[Parameter, ...] = ()
    critical: bool = False
    two_people: bool = False
    expires_s: float = 300.0
    verify: Verify | None = None


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """An alarm rule that suits such a device, to begin with. definition: as `alarm_rule_reader` reads it."""

    key: str
    name: Text
    definition: Mapping[str, Any]
    cause: Text = field(default_factory=dict)
    consequence: Text = field(default_factory=dict)
    action: Text = field(default_factory=dict)
    respond_s: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """interval_s: how often such a device usually reports. max_channels: with the discovered ones."""

    name: str
    title: Text
    description: Text
    icon: str = "device"
    interval_s: float | None = None
    allow_discovered: bool = False
    max_channels: int = 50
    channels: tuple[ProfileChannel, ...] = ()
    commands: tuple[Command, ...] = ()
    rules: tuple[ReadyRule, ...] = ()
    together: Together | None = None
    district: District | None = None
    cleaning: Cleaning | None = None
    machine: Machine | None = None
    supply: Supply | None = None
    water: Water | None = None
    source: Source = field(default="packaged", compare=False)

    def channel(self, key: str) -> ProfileChannel | None:
        return next((channel for channel in self.channels if channel.key == key), None)

    def command(self, key: str) -> Command | None:
        return next((command for command in self.commands if command.key == key), None)
