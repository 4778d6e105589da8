"""What DataButcher knows of its machines and users beyond what Calha knows: the codes on its labels, and settings.

A machine's code is its ObjectId, which is printed on its label and written into its program; users have such a code, too.
Both stay what they were, whatever Calha calls the device or the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import exists, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.domain.readings import Micros
from calha.store.accounts.models import DeviceCredential
from calha.store.databutcher.models import MAX_TEXT, DataButcherMachine, DataButcherPerson
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of, writing


class Settings(NamedTuple):
    """With what a machine is started: V, rpm, °C at most."""

    voltage: float = 220
    speed: float = 500
    temperature: float = 20


DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class MachineRow:
    """proven: whether it has a credential of its own. serial: its device's."""

    code: str
    device: str
    maker: str
    model: str
    settings: Settings
    reset_at: Micros = 0
    proven: bool = False
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class UserRow:
    code: str
    person_id: int
    company: str
    email: str


class DataButcherStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- machines

    def machines(self) -> Mapping[str, MachineRow]:
        """All of them, by code."""
        table = DataButcherMachine
        columns = table.code, Device.key, table.maker, table.model, table.voltage, table.speed, table.temperature
        proven = exists().where(DeviceCredential.device_id == table.device_id)
        query = select(*columns, table.reset_at, proven, Device.serial).join(Device, Device.id == table.device_id)
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(table.code))
            return {row[0]: MachineRow(*row[:4], Settings(*row[4:7]), row[7], bool(row[8]), row[9]) for row in found}

    def add_machine(self, row: MachineRow) -> None:
        """Give a registered device a code. Raises NotFound, Conflict if one of them is given already."""
        with writing(self._engine) as connection:
            values = {"code": row.code, "maker": row.maker[:MAX_TEXT], "model": row.model[:MAX_TEXT]}
            values |= row.settings._asdict() | {"reset_at": row.reset_at}
            try:
                device_id = device_id_of(connection, row.device)
                connection.execute(insert(DataButcherMachine).values(device_id=device_id, **values))
            except IntegrityError:
                raise Conflict(f"the code {row.code!r} is given already, or {row.device} has one") from None

    def set_up(self, code: str, settings: Settings, reset_at: Micros | None = None) -> None:
        """Remember with what a machine is started, or that it was reset. Raises NotFound."""
        values = settings._asdict() | ({"reset_at": reset_at} if reset_at is not None else {})
        with writing(self._engine) as connection:
            changed = update(DataButcherMachine).where(DataButcherMachine.code == code).values(values)
            if not connection.execute(changed).rowcount:
                raise NotFound(f"there is no machine {code!r}")

    # -- users

    def user(self, person_id: int) -> UserRow | None:
        return self._user(DataButcherPerson.person_id == person_id)

    def user_of_code(self, code: str) -> UserRow | None:
        return self._user(DataButcherPerson.code == code)

    def add_user(self, row: UserRow) -> None:
        """Give a person a code. Raises Conflict if one of them is given already."""
        values = {"company": row.company[:MAX_TEXT], "email": row.email[:254], "code": row.code}
        with writing(self._engine) as connection:
            try:
                connection.execute(insert(DataButcherPerson).values(person_id=row.person_id, **values))
            except IntegrityError:
                raise Conflict(f"the code {row.code!r} is given already, or the person has one") from None

    def _user(self, condition: "object") -> UserRow | None:
        table = DataButcherPerson
        query = select(table.code, table.person_id, table.company, table.email).where(condition)  # type: ignore[arg-type]
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            return UserRow(*row) if row is not None else None
