"""What has to be known of a channel to count what went through it: its register by date, or its flow, and its zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from calha.domain import units
from calha.domain.errors import IncompatibleUnits, Malformed, NotFound, UnknownUnit
from calha.domain.profiles import Profile, ProfileChannel
from calha.domain.registers import Plate, Register
from calha.domain.times import SECOND_US
from calha.store.metering import PlateRow, RegisterStore
from calha.store.registry import ChannelRow, DeviceRow, Registry

DEFAULT_INTERVAL_S = 900.0  # of a device whose profile does not say how often it reports

Source = Literal["register", "flow"]
Uncountable = NotFound | Malformed


@dataclass(frozen=True, slots=True)
class Meter:
    """A channel that can be counted. unit: of its consumption. usual_us: how often it reports.

    registers: by valid_from, for a register. per_hour: what one unit of a flow gives in an hour, in `unit`.
    """

    device: str
    channel: str
    series: int
    source: Source
    unit: str
    reading_unit: str
    zone: ZoneInfo
    site_id: int
    usual_us: int
    registers: Sequence[Register] = ()
    per_hour: float = 0.0


class Meters:
    """Reads the registry; asks for what was said of registers."""

    def __init__(self, registry: Registry, registers: RegisterStore) -> None:
        self._registry = registry
        self._registers = registers

    def meter(self, device: str, channel: str) -> Meter:
        """Raises NotFound, Malformed for a channel that counts nothing."""
        return self.of_device(self._registry.device(device), channel)

    def of_device(self, row: DeviceRow, channel: str | None = None) -> Meter:
        """A channel of a device, the first that counts something when none is named. Raises NotFound, Malformed."""
        found = _chosen(row, channel)
        return self._described([(row, found)])[found.series]

    def of_channels(self, wanted: Iterable[tuple[str, str]]) -> "dict[tuple[str, str], Meter | Uncountable]":
        """Channels by device and key, read at once; in place of one that counts nothing, why."""
        names = list(dict.fromkeys(wanted))
        rows = self._registry.devices_named(list(dict.fromkeys(device for device, _ in names)))
        found: dict[tuple[str, str], Meter | Uncountable] = {}
        chosen: dict[tuple[str, str], tuple[DeviceRow, ChannelRow]] = {}
        for device, channel in names:
            try:
                chosen[device, channel] = rows[device], _chosen(rows[device], channel)
            except KeyError:
                found[device, channel] = NotFound(f"there is no device {device!r}")
            except (NotFound, Malformed) as error:
                found[device, channel] = error
        meters = self._described(list(chosen.values()))
        return found | {name: meters[channel.series] for name, (_, channel) in chosen.items()}

    def of_devices(self, devices: Iterable[DeviceRow]) -> list[Meter]:
        """All channels of these devices that can be counted."""
        wanted = [(row, channel) for row in devices for channel in row.channels if is_countable(channel)]
        return list(self._described(wanted).values())

    def declared(self, row: DeviceRow, channel: str) -> Plate | None:
        """What the device's profile says of a channel's register."""
        profile = next((one for one in self._registry.profiles() if one.name == row.profile), None)
        found = profile.channel(channel) if profile is not None else None
        return found.register if found is not None else None

    def require_fitting(self, meter: Meter, row: PlateRow) -> None:
        """Raises Malformed for a plate that cannot be, or that counts in another unit than the other registers do."""
        known = [
            one for one in self._registers.plates([meter.series])[meter.series] if one.valid_from != row.valid_from
        ]
        units_said = {one.plate.unit for one in known if one.plate.unit is not None}
        if row.plate.unit is not None and units_said - {row.plate.unit}:
            raise Malformed(
                f"the other registers of {meter.device} {meter.channel} count in {units_said.pop()}; use the multiplier",
                "other_unit",
            )
        row.plate.register(meter.unit)

    def supposing(self, meter: Meter, plates: Sequence[PlateRow]) -> Meter:
        """A meter as it would be if this, and nothing else, were said of its register. Raises NotFound, Malformed."""
        row = self._registry.device(meter.device)
        profile = next((one for one in self._registry.profiles() if one.name == row.profile), None)
        return _meter(row, _chosen(row, meter.channel), profile, sorted(plates, key=lambda one: one.valid_from))

    def _described(self, wanted: Sequence[tuple[DeviceRow, ChannelRow]]) -> dict[int, Meter]:
        profiles = {profile.name: profile for profile in self._registry.profiles()}
        plates = self._registers.plates([channel.series for _, channel in wanted])
        return {
            channel.series: _meter(row, channel, profiles.get(row.profile), plates[channel.series])
            for row, channel in wanted
        }


def _chosen(row: DeviceRow, channel: str | None) -> ChannelRow:
    """Raises NotFound, Malformed."""
    if channel is None:
        countable = (one for one in sorted(row.channels, key=lambda one: one.kind != "counter") if is_countable(one))
        found = next(countable, None)
        if found is None:
            raise NotFound(f"{row.key} has no channel that can be counted: no counter, no flow and no power")
        return found
    found = next((one for one in row.channels if one.key == channel), None)
    if found is None:
        raise NotFound(f"{row.key} has no channel {channel!r}")
    if not is_countable(found):
        raise Malformed(
            f"{row.key} {channel} is a {found.kind} in {found.unit or 'no unit'}: only counters, and gauges of a flow or "
            "a power, have a consumption; change its kind or unit",
            "not_countable",
        )
    return found


def is_countable(channel: ChannelRow) -> bool:
    """Whether it is a register, or a flow that adds up to something."""
    if channel.kind == "counter":
        return True
    if channel.kind != "gauge":
        return False
    try:
        units.accumulated(channel.unit)
    except (IncompatibleUnits, UnknownUnit):
        return False
    return True


def _meter(row: DeviceRow, channel: ChannelRow, profile: Profile | None, plates: Sequence[PlateRow]) -> Meter:
    interval_s = (profile.interval_s if profile is not None else None) or DEFAULT_INTERVAL_S
    declared = profile.channel(channel.key) if profile is not None else None
    is_register = channel.kind == "counter"
    registers = _registers(channel, declared, plates) if is_register else []
    unit = registers[0].unit if is_register else units.accumulated(channel.unit)
    return Meter(
        row.key,
        channel.key,
        channel.series,
        "register" if is_register else "flow",
        unit,
        channel.unit,
        ZoneInfo(row.zone),
        row.site_id,
        round(interval_s * SECOND_US),
        registers,
        0.0 if is_register else per_hour(channel.unit),
    )


def per_hour(rate: str) -> float:
    """What one unit of a flow gives in an hour, in the unit in which it adds up."""
    whole = units.accumulated(rate)
    return float(units.factor(rate, f"{whole}/h"))


def _registers(channel: ChannelRow, declared: ProfileChannel | None, plates: Sequence[PlateRow]) -> list[Register]:
    """All in one unit: what a channel has consumed through several registers is one amount."""
    base = (declared.register if declared is not None else None) or Plate()
    said = [row.plate.unit for row in plates] + [base.unit]
    unit = next((one for one in said if one is not None), channel.unit)
    whole = Plate(unit=unit)
    registers = [whole.over(base).register(channel.unit)]
    return registers + [whole.over(row.plate.over(base)).register(channel.unit, row.valid_from) for row in plates]
