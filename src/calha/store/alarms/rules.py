"""Alarm rules as they are kept: each change makes a new version, and what is removed stays for the history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Select, insert, select, update

from calha.domain.alarm_rule_reader import read_rule, write_rule
from calha.domain.alarm_rules import NamedRule, Rationalisation, Rule, Where
from calha.domain.errors import Conflict, NotFound
from calha.domain.readings import Micros
from calha.store.alarms.models import AlarmRule
from calha.store.alarms.rows import RuleRow
from calha.store.registry.models import Device
from calha.store.registry.rows import Page
from calha.store.registry.writing import device_id_of, require_site, writing

MAX_RULES = 10_000


class RuleStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Sequence[RuleRow]:
        """All rules, also those that are switched off."""
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(_rows().order_by(AlarmRule.id).limit(MAX_RULES))]

    def page(self, after: int | None = None, limit: int = 100) -> Page[RuleRow]:
        """By id; `after` an id, upwards."""
        query = _rows().order_by(AlarmRule.id).limit(limit + 1)
        if after is not None:
            query = query.where(AlarmRule.id > after)
        with self._engine.connect() as connection:
            found = [_row(row) for row in connection.execute(query)]
        return Page(found[:limit], str(found[limit - 1].named.id) if len(found) > limit else None)

    def rule(self, rule_id: int) -> RuleRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(_rows().where(AlarmRule.id == rule_id)).first()
        if row is None:
            raise _unknown(rule_id)
        return _row(row)

    def add(
        self,
        name: str,
        rule: Rule,
        where: Where,
        why: Rationalisation,
        author: str,
        at: Micros,
        *,
        enabled: bool = True,
    ) -> RuleRow:
        """Raises NotFound for a site or device that does not exist, and Conflict for one rule too many."""
        with writing(self._engine) as connection:
            if len(connection.execute(select(AlarmRule.id).where(AlarmRule.removed_at.is_(None))).all()) >= MAX_RULES:
                raise Conflict(f"there are {MAX_RULES} rules already; one for a profile or site serves many devices")
            values = self._values(connection, name, rule, where, why, author, at) | {
                "version": 1,
                "is_enabled": enabled,
            }
            found = connection.execute(insert(AlarmRule).values(values)).inserted_primary_key
        assert found is not None
        return self.rule(int(found[0]))

    def change(
        self,
        rule_id: int,
        version: int,
        name: str,
        rule: Rule,
        where: Where,
        why: Rationalisation,
        author: str,
        at: Micros,
        *,
        enabled: bool = True,
    ) -> RuleRow:
        """Raises NotFound, and Conflict when somebody else has changed it since that version."""
        with writing(self._engine) as connection:
            _require_version(connection, rule_id, version)
            values = self._values(connection, name, rule, where, why, author, at)
            values |= {"version": version + 1, "is_enabled": enabled}
            connection.execute(update(AlarmRule).where(AlarmRule.id == rule_id).values(values))
        return self.rule(rule_id)

    def remove(self, rule_id: int, author: str, at: Micros) -> None:
        """Raises NotFound."""
        with writing(self._engine) as connection:
            wanted = AlarmRule.id == rule_id, AlarmRule.removed_at.is_(None)
            changed = update(AlarmRule).where(*wanted).values(removed_at=at, author=author[:120])
            if connection.execute(changed).rowcount == 0:
                raise _unknown(rule_id)

    def _values(
        self,
        connection: Connection,
        name: str,
        rule: Rule,
        where: Where,
        why: Rationalisation,
        author: str,
        at: Micros,
    ) -> dict[str, Any]:
        require_site(connection, where.site)
        device_id = device_id_of(connection, where.device) if where.device is not None else None
        return {
            "name": name,
            "profile": where.profile,
            "site_id": where.site,
            "device_id": device_id,
            "definition": write_rule(rule),
            "cause": why.cause,
            "consequence": why.consequence,
            "action": why.action,
            "respond_s": why.respond_s,
            "author": author[:120],
            "changed_at": at,
        }


def _rows() -> Select[Any]:
    columns = AlarmRule.__table__.columns
    query = select(*columns, Device.key.label("device")).select_from(AlarmRule)
    return query.outerjoin(Device, Device.id == AlarmRule.device_id).where(AlarmRule.removed_at.is_(None))


def _row(row: Any) -> RuleRow:  # noqa: ANN401 - of `_rows`
    where = Where(row.profile, row.site_id, row.device)
    why = Rationalisation(row.cause, row.consequence, row.action, row.respond_s)
    rule = read_rule(row.definition)
    return RuleRow(
        NamedRule(row.id, row.name, rule, where, why, row.is_enabled, row.version), row.author, row.changed_at
    )


def _require_version(connection: Connection, rule_id: int, version: int) -> None:
    query = select(AlarmRule.version).where(AlarmRule.id == rule_id, AlarmRule.removed_at.is_(None))
    found = connection.execute(query).scalar()
    if found is None:
        raise _unknown(rule_id)
    if found != version:
        raise Conflict(
            f"rule {rule_id} has been changed meanwhile (version {found}, not {version}); look again",
            "changed_meanwhile",
        )


def _unknown(rule_id: int) -> NotFound:
    return NotFound(f"there is no rule {rule_id}", "unknown_rule", rule=rule_id)
