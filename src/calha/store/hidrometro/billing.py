"""Tariffs, and the months that were typed in the old system."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from calha.domain.errors import NotFound
from calha.store.hidrometro.models import Customer, Month, Tariff
from calha.store.hidrometro.numbering import go_on_after


@dataclass(frozen=True, slots=True)
class TariffRow:
    """until_on: its last day, None while it goes on."""

    id: int
    name: str
    price_m3: Decimal
    from_on: date
    until_on: date | None
    active: bool


@dataclass(frozen=True, slots=True)
class MonthRow:
    id: int
    customer_id: int
    month: date
    litres: Decimal
    amount: Decimal | None
    tariff_id: int | None


class Billing:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tariffs(self) -> list[TariffRow]:
        """Newest first."""
        query = select(Tariff.__table__).order_by(Tariff.from_on.desc(), Tariff.id.desc())
        with self._engine.connect() as connection:
            return [TariffRow(**row._mapping) for row in connection.execute(query)]

    def tariff(self, tariff_id: int) -> TariffRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(Tariff.__table__).where(Tariff.id == tariff_id)).first()
        if row is None:
            raise NotFound(f"there is no tariff {tariff_id}")
        return TariffRow(**row._mapping)

    def add_tariff(self, **columns: Any) -> None:  # noqa: ANN401 - columns
        with self._writing() as connection:
            connection.execute(insert(Tariff).values(columns))

    def change_tariff(self, tariff_id: int, **columns: Any) -> None:  # noqa: ANN401 - columns
        """Raises NotFound."""
        with self._writing() as connection:
            if not connection.execute(update(Tariff).where(Tariff.id == tariff_id).values(columns)).rowcount:
                raise NotFound(f"there is no tariff {tariff_id}")

    def delete_tariff(self, tariff_id: int) -> None:
        """Raises NotFound."""
        with self._writing() as connection:
            if not connection.execute(delete(Tariff).where(Tariff.id == tariff_id)).rowcount:
                raise NotFound(f"there is no tariff {tariff_id}")

    def bring_tariffs(self, rows: Sequence[TariffRow]) -> list[str]:
        """Take tariffs over with their ids; one that is there already stays as it is. What is in the way, in words."""
        faults = []
        with self._writing() as connection:
            for row in rows:
                known = connection.execute(select(Tariff.name).where(Tariff.id == row.id)).scalar()
                if known is None:
                    connection.execute(insert(Tariff).values(asdict(row)))
                elif known != row.name:
                    faults.append(f"tariff {row.id}: that number is {known}'s here")
            go_on_after(connection, Tariff.__table__.c.id)
        return faults

    def typed_months(self, month: date) -> list[MonthRow]:
        """What was typed for a month, in the order in which it was."""
        query = select(Month.__table__).where(Month.month >= month, Month.month < following(month)).order_by(Month.id)
        with self._engine.connect() as connection:
            return [MonthRow(**row._mapping) for row in connection.execute(query)]

    def bring_months(self, rows: Sequence[MonthRow]) -> list[str]:
        faults = []
        with self._writing() as connection:
            for row in rows:
                known = connection.execute(select(Month.customer_id).where(Month.id == row.id)).scalar()
                is_there = connection.execute(select(Customer.id).where(Customer.id == row.customer_id)).first()
                if known is None and is_there:
                    connection.execute(insert(Month).values(asdict(row)))
                elif known != row.customer_id:
                    faults.append(f"month {row.id}: there is no customer {row.customer_id}, or the number is taken")
        return faults

    def _writing(self) -> Any:  # noqa: ANN401 - a transaction
        return self._engine.execution_options(writes=True).begin()


def following(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
