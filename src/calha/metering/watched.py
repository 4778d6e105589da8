"""Which meters are validated: those whose profile has rules for them, with the channels that the rules name beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calha.domain.validation import RuleSet
from calha.metering.meters import Meter, Meters
from calha.store.registry import Registry

MAX_DEVICES = 1_000_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A meter with rules. beside: the meter of the flow with which its sum is compared.

    outage: the series that tells power failures.
    """

    meter: Meter
    rules: Sequence[RuleSet]
    beside: Meter | None
    outage: int | None = None


def watched(registry: Registry, meters: Meters) -> dict[int, Watched]:
    """All channels that have rules, by series."""
    rules = {
        (profile.name, channel.key): channel.validation
        for profile in registry.profiles()
        for channel in profile.channels
        if channel.validation
    }
    devices = [
        row for row in registry.devices(limit=MAX_DEVICES).items if any(name == row.profile for name, _ in rules)
    ]
    known = {(meter.device, meter.channel): meter for meter in meters.of_devices(devices)}
    found: dict[int, Watched] = {}
    for row in devices:
        for channel in row.channels:
            meter, sets = known.get((row.key, channel.key)), rules.get((row.profile, channel.key), ())
            if meter is not None and sets:
                against = next((one.sum_against for one in sets if one.sum_against is not None), None)
                power = next((one.outage_channel for one in sets if one.outage_channel is not None), None)
                outage = next((one.series for one in row.channels if one.key == power), None)
                found[meter.series] = Watched(meter, sets, known.get((row.key, against or "")), outage)
    return found


def judged_with(meters: Iterable[Watched]) -> dict[int, list[Meter]]:
    """Which meters are judged with what another series tells: the flow beside them, or power failures."""
    found: dict[int, list[Meter]] = {}
    for one in meters:
        beside = one.beside.series if one.beside is not None else None
        for series in {beside, one.outage} - {None, one.meter.series}:
            assert series is not None
            found.setdefault(series, []).append(one.meter)
    return found
