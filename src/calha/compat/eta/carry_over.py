"""Brings what ETA flow's database says over: units, devices, sensors and people, each with its number where clients know it.

Rule 1: it may be done again: what is here already is known, or changed to what the database says.
Rule 2: the device whose sensors 1 and 2 are built into the collector is the one of the gateway, whatever its number there.
Rule 3: people keep their passwords (bcrypt); somebody who is known here already keeps his own, and gets the role.
Readings are not its business: they go the way of all imports, under the channels that it tells.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from calha.accounts.accounts import Accounts
from calha.compat.eta import place
from calha.compat.eta.parts import SUFFIXES
from calha.compat.eta.people import ROLES
from calha.config.compat import EtaSection
from calha.domain.errors import CalhaError, Conflict
from calha.domain.profiles import ProfileChannel
from calha.store.eta import EtaDeviceRow, EtaNumbers, EtaSensorRow, EtaUnitRow, Picture
from calha.store.registry import Registry

MEANS = {"HORA": ("média por hora", "mean by hour"), "DIA": ("média por dia", "mean by day")}
DEVICE_PROFILE = "generic"
BCRYPT = "$2"
BUILT_IN = 1  # number of a sensor that the collector has built in


class OldSensor(NamedTuple):
    """kinds: of which the database has measurements: INST, HORA, DIA."""

    id: int
    name: str
    code: int | None
    kind: str
    device_id: int
    unit_id: int | None
    kinds: tuple[str, ...]


class OldDevice(NamedTuple):
    id: int
    name: str
    code: int | None
    kind: str
    location: str | None


class OldPerson(NamedTuple):
    name: str
    user_name: str
    email: str | None
    password_hash: str
    kind: str


class Series(NamedTuple):
    """Where measurements of a sensor and kind go. exists: false in a dry run for what would be made."""

    sensor_id: int
    kind: str
    device: str
    channel: str
    exists: bool


@dataclass
class Receipt:
    """How many of each kind are new, known, changed; what was rejected, by reason, with an example of each."""

    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    series: list[Series] = field(default_factory=list)

    def reject(self, reason: str, example: str) -> None:
        self.rejected[reason] += 1
        self.examples.setdefault(reason, example)


class CarryOver:
    """dry_run: only say what would become of it."""

    def __init__(self, section: EtaSection, registry: Registry, accounts: Accounts, dry_run: bool) -> None:
        self._section = section
        self._registry = registry
        self._accounts = accounts
        self._dry_run = dry_run
        self._numbers = EtaNumbers(registry.engine)
        self._receipt = Receipt()

    def bring(
        self,
        units: Sequence[EtaUnitRow],
        devices: Sequence[OldDevice],
        sensors: Sequence[OldSensor],
        people: Sequence[OldPerson],
    ) -> Receipt:
        """Raises InvalidConfiguration (site)."""
        site = place.site_of(self._section, self._registry).id
        if not self._dry_run:
            place.prepare(self._section, self._registry)
        for unit in units:
            self._bring_unit(unit)
        self._give_the_gateway_its_number(sensors)
        for device in devices:
            self._bring_device(device, site)
        self._free_codes(sensors)
        for sensor in sensors:
            self._bring_sensor(sensor)
        for person in people:
            self._bring_person(person, site)
        return self._receipt

    # -- units and devices

    def _bring_unit(self, unit: EtaUnitRow) -> None:
        known = self._picture().units.get(unit.id)
        if self._is_new_or_changed("units", known, unit) and not self._dry_run:
            if known is None:
                self._numbers.add_unit(unit.name, unit.symbol, unit.id)
            else:
                self._numbers.change_unit(unit.id, name=unit.name, symbol=unit.symbol)

    def _give_the_gateway_its_number(self, sensors: Sequence[OldSensor]) -> None:
        owner = next((one.device_id for one in sensors if one.id == BUILT_IN), None)
        devices = self._picture().devices
        now = next((one.id for one in devices.values() if one.device == self._section.device), None)
        if owner is None or now is None or owner == now or owner in devices or self._dry_run:
            return
        self._numbers.renumber_device(now, owner)

    def _bring_device(self, device: OldDevice, site: int) -> None:
        known = self._picture().devices.get(device.id)
        wanted = EtaDeviceRow(*device, known.device if known is not None else "")
        if not self._is_new_or_changed("devices", known, wanted) or self._dry_run:
            return
        try:
            if known is None:
                key = self._new_device(device, site)
                self._numbers.add_device(key, device.name, device.kind, device.location, device.code, device.id)
            else:
                changes = {"name": device.name, "code": device.code, "kind": device.kind, "location": device.location}
                self._numbers.change_device(device.id, **changes)
        except Conflict as error:
            self._receipt.reject("device_refused", f"dispositivo {device.id}: {error}")

    def _new_device(self, device: OldDevice, site: int) -> str:
        """Raises Conflict."""
        key = f"eta-{device.id}"
        if key == self._section.device or key in self._registry.devices_named([key]):
            key = f"eta-dispositivo-{device.id}"
        if key not in self._registry.devices_named([key]):  # there after an import that was interrupted
            self._registry.create_device(key, DEVICE_PROFILE, site, name=device.name[:100] or key)
        return key

    # -- sensors

    def _free_codes(self, sensors: Sequence[OldSensor]) -> None:
        """So that two sensors can change codes with each other."""
        known = self._picture().sensors
        for sensor in sensors:
            if not self._dry_run and sensor.id in known and known[sensor.id].code != sensor.code:
                self._numbers.change_sensor(sensor.id, code=None)

    def _bring_sensor(self, sensor: OldSensor) -> None:
        picture = self._picture()
        known = picture.sensors.get(sensor.id)
        try:
            if known is None:
                self._receipt.new["sensors"] += 1
                self._add_sensor(sensor, picture)
            else:
                self._change_sensor(sensor, known)
        except CalhaError as error:
            self._receipt.new["sensors"] -= known is None
            self._receipt.reject("sensor_refused", f"sensor {sensor.id}: {error}")
            return
        self._note_series(sensor)

    def _add_sensor(self, sensor: OldSensor, picture: Picture) -> None:
        """Raises Conflict, NotFound."""
        if self._dry_run:
            return
        if sensor.device_id not in picture.devices:
            raise Conflict(f"its dispositivo {sensor.device_id} was not taken over")
        device, key = picture.devices[sensor.device_id].device, f"sensor_{sensor.id}"
        here = {channel.key: channel.series for channel in self._registry.device(device).channels}
        series = here[key] if key in here else self._registry.add_channel(device, self._channel(sensor, key, None))
        self._numbers.add_sensor(
            series, sensor.name, sensor.kind, sensor.device_id, sensor.unit_id, sensor.code, sensor.id
        )

    def _change_sensor(self, sensor: OldSensor, known: EtaSensorRow) -> None:
        """Raises Conflict, NotFound."""
        wanted = {
            "name": sensor.name,
            "code": sensor.code if sensor.code is not None else known.code,
            "kind": sensor.kind,
            "eta_device_id": sensor.device_id,
            "unit_id": sensor.unit_id if sensor.unit_id is not None else known.unit_id,
        }
        now = [known.name, known.code, known.kind, known.device_id, known.unit_id]
        if list(wanted.values()) == now:
            self._receipt.known["sensors"] += 1
            return
        if not self._dry_run:
            self._numbers.change_sensor(sensor.id, **wanted)
            symbol = self._picture().symbol_of(self._picture().sensors[sensor.id])
            self._registry.update_channel(known.device, known.channel, name=sensor.name[:100], unit=symbol)
        self._receipt.changed["sensors"] += 1

    def _note_series(self, sensor: OldSensor) -> None:
        """Where each kind of its measurements goes; means get channels of their own."""
        row = self._picture().sensors.get(sensor.id)
        for kind in sensor.kinds:
            if row is None:
                self._receipt.series.append(Series(sensor.id, kind, "", "", False))
                continue
            key = row.channel + SUFFIXES[kind]
            exists = any(channel.key == key for channel in self._registry.device(row.device).channels)
            if not exists and not self._dry_run:
                self._registry.add_channel(row.device, self._channel(sensor, key, kind))
                exists = True
            self._receipt.series.append(Series(sensor.id, kind, row.device, key, exists))

    def _channel(self, sensor: OldSensor, key: str, kind: str | None) -> ProfileChannel:
        unit = self._picture().units.get(sensor.unit_id) if sensor.unit_id is not None else None
        name = sensor.name[:60]
        words = {"pt": name, "en": name}
        if kind is not None:
            words = {"pt": f"{name}, {MEANS[kind][0]}", "en": f"{name}, {MEANS[kind][1]}"}
        return ProfileChannel(key, words, unit=unit.symbol if unit is not None else "")

    # -- people

    def _bring_person(self, person: OldPerson, site: int) -> None:
        people, role = self._accounts.people, ROLES.get(person.kind)
        if role is None:
            self._receipt.reject("unknown_role", f"{person.user_name}: {person.kind}")
            return
        known = people.find(person.user_name) or (people.find(person.email) if person.email else None)
        if known is not None:
            self._receipt.known["users"] += 1
            has_one = any(grant.site_id in (None, site) for grant in people.grants(known.id))
            if not has_one and not self._dry_run:
                people.grant(known.id, role, site)
            return
        if not person.password_hash.startswith(BCRYPT):
            self._receipt.reject("no_bcrypt", f"{person.user_name}: its password is no bcrypt hash; invite him instead")
            return
        self._receipt.new["users"] += 1
        if not self._dry_run:
            grants = [(role, site)]
            people.create(person.name[:100], person.email, person.user_name, person.password_hash, grants=grants)

    # -- both

    def _picture(self) -> Picture:
        return self._numbers.picture()

    def _is_new_or_changed(self, kind: str, known: object, wanted: object) -> bool:
        counter = self._receipt.new if known is None else self._receipt.changed
        if known == wanted:
            counter = self._receipt.known
        counter[kind] += 1
        return known != wanted
