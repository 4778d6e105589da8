"""Commands to devices as they are kept: each with its state, its history, and when it goes on by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import Connection, Engine, Select, String, delete, func, insert, or_, select, update
from sqlalchemy import cast as as_text
from sqlalchemy.exc import IntegrityError

from calha.domain.commands import (
    FOR_THE_DEVICE,
    OPEN,
    Event,
    Parameters,
    ReadBack,
    State,
    Step,
    Verification,
    advance,
    due_after,
    verification_after,
)
from calha.domain.errors import Conflict, NotFound
from calha.domain.readings import Micros
from calha.store.accounts.models import DeviceCommand
from calha.store.registry.choosing import of_devices
from calha.store.registry.models import Device
from calha.store.registry.rows import Page, Selection
from calha.store.registry.writing import device_id_of

MAX_OPEN = 100  # commands of one device
MAX_DUE = 500  # looked at in one go
MAX_NOTE = 500
FORGOTTEN_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NewCommand:
    """id: grows with time. given: digest of the request. requester: see `DeviceCommand`."""

    id: str
    device: str
    command: str
    parameters: Parameters
    state: State
    requested_by: str
    requester: Sequence[str]
    requested_at: Micros
    expires_at: Micros
    answer_s: float
    read_back: ReadBack | None
    given: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CommandRow:
    id: str
    device: str
    command: str
    parameters: Parameters
    state: State
    requested_by: str
    requester: Sequence[str]
    requested_at: Micros
    expires_at: Micros
    answer_s: float
    due_at: Micros | None
    missed: bool
    approved_by: str | None
    approved_by_id: str | None
    read_back: ReadBack | None
    verification: Verification | None
    log_seq: int | None
    history: Sequence[Step]

    def reached(self, *states: State) -> Micros | None:
        """When it first was in one of the states."""
        return next((step.at for step in self.history if step.state in states), None)


class CommandStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: NewCommand) -> tuple[CommandRow, bool]:
        """The command, and whether it is new: a request with a known key is answered with what that one made.

        Raises NotFound (device), Conflict for another request with the same key, or too many open ones.
        """
        try:
            with self._writing() as connection:
                device_id = device_id_of(connection, new.device)
                known = _by_key(connection, device_id, new)
                if known is None:
                    _require_room(connection, device_id, new.device)
                    connection.execute(insert(DeviceCommand).values(_values(new, device_id)))
                    return _found(connection, new.device, new.id), True
        except IntegrityError:  # the same key at the same time
            with self._engine.connect() as connection:
                known = _by_key(connection, device_id_of(connection, new.device), new)
            if known is None:
                raise
        return known, False

    def get(self, device: str, command_id: str) -> CommandRow:
        """Raises NotFound, also for a command of another device."""
        with self._engine.connect() as connection:
            return _found(connection, device, command_id)

    def list(
        self,
        device: str | None = None,
        states: Sequence[State] = (),
        after: str | None = None,
        limit: int = 100,
        within: Selection | None = None,
    ) -> Page[CommandRow]:
        """Newest first; `after` an id, downwards; only of devices `within`."""
        query = of_devices(_rows(), device=device, within=within).order_by(DeviceCommand.id.desc()).limit(limit + 1)
        if states:
            query = query.where(DeviceCommand.state.in_(states))
        if after is not None:
            query = query.where(DeviceCommand.id < after)
        found = self._read(query)
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def of_person(self, who: str, limit: int) -> Sequence[CommandRow]:
        """What somebody, by kind and id, has asked for, also with a key that he made, or approved; newest first."""
        asked = as_text(DeviceCommand.requester, String).contains(f'"{who}"')
        his = or_(asked, DeviceCommand.approved_by_id == who)
        return self._read(_rows().where(his).order_by(DeviceCommand.id.desc()).limit(limit))

    def for_device(self, device: str) -> Sequence[CommandRow]:
        """What a device has still to get, oldest first."""
        query = _rows().where(Device.key == device, DeviceCommand.state.in_(FOR_THE_DEVICE))
        return self._read(query.order_by(DeviceCommand.id).limit(MAX_OPEN))

    def to_look_at(self, now: Micros) -> Sequence[CommandRow]:
        """What is due, to be sent (again), or to be read back; oldest first."""
        waits = or_(
            DeviceCommand.due_at <= now,
            DeviceCommand.state.in_((State.QUEUED, State.EXECUTED)),
            DeviceCommand.missed.is_(True),
        )
        query = _rows().where(DeviceCommand.due_at.is_not(None), waits)
        return self._read(query.order_by(DeviceCommand.due_at).limit(MAX_DUE))

    def advance(self, device: str, command_id: str, event: Event, **changes: Any) -> CommandRow:  # noqa: ANN401 - columns
        """The command after an event. Raises NotFound, Conflict."""
        with self._writing() as connection:
            before = _found(connection, device, command_id, for_change=True)
            state = advance(before.state, event)
            verification = verification_after(event.kind, before.verification, before.read_back is not None)
            expires_at = changes.get("expires_at", before.expires_at)
            is_pending = verification == "pending"
            due_at = due_after(state, event.at, expires_at, before.answer_s, before.read_back, is_pending)
            step = Step(state, event.at, event.by[:120], event.note[:MAX_NOTE])
            values = {
                "state": state,
                "verification": verification,
                "due_at": due_at,
                "history": [*before.history, step],
                "missed": False,
                **changes,
            }
            connection.execute(update(DeviceCommand).where(DeviceCommand.id == command_id).values(values))
            return _found(connection, device, command_id)

    def forget(self, before: Micros) -> int:
        """Drop some of the commands that were asked for before a time and have ended; how many, 0 when none is left."""
        ended = DeviceCommand.state.not_in(OPEN), DeviceCommand.due_at.is_(None)
        old = select(DeviceCommand.id).where(DeviceCommand.requested_at < before, *ended).limit(FORGOTTEN_AT_ONCE)
        with self._writing() as connection:
            ids = connection.execute(old).scalars().all()
            connection.execute(delete(DeviceCommand).where(DeviceCommand.id.in_(ids)))
            return len(ids)

    def _read(self, query: Select[Any]) -> Sequence[CommandRow]:
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def _writing(self) -> Any:  # noqa: ANN401 - a transaction; what ingest knows of the registry does not change by it
        return self._engine.execution_options(writes=True).begin()


def _rows() -> Select[Any]:
    table = DeviceCommand.__table__
    return select(*table.columns, Device.key.label("device")).join(Device, Device.id == DeviceCommand.device_id)


def _found(connection: Connection, device: str, command_id: str, for_change: bool = False) -> CommandRow:
    query = _rows().where(DeviceCommand.id == command_id, Device.key == device)
    row = connection.execute(query.with_for_update(of=DeviceCommand) if for_change else query).first()
    if row is None:
        raise NotFound(f"{device} has no command {command_id[:40]!r}", "unknown_command", command=command_id[:40])
    return _row(row)


def _by_key(connection: Connection, device_id: int, new: NewCommand) -> CommandRow | None:
    if new.idempotency_key is None:
        return None
    mine = DeviceCommand.device_id == device_id, DeviceCommand.idempotency_key == new.idempotency_key
    row = connection.execute(_rows().where(*mine)).first()
    if row is None:
        return None
    if row.given != new.given:
        raise Conflict(
            f"the idempotency key {new.idempotency_key!r} was used for another command to {new.device}",
            "key_used_twice",
        )
    return _row(row)


def _require_room(connection: Connection, device_id: int, device: str) -> None:
    mine = DeviceCommand.device_id == device_id, DeviceCommand.state.in_(OPEN)
    if connection.execute(select(func.count()).where(*mine)).scalar_one() >= MAX_OPEN:
        raise Conflict(
            f"{device} has {MAX_OPEN} commands under way; cancel some, or wait until they expire",
            "too_many_commands",
            device=device,
            most=MAX_OPEN,
        )


def _values(new: NewCommand, device_id: int) -> Mapping[str, Any]:
    values = {name: getattr(new, name) for name in NewCommand.__slots__ if name != "device"}
    return values | {
        "device_id": device_id,
        "requester": list(new.requester),
        "parameters": dict(new.parameters),
        "read_back": asdict(new.read_back) if new.read_back is not None else None,
        "due_at": new.expires_at,
        "missed": False,
        "history": [Step(new.state, new.requested_at, new.requested_by, "")],
    }


def _row(row: Any) -> CommandRow:  # noqa: ANN401 - of `_rows`
    return CommandRow(
        id=row.id,
        device=row.device,
        command=row.command,
        parameters=row.parameters,
        state=State(row.state),
        requested_by=row.requested_by,
        requester=row.requester,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        answer_s=row.answer_s,
        due_at=row.due_at,
        missed=row.missed,
        approved_by=row.approved_by,
        approved_by_id=row.approved_by_id,
        read_back=ReadBack(**row.read_back) if row.read_back else None,
        verification=cast(Verification | None, row.verification),
        log_seq=row.log_seq,
        history=[Step(State(state), at, by, note) for state, at, by, note in row.history],
    )
