"""People, their roles, API keys, and the audit log: for administrators of the whole installation."""

import asyncio
import csv
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from starlette.responses import StreamingResponse

from calha.accounts.door import KEY_PREFIX
from calha.accounts.keyring import digest, new_secret
from calha.api.access import Administers
from calha.api.people import changed_person, person_answer
from calha.api.personal import known_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_accounts import (
    AuditAnswer,
    AuditVerdict,
    GrantAnswer,
    Identities,
    Identity,
    Invitation,
    KeyAnswer,
    KeyMade,
    NewGrant,
    NewKey,
    NewPerson,
    PersonAnswer,
    PersonChange,
    PersonState,
)
from calha.api.services import Here, Services
from calha.domain.errors import Conflict, MailFull, Malformed
from calha.reports.cells import harmless
from calha.store.accounts import AuditRow, KeyRow, PersonRow

router = api_router("people")
log = logging.getLogger(__name__)

Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
KEY_START_CHARS = len(KEY_PREFIX) + 4


@router.get("/people")
def list_people(
    services: Here,
    _: Administers,
    q: Annotated[str | None, Query(max_length=100, description="Part of the name, address or user name.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Person after whom to go on.", examples=[1])] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[PersonAnswer]:
    """Everybody who has an account."""
    people = services.accounts.people
    page = people.page(after, limit, q)
    return Page(items=[person_answer(one, people.grants(one.id)) for one in page.items], next=page.next)


@router.post("/people", status_code=201)
async def invite(new: NewPerson, services: Here, caller: Administers, request: Request) -> Invitation:
    """Create an account and a link with which its person sets the password, on request sent to him by e-mail."""
    if not new.email and not new.user_name:
        raise Malformed("an e-mail address or a user name is needed", "no_login")
    if new.by_mail:
        services.accounts.invited.require(new.email)
    people = services.accounts.people
    grants = [(grant.role, grant.site_id) for grant in new.grants]
    person = await asyncio.to_thread(people.create, new.name, new.email, new.user_name, None, new.language, grants)
    link = await asyncio.to_thread(services.accounts.sign_in.make_link, "invite", person.id)
    await caller.note("person.invited", f"person {person.id}", after=new.model_dump(mode="json"))
    answer = person_answer(person, await asyncio.to_thread(people.grants, person.id))
    is_mailed = new.by_mail and await asyncio.to_thread(_mailed, services, person, link, caller.principal.name)
    return Invitation(person=answer, link=link_address(request, link), is_mailed=is_mailed)


def _mailed(services: Services, person: PersonRow, link: str, by: str) -> bool:
    """Where too many messages wait, the account is there all the same, and the link is handed over."""
    try:
        services.accounts.invited.carry_out(person, link, by)
    except MailFull as error:
        log.warning("the invitation of person %s is not mailed: %s", person.id, error)
        return False
    return True


@router.get("/people/{person_id}")
def read_person(person_id: Number, services: Here, _: Administers) -> PersonAnswer:
    """One person with his roles."""
    people = services.accounts.people
    return person_answer(people.get(person_id), people.grants(person_id))


@router.patch("/people/{person_id}")
async def change_person(person_id: Number, change: PersonChange, caller: Administers) -> PersonAnswer:
    """Change somebody's name, address, user name or language."""
    return await changed_person(caller, person_id, change)


@router.put("/people/{person_id}/state")
async def block(person_id: Number, body: PersonState, services: Here, caller: Administers) -> PersonAnswer:
    """Block somebody, whose sessions end at once, or let him in again."""
    people = services.accounts.people
    if caller.principal.kind == "person" and caller.principal.id == person_id:
        raise Conflict("nobody blocks himself; another administrator can", "not_oneself")
    person = await asyncio.to_thread(lambda: people.update(person_id, state=body.state))
    if body.state == "blocked":
        await asyncio.to_thread(services.accounts.sessions.close_all, person_id)
    services.accounts.door.forget()
    await caller.note(f"person.{body.state}", f"person {person_id}")
    return person_answer(person, await asyncio.to_thread(people.grants, person_id))


@router.delete("/people/{person_id}", status_code=204)
async def anonymise(person_id: Number, services: Here, caller: Administers) -> None:
    """Forget who somebody was, also as a customer (LGPD Art. 18 IV); refused while he pays a contract.

    Readings stay. What the law wants kept keeps its names: issued invoices, and the audit log of the time until now.
    """
    people, customers = services.accounts.people, services.billing.customers
    if caller.principal.kind == "person" and caller.principal.id == person_id:
        raise Conflict("nobody anonymises himself; another administrator can", "not_oneself")
    contract = await asyncio.to_thread(customers.running_contract, person_id, services.billing.today())
    if contract is not None:
        raise Conflict(f"the person pays contract {contract!r}; end it first", "running_contract", contract=contract)
    own = await asyncio.to_thread(people.get, person_id)
    addresses = {own.email, *(one.email for one in await asyncio.to_thread(customers.of_person, person_id))}
    await asyncio.to_thread(people.anonymise, person_id)
    await asyncio.to_thread(customers.forget, person_id)
    await asyncio.to_thread(services.accounts.withdraw_letters, addresses)
    services.accounts.door.forget()
    await caller.note("person.anonymised", f"person {person_id}")


@router.get("/people/{person_id}/export")
async def export_person(person_id: Number, services: Here, caller: Administers) -> dict[str, Any]:
    """Everything that Calha knows about a person (LGPD Art. 18 II)."""
    known = await asyncio.to_thread(known_of, services, person_id)
    await caller.note("person.exported", f"person {person_id}")
    return known


@router.post("/people/{person_id}/reset-link", status_code=201)
async def make_reset_link(person_id: Number, services: Here, caller: Administers, request: Request) -> Invitation:
    """A link with which somebody sets a new password. An administrator hands it over; it works once, for three days."""
    people = services.accounts.people
    person = await asyncio.to_thread(people.get, person_id)
    link = await asyncio.to_thread(services.accounts.sign_in.make_link, "reset", person_id)
    await caller.note("password.reset_link", f"person {person_id}")
    answer = person_answer(person, await asyncio.to_thread(people.grants, person_id))
    return Invitation(person=answer, link=link_address(request, link), is_mailed=False)


@router.get("/people/{person_id}/identities")
def list_identities(person_id: Number, services: Here, _: Administers) -> Identities:
    """With which accounts of an OpenID Connect provider somebody signs in."""
    people = services.accounts.people
    found = people.identities(people.get(person_id).id)
    return Identities(items=[Identity(issuer=issuer, subject=subject) for issuer, subject in found])


@router.delete("/people/{person_id}/identities", status_code=204)
async def unlink_identities(person_id: Number, services: Here, caller: Administers) -> None:
    """Forget them, and end the sessions; the next sign-in with the person's verified address links that account."""
    before = await asyncio.to_thread(services.accounts.people.remove_identities, person_id)
    await asyncio.to_thread(services.accounts.sessions.close_all, person_id)
    services.accounts.door.forget()
    known = [{"issuer": issuer, "subject": subject} for issuer, subject in before]
    await caller.note("person.unlinked", f"person {person_id}", before=known)


@router.post("/people/{person_id}/grants", status_code=201)
async def grant(person_id: Number, new: NewGrant, services: Here, caller: Administers) -> GrantAnswer:
    """Give somebody a role on a site and all below it, or on the whole installation."""
    made = await asyncio.to_thread(services.accounts.people.grant, person_id, new.role, new.site_id)
    await caller.note("role.granted", f"person {person_id}", after=new.model_dump(mode="json"))
    return GrantAnswer.model_validate(made)


@router.delete("/people/{person_id}/grants/{grant_id}", status_code=204)
async def revoke(person_id: Number, grant_id: Number, services: Here, caller: Administers) -> None:
    """Take a role away; the last administrator keeps his."""
    people = services.accounts.people
    before = [asdict(one) for one in await asyncio.to_thread(people.grants, person_id) if one.id == grant_id]
    await asyncio.to_thread(people.revoke, person_id, grant_id)
    await caller.note("role.revoked", f"person {person_id}", before=before)


@router.post("/set-up/link", status_code=201)
async def make_set_up_link(services: Here, caller: Administers, request: Request) -> dict[str, str]:
    """A new set-up link, as long as nobody administers this installation."""
    if await asyncio.to_thread(services.accounts.people.administrators):
        raise Conflict("an administrator exists already; he can invite others", "administrator_exists")
    link = await asyncio.to_thread(services.accounts.sign_in.make_link, "set_up", None)
    await caller.note("set_up.link", "installation")
    return {"link": link_address(request, link)}


# -- API keys


@router.get("/keys")
def list_keys(services: Here, _: Administers) -> Page[KeyAnswer]:
    """API keys, without the keys themselves."""
    return Page(items=[_key(one) for one in services.accounts.keys.list()], next=None)


@router.post("/keys", status_code=201)
async def make_key(new: NewKey, services: Here, caller: Administers) -> KeyMade:
    """Make an API key: a role somewhere, and the most that it may do there."""
    secret = new_secret(KEY_PREFIX)
    made = await asyncio.to_thread(
        services.accounts.keys.add,
        new.name,
        secret[:KEY_START_CHARS],
        digest(secret),
        new.role,
        new.site_id,
        new.scopes,
        caller.principal.name,
        await asyncio.to_thread(services.accounts.maker, caller.principal),
        new.expires_at,
    )
    await caller.note("key.made", f"key {made.id}", after=new.model_dump(mode="json"))
    return KeyMade(**_key(made).model_dump(), key=secret)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: Number, services: Here, caller: Administers) -> None:
    """Revoke an API key; what it has opened over MQTT is closed."""
    before = await asyncio.to_thread(services.accounts.keys.get, key_id)
    await asyncio.to_thread(services.accounts.keys.remove, key_id)
    services.accounts.door.forget()
    await services.disconnect_key(key_id)
    await caller.note("key.revoked", f"key {key_id}", before={"name": before.name, "start": before.start})


