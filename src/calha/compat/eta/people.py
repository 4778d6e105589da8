"""`/usuario`: the people of Calha who have a role on the site of ETA flow, for its administrators.

ADMIN is an administrator of the site, COMUM an operator there. Who has a role elsewhere as well is shown, but changed in
Calha only, so that nobody who administers this site can become somebody else. A new password must be as good as Calha asks
of all; short ones that are imported work until they are changed.
"""

import asyncio
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, BaseModel, StringConstraints

from calha.accounts import passwords
from calha.compat.eta.door import Administers
from calha.compat.eta.parts import Here, Limit, Offset, Parts
from calha.domain.access import PERMISSIONS, Permission, Role
from calha.domain.errors import Conflict, Malformed
from calha.store.accounts import PersonRow

ROLES = {"ADMIN": Role.ADMINISTRATOR, "COMUM": Role.OPERATOR}
MISSING = "Usuário não encontrado."
INVALID = "Erro ao salvar no banco. Chave duplicada ou dado inválido."
WEAK = (
    f"A senha precisa de {passwords.MIN_CHARS} a {passwords.MAX_CHARS} caracteres e não pode ser fácil de adivinhar; "
    "três ou quatro palavras sem relação servem."
)
ELSEWHERE = "Esta pessoa tem papéis fora deste local; mude-a no Calha."

KEPT_CHARS = 100  # of a name
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=255),
    AfterValidator(lambda name: name[:KEPT_CHARS].rstrip()),
]
UserName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=64)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$")
]
Password = Annotated[str, StringConstraints(min_length=3, max_length=1_000)]
Kind = Literal["ADMIN", "COMUM"]

router = APIRouter()


class Usuario(BaseModel):
    nome: Name
    username: UserName
    email: Email
    senha: Password
    tipo: Kind


class UsuarioAlterado(BaseModel):
    """What is not sent stays as it is."""

    nome: Name | None = None
    username: UserName | None = None
    email: Email | None = None
    senha: Password | None = None
    tipo: Kind | None = None


@router.post("/usuario")
async def add_person(new: Usuario, parts: Here, caller: Administers) -> dict[str, Any]:
    hashed = await _hashed(new.senha, new.nome, new.username, new.email)
    grants = [(ROLES[new.tipo], parts.site)]
    create = partial(parts.accounts.people.create, new.nome, new.email, new.username, hashed, grants=grants)
    person = await _saved(create)
    await caller.note("person.created", f"person {person.id}", new.model_dump(exclude={"senha"}))
    return _shown(person, new.tipo)


@router.get("/usuario/all")
async def all_people(parts: Here, _: Administers) -> list[dict[str, Any]]:
    return [_shown(person, kind) for person, kind in (await _people(parts)).values()]


@router.get("/usuario")
async def some_people(parts: Here, _: Administers, limit: Limit = 10, offset: Offset = 0) -> list[dict[str, Any]]:
    return (await all_people(parts, _))[offset : offset + limit]


@router.get("/usuario/{number}")
async def one_person(number: int, parts: Here, _: Administers) -> dict[str, Any]:
    return _shown(*await _person(parts, number))


@router.put("/usuario/{number}")
async def change_person(number: int, change: UsuarioAlterado, parts: Here, caller: Administers) -> dict[str, Any]:
    """A new password or role ends the person's sessions."""
    person, kind = await _person(parts, number)
    await _require_ours(parts, person)
    wanted = change.tipo or kind
    if number == caller.principal.id and wanted != kind:
        raise HTTPException(400, "Ninguém muda o próprio papel; outro administrador pode.")
    hashed = await _hashed(change.senha, change.nome, change.username, change.email) if change.senha else None
    sent = {"name": change.nome, "user_name": change.username, "email": change.email}
    kept = {key: value for key, value in sent.items() if value is not None}
    people = parts.accounts.people
    await _saved(partial(people.update, number, **kept))
    if hashed is not None:
        await asyncio.to_thread(people.set_password, number, hashed)
    if wanted != kind:
        await asyncio.to_thread(_give_role, parts, number, ROLES[wanted])
    if hashed is not None or wanted != kind:
        await asyncio.to_thread(parts.accounts.sessions.close_all, number)
    parts.accounts.door.forget()
    await caller.note("person.changed", f"person {number}", change.model_dump(exclude={"senha"}, exclude_none=True))
    return _shown(*await _person(parts, number))


@router.delete("/usuario/{number}")
async def remove_person(number: int, parts: Here, caller: Administers) -> bool:
    """Forget who it was, as Calha does; nobody removes himself."""
    person, _ = await _person(parts, number)
    await _require_ours(parts, person)
    if number == caller.principal.id:
        raise HTTPException(400, "Ninguém exclui a si mesmo; outro administrador pode.")
    await asyncio.to_thread(parts.accounts.people.anonymise, number)
    parts.accounts.door.forget()
    await caller.note("person.anonymised", f"person {number}")
    return True


async def _people(parts: Parts) -> dict[int, tuple[PersonRow, Kind]]:
    """Who has a role on the site, by number, and which."""
    above = parts.ingest.directory.tree.above(parts.site)
    found = await asyncio.to_thread(parts.accounts.people.with_role_on, above)
    kinds: dict[int, tuple[PersonRow, Kind]] = {}
    for person, grant in found:
        if Permission.VIEW in PERMISSIONS[grant.role]:
            is_admin = Permission.ADMINISTER in PERMISSIONS[grant.role]
            known = kinds.get(person.id, (person, "COMUM"))[1]
            kinds[person.id] = (person, "ADMIN" if is_admin else known)
    return kinds


async def _person(parts: Parts, number: int) -> tuple[PersonRow, Kind]:
    people = await _people(parts)
    if number not in people:
        raise HTTPException(404, MISSING)
    return people[number]


async def _require_ours(parts: Parts, person: PersonRow) -> None:
    """Answers 403 for somebody who has a role beyond the site."""
    grants = await asyncio.to_thread(parts.accounts.people.grants, person.id)
    if any(grant.site_id != parts.site for grant in grants):
        raise HTTPException(403, ELSEWHERE)


def _give_role(parts: Parts, number: int, role: Role) -> None:
    """In place of the ones that the person has."""
    people = parts.accounts.people
    before = people.grants(number)
    people.grant(number, role, parts.site)
    for grant in before:
        if grant.role != role:
            people.revoke(number, grant.id)


async def _hashed(password: str, *words: str | None) -> str:
    """Answers 400 for a password that Calha would not take either."""
    known = tuple(word for word in words if word)
    try:
        await asyncio.to_thread(passwords.require_good, password, known)
    except Malformed:
        raise HTTPException(400, WEAK) from None
    return await asyncio.to_thread(passwords.hashed, password)


async def _saved(change: "partial[PersonRow]") -> PersonRow:
    try:
        return await asyncio.to_thread(change)
    except Conflict:
        raise HTTPException(400, INVALID) from None


def _shown(person: PersonRow, kind: Kind) -> dict[str, Any]:
    return {"nome": person.name, "username": person.user_name, "email": person.email, "tipo": kind, "id": person.id}
