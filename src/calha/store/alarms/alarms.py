"""Alarms as they stand, and how they came to: a state and its transition are written together or not at all.

States change only by `domain.alarm_states.step`. A change of a condition that is known already, or that is older than what
is known, is passed over, so that what was told before a crash may be told again. Writing goes one after another, so that
transitions are numbered in the order in which others come to see them.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from itertools import accumulate, pairwise
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select, update

from calha.domain.alarm_rules import BY_DESIGN
from calha.domain.alarm_states import ANNUNCIATED, ASIDE, Act, Alarm, Event, Priority, State, expired, step
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.store.alarms.models import AlarmRecord, AlarmRule, AlarmTransition
from calha.store.alarms.rows import AlarmRow, Change, Raising, ToldTransition, TransitionRow
from calha.store.registry.choosing import of_devices
from calha.store.registry.models import Device, Site
from calha.store.registry.rows import Page, Selection

MAX_AT_ONCE = 500
MAX_RAISINGS = 200_000


class AlarmStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()

    # -- what conditions say

    def follow(self, changes: Sequence[Change], made_at: Micros) -> list[AlarmRow]:
        """Raise and clear what conditions say, in their order; the alarms that changed. Of unknown devices or rules: none."""
        found: list[int] = []
        with self._writing() as connection:
            devices = _ids(connection, Device.key, Device.id, {one.device for one in changes})
            rules = _ids(connection, AlarmRule.id, AlarmRule.id, {one.rule for one in changes})
            for one in changes:
                if one.device not in devices or one.rule not in rules:
                    continue
                if one.limit == BY_DESIGN:
                    found += self._suppress(connection, one, devices[one.device], made_at)
                else:
                    changed = self._follow(connection, one, devices[one.device], made_at)
                    found += [changed] if changed is not None else []
            return self._named(connection, found)

    def _follow(self, connection: Connection, change: Change, device_id: int, made_at: Micros) -> int | None:
        row = connection.execute(_by_key(change, device_id)).first()
        before = _alarm(row) if row is not None else Alarm()
        if change.is_by_clock:
            change = replace(change, at=_last_known(before, change.at))
        elif change.at < _last_known(before, change.at):  # readings are taken once more, after a crash
            return None
        is_first = change.holds and bool(change.first_out) and not _is_group_active(connection, change, device_id)
        event = Event(Act.RAISE if change.holds else Act.CLEAR, change.at, is_first=is_first)
        if step(before, event, latching=change.latching) == before:
            return None
        events = [event]
        if change.holds and change.is_suppressed and not before.is_away:  # it is told to nobody: it leaves first
            events = [Event(Act.SUPPRESS, change.at, BY_DESIGN), event]
        alarms = list(accumulate(events, partial(step, latching=change.latching), initial=before))
        values = _values(alarms[-1], made_at) | _of_change(change)
        alarm_id = _write(connection, row.id if row is not None else None, change, device_id, values)
        for one, (was, became) in zip(events, pairwise(alarms), strict=True):
            _note(connection, alarm_id, was, became, one, made_at, "", change.signal)
        return alarm_id

    def _suppress(self, connection: Connection, change: Change, device_id: int, made_at: Micros) -> list[int]:
        """Suppress what is annunciated of a rule and a device, or annunciate again what was suppressed by design."""
        table = AlarmRecord.__table__.c
        states = [one.value for one in ANNUNCIATED] if change.holds else [State.SUPPRESSED.value]
        query = select(AlarmRecord.__table__).where(
            table.rule_id == change.rule, table.device_id == device_id, table.state.in_(states)
        )
        if not change.holds:
            query = query.where(table.reason == BY_DESIGN)
        rows = connection.execute(query).all()
        event = Event(Act.SUPPRESS, change.at, BY_DESIGN) if change.holds else Event(Act.UNSUPPRESS, change.at)
        for row in rows:
            self._act(connection, row, event, "", made_at)
        return [row.id for row in rows]

    def suppressed_by_design(self) -> set[tuple[int, str]]:
        """Rules and devices of which an alarm is suppressed by design."""
        table = AlarmRecord.__table__.c
        query = select(table.rule_id, Device.key).join(Device, Device.id == table.device_id)
        query = query.where(table.state == State.SUPPRESSED.value, table.reason == BY_DESIGN)
        with self._engine.connect() as connection:
            return {(rule, device) for rule, device in connection.execute(query)}

    def held(self, key: tuple[int, str, str], from_: Micros, until: Micros) -> list[tuple[Micros, Micros]]:
        """When an alarm's condition held, as far as its history tells it, of the times that touch [from_, until]."""
        transition = AlarmTransition.__table__.c
        begins, ends = (Act.RAISE.value, Act.HELD.value), (Act.CLEAR.value, Act.ENDED.value)
        query = (
            select(transition.at, transition.act)
            .join(AlarmRecord, AlarmRecord.id == transition.alarm_id)
            .join(Device, Device.id == AlarmRecord.device_id)
            .where(AlarmRecord.rule_id == key[0], AlarmRecord.limit_name == key[1], Device.key == key[2])
            .where(transition.act.in_([*begins, *ends]), transition.at <= until)
            .order_by(transition.at, transition.id)
        )
        found: list[tuple[Micros, Micros]] = []
        begun: Micros | None = None
        with self._engine.connect() as connection:
            for at, act in connection.execute(query):
                if act in begins:
                    begun = at
                elif begun is not None:
                    found.append((begun, at))
                    begun = None
        if begun is not None:
            found.append((begun, until))
        return [(first, last) for first, last in found if last >= from_]

    def complete(self, change: Change, ended: Micros, made_at: Micros) -> None:
        """Write into the history that a condition held from `change.at` until `ended`; the alarm stays as it is."""
        with self._writing() as connection:
            devices = _ids(connection, Device.key, Device.id, {change.device})
            if not devices or not _ids(connection, AlarmRule.id, AlarmRule.id, {change.rule}):
                return
            row = connection.execute(_by_key(change, devices[change.device])).first()
            alarm = _alarm(row) if row is not None else Alarm()
            alarm_id = row.id if row is not None else None
            if alarm_id is None:
                values = _values(alarm, made_at) | _of_change(change)
                alarm_id = _write(connection, None, change, devices[change.device], values)
            for act, at in ((Act.HELD, change.at), (Act.ENDED, ended)):
                _note(connection, alarm_id, alarm, alarm, Event(act, at), made_at, "", change.signal)

    def untold(self, alarm_id: int, at: Micros, by: str, chain: str) -> None:
        """Write into the history that a chain tells of it no further; the alarm stays as it is, and may be gone by now."""
        with self._writing() as connection:
            row = connection.execute(_of([alarm_id])).first()
            if row is not None:
                alarm = _alarm(row)
                _note(connection, alarm_id, alarm, alarm, Event(Act.UNTOLD, at, chain), at, by, None)

    def active(self) -> dict[tuple[int, str, str], bool]:
        """By rule, limit and device: whether the condition held, as far as there was ever an alarm."""
        table = AlarmRecord.__table__.c
        query = select(table.rule_id, table.limit_name, Device.key, table.is_active).join(
            Device, Device.id == table.device_id
        )
        with self._engine.connect() as connection:
            return {(rule, limit, device): holds for rule, limit, device, holds in connection.execute(query)}

    # -- what people do

    def act(self, ids: Sequence[int], event: Event, author: str) -> list[AlarmRow]:
        """One act on some alarms, all or none. Raises NotFound, Conflict and Malformed."""
        with self._writing() as connection:
            rows = {row.id: row for row in connection.execute(_of(ids))}
            for one in dict.fromkeys(ids):
                if one not in rows:
                    raise NotFound(f"there is no alarm {one}", "unknown_alarm", alarm=one)
                self._act(connection, rows[one], event, author, event.at)
            return self._named(connection, ids)

    def expire(self, now: Micros) -> list[AlarmRow]:
        """Take off the shelf what has been there long enough."""
        wanted = AlarmRecord.state == State.SHELVED.value, AlarmRecord.away_until <= now
        with self._engine.connect() as connection:  # nobody waits for a lock while nothing is due
            if connection.execute(select(AlarmRecord.id).where(*wanted).limit(1)).first() is None:
                return []
        with self._writing() as connection:
            rows = connection.execute(select(AlarmRecord.__table__).where(*wanted).limit(MAX_AT_ONCE)).all()
            for row in rows:
                event = expired(_alarm(row), now)
                assert event is not None
                self._act(connection, row, event, "", now)
            return self._named(connection, [row.id for row in rows])

    def _act(self, connection: Connection, row: Any, event: Event, author: str, made_at: Micros) -> None:  # noqa: ANN401
        before = _alarm(row)
        after = step(before, event, latching=row.latching)
        connection.execute(update(AlarmRecord).where(AlarmRecord.id == row.id).values(_values(after, made_at)))
        _note(connection, row.id, before, after, event, made_at, author, None)

    # -- the lists

    def page(
        self,
        states: Collection[State] | None = None,
        device: str | None = None,
        sites: Collection[int] | None = None,
        within: Selection | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Page[AlarmRow]:
        """By id; `after` an id, upwards; only of devices in `sites`, and `within`."""
        query = _filtered(_rows().order_by(AlarmRecord.id).limit(limit + 1), states, device, sites, within)
        if after is not None:
            query = query.where(AlarmRecord.id > after)
        with self._engine.connect() as connection:
            found = [_row(row) for row in connection.execute(query)]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def named(self, ids: Sequence[int]) -> list[AlarmRow]:
        """Those alarms, by id. Raises NotFound when one does not exist."""
        with self._engine.connect() as connection:
            found = self._named(connection, ids)
        missing = set(ids) - {row.id for row in found}
        if missing:
            raise NotFound(f"there is no alarm {min(missing)}", "unknown_alarm", alarm=min(missing))
        return found

    def existing(self, ids: Collection[int]) -> set[int]:
        """Which of them there are."""
        with self._engine.connect() as connection:
            return set(_ids(connection, AlarmRecord.id, AlarmRecord.id, ids))

    def of_keys(self, keys: Collection[tuple[int, str, str]]) -> list[AlarmRow]:
        """Alarms by rule, limit and device, as far as there are any."""
        wanted, found = set(keys), []
        rules = sorted({rule for rule, _, _ in wanted})
        with self._engine.connect() as connection:
            for start in range(0, len(rules), MAX_AT_ONCE):
                query = _rows().where(AlarmRecord.rule_id.in_(rules[start : start + MAX_AT_ONCE]))
                found += [_row(row) for row in connection.execute(query)]
        return [row for row in found if (row.rule, row.limit, row.device) in wanted]

    def history(self, alarm_id: int, before: int | None = None, limit: int = 100) -> Page[TransitionRow]:
        """What happened to an alarm, newest first; `before` an id, downwards."""
        query = select(AlarmTransition.__table__).where(AlarmTransition.alarm_id == alarm_id)
        if before is not None:
            query = query.where(AlarmTransition.id < before)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(AlarmTransition.id.desc()).limit(limit + 1)).all()
        found = [_transition(row) for row in rows]
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    def newest_transition(self) -> int:
        """Number of the last transition; 0 before the first."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.max(AlarmTransition.id))).scalar() or 0)

    def transitions_since(self, number: int, limit: int) -> list[ToldTransition]:
        """Transitions after a number, oldest first, each with its alarm as it stands now."""
        told = AlarmTransition.act.not_in([one.value for one in ASIDE])
        query = select(AlarmTransition.__table__).where(AlarmTransition.id > number, told)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(AlarmTransition.id).limit(limit)).all()
            alarms = {one.id: one for one in self._named(connection, [row.alarm_id for row in rows])}
        return [ToldTransition(_transition(row), alarms[row.alarm_id]) for row in rows if row.alarm_id in alarms]

    def happened(self, from_: Micros, until: Micros, sites: Collection[int], limit: int) -> list[ToldTransition]:
        """All transitions in [from_, until) of alarms of devices in sites, by time, each with its alarm as it stands now."""
        transition = AlarmTransition.__table__.c
        query = (
            select(*AlarmTransition.__table__.columns)
            .join(AlarmRecord, AlarmRecord.id == transition.alarm_id)
            .join(Device, Device.id == AlarmRecord.device_id)
            .where(transition.at >= from_, transition.at < until, Device.site_id.in_(sites))
            .order_by(transition.at, transition.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            alarms = {one.id: one for one in self._named(connection, [row.alarm_id for row in rows])}
        return [ToldTransition(_transition(row), alarms[row.alarm_id]) for row in rows if row.alarm_id in alarms]

    def raisings(
        self,
        from_: Micros,
        until: Micros,
        sites: Collection[int] | None = None,
        within: Selection | None = None,
    ) -> Sequence[Raising]:
        """What was annunciated and what ended in [from_, until), by time; at most MAX_RAISINGS."""
        transition = AlarmTransition.__table__.c
        away = [State.SHELVED.value, State.SUPPRESSED.value, State.OUT_OF_SERVICE.value]
        query = (
            select(
                AlarmRecord.id,
                AlarmRule.id,
                AlarmRule.name,
                Device.key,
                AlarmRecord.priority,
                transition.at,
                transition.act,
            )
            .select_from(AlarmTransition)
            .join(AlarmRecord, AlarmRecord.id == transition.alarm_id)
            .join(AlarmRule, AlarmRule.id == AlarmRecord.rule_id)
            .join(Device, Device.id == AlarmRecord.device_id)
            .where(transition.at >= from_, transition.at < until, transition.after.not_in(away))
            .where(transition.act.in_([Act.RAISE.value, Act.CLEAR.value]))
            .order_by(transition.at, transition.id)
            .limit(MAX_RAISINGS)
        )
        with self._engine.connect() as connection:
            return [
                Raising(alarm, rule, name, device, Priority(priority), at, act == Act.RAISE.value)
                for alarm, rule, name, device, priority, at, act in connection.execute(
                    _filtered(query, None, None, sites, within)
                )
            ]

    def _named(self, connection: Connection, ids: Sequence[int]) -> list[AlarmRow]:
        found = []
        distinct = sorted(set(ids))
        for start in range(0, len(distinct), MAX_AT_ONCE):
            part = distinct[start : start + MAX_AT_ONCE]
            query = _rows().where(AlarmRecord.id.in_(part)).order_by(AlarmRecord.id)
            found += [_row(row) for row in connection.execute(query)]
        return found

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._lock, self._engine.execution_options(writes=True).begin() as connection:
            yield connection


def _rows() -> Select[Any]:
    columns = AlarmRecord.__table__.columns
    device = (Device.key.label("device"), Device.name.label("device_name"), Device.site_id.label("site"))
    query = select(*columns, AlarmRule.name, *device, Site.zone.label("zone"))
    query = query.join(AlarmRule, AlarmRule.id == AlarmRecord.rule_id).join(Device, Device.id == AlarmRecord.device_id)
    return query.join(Site, Site.id == Device.site_id)


def _filtered(
    query: Select[Any],
    states: Collection[State] | None,
    device: str | None,
    sites: Collection[int] | None,
    within: Selection | None,
) -> Select[Any]:
    if states is not None:
        query = query.where(AlarmRecord.state.in_([one.value for one in states]))
    return of_devices(query, device=device, sites=sites, within=within)


def _of(ids: Sequence[int]) -> Select[Any]:
    return select(AlarmRecord.__table__).where(AlarmRecord.id.in_(ids))


def _ids(connection: Connection, key: Any, found: Any, wanted: Collection[Any]) -> dict[Any, int]:  # noqa: ANN401
    names = list(wanted)
    ids: dict[Any, int] = {}
    for start in range(0, len(names), MAX_AT_ONCE):
        part = names[start : start + MAX_AT_ONCE]
        ids |= {row[0]: row[1] for row in connection.execute(select(key, found).where(key.in_(part)))}
    return ids


def _is_group_active(connection: Connection, change: Change, device_id: int) -> bool:
    """Whether another alarm of the first-out group holds in the device's site."""
    site = select(Device.site_id).where(Device.id == device_id).scalar_subquery()
    query = select(func.count()).select_from(AlarmRecord).join(Device, Device.id == AlarmRecord.device_id)
    query = query.where(AlarmRecord.first_out == change.first_out, AlarmRecord.is_active, Device.site_id == site)
    return bool(connection.execute(query).scalar_one())


