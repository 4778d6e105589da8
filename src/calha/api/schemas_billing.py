"""Bodies about customers, contracts, tariffs, invoices and payments. Amounts are decimal texts, so that no cent is lost."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from calha.api.based import Versioned
from calha.api.schemas import Answer, Body, ChannelKey, DeviceKey, SiteId
from calha.api.schemas import Text as Words
from calha.api.schemas_net_metering import NetMeteringAnswer

Number = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
Month = Annotated[str, Field(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$", examples=["2026-07"])]
ContractNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]{1,64}$", examples=["C-1001"])]
TariffKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["agua_fixa_copasa"])]
Document = Annotated[str, Field(max_length=20, examples=["12345678909"], description="CPF or CNPJ, digits only.")]
Amount = Annotated[str, Field(examples=["93.08"])]
Quantity = Annotated[str, Field(examples=["12.125"])]


class NewCustomer(Body):
    site_id: SiteId
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Ana Lima"])]
    document: Document = ""
    email: Annotated[str, Field(max_length=254, examples=["ana@example.org"])] = ""
    address: Annotated[str, Field(max_length=200, examples=["Rua das Flores, 12"])] = ""
    city: Annotated[str, Field(max_length=60, examples=["Olinda"])] = ""
    language: Literal["pt-BR", "en"] = "pt-BR"
    person_id: Number | None = Field(None, description="The account with which the customer looks at it himself.")


class CustomerChange(Body):
    site_id: SiteId | None = None
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Ana Lima"])] | None = None
    document: Document | None = None
    email: Annotated[str, Field(max_length=254, examples=["ana@example.org"])] | None = None
    address: Annotated[str, Field(max_length=200, examples=["Rua das Flores, 12"])] | None = None
    city: Annotated[str, Field(max_length=60, examples=["Olinda"])] | None = None
    language: Literal["pt-BR", "en"] | None = None
    person_id: Number | None = None


class Customer(Answer):
    id: int
    site_id: int
    person_id: int | None
    name: str
    document: str
    email: str
    address: str
    city: str
    language: str


AlertPercent = Annotated[int, Field(ge=1, le=1_000)]
ALERT_TEXT = "Who pays is told when consumption or bill leave the usual by more than that; null: never."


class NewContract(Body):
    number: ContractNumber
    customer_id: Number
    device: DeviceKey
    channel: ChannelKey
    tariff: TariffKey
    from_day: date = Field(examples=["2026-07-01"])
    until_day: date | None = Field(None, description="First day that it does not cover; null: it goes on.")
    dwellings: Annotated[int, Field(ge=1, le=10_000, description="Economias behind the meter.")] = 1
    contracted: Annotated[Decimal, Field(ge=0, le=10**6, description="Contracted demand, kW.")] = Decimal(0)
    cycle_day: Annotated[int, Field(ge=1, le=31, description="Day of the month on which a cycle begins.")] = 1
    due_days: Annotated[int, Field(ge=0, le=180, description="From issue to due day.")] = 10
    alert_percent: AlertPercent | None = Field(30, description=ALERT_TEXT, examples=[30])
    reactive_channel: ChannelKey | None = Field(
        None, description="Counts the device's reactive energy, for `excess_reactive`.", examples=["reactive_energy"]
    )
    injected_channel: ChannelKey | None = Field(
        None, description="Counts energy put into the grid, for net metering.", examples=["injected_energy"]
    )


class ContractChange(Body):
    tariff: TariffKey | None = None
    until_day: date | None = Field(None, description="First day that it does not cover; null: it goes on.")
    dwellings: Annotated[int, Field(ge=1, le=10_000)] | None = None
    contracted: Annotated[Decimal, Field(ge=0, le=10**6)] | None = None
    due_days: Annotated[int, Field(ge=0, le=180)] | None = None
    alert_percent: AlertPercent | None = Field(None, description=ALERT_TEXT, examples=[30])
    reactive_channel: ChannelKey | None = Field(
        None, description="Counts the device's reactive energy; null: none does.", examples=["reactive_energy"]
    )
    injected_channel: ChannelKey | None = Field(
        None, description="Counts energy put into the grid; null: none does.", examples=["injected_energy"]
    )


class Contract(Answer):
    number: str
    customer_id: int
    device: str
    site_id: int
    channel: str
    tariff: str
    from_day: date
    until_day: date | None
    dwellings: int
    contracted: Quantity
    cycle_day: int
    due_days: int
    alert_percent: int | None = Field(description=ALERT_TEXT, examples=[30])
    reactive_channel: str | None = Field(examples=["reactive_energy"])
    injected_channel: str | None = Field(examples=["injected_energy"])


class IssuerBody(Body):
    name: Annotated[
        str,
        Field(
            min_length=1, max_length=100, examples=["Água Exemplo"], description="The Pix shows its first 25 letters."
        ),
    ]
    document: Document = ""
    address: Annotated[str, Field(max_length=200, examples=["Av. Central, 1"])] = ""
    city: Annotated[str, Field(max_length=60, examples=["Recife"])] = ""
    email: Annotated[str, Field(max_length=254, examples=["contas@example.org"])] = ""
    pix_key: Annotated[str, Field(max_length=77, examples=["11222333000181"])] = ""
    company: Annotated[
        str, Field(pattern=r"^(\d{4})?$", examples=["0138"], description="Number given by FEBRABAN.")
    ] = ""


class Issuer(Versioned, Answer):
    site_id: int
    name: str
    document: str
    address: str
    city: str
    email: str
    pix_key: str
    company: str


EXAMPLE_TARIFF = """key: agua
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2026-01-01
    components:
      - {kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: 5.00}