# -- the audit log


@router.get("/audit")
def search_audit(
    services: Here,
    _: Administers,
    q: Annotated[
        str | None, Query(max_length=100, description="Part of any of its texts.", examples=["pump-1"])
    ] = None,
    actor: Annotated[
        str | None, Query(max_length=120, description="A name as of then, or an id.", examples=["person 7"])
    ] = None,
    target: Annotated[str | None, Query(max_length=160, examples=["device pump-1"])] = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Entry before which to go on.", examples=[9])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page[AuditAnswer]:
    """Who did what, when and from where; newest first."""
    page = services.accounts.audit.search(q, actor, target, before, limit)
    return Page(items=[AuditAnswer.model_validate(one) for one in page.items], next=page.next)


@router.get("/audit/verdict")
def verify_audit(services: Here, _: Administers) -> AuditVerdict:
    """Whether the chain of hashes holds."""
    return AuditVerdict.model_validate(services.accounts.audit.verify(), from_attributes=True)


@router.get("/audit/export", response_class=StreamingResponse)
def export_audit(services: Here, _: Administers, form: Literal["csv", "ndjson"] = "csv") -> StreamingResponse:
    """The whole audit log as a file, oldest first."""
    rows = services.accounts.audit.all()
    lines = _as_csv(rows) if form == "csv" else (json.dumps(asdict(row), default=str) + "\n" for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    return StreamingResponse(lines, media_type=kind, headers=headers)


def link_address(request: Request, secret: str) -> str:
    """The secret stands behind #, which browsers send to no server, so that it is in nobody's log."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}/link#{secret}"


def _key(row: KeyRow) -> KeyAnswer:
    return KeyAnswer.model_validate(asdict(row) | {"scopes": sorted(row.scopes)})


def _as_csv(rows: Iterator[AuditRow]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(AuditRow.__slots__)
    for row in rows:
        writer.writerow([harmless(str(getattr(row, name))) for name in AuditRow.__slots__])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
