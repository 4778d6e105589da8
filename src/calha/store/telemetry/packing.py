"""How values lie in a cold file: decimals as whole numbers, exactly.

A meter's 15304.217 is a double of 8 bytes that no encoding shortens well; 15304217 follows its neighbour by 12 bits. So a
value that is a whole number divided by a power of ten is kept as that whole number (`scaled`), with the power in `unit`,
one for a series in a file. Division gives back the same double, because it rounds as the reading of the decimal text did; a
value for which it does not (NaN, a third, a float's digits) stays as it is, in `value`.
"""

from collections.abc import Sequence

ROW_GROUP = 61_440  # small enough that one series of a thousand costs one or two of them
# Times have thousands of distinct values, regular ones: a dictionary of them is larger than their differences.
DICTIONARY = 2_000
OPTIONS = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 6, PARQUET_VERSION v2, "
    f"ROW_GROUP_SIZE {ROW_GROUP}, DICTIONARY_SIZE_LIMIT {DICTIONARY}"
)
MAX_DECIMALS = 6
_EXACT = 9e15  # whole numbers up to here are doubles


def packed(source: str) -> str:
    """The rows of a query (series, event_at, value, quality, delay) as a file holds them, by series and time."""
    decimals = " ".join(
        f"WHEN value = round(value * 1e{count}) / 1e{count} THEN {count}" for count in range(MAX_DECIMALS + 1)
    )
    return f"""
        WITH source AS ({source}),
        units AS (SELECT series, coalesce(pow(10, max(CASE {decimals} END)), 1) AS unit FROM source GROUP BY series),
        wholes AS (SELECT *, round(value * unit) AS whole FROM source JOIN units USING (series)),
        judged AS (SELECT *, abs(whole) < {_EXACT} AND whole / unit = value AS is_exact FROM wholes)
        SELECT series, event_at, CASE WHEN is_exact THEN whole::BIGINT END AS scaled, unit,
            CASE WHEN NOT is_exact THEN value END AS value, quality, delay
        FROM judged ORDER BY series, event_at
    """


def cold_rows(paths: Sequence[str]) -> str:
    """A query for (series, event_at, value, quality, delay) of some files."""
    return f"""
        SELECT series, event_at, coalesce(scaled / unit, value) AS value, quality, delay
        FROM read_parquet([{quoted(paths)}])
    """


def quoted(paths: Sequence[str]) -> str:
    """Paths as SQL texts."""
    return ", ".join("'" + path.replace("'", "''") + "'" for path in paths)


def is_one_of(series: Sequence[int]) -> str:
    """A condition that DuckDB checks against the statistics of row groups before it reads them."""
    if not series:
        return "false"
    if len(series) == 1:
        return f"series = {int(series[0])}"
    listed = ", ".join(str(int(number)) for number in series)
    return f"series IN ({listed}) AND series BETWEEN {int(min(series))} AND {int(max(series))}"
