"""The audit log: every change and every sign-in, in a chain of hashes.

Each entry's hash covers its content and the hash of the entry before, so that an entry that was changed or taken out shows.
Whoever can write the database could compute the whole chain anew; keep the last hash elsewhere (`calha audit verify`
prints it) and that shows as well. Rows are only inserted here.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, false, func, insert, or_, select

from calha.domain.access import Actor
from calha.store.accounts.models import AuditEntry
from calha.store.accounts.rows import AuditRow
from calha.store.registry.rows import Page
from calha.store.registry.writing import writing

PAGE = 1_000
MAX_TEXT = 20_000  # characters of before and after


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds. broken_at: the first entry that does not fit, None if all do. last_hash: of the newest."""

    entries: int
    broken_at: int | None
    last_hash: str


class AuditLog:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(
        self, actor: Actor, action: str, target: str, before: object = None, after: object = None, address: str = ""
    ) -> None:
        with writing(self._engine) as connection:  # whose first statement makes writers queue, so the chain has one end
            last = connection.execute(
                select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
            ).first()
            number, previous = (last.id, last.hash) if last is not None else (0, "")
            at = datetime.now(UTC).replace(microsecond=0)  # MariaDB's DATETIME keeps whole seconds
            who, what = (actor.name[:120], actor.id), (action, target[:160], _text(before), _text(after))
            row = AuditRow(number + 1, at, *who, *what, address[:64], "")
            values = {name: getattr(row, name) for name in AuditRow.__slots__} | {"hash": _hash(row, previous)}
            connection.execute(insert(AuditEntry).values(values))

    def search(
        self,
        q: str | None = None,
        actor: str | None = None,
        target: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Page[AuditRow]:
        """Newest first; `actor`: a name, or an id of one; `before`: an id of an entry, downwards."""
        query = select(AuditEntry.__table__).order_by(AuditEntry.id.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(AuditEntry.id < before)
        if actor:
            query = query.where(or_(AuditEntry.actor == actor, AuditEntry.actor_id == actor))
        if target:
            query = query.where(AuditEntry.target == target)
        if q:
            columns = AuditEntry.actor, AuditEntry.action, AuditEntry.target, AuditEntry.before, AuditEntry.after
            query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
        with self._engine.connect() as connection:
            found = [AuditRow(**row._mapping) for row in connection.execute(query)]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def of_person(self, person_id: int, label: str) -> Sequence[AuditRow]:
        """What a person did, what was done to him, and who read his curves; oldest first.

        Of entries without an id of who acted, those under a name while it was his. label: as he is called now.
        """
        who = f"person {person_id}"
        about = self._read(AuditEntry.target == who)
        named = [
            and_(AuditEntry.actor == one.text, AuditEntry.id >= one.since, AuditEntry.id <= one.until)
            for one in _labels(about, label)
        ]
        acted = or_(AuditEntry.actor_id == who, and_(AuditEntry.actor_id.is_(None), or_(false(), *named)))
        curves = and_(AuditEntry.action == "curve.read", AuditEntry.after.contains(f'"{who}"'))
        return self._read(or_(AuditEntry.target == who, curves, acted))

    def about(self, target: str) -> Sequence[AuditRow]:
        """What was done to something; oldest first."""
        return self._read(AuditEntry.target == target)

    def all(self) -> Iterator[AuditRow]:
        """Every entry, oldest first."""
        last = 0
        while page := self._after(last):
            yield from page
            last = page[-1].id

    def verify(self) -> Verdict:
        """Compute the chain anew."""
        previous, count = "", 0
        for row in self.all():
            count += 1
            if row.id != count or row.hash != _hash(row, previous):
                return Verdict(count, row.id, previous)
            previous = row.hash
        return Verdict(count, None, previous)

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(AuditEntry)).scalar_one()

    def _read(self, condition: ColumnElement[bool]) -> Sequence[AuditRow]:
        query = select(AuditEntry.__table__).where(condition).order_by(AuditEntry.id)
        with self._engine.connect() as connection:
            return [AuditRow(**row._mapping) for row in connection.execute(query)]

    def _after(self, last: int) -> Sequence[AuditRow]:
        query = select(AuditEntry.__table__).where(AuditEntry.id > last).order_by(AuditEntry.id).limit(PAGE)
        with self._engine.connect() as connection:
            return [AuditRow(**row._mapping) for row in connection.execute(query)]


_NO_END = (1 << 31) - 1  # the largest number of an entry


class _Label(NamedTuple):
    """An e-mail address or user name, and from which entry to which it was the person's."""

    text: str
    since: int
    until: int


def _labels(about: Sequence[AuditRow], label: str) -> Iterator[_Label]:
    """Out of the changes of a person's data; before and afterwards the same name may have been somebody else's."""
    if not about:
        return
    since = dict.fromkeys(("email", "user_name"), about[0].id)
    given: dict[str, str] = {}
    for row in about:
        if row.action not in ("person.changed", "address.confirmed"):
            continue
        before, after = (json.loads(text) if text else {} for text in (row.before, row.after))
        for name in since.keys() & after.keys():
            if before.get(name):
                yield _Label(before[name], since[name], row.id)
            since[name], given[name] = row.id, (after[name] or "").strip().lower()
    begun = [since[name] for name, text in given.items() if text == label]
    yield _Label(label, max(begun, default=about[0].id), _NO_END)


def _hash(row: AuditRow, previous: str) -> str:
    content: Mapping[str, Any] = {
        "previous": previous,
        "id": row.id,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "target": row.target,
        "before": row.before,
        "after": row.after,
        "address": row.address,
    }
    if row.actor_id is not None:  # entries from before there were ids verify as they were written
        content = {**content, "actor_id": row.actor_id}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)[:MAX_TEXT] if value is not None else ""
