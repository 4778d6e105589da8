"""Event times as devices write them → µs since the epoch, UTC.

A number is told apart by its size: seconds up to 1e11 (year 5138), then milliseconds, microseconds, nanoseconds.
A text is ISO 8601; without a zone it is local time of the device's site. Plausible is from 2000-01-01 until
MAX_AHEAD_US after the arrival.
"""

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import available_timezones

from calha.domain.errors import Malformed

Micros = int  # µs since 1970-01-01T00:00Z

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

EARLIEST: Micros = 946_684_800 * SECOND_US  # 2000-01-01T00:00Z
MAX_AHEAD_US = 5 * MINUTE_US


def is_zone(name: str) -> bool:
    """Whether that is the name of an IANA time zone, as America/Sao_Paulo is."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    """Looked up once: whoever asks Python walks all files of the zones again."""
    return frozenset(available_timezones())


def from_number(number: float) -> Micros:
    """µs UTC of a Unix time in s, ms, µs or ns. Raises Malformed for what is not a finite number."""
    size = abs(number)
    if not size < 1e20:  # also catches NaN
        raise Malformed(f"{number} is not a time", "bad_time")
    if size < 1e11:
        return round(number * 1_000_000)
    if size < 1e14:
        return round(number * 1_000)
    if size < 1e17:
        return int(number)
    return int(number) // 1_000


def from_text(text: str, zone: tzinfo) -> Micros:
    """µs UTC of an ISO 8601 time or of a number written as text; a time without zone is local in `zone`."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return _from_written_number(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return to_micros(moment)


def time_of(said: object, zone: tzinfo) -> Micros:
    """A number or a text as a time; `zone` of texts without one. Raises Malformed."""
    if type(said) in (int, float):
        return from_number(said)  # type: ignore[arg-type]
    if type(said) is str:
        return from_text(said, zone)
    raise Malformed("ts is neither a number nor a text", "bad_time")


def to_micros(moment: datetime) -> Micros:
    """µs UTC of an aware datetime, without the rounding of float seconds."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds


def to_datetime(at: Micros) -> datetime:
    seconds, micros = divmod(at, SECOND_US)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def to_text(at: Micros) -> str:
    """ISO 8601 in UTC with a Z: `2026-01-31T12:00:00Z`, with fractions only where there are any."""
    return to_datetime(at).isoformat().replace("+00:00", "Z")


def require_plausible(at: Micros, arrived_at: Micros) -> Micros:
    """The same time, or Malformed with the reason: in the future, or before 2000."""
    if at < EARLIEST:
        raise Malformed(f"time {to_text(max(at, _FIRST))} is before 2000", "time_before_2000")
    if at > arrived_at + MAX_AHEAD_US:
        raise Malformed(f"time {to_text(min(at, _LATEST))} is more than 5 min in the future", "time_in_future")
    return at


def _from_written_number(text: str) -> Micros:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        raise Malformed(f"{text[:60]!r} is not a time", "bad_time") from None
    return from_number(number)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Micros = -62_135_596_800 * SECOND_US  # year 1, the first that has a text
_LATEST: Micros = 253_402_300_799 * SECOND_US
