"""Pages of customers, their addresses and telephones."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from calha.compat.hidrometro.access import Denied
from calha.compat.hidrometro.pages.forms import Field, fill
from calha.compat.hidrometro.pages.frame import Frame, saved, sent, shown
from calha.domain.access import Permission
from calha.domain.errors import Conflict, NotFound
from calha.store.hidrometro import CustomerRow, Customers, MeterTable

CUSTOMER = (
    Field("nome", "Nome", longest=100),
    Field("cpf_cnpj", "CPF ou CNPJ", required=False, longest=20),
    Field("email", "E-mail", "email", required=False, longest=100),
)
ADDRESS = (
    Field("tipo_endereco", "Tipo", required=False, longest=50),
    Field("logradouro", "Logradouro"),
    Field("numero", "Número", required=False, longest=20),
    Field("complemento", "Complemento", required=False, longest=100),
    Field("bairro", "Bairro", required=False, longest=100),
    Field("cidade", "Cidade", longest=100),
    Field("estado", "Estado", longest=2),
    Field("cep", "CEP", required=False, longest=10),
)
PHONE = (
    Field("ddd", "DDD", required=False, longest=5),
    Field("numero", "Número", longest=15),
    Field("tipo_telefone", "Tipo", required=False, longest=50),
)
ADDRESS_COLUMNS = {
    "kind": "tipo_endereco",
    "street": "logradouro",
    "number": "numero",
    "complement": "complemento",
    "district": "bairro",
    "city": "cidade",
    "state": "estado",
    "postcode": "cep",
}
PHONE_COLUMNS = {"area": "ddd", "number": "numero", "kind": "tipo_telefone"}


class CustomerPages:
    def __init__(self, frame: Frame, customers: Customers, table: MeterTable) -> None:
        self._frame = frame
        self._customers = customers
        self._table = table

    def routes(self) -> list[Route]:
        both = ["GET", "POST"]
        own = "/cliente/{customer:int}"
        return [
            Route("/clientes", self._list),
            Route("/cliente/adicionar", self._add, methods=both),
            Route("/cliente/editar/{customer:int}", self._edit, methods=both),
            Route("/cliente/excluir/{customer:int}", self._delete, methods=both),
            Route("/cliente/detalhes/{customer:int}", self._details),
            Route(f"{own}/endereco/adicionar", self._add_address, methods=both),
            Route(f"{own}/telefone/adicionar", self._add_phone, methods=both),
            Route(f"{own}/endereco/excluir/{{contact:int}}", self._remove_address, methods=both),
            Route(f"{own}/telefone/excluir/{{contact:int}}", self._remove_phone, methods=both),
        ]

    async def _list(self, request: Request) -> Response:
        caller = await self._frame.enter(request)
        rows = await asyncio.to_thread(self._customers.all)
        return self._frame.draw("customers.html", request, caller, customers=rows)

    async def _details(self, request: Request) -> Response:
        caller = await self._frame.enter(request)
        customer = await self._customer(request)
        meters = await asyncio.to_thread(self._table.all, customer.id)
        return self._frame.draw("customer.html", request, caller, customer=customer, meters=meters)

    async def _add(self, request: Request) -> Response:
        return await self._save(request, None)

    async def _edit(self, request: Request) -> Response:
        await self._frame.enter(request, Permission.BILL)
        return await self._save(request, await self._customer(request))

    async def _save(self, request: Request, known: CustomerRow | None) -> Response:
        caller = await self._frame.enter(request, Permission.BILL)
        title = "Novo cliente" if known is None else f"Editar {known.name}"
        if request.method == "GET":
            values = {} if known is None else {"nome": known.name, "cpf_cnpj": known.tax_id, "email": known.email}
            return self._frame.form(request, caller, title, CUSTOMER, values)
        given = await sent(request)
        filled = fill(CUSTOMER, given)
        faults = dict(filled.faults)
        columns = [filled.values[field.name] for field in CUSTOMER]
        if not faults:
            try:
                if known is None:
                    known = await asyncio.to_thread(self._customers.add, *columns)
                else:
                    await asyncio.to_thread(self._customers.change, known.id, *columns)
            except Conflict:
                faults["cpf_cnpj"] = "Outro cliente já tem este CPF ou CNPJ."
        if faults or known is None:
            return self._frame.form(request, caller, title, CUSTOMER, shown(filled, given), faults)
        await self._frame.note(caller, "hidrometro.customer_saved", f"customer {known.id}")
        return saved(f"/cliente/detalhes/{known.id}")

    async def _delete(self, request: Request) -> Response:
        caller = await self._frame.enter(request, Permission.BILL)
        customer = await self._customer(request)
        if request.method == "GET":
            hint = f"Excluir {customer.name}, com endereços e telefones? Os dispositivos e suas leituras ficam, sem cliente."
            return self._frame.form(request, caller, "Excluir cliente", (), {}, hint=hint, save="Excluir")
        await asyncio.to_thread(self._customers.delete, customer.id)
        await self._frame.note(caller, "hidrometro.customer_deleted", f"customer {customer.id}")
        return saved("/clientes", "excluido")

    async def _add_address(self, request: Request) -> Response:
        return await self._add_contact(request, "Novo endereço", ADDRESS, ADDRESS_COLUMNS, self._customers.add_address)

    async def _add_phone(self, request: Request) -> Response:
        return await self._add_contact(request, "Novo telefone", PHONE, PHONE_COLUMNS, self._customers.add_phone)

    async def _add_contact(
        self,
        request: Request,
        title: str,
        fields: tuple[Field, ...],
        columns: dict[str, str],
        add: Any,  # noqa: ANN401 - of Customers
    ) -> Response:
        caller = await self._frame.enter(request, Permission.BILL)
        customer = await self._customer(request)
        if request.method == "GET":
            return self._frame.form(request, caller, f"{title} de {customer.name}", fields, {})
        given = await sent(request)
        filled = fill(fields, given)
        if filled.faults:
            return self._frame.form(request, caller, title, fields, shown(filled, given), filled.faults)
        values = {column: filled.values[name] or "" for column, name in columns.items()}
        try:
            await asyncio.to_thread(lambda: add(customer.id, **values))
        except Conflict as error:
            raise Denied(409, str(error)) from None
        await self._frame.note(caller, "hidrometro.customer_saved", f"customer {customer.id}")
        return saved(f"/cliente/detalhes/{customer.id}")

    async def _remove_address(self, request: Request) -> Response:
        return await self._remove_contact(request, "addresses")

    async def _remove_phone(self, request: Request) -> Response:
        return await self._remove_contact(request, "phones")

    async def _remove_contact(self, request: Request, which: str) -> Response:
        caller = await self._frame.enter(request, Permission.BILL)
        customer = await self._customer(request)
        if request.method == "GET":
            hint = f"Excluir de {customer.name}?"
            return self._frame.form(request, caller, "Excluir contato", (), {}, hint=hint, save="Excluir")
        try:
            contact = request.path_params["contact"]
            await asyncio.to_thread(self._customers.remove_contact, customer.id, which, contact)
        except NotFound:
            raise Denied(404, "Este contato não existe.") from None
        await self._frame.note(caller, "hidrometro.customer_saved", f"customer {customer.id}")
        return saved(f"/cliente/detalhes/{customer.id}", "excluido")

    async def _customer(self, request: Request) -> CustomerRow:
        try:
            return await asyncio.to_thread(self._customers.get, request.path_params["customer"])
        except NotFound:
            raise Denied(404, "Este cliente não existe.") from None
