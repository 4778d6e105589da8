"""Signing in and out: browsers with a cookie, API clients with tokens, and links that work once."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import BackgroundTasks, Query, Request
from starlette.responses import RedirectResponse, Response

from calha.accounts import passwords, tokens
from calha.accounts.address_change import PURPOSE, address_in
from calha.accounts.openid import OpenId
from calha.accounts.passkeys import Site
from calha.accounts.sign_in import NewAccount, SignedIn
from calha.api.access import COOKIE, Anybody, Caller, Self, csrf_token, visitor_of
from calha.api.people import person_answer
from calha.api.routing import api_router
from calha.api.schemas_accounts import (
    AddressByLink,
    AddressConfirmed,
    Credentials,
    ForgottenPassword,
    LinkQuestion,
    LinkState,
    Me,
    PasskeyBegin,
    PasskeyProof,
    PasswordByLink,
    PasswordQuestion,
    PasswordStrength,
    Refresh,
    SetUp,
    SetUpState,
    TokenAnswer,
)
from calha.api.services import Here, Services
from calha.domain.access import Everywhere, Permission, Principal
from calha.domain.errors import NotFound, NotSignedIn

router = api_router("session")

COOKIE_MAX_AGE_S = 30 * 86_400
TRIP_COOKIE = "calha_openid"
TRIP_S = 600
Target = Annotated[
    str,
    Query(pattern=r"^/([^/\\].*)?$", max_length=500, description="Page of ours to go to then.", examples=["/devices"]),
]
Word = Annotated[str, Query(max_length=200, examples=["q0m3…"])]
ProvidersCode = Annotated[str, Query(max_length=3_000, examples=["q0m3…"])]


@router.get("/set-up")
def set_up_state(services: Here, _: Anybody) -> SetUpState:
    """Whether the first administrator is still to be made, with the link that Calha printed at its start."""
    openid = services.accounts.openid
    needed = services.accounts.people.administrators() == 0
    return SetUpState(
        needed=needed,
        openid=openid.provider.name if openid is not None else None,
        reset_by_mail=services.accounts.forgotten.is_possible,
    )


@router.post("/set-up", status_code=201)
async def set_up(body: SetUp, services: Here, request: Request, response: Response, _: Anybody) -> Me:
    """Create the first administrator and sign him in."""
    signed_in = await asyncio.to_thread(
        services.accounts.sign_in.set_up,
        body.link,
        NewAccount(body.name, body.email, body.user_name, body.language),
        body.password,
        visitor_of(request),
    )
    return await _welcome(services, request, response, signed_in)


@router.post("/session", status_code=201)
async def sign_in(body: Credentials, services: Here, request: Request, response: Response, _: Anybody) -> Me:
    """Sign a browser in. 401 with reason `second_factor_required` asks for the same again with a code."""
    signed_in = await asyncio.to_thread(
        services.accounts.sign_in.with_password, body.login, body.password, body.code, visitor_of(request)
    )
    return await _welcome(services, request, response, signed_in)


@router.get("/session")
async def who_am_i(caller: Self, request: Request) -> Me:
    """Who is signed in, and what he may do where."""
    return await asyncio.to_thread(_me, caller, request.cookies.get(COOKIE))


@router.delete("/session", status_code=204)
async def sign_out(caller: Self, services: Here, response: Response) -> None:
    """End this session."""
    if caller.principal.session is not None:
        await asyncio.to_thread(services.accounts.sign_in.sign_out, caller.principal.session)
        await caller.note("sign_out", f"person {caller.principal.id}")
    response.delete_cookie(COOKIE, path="/")


@router.post("/session/passkey/options")
def begin_passkey(services: Here, request: Request, _: Anybody) -> PasskeyBegin:
    """What the browser needs to ask for a passkey."""
    return PasskeyBegin.model_validate(services.accounts.passkeys.begin_sign_in(site_of(request)))


@router.post("/session/passkey", status_code=201)
async def sign_in_by_passkey(
    body: PasskeyProof, services: Here, request: Request, response: Response, _: Anybody
) -> Me:
    """Sign a browser in with a passkey."""
    accounts = services.accounts
    person = await asyncio.to_thread(accounts.passkeys.sign_in, site_of(request), body.ticket, body.credential)
    signed_in = await asyncio.to_thread(accounts.sign_in.open, person, visitor_of(request), "browser", "passkey")
    return await _welcome(services, request, response, signed_in)


@router.get("/session/openid", status_code=303, response_class=RedirectResponse)
async def begin_openid(services: Here, request: Request, _: Anybody, to: Target = "/") -> RedirectResponse:
    """Send the browser to the OpenID Connect provider."""
    openid = _openid(services)
    try:
        address, sealed = await asyncio.to_thread(openid.begin, _callback(services, request), to)
    except NotSignedIn as refused:
        return _refused(refused)
    response = RedirectResponse(address, 303)
    secure = request.url.scheme == "https"
    response.set_cookie(TRIP_COOKIE, sealed, max_age=TRIP_S, path="/", httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/session/openid/callback", status_code=303, response_class=RedirectResponse)
async def finish_openid(
    services: Here, request: Request, _: Anybody, state: Word = "", code: ProvidersCode = "", error: Word = ""
) -> RedirectResponse:
    """Where the provider sends the browser back to. What went wrong is told on the sign-in page."""
    openid, callback = _openid(services), _callback(services, request)
    trip = request.cookies.get(TRIP_COOKIE, "")
    try:
        if error:
            raise NotSignedIn(f"{openid.provider.name}: {error}", "provider_refused")
        visitor = visitor_of(request)
        person, target = await asyncio.to_thread(openid.finish, callback, trip, state, code, visitor.address)
        open_session = services.accounts.sign_in.open
        signed_in = await asyncio.to_thread(open_session, person, visitor, "browser", openid.provider.name)
    except NotSignedIn as refused:
        response = _refused(refused)
    else:
        response = RedirectResponse(target, 303)
        _set_cookie(request, response, signed_in)
    response.delete_cookie(TRIP_COOKIE, path="/")
    return response


@router.post("/tokens", status_code=201)
async def make_tokens(body: Credentials, services: Here, request: Request, _: Anybody) -> TokenAnswer:
    """For API clients: an access token for 15 minutes and a refresh token."""
    signed_in = await asyncio.to_thread(
        services.accounts.sign_in.with_password, body.login, body.password, body.code, visitor_of(request), "client"
    )
    return _tokens(services, signed_in)


@router.post("/tokens/refresh", status_code=201)
async def refresh_tokens(body: Refresh, services: Here, request: Request, _: Anybody) -> TokenAnswer:
    """Exchange a refresh token. Presenting one twice ends the session, as somebody has copied it."""
    signed_in = await asyncio.to_thread(services.accounts.sign_in.refresh, body.refresh_token, visitor_of(request))
    return _tokens(services, signed_in)


@router.post("/links")
def look_at_link(body: LinkQuestion, services: Here, _: Anybody) -> LinkState:
    """What a link is for."""
    purpose, person = services.accounts.sign_in.look_at_link(body.link)
    if person is None:
        return LinkState(purpose="set_up", name=None, login=None, email=None)
    email = address_in(body.link) if purpose == PURPOSE else None
    return LinkState.model_validate({"purpose": purpose, "name": person.name, "login": person.label, "email": email})


@router.post("/links/address")
async def confirm_address(body: AddressByLink, services: Here, request: Request, _: Anybody) -> AddressConfirmed:
    """Confirm the e-mail address to which the link was mailed; from now on it is the account's."""
    confirm = services.accounts.address_change.confirm
    person = await asyncio.to_thread(confirm, body.link, visitor_of(request))
    services.accounts.door.forget()
    return AddressConfirmed.model_validate({"email": person.email})


