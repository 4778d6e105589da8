"""Keys with which the devices of a fleet ask for credentials of their own, and which devices have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update

from calha.domain.errors import Conflict, NotFound
from calha.store.accounts.models import Provisioned, ProvisioningKey
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of, writing


@dataclass(frozen=True, slots=True)
class ProvisioningKeyRow:
    id: int
    name: str
    start: str
    profile: str
    site_id: int
    most_devices: int
    devices: int
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def holds(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class NewProvisioningKey:
    name: str
    profile: str
    site_id: int
    most_devices: int
    expires_at: datetime | None
    made_by: str


_COLUMNS = [getattr(ProvisioningKey, name) for name in ProvisioningKeyRow.__dataclass_fields__]


class ProvisioningKeys:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: NewProvisioningKey, start: str, digest: str) -> ProvisioningKeyRow:
        """start: the first letters of the key, by which people tell it from others."""
        values = {name: getattr(new, name) for name in NewProvisioningKey.__dataclass_fields__}
        values |= {"start": start, "digest": digest, "devices": 0, "created_at": datetime.now(UTC)}
        with writing(self._engine) as connection:
            made = connection.execute(insert(ProvisioningKey).values(values)).inserted_primary_key
            assert made is not None
            return _get(connection, made[0])

    def list(self) -> Sequence[ProvisioningKeyRow]:
        """All that were ever made, the newest first."""
        with self._engine.connect() as connection:
            found = connection.execute(select(*_COLUMNS).order_by(ProvisioningKey.id.desc()))
            return [ProvisioningKeyRow(*row) for row in found]

    def find(self, digest: str) -> ProvisioningKeyRow | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(*_COLUMNS).where(ProvisioningKey.digest == digest)).first()
            return ProvisioningKeyRow(*row) if row is not None else None

    def revoke(self, key_id: int) -> ProvisioningKeyRow:
        """Raises NotFound."""
        with writing(self._engine) as connection:
            own = ProvisioningKey.id == key_id, ProvisioningKey.revoked_at.is_(None)
            connection.execute(update(ProvisioningKey).where(*own).values(revoked_at=datetime.now(UTC)))
            return _get(connection, key_id)

    def take_place(self, key_id: int) -> None:
        """Count one device more. Raises Conflict when the key has served as many as it may."""
        with writing(self._engine) as connection:
            free = ProvisioningKey.id == key_id, ProvisioningKey.devices < ProvisioningKey.most_devices
            counted = update(ProvisioningKey).where(*free).values(devices=ProvisioningKey.devices + 1)
            if not connection.execute(counted).rowcount:
                raise Conflict("this provisioning key has served as many devices as it may", "fleet_full")

    def give_back(self, key_id: int) -> None:
        """Count one device less."""
        with writing(self._engine) as connection:
            own = ProvisioningKey.id == key_id, ProvisioningKey.devices > 0
            connection.execute(update(ProvisioningKey).where(*own).values(devices=ProvisioningKey.devices - 1))

    def note(self, device: str) -> None:
        """A device has got its credential this way. Raises NotFound."""
        with writing(self._engine) as connection:
            device_id = device_id_of(connection, device)
            connection.execute(delete(Provisioned).where(Provisioned.device_id == device_id))
            connection.execute(insert(Provisioned).values(device_id=device_id, at=datetime.now(UTC)))

    def state_of(self, device: str) -> tuple[bool, bool]:
        """(whether it got a credential this way, whether it may ask again)."""
        query = select(Provisioned.again_until).join(Device, Device.id == Provisioned.device_id)
        with self._engine.connect() as connection:
            row = connection.execute(query.where(Device.key == device)).first()
        return row is not None, row is not None and row[0] is not None and row[0] > datetime.now(UTC)

    def allow_again(self, device: str, until: datetime) -> None:
        """Let a device ask once more. Raises NotFound."""
        with writing(self._engine) as connection:
            device_id = device_id_of(connection, device)
            own = update(Provisioned).where(Provisioned.device_id == device_id).values(again_until=until)
            if not connection.execute(own).rowcount:
                values = {"device_id": device_id, "at": datetime.now(UTC), "again_until": until}
                connection.execute(insert(Provisioned).values(values))


def _get(connection: Connection, key_id: int) -> ProvisioningKeyRow:
    row = connection.execute(select(*_COLUMNS).where(ProvisioningKey.id == key_id)).first()
    if row is None:
        raise NotFound(f"there is no provisioning key {key_id}", "unknown_key")
    return ProvisioningKeyRow(*row)
