"""Password hashes as other systems keep them: bcrypt, and what Werkzeug (Flask) writes.

    $2b$12$…                              bcrypt
    pbkdf2:sha256:600000$salt$hex         PBKDF2 (RFC 8018 §5.2)
    scrypt:32768:8:1$salt$hex             scrypt (RFC 7914)

They verify, and are replaced by Argon2id at the next sign-in. What would take minutes, or memory without end, does not verify.
"""

import hashlib
import re
import secrets

MAX_BCRYPT_COST = 14
MAX_ROUNDS = 5_000_000
MAX_SCRYPT_BYTES = 256 * 1024 * 1024

_BCRYPT = re.compile(r"\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}")
_PBKDF2 = re.compile(r"pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$([0-9a-f]+)")
_SCRYPT = re.compile(r"scrypt:(\d{1,9}):(\d{1,5}):(\d{1,5})\$([^$]+)\$([0-9a-f]+)")


def is_foreign(known_hash: str) -> bool:
    return known_hash.startswith(("$2", "pbkdf2:", "scrypt:"))


def is_usable(known_hash: str) -> bool:
    """Whether a foreign hash can be verified here in a reasonable time."""
    if found := _BCRYPT.fullmatch(known_hash):
        return int(found[1]) <= MAX_BCRYPT_COST
    if found := _PBKDF2.fullmatch(known_hash):
        return 0 < int(found[2]) <= MAX_ROUNDS
    if found := _SCRYPT.fullmatch(known_hash):
        cost, block, parallel = int(found[1]), int(found[2]), int(found[3])
        return cost > 1 and not cost & (cost - 1) and 0 < 128 * cost * block * parallel <= MAX_SCRYPT_BYTES
    return False


def verify(password: str, known_hash: str) -> bool:
    if not is_usable(known_hash):
        return False
    if found := _PBKDF2.fullmatch(known_hash):
        digest = hashlib.pbkdf2_hmac(found[1], password.encode(), found[3].encode(), int(found[2]))
        return secrets.compare_digest(digest.hex(), found[4])
    if found := _SCRYPT.fullmatch(known_hash):
        cost, block, parallel = int(found[1]), int(found[2]), int(found[3])
        memory = 132 * cost * block * parallel  # a little more than it needs, as OpenSSL counts its own
        salt = found[4].encode()
        digest = hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=memory)
        return secrets.compare_digest(digest.hex(), found[5])
    import bcrypt

    return bcrypt.checkpw(password.encode()[:72], known_hash.encode())
