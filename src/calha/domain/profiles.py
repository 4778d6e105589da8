"""Profiles: what a kind of device measures and which commands it knows, written as YAML.

A profile is refused with file, line, column, and what would be allowed. Texts are given in Portuguese and English.
This module reads text only; files are opened by `store.registry`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeVar, cast, get_args

import yaml

from calha.domain.directory import Kind
from calha.domain.errors import InvalidProfile

Text = dict[str, str]  # by language: pt, en
Retention = Literal["standard", "raw"]
Source = Literal["packaged", "user"]
ParameterKind = Literal["number", "integer", "boolean", "text", "choice"]

MAX_CHANNELS = 500
Item = TypeVar("Item")

_SLUG = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


@dataclass(frozen=True, slots=True)
class State:
    """One code of a state channel: its texts, and the words by which devices call it."""

    code: int
    text: Text
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileChannel:
    """unit: symbol as printed. minimum, maximum: plausible range in that unit. aliases: other keys that devices use."""

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


@dataclass(frozen=True, slots=True)
class Parameter:
    key: str
    name: Text
    kind: ParameterKind = "number"
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    key: str
    name: Text
    parameters: tuple[Parameter, ...] = ()
    critical: bool = False


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
    source: Source = field(default="packaged", compare=False)

    def channel(self, key: str) -> ProfileChannel | None:
        return next((channel for channel in self.channels if channel.key == key), None)


def parse_profile(text: str, origin: str, source: Source = "user") -> Profile:
    """The profile in a YAML text; `origin` names it in errors. Raises InvalidProfile."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{origin}:{mark.line + 1}:{mark.column + 1}" if mark else origin
        raise InvalidProfile(f"{where}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise InvalidProfile(f"{origin}: not YAML: {error}") from None
    if node is None:
        raise InvalidProfile(f"{origin}:1:1: the profile is empty")
    return _Reader(origin).profile(node, source)


class _Reader:
    """Reads nodes rather than values, because only nodes know their line."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def profile(self, node: yaml.Node, source: Source) -> Profile:
        fields = self.mapping(
            node,
            required=("name", "title", "description"),
            optional=("icon", "interval_s", "allow_discovered", "max_channels", "channels", "commands"),
        )
        channels = self.items(fields.get("channels"), self.channel)
        self.require_unique([(key, one) for one in channels for key in (one.key, *one.aliases)], fields.get("channels"))
        commands = self.items(fields.get("commands"), self.command)
        limit = self.integer(fields.get("max_channels"), default=max(50, len(channels)))
        if not len(channels) <= limit <= MAX_CHANNELS:
            self.fail(fields["max_channels"], f"max_channels is {limit}; allowed: {len(channels)} to {MAX_CHANNELS}")
        return Profile(
            name=self.slug(fields["name"]),
            title=self.text(fields["title"]),
            description=self.text(fields["description"]),
            icon=self.string(fields.get("icon"), default="device"),
            interval_s=self.number(fields.get("interval_s")),
            allow_discovered=self.boolean(fields.get("allow_discovered")),
            max_channels=limit,
            channels=channels,
            commands=commands,
            source=source,
        )

    def channel(self, node: yaml.Node) -> ProfileChannel:
        fields = self.mapping(
            node,
            required=("key", "name"),
            optional=("kind", "unit", "minimum", "maximum", "precision", "states", "aliases", "retention"),
        )
        kind = cast(Kind, self.choice(fields.get("kind"), get_args(Kind), "gauge"))
        states = self.items(fields.get("states"), self.state)
        if states and kind != "state":
            self.fail(fields["states"], "only a channel of kind state has states")
        minimum, maximum = self.number(fields.get("minimum")), self.number(fields.get("maximum"))
        if minimum is not None and maximum is not None and minimum >= maximum:
            self.fail(fields["maximum"], f"maximum {maximum} is not above minimum {minimum}")
        precision = self.integer(fields["precision"]) if "precision" in fields else None
        if precision is not None and not 0 <= precision <= 9:
            self.fail(fields["precision"], f"precision is {precision}; allowed: 0 to 9 decimals")
        return ProfileChannel(
            key=self.slug(fields["key"]),
            name=self.text(fields["name"]),
            kind=kind,
            unit=self.string(fields.get("unit")),
            minimum=minimum,
            maximum=maximum,
            precision=precision,
            states=states,
            aliases=self.items(fields.get("aliases"), self.string),
            retention=cast(Retention, self.choice(fields.get("retention"), get_args(Retention), "standard")),
        )

    def state(self, node: yaml.Node) -> State:
        fields = self.mapping(node, required=("code", "text"), optional=("aliases",))
        aliases = self.items(fields.get("aliases"), self.string)
        return State(self.integer(fields["code"]), self.text(fields["text"]), aliases)

    def command(self, node: yaml.Node) -> Command:
        fields = self.mapping(node, required=("key", "name"), optional=("parameters", "critical"))
        parameters = self.items(fields.get("parameters"), self.parameter)
        return Command(
            self.string(fields["key"]), self.text(fields["name"]), parameters, self.boolean(fields.get("critical"))
        )

    def parameter(self, node: yaml.Node) -> Parameter:
        fields = self.mapping(
            node, required=("key", "name"), optional=("kind", "unit", "minimum", "maximum", "choices")
        )
        kind = cast(ParameterKind, self.choice(fields.get("kind"), get_args(ParameterKind), "number"))
        return Parameter(
            self.string(fields["key"]),
            self.text(fields["name"]),
            kind,
            self.string(fields.get("unit")),
            self.number(fields.get("minimum")),
            self.number(fields.get("maximum")),
            self.items(fields.get("choices"), self.string),
        )

    def mapping(self, node: yaml.Node, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"a mapping with {', '.join(required)} is expected")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.string(key)
            if name not in required + optional:
                self.fail(key, f"{name!r} is unknown; allowed: {', '.join(required + optional)}")
            if name in fields:
                self.fail(key, f"{name!r} stands here twice")
            fields[name] = value
        missing = [name for name in required if name not in fields]
        if missing:
            self.fail(node, f"{', '.join(missing)} is missing")
        return fields

    def items(self, node: yaml.Node | None, read: Callable[[yaml.Node], Item]) -> tuple[Item, ...]:
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, "a list is expected")
        return tuple(read(item) for item in node.value)

    def text(self, node: yaml.Node) -> Text:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, "texts in two languages are expected: {pt: …, en: …}")
        fields = self.mapping(node, required=("pt", "en"), optional=())
        return {language: self.string(value) for language, value in fields.items()}

    def string(self, node: yaml.Node | None, default: str = "") -> str:
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "a text is expected")
        return str(node.value)

    def slug(self, node: yaml.Node) -> str:
        text = self.string(node)
        if not text or not _SLUG.issuperset(text) or len(text) > 64:
            self.fail(node, f"{text!r}: up to 64 lower-case letters, digits and _ are allowed")
        return text

    def choice(self, node: yaml.Node | None, allowed: tuple[str, ...], default: str) -> str:
        chosen = self.string(node, default)
        if node is not None and chosen not in allowed:
            self.fail(node, f"{chosen!r} is not allowed; allowed: {', '.join(allowed)}")
        return chosen

    def number(self, node: yaml.Node | None) -> float | None:
        if node is None:
            return None
        value = self._scalar(node)
        if type(value) not in (int, float):
            self.fail(node, f"{self.string(node)!r} is not a number")
        return float(value)

    def integer(self, node: yaml.Node | None, default: int = 0) -> int:
        if node is None:
            return default
        value = self._scalar(node)
        if type(value) is not int:
            self.fail(node, f"{self.string(node)!r} is not a whole number")
        return value

    def boolean(self, node: yaml.Node | None) -> bool:
        if node is None:
            return False
        value = self._scalar(node)
        if type(value) is not bool:
            self.fail(node, f"{self.string(node)!r} is neither true nor false")
        return value

    def require_unique(self, keys: "list[tuple[str, ProfileChannel]]", node: yaml.Node | None) -> None:
        seen: set[str] = set()
        for key, channel in keys:
            if key in seen:
                assert node is not None
                self.fail(node, f"channel {channel.key!r}: the key or alias {key!r} stands for two channels")
            seen.add(key)

    def fail(self, node: yaml.Node, reason: str) -> NoReturn:
        mark = node.start_mark
        raise InvalidProfile(f"{self._origin}:{mark.line + 1}:{mark.column + 1}: {reason}")

    def _scalar(self, node: yaml.Node) -> Any:  # noqa: ANN401 - what YAML's plain scalars stand for
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "a single value is expected")
        return yaml.SafeLoader("").construct_object(node)
