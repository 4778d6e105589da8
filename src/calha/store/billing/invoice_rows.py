"""How rows of the invoice table become `InvoiceRow`s: all but the content."""

from decimal import Decimal
from typing import Any

from calha.store.billing.models import Invoice
from calha.store.billing.rows import InvoiceRow

INVOICE_COLUMNS = [getattr(Invoice, name) for name in InvoiceRow.__dataclass_fields__]


def invoice_row(row: Any) -> InvoiceRow:  # noqa: ANN401 - a row of INVOICE_COLUMNS
    return InvoiceRow(**{**row._mapping, "total": Decimal(row.total), "quantity": Decimal(row.quantity)})
