"""What a timeline is made of: plain frozen rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self, get_args

from calha.domain.errors import Malformed
from calha.domain.profiles import Text
from calha.domain.readings import Micros

Kind = Literal["alarm", "anomaly", "command", "connection", "validation", "meter", "record"]
Severity = Literal["info", "warning", "low", "medium", "high", "critical"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MAX_AT: Final = 253_402_300_799_000_000  # the last second of the year 9999, as far as databases know times


class Place(NamedTuple):
    """Where an entry stands among all: by time, then by the source that it comes from, then by its number there."""

    at: Micros
    source: int
    number: int

    def __str__(self) -> str:
        return f"{self.at}.{self.source}.{self.number}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises Malformed."""
        try:
            at, source, number = (int(part) for part in text.split("."))
        except ValueError:
            at = source = number = -1
        if not (0 <= at <= MAX_AT and source >= 0 and 0 <= number < 2**63):
            raise Malformed(f"{text[:60]!r} is not a place to go on from", "bad_cursor")
        return cls(at, source, number)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened.

    until: where it lasted. what: the act, kind or rule, as its own page names it. text: in words, where it has some. channels:
    those it speaks of, the first one first; none where it is about the device. severity: an alarm's priority while it is about
    its condition. about: number of the alarm, anomaly, exception, edit; id of the command.
    """

    place: Place
    kind: Kind
    until: Micros | None
    what: str
    text: str | Text
    channels: Sequence[str]
    severity: Severity
    about: str
    author: str
    note: str

    @property
    def at(self) -> Micros:
        return self.place.at
