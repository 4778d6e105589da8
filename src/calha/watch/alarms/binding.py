"""From rules to checks: which devices each rule applies to, and which series its signal is made of there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from calha.domain.alarm_rules import FromExpected, LeastHour, NamedRule, NoData, Where, channels_of
from calha.domain.directory import DeviceEntry, Directory, Kind
from calha.watch.alarms.checks import Check, Key

MAX_CHECKS = 200_000
_KINDS: Mapping[type, Kind] = {LeastHour: "counter", FromExpected: "gauge"}  # others take any


def bind(rules: Sequence[NamedRule], directory: Directory) -> list[Check]:
    """The checks of all rules that are switched on; at most MAX_CHECKS, the oldest rules first."""
    found: list[Check] = []
    for named in sorted(rules, key=lambda one: one.id):
        if named.is_enabled:
            found += _with_designs(checks_of(named, directory))
    return found[:MAX_CHECKS]


def _with_designs(checks: Iterable[Check]) -> Iterator[Check]:
    """The same, and one more for each device where a state suppresses the rule."""
    seen: set[str] = set()
    for check in checks:
        suppressing = check.suppressing
        if suppressing is not None and check.key.device not in seen:
            seen.add(check.key.device)
            yield suppressing
        yield check


def _design(named: NamedRule, entry: DeviceEntry) -> int | None:
    suppression = named.rule.suppress_while
    channel = entry.channels.get(suppression.channel) if suppression is not None else None
    return channel.series if channel is not None else None


def checks_of(named: NamedRule, directory: Directory) -> Iterator[Check]:
    """A check for each limit of each device that has all channels of the signal, of the kind that it takes."""
    for entry in devices_of(named.where, directory):
        inputs, design = _inputs(named, entry), _design(named, entry)
        if inputs is not None:
            for limit in named.rule.limits:
                key = Key(named.id, limit.name, entry.key, named.version)
                yield Check(key, named.rule, limit, inputs, entry.zone, design)


def devices_of(where: Where, directory: Directory) -> list[DeviceEntry]:
    """The devices that a rule is for, by key."""
    if where.device is not None:
        entry = directory.devices.get(where.device)
        found = [entry] if entry is not None else []
    else:
        found = [directory.devices[key] for key in sorted(directory.devices)]
    if where.profile is not None:
        found = [one for one in found if one.profile == where.profile]
    if where.site is not None:
        sites = directory.tree.below([where.site])
        found = [one for one in found if one.site in sites]
    return found


def _inputs(named: NamedRule, entry: DeviceEntry) -> tuple[int, ...] | None:
    if isinstance(named.rule.signal, NoData):
        return ()
    channels = [entry.channels.get(key) for key in channels_of(named.rule.signal)]
    kind = _KINDS.get(type(named.rule.signal))
    if not all(one is not None and kind in (None, one.kind) for one in channels):
        return None
    return tuple(one.series for one in channels if one is not None)
