"""Silence as a condition: a device that no longer reports, by what `domain.presence` says of it and on whose account.

Only a silence that is the device's own holds. Behind a gateway that is silent, the gateway's is the one alarm; where a whole
site fell silent, one device speaks for all. While Calha itself cannot hear, nothing is said of anybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.watch.alarms.checks import Check, Key


class Seen(NamedTuple):
    """How a device is present. state, cause: by their names in lower case. site: where it stands."""

    state: str
    cause: str | None
    site: int


class Silences:
    """Follows the checks of silent devices. active: those whose condition is known to hold."""

    def __init__(self, checks: Sequence[Check], active: Mapping[tuple[int, str, str], bool]) -> None:
        self._checks = checks
        self._active = {one.key[:3] for one in checks if active.get(one.key[:3], False)}
        self._since: dict[Key, Micros] = {}

    def __len__(self) -> int:
        return len(self._checks)

    def look(self, seen: Mapping[str, Seen], now: Micros) -> Iterator[tuple[Check, Micros, bool]]:
        """(check, since when, whether it holds) of those that changed, delays counted."""
        speaker = _speakers(seen)
        for check in self._checks:
            holds = _holds(check.key.device, seen, speaker)
            is_active = check.key[:3] in self._active
            if holds is None or holds == is_active:
                self._since.pop(check.key, None)
                continue
            rule = check.rule
            delay_s = rule.on_delay_s + rule.lasting_s if holds else rule.off_delay_s
            if now - self._since.setdefault(check.key, now) >= delay_s * SECOND_US:
                del self._since[check.key]
                self._active ^= {check.key[:3]}
                yield check, now, holds


def _speakers(seen: Mapping[str, Seen]) -> Mapping[int, str]:
    """Of each site that is silent as a whole, the device that speaks for all."""
    found: dict[int, str] = {}
    for device in sorted(seen, reverse=True):
        if seen[device].state == "silent" and seen[device].cause == "site":
            found[seen[device].site] = device
    return found


def _holds(device: str, seen: Mapping[str, Seen], speaker: Mapping[int, str]) -> bool | None:
    """None where nothing can be said."""
    one = seen.get(device)
    if one is None or one.state == "never":
        return None
    if one.state == "online":
        return False
    if one.state != "silent" or one.cause not in ("device", "site"):
        return None
    return True if one.cause == "device" or speaker[one.site] == device else None
