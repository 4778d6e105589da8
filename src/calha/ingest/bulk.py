"""Arrow tables ↔ batches, for imports and exports. pyarrow is loaded only when one runs."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from calha.domain import quality
from calha.domain.directory import Directory
from calha.domain.errors import Malformed
from calha.domain.readings import Batch, Micros
from calha.domain.times import EARLIEST, MAX_AHEAD_US
from calha.ingest.decode import Ranges

REQUIRED = ("device", "channel", "at", "value")


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


def batch_of_table(stream: bytes, directory: Directory, arrived_at: Micros) -> tuple[Batch, Counter[str]]:
    """The readings of an Arrow stream and how many rows were rejected for which reason. Raises Malformed."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(stream).read_all()
        missing = [name for name in REQUIRED if name not in table.column_names]
        if missing:
            raise Malformed(f"columns {', '.join(missing)} are missing; needed are {', '.join(REQUIRED)}", "bad_table")
        series, reasons = _series(table, directory)
        at = _micros(table.column("at"))
        value = table.column("value").cast(pa.float64()).fill_null(float("nan")).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise Malformed(f"not a table of readings: {error}", "bad_table") from None
    codes = _qualities(table, len(series))
    taken = series >= 0
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
    return Ranges(directory).judge(batch), +reasons


def rejected_reasons(rejected: Counter[str]) -> dict[str, int]:
    return {reason: count for reason, count in rejected.items() if count}


def _series(table: Any, directory: Directory) -> "tuple[np.ndarray[Any, np.dtype[np.int64]], Counter[str]]":  # noqa: ANN401
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
    series = lookup[device_index, channel_index]
    rejected = Counter({"unknown_device": int((series == -2).sum()), "undeclared_channel": int((series == -1).sum())})
    return series, rejected


def _micros(column: Any) -> "np.ndarray[Any, np.dtype[np.int64]]":  # noqa: ANN401
    import pyarrow as pa

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _moments(column)
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"), safe=False)
    result: np.ndarray[Any, np.dtype[np.int64]] = column.cast(pa.int64()).fill_null(0).to_numpy()
    return result


def _moments(column: Any) -> Any:  # noqa: ANN401
    """Texts as timestamps. Raises Malformed with the first that is none, which Arrow tells in words of its own."""
    import pyarrow as pa

    moment = pa.timestamp("us", "UTC")
    try:
        return column.cast(moment)
    except pa.ArrowInvalid:
        for row, text in enumerate(column, 1):
            try:
                text.cast(moment)
            except pa.ArrowInvalid:
                told = "no time with a zone; write it as 2026-01-31T12:00:00-03:00"
                raise Malformed(f"at, row {row}: {text.as_py()!r} is {told}", "bad_table") from None
        raise


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
