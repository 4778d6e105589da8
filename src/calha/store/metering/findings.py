"""What validation has found, as a list to be worked through; and through where it has looked.

An exception is open until somebody accepts it, estimates or edits what it is about, or until the rule no longer finds it
because readings were corrected (gone). Each of these can be taken back.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Engine, Select, delete, func, insert, select, update

from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.validation import Finding
from calha.store.metering.models import ValidationException, ValidationProgress
from calha.store.metering.rows import ExceptionRow, ExceptionState
from calha.store.registry.choosing import of_devices
from calha.store.registry.models import Channel, Device
from calha.store.registry.rows import Page, Selection

MAX_AT_ONCE = 500
PROGRESS = "validation"


class FindingStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- the list

    def page(
        self,
        state: ExceptionState | None = "open",
        rule: str | None = None,
        device: str | None = None,
        sites: Collection[int] | None = None,
        within: Selection | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Page[ExceptionRow]:
        """Oldest first; `after` an id, upwards; only of devices in `sites`, and `within`."""
        query = _rows().order_by(ValidationException.id).limit(limit + 1)
        if after is not None:
            query = query.where(ValidationException.id > after)
        query = _filtered(query, state, rule, device, sites, within)
        with self._engine.connect() as connection:
            found = [_row(row) for row in connection.execute(query)]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def count(
        self, sites: Collection[int] | None = None, within: Selection | None = None, device: str | None = None
    ) -> dict[str, int]:
        """How many are open, by rule."""
        counted: Any = select(ValidationException.rule, func.count()).select_from(ValidationException)
        query = _joined(counted).group_by(ValidationException.rule)
        with self._engine.connect() as connection:
            found = connection.execute(_filtered(query, "open", None, device, sites, within))
            return {str(rule): int(number) for rule, number in found}

    def named(self, ids: Sequence[int]) -> list[ExceptionRow]:
        """Those exceptions, by id. Raises NotFound when one does not exist."""
        query = _rows().where(ValidationException.id.in_(ids)).order_by(ValidationException.id)
        with self._engine.connect() as connection:
            found = [_row(row) for row in connection.execute(query)]
        missing = set(ids) - {row.id for row in found}
        if missing:
            raise NotFound(f"there is no exception {min(missing)}")
        return found

    def overlapping(self, series: int, from_: Micros, until: Micros) -> Sequence[ExceptionRow]:
        """Open ones about [from_, until)."""
        query = _rows().where(
            ValidationException.series == series,
            ValidationException.state == "open",
            ValidationException.from_at < until,
            ValidationException.until_at > from_,
        )
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def close(
        self, ids: Sequence[int], state: ExceptionState, author: str, at: Micros, edit_id: int | None = None
    ) -> None:
        """Say what became of exceptions; those that are not open stay as they are."""
        values = {"state": state, "closed_by": author, "closed_at": at, "edit_id": edit_id}
        wanted = ValidationException.id.in_(ids), ValidationException.state == "open"
        with self._writing() as connection:
            connection.execute(update(ValidationException).where(*wanted).values(values))

    def reopen(self, ids: Sequence[int] = (), edit_id: int | None = None) -> int:
        """Take back what became of exceptions, or of those that an edit closed; how many are open again."""
        values = {"state": "open", "closed_by": None, "closed_at": None, "edit_id": None}
        about = ValidationException.id.in_(ids) if edit_id is None else ValidationException.edit_id == edit_id
        wanted = about, ValidationException.state.in_(("accepted", "estimated", "edited"))
        with self._writing() as connection:
            return int(connection.execute(update(ValidationException).where(*wanted).values(values)).rowcount)

    # -- what validation finds

    def replace(self, series: int, from_: Micros, until: Micros, found: Sequence[Finding], at: Micros) -> int:
        """What was found in [from_, until) just now: new ones are open, open ones that are no longer found are gone.

        How many are new. What somebody has closed stays closed; what was gone and is found again opens again. What began
        before is only renewed.
        """
        in_span = (ValidationException.from_at >= from_) & (ValidationException.from_at < until)
        begun_before = ValidationException.from_at.in_({one.from_at for one in found if one.from_at < from_})
        asked = select(ValidationException.__table__).where(
            ValidationException.series == series, in_span | begun_before
        )
        with self._writing() as connection:
            known = {(row.rule, row.from_at): row for row in connection.execute(asked)}
            fresh = [one for one in found if (one.rule, one.from_at) not in known]
            for one in found:
                row = known.get((one.rule, one.from_at))
                if row is not None and (row.state == "gone" or row.until_at != one.until_at or row.data != one.data):
                    state = "open" if row.state == "gone" else row.state
                    values = {"until_at": one.until_at, "data": dict(one.data), "state": state}
                    connection.execute(
                        update(ValidationException).where(ValidationException.id == row.id).values(values)
                    )
            still = {(one.rule, one.from_at) for one in found}
            gone = [
                row.id
                for key, row in known.items()
                if key not in still and row.state == "open" and row.from_at >= from_
            ]
            if gone:
                values = {"state": "gone", "closed_at": at}
                connection.execute(update(ValidationException).where(ValidationException.id.in_(gone)).values(values))
            if fresh:
                rows = [
                    {
                        "series": series,
                        "rule": one.rule,
                        "from_at": one.from_at,
                        "until_at": one.until_at,
                        "data": dict(one.data),
                        "state": "open",
                        "found_at": at,
                    }
                    for one in fresh
                ]
                connection.execute(insert(ValidationException), rows)
            return len(fresh)

    # -- through where it has looked

    def progress(self) -> tuple[int, Micros]:
        """(log sequence, time) through which all readings have been looked at; (0, 0) at first."""
        with self._engine.connect() as connection:
            query = select(ValidationProgress.seq, ValidationProgress.at).where(ValidationProgress.name == PROGRESS)
            row = connection.execute(query).first()
        return (int(row.seq), int(row.at)) if row is not None else (0, 0)

    def advance(self, seq: int, at: Micros) -> None:
        with self._writing() as connection:
            connection.execute(delete(ValidationProgress).where(ValidationProgress.name == PROGRESS))
            connection.execute(insert(ValidationProgress).values(name=PROGRESS, seq=seq, at=at))

    def _writing(self) -> Any:  # noqa: ANN401 - SQLAlchemy's context manager of a Connection
        return self._engine.execution_options(writes=True).begin()


def _rows() -> Select[Any]:
    table = ValidationException.__table__
    return _joined(select(*table.columns, Channel.key.label("channel"), Device.key.label("device")))


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join(Channel, Channel.id == ValidationException.series).join(Device, Device.id == Channel.device_id)


def _filtered(
    query: Select[Any],
    state: ExceptionState | None,
    rule: str | None,
    device: str | None,
    sites: Collection[int] | None,
    within: Selection | None,
) -> Select[Any]:
    if state is not None:
        query = query.where(ValidationException.state == state)
    if rule is not None:
        query = query.where(ValidationException.rule == rule)
    return of_devices(query, device=device, sites=sites, within=within)


def _row(row: Any) -> ExceptionRow:  # noqa: ANN401 - of `_rows`
    return ExceptionRow(
        row.id,
        row.series,
        row.device,
        row.channel,
        row.rule,
        row.from_at,
        row.until_at,
        row.state,
        row.found_at,
        row.closed_at,
        row.closed_by,
        row.edit_id,
        row.data,
    )
