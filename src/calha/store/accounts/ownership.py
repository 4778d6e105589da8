"""Whose a device is: claimed with the code on its label, released again; history stays with whom it was recorded for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.access import Periods
from calha.domain.errors import Conflict, NotFound
from calha.domain.readings import Micros
from calha.domain.times import to_micros
from calha.store.accounts.models import ClaimCode, Ownership
from calha.store.registry.models import Device
from calha.store.registry.writing import writing


@dataclass(frozen=True, slots=True)
class OwnerRow:
    person_id: int
    label: str
    from_at: datetime


class Ownerships:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def codes(self, devices: Sequence[str]) -> Mapping[str, str]:
        """Claim codes of devices, by key; devices without one are missing."""
        query = select(Device.key, ClaimCode.code).join(ClaimCode, ClaimCode.device_id == Device.id)
        with self._engine.connect() as connection:
            return {row.key: row.code for row in connection.execute(query.where(Device.key.in_(devices)))}

    def set_code(self, device: str, code: str) -> None:
        """Raises NotFound, Conflict if another device has the code."""
        with writing(self._engine) as connection:
            device_id = _device_id(connection, device)
            connection.execute(delete(ClaimCode).where(ClaimCode.device_id == device_id))
            try:
                connection.execute(insert(ClaimCode).values(device_id=device_id, code=code))
            except IntegrityError:
                raise Conflict("another device has this claim code") from None

    def device_of_code(self, code: str) -> str | None:
        query = select(Device.key).join(ClaimCode, ClaimCode.device_id == Device.id).where(ClaimCode.code == code)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def owner(self, device: str) -> OwnerRow | None:
        """Whose it is now. Raises NotFound."""
        with self._engine.connect() as connection:
            return _owner(connection, _device_id(connection, device))

    def owners(self) -> Mapping[str, int]:
        """Whose each device is now, as far as it is somebody's."""
        query = select(Device.key, Ownership.person_id).join(Device, Device.id == Ownership.device_id)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(Ownership.until_at.is_(None)))
            return {row.key: row.person_id for row in found}

    def claim(self, device: str, person_id: int, label: str) -> None:
        """Make a person the owner from now on. Raises NotFound, Conflict when it is somebody's."""
        with writing(self._engine) as connection:
            device_id = _device_id(connection, device)
            if _owner(connection, device_id) is not None:
                raise Conflict("this device belongs to somebody already; its owner has to release it first")
            values = {"device_id": device_id, "person_id": person_id, "label": label, "from_at": datetime.now(UTC)}
            connection.execute(insert(Ownership).values(values))

    def release(self, device: str, new_code: str) -> None:
        """End the ownership and give the device a new code. Raises NotFound when it is nobody's."""
        with writing(self._engine) as connection:
            device_id = _device_id(connection, device)
            current = update(Ownership).where(Ownership.device_id == device_id, Ownership.until_at.is_(None))
            if not connection.execute(current.values(until_at=datetime.now(UTC))).rowcount:
                raise NotFound(f"{device} belongs to nobody")
            connection.execute(delete(ClaimCode).where(ClaimCode.device_id == device_id))
            connection.execute(insert(ClaimCode).values(device_id=device_id, code=new_code))

    def of(self, person_id: int) -> Mapping[str, Periods]:
        """The devices that are or were a person's, with the times."""
        query = (
            select(Device.key, Ownership.from_at, Ownership.until_at)
            .join(Device, Device.id == Ownership.device_id)
            .where(Ownership.person_id == person_id)
            .order_by(Ownership.from_at)
        )
        found: dict[str, list[tuple[Micros, Micros | None]]] = {}
        with self._engine.connect() as connection:
            for key, from_at, until_at in connection.execute(query):
                found.setdefault(key, []).append((to_micros(from_at), to_micros(until_at) if until_at else None))
        return found


def _owner(connection: Connection, device_id: int) -> OwnerRow | None:
    columns = Ownership.person_id, Ownership.label, Ownership.from_at
    query = select(*columns).where(Ownership.device_id == device_id, Ownership.until_at.is_(None))
    row = connection.execute(query).first()
    return OwnerRow(*row) if row is not None else None


def _device_id(connection: Connection, key: str) -> int:
    found = connection.execute(select(Device.id).where(Device.key == key)).scalar()
    if found is None:
        raise NotFound(f"there is no device {key!r}")
    return int(found)
