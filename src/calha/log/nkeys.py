"""NATS keys: Ed25519 pairs, written in base32 with a prefix that says what they are for and a CRC-16 at the end.

public key  base32(prefix, 32 bytes, crc)              the prefix of an account makes it begin with A
seed        base32(S and the prefix in 2 bytes, 32 bytes, crc)   begins with S and the letter of the prefix
"""

import base64
import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT = 0
USER = 20 << 3
_SEED = 18 << 3
_SIZE = 32


class BadKeyError(ValueError):
    """A text that is no NATS key."""


class Signer:
    """A secret key at work. Raises BadKeyError for a seed that is none."""

    def __init__(self, seed: str) -> None:
        prefix, raw = decode_seed(seed)
        self._key = Ed25519PrivateKey.from_private_bytes(raw)
        self.public_key = encode_public(prefix, self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        self.sign = self._key.sign


def new_account_seed() -> str:
    return encode_seed(ACCOUNT, os.urandom(_SIZE))


def encode_public(prefix: int, raw: bytes) -> str:
    return _encode(bytes((prefix,)) + raw)


def decode_public(text: str) -> tuple[int, bytes]:
    """Prefix and the 32 bytes of the key. Raises BadKeyError."""
    data = _decode(text, 1 + _SIZE)
    return data[0], data[1:]


def encode_seed(prefix: int, raw: bytes) -> str:
    return _encode(bytes((_SEED | prefix >> 5, (prefix & 31) << 3)) + raw)


def decode_seed(text: str) -> tuple[int, bytes]:
    """Prefix of the public key, and the 32 secret bytes. Raises BadKeyError."""
    data = _decode(text, 2 + _SIZE)
    if data[0] & 0b1111_1000 != _SEED:
        raise BadKeyError("not a seed")
    return (data[0] & 7) << 5 | data[1] >> 3, data[2:]


def _encode(data: bytes) -> str:
    return base64.b32encode(data + _crc16(data).to_bytes(2, "little")).decode().rstrip("=")


def _decode(text: str, size: int) -> bytes:
    try:
        whole = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        raise BadKeyError("not base32") from None
    data, crc = whole[:-2], whole[-2:]
    if len(data) != size or int.from_bytes(crc, "little") != _crc16(data):
        raise BadKeyError("wrong length or checksum")
    return data


def _crc16(data: bytes) -> int:
    """CRC-16/XMODEM."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc
