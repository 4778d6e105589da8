"""Signing in: a password with a second factor, a passkey, or a link; then a session of a browser or of an API client.

A refresh token serves once. Who presents one that was exchanged already is not the one who exchanged it: the session ends,
for both (RFC 9700 §4.14.2). It names its session, under a seal, so that this holds however often it was exchanged since.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from calha.accounts import passwords, second_factor, tokens
from calha.accounts.door import BROWSER_IDLE
from calha.accounts.keyring import Keyring, digest, new_secret
from calha.accounts.throttle import Attempt, Patience
from calha.accounts.tokens import AccessToken
from calha.domain.access import Actor, Role
from calha.domain.errors import Conflict, Malformed, NotFound, NotSignedIn
from calha.store.accounts import AuditLog, Links, People, PersonRow, SessionRow, Sessions

CLIENT_IDLE = timedelta(days=30)
SET_UP_LIFETIME = timedelta(hours=24)
LINK_LIFETIME = timedelta(hours=72)

SessionKind = Literal["browser", "client"]
Purpose = Literal["set_up", "invite", "reset", "forgotten"]
PASSWORD_LINKS = frozenset({"invite", "reset", "forgotten"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """From where somebody comes: network address and what his program calls itself."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """secret: of the cookie, or the refresh token; known to nobody else and stored nowhere."""

    person: PersonRow
    session_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Of the first administrator. One of email and user_name is needed."""

    name: str
    email: str | None
    user_name: str | None
    language: str


