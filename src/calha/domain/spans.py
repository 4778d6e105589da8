"""Spans of numbers that are had already: what a hub has of a gateway's log, though it came newest first.

Rule 1: spans are ascending, and neither touch nor overlap: `1-100,201-300`.
Rule 2: at most MAX_SPANS of them; who would make more fills a gap first.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

MAX_SPANS = 64


@dataclass(frozen=True, slots=True)
class Spans:
    """parts: (first, last) of each, both in it."""

    parts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote. Raises ValueError for anything else."""
        parts = tuple((int(first), int(last)) for first, _, last in (one.partition("-") for one in _words(text)))
        before = -1
        for first, last in parts:
            if not before + 1 < first <= last:
                raise ValueError(f"{text[:80]!r} are no spans")
            before = last
        return cls(parts)

    def __str__(self) -> str:
        return ",".join(f"{first}-{last}" for first, last in self.parts)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.parts, (number, 1 << 63)) - 1
        return place >= 0 and number <= self.parts[place][1]

    @property
    def last(self) -> int:
        """The highest number, 0 without any."""
        return self.parts[-1][1] if self.parts else 0

    def covers(self, other: "Spans") -> bool:
        """Whether all of the other's numbers are in these."""
        return not any(True for first, last in other.parts for _ in self.missing(first, last))

    def including(self, first: int, last: int) -> "Spans":
        """These and all from `first` to `last`."""
        assert 0 < first <= last, f"{first}-{last} is no span"
        before = [part for part in self.parts if part[1] < first - 1]
        after = [part for part in self.parts if part[0] > last + 1]
        touched = self.parts[len(before) : len(self.parts) - len(after)]
        joined = (min([first, *(one[0] for one in touched)]), max([last, *(one[1] for one in touched)]))
        return Spans((*before, joined, *after))

    def missing(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The stretches between `first` and `last` that are not had, in order."""
        wanted = first
        for had_from, had_until in self.parts:
            if had_from > last:
                break
            if wanted < had_from:
                yield wanted, had_from - 1
            wanted = max(wanted, had_until + 1)
        if wanted <= last:
            yield wanted, last


def _words(text: str) -> list[str]:
    return text.split(",") if text else []
