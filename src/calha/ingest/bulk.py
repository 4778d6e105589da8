"""Arrow tables ↔ batches, for imports and exports. pyarrow is loaded only when one runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from calha.domain import quality
from calha.domain.directory import Directory
from calha.domain.errors import Malformed
from calha.domain.readings import Batch, Micros
from calha.domain.times import EARLIEST, MAX_AHEAD_US
from calha.ingest.decode import Ranges

REQUIRED = ("device", "channel", "at", "value")
UNREADABLE_TIME = "bad_time"


class UnreadableRow(NamedTuple):
    """A row whose time is none. place: in its table, from 0."""

    place: int
    device: str
    channel: str
    at: str
    value: float | None

    @property
    def detail(self) -> str:
        return f"{self.at!r} is no time with a zone; write it as 2026-01-31T12:00:00-03:00"


@dataclass(frozen=True, slots=True)
class Table:
    """What an imported table comes to. rejected: rows by reason; unreadable: those of them whose time is none."""

    batch: Batch
    rejected: Counter[str]
    unreadable: Sequence[UnreadableRow]


def EXPORT_SCHEMA() -> Any:  # noqa: ANN401, N802 - a pyarrow.Schema, made when pyarrow is loaded
    import pyarrow as pa

    name = pa.dictionary(pa.int32(), pa.string())
    moment = pa.timestamp("us", "UTC")
    return pa.schema(
        [
            ("device", name),
            ("channel", name),
            ("unit", name),
            ("at", moment),
            ("value", pa.float64()),
            ("quality", name),
            ("arrived_at", moment),
        ]
    )


def described(part: Any, names: Mapping[int, tuple[str, str]], units: Mapping[int, str]) -> Any:  # noqa: ANN401
    """A record batch of the store (series, event_at, value, quality, arrived_at) with names in place of numbers."""
    import pyarrow as pa

    series, place = np.unique(part.column("series").to_numpy(), return_inverse=True)
    index = pa.array(place, pa.int32())

    def named(texts: list[str]) -> Any:  # noqa: ANN401
        return pa.DictionaryArray.from_arrays(index, pa.array(texts, pa.string()))

    unknown = ("", "")
    codes, code_place = np.unique(part.column("quality").to_numpy(), return_inverse=True)
    moment = pa.timestamp("us", "UTC")
    return pa.record_batch(
        [
            named([names.get(int(number), unknown)[0] for number in series]),
            named([names.get(int(number), unknown)[1] for number in series]),
            named([units.get(int(number), "") for number in series]),
            part.column("event_at").cast(moment),
            part.column("value"),
            pa.DictionaryArray.from_arrays(
                pa.array(code_place, pa.int32()), pa.array([quality.label(int(code)) for code in codes], pa.string())
            ),
            part.column("arrived_at").cast(moment),
        ],
        schema=EXPORT_SCHEMA(),
    )


def batch_of_table(stream: bytes, directory: Directory, arrived_at: Micros) -> Table:
    """The readings of an Arrow stream and which rows were rejected for which reason. Raises Malformed."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(stream).read_all()
        missing = [name for name in REQUIRED if name not in table.column_names]
        if missing:
            raise Malformed(f"columns {', '.join(missing)} are missing; needed are {', '.join(REQUIRED)}", "bad_table")
        series = _series(table, directory)
        at, is_readable = _micros(table.column("at"))
        value = table.column("value").cast(pa.float64()).fill_null(float("nan")).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise Malformed(f"not a table of readings: {error}", "bad_table") from None
    codes = _qualities(table, len(series))
    taken = is_readable & (series >= 0)
    reasons = Counter({reason: int((is_readable & (series == code)).sum()) for code, reason in _UNKNOWN.items()})
    reasons[UNREADABLE_TIME] = int((~is_readable).sum())
    for fault, reason in ((at < EARLIEST, "time_before_2000"), (at > arrived_at + MAX_AHEAD_US, "time_in_future")):
        reasons[reason] += int((taken & fault).sum())
        taken &= ~fault
    batch = Batch(
        series[taken].astype(np.int32),
        at[taken],
        value[taken].copy(),
        codes[taken].astype(np.uint8),
        np.full(int(taken.sum()), arrived_at, np.int64),
    )
    return Table(Ranges(directory).judge(batch), +reasons, list(_unreadable(table, is_readable)))


