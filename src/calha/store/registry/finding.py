"""Devices, channels and sites by words that a person types.

A picture of all their names is kept in memory, because no database compares texts as people do, each by rules of its own,
and because a search is asked at every key that is pressed. It is made anew at the next question after a change of the
registry. Thousands of devices have channels of the same names, so a name is kept, and looked at, once.
"""

import heapq
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from sqlalchemy import Text as LongText
from sqlalchemy import cast, select

from calha.domain.profiles import Text
from calha.domain.search import Rank, fold, holds, ranking, words_of
from calha.store.registry.models import Channel, Device
from calha.store.registry.registry import Registry

MAX_CHANNELS = 200_000  # whose names are kept; others are reached by their device

Kind = Literal["site", "device", "channel"]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that has a name. id: a site's number, a device's key or a channel's. text: all it is found by, folded."""

    kind: Kind
    id: str
    name: str | Text
    site: int
    device: str
    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameName:
    """A channel's key, name and unit, and the devices that have such a channel, by key, with its series in each."""

    like: Thing
    unit: str
    devices: Sequence[str]
    series: Sequence[int]


@dataclass(frozen=True)
class Picture:
    """All names at one version of the registry. is_whole: whether those of all channels are among them."""

    version: int = -1
    sites: Mapping[int, Thing] = field(default_factory=dict)
    paths: Mapping[int, Sequence[str]] = field(default_factory=dict)
    devices: Mapping[str, Thing] = field(default_factory=dict)
    channels: Sequence[SameName] = ()
    is_whole: bool = True

    def find(self, asked: str, may_see: Callable[[Thing], bool], limit: int) -> dict[Kind, list[Thing]]:
        """The best of each kind, best first; only what may be seen."""
        words = words_of(asked)
        rank = ranking(words)
        return {
            "device": _best(rank, filter(may_see, _holding(words, self.devices.values())), limit),
            "site": _best(rank, filter(may_see, _holding(words, self.sites.values())), limit),
            "channel": list(self._channels(words, rank, may_see, limit)),
        }

    def series(
        self, asked: str, unit: str | None, may_see: Callable[[Thing], bool], after: int, limit: int
    ) -> list[tuple[int, str]]:
        """Series and their devices, by number after one of them; each word is their channel's, device's or site's."""
        words = words_of(asked)
        whose: dict[tuple[str, ...], set[str]] = {}  # the devices that have the words which the channel lacks
        found: list[tuple[int, str]] = []
        for same in self.channels:
            if unit is not None and same.unit != unit:
                continue
            lacking = tuple(word for word in words if word not in same.like.text and word not in fold(same.unit))
            if lacking not in whose:
                held = _holding(lacking, self.devices.values())
                whose[lacking] = {thing.id for thing in held if may_see(thing)}
            pairs = zip(same.series, same.devices, strict=True)
            found += [(series, key) for series, key in pairs if series > after and key in whose[lacking]]
        return heapq.nsmallest(limit, found)

    def _channels(
        self, words: Sequence[str], rank: Rank, may_see: Callable[[Thing], bool], limit: int
    ) -> Iterator[Thing]:
        """A channel is meant where a word is its own; the others may be those of its device."""
        meant = [same for same in self.channels if any(word in same.like.text for word in words)]
        left = limit
        for same in sorted(meant, key=lambda one: (rank(one.like.names), len(one.like.names[-1]), one.like.id)):
            others = tuple(word for word in words if word not in same.like.text)
            for key in same.devices:
                device = self.devices[key]
                if left > 0 and holds(others, device.text) and may_see(device):
                    left -= 1
                    yield Thing("channel", same.like.id, same.like.name, device.site, key, "", same.like.names)
            if left == 0:
                return


class Finder:
    """The picture, as new as the registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._picture = Picture()
        self._drawing = Lock()

    def picture(self) -> Picture:
        """Draws it, if the registry has changed; who asks meanwhile waits for it."""
        with self._drawing:
            if self._picture.version != self._registry.version:
                self._picture = _draw(self._registry)
            return self._picture


def _draw(registry: Registry) -> Picture:
    version = registry.version  # first: what changes meanwhile is drawn next time
    sites = registry.sites()
    paths = {site.id: site.path for site in sites}
    by_number = _devices(registry, {id_: "\n".join(map(fold, path)) for id_, path in paths.items()})
    channels, is_whole = _same_names(registry, by_number)
    return Picture(
        version,
        {site.id: _thing("site", str(site.id), site.name, site.id, "\n".join(map(fold, site.path))) for site in sites},
        paths,
        {device.id: device for device in by_number.values()},
        channels,
        is_whole,
    )


def _devices(registry: Registry, places: Mapping[int, str]) -> dict[int, Thing]:
    """By their numbers, in the order of their keys. places: the folded path of each site."""
    query = select(Device.id, Device.key, Device.name, Device.serial, Device.site_id).order_by(Device.key)
    with registry.engine.connect() as connection:
        return {
            number: _thing("device", key, name, site, f"{fold(serial or '')}\n{places.get(site, '')}")
            for number, key, name, serial, site in connection.execute(query)
        }


def _same_names(registry: Registry, devices: Mapping[int, Thing]) -> tuple[list[SameName], bool]:
    """And whether they are all. Read as they are written in the database: each is understood once, not ten thousand times."""
    columns = (Channel.id, Channel.device_id, Channel.key, cast(Channel.name, LongText), Channel.unit)
    keys: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    is_whole = True
    with registry.engine.connect() as connection:
        rows = connection.execute(select(*columns).limit(MAX_CHANNELS + 1).order_by(Channel.id))
        for place, (series, number, key, name, unit) in enumerate(rows):
            is_whole = place < MAX_CHANNELS
            if is_whole and number in devices:
                keys.setdefault((key, name, unit), []).append((devices[number].id, series))
    same = [
        _same_name(_thing("channel", key, json.loads(name), 0, ""), unit, sorted(found))
        for (key, name, unit), found in keys.items()
    ]
    return same, is_whole


def _same_name(like: Thing, unit: str, found: Sequence[tuple[str, int]]) -> SameName:
    return SameName(like, unit, [device for device, _ in found], [series for _, series in found])


def _thing(kind: Kind, id_: str, name: str | Text, site: int, more: str) -> Thing:
    called = [name] if isinstance(name, str) else list(name.values())
    names = tuple(dict.fromkeys(map(fold, called if kind == "site" else [id_, *called])))
    return Thing(kind, id_, name, site, id_ if kind == "device" else "", "\n".join([*names, more]), names)


def _holding(words: Sequence[str], things: Collection[Thing]) -> Collection[Thing]:
    for word in words:
        things = [thing for thing in things if word in thing.text]
    return things


def _best(rank: Rank, things: Iterable[Thing], limit: int) -> list[Thing]:
    return heapq.nsmallest(limit, things, key=lambda one: (rank(one.names), len(one.names[-1]), one.names[-1], one.id))