@router.post("/links/password", status_code=201)
async def set_password_by_link(
    body: PasswordByLink, services: Here, request: Request, response: Response, _: Anybody
) -> Me:
    """Set a password with a link, and sign in. 401 with reason `second_factor_required` asks for the same with a code."""
    signed_in = await asyncio.to_thread(
        services.accounts.sign_in.set_password_by_link, body.link, body.password, body.code, visitor_of(request)
    )
    return await _welcome(services, request, response, signed_in)


@router.post("/passwords/forgotten", status_code=202)
async def ask_for_new_password(
    body: ForgottenPassword, services: Here, request: Request, later: BackgroundTasks, _: Anybody
) -> None:
    """Have a link mailed with which to set another password. The answer never tells whether there is such an account."""
    visitor = visitor_of(request)
    services.accounts.forgotten.admit(body.login, visitor)
    later.add_task(asyncio.to_thread, services.accounts.forgotten.carry_out, body.login, visitor)


@router.post("/passwords/strength")
def measure_password(body: PasswordQuestion, _: Anybody) -> PasswordStrength:
    """How good a password would be. It is neither kept nor logged."""
    strength = passwords.measure(body.password, tuple(body.words))
    return PasswordStrength.model_validate(strength)


def site_of(request: Request) -> Site:
    """Where the browser is, by the Origin that it names; the address of the request when it names none."""
    origin = request.headers.get("origin") or f"{request.url.scheme}://{request.headers.get('host', '')}"
    host = origin.partition("://")[2].rsplit(":", 1)[0]
    return Site(host, origin)


