"""Which segments are written anew, and with which boundaries. Pure planning; `telemetry` carries it out.

Late readings of the past go into the segments to which they belong; complete days leave the hot table and join the last
segment while that is small. Whatever would grow beyond MAX_ROWS is cut between days (a day that alone is larger, between
hours), so that no rewrite is larger than one segment and a back-filled year becomes several.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US
from calha.store.telemetry.segments import Segment

TARGET_ROWS = 8_000_000  # a segment grows until it has this many
MAX_ROWS = 12_000_000


@dataclass(frozen=True, slots=True)
class Rewrite:
    """[from_at, until_at) is to be written anew from a segment (None: there is none yet) and the hot table."""

    segment: Segment | None
    from_at: Micros
    until_at: Micros
    rows: int


def plan(
    segments: Sequence[Segment],
    hot_by_hour: Mapping[int, int],
    until: Micros,
    merge_late: bool,
    unreadable: Collection[Segment] = (),
) -> list[Rewrite]:
    """hot_by_hour: number of readings in the hot table before max(until, horizon), by hour since 1970.

    An unreadable segment is left as it is, or what could come back would be forgotten; its late readings stay hot.
    """
    rewrites: list[Rewrite] = []
    begin: Micros = 0
    for segment in segments:
        late = _rows(hot_by_hour, begin, segment.until_at)
        if late and merge_late and segment not in unreadable:
            rewrites.append(Rewrite(segment, begin, segment.until_at, segment.rows + late))
        begin = segment.until_at
    recent = _rows(hot_by_hour, begin, until)
    if not recent:
        return rewrites
    last = segments[-1] if segments else None
    if last is None or last in unreadable or last.rows >= TARGET_ROWS:
        return [*rewrites, Rewrite(None, begin, until, recent)]
    before = segments[-2].until_at if len(segments) > 1 else 0
    late = _rows(hot_by_hour, before, last.until_at)
    return [
        *(one for one in rewrites if one.segment is not last),
        Rewrite(last, before, until, last.rows + late + recent),
    ]


def needs_cutting(rewrite: Rewrite) -> bool:
    return rewrite.rows > MAX_ROWS


def cuts(rows_by_hour: Mapping[int, int], from_at: Micros, until_at: Micros) -> list[tuple[Micros, Micros]]:
    """[from_at, until_at) in parts of about TARGET_ROWS, whole days where a day is not larger than that."""
    parts: list[tuple[Micros, Micros]] = []
    begin, rows = from_at, 0
    for start, count in _pieces(rows_by_hour):
        if rows and rows + count > TARGET_ROWS and from_at < start < until_at:
            parts.append((begin, start))
            begin, rows = start, 0
        rows += count
    return [*parts, (begin, until_at)]


def _pieces(rows_by_hour: Mapping[int, int]) -> list[tuple[Micros, int]]:
    """(begin, rows) of the days, and of the hours of days that are too large."""
    days: dict[int, dict[int, int]] = {}
    for hour, count in sorted(rows_by_hour.items()):
        days.setdefault(hour // 24, {})[hour] = count
    pieces: list[tuple[Micros, int]] = []
    for day, hours in days.items():
        if sum(hours.values()) <= TARGET_ROWS:
            pieces.append((day * DAY_US, sum(hours.values())))
        else:
            pieces += [(hour * HOUR_US, count) for hour, count in hours.items()]
    return pieces


def _rows(by_hour: Mapping[int, int], from_at: Micros, until_at: Micros) -> int:
    return sum(count for hour, count in by_hour.items() if from_at <= hour * HOUR_US < until_at)
