"""Bringing the old database over: customers, meters, tariffs, typed months, users with their passwords, alerts, readings.

What is here already stays as it is, so the same rows may come again. What cannot be taken is counted with its reason and an
example, and hinders nothing. Nothing is given to a stranger: a row whose owner's number means somebody else here is not taken.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TypeVar

from calha.accounts import foreign_hashes
from calha.accounts.accounts import Accounts
from calha.compat.hidrometro import old_rows
from calha.compat.hidrometro.meters import PREFIX, PROFILE, SITE, key_of
from calha.compat.hidrometro.old_rows import OldMeter, OldReading, OldUser, Row
from calha.compat.hidrometro.wire import serial_of
from calha.compat.own_devices import own_site
from calha.domain.access import Role
from calha.domain.errors import Conflict, Malformed
from calha.domain.readings import Batch, Micros
from calha.domain.times import EARLIEST, MAX_AHEAD_US
from calha.domain.written import OUTCOMES
from calha.ingest.decode import Ranges
from calha.ingest.service import Ingest
from calha.ingest.transfer import Transfer
from calha.store.hidrometro import Alerts, Billing, CustomerRow, Customers, MeterTable
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

TABLES = ("customers", "kinds", "meters", "tariffs", "months", "users", "alerts", "readings", "node_readings")
MAX_REASONS = 20  # that are told with an example
EASY = ("admin", "123456", "password", "senha")  # passwords that the old system had by default, and their kin

Old = TypeVar("Old")


@dataclass
class Receipt:
    """new, known: rows. readings: by outcome. rejected: by reason, with an example of each."""

    new: int = 0
    known: int = 0
    readings: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def reject(self, reason: str, what: str) -> None:
        self.rejected[reason] += 1
        if len(self.examples) < MAX_REASONS:
            self.examples.setdefault(reason, what[:200])


class CarryOver:
    def __init__(
        self,
        registry: Registry,
        accounts: Accounts,
        ingest: Ingest,
        transfer: Transfer,
        telemetry: Telemetry,
        clock: Callable[[], Micros],
    ) -> None:
        self._registry = registry
        self._accounts = accounts
        self._ingest = ingest
        self._transfer = transfer
        self._telemetry = telemetry
        self._clock = clock
        engine = registry.engine
        self._customers, self._billing, self._alerts = Customers(engine), Billing(engine), Alerts(engine)
        self._table = MeterTable(engine, PREFIX)

    async def bring(
        self, table: str, rows: Sequence[Row], zone: tzinfo, dry_run: bool, serial: str | None, coming: Collection[str]
    ) -> Receipt:
        """serial: of the meter whose readings the Node generation kept. coming: serial numbers of meters that a dry run may
        take for there. Raises LogUnavailable, Malformed (serial).
        """
        receipt = Receipt()
        if table in ("readings", "node_readings"):
            expected = {key_of(own) for one in coming if (own := serial_of(one))} if dry_run else set()
            found = self._read_readings(table, rows, zone, serial, receipt)
            await self._readings(found, dry_run, expected, receipt)
            return receipt
        await asyncio.to_thread(self._bring_rows, table, rows, zone, dry_run, receipt)
        if not dry_run:
            await self._ingest.refresh()
            self._accounts.door.forget()
        return receipt

    def _bring_rows(self, table: str, rows: Sequence[Row], zone: tzinfo, dry_run: bool, receipt: Receipt) -> None:
        for row in rows:
            try:
                is_new = self._bring_row(table, row, zone, dry_run)
            except Malformed as error:
                receipt.reject(error.reason, str(error))
            else:
                receipt.new += is_new
                receipt.known += not is_new

    def _bring_row(self, table: str, row: Row, zone: tzinfo, dry_run: bool) -> bool:
        """Whether it is new. Raises Malformed for one that cannot be taken."""
        if table == "customers":
            return self._customer(old_rows.customer_of(row, zone), dry_run)
        if table == "kinds":
            kind = old_rows.kind_of(row)
            is_known = kind.id in {one.id for one in self._table.kinds()}
            return _without_faults(self._table.bring_kinds([kind]) if not dry_run or is_known else [], not is_known)
        if table == "meters":
            return self._meter(old_rows.meter_of(row, zone), dry_run)
        if table == "tariffs":
            tariff = old_rows.tariff_of(row)
            is_known = tariff.id in {one.id for one in self._billing.tariffs()}
            return _without_faults(
                self._billing.bring_tariffs([tariff]) if not dry_run or is_known else [], not is_known
            )
        if table == "months":
            return self._month(row, zone, dry_run)
        if table == "users":
            return self._user(old_rows.user_of(row), dry_run)
        return self._alert(row, zone, dry_run)

    def _customer(self, row: CustomerRow, dry_run: bool) -> bool:
        is_known = row.id in {one.id for one in self._customers.all()}
        return _without_faults(self._customers.bring([row]) if not dry_run or is_known else [], not is_known)

    def _meter(self, meter: OldMeter, dry_run: bool) -> bool:
        device = key_of(meter.serial)
        is_known = self._table.numbers().get(device) == meter.number
        if dry_run or is_known:
            return not is_known
        if device not in self._registry.devices_named([device]):
            site, name = own_site(self._registry, SITE).id, f"Hidrômetro {meter.serial}"
            self._registry.create_device(device, PROFILE, site, name=name, serial=meter.serial)
        customer_id = self._own_id(meter.customer)
        kind_id = meter.kind_id if meter.kind_id in {one.id for one in self._table.kinds()} else None
        columns = {
            "customer_id": customer_id,
            "kind_id": kind_id,
            "model": meter.model,
            "installed_on": meter.installed_on,
            "status": meter.status,
            "status_history": list(meter.status_history),
        }
        fault = self._table.bring(device, meter.number, **columns)
        self._table.number_all()
        if meter.customer is not None and customer_id is None:
            raise Malformed(f"meter {meter.serial}: its customer was not taken; it has none now", "customer_missing")
        return _without_faults([fault] if fault else [], True)

    def _own_id(self, customer: CustomerRow | None) -> int | None:
        """His number, if it is his here."""
        if customer is None:
            return None
        known = {one.id: one for one in self._customers.all()}.get(customer.id)
        is_his = known is not None and (known.name, known.tax_id) == (customer.name, customer.tax_id)
        is_renamed = known is not None and known.registered_at == customer.registered_at != old_rows.UNKNOWN_DAY
        return customer.id if is_his or is_renamed else None

    def _month(self, row: Row, zone: tzinfo, dry_run: bool) -> bool:
        customer, month = old_rows.month_of(row, zone)
        is_known = month.id in {one.id for one in self._billing.typed_months(month.month)}
        if dry_run or is_known:
            return not is_known
        if self._own_id(customer) is None:
            raise Malformed(f"month {month.id}: its customer {customer.id} was not taken", "customer_missing")
        return _without_faults(self._billing.bring_months([month]), True)

    def _user(self, user: OldUser, dry_run: bool) -> bool:
        people = self._accounts.people
        if people.find(user.name) is not None:
            return False
        password_hash: str | None = user.password_hash
        why = ""
        if not foreign_hashes.is_usable(user.password_hash):
            password_hash, why = None, "its password cannot be taken over"
        elif any(foreign_hashes.verify(easy, user.password_hash) for easy in {*EASY, user.name}):
            password_hash, why = None, "its password is one that everybody knows"
        if not dry_run:
            role = Role.ENGINEER if user.is_admin else Role.VIEWER
            site = own_site(self._registry, SITE).id
            try:
                made = people.create(user.name, None, user.name, password_hash, grants=[(role, site)])
            except Conflict as error:
                raise Malformed(f"user {user.name}: {error}", "name_taken") from None
            if not user.is_active:
                people.update(made.id, state="blocked")
        if why:
            raise Malformed(
                f"user {user.name}: {why}; send a link with which to set one (People)", "password_not_taken"
            )
        return True

    def _alert(self, row: Row, zone: tzinfo, dry_run: bool) -> bool:
        number, alert = old_rows.alert_of(row, zone)
        device = alert.device
        holder = self._alerts.known([number]).get(number)
        if holder is not None and holder != device:
            raise Malformed(f"alert {number}: that number is another meter's here", "number_taken")
        if holder is None and not dry_run:
            if device not in self._registry.devices_named([device]):
                raise Malformed(f"alert {number}: there is no meter {device}", "unknown_meter")
            self._alerts.add(alert, number)
        return holder is None

    # -- readings

    def _read_readings(
        self, table: str, rows: Sequence[Row], zone: tzinfo, serial: str | None, receipt: Receipt
    ) -> list[OldReading]:
        found = []
        for row in rows:
            try:
                if table == "readings":
                    found.append(old_rows.reading_of(row, zone))
                elif serial is not None:
                    found.append(old_rows.node_reading_of(row, serial))
                else:
                    raise Malformed("readings of the Node generation say no meter; name it with --serial", "no_serial")
            except Malformed as error:
                receipt.reject(error.reason, str(error))
        return found

    async def _readings(
        self, found: Sequence[OldReading], dry_run: bool, expected: Collection[str], receipt: Receipt
    ) -> None:
        batch, missing = self._batch(found, expected, receipt)
        if dry_run:
            judged = await asyncio.to_thread(self._telemetry.judge, batch)
            outcomes = {name: int((judged.outcome == code).sum()) for code, name in enumerate(OUTCOMES)}
            outcomes["stored"] += missing
        else:
            self._ingest.counters.received(batch)
            outcomes = await self._transfer.load(batch)
        receipt.readings.update(outcomes)

    def _batch(self, found: Sequence[OldReading], expected: Collection[str], receipt: Receipt) -> tuple[Batch, int]:
        """The values of meters that there are, and how many are of meters that a dry run takes for there."""
        directory, now = self._ingest.directory, self._clock()
        series: list[int] = []
        at: list[Micros] = []
        value: list[float] = []
        missing = 0
        for reading in found:
            entry = directory.devices.get(key_of(reading.serial))
            if not EARLIEST <= reading.at <= now + MAX_AHEAD_US:
                receipt.reject("bad_time", f"{reading.serial}: {reading.at} µs")
            elif entry is None and key_of(reading.serial) in expected:
                missing += len(reading.values)
            elif entry is None:
                receipt.reject("unknown_meter", f"there is no meter {reading.serial}")
            else:
                known = {key: number for key, number in reading.values.items() if key in entry.channels}
                series += [entry.channels[key].series for key in known]
                at += [reading.at] * len(known)
                value += known.values()
        batch = Batch.of(series, at, value, [0] * len(series), [now] * len(series))
        return Ranges(directory).judge(batch), missing


def _without_faults(faults: Sequence[str], is_new: bool) -> bool:
    """Raises Malformed with what is in the way."""
    for fault in faults:
        raise Malformed(fault, "number_taken")
    return is_new
