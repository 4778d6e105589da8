"""When something is due that repeats: five cron fields, read in a zone.

Where the clock skips the time it is due right after; a time that comes twice is due once, but for jobs of every hour or less.
"""

from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.times import MINUTE_US, to_datetime, to_micros

LEAST_APART_US = 15 * MINUTE_US
LOOKED_AT = 100  # times that are looked at for whether they are too close
MAX_LENGTH = 100


def next_due(cron: str, zone: ZoneInfo, after: Micros) -> Micros:
    """The first time after another. Raises Malformed for what is no schedule, or never comes."""
    try:
        return to_micros(next(CronSim(cron[:MAX_LENGTH], to_datetime(after).astimezone(zone))))
    except (CronSimError, StopIteration, ValueError, OverflowError):
        raise Malformed(
            f"{cron[:MAX_LENGTH]!r} is no schedule; write minute, hour, day, month, weekday: `0 7 * * 1` is Mondays at 7:00",
            "bad_schedule",
        ) from None


def require_calm(cron: str, zone: ZoneInfo, after: Micros) -> None:
    """Raises Malformed for a schedule that comes too often."""
    at = next_due(cron, zone, after)
    for _ in range(LOOKED_AT):
        later = next_due(cron, zone, at)
        if later - at < LEAST_APART_US:
            least = LEAST_APART_US // MINUTE_US
            raise Malformed(f"{cron!r} comes more often than every {least} minutes", "schedule_too_often")
        at = later
