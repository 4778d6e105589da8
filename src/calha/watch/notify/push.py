"""Web push: a message to a browser that has subscribed, which nobody between can read or forge.

Content is encrypted with aes128gcm (RFC 8188, RFC 8291 §3.4), the sender proves himself by VAPID (RFC 8292).
"""

import base64
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from calha.domain.errors import Malformed

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4 D.1.2.3)
RECORD_BYTES = 4096
MAX_CONTENT_BYTES = 3_000  # a push service must take 4096, with what encryption adds
PROOF_S = 12 * 3600  # RFC 8292: 24 h at most
KEPT_S = 24 * 3600  # how long the push service keeps it for a browser that is away


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gives away of itself (PushSubscription). key: its public key; auth: its secret, 16 bytes."""

    endpoint: str
    key: bytes
    auth: bytes

    @classmethod
    def read(cls, endpoint: str, key: str, auth: str) -> Self:
        """Raises Malformed."""
        try:
            found = cls(endpoint, unpacked(key), unpacked(auth))
            ec.EllipticCurvePublicKey.from_encoded_point(CURVE, found.key)
        except ValueError:
            raise Malformed("this is not a subscription of a browser", "bad_subscription") from None
        if len(found.auth) != 16:
            raise Malformed("this is not a subscription of a browser", "bad_subscription")
        return found


class Vapid:
    """The key with which this Calha signs. The same for ever, as subscriptions are made for it."""

    def __init__(self, seed: bytes, contact: str) -> None:
        """seed: secret, of which the key is derived. contact: https: or mailto: of whoever runs this Calha."""
        number = HKDF(hashes.SHA256(), 48, None, b"calha web push").derive(seed)
        self._key = ec.derive_private_key(int.from_bytes(number) % (ORDER - 1) + 1, CURVE)
        self._contact = contact

    @property
    def public(self) -> str:
        """What a browser subscribes with (applicationServerKey)."""
        return packed(_point(self._key.public_key()))

    def proof(self, endpoint: str, now_s: int) -> str:
        """The header Authorization."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now_s + PROOF_S, "sub": self._contact}
        head = packed(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{packed(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"vapid t={signed}.{packed(r.to_bytes(32) + s.to_bytes(32))}, k={self.public}"


def request(to: Subscription, content: bytes, vapid: Vapid, *, is_urgent: bool) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers of the POST to the endpoint."""
    headers = {
        "Authorization": vapid.proof(to.endpoint, int(time.time())),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_S),
        "Urgency": "high" if is_urgent else "normal",
    }
    return encrypted(content, to), headers


def encrypted(
    content: bytes, to: Subscription, own: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """own, salt: fresh ones unless given."""
    assert len(content) <= MAX_CONTENT_BYTES
    own, salt = own or ec.generate_private_key(CURVE), salt or os.urandom(16)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to.key))
    sender = _point(own.public_key())
    secret = HKDF(hashes.SHA256(), 32, to.auth, b"WebPush: info\0" + to.key + sender).derive(shared)
    key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
    nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
    header = salt + RECORD_BYTES.to_bytes(4) + bytes([len(sender)]) + sender
    return header + AESGCM(key).encrypt(nonce, content + b"\x02", None)  # 2: the last record


def packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
