"""Passkeys (WebAuthn Level 3): a person signs in with the lock of his phone or computer instead of a password.

A challenge is given out once, to somebody who adds a passkey or to nobody in particular who signs in, and holds for five
minutes; it is remembered in this process only, so that a restart costs whoever is just signing in a second try.
"""

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from calha.domain.errors import NotSignedIn
from calha.store.accounts import People, PersonRow

CHALLENGE_S = 300.0
MAX_CHALLENGES = 10_000


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser is: host without port, and origin, as in the address that the person sees."""

    host: str
    origin: str


class _Challenge(NamedTuple):
    """person_id: who adds a passkey; None to sign in."""

    given_at: float
    challenge: bytes
    person_id: int | None


class Passkeys:
    def __init__(self, people: People, clock: Callable[[], float] = time.monotonic) -> None:
        self._people = people
        self._clock = clock
        self._challenges: OrderedDict[str, _Challenge] = OrderedDict()

    def begin_adding(self, person: PersonRow, site: Site) -> dict[str, Any]:
        """(ticket and options) for `navigator.credentials.create`."""
        import webauthn
        from webauthn.helpers import base64url_to_bytes
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        ticket, challenge = self._challenge(person.id)
        known = [
            PublicKeyCredentialDescriptor(base64url_to_bytes(one.credential))
            for one in self._people.passkeys(person.id)
        ]
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name="Calha",
            user_id=f"person {person.id}".encode(),
            user_name=person.label,
            user_display_name=person.name,
            challenge=challenge,
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return {"ticket": ticket, "options": json.loads(webauthn.options_to_json(options))}

    def add(self, person: PersonRow, site: Site, ticket: str, credential: dict[str, Any], name: str) -> None:
        """Keep what the browser answered. Raises NotSignedIn."""
        import webauthn
        from webauthn.helpers import bytes_to_base64url
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = self._taken(ticket, person.id)
        try:
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise NotSignedIn(f"the passkey was not accepted: {error}", "wrong_passkey") from None
        self._people.add_passkey(
            person.id,
            bytes_to_base64url(verified.credential_id),
            verified.credential_public_key,
            verified.sign_count,
            name,
        )

    def begin_sign_in(self, site: Site) -> dict[str, Any]:
        """(ticket and options) for `navigator.credentials.get`."""
        import webauthn
        from webauthn.helpers.structs import UserVerificationRequirement

        ticket, challenge = self._challenge(None)
        options = webauthn.generate_authentication_options(
            rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return {"ticket": ticket, "options": json.loads(webauthn.options_to_json(options))}

    def sign_in(self, site: Site, ticket: str, credential: dict[str, Any]) -> PersonRow:
        """Whose passkey it is. Raises NotSignedIn."""
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = self._taken(ticket, None)
        known = self._people.passkey(str(credential.get("id", "")))
        if known is None:
            raise NotSignedIn("nobody here has this passkey", "wrong_passkey")
        try:
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise NotSignedIn(f"the passkey was not accepted: {error}", "wrong_passkey") from None
        self._people.use_passkey(known.id, verified.new_sign_count)
        return self._people.get(known.person_id)

    def _challenge(self, person_id: int | None) -> tuple[str, bytes]:
        ticket, challenge = secrets.token_urlsafe(24), secrets.token_bytes(32)
        self._challenges[ticket] = _Challenge(self._clock(), challenge, person_id)
        while len(self._challenges) > MAX_CHALLENGES:
            self._challenges.popitem(last=False)
        return ticket, challenge

    def _taken(self, ticket: str, person_id: int | None) -> bytes:
        found = self._challenges.pop(ticket, None)
        if found is None or found.person_id != person_id or self._clock() - found.given_at > CHALLENGE_S:
            raise NotSignedIn("this took too long; try again", "old_challenge")
        return found.challenge
