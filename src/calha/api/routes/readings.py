"""Readings go out: history of a device as JSON, CSV or Arrow, and the latest values."""

import asyncio
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from fastapi import Query, Request
from starlette.responses import Response

from calha.api.access import Views, ViewsDevice
from calha.api.curve_reads import note_curve_reads
from calha.api.period import From, To
from calha.api.routing import api_router
from calha.api.schemas import LatestReading, Page, Readings, SiteId
from calha.api.services import Here
from calha.domain import quality
from calha.domain.access import Periods
from calha.domain.errors import Malformed, NotFound, TooLarge
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, from_text, to_datetime, to_text
from calha.reports.cells import harmless
from calha.store.telemetry import Columns

router = api_router("readings")

Resolution = Literal["raw", "1m", "15m", "1h", "1d"]
Aggregate = Literal["mean", "min", "max", "sum", "first", "last", "count"]

MAX_POINTS = 100_000
MAX_ROWS_IN_MEMORY = 2_000_000
DEFAULT_POINTS = 1_000
GAP_FACTOR = 3.0  # a hole longer than this many usual intervals is a gap (domain: k × period)
_ARROW = "application/vnd.apache.arrow.stream"

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            _ARROW: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}


@router.get("/devices/{key}/readings", responses=_ANSWERS, response_model=Readings)
async def read_readings(
    key: str,
    services: Here,
    request: Request,
    caller: ViewsDevice,
    channel: Annotated[str | None, Query(description="Channel keys, separated by commas; all when missing.")] = None,
    from_: From = None,
    to: To = None,
    resolution: Annotated[Resolution | None, Query(description="Exactly this; otherwise chosen by `points`.")] = None,
    points: Annotated[int | None, Query(ge=10, le=MAX_POINTS, description="About so many; extremes are kept.")] = None,
    agg: Annotated[Aggregate, Query(description="What `value` is when readings are aggregated.")] = "mean",
) -> Response:
    """A device's history, in the form that `Accept` asks for."""
    device = await asyncio.to_thread(services.registry.device, key)
    zone = ZoneInfo(device.zone)
    until = from_text(to, zone) if to else services.clock() + 1
    since = from_text(from_, zone) if from_ else until - DAY_US
    if since >= until:
        raise Malformed("`from` must lie before `to`", "bad_time")
    since, until = visible(caller.reach().periods(key, device.site_id), since, until)
    await note_curve_reads(caller, [key], since, until)
    channels = _channels(device.channels, channel)
    if resolution is None and points is None:
        points = DEFAULT_POINTS
    found = await asyncio.to_thread(
        services.telemetry.readings,
        [one.series for one in channels],
        since,
        until,
        points=points,
        resolution=resolution,
        zone=zone,
    )
    if sum(len(columns.at) for columns in found.values()) > MAX_ROWS_IN_MEMORY:
        raise TooLarge(
            "more than two million readings; ask for a shorter time, a resolution, or `calha export`",
            "too_many_readings",
        )
    names = {one.series: one for one in channels}
    accept = request.headers.get("accept", "")
    if "text/csv" in accept:
        body = await asyncio.to_thread(_csv, names, found, agg)
        return Response(body, media_type="text/csv; charset=utf-8", headers=_attachment(f"{key}.csv"))
    if _ARROW in accept:
        return Response(await asyncio.to_thread(_arrow, names, found, agg), media_type=_ARROW)
    content = readings_content(key, channels, found, since, until, agg)
    return Response(await asyncio.to_thread(msgspec.json.encode, content), media_type="application/json")


