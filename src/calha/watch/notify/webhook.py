"""A signed POST to a program of somebody's (Standard Webhooks 1.0.0).

Headers: webhook-id, the same for each try, so that a receiver can tell a repeated one; webhook-timestamp, seconds;
webhook-signature, `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` with the bytes of the secret.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping

from calha.domain.errors import Malformed

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def require_secret(text: str) -> str:
    """Raises Malformed unless it holds 24 to 64 bytes."""
    try:
        size = len(_bytes_of(text))
    except ValueError:
        size = 0
    if not text.startswith(PREFIX) or not 24 <= size <= 64:
        raise Malformed("a secret is whsec_ and 24 to 64 bytes in base64", "bad_webhook_secret")
    return text


def signed(secret: str, message_id: str, at_s: int, content: object) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return body, {
        "Content-Type": "application/json",
        "User-Agent": "Calha",
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": signature(secret, message_id, at_s, body),
    }


def signature(secret: str, message_id: str, at_s: int, body: bytes) -> str:
    content = f"{message_id}.{at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_bytes_of(secret), content, hashlib.sha256)).decode()


def _bytes_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
