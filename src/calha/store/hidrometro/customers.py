"""Customers with their addresses and telephones."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.store.hidrometro.models import Customer
from calha.store.hidrometro.numbering import go_on_after

MAX_CUSTOMERS = 10_000  # in one list
MAX_CONTACTS = 50  # addresses, or telephones, of one customer


@dataclass(frozen=True, slots=True)
class AddressRow:
    id: int
    kind: str
    street: str
    number: str
    complement: str
    district: str
    city: str
    state: str
    postcode: str


@dataclass(frozen=True, slots=True)
class PhoneRow:
    id: int
    area: str
    number: str
    kind: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """tax_id: CPF or CNPJ."""

    id: int
    name: str
    tax_id: str | None
    email: str | None
    registered_at: datetime
    addresses: Sequence[AddressRow]
    phones: Sequence[PhoneRow]


class Customers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[CustomerRow]:
        """By name."""
        query = select(Customer.__table__).order_by(Customer.name, Customer.id).limit(MAX_CUSTOMERS)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def get(self, customer_id: int) -> CustomerRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _found(connection, customer_id)

    def add(self, name: str, tax_id: str | None, email: str | None) -> CustomerRow:
        """Raises Conflict when somebody has that tax id."""
        values: dict[str, Any] = {
            "name": name,
            "tax_id": tax_id or None,
            "email": email or None,
            "registered_at": datetime.now(UTC),
            "addresses": [],
            "phones": [],
        }
        with self._writing() as connection:
            return _found(connection, _insert(connection, values))

    def change(self, customer_id: int, name: str, tax_id: str | None, email: str | None) -> None:
        """Raises NotFound, Conflict."""
        values = {"name": name, "tax_id": tax_id or None, "email": email or None}
        with self._writing() as connection:
            _found(connection, customer_id)
            try:
                connection.execute(update(Customer).where(Customer.id == customer_id).values(values))
            except IntegrityError:
                raise Conflict(f"another customer has the CPF or CNPJ {tax_id}") from None

    def delete(self, customer_id: int) -> None:
        """The meters stay, without a customer. Raises NotFound."""
        with self._writing() as connection:
            if not connection.execute(delete(Customer).where(Customer.id == customer_id)).rowcount:
                raise NotFound(f"there is no customer {customer_id}")

    def add_address(self, customer_id: int, **fields: str) -> None:
        """Raises NotFound, Conflict (too many)."""
        self._add_contact(customer_id, "addresses", fields)

    def add_phone(self, customer_id: int, **fields: str) -> None:
        """Raises NotFound, Conflict (too many)."""
        self._add_contact(customer_id, "phones", fields)

    def remove_contact(self, customer_id: int, which: str, contact_id: int) -> None:
        """which: addresses or phones. Raises NotFound."""
        with self._writing() as connection:
            known = [asdict(one) for one in getattr(_found(connection, customer_id), which)]
            left = [one for one in known if one["id"] != contact_id]
            if len(left) == len(known):
                raise NotFound(f"customer {customer_id} has no {which} {contact_id}")
            connection.execute(update(Customer).where(Customer.id == customer_id).values({which: left}))

    def bring(self, rows: Sequence[CustomerRow]) -> list[str]:
        """Take customers over with their ids; one that is there already stays as it is. What is in the way, in words."""
        faults = []
        with self._writing() as connection:
            for row in rows:
                known = connection.execute(select(Customer.__table__).where(Customer.id == row.id)).first()
                if known is None:
                    try:
                        with connection.begin_nested():
                            connection.execute(insert(Customer).values(asdict(row)))
                    except IntegrityError:
                        faults.append(f"customer {row.id}: another one has the CPF or CNPJ {row.tax_id}")
                elif (known.name, known.tax_id) != (row.name, row.tax_id) and known.registered_at != row.registered_at:
                    faults.append(f"customer {row.id}: that number is {known.name}'s here")
            go_on_after(connection, Customer.__table__.c.id)
        return faults

    def _add_contact(self, customer_id: int, which: str, fields: Mapping[str, str]) -> None:
        with self._writing() as connection:
            known = [asdict(one) for one in getattr(_found(connection, customer_id), which)]
            if len(known) >= MAX_CONTACTS:
                raise Conflict(f"a customer has at most {MAX_CONTACTS} {which}")
            own = {"id": max((one["id"] for one in known), default=0) + 1, **fields}
            connection.execute(update(Customer).where(Customer.id == customer_id).values({which: [*known, own]}))

    def _writing(self) -> Any:  # noqa: ANN401 - a transaction
        return self._engine.execution_options(writes=True).begin()


def _insert(connection: Connection, values: Mapping[str, Any]) -> int:
    try:
        key = connection.execute(insert(Customer).values(values)).inserted_primary_key
    except IntegrityError:
        raise Conflict(f"another customer has the CPF or CNPJ {values['tax_id']}") from None
    assert key is not None
    return int(key[0])


def _found(connection: Connection, customer_id: int) -> CustomerRow:
    row = connection.execute(select(Customer.__table__).where(Customer.id == customer_id)).first()
    if row is None:
        raise NotFound(f"there is no customer {customer_id}")
    return _row(row)


def _row(row: Any) -> CustomerRow:  # noqa: ANN401 - a row of the table
    addresses, phones = [AddressRow(**one) for one in row.addresses], [PhoneRow(**one) for one in row.phones]
    return CustomerRow(row.id, row.name, row.tax_id, row.email, row.registered_at, addresses, phones)
