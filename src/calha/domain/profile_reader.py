"""Reads a profile from YAML. What is wrong is refused with file, line, column, and what would be allowed.

Rule 1: nodes are read rather than values, because only nodes know their line.
Rule 2: nothing but InvalidProfile leaves this module, whatever the text.
Rule 3: every list, text and depth has a limit, so that a small text cannot become much work.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn, TypeVar, cast, get_args

import yaml

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import channels_of
from calha.domain.analyses_reader import read_cleaning, read_machine, read_supply, read_water
from calha.domain.directory import Kind
from calha.domain.errors import InvalidProfile, InvalidRule, Malformed
from calha.domain.profiles import (
    Command,
    District,
    Parameter,
    ParameterKind,
    Profile,
    ProfileChannel,
    ReadyRule,
    Retention,
    Source,
    State,
    Text,
    Together,
    Verify,
)
from calha.domain.registers import Plate
from calha.domain.validation_reader import read_rule_set

MAX_CHARS = 200_000  # of a profile
MAX_CHANNELS = 500  # and the most items of any other list
MAX_KEY_CHARS = 64
MAX_UNIT_CHARS = 20
MAX_TEXT_CHARS = 2_000
MAX_DEPTH = 20
MAX_CODE = 2**53  # a state's code is stored as a float64
FEWEST_TOGETHER, MAX_TOGETHER = 2, 60
MAX_WAIT_S = 30 * 86_400.0  # for a device to get a command, or to show that it was executed

Item = TypeVar("Item")

# libyaml is ten times as quick; a PyYAML without it reads the same.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLUG = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_NAME = _SLUG | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def read_profile(text: str, origin: str, source: Source = "user") -> Profile:
    """The profile in a YAML text; `origin` names it in errors. Raises InvalidProfile."""
    if len(text) > MAX_CHARS:
        raise InvalidProfile(f"{origin}: {len(text)} characters; at most {MAX_CHARS} are read")
    try:
        _require_shallow(text, origin)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise InvalidProfile(f"{_place(origin, mark) if mark else origin}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise InvalidProfile(f"{origin}: not YAML: {error}") from None
    if node is None:
        raise InvalidProfile(f"{origin}:1:1: the profile is empty")
    return _Reader(origin).profile(node, source)


def _require_shallow(text: str, origin: str) -> None:
    """`compose` calls itself for each level, and libyaml's ends the process when the stack is used up."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InvalidProfile(f"{_place(origin, event.start_mark)}: nested deeper than {MAX_DEPTH} levels")


def _place(origin: str, mark: Any) -> str:  # noqa: ANN401 - a Mark of either loader
    return f"{origin}:{mark.line + 1}:{mark.column + 1}"


