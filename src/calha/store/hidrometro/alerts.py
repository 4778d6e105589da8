"""Alerts: what was detected, and who has resolved it."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Select, insert, select, update

from calha.domain.errors import NotFound
from calha.store.hidrometro.models import Alert
from calha.store.hidrometro.numbering import go_on_after
from calha.store.registry.models import Device
from calha.store.registry.writing import device_id_of

MAX_ALERTS = 500  # in one list


@dataclass(frozen=True, slots=True)
class NewAlert:
    """device: its key."""

    device: str
    kind: str
    message: str
    threshold: float | None
    flow: float | None
    total: float | None
    duration_s: float | None
    detected_at: datetime
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertRow:
    id: int
    device: str
    kind: str
    message: str
    threshold: float | None
    flow: float | None
    total: float | None
    duration_s: float | None
    detected_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


class Alerts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: NewAlert, alert_id: int | None = None) -> int:
        """Its id. Raises NotFound (device)."""
        columns = asdict(new)
        device = columns.pop("device")
        if alert_id is not None:
            columns["id"] = alert_id
        with self._writing() as connection:
            columns["device_id"] = device_id_of(connection, device)
            key = connection.execute(insert(Alert).values(columns)).inserted_primary_key
            if alert_id is not None:
                go_on_after(connection, Alert.__table__.c.id)
        assert key is not None
        return int(key[0])

    def list(self, devices: Collection[str], limit: int, unresolved: bool = False) -> list[AlertRow]:
        """Of these devices, newest first."""
        query = _rows().where(Device.key.in_(devices)).order_by(Alert.detected_at.desc(), Alert.id.desc())
        if unresolved:
            query = query.where(Alert.resolved_at.is_(None))
        with self._engine.connect() as connection:
            return [AlertRow(**row._mapping) for row in connection.execute(query.limit(min(limit, MAX_ALERTS)))]

    def get(self, alert_id: int) -> AlertRow:
        """Raises NotFound."""
        with self._engine.connect() as connection:
            row = connection.execute(_rows().where(Alert.id == alert_id)).first()
        if row is None:
            raise NotFound(f"there is no alert {alert_id}")
        return AlertRow(**row._mapping)

    def resolve(self, alert_id: int, by: str) -> AlertRow:
        """One that is resolved already stays so. Raises NotFound."""
        changed = update(Alert).where(Alert.id == alert_id, Alert.resolved_at.is_(None))
        with self._writing() as connection:
            connection.execute(changed.values(resolved_at=datetime.now(UTC), resolved_by=by[:120]))
        return self.get(alert_id)

    def last_of(self, device: str) -> AlertRow | None:
        return next(iter(self.list([device], 1)), None)

    def known(self, ids: Collection[int]) -> dict[int, str]:
        """The devices of those alerts that there are."""
        query = select(Alert.id, Device.key).join(Device, Device.id == Alert.device_id).where(Alert.id.in_(ids))
        with self._engine.connect() as connection:
            return {row.id: row.key for row in connection.execute(query)}

    def _writing(self) -> Any:  # noqa: ANN401 - a transaction
        return self._engine.execution_options(writes=True).begin()


def _rows() -> Select[Any]:
    columns = [column for column in Alert.__table__.columns if column.name != "device_id"]
    return select(*columns, Device.key.label("device")).join(Device, Device.id == Alert.device_id)