def _write(connection: Connection, alarm_id: int | None, change: Change, device_id: int, values: dict[str, Any]) -> int:
    if alarm_id is not None:
        connection.execute(update(AlarmRecord).where(AlarmRecord.id == alarm_id).values(values))
        return alarm_id
    named = {"rule_id": change.rule, "limit_name": change.limit, "device_id": device_id}
    found = connection.execute(insert(AlarmRecord).values(values | named)).inserted_primary_key
    assert found is not None
    return int(found[0])


def _note(
    connection: Connection,
    alarm_id: int,
    before: Alarm,
    after: Alarm,
    event: Event,
    made_at: Micros,
    author: str,
    signal: float | None,
) -> None:
    values = {
        "alarm_id": alarm_id,
        "at": event.at,
        "made_at": made_at,
        "act": event.act.value,
        "before": before.state.value,
        "after": after.state.value,
        "signal": signal,
        "author": author[:120],
        "note": event.note,
    }
    connection.execute(insert(AlarmTransition).values(values))


def _last_known(alarm: Alarm, at: Micros) -> Micros:
    """The last change of a condition that is known, or a time where that is later."""
    return max(at, alarm.raised_at or at, alarm.cleared_at or at)


def _by_key(change: Change, device_id: int) -> Select[Any]:
    table = AlarmRecord.__table__.c
    return select(AlarmRecord.__table__).where(
        table.rule_id == change.rule, table.limit_name == change.limit, table.device_id == device_id
    )


