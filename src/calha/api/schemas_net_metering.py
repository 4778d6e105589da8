"""Bodies of answers about net metering: injected energy and the credits that it leaves."""

from datetime import date
from typing import Annotated

from pydantic import Field

from calha.api.schemas import Answer

Energy = Annotated[str, Field(examples=["150.5"])]


class LotAnswer(Answer):
    """What is left of the credit of one cycle."""

    on: date = Field(description="The first day after that cycle.", examples=["2026-08-01"])
    expires: date = Field(description="The first day on which it is worth nothing.", examples=["2031-08-01"])
    amount: Energy
    post: str | None = Field(description="In which it was injected; null where the tariff has none.", examples=["peak"])


class PostEnergyAnswer(Answer):
    """Of one post of a tariff by time of use."""

    post: str = Field(examples=["peak"])
    consumed: Energy
    injected: Energy
    compensated: Energy


class NetMeteringAnswer(Answer):
    """What happened to a customer's credits in a cycle."""

    unit: str = Field(examples=["kWh"])
    injected: Energy
    compensated: Energy = Field(description="Of the consumption, by what was injected in the cycle and by credits.")
    before: Energy = Field(description="Credits at its begin.")
    generated: Energy
    used: Energy = Field(description="Of the credits.")
    expired: Energy
    balance: Energy = Field(description="Credits at its end.")
    posts: list[PostEnergyAnswer] = Field(description="Each by itself; empty without time of use.")
    lots: list[LotAnswer] = Field(description="What the balance is made of, oldest first.")


class CreditsAnswer(Answer):
    """The credits of a contract that can be used today."""

    contract: str
    unit: str = Field(examples=["kWh"])
    balance: Energy
    lots: list[LotAnswer] = Field(description="Oldest first; the first one expires first.")
