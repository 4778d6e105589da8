"""What Hidrômetro Inteligente keeps beside readings: customers, meters as it numbers them, tariffs, typed months, alerts."""

from calha.store.hidrometro.alerts import AlertRow, Alerts, NewAlert
from calha.store.hidrometro.billing import Billing, MonthRow, TariffRow
from calha.store.hidrometro.customers import AddressRow, CustomerRow, Customers, PhoneRow
from calha.store.hidrometro.meters import KindRow, MeterRow, MeterTable

__all__ = [
    "AddressRow",
    "AlertRow",
    "Alerts",
    "Billing",
    "CustomerRow",
    "Customers",
    "KindRow",
    "MeterRow",
    "MeterTable",
    "MonthRow",
    "NewAlert",
    "PhoneRow",
    "TariffRow",
]
