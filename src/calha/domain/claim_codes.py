"""Claim codes: what is printed on a device's label, for whoever holds it in his hands and is signed in.

Twelve letters of Crockford's base 32, which has no I, L, O or U: 60 bits, written in groups of four. Whoever types one may
leave the separators out, write small letters, and take 0 for O or 1 for I and L.
"""

import re
import secrets

from calha.domain.errors import Malformed

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARS = 12
GROUP = 4

_MISREAD = str.maketrans("OIL", "011")
_SEPARATORS = re.compile(r"[\s\-–—._]+")
_PLAIN = re.compile(f"[{LETTERS}]{{{CHARS}}}")


def new_code() -> str:
    """A code as it is stored: without separators."""
    return "".join(secrets.choice(LETTERS) for _ in range(CHARS))


def plain(typed: str) -> str:
    """The stored form of what somebody typed. Raises Malformed."""
    code = _SEPARATORS.sub("", typed).upper().translate(_MISREAD)
    if not _PLAIN.fullmatch(code):
        raise Malformed(f"a claim code has {CHARS} letters and digits, as in {grouped('7K3M9QXC4T2H')}", "bad_code")
    return code


def grouped(code: str) -> str:
    """As it is shown: 7K3M-9QXC-4T2H."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
