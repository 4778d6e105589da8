"""Access tokens of API clients: short-lived JWT (RFC 7519), signed with HMAC-SHA256. They name a session, nothing secret."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calha.domain.errors import NotSignedIn

LIFETIME_S = 900
ALGORITHM = "HS256"
ISSUER = "calha"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """until_s: Unix time at which it ends, of one that was read."""

    person_id: int
    session_id: str
    until_s: int | None = None


def issue(key: str, token: AccessToken, now_s: float | None = None, lifetime_s: int = LIFETIME_S) -> str:
    now = int(time.time() if now_s is None else now_s)
    claims = {"iss": ISSUER, "sub": str(token.person_id), "sid": token.session_id, "iat": now, "exp": now + lifetime_s}
    return signed(key, claims)


def read(key: str, text: str) -> AccessToken:
    """Raises NotSignedIn for a token that is not ours, or has expired."""
    claims = verified(key, text, ISSUER)
    try:
        return AccessToken(int(claims["sub"]), str(claims["sid"]), int(claims["exp"]))
    except (ValueError, KeyError):
        raise NotSignedIn("the access token is not valid; ask for a new one") from None


def signed(key: str, claims: Mapping[str, Any]) -> str:
    """A token that says this; `exp` and `iss` must be among it for `verified` to believe it."""
    from joserfc import jwt
    from joserfc.jwk import OctKey

    return jwt.encode({"alg": ALGORITHM}, dict(claims), OctKey.import_key(key))


def verified(key: str, text: str, issuer: str) -> Mapping[str, Any]:
    """What a token says. Raises NotSignedIn for one that another issuer made, was changed, or has expired."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    expected = jwt.JWTClaimsRegistry(iss={"essential": True, "value": issuer}, exp={"essential": True})
    try:
        decoded = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM])
        expected.validate(decoded.claims)
    except (JoseError, ValueError):
        raise NotSignedIn("the access token is not valid, or has expired; ask for a new one") from None
    return decoded.claims
