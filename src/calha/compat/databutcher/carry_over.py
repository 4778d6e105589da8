"""Bringing DataButcher's database over: users with their passwords, machines with their owners, readings, and records.

Whatever is here already stays as it is, so the same documents may come again. A machine belongs to its owner from when
MongoDB made it, so that he goes on seeing its history. What cannot be taken is counted with its reason, and hinders nothing.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TypeVar

from calha.accounts.accounts import Accounts
from calha.compat.databutcher import PREFIX
from calha.compat.databutcher import records as kept_records
from calha.compat.databutcher.export import (
    Document,
    Kind,
    OldMachine,
    OldReading,
    OldRecord,
    OldUser,
    kind_of,
    machine_of,
    reading_of,
    record_of,
    user_of,
)
from calha.compat.databutcher.fleet import RUNNING, STATE, STOPPED, make_device
from calha.compat.databutcher.ids import made_at
from calha.domain.errors import Conflict, Malformed
from calha.domain.readings import Micros
from calha.domain.times import EARLIEST, to_datetime, to_micros
from calha.domain.written import OUTCOMES
from calha.ingest.decode import Decoding, Ranges, decode_deferred, decode_records
from calha.ingest.service import Ingest
from calha.ingest.transfer import Transfer
from calha.store.databutcher.store import DEFAULTS, DataButcherStore, MachineRow, Settings, UserRow
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

MAX_REASONS = 20  # that are told with an example
MAX_COST = 14  # of a hash, so that nobody's sign-in takes minutes
UNKNOWN = "DataButcher"
_BCRYPT = re.compile(r"\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}")

Old = TypeVar("Old")


@dataclass
class Receipt:
    """How many documents of each kind are new, and how many were there; what became of the readings in them; what was
    rejected, by reason, with an example of each.
    """

    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    readings: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def reject(self, reason: str, what: str, count: int = 1) -> None:
        self.rejected[reason] += count
        if reason in self.examples or len(self.examples) < MAX_REASONS:
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
        self._store = DataButcherStore(registry.engine)

    async def bring(self, found: Sequence[Document], dry_run: bool, coming: Collection[str] = ()) -> Receipt:
        """coming: codes of machines that a dry run may take for there. Raises LogUnavailable."""
        receipt = Receipt()
        by_kind: dict[Kind | None, list[Document]] = {}
        for document in found:
            by_kind.setdefault(kind_of(document), []).append(document)
        for document in by_kind.get(None, ()):
            receipt.reject("unknown_document", f"fields {', '.join(sorted(document))}")
        users = list(_read(by_kind.get("users", ()), user_of, receipt))
        machines = list(_read(by_kind.get("machines", ()), machine_of, receipt))
        records = list(_read(by_kind.get("records", ()), record_of, receipt))
        readings = list(_read(by_kind.get("readings", ()), reading_of, receipt))
        await asyncio.to_thread(self._users, users, dry_run, receipt)
        await asyncio.to_thread(self._machines, machines, dry_run, receipt)
        if machines and not dry_run:
            await self._ingest.refresh()
            self._accounts.door.forget()
        expected = {*coming, *(machine.code for machine in machines)} if dry_run else set()
        await asyncio.to_thread(self._records, records, dry_run, expected, receipt)
        await self._readings([*readings, *_states(machines)], dry_run, expected, receipt)
        return receipt

    # -- users

    def _users(self, users: Iterable[OldUser], dry_run: bool, receipt: Receipt) -> None:
        for user in users:
            if self._store.user_of_code(user.code) is not None:
                receipt.known["users"] += 1
                continue
            try:
                self._user(user, dry_run, receipt)
            except (Malformed, Conflict) as error:
                receipt.reject("name_taken" if isinstance(error, Conflict) else error.reason, f"{user.name}: {error}")

    def _user(self, user: OldUser, dry_run: bool, receipt: Receipt) -> None:
        if len(user.name) > 64:
            raise Malformed("a name has at most 64 characters", "bad_name")
        people = self._accounts.people
        known_hash = _usable(user.password_hash)
        person = people.find(user.name)
        is_half_done = person is not None and known_hash is not None
        if person is not None and not (is_half_done and people.secrets(person.id).password_hash == known_hash):
            raise Conflict("somebody in Calha has that name; rename one of them")
        if known_hash is None:
            receipt.reject("no_password", f"{user.name}: its password cannot be taken over; make a reset link in Calha")
        receipt.new["users"] += 1
        if dry_run:
            return
        if person is None:
            address = user.name if "@" in user.name else None
            person = people.create(user.name, address, None if address else user.name, known_hash)
        self._store.add_user(UserRow(user.code, person.id, user.company, user.email))

    # -- machines

    def _machines(self, machines: Iterable[OldMachine], dry_run: bool, receipt: Receipt) -> None:
        known = self._store.machines()
        for machine in machines:
            if machine.code in known:
                receipt.known["machines"] += 1
                continue
            receipt.new["machines"] += 1
            if not dry_run:
                self._machine(machine, receipt)

    def _machine(self, machine: OldMachine, receipt: Receipt) -> None:
        """The code comes last: as long as it is missing, the whole is done again."""
        device = f"{PREFIX}{machine.code}"
        make_device(self._registry, device, machine.name or f"{machine.maker} {machine.model}".strip() or machine.code)
        if machine.owner is not None:
            self._give(machine, device, receipt)
        given = machine.settings
        settings = Settings(
            given.get("voltagem", DEFAULTS.voltage),
            given.get("velocidade", DEFAULTS.speed),
            given.get("temperatura", DEFAULTS.temperature),
        )
        self._store.add_machine(MachineRow(machine.code, device, machine.maker, machine.model, settings))

    def _give(self, machine: OldMachine, device: str, receipt: Receipt) -> None:
        ownerships, owner = self._accounts.ownerships, self._store.user_of_code(machine.owner or "")
        if owner is None:
            receipt.reject("unknown_owner", f"machine {machine.code}: its owner {machine.owner} was not brought over")
            return
        if ownerships.owner(device) is not None:
            return
        since = to_datetime(max(made_at(machine.code) or self._clock(), EARLIEST))
        ownerships.claim(ownerships.codes([device])[device], owner.person_id, machine.name[:100], since)

    # -- what people wrote down

    def _records(
        self, records: Iterable[OldRecord], dry_run: bool, expected: Collection[str], receipt: Receipt
    ) -> None:
        machines = self._store.machines()
        kept: dict[str, set[str]] = {}
        for record in records:
            row = machines.get(record.machine)
            if row is None:
                if record.machine in expected:
                    receipt.new["records"] += 1
                else:
                    receipt.reject("unknown_machine", f"record {record.code}: there is no machine {record.machine}")
                continue
            if row.device not in kept:
                kept[row.device] = kept_records.ids_of(self._registry, row.device)
            if record.code in kept[row.device]:
                receipt.known["records"] += 1
                continue
            kept[row.device].add(record.code)
            receipt.new["records"] += 1
            if not dry_run:
                self._record(record, row.device)

    def _record(self, record: OldRecord, device: str) -> None:
        entry = self._ingest.directory.devices.get(device)
        at = to_micros(record.at.replace(tzinfo=entry.zone if entry is not None else UTC))
        user = self._store.user_of_code(record.user or "")
        by = self._accounts.people.get(user.person_id).label if user is not None else UNKNOWN
        kept_records.add(self._registry, device, record.text, at, record.code, by)

    # -- what machines measured

    async def _readings(
        self, readings: Iterable[OldReading], dry_run: bool, expected: Collection[str], receipt: Receipt
    ) -> None:
        machines = await asyncio.to_thread(self._store.machines)
        decoding, now = Decoding(), self._clock()
        for reading in readings:
            row = machines.get(reading.machine)
            if row is not None:
                record = {"ts": to_micros(reading.at), "values": dict(reading.values)}
                decode_records([record], row.device, self._ingest.directory, now, decoding)
            elif reading.machine in expected:
                receipt.readings["stored"] += len(reading.values)
            else:
                receipt.reject(
                    "unknown_machine",
                    f"readings of {reading.machine}, which is no machine any more",
                    len(reading.values),
                )
        if dry_run:
            receipt.readings["stored"] += sum(len(one.record["values"]) for one in decoding.deferred)
        else:
            await self._discover(decoding)
        for problem in decoding.problems:
            receipt.reject(problem.reason, f"{problem.device}: {problem.detail}", problem.readings)
        batch = decoding.batch(Ranges(self._ingest.directory))
        if not len(batch):
            return
        if dry_run:
            judged = await asyncio.to_thread(self._telemetry.judge, batch)
            receipt.readings.update({name: int((judged.outcome == code).sum()) for code, name in enumerate(OUTCOMES)})
        else:
            self._ingest.counters.received(batch)
            receipt.readings.update(await self._transfer.load(batch))

    async def _discover(self, decoding: Decoding) -> None:
        """Have channels for what machines measured beside the four, and decode that, too."""
        if not decoding.deferred:
            return
        for device, keys in decoding.undeclared(self._ingest.directory).items():
            await asyncio.to_thread(self._registry.discover, device, sorted(keys))
        await self._ingest.refresh()
        deferred, decoding.deferred = decoding.deferred, []
        for one in deferred:
            decode_deferred(one, self._ingest.directory, decoding)


def _read(found: Iterable[Document], of: Callable[[Document], Old], receipt: Receipt) -> Iterable[Old]:
    for document in found:
        try:
            yield of(document)
        except Malformed as error:
            receipt.reject(error.reason, f"{document.get('_id')}: {error}")


def _states(machines: Iterable[OldMachine]) -> Iterable[OldReading]:
    """The state in which each machine was last."""
    for machine in machines:
        if machine.status in (RUNNING, STOPPED) and machine.heard_at is not None:
            yield OldReading(machine.code, machine.heard_at, {STATE: machine.status})


def _usable(password_hash: str) -> str | None:
    found = _BCRYPT.fullmatch(password_hash)
    return password_hash if found is not None and 4 <= int(found[1]) <= MAX_COST else None