def rejected_reasons(rejected: Counter[str]) -> dict[str, int]:
    return {reason: count for reason, count in rejected.items() if count}


_UNKNOWN = {-2: "unknown_device", -1: "undeclared_channel"}


def _unreadable(table: Any, is_readable: "np.ndarray[Any, np.dtype[np.bool_]]") -> Iterator[UnreadableRow]:  # noqa: ANN401
    if is_readable.all():
        return
    rows = table.select(REQUIRED)
    for place in np.flatnonzero(~is_readable).tolist():
        device, channel, at, value = (column[place].as_py() for column in rows.columns)
        is_number = value is not None and np.isfinite(value)
        yield UnreadableRow(place, device or "", channel or "", at or "", value if is_number else None)


def _series(table: Any, directory: Directory) -> "np.ndarray[Any, np.dtype[np.int64]]":  # noqa: ANN401
    """Their numbers, in place of which those of _UNKNOWN stand."""
    import pyarrow as pa

    devices = table.column("device").cast(pa.string()).combine_chunks().dictionary_encode()
    channels = table.column("channel").cast(pa.string()).combine_chunks().dictionary_encode()
    device_names, channel_names = devices.dictionary.to_pylist(), channels.dictionary.to_pylist()
    lookup = np.full((len(device_names) + 1, len(channel_names) + 1), -2, np.int64)
    for row, key in enumerate(device_names):
        entry = directory.devices.get(key)
        if entry is None:
            continue
        lookup[row, :] = -1
        for column, name in enumerate(channel_names):
            channel = entry.channels.get(name)
            if channel is not None:
                lookup[row, column] = channel.series
    device_index = devices.indices.fill_null(len(device_names)).to_numpy(zero_copy_only=False)
    channel_index = channels.indices.fill_null(len(channel_names)).to_numpy(zero_copy_only=False)
    found: np.ndarray[Any, np.dtype[np.int64]] = lookup[device_index, channel_index]
    return found


def _micros(column: Any) -> "tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.bool_]]]":  # noqa: ANN401
    """Times, and which of them can be read."""
    import pyarrow as pa

    is_readable = np.ones(len(column), bool)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _moments(column)
        is_readable = column.is_valid().to_numpy(zero_copy_only=False)
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"), safe=False)
    result: np.ndarray[Any, np.dtype[np.int64]] = column.cast(pa.int64()).fill_null(0).to_numpy()
    return result, is_readable


def _moments(column: Any) -> Any:  # noqa: ANN401
    """Texts as timestamps; null for one that is none, which makes Arrow refuse the whole column."""
    import pyarrow as pa

    moment = pa.timestamp("us", "UTC")

    def moment_of(text: Any) -> Any:  # noqa: ANN401 - scalars
        try:
            return text.cast(moment)
        except pa.ArrowInvalid:
            return None

    try:
        return column.cast(moment)
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.array([moment_of(text) for text in column], moment)])


def _qualities(table: Any, rows: int) -> "np.ndarray[Any, np.dtype[np.int64]]":  # noqa: ANN401
    import pyarrow as pa

    if "quality" not in table.column_names:
        return np.zeros(rows, np.int64)
    encoded = table.column("quality").cast(pa.string()).combine_chunks().dictionary_encode()
    codes = [
        int(quality.BY_LABEL.get(name or "good", quality.Quality.UNCERTAIN)) for name in encoded.dictionary.to_pylist()
    ]
    index = encoded.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
    chosen: np.ndarray[Any, np.dtype[np.int64]] = np.array([*codes, 0], np.int64)[index]
    return chosen
