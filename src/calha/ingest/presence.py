"""Watches which devices report: looks every few seconds at when each was last heard, and tells who falls silent.

Nothing is done for a reading. What was learnt, and who was known to be silent, is kept in a file of the data folder.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calha.domain.directory import DeviceEntry, Directory
from calha.domain.errors import LogUnavailable
from calha.domain.presence import Cause, Hearing, Rhythm, State, judge
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, to_text
from calha.ingest.service import Ingest
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
ASLEEP_S = 30.0  # between two looks
CONNECTIONS_EVERY_S = 10.0
CONNECTIONS_SHARE = 100  # asking may take one part in so many of the time
SAVE_EVERY_S = 60.0
SAVE_SOON_S = 5.0  # after something was announced, which must not be announced again
MAX_EVENTS_A_LOOK = 50  # above that, one event for all
FILE_NAME = "presence.json"

StateName = Literal["never", "online", "late", "silent"]
HEARD = ("online", "late")
CauseName = Literal["device", "site", "broker", "platform", "gateway"]
Tell = Callable[[str, str, Mapping[str, Any]], None]


class Presence(NamedTuple):
    """expected_interval_s: None until it is known. connected: None where that cannot be known."""

    state: StateName
    cause: CauseName | None
    last_seen_at: Micros | None
    expected_interval_s: float | None
    connected: bool | None

    @property
    def is_online(self) -> bool:
        """As far as is known: it reports about as often as it usually does, or holds a connection."""
        return self.state in HEARD or self.connected is True


@dataclass(frozen=True)
class Senses:
    """What is asked of the rest of Calha. fault: what hinders hearing now. names: of the open MQTT connections, None where
    they cannot be known. is_connected: whether a device holds an MQTT connection at this moment. Both raise LogUnavailable.
    speakers: devices on open TCP connections, and those that are read over one. tell: to the live streams.
    """

    fault: Callable[[], Cause]
    names: Callable[[], Awaitable[set[str]]] | None
    is_connected: Callable[[str], Awaitable[bool]]
    speakers: Callable[[], Collection[str]]
    tell: Tell
    clock: Callable[[], Micros]


@dataclass
class _Rows:
    """One row a device. told: the cause with which its silence was announced."""

    directory: Directory
    index: dict[str, int]
    site: NDArray[np.int64]
    gateway: NDArray[np.int64]
    seen_at: NDArray[np.int64]
    told: NDArray[np.uint8]
    state: NDArray[np.uint8]
    cause: NDArray[np.uint8]
    rhythm: Rhythm


class PresenceWatch:
    def __init__(self, ingest: Ingest, telemetry: Telemetry, registry: Registry, senses: Senses, folder: Path) -> None:
        self._ingest = ingest
        self._telemetry = telemetry
        self._registry = registry
        self._senses = senses
        self._path = folder / FILE_NAME
        self._rows = _no_rows()
        self._hearing_since = senses.clock()
        self._last_fault = Cause.PLATFORM
        self._looked_at = self._hearing_since
        self._has_announced = False
        self._names: set[str] | None = None
        self._speakers: set[str] = set()

    async def run(self, beat: Callable[[], None]) -> None:
        """Watch until cancelled."""
        kept = await asyncio.to_thread(_read, self._path)
        await self._follow(kept)
        asking = asyncio.create_task(self._follow_connections(), name="connections")
        saved_at = time.monotonic()
        try:
            while True:
                beat()
                if asking.done():
                    asking.result()
                if self._ingest.directory is not self._rows.directory:
                    await self._follow({})
                await self.look()
                if time.monotonic() - saved_at > (SAVE_SOON_S if self._has_announced else SAVE_EVERY_S):
                    self._has_announced = False
                    await asyncio.to_thread(self._save)
                    saved_at = time.monotonic()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            asking.cancel()
            self._save()

    def of(self, device: str) -> Presence | None:
        """None for a device that is not registered."""
        rows = self._rows
        row, entry = rows.index.get(device), self._ingest.directory.devices.get(device)
        before = rows.directory.devices.get(device)
        is_another = entry is not None and before is not None and _is_reborn(entry, before)
        if row is None or is_another:  # registered since the last look, if at all
            is_known = entry is not None
            return Presence("never", None, None, None, self._is_connected(device)) if is_known else None
        interval_s = float(rows.rhythm.interval_s[row])
        state, cause, seen_at = _STATE_NAMES[rows.state[row]], Cause(rows.cause[row]), int(rows.seen_at[row])
        last = self._ingest.last_message(device)
        if last is not None and last.message.arrived_at > seen_at:  # heard since the last look
            state, cause, seen_at = "online", Cause.NONE, last.message.arrived_at
        return Presence(
            state,
            _CAUSE_NAMES[cause],
            seen_at or None,
            None if np.isnan(interval_s) else round(interval_s, 1),
            self._is_connected(device),
        )

    async def is_online(self, device: str) -> bool:
        """Whether a device is online; of one that is not heard, its connection is asked for once more."""
        found = self.of(device)
        if found is None or found.state in HEARD:
            return found is not None
        try:
            return await self._senses.is_connected(device)
        except LogUnavailable:
            return False

    def states(self) -> dict[str, StateName]:
        """The state of each device."""
        rows = self._rows
        return {key: _STATE_NAMES[state] for key, state in zip(rows.index, rows.state.tolist(), strict=True)}

    def judged(self) -> dict[str, tuple[StateName, CauseName | None]]:
        """State and cause of each device."""
        rows = self._rows
        columns = (rows.index, rows.state.tolist(), rows.cause.tolist())
        return {
            key: (_STATE_NAMES[state], _CAUSE_NAMES[Cause(cause)]) for key, state, cause in zip(*columns, strict=True)
        }

    async def look(self) -> None:
        """Judge every device by what was heard until now."""
        rows, now = self._rows, self._senses.clock()
        self._note_hearing(now)
        self._speakers = set(self._senses.speakers())
        self._hear(rows)
        known = rows.told != Cause.NONE
        hearing = Hearing(now, self._hearing_since, self._senses.fault(), self._last_fault)
        state, cause = judge(rows.seen_at, rows.rhythm.interval_s, rows.site, rows.gateway, known, hearing)
        changed = np.flatnonzero((state != rows.state) | (cause != rows.cause))
        rows.state, rows.cause = state, cause
        self._tell_live(rows, changed)
        await self._announce(rows)

    def _note_hearing(self, now: Micros) -> None:
        fault = self._senses.fault()
        was_asleep = not 0 <= now - self._looked_at < ASLEEP_S * SECOND_US  # the machine, or its clock was set
        self._looked_at = now
        if fault is not Cause.NONE or was_asleep:
            self._hearing_since, self._last_fault = now, fault or Cause.PLATFORM

    def _hear(self, rows: _Rows) -> None:
        before = rows.seen_at
        last = self._ingest.last_message
        messages = (last(key) for key in rows.index)
        heard = np.fromiter((0 if one is None else one.message.arrived_at for one in messages), np.int64, len(before))
        rows.seen_at = np.maximum(before, heard)
        came = np.flatnonzero((rows.seen_at > before) & (before >= self._hearing_since))
        if len(came):
            rows.rhythm.take(came, (rows.seen_at[came] - before[came]) / SECOND_US)

    def _tell_live(self, rows: _Rows, changed: NDArray[np.int64]) -> None:
        if not 0 < len(changed) <= MAX_EVENTS_A_LOOK:
            return
        keys = list(rows.index)
        for row in changed.tolist():
            found = self.of(keys[row])
            assert found is not None
            seen = to_text(found.last_seen_at) if found.last_seen_at is not None else None
            content = found._asdict() | {"device": keys[row], "last_seen_at": seen, "online": found.is_online}
            self._senses.tell("presence", keys[row], content)

    async def _announce(self, rows: _Rows) -> None:
        """Events: each silence once, of a site as a whole, and each return. A gateway's speaks for those behind it."""
        is_covered = (rows.told == Cause.NONE) | (rows.told == Cause.GATEWAY)
        by_device = np.flatnonzero((rows.cause == Cause.DEVICE) & is_covered)
        by_site = np.flatnonzero((rows.cause == Cause.SITE) & (rows.told != Cause.SITE))
        by_gateway = np.flatnonzero((rows.cause == Cause.GATEWAY) & (rows.told == Cause.NONE))
        back = np.flatnonzero((rows.state == State.ONLINE) & (rows.told != Cause.NONE))
        if not len(by_device) + len(by_site) + len(by_gateway) + len(back):
            return
        self._has_announced = True
        keys = list(rows.index)
        sites_back = set(rows.site[back[rows.told[back] == Cause.SITE]].tolist())
        devices_back = [keys[row] for row in back[rows.told[back] == Cause.DEVICE].tolist()]
        rows.told[by_device], rows.told[by_site], rows.told[back] = Cause.DEVICE, Cause.SITE, Cause.NONE
        rows.told[by_gateway] = Cause.GATEWAY
        behind = Counter(rows.gateway.tolist())
        new_sites: dict[int, int] = {}
        for site in rows.site[by_site].tolist():
            new_sites[site] = new_sites.get(site, 0) + 1
        await asyncio.to_thread(
            self._add_events,
            {keys[row]: behind[row] for row in by_device.tolist()},
            new_sites,
            dict.fromkeys(devices_back, 0),
            sites_back,
        )

    def _add_events(
        self,
        silent: Mapping[str, int],
        silent_sites: Mapping[int, int],
        back: Mapping[str, int],
        sites_back: set[int],
    ) -> None:
        """silent, back: devices, with how many others are behind each."""
        names = {site.id: "/".join(site.path) for site in self._registry.sites()} if silent_sites or sites_back else {}
        for site, count in silent_sites.items():
            name = names.get(site, str(site))
            pt, en = f"{name}: nenhum dispositivo envia mais", f"{name}: no device reports any more"
            self._add("site_silent", None, "warning", pt, en, {"site": site, "devices": count})
        for site in sites_back:
            name = names.get(site, str(site))
            self._add(
                "site_returned", None, "info", f"{name}: voltou a enviar", f"{name} reports again", {"site": site}
            )
        for kind, severity, devices, pt, en in (
            ("device_silent", "warning", silent, "parou de enviar", "has stopped reporting"),
            ("device_returned", "info", back, "voltou a enviar", "reports again"),
        ):
            if len(devices) > MAX_EVENTS_A_LOOK:
                count = len(devices)
                data = {"devices": list(devices)[:MAX_EVENTS_A_LOOK], "count": count}
                self._add(f"{kind}_many", None, severity, f"{count}: {pt}", f"{count} devices: {en}", data)
                continue
            for device, behind in devices.items():
                data = {"expected_interval_s": found.expected_interval_s} if (found := self.of(device)) else {}
                more_pt, more_en = (f"; atrás dele: {behind}", f"; behind it: {behind}") if behind else ("", "")
                self._add(kind, device, severity, f"{device} {pt}{more_pt}", f"{device} {en}{more_en}", data)

    def _add(self, kind: str, device: str | None, severity: str, pt: str, en: str, data: Mapping[str, Any]) -> None:
        self._registry.add_event(kind, device=device, severity=severity, text={"pt": pt, "en": en}, data=data)

    def _is_connected(self, device: str) -> bool | None:
        if device in self._speakers:
            return True
        return device in self._names if self._names is not None else None

    async def _follow_connections(self) -> None:
        if self._senses.names is None:
            return
        while True:
            started_at = time.monotonic()
            try:
                self._names = await self._senses.names()
            except LogUnavailable as error:
                self._names = set()
                log.debug("connections cannot be told: %s", error)
            took_s = time.monotonic() - started_at
            await asyncio.sleep(max(CONNECTIONS_EVERY_S, CONNECTIONS_SHARE * took_s))

    async def _follow(self, kept: Mapping[str, Any]) -> None:
        """Have a row for each device of the directory."""
        directory, old = self._ingest.directory, self._rows
        if directory.devices.keys() != old.index.keys() or _reborn(directory, old.directory):
            intervals = await asyncio.to_thread(self._registry.intervals)
            self._rows = self._new_rows(directory, intervals, kept)
        else:
            old.directory = directory
            old.site, old.gateway = _places(directory, old.index)

    def _new_rows(self, directory: Directory, intervals: Mapping[str, float], kept: Mapping[str, Any]) -> _Rows:
        old, keys = self._rows, list(directory.devices)
        reborn = _reborn(directory, old.directory)
        stay = [key for key in keys if key in old.index and key not in reborn]
        size, index = len(keys), {key: row for row, key in enumerate(keys)}
        seen_at, told = np.zeros(size, np.int64), np.zeros(size, np.uint8)
        interval_s, is_learnt = np.full(size, np.nan), np.zeros(size, bool)
        latest = self._telemetry.latest
        for key in set(keys).difference(stay):
            row = index[key]
            interval_s[row] = intervals.get(key, np.nan)
            series = [channel.series for channel in directory.devices[key].channels.values()]
            seen_at[row] = latest.newest_arrival(series)
            with suppress(KeyError, TypeError, ValueError):
                learnt, seen, cause = kept[key]
                if directory.is_of_another(key, int(seen)):
                    continue
                seen_at[row], told[row] = max(seen_at[row], int(seen)), Cause(cause)
                if learnt is not None:
                    interval_s[row], is_learnt[row] = float(learnt), True
        rhythm = Rhythm(interval_s, is_learnt)
        old_rows = np.array([old.index[key] for key in stay], np.int64)
        new_rows = np.array([index[key] for key in stay], np.int64)
        state, cause = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        for mine, theirs in ((seen_at, old.seen_at), (told, old.told), (state, old.state), (cause, old.cause)):
            mine[new_rows] = theirs[old_rows]
        interval_s[new_rows] = old.rhythm.interval_s[old_rows]
        rhythm.keep(old_rows, new_rows, old.rhythm)
        return _Rows(directory, index, *_places(directory, index), seen_at, told, state, cause, rhythm)

    def _save(self) -> None:
        rows = self._rows
        learnt = [
            round(interval, 3) if is_learnt else None
            for interval, is_learnt in zip(rows.rhythm.interval_s.tolist(), rows.rhythm.is_learnt.tolist(), strict=True)
        ]
        found = zip(rows.index, learnt, rows.seen_at.tolist(), rows.told.tolist(), strict=True)
        content = {key: [interval, seen_at, told] for key, interval, seen_at, told in found}
        temporary = self._path.with_suffix(".new")
        try:
            temporary.write_text(json.dumps(content, separators=(",", ":")))
            temporary.replace(self._path)
        except OSError as error:
            log.warning("what was learnt about presence is not kept: %s", error)


