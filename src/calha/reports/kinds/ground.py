"""What reports are made from, and which sensors one is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from calha.domain.errors import Malformed, NotFound, TooLarge
from calha.domain.readings import Micros
from calha.domain.report_definitions import SEVERITIES, Definition
from calha.domain.times import to_text
from calha.metering.metering import Metering
from calha.reports.cells import moment, offset_text
from calha.reports.document import Document, Heading, Row
from calha.reports.words import SEVERITY, STEPS, TITLES, WORDS
from calha.store.alarms import AlarmStore
from calha.store.anomalies import AnomalyStore
from calha.store.registry import ChannelRow, DeviceRow, Registry, SiteRow
from calha.store.telemetry import Telemetry

MAX_SENSORS = 200
MAX_DEVICES = 100_000
LOCALES = {"pt-BR": "Português (Brasil): 31/12/2026, 1.234,56", "en": "English: 2026-12-31, 1,234.56"}


@dataclass(frozen=True, slots=True)
class Ground:
    registry: Registry
    telemetry: Telemetry
    metering: Metering
    alarms: AlarmStore
    anomalies: AnomalyStore
    clock: Callable[[], Micros]
    evidence_key: bytes
    """With which evidence is sealed."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A channel of a device."""

    device: DeviceRow
    channel: ChannelRow

    def name(self, language: str) -> str:
        return named(self.channel.name, language) or self.channel.key

    def title(self, language: str) -> str:
        unit = f" ({self.channel.unit})" if self.channel.unit else ""
        return f"{self.device.name or self.device.key} · {self.name(language)}{unit}"

    @property
    def keys(self) -> tuple[str, str]:
        return self.device.key, self.channel.key


@dataclass(frozen=True, slots=True)
class Task:
    """A definition with all that follows from it. made_by: who asked for it."""

    ground: Ground
    definition: Definition
    site: SiteRow
    zone: ZoneInfo
    from_at: Micros
    until_at: Micros
    made_at: Micros
    made_by: str = ""

    @classmethod
    def of(cls, ground: Ground, definition: Definition, now: Micros | None = None, made_by: str = "") -> "Task":
        """now: of what a relative period is told; the present when missing. Raises NotFound (site), Malformed."""
        definition.require_possible()
        site = ground.registry.site(definition.site_id)
        zone = zone_of(definition.zone or site.zone)
        made_at = ground.clock()
        from_at, until_at = definition.period.window(zone, now if now is not None else made_at)
        return cls(ground, definition, site, zone, from_at, until_at, made_at, made_by)

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.definition.language]

    def sensors(self, fits: Callable[[ChannelRow], bool]) -> list[Sensor]:
        """The channels that are named, or all that fit. Raises NotFound, TooLarge."""
        asked = self.definition
        devices = self.devices()
        self.require_channels(devices)
        wanted = [
            Sensor(device, channel)
            for device in devices
            for channel in device.channels
            if (channel.key in asked.channels if asked.channels else fits(channel))
        ]
        if len(wanted) > MAX_SENSORS:
            raise TooLarge(f"{len(wanted)} series, and a report has at most {MAX_SENSORS}; name devices or channels")
        return wanted

    def devices(self) -> list[DeviceRow]:
        """Those that are named, or all of the site and below. Raises NotFound for one that does not stand there."""
        inside = self.ground.registry.devices(site=self.site.id, limit=MAX_DEVICES).items
        if not self.definition.devices:
            return list(inside)
        by_key = {one.key: one for one in inside}
        for key in self.definition.devices:
            if key not in by_key:
                raise NotFound(
                    f"there is no device {key!r} in {self.site.name} or below it", "unknown_device", device=key
                )
        return [by_key[key] for key in self.definition.devices]

    def require_channels(self, devices: list[DeviceRow]) -> None:
        """Raises NotFound for one that is named and nowhere."""
        there = {channel.key for device in devices for channel in device.channels}
        for key in self.definition.channels:
            if key not in there:
                raise NotFound(f"no device of this report has a channel {key!r}", "unknown_channel", channel=key)

    def document(self, **more: Any) -> Document:  # noqa: ANN401 - fields of Document
        return Document(
            title=TITLES[self.definition.language][self.definition.kind],
            language=self.definition.language,
            zone=self.zone,
            from_at=self.from_at,
            until_at=self.until_at,
            made_at=self.made_at,
            filters=self._filters(),
            **more,
        )

    def source_headings(self) -> list[Heading]:
        words = self.words
        texts = [Heading(words[name]) for name in ("device", "channel", "site", "unit", "kind")]
        return [
            *texts,
            Heading(words["readings"], "number"),
            Heading(words["first"], "time"),
            Heading(words["last"], "time"),
        ]

    def source(self, sensor: Sensor, count: int, first: Micros | float, last: Micros | float) -> Row:
        """A row of the sources: where the values of a sensor come from, and how many there are."""
        path, channel = " › ".join(sensor.device.site_path), sensor.channel
        return (*sensor.keys, path, channel.unit, channel.kind, count, first, last)

    def _filters(self) -> list[tuple[str, str]]:
        """What was asked for, with locale and zone."""
        asked, words, language = self.definition, self.words, self.definition.language
        begin, end = (moment(at, language, self.zone) for at in (self.from_at, self.until_at))
        found = [
            (words["period"], f"{begin} {words['until']} {end}"),
            (words["site"], " › ".join(self.site.path)),
            (words["devices"], ", ".join(asked.devices) or words["all"]),
            (words["channels"], ", ".join(asked.channels) or words["all"]),
            (words["step"], STEPS[language][asked.step]),
            (words["zone"], f"{self.zone.key} ({offset_text(self.from_at, self.zone)})"),
            (words["locale"], LOCALES[language]),
            (words["made_at"], f"{moment(self.made_at, language, self.zone)} ({to_text(self.made_at)})"),
        ]
        if self.made_by:
            found.append((words["author"], self.made_by))
        if set(asked.qualities) != set(SEVERITIES):
            found.insert(4, (words["qualities"], ", ".join(SEVERITY[language][one] for one in asked.qualities)))
        return found


def named(name: str | dict[str, str], language: str) -> str:
    """A name in a language, or as it is."""
    if isinstance(name, str):
        return name
    return name.get("en" if language == "en" else "pt", next(iter(name.values()), ""))


def zone_of(name: str) -> ZoneInfo:
    """Raises Malformed."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Malformed(
            f"{name[:60]!r} is no time zone; write one like America/Sao_Paulo", "bad_zone", zone=name[:60]
        ) from None
