"""Things by words that a person types: whether a text holds them, and how well.

Rule 1: accents and upper case do not matter ("agua" finds "Água").
Rule 2: each word must stand somewhere, in any order, also inside another word.
Rule 3: what is called exactly so comes first, then what begins so, then where a word begins so, then the rest.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

MAX_WORDS: Final = 8
EXACT, BEGINS, WORD_BEGINS, INSIDE = range(4)

Rank = Callable[[Sequence[str]], int]


def fold(text: str) -> str:
    """A text as it is compared: no accents, lower case."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def words_of(asked: str) -> tuple[str, ...]:
    """The words that are looked for, folded; at most MAX_WORDS of them."""
    return tuple(fold(asked).split()[:MAX_WORDS])


def holds(words: Sequence[str], *folded: str) -> bool:
    """Whether each of the words stands in one of the texts."""
    return all(any(word in text for text in folded) for word in words)


def ranking(words: Sequence[str]) -> Rank:
    """How well words fit the folded names of a thing: the smaller the better."""
    asked = " ".join(words)
    begins = re.compile(rf"\b{re.escape(words[0])}") if words else re.compile("$^")

    def rank(names: Sequence[str]) -> int:
        if asked in names:
            return EXACT
        if any(name.startswith(asked) for name in names):
            return BEGINS
        return WORD_BEGINS if any(begins.search(name) for name in names) else INSIDE

    return rank