"""


class TariffText(Body):
    text: Annotated[str, Field(min_length=1, max_length=1_000_000, examples=[EXAMPLE_TARIFF])] = Field(
        description="The tariff as YAML or JSON."
    )
    after_revision: Annotated[int, Field(ge=0)] | None = Field(
        None, description="The newest revision that its author has seen; 409 when there is a newer one. 0: none."
    )


class TariffAnswer(Answer):
    key: str
    revision: int
    sha256: str
    name: Words
    unit: str
    made_by: str
    made_at: datetime
    contracts: int | None = Field(None, description="How many contracts it is for, as far as the caller may see them.")


class TariffWhole(TariffAnswer):
    text: str = Field(description="The tariff as YAML, as one edits it.", examples=[EXAMPLE_TARIFF])
    content: dict[str, Any] = Field(description="The tariff.", examples=[{"key": "agua", "unit": "m³", "versions": []}])


PricedQuantity = Annotated[Decimal, Field(ge=-(10**9), le=10**9, max_digits=20, examples=["12.5"])]


class Calculation(Body):
    """What somebody would pay by a tariff that is not written yet."""

    text: Annotated[str, Field(min_length=1, max_length=1_000_000, examples=[EXAMPLE_TARIFF])] = Field(
        description="The tariff as YAML or JSON."
    )
    from_day: date = Field(examples=["2026-07-01"])
    until_day: date = Field(description="The first day that is not in it.", examples=["2026-08-01"])
    quantities: dict[Annotated[str, Field(max_length=64)], PricedQuantity] = Field(
        max_length=50, description="What was measured, by name.", examples=[{"consumption": "12.5"}]
    )
    dwellings: Annotated[int, Field(ge=1, le=10_000)] = 1
    contracted: Annotated[Decimal, Field(ge=0, le=10**6, max_digits=20)] = Decimal(0)


class StepAnswer(Answer):
    quantity: Quantity
    price: Amount


class LineAnswer(Answer):
    key: str
    name: Words
    quantity: Quantity
    unit: str
    unit_price: Amount | None
    amount: Amount
    from_day: date
    until_day: date = Field(description="The first day that is not in it.")
    is_estimated: bool
    steps: list[StepAnswer]


class BillAnswer(Answer):
    lines: list[LineAnswer]
    total: Amount
    taxes: dict[str, Amount]


class CalculationAnswer(Answer):
    quantities: list[str] = Field(
        description="What the tariff charges on that day, by name.", examples=[["consumption", "peak"]]
    )
    unit: str
    bill: BillAnswer


EstimateMethod = Literal["mean", "stated"]
METHOD_TEXT = "mean: as the last cycles known whole, for what is missing. stated: as the person says."


class EstimateAnswer(Answer):
    """A person's decision to bill what is not known."""

    method: EstimateMethod = Field(description=METHOD_TEXT)
    known_percent: int = Field(description="Of the cycle.", examples=[60])
    cycles: int = Field(description="Whose mean was taken.", examples=[12])
    reason: str = Field(examples=["The meter could not be reached"])


class PreviewAnswer(Answer):
    contract: str
    customer: str
    from_day: date | None
    until_day: date | None
    problem: str | None = Field(description="Why it cannot be issued.")
    is_short: bool = Field(description="Whether too much is missing; a person can decide to have it estimated.")
    is_estimated: bool
    estimate: EstimateAnswer | None = Field(description="How it would be estimated, where that is asked for.")
    days: int | None = Field(description="Between its readings.", examples=[31])
    is_of_unusual_length: bool = Field(
        description="Whether `days` leaves the tariff's `usual_days`: a first or last cycle, or readings missed."
    )
    bill: BillAnswer | None


