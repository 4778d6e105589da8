"""Credits of injected energy as the API answers them."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import UnsetType

from calha.api.schemas_net_metering import LotAnswer, NetMeteringAnswer, PostEnergyAnswer
from calha.domain.invoices import Inputs
from calha.domain.net_metering import Lot


def net_metering_answer(inputs: Inputs) -> NetMeteringAnswer | None:
    """What an invoice says of them; None without net metering."""
    said = inputs.net_metering
    if isinstance(said, UnsetType):
        return None
    return NetMeteringAnswer(
        unit=inputs.unit,
        injected=written(said.injected),
        compensated=written(said.compensated),
        before=written(sum((lot.amount for lot in said.opening), Decimal(0))),
        generated=written(said.generated),
        used=written(said.used),
        expired=written(said.expired),
        balance=written(said.balance),
        posts=[
            PostEnergyAnswer(
                post=one.post,
                consumed=written(one.consumed),
                injected=written(one.injected),
                compensated=written(one.compensated),
            )
            for one in said.posts
        ],
        lots=lot_answers(said.closing),
    )


def lot_answers(lots: Iterable[Lot]) -> list[LotAnswer]:
    return [
        LotAnswer(on=lot.on, expires=lot.expires, amount=written(lot.amount), post=lot.post or None) for lot in lots
    ]


def written(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
