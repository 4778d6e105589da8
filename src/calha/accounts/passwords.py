"""Passwords: Argon2id, a minimum length, and none that everybody knows (NIST SP 800-63B §5.1.1).

Hashes of bcrypt, as other systems have them, verify and are replaced by Argon2id at the next sign-in.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from calha.domain.errors import Malformed

MIN_CHARS = 12
MAX_CHARS = 200
GOOD_SCORE = 2  # of 0 to 4 (zxcvbn): at least 10^8 guesses


@dataclass(frozen=True, slots=True)
class Strength:
    """score: 0 (falls at once) to 4. known: whether it is on the list of common passwords, or one of the person's words.

    good: whether Calha takes it.
    """

    score: int
    known: bool
    good: bool


def measure(password: str, words: tuple[str, ...] = (), shortest: int = MIN_CHARS) -> Strength:
    """How hard a password is to guess. `words`: the person's name, address and the like, which are guessed first."""
    from zxcvbn import zxcvbn

    own = [
        part for word in words for part in (word, *word.replace("@", " ").replace(".", " ").split()) if len(part) > 2
    ]
    found: dict[str, Any] = zxcvbn(password[:72], user_inputs=own)
    sequence = found["sequence"]
    known = len(sequence) == 1 and sequence[0]["pattern"] == "dictionary"
    score = int(found["score"])
    return Strength(score, known, _has_length(password, shortest) and not known and score >= GOOD_SCORE)


def require_good(password: str, words: tuple[str, ...] = (), shortest: int = MIN_CHARS) -> None:
    """Raises Malformed saying what is wrong with it. shortest: where a replaced system has promised less."""
    if not _has_length(password, shortest):
        told = f"a password has {shortest} to {MAX_CHARS} characters"
        raise Malformed(told, "password_length", least=shortest, most=MAX_CHARS)
    if not measure(password, words, shortest).good:
        raise Malformed(
            "this password is easily guessed: it is on a list of common ones, or made of them or of your own name. "
            "Three or four unrelated words are better",
            "weak_password",
        )


def hashed(password: str) -> str:
    return str(_hasher().hash(password))


def verify(password: str, known_hash: str | None) -> bool:
    """Whether it is the password. Takes as long for nobody's (None), so that names cannot be told by the clock."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if known_hash is None:
        verify(password, _nobodys())
        return False
    if known_hash.startswith("$2"):
        import bcrypt

        return bcrypt.checkpw(password.encode()[:72], known_hash.encode())
    try:
        return bool(_hasher().verify(known_hash, password))
    except (VerificationError, InvalidHashError):
        return False


def needs_upgrade(known_hash: str) -> bool:
    return known_hash.startswith("$2") or bool(_hasher().check_needs_rehash(known_hash))


def _has_length(password: str, shortest: int) -> bool:
    return shortest <= len(password) <= MAX_CHARS


@cache
def _hasher() -> Any:  # noqa: ANN401 - argon2 is loaded by those who sign in
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=2)  # 32 MiB: several sign in at once here


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")
