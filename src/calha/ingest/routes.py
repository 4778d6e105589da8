"""MQTT topics that are not Calha's own: which device speaks on them, and how its payload is written.

A route is a topic filter, the format of the payload, and the device: its key, `{2}` for the second level of the topic, both
mixed (`plant-{2}`), or nothing when each record names its device itself.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from calha.domain.errors import InvalidConfiguration
from calha.ingest.formats import Format

MAX_TOPICS_REMEMBERED = 100_000
_LEVEL = re.compile(r"\{(\d+)\}")


class Route(NamedTuple):
    """filter: with + and #, and if you like `$share/<group>/` before it."""

    filter: str
    format: Format = "json"
    device: str = ""

    @property
    def topics(self) -> str:
        """The filter without the name of a shared subscription."""
        return self.filter.split("/", 2)[2] if self.filter.startswith("$share/") else self.filter


class Target(NamedTuple):
    """Where a message leads. device None: each record names its own."""

    device: str | None
    format: Format


Find = Callable[[str], Target | None]


def finder(routes: Sequence[Route]) -> Find:
    """A function that tells where a topic leads: by the first route that fits; None if none does."""
    for route in routes:
        _require_possible(route)

    @lru_cache(MAX_TOPICS_REMEMBERED)
    def find(topic: str) -> Target | None:
        levels = topic.split("/")
        for route in routes:
            if fits(route.topics, topic):
                return Target(_device(route.device, levels), route.format)
        return None

    return find


def nowhere(topic: str) -> Target | None:  # noqa: ARG001 - a Find
    """Of no routes."""
    return None


def fits(topic_filter: str, topic: str) -> bool:
    """Whether a topic is under a filter (MQTT 3.1.1 §4.7): + is one level, a last # all from there on and the one above."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[: len(wanted)]
    return len(wanted) == len(levels) and all(one in ("+", level) for one, level in zip(wanted, levels, strict=True))


def _device(pattern: str, levels: list[str]) -> str | None:
    def level(found: "re.Match[str]") -> str:
        number = int(found[1])
        return levels[number - 1] if 0 < number <= len(levels) else ""

    return _LEVEL.sub(level, pattern) or None


def _require_possible(route: Route) -> None:
    """Raises InvalidConfiguration for a filter that no broker takes."""
    levels = route.topics.split("/")
    for place, level in enumerate(levels):
        misplaced = level == "#" and place < len(levels) - 1
        if not route.topics or misplaced or (len(level) > 1 and set("+#") & set(level)):
            raise InvalidConfiguration(f"{route.filter!r} is no MQTT topic filter")
