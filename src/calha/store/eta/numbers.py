"""The numbers of devices, sensors and units of a replaced ETA flow system. Each method is one transaction.

Rule 1: a number, once given, stands for the same channel as long as that channel exists.
Rule 2: a new thing gets the number after the highest, unless it is imported with its own.
Rule 3: what something else refers to cannot be removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound
from calha.store.eta.models import EtaDevice, EtaSensor, EtaUnit
from calha.store.registry.models import Channel, Device
from calha.store.registry.writing import device_id_of, writing

MAX_SENSOR = 1_023  # of a sensor's number, which is part of the numbers of its measurements
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class EtaUnitRow:
    id: int
    name: str
    symbol: str


@dataclass(frozen=True, slots=True)
class EtaDeviceRow:
    """device: key of the device for which it stands."""

    id: int
    name: str
    code: int | None
    kind: str
    location: str | None
    device: str


@dataclass(frozen=True, slots=True)
class EtaSensorRow:
    """device_id: number of its `dispositivo`. device, channel: of Calha, with the series. unit_id: of its measurements."""

    id: int
    name: str
    code: int | None
    kind: str
    device_id: int
    unit_id: int | None
    device: str
    channel: str
    series: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All numbers as of one moment, in their order."""

    devices: Mapping[int, EtaDeviceRow]
    sensors: Mapping[int, EtaSensorRow]
    units: Mapping[int, EtaUnitRow]

    def sensor_of_code(self, code: int) -> EtaSensorRow | None:
        return next((sensor for sensor in self.sensors.values() if sensor.code == code), None)

    def symbol_of(self, sensor: EtaSensorRow) -> str:
        unit = self.units.get(sensor.unit_id) if sensor.unit_id is not None else None
        return unit.symbol if unit is not None else ""


class EtaNumbers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def picture(self) -> Picture:
        with self._engine.connect() as connection:
            units = connection.execute(select(EtaUnit.__table__).order_by(EtaUnit.id))
            devices = connection.execute(_DEVICES.order_by(EtaDevice.id))
            sensors = connection.execute(_SENSORS.order_by(EtaSensor.id))
            return Picture(
                devices={row.id: EtaDeviceRow(*row) for row in devices},
                sensors={row.id: EtaSensorRow(*row) for row in sensors},
                units={row.id: EtaUnitRow(*row) for row in units},
            )

    # -- units

    def add_unit(self, name: str, symbol: str, number: int | None = None) -> int:
        """Its number. Raises Conflict (number)."""
        with writing(self._engine) as connection:
            return _add(connection, EtaUnit, {"name": name, "symbol": symbol}, number)

    def change_unit(self, number: int, **changes: Any) -> None:  # noqa: ANN401 - columns
        """Raises NotFound."""
        with writing(self._engine) as connection:
            _change(connection, EtaUnit, number, changes)

    def remove_unit(self, number: int) -> None:
        """Raises NotFound, Conflict while a sensor measures in it."""
        with writing(self._engine) as connection:
            _require_unused(connection, EtaSensor.unit_id == number)
            _remove(connection, EtaUnit, number)

    # -- devices

    def add_device(
        self,
        device: str,
        name: str,
        kind: str,
        location: str | None,
        code: int | None = None,
        number: int | None = None,
    ) -> int:
        """Its number. Raises Conflict (number, code, a device that has one), NotFound (device)."""
        with writing(self._engine) as connection:
            values = {"name": name, "kind": kind, "location": location, "device_id": device_id_of(connection, device)}
            return _add(connection, EtaDevice, values | {"code": code}, number)

    def change_device(self, number: int, **changes: Any) -> None:  # noqa: ANN401 - columns
        """Change name, kind, location or code. Raises NotFound, Conflict (code)."""
        with writing(self._engine) as connection:
            _change(connection, EtaDevice, number, changes)

    def remove_device(self, number: int) -> None:
        """Raises NotFound, Conflict while it has sensors."""
        with writing(self._engine) as connection:
            _require_unused(connection, EtaSensor.eta_device_id == number)
            _remove(connection, EtaDevice, number)

    def renumber_device(self, before: int, after: int) -> None:
        """Give a device another number, with its sensors. Raises NotFound, Conflict (number)."""
        with writing(self._engine) as connection:
            _require(connection, EtaDevice, before)
            columns = EtaDevice.name, EtaDevice.code, EtaDevice.kind, EtaDevice.location, EtaDevice.device_id
            device = connection.execute(select(*columns).where(EtaDevice.id == before)).one()._asdict()
            of_it = select(EtaSensor.__table__).where(EtaSensor.eta_device_id == before)
            sensors = [row._asdict() for row in connection.execute(of_it)]
            connection.execute(delete(EtaSensor).where(EtaSensor.eta_device_id == before))
            connection.execute(delete(EtaDevice).where(EtaDevice.id == before))
            _add(connection, EtaDevice, device, after)
            for sensor in sensors:
                connection.execute(insert(EtaSensor).values({**sensor, "eta_device_id": after}))

    # -- sensors

    def add_sensor(
        self,
        series: int,
        name: str,
        kind: str,
        device_id: int,
        unit_id: int | None = None,
        code: int | None = None,
        number: int | None = None,
    ) -> int:
        """Its number; without a code it gets its number as code, if that is free. Raises Conflict, NotFound."""
        with writing(self._engine) as connection:
            _require(connection, EtaDevice, device_id)
            _require_unit(connection, unit_id)
            values = {"name": name, "kind": kind, "eta_device_id": device_id, "channel_id": series, "unit_id": unit_id}
            chosen = number if number is not None else _next(connection, EtaSensor)
            if chosen > MAX_SENSOR:
                raise Conflict(f"a sensor's number is at most {MAX_SENSOR}")
            if code is None:
                is_taken = connection.execute(select(EtaSensor.id).where(EtaSensor.code == chosen)).first()
                code = None if is_taken else chosen
            return _add(connection, EtaSensor, values | {"code": code}, chosen)

    def change_sensor(self, number: int, **changes: Any) -> None:  # noqa: ANN401 - columns
        """Change name, kind, code, eta_device_id or unit_id. Raises NotFound, Conflict (code)."""
        with writing(self._engine) as connection:
            if "eta_device_id" in changes:
                _require(connection, EtaDevice, changes["eta_device_id"])
            _require_unit(connection, changes.get("unit_id"))
            _change(connection, EtaSensor, number, changes)

    def remove_sensor(self, number: int) -> None:
        """Remove it, and its channel if it was made for it. Raises NotFound."""
        with writing(self._engine) as connection:
            _require(connection, EtaSensor, number)
            series = connection.execute(select(EtaSensor.channel_id).where(EtaSensor.id == number)).scalar_one()
            _remove(connection, EtaSensor, number)
            connection.execute(delete(Channel).where(Channel.id == series, Channel.discovered.is_(True)))


