"""What running cycles will come to: of a contract for who bills it, and of one's own."""

import asyncio

from calha.api.access import Bills, Self
from calha.api.routes.customers import ContractPath, contract_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_forecasts import ForecastAnswer, RangeAnswer, WarningAnswer
from calha.api.services import Here
from calha.domain.forecasts import Range
from calha.metering.forecasts import Forecast, forecasts

router = api_router("billing")

MAX_OWN = 50  # contracts of one person that are forecast


@router.get("/contracts/{number}/forecast")
async def forecast_contract(number: ContractPath, services: Here, caller: Bills) -> ForecastAnswer:
    """What the contract's running cycle will come to, with the interval in which it ends four times out of five."""
    contract = await contract_of(caller, services, number)
    (found,) = await asyncio.to_thread(lambda: list(forecasts(services.billing, [contract])))
    return _answer(found)


@router.get("/account/forecasts")
async def forecast_own(services: Here, caller: Self) -> Page[ForecastAnswer]:
    """The same of the contracts that the person who asks pays and that run today, at most 50."""
    found = await asyncio.to_thread(_of_person, services, caller.person_id())
    return Page(items=[_answer(one) for one in found], next=None)


def _of_person(services: Here, person_id: int) -> list[Forecast]:
    customers = services.billing.customers
    paid = [
        contract
        for customer in customers.of_person(person_id)
        for contract in customers.contracts(customer_id=customer.id, limit=MAX_OWN)
    ]
    found = forecasts(services.billing, paid[:MAX_OWN])
    return sorted((one for one in found if one.cycle is not None), key=lambda one: one.contract.number)


def _answer(found: Forecast) -> ForecastAnswer:
    return ForecastAnswer(
        contract=found.contract.number,
        device=found.contract.device,
        channel=found.contract.channel,
        from_day=found.cycle.from_ if found.cycle is not None else None,
        until_day=found.cycle.until if found.cycle is not None else None,
        today=found.today,
        unit=found.unit,
        used=None if found.used is None else str(found.used),
        consumption=_range(found.consumption),
        bill=_range(found.bill),
        usual=None if found.usual is None else str(found.usual),
        usual_bill=None if found.usual_bill is None else str(found.usual_bill),
        warnings=[
            WarningAnswer(
                kind=one.kind,
                usual=str(one.usual),
                expected=str(one.expected),
                begins=None if one.begins is None else str(one.begins),
            )
            for one in found.warned
        ],
        problem=found.problem,
    )


def _range(found: Range | None) -> RangeAnswer | None:
    return (
        None if found is None else RangeAnswer(low=str(found.low), expected=str(found.expected), high=str(found.high))
    )
