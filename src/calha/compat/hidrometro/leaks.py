"""Leaks: water that never stops. A flow of `flow_l_min` and more, without a break for `min_s`, is told once.

Rule 1: time is the readings' own, in µs; whatever unit a meter counts in, it was read before it came here.
Rule 2: a reading below the threshold ends the episode. So does a silence longer than MAX_SILENCE: nobody knows what flowed.
Rule 3: a reading that comes late changes nothing.
This module knows no clock and no database.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US, SECOND_US

MAX_SILENCE_US = 5 * MINUTE_US
MAX_METERS = 100_000  # that are followed


class Leak(NamedTuple):
    """since: when the flow began. flow: now; peak: its highest, both L/min."""

    device: str
    since: Micros
    at: Micros
    flow: float
    peak: float

    @property
    def duration_s(self) -> float:
        return (self.at - self.since) / SECOND_US


@dataclass(slots=True)
class _Episode:
    since: Micros
    at: Micros
    peak: float
    is_told: bool = False


class LeakWatch:
    """Follows the flow of each meter."""

    def __init__(self, flow_l_min: float, min_s: float) -> None:
        self.flow_l_min = flow_l_min
        self._min_us = round(min_s * SECOND_US)
        self._episodes: dict[str, _Episode] = {}
        self._last_at: dict[str, Micros] = {}

    def knows(self, device: str) -> bool:
        """Whether the meter was heard before."""
        return device in self._last_at

    def take(self, device: str, at: Micros, flow: float) -> Leak | None:
        """The leak that a reading makes known; None for any other reading."""
        if math.isnan(flow) or at <= self._last_at.get(device, -1) or self._is_one_too_many(device):
            return None
        silence = at - self._last_at.get(device, at)
        self._last_at[device] = at
        if flow < self.flow_l_min:
            self._episodes.pop(device, None)
            return None
        episode = self._episodes.get(device)
        if episode is None or silence > MAX_SILENCE_US:
            episode = self._episodes[device] = _Episode(at, at, flow)
        episode.at, episode.peak = at, max(episode.peak, flow)
        if episode.is_told or at - episode.since < self._min_us:
            return None
        episode.is_told = True
        return Leak(device, episode.since, at, flow, episode.peak)

    def begun_at(self, device: str) -> Micros | None:
        """When the flow began that goes on now."""
        episode = self._episodes.get(device)
        return episode.since if episode is not None else None

    def was_told(self, device: str) -> None:
        """The episode that goes on was told already."""
        if device in self._episodes:
            self._episodes[device].is_told = True

    def forget(self, device: str) -> None:
        """Begin anew with a meter."""
        self._episodes.pop(device, None)

    def _is_one_too_many(self, device: str) -> bool:
        return len(self._last_at) >= MAX_METERS and device not in self._last_at
