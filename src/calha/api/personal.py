"""Everything that Calha knows about a person or a customer, for himself (LGPD Art. 18 II): a document of plain lists.

Secrets are not in it, nor readings: those of his devices are exported by `GET /export`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from calha.accounts.accounts import Accounts
from calha.api.notify import channel_answer, preferences_answer
from calha.api.services import Services
from calha.domain.notices import Owner
from calha.domain.times import to_text
from calha.metering.books import Billing
from calha.store.accounts import AuditRow, KeyRow, PersonRow
from calha.store.accounts.commands import CommandRow
from calha.store.billing import CustomerRow
from calha.store.databutcher.store import DataButcherStore
from calha.watch.notify.service import Notifier

MAX_LISTED = 10_000  # commands, notes, invoices and payments: the newest ones


def known_of(services: Services, person_id: int) -> dict[str, Any]:
    """Raises NotFound."""
    person = services.accounts.people.get(person_id)
    butcher = DataButcherStore(services.registry.engine).user(person_id)
    audit = services.accounts.audit.of_person(person_id, person.label)
    return {
        "person": asdict(person),
        **_of_accounts(services.accounts, person),
        "keys": [asdict(one) for one in _keys(services.accounts.keys.list(), person_id, audit)],
        **_of_billing(services.billing, person_id),
        "notifications": _notifications(services.notifier, person.id),
        "commands": [_told(row) for row in services.commands.store.of_person(f"person {person_id}", MAX_LISTED)],
        "views": [asdict(one) for one in services.views.of(person_id)],
        "notes": [asdict(one) for one in services.annotations.of_person(person_id, MAX_LISTED)],
        "databutcher": asdict(butcher) if butcher is not None else None,
        "audit": [asdict(row) for row in audit],
    }


def _of_accounts(accounts: Accounts, person: PersonRow) -> dict[str, Any]:
    people = accounts.people
    return {
        "roles": [asdict(one) for one in people.grants(person.id)],
        "sessions": [asdict(one) for one in accounts.sessions.of(person.id)],
        "passkeys": [{"name": one.name, "created_at": one.created_at} for one in people.passkeys(person.id)],
        "identities": [{"issuer": issuer, "subject": subject} for issuer, subject in people.identities(person.id)],
        "devices": {
            key: [
                {"from": to_text(from_), "until": to_text(until) if until is not None else None}
                for from_, until in held
            ]
            for key, held in accounts.ownerships.of(person.id).items()
        },
    }


def _keys(keys: Iterable[KeyRow], person_id: int, audit: Iterable[AuditRow]) -> Iterator[KeyRow]:
    """Those that he made; of keys from before makers were known by id, those of which the audit log has that he did."""
    made = {(row.target, row.actor) for row in audit if row.action == "key.made"}
    for one in keys:
        if one.made_by_id == person_id or (one.made_by_id is None and (f"key {one.id}", one.made_by) in made):
            yield one


def known_of_customer(services: Services, customer: CustomerRow) -> dict[str, Any]:
    """The same of a customer, who need not have an account."""
    return {
        **_of_customers(services.billing, [customer]),
        "audit": [asdict(row) for row in services.accounts.audit.about(f"customer {customer.id}")],
    }


def _of_billing(billing: Billing, person_id: int) -> dict[str, Any]:
    return _of_customers(billing, billing.customers.of_person(person_id))


def _of_customers(billing: Billing, customers: Sequence[CustomerRow]) -> dict[str, Any]:
    ids = [one.id for one in customers]
    contracts = [row for number in ids for row in billing.customers.contracts(customer_id=number, limit=MAX_LISTED)]
    invoices = billing.invoices.list(customers=ids, limit=MAX_LISTED)
    return {
        "customers": [asdict(one) for one in customers],
        "contracts": [asdict(one) for one in contracts],
        "invoices": [asdict(one) for one in invoices],
        "payments": [asdict(one) for one in billing.invoices.payments_of(ids, MAX_LISTED)],
    }


def _notifications(notifier: Notifier, person_id: int) -> dict[str, Any]:
    owner = Owner("person", person_id)
    log = notifier.deliveries.page(owner=owner, limit=MAX_LISTED).items
    return {
        "preferences": preferences_answer(notifier.recipients.preferences(owner)).model_dump(
            mode="json", by_alias=True
        ),
        "channels": [channel_answer(one).model_dump(mode="json") for one in notifier.recipients.channels(owner)],
        "teams": [one.name for one in notifier.recipients.teams() if person_id in one.members],
        "told": [
            {"at": to_text(one.delivery.made_at), "what": one.notice.what.pt, "state": one.delivery.state}
            for one in log
        ],
    }


def _told(row: CommandRow) -> dict[str, Any]:
    return {
        "device": row.device,
        "command": row.command,
        "parameters": dict(row.parameters),
        "state": row.state.value,
        "requested_by": row.requested_by,
        "requested_at": to_text(row.requested_at),
        "approved_by": row.approved_by,
    }
