"""Escalation chains."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from calha.domain.alarm_states import Priority
from calha.domain.errors import NotFound
from calha.domain.notices import Chain as ChainValue
from calha.domain.notices import Owner, Step
from calha.store.accounts.models import Person
from calha.store.notify.models import Chain, Team
from calha.store.notify.rows import ChainRow
from calha.store.registry.writing import require_site, writing


class Chains:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[ChainRow]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(Chain.__table__).order_by(Chain.name, Chain.id))
            return [ChainRow(row.id, _chain(row)) for row in rows]

    def get(self, chain_id: int) -> ChainRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(select(Chain.__table__).where(Chain.id == chain_id)).first()
        if row is None:
            raise NotFound(f"there is no chain {chain_id}", "unknown_chain")
        return ChainRow(row.id, _chain(row))

    def add(self, chain: ChainValue) -> ChainRow:
        """Raises NotFound (site, person, team)."""
        with writing(self._engine) as connection:
            _require_known(connection, chain)
            key = connection.execute(insert(Chain).values(_values(chain))).inserted_primary_key
        assert key is not None
        return self.get(key[0])

    def change(self, chain_id: int, chain: ChainValue) -> ChainRow:
        """Raises NotFound (chain, site, person, team)."""
        with writing(self._engine) as connection:
            _require_known(connection, chain)
            if connection.execute(select(Chain.id).where(Chain.id == chain_id)).first() is None:
                raise NotFound(f"there is no chain {chain_id}", "unknown_chain")
            connection.execute(update(Chain).where(Chain.id == chain_id).values(_values(chain)))
        return self.get(chain_id)

    def remove(self, chain_id: int) -> None:
        """Raises NotFound."""
        with writing(self._engine) as connection:
            if not connection.execute(delete(Chain).where(Chain.id == chain_id)).rowcount:
                raise NotFound(f"there is no chain {chain_id}", "unknown_chain")


def _require_known(connection: Connection, chain: ChainValue) -> None:
    require_site(connection, chain.site)
    owners = {owner for step in chain.steps for owner in step.owners}
    for owner in sorted(owners, key=lambda one: (one.kind, one.id)):
        column = Person.id if owner.kind == "person" else Team.id
        if connection.execute(select(column).where(column == owner.id)).first() is None:
            if owner.kind == "team":
                raise NotFound(f"there is no team {owner.id}", "unknown_team")
            raise NotFound(f"there is no person {owner.id}", "unknown_person")


def _values(chain: ChainValue) -> Mapping[str, object]:
    return {
        "site_id": chain.site,
        "name": chain.name,
        "least": chain.least.value,
        "steps": [
            {"wait_min": step.wait_min, "persons": _ids(step, "person"), "teams": _ids(step, "team")}
            for step in chain.steps
        ],
        "repeats": chain.repeats,
        "enabled": chain.enabled,
    }


def _ids(step: Step, kind: str) -> Sequence[int]:
    return [owner.id for owner in step.owners if owner.kind == kind]


def _chain(row: Any) -> ChainValue:  # noqa: ANN401 - a row of Chain
    steps = tuple(
        Step(
            one["wait_min"],
            tuple(Owner("person", number) for number in one["persons"])
            + tuple(Owner("team", number) for number in one["teams"]),
        )
        for one in row.steps
    )
    return ChainValue(row.name, row.site_id, Priority(row.least), steps, row.repeats, row.enabled)
