"""Rows of the old database, as they are, → what they mean here. Pure. Both generations of its tables, and the Node one's.

Cliente (with its Endereco and Telefone), TipoDispositivo, Dispositivo (with HistoricoStatusDispositivo), Tarifa, ConsumoMensal,
Usuario, Alerta, Leitura; readings (Node).

Rule 1: whom a row belongs to is told by what nobody else has: a meter by its serial number, a customer by his row itself.
        Numbers may mean something else here.
Rule 2: times are the old server's clock, in the zone that is named (UTC, as it wrote them).
Rule 3: `consumo_litros` holds the running total where there is no `total_liters` at all (the first generation). Where there
        is, and it is empty, somebody typed a consumption: that is no register.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from calha.compat.hidrometro.meters import key_of
from calha.compat.hidrometro.wire import serial_of
from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.times import to_micros
from calha.store.hidrometro import AddressRow, CustomerRow, KindRow, MonthRow, NewAlert, PhoneRow, TariffRow
from calha.store.hidrometro.meters import STATUSES

Row = Mapping[str, Any]
UNKNOWN_DAY = datetime(2000, 1, 1, tzinfo=UTC)
CHANNELS = {
    "total_liters": "total",
    "flow_lmin": "flow",
    "bateria": "battery",
    "pressao_bar": "pressure",
    "vazamento_detectado": "leak",
}


class OldMeter(NamedTuple):
    """customer: the row of its customer."""

    number: int
    serial: str
    customer: CustomerRow | None
    kind_id: int | None
    model: str
    installed_on: date | None
    status: str
    status_history: Sequence[Mapping[str, str]]


class OldUser(NamedTuple):
    name: str
    password_hash: str
    is_admin: bool
    is_active: bool


class OldReading(NamedTuple):
    serial: str
    at: Micros
    values: Mapping[str, float]


def customer_of(row: Row, zone: tzinfo) -> CustomerRow:
    """Raises Malformed."""
    addresses = [_address(number, one) for number, one in enumerate(row.get("enderecos") or (), 1)]
    phones = [_phone(number, one) for number, one in enumerate(row.get("telefones") or (), 1)]
    return CustomerRow(
        _whole(row, "id_cliente"),
        _text(row, "nome", 100) or "–",
        _text(row, "cpf_cnpj", 20) or None,
        _text(row, "email", 100) or None,
        _moment(row, "data_cadastro", zone) or UNKNOWN_DAY,
        addresses,
        phones,
    )


def kind_of(row: Row) -> KindRow:
    return KindRow(_whole(row, "id_tipo_dispositivo"), _text(row, "nome_tipo", 100), _text(row, "descricao", 2_000))


def meter_of(row: Row, zone: tzinfo) -> OldMeter:
    customer = row.get("cliente")
    status = _text(row, "status", 20)
    return OldMeter(
        _whole(row, "id_dispositivo"),
        _serial(row),
        customer_of(customer, zone) if isinstance(customer, Mapping) else None,
        _whole_or_none(row, "tipo_dispositivo_id"),
        _text(row, "modelo", 100),
        _day(row, "data_instalacao"),
        status if status in STATUSES else STATUSES[0],
        [_step(one, zone) for one in row.get("historico") or ()],
    )


def tariff_of(row: Row) -> TariffRow:
    first = _day(row, "data_inicio")
    if first is None:
        raise Malformed("a tariff without data_inicio", "malformed")
    price = _decimal(row, "valor_m3")
    if price is None or price < 0:
        raise Malformed("a tariff without valor_m3", "malformed")
    name, active = _text(row, "nome_tarifa", 100) or "–", row.get("ativa") not in (0, False)
    return TariffRow(_whole(row, "id_tarifa"), name, price, first, _day(row, "data_fim"), active)


def month_of(row: Row, zone: tzinfo) -> tuple[CustomerRow, MonthRow]:
    customer, month = row.get("cliente"), _day(row, "mes_referencia")
    if not isinstance(customer, Mapping) or month is None:
        raise Malformed("a month without cliente_id or mes_referencia", "malformed")
    litres = _decimal(row, "litros_consumidos") or Decimal(0)
    amount, tariff = _decimal(row, "valor_estimado"), _whole_or_none(row, "tarifa_aplicada_id")
    known = customer_of(customer, zone)
    return known, MonthRow(_whole(row, "id_consumo"), known.id, month.replace(day=1), litres, amount, tariff)


def user_of(row: Row) -> OldUser:
    name = _text(row, "username", 64)
    if not name:
        raise Malformed("a user without a name", "malformed")
    password = row.get("password_hash")
    return OldUser(
        name, password if type(password) is str else "", row.get("role") == "admin", row.get("active") not in (0, False)
    )


def alert_of(row: Row, zone: tzinfo) -> tuple[int, NewAlert]:
    """Its number, and the alert of the device that its serial number means. Raises Malformed."""
    detected = _moment(row, "detected_at", zone)
    if detected is None:
        raise Malformed("an alert without detected_at", "malformed")
    return _whole(row, "id_alerta"), NewAlert(
        key_of(_serial(row)),
        _text(row, "tipo", 50) or "leak",
        _text(row, "message", 2_000),
        _number(row, "threshold"),
        _number(row, "flow_lmin"),
        _number(row, "total_liters"),
        _number(row, "duration_seconds"),
        detected,
        _moment(row, "resolved_at", zone),
    )


def reading_of(row: Row, zone: tzinfo) -> OldReading:
    """Of Leitura. Raises Malformed."""
    at = _moment(row, "data_hora", zone)
    if at is None:
        raise Malformed("a reading without data_hora", "bad_time")
    values = {channel: number for name, channel in CHANNELS.items() if (number := _number(row, name)) is not None}
    litres = _number(row, "consumo_litros")
    if litres is not None and "total" not in values:
        values["typed" if "total_liters" in row else "total"] = litres
    return OldReading(_serial(row), to_micros(at), values)


def node_reading_of(row: Row, serial: str) -> OldReading:
    """Of the Node generation's `readings`, whose ts is ms. Raises Malformed."""
    ts = _number(row, "ts")
    if ts is None:
        raise Malformed("a reading without ts", "bad_time")
    names = {"totalLiters": "total", "flowLmin": "flow"}
    values = {channel: number for name, channel in names.items() if (number := _number(row, name)) is not None}
    return OldReading(serial, round(ts * 1_000), values)


