"""Customers, contracts, tariffs, invoices and payments, in the registry's database."""

from calha.store.billing.credits import Credits
from calha.store.billing.customers import Customers
from calha.store.billing.invoices import STATEMENT, Invoices, Seal
from calha.store.billing.notices import Notices
from calha.store.billing.rows import (
    ContractRow,
    CustomerRow,
    InvoiceRow,
    IssuerRow,
    NewInvoice,
    NoticeRow,
    PaymentRow,
    PaymentState,
    RunRow,
    RunState,
    Seam,
    TariffRow,
)
from calha.store.billing.runs import Runs
from calha.store.billing.tariffs import Tariffs

__all__ = [
    "STATEMENT",
    "ContractRow",
    "Credits",
    "CustomerRow",
    "Customers",
    "InvoiceRow",
    "Invoices",
    "IssuerRow",
    "NewInvoice",
    "NoticeRow",
    "Notices",
    "PaymentRow",
    "PaymentState",
    "RunRow",
    "RunState",
    "Runs",
    "Seal",
    "Seam",
    "TariffRow",
    "Tariffs",
]
