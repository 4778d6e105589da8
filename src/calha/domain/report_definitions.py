"""What a report is asked for: its kind, period, place, sensors and language. Pure.

Rule 1: a relative period is worked out anew each time, in the report's zone. Those that begin with "last" are over, but for
        the last 24 hours; today and what begins with "this" reach until now. A week begins on the day that the period says.
Rule 2: a day that is named belongs to the period whole, the last one too; a time of day ends it exactly there.
Rule 3: a new kind is a line in STEPS_OF, and a module in `reports/kinds`.
Rule 4: a filter that a kind would not heed is refused, so that nobody takes a whole for a part.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from calha.domain.errors import Malformed
from calha.domain.readings import Micros
from calha.domain.times import HOUR_US, SECOND_US, from_text, to_datetime, to_micros

ReportKind = Literal[
    "flow", "consumption", "water_balance", "data_quality", "alarms", "anomalies", "machines", "cleanings"
]
Filter = Literal["devices", "channels", "qualities"]
ReportStep = Literal["raw", "15m", "1h", "1d", "1mo"]
ReportFormat = Literal["pdf", "xlsx", "csv"]
CsvStyle = Literal["semicolon", "rfc4180"]
Severity = Literal["good", "uncertain", "bad"]
ReportLanguage = Literal["pt-BR", "en"]
Relative = Literal[
    "today",
    "yesterday",
    "last_24_hours",
    "last_7_days",
    "last_30_days",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
]

WeekDay = Literal["monday", "saturday", "sunday"]  # on which the weeks of all countries begin, but for one

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
STEPS_OF: dict[ReportKind, tuple[ReportStep, ...]] = {
    "flow": ("raw", "1h", "1d"),
    "consumption": ("15m", "1h", "1d", "1mo"),
    "water_balance": ("1h", "1d", "1mo"),
    "data_quality": ("1d",),
    "alarms": ("raw", "1d"),
    "anomalies": ("raw", "1d"),
    "machines": ("1h", "1d", "1mo"),
    "cleanings": ("raw",),
}
IGNORED: Mapping[ReportKind, tuple[Filter, ...]] = {
    "water_balance": ("devices", "channels", "qualities"),  # a balance of some of its meters balances nothing
    "alarms": ("channels", "qualities"),  # an alarm may look at several channels
    "anomalies": ("qualities",),
    "machines": ("channels", "qualities"),  # what a machine did follows from all its channels
    "cleanings": ("channels", "qualities"),
}
LATEST: Micros = 7_258_118_400 * SECOND_US  # 2200-01-01
MAX_NAMED = 200  # devices, and channels, that a definition names

_DAYS_BACK: dict[str, int] = {"last_7_days": 7, "last_30_days": 30}
_WEEK_BEGINS: Mapping[WeekDay, int] = {"monday": 0, "saturday": 5, "sunday": 6}
_DATE_LENGTH = len("2026-01-31")


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Either relative, or from a day or local time to another. week_begins: of a relative one that speaks of weeks."""

    relative: Relative | None = None
    from_: str = msgspec.field(default="", name="from")
    to: str = ""
    week_begins: WeekDay = "monday"

    def window(self, zone: ZoneInfo, now: Micros) -> tuple[Micros, Micros]:
        """Begin, and end exclusive. Raises Malformed."""
        if (self.relative is None) == (not self.from_ or not self.to):
            raise Malformed("a period is either relative, or has `from` and `to`", "bad_period")
        since, until = self._named(zone) if self.relative is None else self._relative(self.relative, zone, now)
        if since >= until:
            raise Malformed("`from` must lie before `to`", "bad_time")
        return since, until

    def _named(self, zone: ZoneInfo) -> tuple[Micros, Micros]:
        since, until = (_bounded(from_text(text, zone)) for text in (self.from_, self.to))
        if len(self.to) != _DATE_LENGTH:
            return since, until
        last = to_datetime(until).astimezone(zone).date()
        return since, _midnight(last + timedelta(days=1), zone)

    def _relative(self, name: Relative, zone: ZoneInfo, now: Micros) -> tuple[Micros, Micros]:
        today = to_datetime(now).astimezone(zone).date()
        if name == "last_24_hours":
            return now - 24 * HOUR_US, now
        if name in _DAYS_BACK:
            return _midnight(today - timedelta(days=_DAYS_BACK[name]), zone), _midnight(today, zone)
        begin, before = _begins(name, today, _WEEK_BEGINS[self.week_begins])
        if name.startswith("this") or name == "today":
            return _midnight(begin, zone), now
        return _midnight(before, zone), _midnight(begin, zone)


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """site_id: there and below. devices, channels: keys; all that fit the kind when empty. zone: the site's when empty.

    step: how values are put together; raw for each reading. csv: how a CSV file is written.
    """

    kind: ReportKind
    period: Period
    site_id: int
    devices: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    qualities: tuple[Severity, ...] = SEVERITIES
    step: ReportStep = "1d"
    language: ReportLanguage = "pt-BR"
    zone: str = ""
    csv: CsvStyle = "semicolon"

    def require_possible(self) -> None:
        """Raises Malformed for what no report can be made of."""
        if self.step not in STEPS_OF[self.kind]:
            raise Malformed(f"a {self.kind} report knows the steps {', '.join(STEPS_OF[self.kind])}", "bad_step")
        if not self.qualities:
            raise Malformed("name at least one quality", "no_quality")
        if max(len(self.devices), len(self.channels)) > MAX_NAMED:
            raise Malformed(f"a report names at most {MAX_NAMED} devices and channels", "too_many_named")
        for name in IGNORED.get(self.kind, ()):
            if self.has(name):
                raise Malformed(f"a {self.kind} report cannot be made of some {name} only: name none", "no_filter")

    def has(self, name: Filter) -> bool:
        """Whether the report is asked for a part only, by a filter."""
        return set(self.qualities) != set(SEVERITIES) if name == "qualities" else bool(getattr(self, name))


def _bounded(at: Micros) -> Micros:
    if not 0 <= at < LATEST:
        raise Malformed("a report begins after 1970 and ends before 2200", "bad_period")
    return at


def _begins(name: Relative, today: date, week_begins: int) -> tuple[date, date]:
    """Of the day, week, month or year that runs, and of the one before it. week_begins: 0 for Monday."""
    if name in ("today", "yesterday"):
        return today, today - timedelta(days=1)
    if name.endswith("week"):
        first = today - timedelta(days=(today.weekday() - week_begins) % 7)
        return first, first - timedelta(days=7)
    if name.endswith("month"):
        first = today.replace(day=1)
        return first, (first - timedelta(days=1)).replace(day=1)
    return date(today.year, 1, 1), date(today.year - 1, 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> Micros:
    return to_micros(datetime.combine(day, time(), zone))
