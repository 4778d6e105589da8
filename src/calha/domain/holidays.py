"""National holidays of Brazil, on which tariffs by time of use count as Sundays.

Fixed ones stand in the laws of 1949 (662), 1980 (6,802) and 2023 (14,759); Good Friday moves with Easter. Carnival and Corpus
Christi are no national holidays by law. A utility's own days belong into its tariff.
"""

from datetime import date, timedelta
from functools import lru_cache

_FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_BLACK_AWARENESS, _SINCE = (11, 20), 2024


@lru_cache(maxsize=200)
def national_holidays(year: int) -> frozenset[date]:
    """The national holidays of a year."""
    days = {date(year, month, day) for month, day in _FIXED}
    days.add(easter(year) - timedelta(days=2))
    if year >= _SINCE:
        days.add(date(year, *_BLACK_AWARENESS))
    return frozenset(days)


def easter(year: int) -> date:
    """Easter Sunday. Source: the anonymous Gregorian algorithm (Nature, 1876)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)
