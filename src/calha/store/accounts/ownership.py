"""Whose a device is: claimed with the code on its label, released again; history stays with whom it was recorded for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, insert, select, update

from calha.domain.access import Periods
from calha.domain.claim_codes import new_code
from calha.domain.errors import Conflict, NotFound
from calha.domain.readings import Micros
from calha.domain.times import to_micros
from calha.store.accounts.models import Ownership
from calha.store.registry.models import ClaimCode, Device
from calha.store.registry.writing import device_id_of, writing

DEVICES_AT_ONCE = 500  # databases limit the parameters of a statement
IS_HELD = Ownership.until_at.is_(None)


@dataclass(frozen=True, slots=True)
class OwnerRow:
    person_id: int
    label: str
    from_at: datetime


@dataclass(frozen=True, slots=True)
class OwnedRow:
    """A device that is a person's. label: as he calls it."""

    device: str
    label: str
    from_at: datetime


class Ownerships:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def codes(self, devices: Sequence[str]) -> Mapping[str, str]:
        """Claim codes of devices, by key; one that has none yet gets one. Devices that do not exist are missing."""
        with writing(self._engine) as connection:
            ids: dict[int, str] = {}
            codes: dict[int, str] = {}
            for start in range(0, len(devices), DEVICES_AT_ONCE):
                part = devices[start : start + DEVICES_AT_ONCE]
                query = select(Device.id, Device.key, ClaimCode.code).outerjoin(ClaimCode).where(Device.key.in_(part))
                for number, key, code in connection.execute(query):
                    ids[number], codes[number] = key, code or new_code()
                    if code is None:
                        connection.execute(insert(ClaimCode).values(device_id=number, code=codes[number]))
            return {key: codes[number] for number, key in ids.items()}

    def device_of_code(self, code: str) -> str | None:
        query = select(Device.key).join(ClaimCode, ClaimCode.device_id == Device.id).where(ClaimCode.code == code)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def owner(self, device: str) -> OwnerRow | None:
        """Whose it is now. Raises NotFound."""
        with self._engine.connect() as connection:
            return _owner(connection, device_id_of(connection, device))

    def owners(self) -> Mapping[str, int]:
        """Whose each device is now, as far as it is somebody's."""
        query = select(Device.key, Ownership.person_id).join(Device, Device.id == Ownership.device_id)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(IS_HELD))
            return {row.key: row.person_id for row in found}

    def ever_owned(self) -> frozenset[str]:
        """The devices that are or have been somebody's."""
        query = select(Device.key).join(Ownership, Ownership.device_id == Device.id).distinct()
        with self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def was_anothers(self, device: str, person_id: int) -> bool:
        """Whether somebody else has had the device before."""
        query = select(Ownership.id).join(Device, Device.id == Ownership.device_id).limit(1)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(Device.key == device, Ownership.person_id != person_id))
            return found.first() is not None

    def claim(self, code: str, person_id: int, label: str, since: datetime | None = None) -> str:
        """Make a person the owner of the device with this code from now on, or since when he was elsewhere; its key.

        Raises NotFound (code), Conflict when it is somebody's.
        """
        with writing(self._engine) as connection:
            query = select(Device.id, Device.key, Device.name).join(ClaimCode, ClaimCode.device_id == Device.id)
            found = connection.execute(query.where(ClaimCode.code == code)).first()
            if found is None:
                raise NotFound("no device has this claim code; compare it with the label", "unknown_code")
            owner = _owner(connection, found.id)
            if owner is not None and owner.person_id == person_id:
                raise Conflict("this device is yours already", "yours_already")
            if owner is not None:
                raise Conflict(
                    "this device belongs to somebody already; its owner has to release it first", "somebodys"
                )
            values = {"device_id": found.id, "person_id": person_id, "label": label or found.name}
            connection.execute(insert(Ownership).values({**values, "from_at": since or datetime.now(UTC)}))
            return str(found.key)

    def require_own(self, device: str, person_id: int) -> None:
        """Raises NotFound when it is not his."""
        with self._engine.connect() as connection:
            owner = _owner(connection, device_id_of(connection, device))
        if owner is None or owner.person_id != person_id:
            raise NotFound(f"{device} is not yours", "not_yours", device=device)

    def rename(self, device: str, person_id: int, label: str) -> None:
        """What its owner calls it. Raises NotFound when it is not his."""
        with writing(self._engine) as connection:
            own = Ownership.device_id == device_id_of(connection, device), Ownership.person_id == person_id
            changed = update(Ownership).where(*own, IS_HELD).values(label=label)
            if not connection.execute(changed).rowcount:
                raise NotFound(f"{device} is not yours", "not_yours", device=device)

    def release(self, device: str) -> None:
        """End the ownership and give the device a new code. Raises NotFound when it is nobody's."""
        with writing(self._engine) as connection:
            device_id = device_id_of(connection, device)
            if not free(connection, device_id):
                raise NotFound(f"{device} belongs to nobody", "nobodys", device=device)

    def owned_now(self, person_id: int) -> Sequence[OwnedRow]:
        """The devices that are a person's now, by his names for them."""
        query = (
            select(Device.key, Ownership.label, Ownership.from_at)
            .join(Device, Device.id == Ownership.device_id)
            .where(Ownership.person_id == person_id, IS_HELD)
            .order_by(Ownership.label, Device.key)
        )
        with self._engine.connect() as connection:
            return [OwnedRow(*row) for row in connection.execute(query)]

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


def free(connection: Connection, device_id: int) -> bool:
    """End the ownership of a device and give it a new code; whether it was somebody's."""
    held = update(Ownership).where(Ownership.device_id == device_id, IS_HELD)
    if not connection.execute(held.values(until_at=datetime.now(UTC))).rowcount:
        return False
    connection.execute(delete(ClaimCode).where(ClaimCode.device_id == device_id))
    connection.execute(insert(ClaimCode).values(device_id=device_id, code=new_code()))
    return True


def _owner(connection: Connection, device_id: int) -> OwnerRow | None:
    columns = Ownership.person_id, Ownership.label, Ownership.from_at
    query = select(*columns).where(Ownership.device_id == device_id, IS_HELD)
    row = connection.execute(query).first()
    return OwnerRow(*row) if row is not None else None
