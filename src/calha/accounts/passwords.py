"""Passwords: Argon2id, a minimum length, and none that everybody knows (NIST SP 800-63B §5.1.1).

What counts of a password is what is neither a word of the person's own (name, user name, address) nor a repetition: that has
to be long enough and hard to guess by itself.

Hashes of bcrypt, as other systems have them, verify and are replaced by Argon2id at the next sign-in.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from calha.accounts import foreign_hashes
from calha.domain.errors import Malformed

MIN_CHARS = 12
MAX_CHARS = 200
LEAST_OWN_CHARS = 3  # shorter parts of a name are in too many words
GOOD_SCORE = 2  # of 0 to 4 (zxcvbn): at least 10^8 guesses

_STANDS_FOR = str.maketrans("4@3105$7", "aaeiosst")


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

    counts = what_counts(password, words)
    if not counts:
        return Strength(0, known=True, good=False)
    found: dict[str, Any] = zxcvbn(counts[:72])
    sequence = found["sequence"]
    is_common = len(sequence) == 1 and sequence[0]["pattern"] == "dictionary"
    known = is_common or len(counts) < min(shortest, len(password))
    score = int(found["score"])
    return Strength(score, known, _has_length(password, shortest) and not known and score >= GOOD_SCORE)


def what_counts(password: str, words: Iterable[str] = ()) -> str:
    """A password without the person's own words, however they are written, and with each repeated part once."""
    plain = "".join(map(_plain, password))
    dropped = {at for start, end in [*_of_own(plain, words), *_repeated(plain)] for at in range(start, end)}
    return " ".join("".join(letter for at, letter in enumerate(password) if at not in dropped).split())


def require_good(password: str, words: tuple[str, ...] = (), shortest: int = MIN_CHARS) -> None:
    """Raises Malformed saying what is wrong with it. shortest: where a replaced system has promised less."""
    if not _has_length(password, shortest):
        told = f"a password has {shortest} to {MAX_CHARS} characters"
        raise Malformed(told, "password_length", least=shortest, most=MAX_CHARS)
    if not measure(password, words, shortest).good:
        raise Malformed(
            "this password is easily guessed: it is on a list of common ones, or made of them, of your own name, or of "
            "the same words again. "
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
    if foreign_hashes.is_foreign(known_hash):
        return foreign_hashes.verify(password, known_hash)
    try:
        return bool(_hasher().verify(known_hash, password))
    except (VerificationError, InvalidHashError):
        return False


def needs_upgrade(known_hash: str) -> bool:
    return foreign_hashes.is_foreign(known_hash) or bool(_hasher().check_needs_rehash(known_hash))


def _of_own(plain: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the person's own words stand, also backwards."""
    for word in words:
        for part in re.split(r"[^a-z0-9]+", "".join(map(_plain, word))):
            if len(part) >= LEAST_OWN_CHARS:
                yield from (found.span() for found in re.finditer(f"{re.escape(part)}|{re.escape(part[::-1])}", plain))


def _repeated(plain: str) -> Iterator[tuple[int, int]]:
    """Where something stands that was there before: the same again at once, or a word that was used already."""
    for found in re.finditer(r"(.{2,}?)(?:[^a-z0-9]{0,3}\1)+", plain):
        yield found.end(1), found.end()
    seen: set[str] = set()
    for found in re.finditer(r"[a-z0-9]+", plain):
        if found[0] in seen:
            yield found.span()
        seen.add(found[0])


def _plain(letter: str) -> str:
    """A letter without case and accent; a digit or mark that stands for a letter as that one."""
    base = unicodedata.normalize("NFKD", letter)[:1].lower()
    return base.translate(_STANDS_FOR) if len(base) == 1 else letter


def _has_length(password: str, shortest: int) -> bool:
    return shortest <= len(password) <= MAX_CHARS


@cache
def _hasher() -> Any:  # noqa: ANN401 - argon2 is loaded by those who sign in
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=2)  # 32 MiB: several sign in at once here


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")