def _openid(services: Services) -> OpenId:
    if services.accounts.openid is None:
        raise NotFound("no OpenID Connect provider is configured (openid.issuer)", "no_provider")
    return services.accounts.openid


def _refused(refusal: NotSignedIn) -> RedirectResponse:
    """To the sign-in page, which tells why."""
    return RedirectResponse(f"/sign-in?{urlencode({'refused': refusal.reason})}", 303)


def _callback(services: Services, request: Request) -> str:
    base = services.settings.http.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return f"{base}/api/v1/session/openid/callback"


def _set_cookie(request: Request, response: Response, signed_in: SignedIn) -> None:
    response.set_cookie(
        COOKIE,
        signed_in.secret,
        max_age=COOKIE_MAX_AGE_S,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


async def _welcome(services: Services, request: Request, response: Response, signed_in: SignedIn) -> Me:
    _set_cookie(request, response, signed_in)
    principal = await asyncio.to_thread(services.accounts.door.person, signed_in.person.id, signed_in.session_id)

    async def prove() -> Principal:
        return principal

    caller = Caller(principal, visitor_of(request), services, prove)
    return await asyncio.to_thread(_me, caller, signed_in.secret)


def _me(caller: Caller, cookie: str | None) -> Me:
    principal = caller.principal
    tree = caller.services.ingest.directory.tree
    permissions: dict[str, list[int] | None] = {}
    for permission in Permission:
        where = principal.sites(permission, tree)
        if isinstance(where, Everywhere):
            permissions[permission] = None
        elif where:
            permissions[permission] = sorted(where)
    person = None
    if principal.kind == "person":
        people = caller.accounts.people
        person = person_answer(people.get(principal.id), people.grants(principal.id))
    return Me(
        person=person,
        name=principal.name,
        kind=principal.kind,
        csrf_token=csrf_token(cookie) if cookie else None,
        permissions=permissions,
        owns_devices=bool(caller.reach().owned),
        zone=caller.services.settings.registry.zone,
    )


def _tokens(services: Services, signed_in: SignedIn) -> TokenAnswer:
    access = services.accounts.sign_in.access_token(signed_in)
    return TokenAnswer(access_token=access, refresh_token=signed_in.secret, expires_in_s=tokens.LIFETIME_S)
