"""What the billing tables answer: plain frozen rows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from calha.domain.forecasts import WarningKind
from calha.domain.invoices import Kind, State

PaymentState = Literal["matched", "unmatched", "wrong_amount", "surplus"]
RunState = Literal["running", "finished", "stopped"]


@dataclass(frozen=True, slots=True)
class CustomerRow:
    id: int
    site_id: int
    person_id: int | None
    name: str
    document: str
    email: str
    address: str
    city: str
    language: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ContractRow:
    """site_id: of the device. from_day until before until_day. reactive_channel: of the same device, for its excess.
    injected_channel: of the same device, for net metering.

    alert_percent: by how much consumption or bill may leave the usual before a message is sent; None for no messages.
    """

    id: int
    number: str
    customer_id: int
    device: str
    site_id: int
    channel: str
    tariff: str
    from_day: date
    until_day: date | None
    dwellings: int
    contracted: Decimal
    cycle_day: int
    due_days: int
    reactive_channel: str | None = None
    alert_percent: int | None = None
    injected_channel: str | None = None

    def runs_in(self, from_: date, until: date) -> bool:
        return self.from_day < until and (self.until_day is None or self.until_day > from_)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """content: the tariff in its canonical JSON."""

    key: str
    revision: int
    sha256: str
    content: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class IssuerRow:
    site_id: int
    name: str
    document: str
    address: str
    city: str
    email: str
    pix_key: str
    company: str


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """All but the content."""

    id: int
    number: str
    kind: Kind
    state: State
    contract_id: int
    customer_id: int
    from_day: date
    until_day: date
    issued_on: date
    due_on: date
    total: Decimal
    quantity: Decimal
    is_estimated: bool
    txid: str | None
    tariff_sha256: str
    sha256: str
    credits_id: int | None
    replaces_id: int | None
    paid_at: datetime | None
    charge_url: str | None = None


@dataclass(frozen=True, slots=True)
class Seam:
    """The end of an invoice in force at which the contract's next one does not begin. next_from: None behind the last one."""

    contract_id: int
    number: str
    until_day: date
    next_from: date | None


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice to be given a number. `seal` is called with it, and returns content and hash. is_paid: that nothing is left
    to pay of it; nobody pays a credit note, either. credits_of: invoices whose credits it takes for the first time.
    """

    kind: Kind
    contract_id: int
    customer_id: int
    from_day: date
    until_day: date
    issued_on: date
    due_on: date
    total: Decimal
    quantity: Decimal
    is_estimated: bool
    tariff_sha256: str
    credits_id: int | None = None
    replaces_id: int | None = None
    is_paid: bool = False
    credits_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """amount: less than nothing for what was paid out. txid: of the Pix; of a credit that was moved, the contract to which."""

    id: int
    external_id: str
    source: str
    txid: str
    amount: Decimal
    paid_at: datetime
    state: PaymentState
    invoice_id: int | None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: int
    contract_id: int
    from_day: date
    kind: WarningKind
    usual: Decimal
    expected: Decimal
    begins: Decimal | None
    unit: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """passed: contracts whose cycle was billed before. problems: [[contract, reason], …], the first ones."""

    id: int
    site_id: int | None
    month: str
    cycle_day: int | None
    state: RunState
    contracts: int
    done: int
    issued: int
    passed: int
    failed: int
    problems: Any
    made_by: str
    started_at: datetime
    ended_at: datetime | None
