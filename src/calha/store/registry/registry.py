"""The registry as the rest of Calha uses it. Synchronous and thread-safe; each method is one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.access import Tree
from calha.domain.claim_codes import new_code
from calha.domain.directory import ChannelEntry, DeviceEntry, Directory
from calha.domain.errors import Conflict, InvalidConfiguration, Malformed, NotFound
from calha.domain.profile_reader import read_profile
from calha.domain.profiles import Profile, ProfileChannel, Retention, Text
from calha.domain.readings import Micros
from calha.domain.times import is_zone, to_micros
from calha.store.registry import gateways, models, profiles
from calha.store.registry.choosing import of_devices, with_own_events
from calha.store.registry.engines import copy_file, engine_for
from calha.store.registry.models import Change, Channel, ClaimCode, Device, Event, Site, UserProfile
from calha.store.registry.positions import columns_of, position_in
from calha.store.registry.rows import ChannelRow, DeviceRow, EventRow, NewDevice, Page, Position, Selection, SiteRow
from calha.store.registry.schema import migrate
from calha.store.registry.writing import writing

DELETED = "device_deleted"  # the kind of the last event of a device
MAX_SITE_DEPTH = 20
INSERT_ROWS = 500  # at once: databases limit the parameters of a statement


class Registry:
    def __init__(self, engine: Engine, own_profiles: Sequence[Profile] = ()) -> None:
        self._engine = engine
        self._own_profiles = own_profiles

    @classmethod
    def open(cls, url: str, profiles_folder: Path | None = None) -> Self:
        """Open and migrate. Raises InvalidConfiguration, also for a profile in the folder that cannot work."""
        engine = engine_for(url)
        migrate(engine)
        return cls(engine, list(profiles.of_folder(profiles_folder)))

    def close(self) -> None:
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """For the other tables of the same database (`store.accounts`)."""
        return self._engine

    @property
    def is_file(self) -> bool:
        """Whether the registry is a SQLite file of our own."""
        return self._engine.dialect.name == "sqlite"

    @property
    def bytes(self) -> int:
        """What a SQLite file takes on the disk; 0 of another database."""
        if not self.is_file or not self._engine.url.database:
            return 0
        file = Path(self._engine.url.database)
        return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))

    @property
    def version(self) -> int:
        """A number that grows with each change, by whichever process."""
        with self._engine.connect() as connection:
            return connection.execute(select(Change.version)).scalar_one()

    # -- sites

    def sites(self) -> list[SiteRow]:
        """All sites, parents before children, siblings by name."""
        with self._engine.connect() as connection:
            return list(_sites(connection).values())

    def first_site(self) -> SiteRow:
        """The oldest that is left, whatever the names of others; what names no site goes there."""
        return min(self.sites(), key=lambda site: site.id)

    def site(self, site_id: int) -> SiteRow:
        with self._engine.connect() as connection:
            return _site(connection, site_id)

    def create_site(self, name: str, parent_id: int | None, zone: str, position: Position | None = None) -> SiteRow:
        """Raises NotFound (parent), Malformed (zone), Conflict (too deep)."""
        with writing(self._engine) as connection:
            if parent_id is not None:
                _site(connection, parent_id)
            values = {"name": name, "parent_id": parent_id, "zone": _known_zone(zone), **columns_of(position)}
            site_id = connection.execute(insert(Site).values(values)).inserted_primary_key
            assert site_id is not None
            _require_shallow(connection, {site_id[0]})
            return _site(connection, site_id[0])

    def update_site(self, site_id: int, **changes: Any) -> SiteRow:  # noqa: ANN401 - columns
        """Change name, parent_id, zone or position. Raises NotFound, Malformed, Conflict (below itself, too deep)."""
        with writing(self._engine) as connection:
            _site(connection, site_id)
            if changes.get("zone") is not None:
                _known_zone(changes["zone"])
            below = _subtree(connection, site_id)
            if changes.get("parent_id") is not None:
                _site(connection, changes["parent_id"])
                if changes["parent_id"] in below:
                    raise Conflict("a site cannot stand below itself", "site_below_itself")
            kept = {key: value for key, value in changes.items() if value is not None or key == "parent_id"}
            kept |= _columns_among(changes)
            kept.pop("position", None)
            if kept:
                connection.execute(update(Site).where(Site.id == site_id).values(kept))
            _require_shallow(connection, below)
            return _site(connection, site_id)

    def delete_site(self, site_id: int) -> None:
        """Raises NotFound, Conflict while sites or devices stand in it, or when it is the last one."""
        with writing(self._engine) as connection:
            site = _site(connection, site_id)
            devices = connection.execute(select(func.count()).where(Device.site_id == site_id)).scalar_one()
            children = connection.execute(select(func.count()).where(Site.parent_id == site_id)).scalar_one()
            links = connection.execute(select(func.count()).where(models.Connection.site_id == site_id)).scalar_one()
            if devices or children or links:
                held = f"{devices} devices, {children} sites and {links} connections"
                detail = f"{site.name!r} still holds {held}; move them first"
                raise Conflict(
                    detail, "site_not_empty", site=site.name, devices=devices, sites=children, connections=links
                )
            if len(_sites(connection)) == 1:
                raise Conflict(
                    f"{site.name!r} is the only site; devices need one. Rename it instead", "only_site", site=site.name
                )
            connection.execute(delete(Site).where(Site.id == site_id))

    # -- devices

    def devices(
        self,
        after: str | None = None,
        limit: int = 100,
        q: str | None = None,
        site: int | None = None,
        profile: str | None = None,
        within: Selection | None = None,
        *,
        placed: bool = False,
    ) -> Page[DeviceRow]:
        """Devices by key; `site` with all below it; `q` anywhere in key, name, serial or note; only those `within`.

        placed: only those that have a position of their own.
        """
        with self._engine.connect() as connection:
            query = select(Device.__table__).order_by(Device.key).limit(limit + 1)
            if after is not None:
                query = query.where(Device.key > after)
            if profile is not None:
                query = query.where(Device.profile == profile)
            if site is not None:
                query = query.where(Device.site_id.in_(_subtree(connection, site)))
            if placed:
                query = query.where(Device.latitude.is_not(None))
            query = of_devices(query, within=within)
            if q:
                columns = (Device.key, Device.name, Device.serial, Device.note)
                query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
            found = self._device_rows(connection, query)
            return Page(found[:limit], found[limit - 1].key if len(found) > limit else None)

    def device(self, key: str) -> DeviceRow:
        with self._engine.connect() as connection:
            return self._device(connection, key)

    def devices_named(self, keys: Sequence[str]) -> dict[str, DeviceRow]:
        """Those of the devices that exist, by key."""
        with self._engine.connect() as connection:
            found = [
                row
                for part in _parts(keys)
                for row in self._device_rows(connection, select(Device.__table__).where(Device.key.in_(part)))
            ]
            return {row.key: row for row in found}

    def intervals(self) -> dict[str, float]:
        """How often devices report according to their profile, as far as it says."""
        usual = {one.name: one.interval_s for one in self._profiles().values() if one.interval_s is not None}
        with self._engine.connect() as connection:
            found = connection.execute(select(Device.key, Device.profile))
            return {key: usual[profile] for key, profile in found if profile in usual}

    def devices_of_serial(self, serial: str) -> list[DeviceRow]:
        """Nothing keeps two makers from the same serial number."""
        with self._engine.connect() as connection:
            return self._device_rows(connection, select(Device.__table__).where(Device.serial == serial).limit(2))

    def serials(self) -> set[str]:
        """Serial numbers of all devices."""
        with self._engine.connect() as connection:
            return {serial for serial in connection.execute(select(Device.serial)).scalars() if serial}

    def device_keys(self, site_id: int) -> set[str]:
        """Keys of the devices in a site and below it."""
        with self._engine.connect() as connection:
            sites = _subtree(connection, site_id)
            return set(connection.execute(select(Device.key).where(Device.site_id.in_(sites))).scalars())

    def create_device(
        self,
        key: str,
        profile: str,
        site_id: int,
        *,
        name: str = "",
        serial: str | None = None,
        note: str = "",
        gateway: str | None = None,
        position: Position | None = None,
    ) -> DeviceRow:
        """Raises NotFound (profile, site, gateway), Conflict (key)."""
        new = NewDevice(key, profile, name, serial, note, gateway=gateway, position=position)
        self.create_devices([new], site_id)
        return self.device(key)

    def create_devices(self, devices: Sequence[NewDevice], site_id: int) -> None:
        """Create many, with claim codes and the channels of their profiles, all or none. Raises NotFound, Conflict."""
        known = self._profiles()
        now = datetime.now(UTC)
        with writing(self._engine) as connection:
            for one in {device.site_id or site_id for device in devices}:
                _site(connection, one)
            for name in {device.profile for device in devices}:
                _require_profile(known, name)
            behind = gateways.ids(connection, {device.gateway for device in devices if device.gateway is not None})
            first = _first_events(connection, [device.key for device in devices])
            rows = [
                {
                    "key": device.key,
                    "name": device.name or device.key,
                    "serial": device.serial,
                    "profile": device.profile,
                    "site_id": device.site_id or site_id,
                    "gateway_id": behind.get(device.gateway or ""),
                    "note": device.note,
                    **columns_of(device.position),
                    "created_at": now,
                    "first_event": first.get(device.key),
                    "version": 1,
                }
                for device in devices
            ]
            try:
                for part in _parts(rows):
                    connection.execute(insert(Device), part)
            except IntegrityError:
                taken = self._taken(devices)
                raise Conflict(
                    f"there is a device {', '.join(taken[:5])} already", "device_exists", device=", ".join(taken[:5])
                ) from None
            ids: dict[str, int] = {}
            for part in _parts([device.key for device in devices]):
                found = connection.execute(select(Device.key, Device.id).where(Device.key.in_(part)))
                ids.update((key, number) for key, number in found)
            codes = [{"device_id": number, "code": new_code()} for number in ids.values()]
            for part in _parts(codes):
                connection.execute(insert(ClaimCode), part)
            channels = [
                _channel_values(ids[device.key], channel)
                for device in devices
                for channel in known[device.profile].channels
            ]
            for part in _parts(channels):
                connection.execute(insert(Channel), part)

    def update_device(self, key: str, version: int | None = None, **changes: Any) -> DeviceRow:  # noqa: ANN401 - columns
        """Change name, serial, profile, site_id, gateway, note or position; a new profile adds its channels.

        Raises NotFound, and Conflict if `version` is given and somebody else has changed the device since, or when the
        gateway itself reports through the device.
        """
        with writing(self._engine) as connection:
            device = self._device(connection, key)
            if version is not None and version != device.version:
                raise Conflict(
                    f"{key} has been changed meanwhile (version {device.version}, not {version}); look again",
                    "changed_meanwhile",
                    device=key,
                )
            kept = {name: value for name, value in changes.items() if value is not None or name == "serial"}
            kept |= _columns_among(changes)
            kept.pop("position", None)
            kept.pop("gateway", None)
            if "gateway" in changes:
                kept["gateway_id"] = gateways.chosen(connection, key, changes["gateway"])
            if "site_id" in kept:
                _site(connection, kept["site_id"])
            if "profile" in kept:
                profile = _require_profile(self._profiles(), kept["profile"])
                self._add_channels(connection, key, device, profile)
            changed = update(Device).where(Device.key == key).values({**kept, "version": device.version + 1})
            connection.execute(changed)
            return self._device(connection, key)

    def delete_device(self, key: str) -> None:
        """Its history stays; a device that is given the same key later has one of its own. Raises NotFound."""
        with writing(self._engine) as connection:
            self._device(connection, key)
            device_id = connection.execute(select(Device.id).where(Device.key == key)).scalar_one()
            connection.execute(update(Device).where(Device.gateway_id == device_id).values(gateway_id=None))
            connection.execute(delete(Channel).where(Channel.device_id == device_id))
            connection.execute(delete(Device).where(Device.id == device_id))
            text = {"pt": f"Dispositivo {key} removido", "en": f"Device {key} deleted"}
            connection.execute(insert(Event).values(_event_values(DELETED, text, key)))

    def update_channel(self, device: str, channel: str, **changes: Any) -> ChannelRow:  # noqa: ANN401 - columns
        """Change name, unit, kind, minimum, maximum or precision. Raises NotFound, Malformed."""
        with writing(self._engine) as connection:
            row = self._device(connection, device)
            found = _channel(row, channel)
            required = {"name", "unit", "kind"}
            kept = {name: value for name, value in changes.items() if value is not None or name not in required}
            minimum, maximum = kept.get("minimum", found.minimum), kept.get("maximum", found.maximum)
            if minimum is not None and maximum is not None and minimum >= maximum:
                raise Malformed(
                    f"the maximum {maximum:g} is not above the minimum {minimum:g}",
                    "bad_range",
                    minimum=minimum,
                    maximum=maximum,
                )
            if kept:
                connection.execute(update(Channel).where(Channel.id == found.series).values(kept))
                connection.execute(update(Device).where(Device.key == device).values(version=row.version + 1))
            return _channel(self._device(connection, device), channel)

    def discover(self, device_key: str, channel_keys: Iterable[str]) -> list[ChannelRow]:
        """Make gauges without unit for keys that a device reports, up to its profile's limit; the new ones."""
        with writing(self._engine) as connection:
            device = self._device(connection, device_key)
            profile = self._profiles().get(device.profile)
            room = _room(profile, len(device.channels))
            known = {channel.key for channel in device.channels}
            new = [key for key in dict.fromkeys(channel_keys) if key not in known][:room]
            device_id = connection.execute(select(Device.id).where(Device.key == device_key)).scalar_one()
            if not new:
                return []
            rows = [_channel_values(device_id, ProfileChannel(key, {}), discovered=True) | {"name": key} for key in new]
            connection.execute(insert(Channel), rows)
            device = self._device(connection, device_key)
            return [channel for channel in device.channels if channel.key in new]

    def add_channel(self, device_key: str, channel: ProfileChannel) -> int:
        """The series of a new channel that the profile does not have. Raises NotFound, Conflict (key, or no room)."""
        with writing(self._engine) as connection:
            device = self._device(connection, device_key)
            if not _room(self._profiles().get(device.profile), len(device.channels)):
                raise Conflict(
                    f"{device_key} has {len(device.channels)} channels; its profile allows no more",
                    "too_many_channels",
                    device=device_key,
                )
            if channel.key in {known.key for known in device.channels}:
                raise Conflict(
                    f"{device_key} has a channel {channel.key!r} already", "channel_exists", channel=channel.key
                )
            device_id = connection.execute(select(Device.id).where(Device.key == device_key)).scalar_one()
            values = _channel_values(device_id, channel, discovered=True)
            key = connection.execute(insert(Channel).values(values)).inserted_primary_key
            assert key is not None
            return int(key[0])

    def remove_channel(self, series: int) -> None:
        """Remove a channel that the profile does not have."""
        with writing(self._engine) as connection:
            connection.execute(delete(Channel).where(Channel.id == series, Channel.discovered.is_(True)))

    def units(self) -> dict[int, str]:
        """Unit symbols by series id."""
        with self._engine.connect() as connection:
            return {row.id: row.unit for row in connection.execute(select(Channel.id, Channel.unit))}

    def series_of_retention(self, retention: Retention) -> list[int]:
        """Series ids of the channels that their profile puts into a retention class."""
        chosen = {
            (profile.name, channel.key)
            for profile in self._profiles().values()
            for channel in profile.channels
            if channel.retention == retention
        }
        query = select(Channel.id, Device.profile, Channel.key).join(Device, Device.id == Channel.device_id)
        with self._engine.connect() as connection:
            return [series for series, profile, key in connection.execute(query) if (profile, key) in chosen]

    # -- profiles

    def profiles(self) -> list[Profile]:
        return list(self._profiles().values())

    def profile(self, name: str) -> Profile:
        return _require_profile(self._profiles(), name)

    def profile_text(self, name: str) -> str | None:
        """The YAML of a profile of the user's as it was saved; None without one."""
        with self._engine.connect() as connection:
            return connection.execute(select(UserProfile.yaml).where(UserProfile.name == name)).scalar()

    def save_profile(self, yaml_text: str) -> Profile:
        """Create or replace a profile of the user's. Raises InvalidProfile, Conflict for a packaged or filed name."""
        profile = read_profile(yaml_text, "profile")
        profiles.require_own_name(profile, "profile")
        if profile.name in {own.name for own in self._own_profiles}:
            raise Conflict(
                f"the profile {profile.name!r} is a file in registry.profiles_folder; change it there",
                "profile_of_file",
                profile=profile.name,
            )
        with writing(self._engine) as connection:
            connection.execute(delete(UserProfile).where(UserProfile.name == profile.name))
            connection.execute(insert(UserProfile).values(name=profile.name, yaml=yaml_text))
        return profile

    def delete_profile(self, name: str) -> None:
        """Raises NotFound, Conflict while a device uses it or it is not the user's to delete."""
        if name in profiles.packaged() or name in {own.name for own in self._own_profiles}:
            raise Conflict(
                f"the profile {name!r} comes from a file and cannot be deleted here", "profile_of_file", profile=name
            )
        with writing(self._engine) as connection:
            used = connection.execute(select(func.count()).where(Device.profile == name)).scalar_one()
            if used:
                raise Conflict(
                    f"{used} devices use the profile {name!r}; give them another first",
                    "profile_in_use",
                    devices=used,
                    profile=name,
                )
            if not connection.execute(delete(UserProfile).where(UserProfile.name == name)).rowcount:
                raise NotFound(f"there is no profile {name!r}", "unknown_profile", profile=name)

    # -- events

    def add_event(
        self,
        kind: str,
        *,
        text: Text,
        device: str | None = None,
        severity: str = "info",
        data: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> None:
        """at: when it happened, if not just now."""
        with self._engine.execution_options(writes=True).begin() as connection:
            row = _event_values(kind, text, device)
            given = {"at": at or row["at"], "severity": severity, "data": dict(data or {})}
            connection.execute(insert(Event).values(row | given))

    def events(
        self,
        after: int | None = None,
        limit: int = 100,
        device: str | None = None,
        within: Selection | None = None,
        kind: str | None = None,
    ) -> Page[EventRow]:
        """Newest first; `after` an id, downwards; only of devices `within`, only of a kind.

        Of one device, or `within`, without what tells of a device that had its key before.
        """
        query = select(Event.__table__).order_by(Event.id.desc()).limit(limit + 1)
        if device is not None or within is not None:
            query = with_own_events(query)
        if after is not None:
            query = query.where(Event.id < after)
        if device is not None:
            query = query.where(Event.device == device)
        if kind is not None:
            query = query.where(Event.kind == kind)
        if within is not None:
            query = query.where(or_(Device.site_id.in_(within.sites), Event.device.in_(within.devices)))
        with self._engine.connect() as connection:
            found = [EventRow(**row._mapping) for row in connection.execute(query)]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    # -- for ingest

    def directory(self) -> Directory:
        """Devices and channels as ingest needs them, as of one moment."""
        known = self._profiles()
        shapes = {name: _Shape(profile) for name, profile in known.items()}
        with self._engine.connect() as connection:
            version = connection.execute(select(Change.version)).scalar_one()
            sites = _sites(connection)
            zones = {site.id: ZoneInfo(site.zone) for site in sites.values()}
            tree = Tree({site.id: site.parent_id for site in sites.values()})
            channels: dict[int, list[Any]] = {}
            table = select(
                Channel.device_id, Channel.id, Channel.key, Channel.kind, Channel.minimum, Channel.maximum
            ).order_by(Channel.id)
            for row in connection.execute(table):
                channels.setdefault(row[0], []).append(row)
            devices, names = {}, {}
            rows = connection.execute(
                select(Device.id, Device.key, Device.site_id, Device.profile, Device.gateway_id)
            ).all()
            keys = {number: key for number, key, *_ in rows}
            since = _since(connection)
            for number, key, site_id, profile, gateway_id in rows:
                own = channels.get(number, [])
                shape = shapes.get(profile) or _Shape(None)
                devices[key] = DeviceEntry(
                    key,
                    zones[site_id],
                    shape.entries(own),
                    shape.room(len(own)),
                    site_id,
                    keys.get(gateway_id or 0),
                    profile,
                    since.get(key, 0),
                )
                names.update({row[1]: (key, row[2]) for row in own})
        return Directory(devices, names, version, tree)

    def backup(self, path: Path) -> None:
        """Copy a SQLite registry while it is used. Raises InvalidConfiguration for another database."""
        if not self.is_file:
            raise InvalidConfiguration("back this registry up with its own tools: pg_dump or mariadb-dump")
        copy_file(self._engine, path)

    # -- below: what the public part is made of

    def _profiles(self) -> dict[str, Profile]:
        with self._engine.connect() as connection:
            saved = [
                profiles.saved(name, yaml)
                for name, yaml in connection.execute(select(UserProfile.name, UserProfile.yaml))
            ]
        return profiles.by_name([*self._own_profiles, *(profile for profile in saved if profile is not None)])

    def _device(self, connection: Connection, key: str) -> DeviceRow:
        found = self._device_rows(connection, select(Device.__table__).where(Device.key == key))
        if not found:
            raise NotFound(f"there is no device {key!r}", "unknown_device", device=key)
        return found[0]

    def _device_rows(self, connection: Connection, query: Select[Any]) -> list[DeviceRow]:
        found = connection.execute(query).all()
        sites = _sites(connection)
        known = self._profiles()
        channels: dict[int, list[ChannelRow]] = {}
        by_id = {row.id: row for row in found}
        for part in _parts(list(by_id)):
            of_devices = select(Channel.__table__).where(Channel.device_id.in_(part)).order_by(Channel.id)
            for row in connection.execute(of_devices):
                profile = known.get(by_id[row.device_id].profile)
                channels.setdefault(row.device_id, []).append(_channel_row(row, profile))
        behind = gateways.keys(connection, {row.gateway_id for row in found if row.gateway_id is not None})
        return [
            DeviceRow(
                row.key,
                row.name,
                row.serial,
                row.profile,
                row.site_id,
                sites[row.site_id].path,
                sites[row.site_id].zone,
                row.note,
                row.created_at,
                row.version,
                channels.get(row.id, []),
                behind.get(row.gateway_id),
                position_in(row),
            )
            for row in found
        ]

    def _add_channels(self, connection: Connection, key: str, device: DeviceRow, profile: Profile) -> None:
        device_id = connection.execute(select(Device.id).where(Device.key == key)).scalar_one()
        known = {channel.key for channel in device.channels}
        missing = [_channel_values(device_id, one) for one in profile.channels if one.key not in known]
        if missing:
            connection.execute(insert(Channel), missing)

    def _taken(self, devices: Sequence[NewDevice]) -> list[str]:
        keys = [device.key for device in devices]
        with self._engine.connect() as connection:
            taken = [
                key
                for part in _parts(keys)
                for key in connection.execute(select(Device.key).where(Device.key.in_(part))).scalars()
            ]
        return taken or sorted({key for key in keys if keys.count(key) > 1})


class _Shape:
    """What a profile adds to its devices' channels: aliases and states, made once for all of them."""

    def __init__(self, profile: Profile | None) -> None:
        self._profile = profile
        self._states = {
            channel.key: {
                word.lower(): state.code for state in channel.states for word in (*state.aliases, *state.text.values())
            }
            for channel in (profile.channels if profile else ())
        }

    def entries(self, rows: Iterable[Any]) -> dict[str, ChannelEntry]:
        entries = {
            key: ChannelEntry(series, kind, minimum, maximum, self._states.get(key, {}))
            for _, series, key, kind, minimum, maximum in rows
        }
        if self._profile is not None:
            for channel in self._profile.channels:
                if channel.key in entries:
                    for alias in channel.aliases:
                        entries.setdefault(alias, entries[channel.key])
        return entries

    def room(self, channels: int) -> int:
        return _room(self._profile, channels)


def _sites(connection: Connection) -> dict[int, SiteRow]:
    """All sites by id, parents before children."""
    rows = connection.execute(select(Site.__table__).order_by(Site.name, Site.id)).all()
    children: dict[int | None, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    found: dict[int, SiteRow] = {}

    def descend(parent_id: int | None, path: list[str]) -> None:
        for row in children.get(parent_id, []):
            own = [*path, row.name]
            found[row.id] = SiteRow(row.id, row.parent_id, row.name, row.zone, own, position_in(row))
            if len(own) < MAX_SITE_DEPTH:
                descend(row.id, own)

    descend(None, [])
    return found


def _event_values(kind: str, text: Text, device: str | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"at": now, "kind": kind, "device": device, "severity": "info", "text": text, "data": {}}


def _first_events(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """From which number on events are of a new device, for keys that another one had."""
    found: dict[str, int] = {}
    for part in _parts(keys):
        deleted = select(Event.device, Event.id).where(Event.device.in_(part), Event.kind == DELETED)
        found.update((key or "", number + 1) for key, number in connection.execute(deleted.order_by(Event.id)))
    return found


def _since(connection: Connection) -> dict[str, Micros]:
    """When those devices were deleted that had the keys of others before."""
    deleted = select(Device.key, Event.at).join(Event, Event.id == Device.first_event - 1)
    return {key: to_micros(at) for key, at in connection.execute(deleted)}


def _columns_among(changes: Mapping[str, Any]) -> dict[str, float | None]:
    """The columns of a position, if that is among the changes."""
    return columns_of(changes["position"]) if "position" in changes else {}


def _site(connection: Connection, site_id: int) -> SiteRow:
    site = _sites(connection).get(site_id)
    if site is None:
        raise NotFound(f"there is no site {site_id}", "unknown_site", site=site_id)
    return site


def _require_shallow(connection: Connection, sites: set[int]) -> None:
    """Raises Conflict when one of the sites stands too deep in the tree to be found."""
    if not sites <= _sites(connection).keys():
        raise Conflict(f"sites stand at most {MAX_SITE_DEPTH} levels deep", "too_deep", most=MAX_SITE_DEPTH)


def _subtree(connection: Connection, site_id: int) -> set[int]:
    """Ids of a site and of all below it. Raises NotFound."""
    found = {_site(connection, site_id).id}
    for site in _sites(connection).values():
        if site.parent_id in found:
            found.add(site.id)
    return found


def _known_zone(zone: str) -> str:
    if not is_zone(zone):
        raise Malformed(f"{zone!r} is no IANA time zone; write it as in America/Sao_Paulo", "bad_zone", zone=zone)
    return zone


def _require_profile(known: Mapping[str, Profile], name: str) -> Profile:
    if name not in known:
        raise NotFound(f"there is no profile {name!r}; there are {', '.join(known)}", "unknown_profile", profile=name)
    return known[name]


def _room(profile: Profile | None, channels: int) -> int:
    return max(0, profile.max_channels - channels) if profile is not None and profile.allow_discovered else 0


def _channel(device: DeviceRow, key: str) -> ChannelRow:
    for channel in device.channels:
        if channel.key == key:
            return channel
    raise NotFound(f"{device.key} has no channel {key!r}", "unknown_channel", channel=key)


def _channel_values(device_id: int, channel: ProfileChannel, *, discovered: bool = False) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "key": channel.key,
        "name": channel.name,
        "unit": channel.unit,
        "kind": channel.kind,
        "minimum": channel.minimum,
        "maximum": channel.maximum,
        "precision": channel.precision,
        "discovered": discovered,
    }


def _channel_row(row: Any, profile: Profile | None) -> ChannelRow:  # noqa: ANN401 - a row of Channel
    declared = profile.channel(row.key) if profile is not None else None
    states: dict[str, str | Text] | None = None
    if declared is not None and declared.states:
        states = {str(state.code): state.text for state in declared.states}
    return ChannelRow(
        row.id,
        row.key,
        row.name,
        row.unit,
        row.kind,
        row.minimum,
        row.maximum,
        row.precision,
        bool(row.discovered),
        states,
    )


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), INSERT_ROWS):
        yield rows[start : start + INSERT_ROWS]