class InvoiceAnswer(Answer):
    number: str
    kind: Literal["invoice", "credit_note"]
    state: Literal["issued", "overdue", "paid", "cancelled", "replaced"]
    contract: str
    customer_id: int
    customer: str
    device: str
    from_day: date
    until_day: date = Field(description="The first day that is not in it.")
    issued_on: date
    due_on: date
    total: Amount
    quantity: Quantity
    unit: str | None = Field(None, description="Only when one invoice is asked for.")
    is_estimated: bool
    paid_at: datetime | None


class ReadingAnswer(Answer):
    """What a register showed at an end of a cycle, or when a meter was exchanged."""

    role: Literal["opening", "removed", "installed", "closing"] = Field(
        description="At the begin or the end; of the meter that was removed, or of the new one."
    )
    at: datetime
    value: str = Field(examples=["1534.25"])
    unit: str
    quality: str


class RegisterPartAnswer(Answer):
    """What a register counted with one constant: difference × multiplier = consumption. null: what nobody has read."""

    opening: str | None = Field(examples=["120.5"])
    closing: str | None = Field(examples=["131"])
    unit: str = Field(description="Of opening, closing and difference.", examples=["kWh"])
    difference: str | None = Field(examples=["10.5"])
    multiplier: str = Field(description="The constant of the measurement.", examples=["40"])
    consumption: str | None = Field(examples=["420"])
    consumption_unit: str = Field(examples=["kWh"])


class CreditLeft(Answer):
    """What an invoice of less than nothing leaves to its customer."""

    number: str = Field(description="The invoice.")
    customer_id: int
    customer: str
    contract: str
    amount: Amount = Field(description="In the customer's favour.", examples=["10.00"])
    issued_on: date
    holder: str = Field(
        description="The contract whose next invoice takes it: its own, or the one to which it was moved.",
        examples=["C-1001"],
    )
    taken_by: str | None = Field(description="The invoice that is less by it.", examples=["2026-000018"])
    paid_at: datetime | None = Field(description="When it was paid out.")
    is_stranded: bool = Field(description="Whether no invoice is to come that would take it: a person has to decide.")


class CreditsLeft(Answer):
    credits: list[CreditLeft]
    is_whole: bool = Field(description="Whether these are all of them.")


class PaidOut(Body):
    paid_at: AwareDatetime = Field(examples=["2026-08-05T10:30:00Z"])
    reference: Annotated[str, Field(max_length=50, examples=["Pix E1234"], description="A receipt's number, say.")] = ""


class CreditHolder(Body):
    contract: ContractNumber = Field(description="Of the same customer; its own one takes it back.")


class InvoiceWhole(InvoiceAnswer):
    bill: BillAnswer
    channel: str
    zone: str = Field(description="In which its days lie.", examples=["America/Sao_Paulo"])
    readings: list[ReadingAnswer] = Field(
        description="The register at the beginning, where the meter was exchanged, and at the end.",
        examples=[
            [{"role": "opening", "at": "2026-07-01T03:00:00Z", "value": "1534.25", "unit": "m³", "quality": "good"}]
        ],
    )
    register_parts: list[RegisterPartAnswer] = Field(
        description="How the readings are the consumption, where a register's constant (multiplier) is not 1."
    )
    is_divided: bool = Field(
        description="Whether those readings, not made at midnight, come to another amount than is billed.",
        examples=[False],
    )
    pix: str | None = Field(description="Text of the Pix code.")
    barcode: str | None = Field(description="The line to type of the bar code.")
    credits: str | None = Field(description="The invoice that a credit note takes back.")
    credit: CreditLeft | None = Field(
        description="What it leaves to the customer, where it comes to less than nothing."
    )
    estimate: EstimateAnswer | None = Field(description="Why it was estimated, where a person decided that.")
    net_metering: NetMeteringAnswer | None = Field(description="Of injected energy, where the tariff has net metering.")
    history: list[dict[str, Any]] = Field(examples=[[{"from": "2026-06-01", "quantity": "11.5", "estimated": False}]])


class DifferenceAnswer(Answer):
    number: str
    contract: str
    customer: str
    from_day: date
    until_day: date = Field(description="The first day that is not in it.")
    issued: Amount
    now: Amount | None
    difference: Amount | None
    problem: str | None


class TouchedInvoice(Answer):
    """An invoice in force that a change would touch."""

    number: str
    contract: str
    from_day: date
    until_day: date = Field(description="The first day that is not in it.")
    issued: Amount
    then: Amount | None = Field(description="With the change; null when it could not be computed.")
    difference: Amount | None
    problem: str | None