class SignIn:
    def __init__(
        self,
        people: People,
        sessions: Sessions,
        links: Links,
        audit: AuditLog,
        keyring: Keyring,
        changed: Callable[[], None],
    ) -> None:
        """changed: called when what somebody is allowed has changed."""
        self._people = people
        self._sessions = sessions
        self._links = links
        self._audit = audit
        self._keyring = keyring
        self._patience = Patience()
        self._changed = changed

    def with_password(
        self,
        login: str,
        password: str,
        code: str | None,
        visitor: Visitor,
        kind: SessionKind = "browser",
        lifetime: timedelta | None = None,
    ) -> SignedIn:
        """lifetime: of the session, if another than its kind has.

        Raises TooManyTries, and NotSignedIn, whose reason is second_factor_required when only the code is missing."""
        person = self._people.find(login)
        tried = person.id if person is not None else login.strip().lower()
        with self._patience.attempt(tried, visitor.address) as attempt:
            known = self._people.secrets(person.id) if person is not None else None
            right = passwords.verify(password, known.password_hash if known is not None else None)
            if not right or person is None or known is None:
                self._audit.append(Actor(login), "sign_in.failed", _target(person, login), address=visitor.address)
                raise NotSignedIn("the name or the password is wrong", "wrong_credentials")
            self._require_code(person, code, visitor, attempt)
            attempt.outcome = "right"
        if known.password_hash is not None and passwords.needs_upgrade(known.password_hash):
            self._people.set_password(person.id, passwords.hashed(password))
        how = "password" if known.second_factor is None else "password and code"
        return self.open(person, visitor, kind, how, lifetime)

    def open(
        self, person: PersonRow, visitor: Visitor, kind: SessionKind, how: str, lifetime: timedelta | None = None
    ) -> SignedIn:
        """A session for somebody who has proved who he is. Raises NotSignedIn for one who is blocked."""
        if person.state != "active":
            self._audit.append(Actor(person.label), "sign_in.failed", _target(person), address=visitor.address)
            raise NotSignedIn("this account is blocked; an administrator can open it again", "blocked")
        now = datetime.now(UTC)
        session_id = secrets.token_hex(16)
        secret = new_secret() if kind == "browser" else self._refresh_token(session_id)
        expires_at = now + (lifetime or (BROWSER_IDLE if kind == "browser" else CLIENT_IDLE))
        row = SessionRow(session_id, person.id, kind, now, now, expires_at, visitor.address[:64], visitor.agent[:200])
        self._sessions.open(row, digest(secret))
        self._audit.append(person.actor, "sign_in", _target(person), after={"by": how}, address=visitor.address)
        return SignedIn(person, session_id, secret)

    def access_token(self, signed_in: SignedIn, lifetime_s: int = tokens.LIFETIME_S) -> str:
        token = AccessToken(signed_in.person.id, signed_in.session_id)
        return tokens.issue(self._keyring.token_key, token, lifetime_s=lifetime_s)

    def refresh(self, refresh_token: str, visitor: Visitor) -> SignedIn:
        """Exchange a refresh token for a new one. Raises NotSignedIn."""
        old = digest(refresh_token)
        session = self._sessions.find(old)
        if session is None or session.kind != "client":
            self._end_if_stolen(refresh_token, visitor)
            raise NotSignedIn("this refresh token is not valid, or not any more; sign in again")
        new = self._refresh_token(session.id)
        if not self._sessions.rotate(session.id, old, digest(new), datetime.now(UTC) + CLIENT_IDLE):
            raise NotSignedIn("this refresh token was used at the same time elsewhere; sign in again")
        return SignedIn(self._people.get(session.person_id), session.id, new)

    def sign_out(self, session_id: str) -> None:
        self._sessions.close(session_id)
        self._changed()

    # -- links

    def make_link(self, purpose: Purpose, person_id: int | None) -> str:
        """The secret of a new link, which takes the place of an older one."""
        secret = new_secret()
        lifetime = SET_UP_LIFETIME if purpose == "set_up" else LINK_LIFETIME
        self._links.add(digest(secret), purpose, person_id, datetime.now(UTC) + lifetime)
        return secret

    def look_at_link(self, secret: str) -> tuple[str, PersonRow | None]:
        """(purpose, for whom). Raises NotFound when it does not work any more."""
        found = self._links.look(digest(secret))
        if found is None:
            raise NotFound(
                "this link does not work any more: it was used, replaced by a newer one, or is too old", "old_link"
            )
        purpose, person_id = found
        return purpose, self._people.get(person_id) if person_id is not None else None

    def set_up(self, secret: str, new: NewAccount, password: str, visitor: Visitor) -> SignedIn:
        """Create the first administrator. Raises NotFound (link), Malformed (password), Conflict (there is one)."""
        purpose, _ = self.look_at_link(secret)
        if purpose != "set_up":
            raise NotFound("this is no set-up link", "wrong_link")
        if not new.email and not new.user_name:
            raise Malformed("an e-mail address or a user name is needed", "no_login")
        passwords.require_good(password, _words(new.name, new.email, new.user_name))
        if self._people.administrators():
            raise Conflict("an administrator exists already; sign in, or ask him for a link", "administrator_exists")
        if not self._links.use(digest(secret)):
            raise NotFound("this link was used just now", "old_link")
        person = self._people.create(
            new.name,
            new.email,
            new.user_name,
            passwords.hashed(password),
            new.language,
            [(Role.ADMINISTRATOR, None)],
        )
        self._audit.append(person.actor, "set_up", _target(person), address=visitor.address)
        return self.open(person, visitor, "browser", "set-up link")

    def set_password_by_link(self, secret: str, password: str, code: str | None, visitor: Visitor) -> SignedIn:
        """Use an invitation or a reset. All other sessions of the person end.

        Raises NotFound, Malformed; and NotSignedIn for the code of the second factor, in whose place a link that came by
        e-mail does not stand, while one that an administrator has handed over does.
        """
        purpose, person = self.look_at_link(secret)
        if person is None or purpose not in PASSWORD_LINKS:
            raise NotFound("this link does not set a password", "wrong_link")
        passwords.require_good(password, _words(person.name, person.email, person.user_name))
        if purpose == "forgotten":
            with self._patience.attempt(person.id, visitor.address) as attempt:
                self._require_code(person, code, visitor, attempt)
                attempt.outcome = "right"
        if not self._links.use(digest(secret)):
            raise NotFound("this link was used just now", "old_link")
        self._people.set_password(person.id, passwords.hashed(password))
        self._sessions.close_all(person.id)
        self._changed()
        self._audit.append(person.actor, "password.set_by_link", _target(person), address=visitor.address)
        return self.open(person, visitor, "browser", "link")

    # -- one's own account

    def change_password(self, person_id: int, old: str, new: str, visitor: Visitor, session_id: str | None) -> None:
        """All other sessions end. Raises NotSignedIn (old password), TooManyTries, Malformed (new one)."""
        person = self._people.get(person_id)
        self._require_password(person, old, visitor)
        passwords.require_good(new, _words(person.name, person.email, person.user_name))
        self._people.set_password(person_id, passwords.hashed(new))
        self._sessions.close_all(person_id, but=session_id)
        self._changed()
        self._audit.append(person.actor, "password.changed", _target(person), address=visitor.address)

    def require_address_change(self, person_id: int, email: str | None, password: str | None, visitor: Visitor) -> bool:
        """Whether it is another address, to which links go that set a password, which needs the present one.

        Somebody with a stolen session would otherwise take the account for good. Raises Malformed, NotSignedIn, TooManyTries.
        """
        person = self._people.get(person_id)
        if (email or "").strip().lower() == (person.email or ""):
            return False
        self.require_present_password(person, password, visitor)
        return True

    def require_present_password(self, person: PersonRow, password: str | None, visitor: Visitor) -> None:
        """For what somebody with a stolen session must not be able to do. Raises Malformed, NotSignedIn, TooManyTries."""
        if not password:
            raise Malformed("this needs the present password; who has none asks an administrator", "present_password")
        self._require_password(person, password, visitor)

    def confirm_second_factor(
        self, person_id: int, key: str, code: str, password: str | None, visitor: Visitor
    ) -> list[str]:
        """Switch the second factor on, proved by a first code and the present password, if any; the recovery codes.

        One that is on has to be switched off first, which asks for the password too: somebody with a stolen session must not
        lock the account with one of his own. Raises NotSignedIn, Conflict, Malformed, TooManyTries.
        """
        if self._people.secrets(person_id).second_factor is not None:
            raise Conflict("there is a second factor; switch it off first, with the password", "second_factor_on")
        person = self._people.get(person_id)
        if person.has_password:
            self.require_present_password(person, password, visitor)
        try:
            step = second_factor.step_of(key, code)
        except ValueError:
            raise Malformed("this is no key of a second factor; ask for another", "second_factor_key") from None
        if step is None:
            raise NotSignedIn("the code does not fit; is the phone's clock right?", "wrong_code")
        codes = second_factor.recovery_codes()
        self._people.set_second_factor(person_id, self._keyring.seal(key), [digest(one) for one in codes])
        self._people.use_step(person_id, step)
        self._audit.append(person.actor, "second_factor.on", _target(person), address=visitor.address)
        return codes

    def remove_second_factor(self, person_id: int, password: str, visitor: Visitor) -> None:
        """Raises NotSignedIn (password), TooManyTries."""
        person = self._people.get(person_id)
        self._require_password(person, password, visitor)
        self._people.set_second_factor(person_id, None)
        self._audit.append(person.actor, "second_factor.off", _target(person), address=visitor.address)

    def _require_password(self, person: PersonRow, password: str, visitor: Visitor) -> None:
        with self._patience.attempt(person.id, visitor.address) as attempt:
            if not passwords.verify(password, self._people.secrets(person.id).password_hash):
                raise NotSignedIn("the password is wrong", "wrong_credentials")
            attempt.outcome = "right"

    def _require_code(self, person: PersonRow, code: str | None, visitor: Visitor, attempt: Attempt) -> None:
        """The code of the second factor, from whoever has one. Raises NotSignedIn."""
        sealed = self._people.secrets(person.id).second_factor
        if sealed is None:
            return
        if not code:
            attempt.outcome = "open"
            raise NotSignedIn("the code of the second factor is missing", "second_factor_required")
        if not self._is_right_code(person, sealed, code):
            self._audit.append(Actor(person.label), "sign_in.failed", _target(person), address=visitor.address)
            raise NotSignedIn("the code is wrong, or was used already", "wrong_code")

    def _is_right_code(self, person: PersonRow, sealed: str, code: str) -> bool:
        if self._people.use_recovery_code(person.id, digest(second_factor.plain_recovery_code(code))):
            return True
        key = self._keyring.unseal(sealed)
        step = second_factor.step_of(key, code) if key is not None else None
        return step is not None and self._people.use_step(person.id, step)

    def _refresh_token(self, session_id: str) -> str:
        named = f"{session_id}.{new_secret()}"
        return f"{named}.{self._seal(named)}"

    def _seal(self, named: str) -> str:
        return hmac.digest(self._keyring.token_key.encode(), f"refresh {named}".encode(), "sha256").hex()[:32]

    def _session_of(self, refresh_token: str) -> SessionRow | None:
        """The session for which a refresh token was given out, whether it still serves or not."""
        named, _, seal = refresh_token.rpartition(".")
        if not secrets.compare_digest(self._seal(named).encode(), seal.encode()):
            return self._sessions.replaced(digest(refresh_token))  # given out before they named their session
        return self._sessions.get(named.partition(".")[0])

    def _end_if_stolen(self, refresh_token: str, visitor: Visitor) -> None:
        session = self._session_of(refresh_token)
        if session is not None:
            self._sessions.close(session.id)
            self._changed()
            person = self._people.get(session.person_id)
            self._audit.append(Actor(person.label), "session.token_reused", _target(person), address=visitor.address)


def _target(person: PersonRow | None, login: str = "") -> str:
    return f"person {person.id}" if person is not None else f"login {login}"


def _words(*known: str | None) -> tuple[str, ...]:
    return tuple(word for word in known if word)
