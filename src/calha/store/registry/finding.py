"""Devices, channels and sites by words that a person types.

A picture of all their names is kept in memory, because no database compares texts as people do, each by rules of its own,
and because a search is asked at every key that is pressed. It is made anew at the next question after a change of the
registry.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from sqlalchemy import Engine, select

from calha.domain.profiles import Text
from calha.domain.search import fold, holds, rank, words_of
from calha.store.registry.models import Channel, Device
from calha.store.registry.registry import Registry

MAX_CHANNELS = 200_000  # whose names are kept; those of devices registered later are found by their device

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


@dataclass(frozen=True)
class Picture:
    """All names at one version of the registry."""

    version: int = -1
    sites: Mapping[int, Thing] = field(default_factory=dict)
    paths: Mapping[int, Sequence[str]] = field(default_factory=dict)
    devices: Mapping[str, Thing] = field(default_factory=dict)
    channels: Sequence[Thing] = ()

    def find(self, asked: str, may_see: Callable[[Thing], bool], limit: int) -> dict[Kind, list[Thing]]:
        """The best of each kind, best first; only what may be seen."""
        words = words_of(asked)
        fitting: dict[Kind, Iterator[Thing]] = {
            "device": (one for one in self.devices.values() if holds(words, one.text)),
            "site": (one for one in self.sites.values() if holds(words, one.text)),
            "channel": (one for one in self.channels if self._is_meant(one, words)),
        }
        return {kind: _best(words, filter(may_see, things), limit) for kind, things in fitting.items()}

    def _is_meant(self, channel: Thing, words: tuple[str, ...]) -> bool:
        """A channel is meant where a word is its own; the others may be those of its device."""
        own = channel.text
        return any(word in own for word in words) and holds(words, own, self.devices[channel.device].text)


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
    devices = {one.id: one for one in _devices(registry.engine, paths)}
    keys = dict(_numbers(registry.engine))
    return Picture(
        version,
        {site.id: _thing("site", str(site.id), site.name, site.id, "", site.path[:-1]) for site in sites},
        paths,
        devices,
        list(_channels(registry.engine, devices, keys)),
    )


def _devices(engine: Engine, paths: Mapping[int, Sequence[str]]) -> Iterator[Thing]:
    query = select(Device.key, Device.name, Device.serial, Device.site_id).order_by(Device.key)
    with engine.connect() as connection:
        for key, name, serial, site in connection.execute(query):
            yield _thing("device", key, name, site, key, [serial or "", *paths.get(site, ())])


def _numbers(engine: Engine) -> Iterator[tuple[int, str]]:
    with engine.connect() as connection:
        for number, key in connection.execute(select(Device.id, Device.key)):
            yield number, key


def _channels(engine: Engine, devices: Mapping[str, Thing], keys: Mapping[int, str]) -> Iterator[Thing]:
    query = select(Channel.device_id, Channel.key, Channel.name).order_by(Channel.id).limit(MAX_CHANNELS)
    shared: dict[tuple[str, str], Thing] = {}
    with engine.connect() as connection:
        for number, key, name in connection.execute(query):
            device = devices.get(keys.get(number, ""))
            if device is None:
                continue
            like = shared.setdefault((key, str(name)), _thing("channel", key, name, 0, "", []))
            yield Thing("channel", key, like.name, device.site, device.id, like.text, like.names)


def _thing(kind: Kind, id_: str, name: str | Text, site: int, device: str, more: Iterable[str]) -> Thing:
    called = [name] if isinstance(name, str) else list(name.values())
    names = tuple(dict.fromkeys(fold(one) for one in (id_, *called) if one)) if kind != "site" else (fold(called[0]),)
    return Thing(kind, id_, name, site, device, "\n".join([*names, *map(fold, more)]), names)


def _best(words: tuple[str, ...], things: Iterable[Thing], limit: int) -> list[Thing]:
    def order(thing: Thing) -> tuple[int, int, str, str]:
        return rank(words, *thing.names), len(thing.names[-1]), thing.names[-1], thing.device

    return heapq.nsmallest(limit, things, key=order)
