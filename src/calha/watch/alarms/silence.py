"""Silence as a condition: a device that no longer reports, by what `domain.presence` says of it and on whose account.

Only a silence that is the device's own holds. Behind a gateway that is silent, the gateway's is the one alarm; where a whole
site fell silent, one device speaks for all. Whoever speaks is one that a rule watches: behind a gateway that no rule watches,
and at a silent site, one device of each rule. While Calha itself cannot hear, nothing is said of anybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.watch.alarms.checks import Check, Key


class Seen(NamedTuple):
    """How a device is present. state, cause: by their names in lower case. site: where it stands. gateway: it is behind."""

    state: str
    cause: str | None
    site: int
    gateway: str | None = None


Lost = tuple[int, int | str]  # a rule, with the site or gateway that fell silent as a whole


class Silences:
    """Follows the checks of silent devices. active: those whose condition is known to hold."""

    def __init__(self, checks: Sequence[Check], active: Mapping[tuple[int, str, str], bool]) -> None:
        self._checks = checks
        self._watched = {one.key.device for one in checks}
        self._active = {one.key[:3] for one in checks if active.get(one.key[:3], False)}
        self._since: dict[Key, Micros] = {}

    def succeed(self, other: "Silences") -> None:
        """Go on with the delays that run for another, of the same checks."""
        self._since = {one.key: other._since[one.key] for one in self._checks if one.key in other._since}

    def __len__(self) -> int:
        return len(self._checks)

    def look(self, seen: Mapping[str, Seen], now: Micros) -> Iterator[tuple[Check, Micros, bool]]:
        """(check, since when, whether it holds) of those that changed, delays counted."""
        speaker = self._speakers(seen)
        for check in self._checks:
            holds = self._holds(check.key, seen, speaker)
            is_active = check.key[:3] in self._active
            if holds is None or holds == is_active:
                self._since.pop(check.key, None)
                continue
            rule = check.rule
            delay_s = rule.on_delay_s + rule.lasting_s if holds else rule.off_delay_s
            since = self._since[check.key] = min(self._since.get(check.key, now), now)  # the clock may be set back
            if now - since >= delay_s * SECOND_US:
                del self._since[check.key]
                self._active ^= {check.key[:3]}
                yield check, now, holds

    def _speakers(self, seen: Mapping[str, Seen]) -> Mapping[Lost, str]:
        """Of whatever is silent as a whole, the device that speaks for all that the same rule watches."""
        found: dict[Lost, str] = {}
        for one in self._checks:
            lost = self._lost_with(one.key, seen.get(one.key.device))
            if lost is not None:
                found[lost] = min(found.get(lost, one.key.device), one.key.device)
        return found

    def _holds(self, key: Key, seen: Mapping[str, Seen], speaker: Mapping[Lost, str]) -> bool | None:
        """None where nothing can be said."""
        one = seen.get(key.device)
        if one is None or one.state == "never":
            return None
        if one.state == "online":
            return False
        if one.state == "silent" and one.cause == "device":
            return True
        lost = self._lost_with(key, one)
        return True if lost is not None and speaker[lost] == key.device else None

    def _lost_with(self, key: Key, one: Seen | None) -> Lost | None:
        """With what else a device is silent, unless that is told by an alarm of its own."""
        if one is None or one.state != "silent":
            return None
        if one.cause == "site":
            return key.rule, one.site
        if one.cause == "gateway" and one.gateway is not None and one.gateway not in self._watched:
            return key.rule, one.gateway
        return None
