"""Access tokens of API clients: short-lived JWT (RFC 7519), signed with HMAC-SHA256. They name a session, nothing secret."""

import time
from dataclasses import dataclass

from calha.domain.errors import NotSignedIn

LIFETIME_S = 900
ALGORITHM = "HS256"
ISSUER = "calha"


@dataclass(frozen=True, slots=True)
class AccessToken:
    person_id: int
    session_id: str


def issue(key: str, token: AccessToken, now_s: float | None = None, lifetime_s: int = LIFETIME_S) -> str:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    now = int(time.time() if now_s is None else now_s)
    claims = {"iss": ISSUER, "sub": str(token.person_id), "sid": token.session_id, "iat": now, "exp": now + lifetime_s}
    return jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(key))


def read(key: str, text: str) -> AccessToken:
    """Raises NotSignedIn for a token that is not ours, or has expired."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    try:
        decoded = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM])
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": ISSUER}, exp={"essential": True}).validate(
            decoded.claims
        )
        return AccessToken(int(decoded.claims["sub"]), str(decoded.claims["sid"]))
    except (JoseError, ValueError, KeyError):
        raise NotSignedIn("the access token is not valid, or has expired; ask for a new one") from None
