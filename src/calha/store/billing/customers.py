"""Customers, their contracts, and who issues their invoices."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    Update,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from calha.domain.calendars import day_of_month
from calha.domain.errors import Conflict, NotFound
from calha.store.accounts.models import Person
from calha.store.billing.models import Contract, Customer, Invoice, Issuer
from calha.store.billing.rows import ContractRow, CustomerRow, IssuerRow
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of, require_site

DEVICES_AT_ONCE = 500  # databases limit the parameters of a statement


class Payer(NamedTuple):
    """A device, and a customer who pays it. person_id: his account."""

    device: str
    customer_id: int
    person_id: int | None


class Customers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    # -- customers

    def add(self, site_id: int, name: str, **more: Any) -> CustomerRow:  # noqa: ANN401 - columns
        """Raises NotFound (site, person)."""
        blank = {"document": "", "email": "", "address": "", "city": "", "language": "pt-BR", "person_id": None}
        values = {**blank, **more, "site_id": site_id, "name": name, "created_at": datetime.now(UTC)}
        with self._writing.begin() as connection:
            require_site(connection, site_id)
            _require_person(connection, values["person_id"])
            key = connection.execute(insert(Customer).values(values)).inserted_primary_key
            assert key is not None
            return _customer(connection, key[0])

    def change(self, customer_id: int, **changes: Any) -> CustomerRow:  # noqa: ANN401 - columns
        """Raises NotFound (customer, site, person)."""
        with self._writing.begin() as connection:
            _customer(connection, customer_id)
            require_site(connection, changes.get("site_id"))
            _require_person(connection, changes.get("person_id"))
            if changes:
                connection.execute(update(Customer).where(Customer.id == customer_id).values(changes))
            return _customer(connection, customer_id)

    def get(self, customer_id: int) -> CustomerRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _customer(connection, customer_id)

    def list(
        self, sites: Collection[int] | None, search: str = "", after_id: int = 0, limit: int = 100
    ) -> Sequence[CustomerRow]:
        """Customers of some sites (None = all), in the order of their numbers, whose name or document has `search` in it."""
        query = select(Customer.__table__).where(Customer.id > after_id).order_by(Customer.id).limit(limit)
        if sites is not None:
            query = query.where(Customer.site_id.in_(sites))
        if search:
            name = func.lower(Customer.name).contains(search.lower(), autoescape=True)
            query = query.where(or_(name, Customer.document.contains(search, autoescape=True)))
        with self._engine.connect() as connection:
            return [CustomerRow(**row._mapping) for row in connection.execute(query)]

    def named(self, ids: Collection[int]) -> dict[int, CustomerRow]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(Customer.__table__).where(Customer.id.in_(ids)))
            return {row.id: CustomerRow(**row._mapping) for row in rows}

    def of_person(self, person_id: int) -> Sequence[CustomerRow]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(Customer.__table__).where(Customer.person_id == person_id))
            return [CustomerRow(**row._mapping) for row in rows]

    def running_contract(self, person_id: int, today: date) -> str | None:
        """The number of a contract that a person pays now or will; None without one."""
        with self._engine.connect() as connection:
            return connection.execute(_running(Customer.person_id == person_id, today)).scalar()

    def forget(self, person_id: int) -> None:
        """Blank who a person was as a customer. Issued invoices keep what they say."""
        with self._writing.begin() as connection:
            connection.execute(_blanked(Customer.person_id == person_id))

    def forget_customer(self, customer_id: int, today: date) -> None:
        """Blank who a customer was who has no account. Issued invoices keep what they say.

        Raises NotFound, Conflict (a contract runs; there is an account, which is to be forgotten).
        """
        with self._writing.begin() as connection:
            if _customer(connection, customer_id).person_id is not None:
                raise Conflict("the customer has an account: anonymise the person, which does both", "has_account")
            contract = connection.execute(_running(Customer.id == customer_id, today)).scalar()
            if contract is not None:
                raise Conflict(
                    f"the customer pays contract {contract!r}; end it first", "running_contract", contract=contract
                )
            connection.execute(_blanked(Customer.id == customer_id))

    def payers(self, devices: Sequence[str], first: date, last: date) -> Sequence[Payer]:
        """Of contracts that run on a day from the first to the last."""
        query = select(Device.key, Customer.id, Customer.person_id).distinct()
        query = query.join(Contract, Contract.device_id == Device.id)
        query = query.join(Customer, Customer.id == Contract.customer_id).order_by(Device.key, Customer.id)
        runs = Contract.from_day <= last, or_(Contract.until_day.is_(None), Contract.until_day > first)
        found: Sequence[Payer] = []
        with self._engine.connect() as connection:
            for start in range(0, len(devices), DEVICES_AT_ONCE):
                part = Device.key.in_(devices[start : start + DEVICES_AT_ONCE])
                found = [*found, *(Payer(*row) for row in connection.execute(query.where(part, *runs)))]
        return found

    # -- contracts

    def add_contract(self, number: str, customer_id: int, device: str, **terms: Any) -> ContractRow:  # noqa: ANN401
        """Raises NotFound (customer, device), Conflict (number; another contract of the channel at that time)."""
        with self._writing.begin() as connection:
            _customer(connection, customer_id)
            device_id = device_id_of(connection, device)
            if connection.execute(select(Contract.id).where(Contract.number == number)).first():
                raise Conflict(f"there is a contract {number!r} already")
            values = {**terms, "contracted": str(terms["contracted"])}
            values |= {"number": number, "customer_id": customer_id, "device_id": device_id}
            _require_free(connection, device_id, values)
            connection.execute(insert(Contract).values(values))
            return _contract(connection, number)

    def change_contract(self, number: str, **changes: Any) -> ContractRow:  # noqa: ANN401 - columns
        """Raises NotFound, Conflict.

        Another contract at that time; invoiced days would fall out of it, or others stay between the last invoice and the
        next cycle.
        """
        with self._writing.begin() as connection:
            before = connection.execute(select(Contract.__table__).where(Contract.number == number)).first()
            if before is None:
                raise NotFound(f"there is no contract {number!r}")
            if "contracted" in changes:
                changes["contracted"] = str(changes["contracted"])
            values = {**before._mapping, **changes}
            _require_free(connection, before.device_id, values, before.id)
            _require_invoices_inside(connection, before.id, values["from_day"], values["until_day"])
            if values["until_day"] != before.until_day:
                _require_whole_cycles(connection, before.id, before.cycle_day, values["until_day"])
            if changes:
                connection.execute(update(Contract).where(Contract.id == before.id).values(changes))
            return _contract(connection, number)

    def contract(self, number: str) -> ContractRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            return _contract(connection, number)

    def contracts(
        self,
        sites: Collection[int] | None = None,
        customer_id: int | None = None,
        device: str | None = None,
        tariff: str | None = None,
        cycle_day: int | None = None,
        after_id: int = 0,
        limit: int = 100,
    ) -> Sequence[ContractRow]:
        """Contracts of devices on some sites (None = all), in the order in which they were made."""
        query = _contracts().where(Contract.id > after_id).order_by(Contract.id).limit(limit)
        if sites is not None:
            query = query.where(Device.site_id.in_(sites))
        if customer_id is not None:
            query = query.where(Contract.customer_id == customer_id)
        if device is not None:
            query = query.where(Device.key == device)
        if tariff is not None:
            query = query.where(Contract.tariff == tariff)
        if cycle_day is not None:
            query = query.where(Contract.cycle_day == cycle_day)
        with self._engine.connect() as connection:
            return [_contract_row(row) for row in connection.execute(query)]

    def contracts_by_id(self, ids: Collection[int]) -> dict[int, ContractRow]:
        with self._engine.connect() as connection:
            return {row.id: _contract_row(row) for row in connection.execute(_contracts().where(Contract.id.in_(ids)))}

    # -- issuers

    def set_issuer(self, site_id: int, **fields: str) -> IssuerRow:
        """Raises NotFound (site)."""
        with self._writing.begin() as connection:
            require_site(connection, site_id)
            changed = connection.execute(update(Issuer).where(Issuer.site_id == site_id).values(fields)).rowcount
            if not changed and not connection.execute(select(Issuer.site_id).where(Issuer.site_id == site_id)).first():
                connection.execute(insert(Issuer).values({**fields, "site_id": site_id}))
            row = connection.execute(select(Issuer.__table__).where(Issuer.site_id == site_id)).one()
            return IssuerRow(**row._mapping)

    def issuers(self) -> dict[int, IssuerRow]:
        """By site."""
        with self._engine.connect() as connection:
            return {row.site_id: IssuerRow(**row._mapping) for row in connection.execute(select(Issuer.__table__))}


def _running(whose: ColumnElement[bool], today: date) -> Select[str]:
    """The numbers of contracts that somebody pays now or will."""
    query = select(Contract.number).join(Customer, Customer.id == Contract.customer_id).order_by(Contract.id)
    return query.where(whose, or_(Contract.until_day.is_(None), Contract.until_day > today))


def _blanked(whose: ColumnElement[bool]) -> Update:
    number = literal("#") + cast(Customer.id, String(12))
    blank = {"name": number, "document": "", "email": "", "address": "", "city": "", "person_id": None}
    return update(Customer).where(whose).values(blank)


def _customer(connection: Connection, customer_id: int) -> CustomerRow:
    row = connection.execute(select(Customer.__table__).where(Customer.id == customer_id)).first()
    if row is None:
        raise NotFound(f"there is no customer {customer_id}")
    return CustomerRow(**row._mapping)


def _require_person(connection: Connection, person_id: int | None) -> None:
    if person_id is not None and connection.execute(select(Person.id).where(Person.id == person_id)).first() is None:
        raise NotFound(f"there is no person {person_id}")


def _contracts() -> Select[Any]:
    columns = [column for column in Contract.__table__.columns if column.name != "device_id"]
    return select(*columns, Device.key.label("device"), Device.site_id).join(Device, Device.id == Contract.device_id)


def _contract(connection: Connection, number: str) -> ContractRow:
    row = connection.execute(_contracts().where(Contract.number == number)).first()
    if row is None:
        raise NotFound(f"there is no contract {number!r}")
    return _contract_row(row)


def _contract_row(row: Any) -> ContractRow:  # noqa: ANN401 - a row of `_contracts`
    return ContractRow(**{**row._mapping, "contracted": Decimal(row.contracted)})


def _require_free(connection: Connection, device_id: int, values: Any, own_id: int | None = None) -> None:  # noqa: ANN401
    """One channel is paid by one contract at a time. Raises Conflict."""
    from_day, until_day = values["from_day"], values["until_day"]
    if until_day is not None and until_day <= from_day:
        raise Conflict(f"the contract would end on {until_day}, before it begins on {from_day}")
    query = select(Contract.number).where(Contract.device_id == device_id, Contract.channel == values["channel"])
    query = query.where(or_(Contract.until_day.is_(None), Contract.until_day > from_day))
    if until_day is not None:
        query = query.where(Contract.from_day < until_day)
    if own_id is not None:
        query = query.where(Contract.id != own_id)
    other = connection.execute(query).scalar()
    if other is not None:
        raise Conflict(f"contract {other!r} is for the same channel at that time; end it first")


def _require_invoices_inside(connection: Connection, contract_id: int, from_day: date, until_day: date | None) -> None:
    query = select(func.min(Invoice.from_day), func.max(Invoice.until_day))
    first, last = connection.execute(query.where(Invoice.contract_id == contract_id, Invoice.slot.is_not(None))).one()
    if first is not None and (first < from_day or (until_day is not None and last > until_day)):
        raise Conflict(f"there are invoices from {first} until {last}; cancel those outside first")


def _require_whole_cycles(connection: Connection, contract_id: int, cycle_day: int, until_day: date | None) -> None:
    """The last invoice ends with the contract or with a cycle, since a cycle is billed once, as from its first day."""
    query = select(Invoice.number, Invoice.until_day).where(Invoice.contract_id == contract_id)
    query = query.where(Invoice.slot.is_not(None)).order_by(Invoice.until_day.desc()).limit(1)
    last = connection.execute(query).first()
    if last is None or last.until_day in (until_day, day_of_month(last.until_day.replace(day=1), cycle_day)):
        return
    raise Conflict(
        f"invoice {last.number} ends on {last.until_day}, within a cycle that would go on, and the days after it would never "
        "be billed: cancel it first and bill the whole cycle, or make a new contract from that day",
        "billed_in_part",
        invoice=last.number,
    )
