"""One's own account: name and language, password, second factor, passkeys, sessions."""

import asyncio
import io
from typing import Annotated, Any

from fastapi import Path, Request

from calha.accounts import second_factor
from calha.api.access import Caller, Self
from calha.api.people import changed_person
from calha.api.personal import known_of
from calha.api.routes.session import site_of
from calha.api.routing import api_router
from calha.api.schemas import Page
from calha.api.schemas_accounts import (
    AccountAnswer,
    AccountChange,
    PasskeyAnswer,
    PasskeyBegin,
    PasskeyProof,
    PasskeyWish,
    PasswordChange,
    PasswordProof,
    PersonChange,
    RecoveryCodes,
    SecondFactorKey,
    SecondFactorProof,
    SessionAnswer,
)
from calha.api.services import Here, Services
from calha.domain.access import Permission
from calha.domain.errors import NotFound

router = api_router("account", "/account")

SessionId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=["0123456789abcdef0123456789abcdef"])]


@router.patch("")
async def change_account(change: AccountChange, services: Here, caller: Self) -> AccountAnswer:
    """Change one's own name, e-mail address, user name or language; another e-mail address with the present password.

    Another address counts when the link is opened that is mailed to it; at once for who administers the installation.
    """
    confirm = await _to_be_confirmed(change, services, caller)
    at_once = change.model_dump(exclude_unset=True, exclude={"password"} if confirm is None else {"password", "email"})
    person = await changed_person(caller, caller.person_id(), PersonChange(**at_once))
    if confirm is not None:
        row = await asyncio.to_thread(services.accounts.people.get, caller.person_id())
        await asyncio.to_thread(services.accounts.address_change.carry_out, row, confirm, caller.visitor)
    return AccountAnswer(**person.model_dump(), confirm=confirm)


async def _to_be_confirmed(change: AccountChange, services: Services, caller: Caller) -> str | None:
    """The other address that somebody gives himself, where it is not believed.

    Raises Malformed, NotSignedIn, TooManyTries, and NotFound or Conflict where no link can be mailed to it.
    """
    if "email" not in change.model_fields_set:
        return None
    accounts, person = services.accounts, caller.person_id()
    moves = accounts.sign_in.require_address_change
    is_other = await asyncio.to_thread(moves, person, change.email, change.password, caller.visitor)
    if not is_other or not change.email or caller.may(Permission.ADMINISTER, None):
        return None
    await asyncio.to_thread(accounts.address_change.require, person, change.email, caller.visitor)
    return change.email


@router.get("/export")
async def export_oneself(services: Here, caller: Self) -> dict[str, Any]:
    """Everything that Calha knows about the person who asks (LGPD Art. 18 II)."""
    known = await asyncio.to_thread(known_of, services, caller.person_id())
    await caller.note("person.exported", f"person {caller.person_id()}")
    return known


@router.put("/password", status_code=204)
async def change_password(change: PasswordChange, services: Here, caller: Self) -> None:
    """Change the password; all other sessions end."""
    caller.noted = True  # by the service itself
    await asyncio.to_thread(
        services.accounts.sign_in.change_password,
        caller.person_id(),
        change.old,
        change.new,
        caller.visitor,
        caller.principal.session,
    )


@router.post("/second-factor")
def begin_second_factor(services: Here, caller: Self) -> SecondFactorKey:
    """A new key for an authenticator app. It counts once a first code has proved it."""
    import segno

    person = services.accounts.people.get(caller.person_id())
    key = second_factor.new_key()
    address = second_factor.address(key, person.label)
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=4, border=2, xmldecl=False)
    return SecondFactorKey(key=key, address=address, qr_svg=picture.getvalue().decode())


@router.put("/second-factor")
async def confirm_second_factor(proof: SecondFactorProof, services: Here, caller: Self) -> RecoveryCodes:
    """Switch the second factor on, with the present password. The recovery codes are shown here and never again."""
    caller.noted = True
    codes = await asyncio.to_thread(
        services.accounts.sign_in.confirm_second_factor,
        caller.person_id(),
        proof.key,
        proof.code,
        proof.password,
        caller.visitor,
    )
    return RecoveryCodes(codes=codes)


@router.post("/second-factor/removal", status_code=204)
async def remove_second_factor(proof: PasswordProof, services: Here, caller: Self) -> None:
    """Go without a second factor, proved by the password."""
    caller.noted = True
    await asyncio.to_thread(
        services.accounts.sign_in.remove_second_factor, caller.person_id(), proof.password, caller.visitor
    )


@router.get("/passkeys")
def list_passkeys(services: Here, caller: Self) -> Page[PasskeyAnswer]:
    """One's own passkeys."""
    found = services.accounts.people.passkeys(caller.person_id())
    return Page(items=[PasskeyAnswer.model_validate(one) for one in found], next=None)


@router.post("/passkeys/options")
def begin_passkey(wish: PasskeyWish, services: Here, caller: Self, request: Request) -> PasskeyBegin:
    """What the browser needs to make a passkey. As it opens the account for good, the present password is asked for."""
    caller.noted = True  # nothing has changed yet
    person = services.accounts.people.get(caller.person_id())
    if person.has_password:
        services.accounts.sign_in.require_present_password(person, wish.password, caller.visitor)
    return PasskeyBegin.model_validate(services.accounts.passkeys.begin_adding(person, site_of(request)))


@router.post("/passkeys", status_code=204)
async def add_passkey(proof: PasskeyProof, services: Here, caller: Self, request: Request) -> None:
    """Keep a passkey that the browser has made."""
    person = await asyncio.to_thread(services.accounts.people.get, caller.person_id())
    await asyncio.to_thread(
        services.accounts.passkeys.add,
        person,
        site_of(request),
        proof.ticket,
        proof.credential,
        proof.name or "Passkey",
    )
    await caller.note("passkey.added", f"person {person.id}", after={"name": proof.name})


@router.delete("/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(
    passkey_id: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])], services: Here, caller: Self
) -> None:
    """Forget a passkey."""
    await asyncio.to_thread(services.accounts.people.remove_passkey, caller.person_id(), passkey_id)
    await caller.note("passkey.removed", f"person {caller.principal.id}", before={"passkey": passkey_id})


@router.get("/sessions")
def list_sessions(services: Here, caller: Self) -> Page[SessionAnswer]:
    """Where one is signed in."""
    found = services.accounts.sessions.of(caller.person_id())
    items = [
        SessionAnswer.model_validate(
            {name: getattr(one, name) for name in SessionAnswer.model_fields if name != "current"}
            | {"current": one.id == caller.principal.session}
        )
        for one in found
    ]
    return Page(items=items, next=None)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: SessionId, services: Here, caller: Self) -> None:
    """Sign out elsewhere."""
    person_id = caller.person_id()
    own = await asyncio.to_thread(services.accounts.sessions.of, person_id)
    if session_id not in {one.id for one in own}:
        raise NotFound("this session has ended already", "session_ended")
    await asyncio.to_thread(services.accounts.sign_in.sign_out, session_id)
    await caller.note("session.ended", f"person {person_id}", before={"session": session_id})
