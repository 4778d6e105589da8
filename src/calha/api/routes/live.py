"""Live values by Server-Sent Events and WebSocket.

A stream is a cursor (the last log sequence sent) and a set of series. After each commit it sends the newest values of
the series that changed since its cursor: what is shown is stored, and a slow reader gets the newest values, no backlog.
`Last-Event-ID` (or `since`) resumes: everything that changed meanwhile comes at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

import msgspec
import numpy as np
from fastapi import Header, Query, WebSocket
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

from calha.api.access import POLICY_VIOLATION, Caller, Views
from calha.api.routing import api_router
from calha.api.schemas import SiteId
from calha.api.services import Here, Services, of_websocket
from calha.domain import quality
from calha.domain.errors import NotFound, NotSignedIn
from calha.domain.readings import Micros
from calha.domain.times import to_text

router = api_router("live", "/live")

HEARTBEAT_S = 5.0
RENEW_S = 5.0  # a session that was ended, or a role that was taken, ends or narrows the stream within this time
SHORTEST_TICK_S = 0.02
MAX_FILTERS = 2_000

DevicesFilter = Annotated[str | None, Query(max_length=100_000, description="Device keys, separated by commas.")]
ChannelsFilter = Annotated[str | None, Query(max_length=10_000, description="Channel keys, separated by commas.")]
SiteFilter = Annotated[SiteId | None, Query(description="Only devices in this site and below.")]
WithAlarms = Annotated[bool, Query(description="Alarms of all devices that one may see, whatever the filters.")]
Since = Annotated[
    int | None, Query(ge=0, le=2**63 - 1, description="Log sequence from which to resume; 0 sends all latest values.")
]


@router.get("", response_class=StreamingResponse)
async def stream(
    services: Here,
    caller: Views,
    site: SiteFilter = None,
    device: DevicesFilter = None,
    channel: ChannelsFilter = None,
    alarms: WithAlarms = False,
    since: Since = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Server-Sent Events: `readings` after each commit, `command` and `alarm` with each new state, `status` every 5 s."""
    cursor = int(last_event_id) if last_event_id and last_event_id.isdigit() else since
    messages = _messages(services, _Selection(caller, site, device, channel, alarms), cursor)
    return StreamingResponse(
        _as_events(messages),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.websocket("/ws")
async def socket(
    websocket: WebSocket,
    caller: Views,
    site: SiteFilter = None,
    device: DevicesFilter = None,
    channel: ChannelsFilter = None,
    alarms: WithAlarms = False,
    since: Since = None,
) -> None:
    """The same messages over a WebSocket, which is closed with 1008 when whoever opened it may see nothing any more."""
    services = of_websocket(websocket)
    await websocket.accept()
    selection = _Selection(caller, site, device, channel, alarms)
    sending = asyncio.create_task(_send_all(websocket, services, selection, since))
    hearing = asyncio.create_task(_until_gone(websocket))
    try:
        await asyncio.wait([sending, hearing], return_when=asyncio.FIRST_COMPLETED)
    finally:
        is_refused = sending.done() and sending.exception() is None
        for task in (sending, hearing):
            task.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await task
    if is_refused:
        await websocket.close(POLICY_VIOLATION)


async def _until_gone(websocket: WebSocket) -> None:
    """What a browser says is not listened to."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _may_go_on(selection: "_Selection") -> bool:
    """Whether he who asked for the stream is still signed in."""
    try:
        await selection.renew()
    except (NotSignedIn, NotFound):
        return False
    return True


class _Selection:
    """The series that a stream wants and may have; looked up again when the registry has changed."""

    def __init__(self, caller: Caller, site: int | None, device: str | None, channel: str | None, alarms: bool) -> None:
        self._caller = caller
        self._services = caller.services
        self._site = site
        self._devices = set(device.split(",")[:MAX_FILTERS]) if device else None
        self._channels = set(channel.split(",")[:MAX_FILTERS]) if channel else None
        self._alarms = alarms
        self._version = -1
        self._seen: Mapping[str, Micros] | None = None
        self._series: np.ndarray[Any, np.dtype[np.int64]] | None = None
        self._from = np.zeros(0, np.int64)  # by series: the time from which on it may be shown

    async def renew(self) -> None:
        """Look again at what the caller may see. Raises NotSignedIn."""
        await self._caller.renew()

    def shows(self, kind: str, device: str) -> bool:
        """Whether news of a device belong into the stream."""
        directory, seen = self._services.ingest.directory, self._caller.seen_now()
        if seen is not None and device not in seen:
            return False
        if kind == "alarm" and self._alarms:
            return True
        if self._devices is not None and device not in self._devices:
            return False
        return self._site is None or directory.site_of(device) in directory.tree.below([self._site])

    async def series(self) -> "np.ndarray[Any, np.dtype[np.int64]] | None":
        """Series ids, or None for all."""
        directory = self._services.ingest.directory
        seen = self._caller.seen_now()
        if seen is None and self._site is None and self._devices is None and self._channels is None:
            return None
        if directory.version != self._version or seen != self._seen:
            self._version, self._seen = directory.version, seen
            wanted = self._devices
            if seen is not None:
                wanted = set(seen) if wanted is None else wanted & seen.keys()
            if self._site is not None:
                in_site = await asyncio.to_thread(self._services.registry.device_keys, self._site)
                wanted = in_site if wanted is None else wanted & in_site
            chosen = [
                series
                for series, (key, channel) in directory.names.items()
                if (wanted is None or key in wanted) and (self._channels is None or channel in self._channels)
            ]
            chosen.sort()
            self._series = np.array(chosen, np.int64)
            self._from = np.array([seen[directory.names[one][0]] if seen else 0 for one in chosen], np.int64)
        return self._series

    async def changed_since(self, seq: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """Ids of the series whose newest reading came after a log sequence, and may be shown."""
        latest, series = self._services.telemetry.latest, await self.series()
        changed = latest.changed_since(seq, series)
        if series is None:
            return changed
        shown: np.ndarray[Any, np.dtype[np.int64]] = changed[
            latest.at[changed] >= self._from[np.searchsorted(series, changed)]
        ]
        return shown


async def _messages(
    services: Services, selection: _Selection, since: int | None
) -> AsyncIterator[tuple[str, int, dict[str, Any]]]:
    """(kind, cursor, content) for ever."""
    signal = services.live
    cursor = 0 if since is None else since
    if cursor > signal.seq:  # of another log, before a restore
        cursor = 0
    told = signal.told
    yield "status", cursor, _status(services)
    renewed_at = time.monotonic()
    while True:
        if time.monotonic() - renewed_at > RENEW_S:
            if not await _may_go_on(selection):
                return
            renewed_at = time.monotonic()
        for news in signal.news_since(told):
            told = news.number
            if selection.shows(news.kind, news.device):
                yield news.kind, cursor, dict(news.content)
        seq = signal.seq
        if seq > cursor:
            changed = await selection.changed_since(cursor)
            cursor = seq
            if len(changed):
                yield "readings", seq, {"seq": seq, "readings": _readings(services, changed)}
                await asyncio.sleep(SHORTEST_TICK_S)
        elif not await signal.beyond(cursor, HEARTBEAT_S, told):
            yield "status", cursor, _status(services)


def _readings(services: Services, series: "np.ndarray[Any, Any]") -> list[dict[str, Any]]:
    latest, names = services.telemetry.latest, services.ingest.directory.names
    columns = (
        series.tolist(),
        latest.at[series].tolist(),
        latest.value[series].tolist(),
        latest.quality[series].tolist(),
    )
    return [
        {
            "device": names[number][0],
            "channel": names[number][1],
            "series": number,
            "at": to_text(at),
            "t": at / 1000,
            "value": None if value != value else value,  # NaN
            "quality": quality.label(code),
        }
        for number, at, value, code in zip(*columns, strict=True)
        if number in names
    ]


def _status(services: Services) -> dict[str, Any]:
    total = services.ingest.counters.total
    return {"now": to_text(services.clock()), "seq": services.live.seq, "lag": max(0, total.received - total.ended)}


async def _as_events(messages: AsyncIterator[tuple[str, int, dict[str, Any]]]) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async for kind, seq, content in messages:
        yield b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, kind.encode(), msgspec.json.encode(content))


async def _send_all(websocket: WebSocket, services: Services, selection: _Selection, since: int | None) -> None:
    async for kind, _, content in _messages(services, selection, since):
        await websocket.send_text(msgspec.json.encode({"type": kind, **content}).decode())
