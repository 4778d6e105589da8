"""Readings of the past for checks, some series at a time: while one part is looked at, the next is read.

Parts are small: what the database hands over for them fits the processor's caches, which is quicker than all at once.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from calha.domain.readings import Micros
from calha.store.telemetry import Telemetry
from calha.watch.alarms.checks import Check
from calha.watch.alarms.replay import Track

SERIES_AT_ONCE = 25

Looked = tuple[Check, Sequence[int]]
"""A check, and the series that it looks at: of silence all that the device has."""


def tracks(telemetry: Telemetry, series: Sequence[int], from_at: Micros, until: Micros) -> dict[int, Track]:
    """All readings of some series. Raises StoreUnavailable."""
    read = telemetry.readings(series, from_at, until, resolution="raw")
    return {one: Track(read[one].at, read[one].value, read[one].quality) for one in series}


def in_parts(
    telemetry: Telemetry, looked: Sequence[Looked], from_at: Micros, until: Micros
) -> Iterator[tuple[Check, list[Track]]]:
    """Each check with the readings of its inputs. Raises StoreUnavailable."""
    parts = list(_parts(looked))
    with ThreadPoolExecutor(1) as reader:
        coming = [reader.submit(tracks, telemetry, _series(part), from_at, until) for part in parts[:1]]
        for place, part in enumerate(parts):
            read = coming.pop().result()
            coming += [
                reader.submit(tracks, telemetry, _series(after), from_at, until)
                for after in parts[place + 1 : place + 2]
            ]
            for check, series in part:
                yield check, _inputs(check, series, read)


def with_design(check: Check) -> tuple[int, ...]:
    """The series of a check's inputs, and that of the state that suppresses it."""
    return check.inputs if check.design is None else (*check.inputs, check.design)


def _parts(looked: Sequence[Looked]) -> Iterator[list[Looked]]:
    part: list[Looked] = []
    for one in looked:
        if part and len(_series([*part, one])) > SERIES_AT_ONCE:
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def _series(looked: Sequence[Looked]) -> list[int]:
    return sorted({number for _, series in looked for number in series})


def _inputs(check: Check, series: Sequence[int], read: dict[int, Track]) -> list[Track]:
    """The tracks of a check; of silence one track of all that the device reported."""
    if check.inputs:
        return [read[one] for one in with_design(check)]
    at = np.unique(np.concatenate([read[one].at for one in series])) if series else np.zeros(0, np.int64)
    return [Track(at, np.zeros(len(at)), np.zeros(len(at), np.uint8))]