_Table = type[EtaUnit] | type[EtaDevice] | type[EtaSensor]

_DEVICES = select(EtaDevice.id, EtaDevice.name, EtaDevice.code, EtaDevice.kind, EtaDevice.location, Device.key).join(
    Device, Device.id == EtaDevice.device_id
)
_SENSORS = (
    select(
        EtaSensor.id,
        EtaSensor.name,
        EtaSensor.code,
        EtaSensor.kind,
        EtaSensor.eta_device_id,
        EtaSensor.unit_id,
        Device.key,
        Channel.key,
        Channel.id,
    )
    .join(Channel, Channel.id == EtaSensor.channel_id)
    .join(Device, Device.id == Channel.device_id)
)


def _next(connection: Connection, table: _Table) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.id), 0))).scalar_one()) + 1


def _add(connection: Connection, table: _Table, values: Mapping[str, object], number: int | None) -> int:
    chosen = number if number is not None else _next(connection, table)
    if not 0 < chosen <= MAX_NUMBER:
        raise Conflict(f"the number {chosen} cannot be given")
    try:
        connection.execute(insert(table).values(**values, id=chosen))
    except IntegrityError:
        raise Conflict(f"the number {chosen}, the code or what it stands for has been given already") from None
    return chosen


def _change(connection: Connection, table: _Table, number: int, changes: Mapping[str, object]) -> None:
    _require(connection, table, number)
    try:
        if changes:
            connection.execute(update(table).where(table.id == number).values(**changes))
    except IntegrityError:
        raise Conflict("that code or unit cannot be given") from None


def _remove(connection: Connection, table: _Table, number: int) -> None:
    _require(connection, table, number)
    connection.execute(delete(table).where(table.id == number))


def _require(connection: Connection, table: _Table, number: int) -> None:
    """Raises NotFound."""
    if connection.execute(select(table.id).where(table.id == number)).first() is None:
        raise NotFound(f"there is no number {number}")


def _require_unit(connection: Connection, number: int | None) -> None:
    """Raises NotFound."""
    if number is not None:
        _require(connection, EtaUnit, number)


def _require_unused(connection: Connection, condition: Any) -> None:  # noqa: ANN401 - a condition of SQLAlchemy
    """Raises Conflict when a sensor refers to it."""
    if connection.execute(select(EtaSensor.id).where(condition)).first() is not None:
        raise Conflict("a sensor refers to it")