class TouchedInvoices(Answer):
    invoices: list[TouchedInvoice]
    is_whole: bool = Field(description="Whether all invoices that the change may reach were compared.")


class VerifiedAnswer(Answer):
    number: str
    holds: bool
    faults: list[str]


class EstimateBody(Body):
    """How to bill a cycle of which too much is missing."""

    method: EstimateMethod = Field("mean", description=METHOD_TEXT)
    consumption: Annotated[Decimal, Field(ge=0, le=10**9, max_digits=20, examples=["12.5"])] | None = Field(
        None, description="In the tariff's unit, where it is stated."
    )
    reason: Annotated[str, Field(min_length=1, max_length=200, examples=["The meter could not be reached"])]


class NewInvoice(Body):
    contract: ContractNumber
    month: Month
    estimate: EstimateBody | None = Field(None, description="For a cycle of which too much is missing.")


class RunRequest(Body):
    month: Month
    site_id: SiteId | None = Field(None, description="Only devices there and below; null: everywhere.")
    cycle_day: Annotated[int, Field(ge=1, le=31)] | None = Field(
        None, description="Only contracts with that cycle day."
    )


class RunAnswer(Answer):
    id: int
    site_id: int | None
    month: str
    cycle_day: int | None
    state: Literal["running", "finished", "stopped"]
    contracts: int
    done: int
    issued: int
    passed: int = Field(description="Billed before.")
    failed: int
    problems: list[list[str]] = Field(examples=[[["C-1001", "no readings in this cycle"]]])
    made_by: str
    started_at: datetime
    ended_at: datetime | None


class UnusualCycle(Answer):
    contract: str = Field(examples=["C-1002"])
    days: int = Field(description="Between its readings.", examples=[12])


class RunPreview(Answer):
    """What a billing run would do now."""

    contracts: int
    passed: int = Field(description="Billed before.")
    ready: int = Field(description="Would be issued.", examples=[498])
    total: Amount
    problems: list[list[str]] = Field(examples=[[["C-1001", "no readings in this cycle"]]])
    unusual: list[UnusualCycle] = Field(
        description="Would be billed with fewer or more days between their readings than are usual."
    )
    is_whole: bool = Field(description="Whether all contracts were looked at.")


class UnbilledAnswer(Answer):
    """Days of a cycle that is over, and that no invoice in force charges."""

    contract: str = Field(examples=["C-1003"])
    customer_id: int
    customer: str
    from_day: date
    until_day: date = Field(description="The first day that is not in it.")
    invoice: str | None = Field(
        description="Ends within the cycle; issued again it charges the whole of it. null: the cycle is not billed at all.",
        examples=["2026-000017"],
    )


class UnbilledAnswers(Answer):
    cycles: list[UnbilledAnswer]
    is_whole: bool = Field(description="Whether these are all of them.")


class ReceivedPayment(Body):
    paid_at: AwareDatetime = Field(examples=["2026-08-05T10:30:00Z"])
    reference: Annotated[str, Field(max_length=50, examples=["recibo 17"], description="A receipt's number, say.")] = ""


class PaymentAnswer(Answer):
    id: int
    external_id: str
    source: str
    txid: str
    amount: Amount
    paid_at: datetime
    state: Literal["matched", "unmatched", "wrong_amount", "surplus"]


class StatementText(Body):
    text: Annotated[str, Field(min_length=1, max_length=10_000_000, description="A bank's statement as CSV.")] = Field(
        examples=["Data;Histórico;Documento;Valor\n05/08/2026;PIX FAT2026000001;E1;93,08\n"]
    )


class StatementReceipt(Answer):
    matched: int
    unmatched: int
    wrong_amount: int
    surplus: int
    unreadable: list[str] = Field(examples=[["line 3: 'abc' is not an amount"]])


class PixPayment(Body):
    """One Pix that came in; what else a provider says of it is left aside."""

    model_config = ConfigDict(extra="ignore")

    endToEndId: Annotated[str, Field(min_length=1, max_length=100, examples=["E18236120202608051030s0773"])]  # noqa: N815
    txid: Annotated[str, Field(max_length=64, examples=["FAT2026000001"])] = ""
    valor: Annotated[Decimal, Field(gt=0, le=10**10, examples=["93.08"])]
    horario: datetime = Field(examples=["2026-08-05T10:30:00Z"])


class PixNotice(Body):
    """As payment providers call a webhook (Banco Central, API Pix)."""

    pix: list[PixPayment] = Field(max_length=1_000)


class PixCall(Body):
    """As payment providers call a webhook; what else they send is left aside."""

    model_config = ConfigDict(extra="ignore")

    pix: list[PixPayment] = Field([], max_length=1_000)
