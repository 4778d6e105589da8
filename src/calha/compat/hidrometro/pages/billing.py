"""Pages of tariffs, and of the months that are computed from readings."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from calha.compat.hidrometro.access import Denied
from calha.compat.hidrometro.meters import Meters
from calha.compat.hidrometro.months import Months, before, month_of
from calha.compat.hidrometro.pages.forms import Field, fill
from calha.compat.hidrometro.pages.frame import Frame, saved, sent, shown
from calha.domain.access import Permission
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.hidrometro import Billing, Customers, TariffRow
from calha.store.hidrometro.billing import following

CUSTOMERS_A_PAGE = 20
TARIFF = (
    Field("nome_tarifa", "Nome", longest=100),
    Field("valor_m3", "Preço por m³ (R$)", "number"),
    Field("data_inicio", "Válida a partir de", "date"),
    Field("data_fim", "Último dia", "date", required=False, hint="Vazio: sem fim."),
    Field("ativa", "Ativa", "checkbox", required=False),
)


class BillingPages:
    def __init__(
        self,
        frame: Frame,
        meters: Meters,
        months: Months,
        customers: Customers,
        billing: Billing,
        clock: Callable[[], Micros],
    ) -> None:
        self._frame = frame
        self._meters = meters
        self._months = months
        self._customers = customers
        self._billing = billing
        self._clock = clock

    def routes(self) -> list[Route]:
        both = ["GET", "POST"]
        return [
            Route("/tarifas", self._tariffs),
            Route("/tarifa/adicionar", self._add, methods=both),
            Route("/tarifa/editar/{tariff:int}", self._edit, methods=both),
            Route("/tarifa/excluir/{tariff:int}", self._delete, methods=both),
            Route("/consumos_mensais", self._list_months),
            Route("/consumo_mensal/adicionar", self._computed, methods=both),
            Route("/consumo_mensal/{_:str}/{_number:int}", self._computed, methods=both),
        ]

    async def _tariffs(self, request: Request) -> Response:
        caller = await self._frame.enter(request)
        rows = await asyncio.to_thread(self._billing.tariffs)
        return self._frame.draw("tariffs.html", request, caller, tariffs=rows)

    async def _add(self, request: Request) -> Response:
        return await self._save(request, None)

    async def _edit(self, request: Request) -> Response:
        await self._frame.enter(request, Permission.BILL)
        return await self._save(request, await self._tariff(request))

    async def _save(self, request: Request, known: TariffRow | None) -> Response:
        caller = await self._frame.enter(request, Permission.BILL)
        title = "Nova tarifa" if known is None else f"Editar {known.name}"
        if request.method == "GET":
            return self._frame.form(request, caller, title, TARIFF, _values(known))
        given = await sent(request)
        filled = fill(TARIFF, given)
        faults = dict(filled.faults)
        first, last = filled.values["data_inicio"], filled.values["data_fim"]
        if first is not None and last is not None and last < first:
            faults["data_fim"] = "O último dia vem antes do primeiro."
        if faults:
            return self._frame.form(request, caller, title, TARIFF, shown(filled, given), faults)
        columns = {
            "name": filled.values["nome_tarifa"],
            "price_m3": filled.values["valor_m3"],
            "from_on": first,
            "until_on": last,
            "active": filled.values["ativa"],
        }
        if known is None:
            await asyncio.to_thread(lambda: self._billing.add_tariff(**columns))
        else:
            await asyncio.to_thread(lambda: self._billing.change_tariff(known.id, **columns))
        after = {name: str(value) for name, value in columns.items()}
        await self._frame.note(caller, "hidrometro.tariff_saved", f"tariff {columns['name']}", after)
        return saved("/tarifas")

    async def _delete(self, request: Request) -> Response:
        caller = await self._frame.enter(request, Permission.BILL)
        tariff = await self._tariff(request)
        if request.method == "GET":
            hint = f"Excluir a tarifa {tariff.name}? Os meses que ela cobria são calculados sem ela."
            return self._frame.form(request, caller, "Excluir tarifa", (), {}, hint=hint, save="Excluir")
        await asyncio.to_thread(self._billing.delete_tariff, tariff.id)
        await self._frame.note(caller, "hidrometro.tariff_deleted", f"tariff {tariff.name}")
        return saved("/tarifas", "excluido")

    async def _list_months(self, request: Request) -> Response:
        caller = await self._frame.enter(request)
        month, page = _month(request, self._clock(), self._meters), _page(request)
        customers = await asyncio.to_thread(self._customers.all)
        chosen = customers[(page - 1) * CUSTOMERS_A_PAGE : page * CUSTOMERS_A_PAGE]
        rows = [await self._months.of(customer, month) for customer in chosen]
        typed: dict[int, list[Any]] = {}
        for one in await asyncio.to_thread(self._billing.typed_months, month):
            typed.setdefault(one.customer_id, []).append(one)
        return self._frame.draw(
            "months.html",
            request,
            caller,
            month=month,
            earlier=before(month),
            later=following(month),
            rows=rows,
            typed=typed,
            page=page,
            pages=max(1, -(-len(customers) // CUSTOMERS_A_PAGE)),
        )

    async def _computed(self, request: Request) -> Response:
        """Where months were typed, changed and deleted: they are computed now."""
        await self._frame.enter(request)
        return saved("/consumos_mensais", "calculado")

    async def _tariff(self, request: Request) -> TariffRow:
        try:
            return await asyncio.to_thread(self._billing.tariff, request.path_params["tariff"])
        except NotFound:
            raise Denied(404, "Esta tarifa não existe.") from None


def _values(known: TariffRow | None) -> dict[str, Any]:
    if known is None:
        return {"ativa": True}
    return {
        "nome_tarifa": known.name,
        "valor_m3": str(known.price_m3),
        "data_inicio": known.from_on.isoformat(),
        "data_fim": known.until_on.isoformat() if known.until_on else "",
        "ativa": known.active,
    }


def _month(request: Request, now: Micros, meters: Meters) -> date:
    given = request.query_params.get("mes", "")
    if not given:
        return month_of(to_datetime(now).astimezone(meters.zone).date())
    try:
        return date.fromisoformat(f"{given[:7]}-01")
    except ValueError:
        raise Denied(400, "Escreva o mês como 2025-08.") from None


def _page(request: Request) -> int:
    given = request.query_params.get("pagina", "1")
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 6 else 1
