"""What Hidrômetro Inteligente keeps, on SQLite, MariaDB and PostgreSQL."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from calha.domain.errors import Conflict, NotFound
from calha.store.hidrometro import (
    AddressRow,
    Alerts,
    Billing,
    CustomerRow,
    Customers,
    KindRow,
    MeterTable,
    MonthRow,
    NewAlert,
    TariffRow,
)

AT = datetime(2025, 8, 25, 16, tzinfo=UTC)
ADDRESS = AddressRow(1, "Instalacao", "Rua A", "10", "", "Centro", "Campinas", "SP", "13000-000")


def customer(number, name="Ana", tax_id="123"):
    return CustomerRow(number, name, tax_id, None, AT, [ADDRESS], [])


def test_customers_have_addresses_and_telephones(registry):
    customers = Customers(registry.engine)
    made = customers.add("Ana", "123", "ana@exemplo.com.br")
    for number in ("1", "2"):
        customers.add_phone(made.id, area="19", number=number, kind="Celular")
    customers.remove_contact(made.id, "phones", 1)
    assert [(one.id, one.number) for one in customers.get(made.id).phones] == [(2, "2")]
    customers.change(made.id, "Ana Maria", "", None)
    assert (customers.get(made.id).name, customers.get(made.id).tax_id) == ("Ana Maria", None)
    customers.add("Bia", "999", None)
    with pytest.raises(Conflict):
        customers.add("Caio", "999", None)
    with pytest.raises(Conflict):
        customers.change(made.id, "Ana", "999", None)
    with pytest.raises(NotFound):
        customers.remove_contact(made.id, "phones", 9)
    assert [one.name for one in customers.all()] == ["Ana Maria", "Bia"]
    customers.delete(made.id)
    with pytest.raises(NotFound):
        customers.delete(made.id)


def test_what_is_brought_over_keeps_its_number_and_comes_once(registry):
    customers = Customers(registry.engine)
    assert customers.bring([customer(7), customer(9, "Bia", "456")]) == []
    assert customers.bring([customer(7)]) == []
    assert customers.get(7).addresses == [ADDRESS]
    own = customers.add("Own", None, None)
    assert own.id > 9
    later = datetime(2025, 9, 1, tzinfo=UTC)
    taken = CustomerRow(own.id, "Stranger", "789", None, later, [], [])
    assert customers.bring([taken, customer(50, "Copy", "456")]) == [
        f"customer {own.id}: that number is Own's here",
        "customer 50: another one has the CPF or CNPJ 456",
    ]


def test_meters_are_numbered_and_keep_the_numbers_that_they_had(registry, site):
    for serial in ("A", "B"):
        registry.create_device(f"hidrometro-{serial}", "water_meter", site, serial=serial)
    registry.create_device("pump-1", "generic", site)
    table, customers = MeterTable(registry.engine, "hidrometro-"), Customers(registry.engine)
    table.number_all()
    table.number_all()
    assert set(table.numbers()) == {"hidrometro-A", "hidrometro-B"}
    customers.bring([customer(7)])
    assert table.bring_kinds([KindRow(3, "Residencial", "")]) == []
    assert table.bring_kinds([KindRow(3, "Outro", "")]) == ["kind of meter 3: that number is Residencial's here"]
    columns = {"customer_id": 7, "kind_id": 3, "model": "YF", "installed_on": date(2025, 1, 31), "status": "Ativo"}
    assert table.bring("hidrometro-A", 42, **columns) is None
    assert table.bring("hidrometro-A", 42, **columns) is None
    assert table.bring("hidrometro-B", 42, **columns) == "meter 42: that number is another one's here"
    found = table.get(42)
    assert (found.device, found.serial, found.customer, found.kind) == ("hidrometro-A", "A", "Ana", "Residencial")
    assert found.installed_on == date(2025, 1, 31)
    assert [one.number for one in table.all(customer_id=7)] == [42]
    with pytest.raises(NotFound):
        table.change(42, customer_id=99)
    customers.delete(7)
    assert table.get(42).customer_id is None
    registry.create_device("hidrometro-C", "water_meter", site)
    table.number_all()
    assert table.numbers()["hidrometro-C"] > 42
    registry.delete_device("hidrometro-A")
    with pytest.raises(NotFound):
        table.get(42)


def test_prices_and_volumes_are_exact(registry):
    billing, customers = Billing(registry.engine), Customers(registry.engine)
    row = TariffRow(5, "Social", Decimal("5.25"), date(2025, 1, 1), None, True)
    assert billing.bring_tariffs([row]) == billing.bring_tariffs([row]) == []
    billing.add_tariff(name="Nova", price_m3=Decimal("0.1"), from_on=date(2025, 8, 1), until_on=None, active=True)
    assert [(one.name, one.price_m3) for one in billing.tariffs()] == [
        ("Nova", Decimal("0.1")),
        ("Social", Decimal("5.25")),
    ]
    billing.change_tariff(5, price_m3=Decimal("1234567890.123456"))
    assert billing.tariff(5).price_m3 == Decimal("1234567890.123456")
    customers.bring([customer(7)])
    month = MonthRow(1, 7, date(2025, 8, 1), Decimal("12345.00"), Decimal("64.81"), 5)
    assert billing.bring_months([month]) == billing.bring_months([month]) == []
    assert billing.bring_months([MonthRow(2, 99, date(2025, 8, 1), Decimal(1), None, None)])
    assert billing.typed_months(date(2025, 8, 1)) == [month]
    assert billing.typed_months(date(2025, 9, 1)) == []
    billing.delete_tariff(5)
    with pytest.raises(NotFound):
        billing.change_tariff(5, name="x")


def test_alerts_are_resolved_once_and_shown_newest_first(registry, site):
    registry.create_device("hidrometro-A", "water_meter", site)
    alerts = Alerts(registry.engine)

    def new(hour):
        at = datetime(2025, 8, 25, hour, tzinfo=UTC)
        return NewAlert("hidrometro-A", "leak", "Vazamento", 0.2, 0.5, None, 3_600.0, at)

    first, second = alerts.add(new(1)), alerts.add(new(2))
    assert [one.id for one in alerts.list(["hidrometro-A"], 10)] == [second, first]
    assert alerts.list(["hidrometro-B"], 10) == alerts.list([], 10) == []
    resolved = alerts.resolve(first, "ana")
    assert alerts.resolve(first, "bia").resolved_at == resolved.resolved_at
    assert alerts.get(first).resolved_by == "ana"
    assert [one.id for one in alerts.list(["hidrometro-A"], 10, unresolved=True)] == [second]
    assert alerts.add(new(3), alert_id=100) == 100
    assert alerts.add(new(4)) > 100
    assert alerts.known([first, 999]) == {first: "hidrometro-A"}
    with pytest.raises(NotFound):
        alerts.resolve(999, "ana")