class _Reader:
    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._scalars = yaml.SafeLoader("")

    # -- what a profile is made of

    def profile(self, node: yaml.Node, source: Source) -> Profile:
        fields = self.mapping(
            node,
            required=("name", "title", "description"),
            optional=(
                "icon",
                "interval_s",
                "allow_discovered",
                "max_channels",
                "channels",
                "commands",
                "rules",
                "together",
                "district",
                "cleaning",
                "machine",
                "supply",
                "water",
            ),
        )
        channels = self.items(fields.get("channels"), self.channel)
        keys = ((key, f"channel {one.key!r}: the key or alias") for one in channels for key in (one.key, *one.aliases))
        self.require_unique(keys, fields.get("channels"))
        commands = self.items(fields.get("commands"), lambda command: self.command(command, channels))
        self.require_unique(((one.key, "the command") for one in commands), fields.get("commands"))
        return Profile(
            name=self.slug(fields["name"]),
            title=self.text(fields["title"]),
            description=self.text(fields["description"]),
            icon=self.string(fields.get("icon"), default="device", most=MAX_KEY_CHARS),
            interval_s=self.interval(fields.get("interval_s")),
            allow_discovered=self.boolean(fields.get("allow_discovered")),
            max_channels=self.limit(fields.get("max_channels"), len(channels)),
            channels=channels,
            commands=commands,
            rules=self.rules(fields.get("rules"), channels, source),
            together=self.together(fields["together"], channels) if "together" in fields else None,
            district=self.district(fields["district"], channels) if "district" in fields else None,
            cleaning=read_cleaning(self, fields["cleaning"], channels) if "cleaning" in fields else None,
            machine=read_machine(self, fields["machine"], channels) if "machine" in fields else None,
            supply=read_supply(self, fields["supply"], channels) if "supply" in fields else None,
            water=read_water(self, fields["water"], channels) if "water" in fields else None,
            source=source,
        )

    def channel(self, node: yaml.Node) -> ProfileChannel:
        fields = self.mapping(
            node,
            required=("key", "name"),
            optional=(
                *("kind", "unit", "minimum", "maximum", "precision", "states", "aliases", "retention"),
                *("register", "validation"),
            ),
        )
        kind = cast(Kind, self.choice(fields.get("kind"), get_args(Kind), "gauge"))
        minimum, maximum = self.range(fields)
        return ProfileChannel(
            key=self.slug(fields["key"]),
            name=self.text(fields["name"]),
            kind=kind,
            unit=self.string(fields.get("unit"), most=MAX_UNIT_CHARS),
            minimum=minimum,
            maximum=maximum,
            precision=self.precision(fields.get("precision")),
            states=self.states(fields.get("states"), kind),
            aliases=self.items(fields.get("aliases"), self.alias),
            retention=cast(Retention, self.choice(fields.get("retention"), get_args(Retention), "standard")),
            register=self.plate(fields["register"], kind) if "register" in fields else None,
            validation=self.items(fields.get("validation"), lambda one: read_rule_set(self, one)),
        )

    def rules(
        self, node: yaml.Node | None, channels: tuple[ProfileChannel, ...], source: Source
    ) -> tuple[ReadyRule, ...]:
        found = self.items(node, self.rule)
        self.require_unique(((one.key, "the rule") for one in found), node)
        if source == "user":  # a test has looked at our own; to read a formula costs a start a tenth of a second
            for one, place in zip(found, node.value if node is not None else (), strict=True):
                self.require_rule(place, one.definition, channels)
        return found

    def rule(self, node: yaml.Node) -> ReadyRule:
        texts = ("cause", "consequence", "action")
        fields = self.mapping(node, required=("key", "name", "definition"), optional=(*texts, "respond_s"))
        return ReadyRule(
            key=self.slug(fields["key"]),
            name=self.text(fields["name"]),
            definition=self.plain(fields["definition"], iter(range(MAX_CHANNELS))),
            **{name: self.text(fields[name]) for name in texts if name in fields},
            respond_s=self.integer(fields["respond_s"]) if "respond_s" in fields else None,
        )

    def require_rule(self, node: yaml.Node, definition: object, channels: tuple[ProfileChannel, ...]) -> None:
        try:
            wanted = channels_of(read_rule(definition).signal)
        except InvalidRule as error:
            self.fail(node, str(error))
        for key in wanted:
            if key not in {one.key for one in channels}:
                self.fail(node, f"there is no channel {key!r}; there are: {self.listed(channels)}")

    def plain(self, node: yaml.Node, room: Iterator[int], depth: int = 0) -> Any:  # noqa: ANN401 - what JSON can hold
        """What a node holds. room: for so many nodes, as an alias can make a few be many, or hold itself."""
        if depth > MAX_DEPTH or next(room, None) is None:
            self.fail(node, f"this is too much; at most {MAX_CHANNELS} values in {MAX_DEPTH} levels are read")
        if isinstance(node, yaml.MappingNode):
            pairs = ((self.string(key, most=MAX_KEY_CHARS), value) for key, value in node.value)
            return {key: self.plain(value, room, depth + 1) for key, value in pairs}
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(one, room, depth + 1) for one in node.value]
        return self.string(node) if len(node.value) > MAX_KEY_CHARS else self.scalar(node)

    def plate(self, node: yaml.Node, kind: Kind) -> Plate:
        if kind != "counter":
            self.fail(node, "only a channel of kind counter has a register")
        numbers = ("multiplier", "rolls_at", "max_flow", "resolution")
        fields = self.mapping(node, required=(), optional=("unit", "digits", "memory_s", *numbers))
        exact = {
            name: Decimal(str(self.scalar(fields[name])))
            for name in numbers
            if self.number(fields.get(name)) is not None
        }
        plate = Plate(
            unit=self.string(fields["unit"], most=MAX_UNIT_CHARS) if "unit" in fields else None,
            digits=self.integer(fields["digits"]) if "digits" in fields else None,
            memory_s=self.number(fields.get("memory_s")),
            **exact,
        )
        try:
            plate.register("")
        except Malformed as error:
            self.fail(node, str(error))
        return plate

    def states(self, node: yaml.Node | None, kind: Kind) -> tuple[State, ...]:
        states = self.items(node, self.state)
        if states and kind != "state":
            assert node is not None
            self.fail(node, "only a channel of kind state has states")
        self.require_unique(((str(state.code), "the code") for state in states), node)
        words = ((word, "the word") for state in states for word in state.words())
        self.require_unique(words, node)
        return states

    def state(self, node: yaml.Node) -> State:
        fields = self.mapping(node, required=("code", "text"), optional=("aliases",))
        code = self.integer(fields["code"])
        if abs(code) > MAX_CODE:
            self.fail(fields["code"], f"code {code} is out of range; allowed: up to {MAX_CODE}")
        return State(code, self.text(fields["text"]), self.items(fields.get("aliases"), self.alias))

    def command(self, node: yaml.Node, channels: tuple[ProfileChannel, ...]) -> Command:
        fields = self.mapping(
            node, required=("key", "name"), optional=("parameters", "critical", "expires_s", "verify")
        )
        parameters = self.items(fields.get("parameters"), self.parameter)
        self.require_unique(((one.key, "the parameter") for one in parameters), fields.get("parameters"))
        critical, two_people = self.critical(fields.get("critical"))
        return Command(
            key=self.identifier(fields["key"]),
            name=self.text(fields["name"]),
            parameters=parameters,
            critical=critical,
            two_people=two_people,
            expires_s=self.wait(fields.get("expires_s"), 300.0),
            verify=self.verify(fields["verify"], channels, parameters) if "verify" in fields else None,
        )

    def together(self, node: yaml.Node, channels: tuple[ProfileChannel, ...]) -> Together:
        fields = self.mapping(node, required=("judged",), optional=("drivers",))
        judged = self.items(fields["judged"], lambda one: self.gauge(one, channels))
        drivers = self.items(fields.get("drivers"), lambda one: self.gauge(one, channels))
        if not judged or len(judged) + len(drivers) < FEWEST_TOGETHER:
            self.fail(node, "at least two channels are watched together, one of them judged")
        self.require_few((*judged, *drivers), node)
        return Together(judged, drivers)

    def district(self, node: yaml.Node, channels: tuple[ProfileChannel, ...]) -> District:
        fields = self.mapping(node, required=("inflow", "sensors"), optional=())
        inflow = self.gauge(fields["inflow"], channels)
        sensors = self.items(fields["sensors"], lambda one: self.gauge(one, channels))
        if not sensors:
            self.fail(fields["sensors"], "at least one sensor in the district is needed")
        self.require_few((inflow, *sensors), node)
        return District(inflow, sensors)

    def gauge(self, node: yaml.Node, channels: tuple[ProfileChannel, ...]) -> str:
        gauges = [one for one in channels if one.kind == "gauge"]
        key = self.string(node)
        if key not in {one.key for one in gauges}:
            self.fail(node, f"there is no gauge {key!r}; there are: {self.listed(gauges)}")
        return key

    def require_few(self, keys: tuple[str, ...], node: yaml.Node) -> None:
        """Channels that are watched together, each once."""
        if len(keys) > MAX_TOGETHER:
            self.fail(node, f"{len(keys)} channels; at most {MAX_TOGETHER} are watched together")
        self.require_unique(((key, "the channel") for key in keys), node)

    def parameter(self, node: yaml.Node) -> Parameter:
        fields = self.mapping(
            node, required=("key", "name"), optional=("kind", "unit", "minimum", "maximum", "choices", "optional")
        )
        kind = cast(ParameterKind, self.choice(fields.get("kind"), get_args(ParameterKind), "number"))
        minimum, maximum = self.range(fields)
        if "minimum" in fields or "maximum" in fields:
            self.require_kind(fields.get("minimum", fields.get("maximum")), kind, ("number", "integer"))
        if "choices" in fields or kind == "choice":
            self.require_kind(fields.get("choices", node), kind, ("choice",))
        choices = self.items(fields.get("choices"), self.alias)
        if kind == "choice" and not choices:
            self.fail(fields.get("choices", node), "a parameter of kind choice has choices")
        return Parameter(
            key=self.identifier(fields["key"]),
            name=self.text(fields["name"]),
            kind=kind,
            unit=self.string(fields.get("unit"), most=MAX_UNIT_CHARS),
            minimum=minimum,
            maximum=maximum,
            choices=choices,
            optional=self.boolean(fields.get("optional")),
        )

    def critical(self, node: yaml.Node | None) -> tuple[bool, bool]:
        """Whether it is critical, and whether two people are needed."""
        if isinstance(node, yaml.ScalarNode) and node.value == "two_people":
            return True, True
        if node is not None and type(self.scalar(node)) is not bool:
            self.fail(node, f"{self.string(node)!r} is not allowed; allowed: true, false, two_people")
        return self.boolean(node), False

    def verify(
        self, node: yaml.Node, channels: tuple[ProfileChannel, ...], parameters: tuple[Parameter, ...]
    ) -> Verify:
        fields = self.mapping(node, required=("channel",), optional=("equals", "parameter", "tolerance", "within_s"))
        key = self.string(fields["channel"])
        channel = next((one for one in channels if one.key == key), None)
        if channel is None:
            self.fail(fields["channel"], f"there is no channel {key!r}; there are: {self.listed(channels)}")
        if ("equals" in fields) == ("parameter" in fields):
            self.fail(node, "either equals or parameter is expected")
        tolerance = self.number(fields.get("tolerance")) or 0.0
        if tolerance < 0:
            self.fail(fields["tolerance"], f"tolerance is {tolerance:g}; allowed: 0 or more")
        return Verify(
            channel=key,
            equals=self.expected(fields["equals"], channel) if "equals" in fields else None,
            parameter=self.measurable(fields["parameter"], parameters) if "parameter" in fields else None,
            tolerance=tolerance,
            within_s=self.wait(fields.get("within_s"), 60.0),
        )

    def expected(self, node: yaml.Node, channel: ProfileChannel) -> float:
        """A number, or one of the words for a channel's states."""
        word = self.string(node, most=MAX_KEY_CHARS).lower()
        for state in channel.states:
            if word in state.words():
                return float(state.code)
        return self.number(node) or 0.0

    def measurable(self, node: yaml.Node, parameters: tuple[Parameter, ...]) -> str:
        """The key of a parameter whose value a channel can show."""
        key = self.string(node)
        found = [one for one in parameters if one.kind in ("number", "integer", "boolean")]
        if key not in {one.key for one in found}:
            self.fail(node, f"there is no parameter {key!r} with a number; there are: {self.listed(found)}")
        return key

    # -- what those are made of

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
        if len(node.value) > MAX_CHANNELS:
            self.fail(node, f"{len(node.value)} items; at most {MAX_CHANNELS} are allowed")
        return tuple(read(item) for item in node.value)

    def text(self, node: yaml.Node) -> Text:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, "texts in two languages are expected: {pt: …, en: …}")
        fields = self.mapping(node, required=("pt", "en"), optional=())
        return {language: self.string(value) for language, value in fields.items()}

    def string(self, node: yaml.Node | None, default: str = "", most: int = MAX_TEXT_CHARS) -> str:
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "a text is expected")
        text = str(node.value)
        if len(text) > most:
            self.fail(node, f"{len(text)} characters; at most {most} are allowed")
        if "\0" in text:
            self.fail(node, "the character NUL is not allowed")
        return text

    def slug(self, node: yaml.Node) -> str:
        text = self.string(node)
        if not text or not _SLUG.issuperset(text) or len(text) > MAX_KEY_CHARS:
            self.fail(node, f"{text!r}: up to {MAX_KEY_CHARS} lower-case letters, digits and _ are allowed")
        return text

    def identifier(self, node: yaml.Node) -> str:
        """A word of the device's own protocol, which may have capitals."""
        text = self.string(node)
        if not text or not _NAME.issuperset(text) or len(text) > MAX_KEY_CHARS:
            self.fail(node, f"{text!r}: up to {MAX_KEY_CHARS} letters, digits and _ are allowed")
        return text

    def alias(self, node: yaml.Node) -> str:
        text = self.string(node, most=MAX_KEY_CHARS)
        if not text.strip():
            self.fail(node, "an empty text stands for nothing")
        return text

    def choice(self, node: yaml.Node | None, allowed: tuple[str, ...], default: str) -> str:
        chosen = self.string(node, default)
        if node is not None and chosen not in allowed:
            self.fail(node, f"{chosen!r} is not allowed; allowed: {', '.join(allowed)}")
        return chosen

    def range(self, fields: Mapping[str, yaml.Node]) -> tuple[float | None, float | None]:
        minimum, maximum = self.number(fields.get("minimum")), self.number(fields.get("maximum"))
        if minimum is not None and maximum is not None and minimum >= maximum:
            self.fail(fields["maximum"], f"maximum {maximum:g} is not above minimum {minimum:g}")
        return minimum, maximum

    def precision(self, node: yaml.Node | None) -> int | None:
        if node is None:
            return None
        decimals = self.integer(node)
        if not 0 <= decimals <= 9:
            self.fail(node, f"precision is {decimals}; allowed: 0 to 9 decimals")
        return decimals

    def interval(self, node: yaml.Node | None) -> float | None:
        seconds = self.number(node)
        if node is not None and seconds is not None and seconds <= 0:
            self.fail(node, f"interval_s is {seconds:g}; allowed: more than 0 s")
        return seconds

    def wait(self, node: yaml.Node | None, default: float) -> float:
        seconds = self.number(node)
        if seconds is None:
            return default
        if node is not None and not 0 < seconds <= MAX_WAIT_S:
            self.fail(node, f"{seconds:g} s is no time to wait; allowed: more than 0 to {MAX_WAIT_S:.0f} s")
        return seconds

    def limit(self, node: yaml.Node | None, channels: int) -> int:
        if node is None:
            return max(50, channels)
        limit = self.integer(node)
        if not channels <= limit <= MAX_CHANNELS:
            self.fail(node, f"max_channels is {limit}; allowed: {channels} to {MAX_CHANNELS}")
        return limit

    def number(self, node: yaml.Node | None) -> float | None:
        if node is None:
            return None
        value = self.scalar(node)
        if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e300:
            self.fail(node, f"{self.string(node)!r} is not a number")
        return float(value)

    def integer(self, node: yaml.Node) -> int:
        value = self.scalar(node)
        if type(value) is not int:
            self.fail(node, f"{self.string(node)!r} is not a whole number")
        return value

    def boolean(self, node: yaml.Node | None) -> bool:
        if node is None:
            return False
        value = self.scalar(node)
        if type(value) is not bool:
            self.fail(node, f"{self.string(node)!r} is neither true nor false")
        return value

    def scalar(self, node: yaml.Node) -> Any:  # noqa: ANN401 - what YAML's plain scalars stand for
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "a single value is expected")
        text = self.string(node, most=MAX_KEY_CHARS)
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.fail(node, f"{text!r} is not a value of its kind")

    # -- rules that several share

    def listed(self, some: Iterable[ProfileChannel | Parameter]) -> str:
        return ", ".join(one.key for one in some) or "none"

    def require_unique(self, named: Iterable[tuple[str, str]], node: yaml.Node | None) -> None:
        """`named`: a name, and what it is. Fails at the list in which one stands twice."""
        seen: set[str] = set()
        for name, what in named:
            if name in seen:
                assert node is not None
                self.fail(node, f"{what} {name!r} stands here twice")
            seen.add(name)

    def require_kind(self, node: yaml.Node | None, kind: str, allowed: tuple[str, ...]) -> None:
        if kind not in allowed:
            assert node is not None
            self.fail(node, f"this is for parameters of kind {' or '.join(allowed)}, and the kind is {kind}")

    def fail(self, node: yaml.Node, reason: str) -> NoReturn:
        raise InvalidProfile(f"{_place(self._origin, node.start_mark)}: {reason}")
