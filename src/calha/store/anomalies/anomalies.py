"""Anomalies that were found, what people said of them, and how many there are of each kind.

Rule 1: an anomaly is known by its subject and its start; what is found once more, after a restart or while it lasts, is
renewed, and what people said of it stays.
Rule 2: what nobody has answered is forgotten after a time (`forget`); answers are kept, because thresholds follow from them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine, Select, case, delete, func, insert, or_, select, update

from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import DAY_US
from calha.store.anomalies.models import Anomaly
from calha.store.anomalies.rows import AnomalyRow, Found, Tally, Verdict, VerdictFilter
from calha.store.registry.choosing import of_devices
from calha.store.registry.models import Channel, Device, Site
from calha.store.registry.rows import Page, Selection

MAX_SIMILAR = 200  # of the same series and kind that are compared
ROWS_AT_ONCE = 200
WEEK_US = 7 * DAY_US


class AnomalyStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- what detectors find

    def keep(self, found: Sequence[Found], at: Micros) -> None:
        """Add new ones and renew known ones; those of channels that are gone meanwhile are left out."""
        by_key = {(one.subject, one.started_at): one for one in found}
        with self._writing() as connection:
            for part in _parts(list(by_key.values())):
                subjects = {one.subject for one in part}
                starts = {one.started_at for one in part}
                asked = select(Anomaly.id, Anomaly.subject, Anomaly.started_at).where(
                    Anomaly.subject.in_(subjects), Anomaly.started_at.in_(starts)
                )
                known = {(row.subject, row.started_at): row.id for row in connection.execute(asked)}
                series = select(Channel.id).where(Channel.id.in_({one.series for one in part}))
                there = set(connection.execute(series).scalars())
                kept = [one for one in part if one.series in there]
                fresh = [one for one in kept if (one.subject, one.started_at) not in known]
                if fresh:
                    new = {"found_at": at, "note": ""}
                    connection.execute(insert(Anomaly), [asdict(one) | new for one in fresh])
                for one in kept:
                    number = known.get((one.subject, one.started_at))
                    if number is not None:
                        connection.execute(update(Anomaly).where(Anomaly.id == number).values(asdict(one)))

    def end_all_but(self, lasting: Collection[tuple[str, Micros]]) -> None:
        """End those of which no detector knows any more; lasting: by subject and start."""
        asked = select(Anomaly.id, Anomaly.subject, Anomaly.started_at).where(Anomaly.ended_at.is_(None))
        with self._writing() as connection:
            open_ = connection.execute(asked).all()
            lost = [row.id for row in open_ if (row.subject, row.started_at) not in lasting]
            for part in _parts(lost):
                connection.execute(update(Anomaly).where(Anomaly.id.in_(part)).values(ended_at=Anomaly.peak_at))

    def forget(self, before: Micros) -> int:
        """Delete those that ended before a time and that nobody has answered; how many."""
        wanted = (Anomaly.ended_at < before) & Anomaly.verdict.is_(None)
        with self._writing() as connection:
            return int(connection.execute(delete(Anomaly).where(wanted)).rowcount)

    # -- what people say

    def answer(self, number: int, verdict: Verdict | None, note: str, author: str, at: Micros) -> None:
        """Say what an anomaly was, or take that back. Raises NotFound."""
        told = verdict is not None
        values = {
            "verdict": verdict,
            "note": note,
            "answered_by": author if told else None,
            "answered_at": at if told else None,
        }
        with self._writing() as connection:
            if not connection.execute(update(Anomaly).where(Anomaly.id == number).values(values)).rowcount:
                raise NotFound(f"there is no anomaly {number}")

    def answers(self, subject: str | None = None) -> Mapping[tuple[str, str], Sequence[tuple[float, bool]]]:
        """(shown, whether it was real) of all that were answered, by subject and kind, in the order of the answers."""
        query = select(Anomaly.subject, Anomaly.kind, Anomaly.shown, Anomaly.verdict).where(
            Anomaly.verdict.is_not(None)
        )
        if subject is not None:
            query = query.where(Anomaly.subject == subject)
        found: dict[tuple[str, str], list[tuple[float, bool]]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(Anomaly.answered_at, Anomaly.id)):
                found.setdefault((row.subject, row.kind), []).append((row.shown, row.verdict == "real"))
        return found

    # -- what people see

    def page(
        self,
        *,
        lasting: bool | None = None,
        kinds: Collection[str] | None = None,
        verdict: VerdictFilter | None = None,
        least_score: float = 0.0,
        device: str | None = None,
        sites: Collection[int] | None = None,
        within: Selection | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Page[AnomalyRow]:
        """Last found first; `before` an id, downwards; since, until: of its time; only of devices in `sites`, and `within`."""
        query = (
            of_devices(_rows(), device=device, sites=sites, within=within).order_by(Anomaly.id.desc()).limit(limit + 1)
        )
        if before is not None:
            query = query.where(Anomaly.id < before)
        if lasting is not None:
            query = query.where(Anomaly.ended_at.is_(None) if lasting else Anomaly.ended_at.is_not(None))
        if kinds is not None:
            query = query.where(Anomaly.kind.in_(kinds))
        if verdict is not None:
            query = query.where(Anomaly.verdict.is_(None) if verdict == "none" else Anomaly.verdict == verdict)
        if least_score > 0.0:
            query = query.where(Anomaly.score >= least_score)
        if since is not None:
            query = query.where(or_(Anomaly.ended_at.is_(None), Anomaly.ended_at >= since))
        if until is not None:
            query = query.where(Anomaly.started_at < until)
        found = self._ask(query)
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def named(self, number: int) -> AnomalyRow:
        """Raises NotFound."""
        found = self._ask(_rows().where(Anomaly.id == number))
        if not found:
            raise NotFound(f"there is no anomaly {number}")
        return found[0]

    def earlier(self, row: AnomalyRow) -> Sequence[AnomalyRow]:
        """Those of the same series and kind that began before, the last first, at most MAX_SIMILAR."""
        same = Anomaly.series == row.series, Anomaly.kind == row.kind, Anomaly.started_at < row.started_at
        return self._ask(_rows().where(*same).order_by(Anomaly.started_at.desc()).limit(MAX_SIMILAR))

    def tally(
        self,
        now: Micros,
        weeks: int,
        *,
        least_score: float = 0.0,
        device: str | None = None,
        sites: Collection[int] | None = None,
        within: Selection | None = None,
    ) -> Sequence[Tally]:
        """How many began in each of the last weeks, by kind and verdict."""
        week = case(*((Anomaly.started_at >= now - (back + 1) * WEEK_US, back) for back in range(weeks)), else_=weeks)
        counted: Any = select(Anomaly.kind, week.label("week"), Anomaly.verdict, func.count().label("number"))
        query = of_devices(_joined(counted.select_from(Anomaly)), device=device, sites=sites, within=within)
        query = query.where(Anomaly.started_at >= now - weeks * WEEK_US, Anomaly.score >= least_score)
        query = query.group_by(Anomaly.kind, week, Anomaly.verdict)
        with self._engine.connect() as connection:
            return [Tally(row.kind, int(row.week), row.verdict, int(row.number)) for row in connection.execute(query)]

    def count_lasting(
        self,
        *,
        least_score: float = 0.0,
        device: str | None = None,
        sites: Collection[int] | None = None,
        within: Selection | None = None,
    ) -> int:
        counted: Any = select(func.count()).select_from(Anomaly)
        query = of_devices(_joined(counted), device=device, sites=sites, within=within)
        query = query.where(Anomaly.ended_at.is_(None), Anomaly.score >= least_score)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def _ask(self, query: Select[Any]) -> list[AnomalyRow]:
        with self._engine.connect() as connection:
            return [AnomalyRow(**row) for row in connection.execute(query).mappings()]

    def _writing(self) -> Any:  # noqa: ANN401 - SQLAlchemy's context manager of a Connection
        return self._engine.execution_options(writes=True).begin()


def _rows() -> Select[Any]:
    own = [getattr(Anomaly, name) for name in AnomalyRow.__dataclass_fields__ if hasattr(Anomaly, name)]
    keys = (Device.key.label("device"), Channel.key.label("channel"), Channel.unit.label("unit"))
    names = (Device.name.label("device_name"), Channel.name.label("channel_name"), Site.zone.label("zone"))
    return _joined(select(*own, *keys, *names)).join(Site, Site.id == Device.site_id)


def _joined(query: Select[Any]) -> Select[Any]:
    return query.join(Channel, Channel.id == Anomaly.series).join(Device, Device.id == Channel.device_id)


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
