"""Revisions of tariffs. A revision is never changed: an invoice names the one that it was made with by its hash."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, func, insert, select

from calha.domain.errors import Conflict, NotFound
from calha.domain.invoices import digest
from calha.domain.tariff_reader import reread_tariff, to_json
from calha.domain.tariffs import Tariff
from calha.store.billing.models import TariffRevision
from calha.store.billing.rows import TariffRow

_COLUMNS = (
    TariffRevision.key,
    TariffRevision.revision,
    TariffRevision.sha256,
    TariffRevision.content,
    TariffRevision.made_by,
    TariffRevision.made_at,
)


class Tariffs:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._read: dict[str, Tariff] = {}  # by hash

    def save(self, tariff: Tariff, made_by: str, after_revision: int | None = None) -> TariffRow:
        """A new revision, or the newest one if it says the same.

        after_revision: the newest that its author has seen, 0 for none. Raises Conflict when there is a newer one.
        """
        content = to_json(tariff).decode()
        with self._writing.begin() as connection:
            newest = connection.execute(
                select(*_COLUMNS)
                .where(TariffRevision.key == tariff.key)
                .order_by(TariffRevision.revision.desc())
                .limit(1)
            ).first()
            revision = newest.revision if newest else 0
            if after_revision is not None and after_revision != revision:
                raise Conflict(
                    f"tariff {tariff.key!r} has changed meanwhile: its revision is {revision}, not {after_revision}",
                    "changed_meanwhile",
                )
            if newest is not None and newest.content == content:
                return TariffRow(*newest)
            row = TariffRow(
                tariff.key,
                revision + 1,
                digest(content.encode()),
                content,
                made_by,
                datetime.now(UTC).replace(microsecond=0),
            )
            values = dict(zip([column.key for column in _COLUMNS], _values(row), strict=True))
            connection.execute(insert(TariffRevision).values(values))
            return row

    def newest(self) -> Sequence[TariffRow]:
        """The newest revision of each tariff, by key."""
        last = select(TariffRevision.key, func.max(TariffRevision.revision).label("last")).group_by(TariffRevision.key)
        found = last.subquery()
        query = select(*_COLUMNS).join(
            found, (found.c.key == TariffRevision.key) & (found.c.last == TariffRevision.revision)
        )
        with self._engine.connect() as connection:
            return [TariffRow(*row) for row in connection.execute(query.order_by(TariffRevision.key))]

    def revisions(self, key: str) -> Sequence[TariffRow]:
        """All of one tariff, newest first. Raises NotFound."""
        query = select(*_COLUMNS).where(TariffRevision.key == key).order_by(TariffRevision.revision.desc())
        with self._engine.connect() as connection:
            found = [TariffRow(*row) for row in connection.execute(query)]
        if not found:
            raise NotFound(f"there is no tariff {key!r}")
        return found

    def current(self, key: str) -> TariffRow:
        """Raises NotFound."""
        return self.revisions(key)[0]

    def by_hash(self, sha256: str) -> Tariff:
        """Raises NotFound."""
        if sha256 not in self._read:
            query = select(TariffRevision.content).where(TariffRevision.sha256 == sha256).limit(1)
            with self._engine.connect() as connection:
                content = connection.execute(query).scalar()
            if content is None:
                raise NotFound(f"there is no tariff with the hash {sha256}")
            if len(self._read) > 1_000:
                self._read.clear()
            self._read[sha256] = reread_tariff(content, f"tariff {sha256[:12]}")
        return self._read[sha256]


def _values(row: TariffRow) -> tuple[object, ...]:
    return row.key, row.revision, row.sha256, row.content, row.made_by, row.made_at
