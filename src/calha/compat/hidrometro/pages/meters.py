"""Pages of meters, their kinds, and their readings, also typed ones."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calha.compat.ground import Ground
from calha.compat.hidrometro.access import Access, Caller, Denied
from calha.compat.hidrometro.meters import PROFILE, Meters, Said, Speaker, key_of
from calha.compat.hidrometro.pages.forms import Field, fill
from calha.compat.hidrometro.pages.frame import Frame, saved, sent, shown
from calha.compat.hidrometro.records import Records
from calha.compat.hidrometro.wire import MAX_SERIAL_CHARS, serial_of
from calha.domain.access import Permission
from calha.domain.errors import Conflict, Malformed, NotFound
from calha.domain.times import to_datetime
from calha.store.hidrometro import Customers, MeterRow, MeterTable
from calha.store.hidrometro.meters import STATUSES

SHOWN = 200  # readings on a page
SERIAL = Field("numero_serie", "Número de série", longest=MAX_SERIAL_CHARS)
READING = (
    Field("consumo_litros", "Volume no mostrador (L)", "number"),
    Field("bateria", "Bateria (%)", "number", required=False),
    Field("pressao_bar", "Pressão (bar)", "number", required=False),
    Field("vazamento_detectado", "Vazamento detectado", "checkbox", required=False),
)
KIND = (Field("nome_tipo", "Nome", longest=100), Field("descricao", "Descrição", required=False))


class MeterPages:
    def __init__(
        self,
        frame: Frame,
        ground: Ground,
        meters: Meters,
        records: Records,
        access: Access,
        customers: Customers,
        table: MeterTable,
    ) -> None:
        self._frame = frame
        self._ground = ground
        self._meters = meters
        self._records = records
        self._access = access
        self._customers = customers
        self._table = table

    def routes(self) -> list[Route]:
        both = ["GET", "POST"]
        return [
            Route("/dispositivos", self._list),
            Route("/dispositivo/adicionar", self._add, methods=both),
            Route("/dispositivo/editar/{meter:int}", self._edit, methods=both),
            Route("/dispositivo/excluir/{meter:int}", self._delete, methods=both),
            Route("/dispositivo/leitura/{meter:int}", self._type, methods=both),
            Route("/dispositivo/leituras/{meter:int}", self._readings),
            Route("/tipos_dispositivo", self._kinds),
            Route("/tipo_dispositivo/adicionar", self._add_kind, methods=both),
            Route("/api/clientes/{customer:int}/dispositivos/current", self._current_of_customer),
        ]

    async def _list(self, request: Request) -> Response:
        caller = await self._frame.enter_own(request)
        await asyncio.to_thread(self._table.number_all)
        own = set(self._access.devices(caller))
        rows = [row for row in await asyncio.to_thread(self._table.all) if row.device in own]
        newest = {row.device: await self._records.current(row.device) for row in rows}
        return self._frame.draw("meters.html", request, caller, meters=rows, newest=newest, zone=self._meters.zone)

    async def _add(self, request: Request) -> Response:
        caller = await self._frame.enter(request, Permission.CONFIGURE)
        fields = (SERIAL, *await self._fields())
        if request.method == "GET":
            return self._frame.form(request, caller, "Novo dispositivo", fields, {"status": STATUSES[0]})
        given = await sent(request)
        filled = fill(fields, given)
        faults = dict(filled.faults)
        if not faults:
            fault = await self._register(filled.values["numero_serie"])
            if fault:
                faults["numero_serie"] = fault
        if faults:
            return self._frame.form(request, caller, "Novo dispositivo", fields, shown(filled, given), faults)
        device = key_of(str(serial_of(filled.values["numero_serie"])))
        await asyncio.to_thread(self._table.number_all)
        number = (await asyncio.to_thread(self._table.numbers))[device]
        await asyncio.to_thread(lambda: self._table.change(number, **_columns(filled.values)))
        await self._frame.note(caller, "device.created", f"device {device}")
        return saved("/dispositivos")

    async def _register(self, given: str) -> str:
        """What is wrong, in words; nothing when the device is registered now."""
        try:
            serial = serial_of(given)
            assert serial is not None
            registry, site = self._ground.registry, self._meters.site.id
            name = f"Hidrômetro {serial}"
            await asyncio.to_thread(
                lambda: registry.create_device(key_of(serial), PROFILE, site, name=name, serial=serial)
            )
        except Malformed:
            return f"No máximo {MAX_SERIAL_CHARS} letras e números."
        except Conflict:
            return "Já existe um dispositivo com este número de série."
        await self._ground.ingest.refresh()
        return ""

    async def _edit(self, request: Request) -> Response:
        caller, meter = await self._own(request, Permission.CONFIGURE)
        fields, title = await self._fields(), f"Editar {meter.serial}"
        if request.method == "GET":
            values = {
                "modelo": meter.model,
                "cliente_id": str(meter.customer_id or ""),
                "tipo_dispositivo_id": str(meter.kind_id or ""),
                "data_instalacao": meter.installed_on.isoformat() if meter.installed_on else "",
                "status": meter.status,
            }
            return self._frame.form(request, caller, title, fields, values)
        given = await sent(request)
        filled = fill(fields, given)
        if filled.faults:
            return self._frame.form(request, caller, title, fields, shown(filled, given), filled.faults)
        await asyncio.to_thread(lambda: self._table.change(meter.number, **_columns(filled.values)))
        await self._frame.note(caller, "device.changed", f"device {meter.device}")
        return saved("/dispositivos")

    async def _delete(self, request: Request) -> Response:
        caller, meter = await self._own(request, Permission.CONFIGURE)
        if request.method == "GET":
            hint = f"Excluir {meter.serial}? Suas leituras deixam de ser mostradas."
            return self._frame.form(request, caller, "Excluir dispositivo", (), {}, hint=hint, save="Excluir")
        await self._ground.commands.withdraw(meter.device)
        await asyncio.to_thread(self._ground.registry.delete_device, meter.device)
        await self._ground.ingest.refresh()
        await self._frame.note(caller, "device.deleted", f"device {meter.device}")
        return saved("/dispositivos", "excluido")

    async def _type(self, request: Request) -> Response:
        """A reading that somebody has read off and types in."""
        caller, meter = await self._own(request, Permission.SEND)
        title = f"Leitura de {meter.serial}"
        if request.method == "GET":
            return self._frame.form(request, caller, title, READING, {})
        given = await sent(request)
        filled = fill(READING, given)
        if filled.faults:
            return self._frame.form(request, caller, title, READING, shown(filled, given), filled.faults)
        assert caller.principal is not None
        speaker = Speaker(caller.principal.name, caller.visitor.address, caller.principal)
        taken = await self._meters.take([Said(_typed(meter, filled.values), "typed")], speaker)
        for problem in taken.receipt.problems:
            raise Denied(422, problem.detail)
        return saved(f"/dispositivo/leituras/{meter.number}")

    async def _readings(self, request: Request) -> Response:
        caller, meter = await self._own(request, Permission.VIEW)
        rows = await self._records.history(meter.device, SHOWN)
        return self._frame.draw("readings.html", request, caller, meter=meter, rows=rows[::-1], zone=self._meters.zone)

    async def _kinds(self, request: Request) -> Response:
        caller = await self._frame.enter(request)
        return self._frame.draw("kinds.html", request, caller, kinds=await asyncio.to_thread(self._table.kinds))

    async def _add_kind(self, request: Request) -> Response:
        caller = await self._frame.enter(request, Permission.CONFIGURE)
        if request.method == "GET":
            return self._frame.form(request, caller, "Novo tipo de dispositivo", KIND, {})
        given = await sent(request)
        filled = fill(KIND, given)
        faults = dict(filled.faults)
        if not faults:
            try:
                name, description = filled.values["nome_tipo"], filled.values["descricao"] or ""
                await asyncio.to_thread(self._table.add_kind, name, description)
            except Conflict:
                faults["nome_tipo"] = "Este tipo já existe."
        if faults:
            return self._frame.form(request, caller, "Novo tipo de dispositivo", KIND, shown(filled, given), faults)
        await self._frame.note(caller, "hidrometro.kind_added", f"kind {filled.values['nome_tipo']}")
        return saved("/tipos_dispositivo")

    async def _current_of_customer(self, request: Request) -> Response:
        caller = await self._access.caller(request)
        self._access.require(caller, Permission.VIEW)
        customer = request.path_params["customer"]
        try:
            await asyncio.to_thread(self._customers.get, customer)
        except NotFound:
            raise Denied(404, "cliente_not_found") from None
        rows = await asyncio.to_thread(self._table.all, customer)
        own = set(self._access.devices(caller))
        found = [await self._with_reading(row) for row in rows if row.device in own]
        return JSONResponse({"cliente_id": customer, "dispositivos": found})

    async def _with_reading(self, row: MeterRow) -> dict[str, Any]:
        current, reading = await self._records.current(row.device), None
        if current:
            total = current["totalLiters"]
            at = to_datetime(current["ts"] * 1_000).isoformat()
            reading = {
                "data_hora": at,
                "consumo_litros": total,
                "total_liters": total,
                "flow_lmin": current["flowLmin"],
            }
        return {
            "dispositivo_id": row.number,
            "numero_serie": row.serial,
            "modelo": row.model,
            "status": row.status,
            "ultima_leitura": reading,
        }

    async def _own(self, request: Request, permission: Permission) -> tuple[Caller, MeterRow]:
        """The meter that the path names, for who may do that with it. Raises SignInFirst, Denied."""
        caller = await self._frame.enter_own(request)
        try:
            meter = await asyncio.to_thread(self._table.get, request.path_params["meter"])
        except NotFound:
            raise Denied(404, "Este dispositivo não existe.") from None
        if meter.device not in self._access.devices(caller):
            raise Denied(404, "Este dispositivo não existe.")
        if meter.device not in self._access.devices(caller, permission):
            raise Denied(403, "Você não tem permissão para isso.")
        return caller, meter

    async def _fields(self) -> tuple[Field, ...]:
        customers = await asyncio.to_thread(self._customers.all)
        kinds = await asyncio.to_thread(self._table.kinds)
        return (
            Field("modelo", "Modelo", required=False, longest=100),
            Field("cliente_id", "Cliente", "select", False, [(str(one.id), one.name) for one in customers]),
            Field("tipo_dispositivo_id", "Tipo", "select", False, [(str(one.id), one.name) for one in kinds]),
            Field("data_instalacao", "Data de instalação", "date", required=False),
            Field("status", "Status", "select", choices=[(one, one) for one in STATUSES]),
        )


def _columns(values: Any) -> dict[str, Any]:  # noqa: ANN401 - a form's
    customer, kind = values["cliente_id"], values["tipo_dispositivo_id"]
    return {
        "model": values["modelo"] or "",
        "customer_id": int(customer) if customer else None,
        "kind_id": int(kind) if kind else None,
        "installed_on": values["data_instalacao"],
        "status": values["status"],
    }


def _typed(meter: MeterRow, values: Any) -> bytes:  # noqa: ANN401 - a form's
    said = {"serial": meter.serial, "totalLiters": float(values["consumo_litros"])}
    said |= {key: float(values[key]) for key in ("bateria", "pressao_bar") if values[key] is not None}
    return json.dumps(said | {"vazamento_detectado": values["vazamento_detectado"]}).encode()