def _address(number: int, row: Row) -> AddressRow:
    names = ("tipo_endereco", "logradouro", "numero", "complemento", "bairro", "cidade", "estado", "cep")
    return AddressRow(number, *(_text(row, name, 255) for name in names))


def _phone(number: int, row: Row) -> PhoneRow:
    return PhoneRow(number, *(_text(row, name, 50) for name in ("ddd", "numero", "tipo_telefone")))


def _step(row: Row, zone: tzinfo) -> Mapping[str, str]:
    at = _moment(row, "data_alteracao", zone) or UNKNOWN_DAY
    old, new, note = (_text(row, name, 500) for name in ("status_anterior", "status_novo", "observacoes"))
    return {"at": at.isoformat(timespec="seconds"), "from": old, "to": new, "note": note}


def _serial(row: Row) -> str:
    serial = serial_of(row.get("numero_serie"))
    if serial is None:
        raise Malformed("a row without the serial number of its meter", "no_serial")
    return serial


def _text(row: Row, name: str, longest: int) -> str:
    value = row.get(name)
    return "" if value is None else str(value).replace("\0", "").strip()[:longest]


def _whole(row: Row, name: str) -> int:
    value = _whole_or_none(row, name)
    if value is None:
        raise Malformed(f"a row without {name}", "malformed")
    return value


def _whole_or_none(row: Row, name: str) -> int | None:
    value = row.get(name)
    return value if type(value) is int and 0 < value < 2**31 else None


def _decimal(row: Row, name: str) -> Decimal | None:
    value = row.get(name)
    try:
        found = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        raise Malformed(f"{name} is no number: {str(value)[:40]}", "not_a_number") from None
    if found is not None and not (found.is_finite() and abs(found) < 10**15):
        raise Malformed(f"{name} is no number: {str(value)[:40]}", "not_a_number")
    return found


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    if type(value) is bool:
        return float(value)
    found = _decimal(row, name)
    return float(found) if found is not None else None


def _moment(row: Row, name: str, zone: tzinfo) -> datetime | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise Malformed(f"{name} is no time: {str(value)[:40]}", "bad_time") from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _day(row: Row, name: str) -> date | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Malformed(f"{name} is no day: {str(value)[:40]}", "bad_time") from None