def _of_change(change: Change) -> dict[str, Any]:
    return {
        "priority": change.priority.value,
        "first_out": change.first_out,
        "latching": change.latching,
        "signal": change.signal,
        "limit_value": change.limit_value,
    }


def _values(alarm: Alarm, changed_at: Micros) -> dict[str, Any]:
    return asdict(alarm) | {"state": alarm.state.value, "changed_at": changed_at}


def _alarm(row: Any) -> Alarm:  # noqa: ANN401 - a row of AlarmRecord
    return Alarm(
        State(row.state),
        bool(row.is_active),
        bool(row.is_acknowledged),
        bool(row.is_first_out),
        row.raised_at,
        row.cleared_at,
        row.away_until,
        row.reason,
    )


def _transition(row: Any) -> TransitionRow:  # noqa: ANN401 - a row of AlarmTransition
    return TransitionRow(
        row.id,
        row.at,
        row.made_at,
        Act(row.act),
        State(row.before),
        State(row.after),
        row.signal,
        row.author,
        row.note,
    )


def _row(row: Any) -> AlarmRow:  # noqa: ANN401 - of `_rows`
    return AlarmRow(
        row.id,
        row.rule_id,
        row.name,
        row.limit_name,
        row.device,
        row.site,
        Priority(row.priority),
        bool(row.latching),
        _alarm(row),
        row.signal,
        row.limit_value,
        row.changed_at,
        row.device_name,
        row.zone,
    )
