"""Credits of injected energy: of a contract for who bills it, and of one's own."""

import asyncio
from decimal import Decimal

from calha.api.access import Bills, Self
from calha.api.net_metering import lot_answers, written
from calha.api.routes.customers import ContractPath, contract_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_net_metering import CreditsAnswer
from calha.api.services import Here, Services
from calha.metering.earlier import opening_credits
from calha.store.billing import ContractRow

router = api_router("billing")

MAX_OWN = 50  # contracts of one person


@router.get("/contracts/{number}/credits")
async def read_credits(number: ContractPath, services: Here, caller: Bills) -> CreditsAnswer:
    """The credits of injected energy that a contract's invoices have left, as far as they can be used today."""
    contract = await contract_of(caller, services, number)
    return (await asyncio.to_thread(_answers, services, [contract]))[0]


@router.get("/account/credits")
async def list_own_credits(services: Here, caller: Self) -> Page[CreditsAnswer]:
    """The same of the contracts with net metering that the person who asks pays, at most 50."""
    found = await asyncio.to_thread(_of_person, services, caller.person_id())
    return Page(items=found, next=None)


def _of_person(services: Services, person_id: int) -> list[CreditsAnswer]:
    customers = services.billing.customers
    paid = [
        contract
        for customer in customers.of_person(person_id)
        for contract in customers.contracts(customer_id=customer.id, limit=MAX_OWN)
        if contract.injected_channel is not None
    ]
    return _answers(services, paid[:MAX_OWN])


def _answers(services: Services, contracts: list[ContractRow]) -> list[CreditsAnswer]:
    billing, today = services.billing, services.billing.today()
    standing = billing.invoices.standing([one.id for one in contracts])
    answers = []
    for contract in contracts:
        lots = [lot for lot in opening_credits(billing, standing, contract, today) if lot.expires > today]
        unit = billing.tariffs.by_hash(billing.tariffs.current(contract.tariff).sha256).unit
        balance = sum((lot.amount for lot in lots), Decimal(0))
        answers.append(
            CreditsAnswer(contract=contract.number, unit=unit, balance=written(balance), lots=lot_answers(lots))
        )
    return answers
