"""The topics of Hidrômetro Inteligente: to which meters publish, and on which they hear commands.

Its last server heard `hidrometro/leandro/dados`, the topic of data that it was told, and all that begins with the first two
levels of that. So meters may have come to publish to topics that are written nowhere but in themselves.

Rule: a topic of commands is none of data, whatever it begins with.
"""

import re

from calha.config.compat import HidrometroSection

_DOCUMENTED = re.compile("hidr(?:o|ô|o\u0302)metro/[^/]+/[^/]+/dados")  # of a customer and his device, recommended last
_LEVELS = 2  # that a topic has to share with one of data


class Topics:
    def __init__(self, options: HidrometroSection) -> None:
        self._data = {*options.data_topics, *(f"{family}/dados" for family in options.families)}
        self._commands = {*options.command_topics, *(f"{family}/cmd" for family in options.families)}
        self._beginnings = {beginning for topic in self._data if (beginning := _beginning(topic))}

    def is_reading(self, topic: str) -> bool:
        """Whether what is published there may be a reading."""
        if topic in self._commands:
            return False
        return topic in self._data or _beginning(topic) in self._beginnings or bool(_DOCUMENTED.fullmatch(topic))

    def is_command(self, topic: str) -> bool:
        """Whether meters hear commands there."""
        return topic in self._commands


def _beginning(topic: str) -> str | None:
    """Its first levels; None where it has too few."""
    levels = topic.split("/")
    return "/".join(levels[:_LEVELS]) if len(levels) >= _LEVELS else None