def _read(path: Path) -> Mapping[str, Any]:
    """Nothing when there is none, or it is damaged: it will be learnt again."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _reborn(directory: Directory, old: Directory) -> set[str]:
    """The keys that another device had before."""
    now, before = directory.devices, old.devices
    return {key for key, entry in now.items() if key in before and _is_reborn(entry, before[key])}


def _is_reborn(now: DeviceEntry, before: DeviceEntry) -> bool:
    return bool(now.since) and before.since != now.since


def _places(directory: Directory, index: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The site of each device, and the row of its gateway or -1."""
    entries = [directory.devices[key] for key in index]
    site = np.fromiter((one.site for one in entries), np.int64, len(entries))
    gateway = np.fromiter((index.get(one.gateway or "", -1) for one in entries), np.int64, len(entries))
    return site, gateway


def _no_rows() -> _Rows:
    times, codes = np.zeros(0, np.int64), np.zeros(0, np.uint8)
    return _Rows(Directory({}, {}), {}, times, times, times, codes, codes, codes, Rhythm(np.zeros(0)))


_STATE_NAMES: tuple[StateName, ...] = ("never", "online", "late", "silent")
_CAUSE_NAMES: Mapping[Cause, CauseName | None] = {
    Cause.NONE: None,
    Cause.DEVICE: "device",
    Cause.SITE: "site",
    Cause.BROKER: "broker",
    Cause.PLATFORM: "platform",
    Cause.GATEWAY: "gateway",
}