@router.get("/latest")
def read_latest(
    services: Here,
    caller: Views,
    site: Annotated[SiteId | None, Query(description="Only devices in this site and below.")] = None,
    device: Annotated[str | None, Query(description="Device keys, separated by commas.")] = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="Series id after which to go on.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Page[LatestReading]:
    """The newest reading of every series, by series id."""
    latest, names = services.telemetry.latest, services.ingest.directory.names
    wanted = set(device.split(",")) if device else None
    if site is not None:
        in_site = services.registry.device_keys(site)
        wanted = in_site if wanted is None else wanted & in_site
    seen = caller.seen_now()
    if seen is not None:
        wanted = set(seen) if wanted is None else wanted & seen.keys()
    changed = latest.changed_since(-1, None)
    items: list[LatestReading] = []
    for series in changed[changed > after].tolist():
        if series not in names or (wanted is not None and names[series][0] not in wanted):
            continue
        if seen is not None and int(latest.at[series]) < seen[names[series][0]]:
            continue
        if len(items) == limit:
            return Page(items=items, next=str(items[-1].series))
        value = float(latest.value[series])
        items.append(
            LatestReading(
                device=names[series][0],
                channel=names[series][1],
                series=series,
                at=to_datetime(int(latest.at[series])),
                arrived_at=to_datetime(int(latest.arrived_at[series])),
                value=None if np.isnan(value) else value,
                quality=quality.label(int(latest.quality[series])),
            )
        )
    return Page(items=items, next=None)


def visible(periods: Periods, since: Micros, until: Micros) -> tuple[Micros, Micros]:
    """The newest part of a window that lies in one of the periods; empty at its end when there is none."""
    for from_at, until_at in reversed(periods):
        first, last = max(since, from_at), until if until_at is None else min(until, until_at)
        if first < last:
            return first, last
    return until, until


def _channels(channels: Any, wanted: str | None) -> list[Any]:  # noqa: ANN401
    if not wanted:
        return list(channels)
    by_key = {one.key: one for one in channels}
    missing = [key for key in wanted.split(",") if key not in by_key]
    if missing:
        raise NotFound(
            f"no channel {', '.join(missing)}; there are {', '.join(by_key) or 'none'}",
            "unknown_channel",
            channel=", ".join(missing),
        )
    return [by_key[key] for key in wanted.split(",")]


def _value(columns: Columns, agg: Aggregate) -> "np.ndarray[Any, Any]":
    if columns.resolution == "raw":
        return columns.value
    chosen = {
        "mean": columns.value,
        "min": columns.minimum,
        "max": columns.maximum,
        "sum": columns.total,
        "first": columns.first,
        "last": columns.last,
        "count": columns.count,
    }[agg]
    assert chosen is not None
    return chosen


def readings_content(
    device: str, channels: Iterable[Any], found: Mapping[int, Columns], since: Micros, until: Micros, agg: Aggregate
) -> dict[str, Any]:
    """History as `schemas.Readings` has it. found: by series."""
    names = {one.series: one for one in channels}
    return {
        "device": device,
        "from": to_text(since),
        "to": to_text(until),
        "resolution": max(found.values(), key=lambda columns: columns.bucket_us).resolution if found else "raw",
        "series": [_series(names[number], columns, agg) for number, columns in found.items()],
    }


def _series(channel: Any, columns: Columns, agg: Aggregate) -> dict[str, Any]:  # noqa: ANN401
    content: dict[str, Any] = {
        "channel": channel.key,
        "unit": channel.unit,
        "kind": channel.kind,
        "t": (columns.at / 1000).tolist(),
        "value": _nullable(_value(columns, agg)),
        "quality": [_LABELS[code] for code in columns.quality.tolist()],
        "gap_ms": gap_ms(columns),
        "min": None,
        "max": None,
    }
    if columns.resolution != "raw" and columns.minimum is not None and columns.maximum is not None:
        content["min"], content["max"] = _nullable(columns.minimum), _nullable(columns.maximum)
    return content


def gap_ms(columns: Columns) -> float | None:
    """Distance between points above which there is a gap: three usual intervals, or three buckets."""
    if columns.bucket_us:
        return GAP_FACTOR * columns.bucket_us / 1000
    if len(columns.at) < 3:
        return None
    return GAP_FACTOR * float(np.median(np.diff(columns.at))) / 1000


def _nullable(values: "np.ndarray[Any, Any]") -> list[float | None]:
    listed: list[float | None] = values.tolist()
    if values.dtype.kind == "f" and np.isnan(values).any():
        return [None if value != value else value for value in listed]  # NaN
    return listed


def _rows(names: Mapping[int, Any], found: Mapping[int, Columns], agg: Aggregate) -> Iterator[tuple[Any, Columns, Any]]:
    for series, columns in found.items():
        yield names[series], columns, _value(columns, agg)


def _csv(names: Mapping[int, Any], found: Mapping[int, Columns], agg: Aggregate) -> bytes:
    """`channel,unit,at,value,quality` lines; times ISO 8601 UTC."""
    out = io.StringIO()
    out.write("channel,unit,at,value,quality\r\n")
    for channel, columns, values in _rows(names, found, agg):
        prefix = f"{csv_cell(channel.key)},{csv_cell(channel.unit)}"
        times = np.datetime_as_string(columns.at.astype("datetime64[us]"), unit="ms").tolist()
        out.writelines(
            f"{prefix},{at}Z,{'' if value is None else value},{_LABELS[code]}\r\n"
            for at, value, code in zip(times, _nullable(values), columns.quality.tolist(), strict=True)
        )
    return out.getvalue().encode()


def _arrow(names: Mapping[int, Any], found: Mapping[int, Columns], agg: Aggregate) -> bytes:
    import pyarrow as pa  # 25 MB that an idle Calha does without

    tables = [
        pa.table(
            {
                "channel": pa.array([channel.key] * len(columns.at), pa.string()),
                "at": pa.array(columns.at, pa.timestamp("us", "UTC")),
                "value": pa.array(values, pa.float64()),
                "quality": pa.array(columns.quality, pa.uint8()),
            }
        )
        for channel, columns, values in _rows(names, found, agg)
    ]
    sink = io.BytesIO()
    schema = pa.schema(
        [("channel", pa.string()), ("at", pa.timestamp("us", "UTC")), ("value", pa.float64()), ("quality", pa.uint8())]
    )
    with pa.ipc.new_stream(sink, schema) as writer:
        for table in tables:
            writer.write_table(table)
    return sink.getvalue()


def csv_cell(text: str) -> str:
    """A CSV cell: quoted where needed, and never a formula for a spreadsheet."""
    text = harmless(text)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


_LABELS = [quality.label(code) for code in range(256)]
