"""Bills and registers as the API answers them: decimal texts, so that no cent is lost."""

from decimal import Decimal

from calha.api.net_metering import written
from calha.api.schemas_billing import BillAnswer, LineAnswer, ReadingAnswer, RegisterPartAnswer, StepAnswer
from calha.domain.billing import Bill
from calha.domain.invoices import Inputs, register_parts_of
from calha.domain.times import to_datetime
from calha.reports.invoices import registers_of


def bill_answer(made: Bill) -> BillAnswer:
    lines = [
        LineAnswer(
            key=line.key,
            name={language: text for language, text in line.name.items()},  # noqa: C416 - of any language
            quantity=written(line.quantity),
            unit=line.unit,
            unit_price=None if line.unit_price is None else f"{round(line.unit_price, 8):f}",
            amount=str(line.amount),
            from_day=line.from_,
            until_day=line.until,
            is_estimated=line.is_estimated,
            steps=[
                StepAnswer(quantity=written(step.quantity), price=f"{round(step.price, 8):f}") for step in line.steps
            ],
        )
        for line in made.lines
    ]
    return BillAnswer(lines=lines, total=str(made.total), taxes={name: str(tax) for name, tax in made.taxes.items()})


def reading_answers(inputs: Inputs) -> list[ReadingAnswer]:
    """The registers at both ends of the cycle and where a meter was exchanged, as far as there were any."""
    return [
        ReadingAnswer.model_validate(
            {"role": role, "at": to_datetime(one.at), "value": written(one.value)}
            | {"unit": one.unit, "quality": one.quality}
        )
        for role, one in registers_of(inputs)
    ]


def register_part_answers(inputs: Inputs) -> list[RegisterPartAnswer]:
    """How the registers are the consumption, where a constant is not 1."""
    return [
        RegisterPartAnswer(
            opening=_plain(one.opening),
            closing=_plain(one.closing),
            unit=one.unit,
            difference=_plain(one.difference),
            multiplier=f"{one.multiplier:f}",
            consumption=_plain(one.consumption),
            consumption_unit=one.consumption_unit,
        )
        for one in register_parts_of(inputs)
    ]


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else written(number)
