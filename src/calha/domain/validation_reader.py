"""Reads the rule sets of a channel from a profile: a list, each with the day from which it holds and its limits."""

from dataclasses import fields
from datetime import date
from typing import Any, Protocol, cast, get_args

import yaml

from calha.domain.calendars import Step
from calha.domain.validation import Compared, RuleSet

MAX_DAYS = 90  # of comparison, and without consumption
MAX_INTERVALS_FROZEN = 1_000

_NUMBERS = (
    "gap_minutes", "max_per_hour", "spike_percent", "spike_floor", "low_percent", "high_percent", "day_floor", "sum_percent",
    "sum_floor", "clock_ahead_s", "change_percent", "change_floor", "leak_per_hour",
)  # fmt: skip
_COUNTS = {"compare_days": MAX_DAYS, "zero_days": MAX_DAYS, "frozen_intervals": MAX_INTERVALS_FROZEN}
_STEPS = tuple(one for one in get_args(Step) if one in ("15m", "1h"))


class Nodes(Protocol):
    """What a profile's reader knows of YAML nodes."""

    def mapping(self, node: yaml.Node, required: tuple[str, ...], optional: tuple[str, ...]) -> Any: ...  # noqa: ANN401
    def scalar(self, node: yaml.Node) -> Any: ...  # noqa: ANN401
    def number(self, node: yaml.Node | None) -> float | None: ...
    def integer(self, node: yaml.Node) -> int: ...
    def boolean(self, node: yaml.Node | None) -> bool: ...
    def string(self, node: yaml.Node | None) -> str: ...
    def choice(self, node: yaml.Node | None, allowed: tuple[str, ...], default: str) -> str: ...
    def fail(self, node: yaml.Node, reason: str) -> Any: ...  # noqa: ANN401


def read_rule_set(nodes: Nodes, node: yaml.Node) -> RuleSet:
    """One set. What is wrong is refused by `nodes.fail`, with its line."""
    allowed = tuple("from" if one.name == "valid_from" else one.name for one in fields(RuleSet))
    given = nodes.mapping(node, (), allowed)
    values: dict[str, Any] = {}
    for name in _NUMBERS:
        if name in given:
            values[name] = _not_negative(nodes, given[name])
    for name, most in _COUNTS.items():
        if name in given:
            values[name] = _count(nodes, given[name], most)
    if "is_register_checked" in given:
        values["is_register_checked"] = nodes.boolean(given["is_register_checked"])
    for name in ("sum_against", "outage_channel"):
        if name in given:
            values[name] = nodes.string(given[name])
    if "compare_with" in given:
        values["compare_with"] = nodes.choice(given["compare_with"], get_args(Compared), "days_before")
    if "from" in given:
        values["valid_from"] = _day(nodes, given["from"])
    return RuleSet(step=cast(Step, nodes.choice(given.get("step"), _STEPS, "1h")), **values)


def _not_negative(nodes: Nodes, node: yaml.Node) -> float:
    value = nodes.number(node)
    if value is None or value < 0:
        nodes.fail(node, "a number of at least 0 is expected")
    assert value is not None
    return value


def _count(nodes: Nodes, node: yaml.Node, most: int) -> int:
    value = nodes.integer(node)
    if not 1 <= value <= most:
        nodes.fail(node, f"{value} is out of range; allowed: 1 to {most}")
    return value


def _day(nodes: Nodes, node: yaml.Node) -> date:
    value = nodes.scalar(node)
    if type(value) is not date:
        nodes.fail(node, "a day is expected, as in 2026-01-31")
    return cast(date, value)
