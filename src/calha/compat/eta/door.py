"""Who comes in at the API of ETA flow: people of Calha with a role on its site, by a form and then a bearer token.

The token is good for an hour and for this API only. What the original never looked at is looked at here: whoever may see the
site reads; operators (its COMUM) and whoever may send readings post measurements; engineers change devices, sensors and
units; administrators of the site (its ADMIN) manage people.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Request

from calha.accounts import tokens
from calha.accounts.sign_in import SignedIn, Visitor
from calha.compat.eta.parts import Here, Parts
from calha.domain.access import Permission, Principal
from calha.domain.errors import NotSignedIn, TooManyTries

LIFETIME = timedelta(hours=1)
ISSUER = "calha-eta"
MAX_FIELDS = 10

router = APIRouter()


@dataclass(frozen=True)
class Caller:
    principal: Principal
    visitor: Visitor
    parts: Parts

    def may(self, *permissions: Permission) -> bool:
        """One of these, on the site."""
        tree = self.parts.ingest.directory.tree
        return any(self.principal.may(one, self.parts.site, tree) for one in permissions)

    async def note(self, action: str, target: str, after: object = None, before: object = None) -> None:
        """Write it into the audit log."""
        append = self.parts.accounts.audit.append
        await asyncio.to_thread(append, self.principal.actor, action, target, before, after, self.visitor.address)


@router.post("/usuarios/login", include_in_schema=False)  # as the collector's documentation has it
@router.post("/auth/login")
async def sign_in(request: Request, parts: Here) -> dict[str, str]:
    """The form of OAuth2's password flow; a wrong password is 400, as ever."""
    name, password = await _form(request)
    with_password = parts.accounts.sign_in.with_password
    try:
        signed_in = await asyncio.to_thread(with_password, name, password, None, _visitor(request), "client", LIFETIME)
    except TooManyTries as error:
        wait_s = round(error.retry_after_s) + 1
        detail = f"Tentativas demais. Tente de novo em {wait_s} s."
        raise HTTPException(429, detail, {"Retry-After": str(wait_s)}) from None
    except NotSignedIn as error:
        needs_code = error.reason == "second_factor_required"
        detail = "Esta conta usa segundo fator; entre pelo Calha." if needs_code else "Usuário não encontrado."
        raise HTTPException(400, detail) from None
    return {"access_token": _issue(parts, signed_in, name), "token_type": "bearer"}


async def caller_of(request: Request, parts: Here) -> Caller:
    """Who asks; 403 for nobody and 401 for a token that is not good, as ever."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme or not token.strip():
        raise HTTPException(403, "Not authenticated")
    if scheme.lower() != "bearer":
        raise HTTPException(403, "Invalid authentication credentials")
    try:
        principal = await asyncio.to_thread(_principal, parts, token.strip())
    except NotSignedIn:
        raise HTTPException(401, "Token inválido.") from None
    return Caller(principal, _visitor(request), parts)


def may(*permissions: Permission) -> Callable[..., Awaitable[Caller]]:
    """A dependency: somebody who may do one of these on the site."""

    async def admitted(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        if not caller.may(*permissions):
            raise HTTPException(403, "Sem permissão. Peça a um administrador um papel neste local.")
        return caller

    return admitted


Reads = Annotated[Caller, Depends(may(Permission.VIEW))]
Measures = Annotated[Caller, Depends(may(Permission.SEND, Permission.OPERATE))]
Configures = Annotated[Caller, Depends(may(Permission.CONFIGURE))]
Administers = Annotated[Caller, Depends(may(Permission.ADMINISTER))]


def _visitor(request: Request) -> Visitor:
    return Visitor(request.client.host if request.client else "", request.headers.get("user-agent", ""))


async def _form(request: Request) -> tuple[str, str]:
    """User name and password of the form. Answers 422 naming the fields that are missing."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        fields = {}
    missing = [name for name in ("username", "password") if not fields.get(name, [""])[0]]
    if missing:
        faults = [{"type": "missing", "loc": ["body", name], "msg": "Field required"} for name in missing]
        raise HTTPException(422, faults)
    return fields["username"][0], fields["password"][0]


def _issue(parts: Parts, signed_in: SignedIn, name: str) -> str:
    expires_at = int(time.time() + LIFETIME.total_seconds())
    claims = {"iss": ISSUER, "sub": name, "sid": signed_in.session_id, "exp": expires_at}
    return tokens.signed(parts.accounts.keyring.token_key, claims)


def _principal(parts: Parts, token: str) -> Principal:
    """Raises NotSignedIn."""
    claims = tokens.verified(parts.accounts.keyring.token_key, token, ISSUER)
    session = parts.accounts.sessions.get(str(claims.get("sid")))
    if session is None:
        raise NotSignedIn("this session has ended")
    return parts.accounts.door.person(session.person_id, session.id)
