"""Meters as this system numbers them: a row beside each of its devices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.store.hidrometro.models import Customer, Kind, Meter
from calha.store.hidrometro.numbering import go_on_after
from calha.store.registry.models import Device

STATUSES = ("Ativo", "Inativo", "Manutencao", "Defeito")
MAX_METERS = 10_000  # in one list
MAX_STATUS_HISTORY = 500


@dataclass(frozen=True, slots=True)
class KindRow:
    id: int
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class MeterRow:
    """device: its key."""

    number: int
    device: str
    serial: str
    customer_id: int | None
    customer: str | None
    kind_id: int | None
    kind: str | None
    model: str
    installed_on: date | None
    status: str
    status_history: Sequence[Mapping[str, str]]


class MeterTable:
    def __init__(self, engine: Engine, prefix: str) -> None:
        """prefix: of the devices of this system."""
        self._engine = engine
        self._prefix = prefix

    def number_all(self) -> None:
        """Give a number to each device of this system that has none yet."""
        numbered = select(Meter.device_id)
        missing = select(Device.id).where(
            Device.key.startswith(self._prefix, autoescape=True), Device.id.not_in(numbered)
        )
        with self._writing() as connection:
            for device_id in connection.execute(missing.order_by(Device.id)).scalars().all():
                new = {"device_id": device_id, "model": "", "status": STATUSES[0], "status_history": []}
                connection.execute(insert(Meter).values(new))

    def all(self, customer_id: int | None = None) -> list[MeterRow]:
        query = _rows().order_by(Meter.number).limit(MAX_METERS)
        if customer_id is not None:
            query = query.where(Meter.customer_id == customer_id)
        with self._engine.connect() as connection:
            return [self._row(row) for row in connection.execute(query)]

    def get(self, number: int) -> MeterRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return self._found(connection, number)

    def numbers(self) -> Mapping[str, int]:
        """By device."""
        query = select(Device.key, Meter.number).join(Device, Device.id == Meter.device_id)
        with self._engine.connect() as connection:
            return {row.key: row.number for row in connection.execute(query)}

    def change(self, number: int, **changes: Any) -> MeterRow:  # noqa: ANN401 - columns
        """customer_id, kind_id, model, installed_on, status. Raises NotFound (also of what it refers to)."""
        with self._writing() as connection:
            known = self._found(connection, number)
            _require(connection, Customer.id, changes.get("customer_id"), "customer")
            _require(connection, Kind.id, changes.get("kind_id"), "kind of meter")
            if changes.get("status", known.status) != known.status:
                step = {"at": _now(), "from": known.status, "to": changes["status"], "note": ""}
                changes["status_history"] = [*known.status_history, step][-MAX_STATUS_HISTORY:]
            connection.execute(update(Meter).where(Meter.number == number).values(changes))
            return self._found(connection, number)

    def bring(self, device: str, number: int, **columns: Any) -> str | None:  # noqa: ANN401 - columns
        """Take a meter over with its number; one that has it already stays as it is. What is in the way, in words."""
        with self._writing() as connection:
            device_id = connection.execute(select(Device.id).where(Device.key == device)).scalar_one()
            holder = connection.execute(select(Meter.device_id).where(Meter.number == number)).scalar()
            if holder not in (None, device_id):
                return f"meter {number}: that number is another one's here"
            if holder is None:  # a number that it was given when it was heard gives way
                connection.execute(delete(Meter).where(Meter.device_id == device_id))
                new = {"status_history": []} | columns
                connection.execute(insert(Meter).values(number=number, device_id=device_id, **new))
                go_on_after(connection, Meter.__table__.c.number)
        return None

    # -- kinds

    def kinds(self) -> list[KindRow]:
        with self._engine.connect() as connection:
            return [KindRow(*row) for row in connection.execute(select(Kind.__table__).order_by(Kind.name))]

    def add_kind(self, name: str, description: str) -> None:
        """Raises Conflict."""
        with self._writing() as connection:
            try:
                connection.execute(insert(Kind).values(name=name, description=description))
            except IntegrityError:
                raise Conflict(f"there is a kind {name} already") from None

    def bring_kinds(self, rows: Sequence[KindRow]) -> list[str]:
        faults = []
        with self._writing() as connection:
            for row in rows:
                known = connection.execute(select(Kind.name).where(Kind.id == row.id)).scalar()
                if known is None:
                    connection.execute(insert(Kind).values(id=row.id, name=row.name, description=row.description))
                elif known != row.name:
                    faults.append(f"kind of meter {row.id}: that number is {known}'s here")
            go_on_after(connection, Kind.__table__.c.id)
        return faults

    def _found(self, connection: Connection, number: int) -> MeterRow:
        row = connection.execute(_rows().where(Meter.number == number)).first()
        if row is None:
            raise NotFound(f"there is no meter {number}")
        return self._row(row)

    def _row(self, row: Any) -> MeterRow:  # noqa: ANN401 - of `_rows`
        serial = row.serial or row.device.removeprefix(self._prefix)
        return MeterRow(
            row.number,
            row.device,
            serial,
            row.customer_id,
            row.customer,
            row.kind_id,
            row.kind,
            row.model,
            row.installed_on,
            row.status,
            row.status_history,
        )

    def _writing(self) -> Any:  # noqa: ANN401 - a transaction
        return self._engine.execution_options(writes=True).begin()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _rows() -> Select[Any]:
    named = Device.key.label("device"), Device.serial, Customer.name.label("customer"), Kind.name.label("kind")
    query = select(*Meter.__table__.columns, *named).join(Device, Device.id == Meter.device_id)
    return query.outerjoin(Customer, Customer.id == Meter.customer_id).outerjoin(Kind, Kind.id == Meter.kind_id)


def _require(connection: Connection, column: Any, value: int | None, what: str) -> None:  # noqa: ANN401 - a column
    """Asked first, as drivers tell a broken reference differently. Raises NotFound."""
    if value is not None and connection.execute(select(column).where(column == value)).first() is None:
        raise NotFound(f"there is no {what} {value}")
