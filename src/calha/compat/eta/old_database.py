"""Reads the MariaDB (or MySQL) database of ETA flow, table by table, and changes nothing in it.

Measurements come in the order of their numbers, in parts, so that a reader that was interrupted goes on behind the last part
it has dealt with. Their times are local; in the hour that a zone has twice, a clock that goes back has begun the second one.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from calha.domain.errors import InvalidConfiguration, Malformed
from calha.domain.readings import Micros
from calha.domain.times import to_micros
from calha.ingest.decode import parse_number

ROWS_AT_ONCE = 50_000
SCHEMES = ("mysql", "mariadb")
KINDS = ("INST", "HORA", "DIA")

_PEOPLE = "SELECT ds_nome, ds_username, ds_email, ds_senha, tp_usuario FROM usuario ORDER BY id_usuario"
_UNITS = "SELECT id_unidade_medida, ds_denominacao, ds_sigla FROM unidade_medida ORDER BY id_unidade_medida"
_DEVICES = """
    SELECT id_dispositivo, ds_nome, cd_dispositivo, tp_dispositivo, ds_localizacao FROM dispositivo ORDER BY id_dispositivo
"""
_SENSORS = "SELECT id_sensor, ds_nome, cd_sensor, tp_sensor, dispositivo_id_dispositivo FROM sensor ORDER BY id_sensor"
_USES = """
    SELECT sensor_id_sensor, unidade_medida_id_unidade_medida, tp_tipo, count(*) AS rows_of_it
    FROM medicao GROUP BY sensor_id_sensor, unidade_medida_id_unidade_medida, tp_tipo
"""
_MEASUREMENTS = """
    SELECT id_medicao, sensor_id_sensor, unidade_medida_id_unidade_medida, vl_valor, vl_valor_str, vl_valor_bool, dt_hora,
        tp_tipo, fl_falha
    FROM medicao WHERE id_medicao > :after ORDER BY id_medicao LIMIT :rows
"""


class Uses(NamedTuple):
    """Of a sensor: the unit that most of its measurements are in, and their kinds."""

    unit_id: int | None
    kinds: tuple[str, ...]


@dataclass
class Part:
    """Columns of some measurements, and how many rows were no measurement, by reason. last_id: of the last row."""

    last_id: int
    rows: int = 0
    sensor: list[int] = field(default_factory=list)
    unit: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    at: list[Micros] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)


class OldDatabase:
    def __init__(self, engine: Engine, connection: Connection) -> None:
        self._engine = engine
        self._connection = connection

    @classmethod
    def open(cls, url: str) -> Self:
        """Raises InvalidConfiguration for what cannot be read, or is not this system's."""
        engine = _engine(url)
        try:
            found = cls(engine, engine.connect())
            found._rows("SELECT id_medicao FROM medicao LIMIT 1")
        except SQLAlchemyError as error:
            raise InvalidConfiguration(f"--from: {_first_line(error)}") from None
        return found

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def people(self) -> list[Any]:
        return self._rows(_PEOPLE)

    def units(self) -> list[Any]:
        return self._rows(_UNITS)

    def devices(self) -> list[Any]:
        return self._rows(_DEVICES)

    def sensors(self) -> list[Any]:
        return self._rows(_SENSORS)

    def uses(self) -> dict[int, Uses]:
        """By number of the sensor."""
        counted: dict[int, Counter[int]] = {}
        kinds: dict[int, set[str]] = {}
        for sensor, unit, kind, rows in self._rows(_USES):
            counted.setdefault(sensor, Counter())[unit] += rows
            kinds.setdefault(sensor, set()).add(str(kind).upper())
        return {
            sensor: Uses(units.most_common(1)[0][0], tuple(sorted(kinds[sensor] & set(KINDS))))
            for sensor, units in counted.items()
        }

    def count(self, after: int) -> int:
        """Measurements behind a number."""
        query = text("SELECT count(*) FROM medicao WHERE id_medicao > :after")
        return int(self._connection.execute(query, {"after": after}).scalar_one())

    def parts(self, after: int, zone: ZoneInfo) -> Iterator[Part]:
        """All measurements behind a number. Raises InvalidConfiguration when the database goes away."""
        clock = LocalClock(zone)
        while rows := self._rows(_MEASUREMENTS, after=after, rows=ROWS_AT_ONCE):
            part = Part(rows[-1][0], len(rows))
            for row in rows:
                _take(part, row, clock)
            yield part
            after = part.last_id

    def _rows(self, query: str, **values: int) -> list[Any]:
        try:
            found = self._connection.execute(text(query), values).all()
            self._connection.rollback()  # each part is read in a transaction of its own, which holds up nobody
        except SQLAlchemyError as error:
            raise InvalidConfiguration(f"--from: {_first_line(error)}") from None
        return list(found)


class LocalClock:
    """Local times of each sensor and kind, in the order in which they were written → instants."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._last: dict[tuple[int, str], datetime] = {}

    def instant(self, sensor: int, kind: str, moment: datetime) -> Micros:
        """Second of two possible ones where the clock has gone back since the reading before."""
        first = moment.replace(tzinfo=self._zone)
        second = first.replace(fold=1)
        if first.utcoffset() == second.utcoffset():
            self._last[sensor, kind] = moment
            return to_micros(first)
        before = self._last.get((sensor, kind))
        if before is not None and moment <= before:
            self._last[sensor, kind] = before
            return to_micros(second)
        self._last[sensor, kind] = moment
        return to_micros(first)


def _take(part: Part, row: Sequence[Any], clock: LocalClock) -> None:
    _, sensor, unit, number, words, boolean, moment, kind, failed = row
    kind = str(kind).upper()
    if kind not in KINDS:
        part.rejected["unknown_kind"] += 1
        return
    if moment is None:
        part.rejected["no_time"] += 1
        return
    try:
        value = _value(number, words, boolean)
    except Malformed:
        part.rejected["text_value"] += 1
        return
    part.sensor.append(sensor)
    part.unit.append(unit)
    part.kind.append(kind)
    part.at.append(clock.instant(sensor, kind, moment))
    part.value.append(value)
    part.failed.append(bool(failed) or math.isnan(value))


def _value(number: object, words: object, boolean: object) -> float:
    """NaN without any. Raises Malformed for a text that is no number."""
    if number is not None:
        return float(number)  # type: ignore[arg-type]
    if boolean is not None:
        return float(bool(boolean))
    return parse_number(str(words)) if words not in (None, "") else math.nan


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidConfiguration("--from is no database address; write mysql://USER:PASSWORD@HOST/NAME") from None
    if parsed.drivername.partition("+")[0] not in SCHEMES:
        raise InvalidConfiguration(f"--from: {parsed.drivername} is not read; ETA flow's database is mysql://…")
    query: Mapping[str, Any] = {"charset": "utf8mb4", **parsed.query}
    try:
        return create_engine(parsed.set(drivername="mariadb+pymysql", query=query))
    except ModuleNotFoundError:
        raise InvalidConfiguration("--from: the driver is missing; pip install 'calha[mariadb]'") from None


def _first_line(error: SQLAlchemyError) -> str:
    """Without the statement that SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]
