"""Sign-in with an OpenID Connect provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core §3.1).

What has to survive the way to the provider and back travels sealed in a cookie of the browser that began, so that nobody can
finish in another one. A person is known by issuer and subject; at the first time by an e-mail address that the provider has
verified. Who has that address later is another subject and gets nowhere, until an administrator has the first one forgotten.
Somebody whom nobody invited gets no account.
"""

import json
import logging
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any, cast

from calha.accounts.keyring import Keyring
from calha.domain.access import Actor
from calha.domain.errors import NotSignedIn
from calha.store.accounts import AuditLog, People, PersonRow

log = logging.getLogger(__name__)

TRIP_S = 600.0
TIMEOUT_S = 10.0
DISCOVERY_S = 3_600.0
SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA", "RS384", "RS512", "ES384", "ES512"]


@dataclass(frozen=True, slots=True)
class Provider:
    """issuer: address below which `.well-known/openid-configuration` lies. name: on the button."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


@dataclass(frozen=True, slots=True)
class Trip:
    """What was sent along to the provider, and where the person wanted to go."""

    state: str
    nonce: str
    verifier: str
    began_at: float
    target: str


class OpenId:
    def __init__(self, provider: Provider, people: People, audit: AuditLog, keyring: Keyring) -> None:
        self.provider = provider
        self._people = people
        self._audit = audit
        self._keyring = keyring
        self._known: tuple[float, dict[str, Any]] = (-DISCOVERY_S, {})

    def begin(self, callback: str, target: str) -> tuple[str, str]:
        """(where to send the browser, the sealed trip). Raises NotSignedIn when the provider is not there."""
        from authlib.common.security import generate_token

        trip = Trip(secrets.token_urlsafe(24), secrets.token_urlsafe(24), generate_token(64), time.time(), target)
        address, _ = self._client(callback).create_authorization_url(
            self._discovered()["authorization_endpoint"],
            state=trip.state,
            nonce=trip.nonce,
            code_verifier=trip.verifier,
        )
        return str(address), self._keyring.seal(json.dumps(asdict(trip)))

    def finish(self, callback: str, sealed: str, state: str, code: str, address: str) -> tuple[PersonRow, str]:
        """(who has signed in, where he wanted to go). Raises NotSignedIn."""
        trip = self._opened(sealed, state)
        claims = self._claims(self._exchange(callback, trip, code), trip)
        person = self._people.of_identity(self.provider.issuer, str(claims["sub"])) or self._introduced(claims, address)
        return person, trip.target

    def _opened(self, sealed: str, state: str) -> Trip:
        content = self._keyring.unseal(sealed)
        trip = Trip(**json.loads(content)) if content is not None else None
        if trip is None or time.time() - trip.began_at > TRIP_S:
            raise NotSignedIn("this took too long, or began in another browser; try again", "old_challenge")
        if not secrets.compare_digest(trip.state.encode(), state.encode()):
            raise NotSignedIn("the provider's answer does not belong to this sign-in; try again", "wrong_state")
        return trip

    def _exchange(self, callback: str, trip: Trip, code: str) -> str:
        from authlib.integrations.base_client import OAuthError
        from requests import RequestException

        try:
            found = self._client(callback).fetch_token(
                self._discovered()["token_endpoint"], code=code, code_verifier=trip.verifier
            )
            return str(found["id_token"])
        except (OAuthError, RequestException, KeyError, ValueError) as error:
            raise NotSignedIn(
                f"{self.provider.name} did not confirm the sign-in: {error}", "provider_refused"
            ) from None

    def _claims(self, id_token: str, trip: Trip) -> dict[str, Any]:
        """Of the ID token, whose signature, issuer, audience, time and nonce are right."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet, KeySetSerialization

        keys = KeySet.import_key_set(cast(KeySetSerialization, self._get(self._discovered()["jwks_uri"])))
        rules = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self._discovered()["issuer"]},
            aud={"essential": True, "value": self.provider.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": trip.nonce},
            sub={"essential": True},
        )
        try:
            decoded = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            rules.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise NotSignedIn(f"what {self.provider.name} answered is not valid: {error}", "provider_refused") from None
        return dict(decoded.claims)

    def _introduced(self, claims: dict[str, Any], address: str) -> PersonRow:
        """Somebody who comes for the first time, known by his verified address."""
        email = claims.get("email")
        person = self._people.find(str(email)) if email and claims.get("email_verified") is True else None
        if person is None:
            raise NotSignedIn(
                f"{email or claims['sub']} has no account here, or {self.provider.name} has not verified that address; "
                "ask an administrator for an invitation",
                "no_account",
            )
        if not self._people.add_identity(person.id, self.provider.issuer, str(claims["sub"])):
            self._audit.append(
                Actor(f"{self.provider.name}: {claims['sub']}"),
                "sign_in.failed",
                f"person {person.id}",
                after={"reason": "other_identity"},
                address=address,
            )
            raise NotSignedIn(
                f"{email} signs in with another account of {self.provider.name}; an administrator can unlink that one",
                "other_identity",
            )
        return person

    def _discovered(self) -> dict[str, Any]:
        read_at, known = self._known
        if time.monotonic() - read_at > DISCOVERY_S:
            address = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            known = self._get(address)
            if str(known.get("issuer", "")).rstrip("/") != self.provider.issuer.rstrip("/"):
                log.error("openid.issuer: %s says that it is %r", address, known.get("issuer"))
                raise self._away()
            self._known = (time.monotonic(), known)
        return known

    def _get(self, address: str) -> dict[str, Any]:
        import requests

        try:
            answer = requests.get(address, timeout=TIMEOUT_S)
            answer.raise_for_status()
            return dict(answer.json())
        except (requests.RequestException, ValueError) as error:
            log.error("openid.issuer: %s does not answer: %s", self.provider.name, error)
            raise self._away() from None

    def _away(self) -> NotSignedIn:
        return NotSignedIn(f"{self.provider.name} does not answer now; try again later", "provider_away")

    def _client(self, callback: str) -> Any:  # noqa: ANN401 - authlib has no types
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self.provider.client_id,
            self.provider.client_secret,
            scope=SCOPE,
            redirect_uri=callback,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )
