"""DataButcher's machines as devices of Calha: which code is which device, what state it is in, whether it is there.

A machine is there when it has said so within 45 s, which its newest heartbeat tells also after a restart. One whose program
never says so, as the original's own sketch, is there while somebody listens to its commands.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from calha.compat.databutcher import PREFIX, PROFILE
from calha.compat.databutcher.ids import CODE, code_of
from calha.domain.directory import DeviceEntry
from calha.domain.errors import Conflict, LogUnavailable
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US
from calha.ingest.service import Ingest
from calha.store.databutcher.store import DEFAULTS, DataButcherStore, MachineRow, Settings
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

OFFLINE_AFTER_US = 45 * SECOND_US
MAX_SERIAL_CHARS = 64
STATE, HEARTBEAT = "state", "heartbeat"
HEARTBEAT_NAME = {"pt": "Sinal de vida", "en": "Heartbeat"}
RUNNING_CODE = 1.0
RUNNING, STOPPED = "iniciada", "parada"

Listens = Callable[[str], Awaitable[bool]]


_IN_TOPICS = re.compile(r"[^\s/+#*>$]{1,64}")


def commands_topic(name: str) -> str:
    return f"maquinas/{name}/comandos"


def topic_name(machine: MachineRow) -> str:
    """As its program calls the machine in topics: its own text where a topic can have it, else its code."""
    text = machine.serial or ""
    is_own = not CODE.fullmatch(text) and code_of(text) == machine.code
    return text if is_own and _IN_TOPICS.fullmatch(text) else machine.code


class Fleet:
    """most: how many machines may be registered by being heard. listens: whether somebody is subscribed to a topic."""

    def __init__(
        self,
        store: DataButcherStore,
        registry: Registry,
        ingest: Ingest,
        telemetry: Telemetry,
        listens: Listens,
        clock: Callable[[], Micros],
        most: int,
    ) -> None:
        self.store = store
        self._registry = registry
        self._ingest = ingest
        self._telemetry = telemetry
        self._listens = listens
        self._clock = clock
        self._most = most
        self._by_code: Mapping[str, MachineRow] = {}
        self._by_device: Mapping[str, MachineRow] = {}
        self._version = -1
        self._heard_at: dict[str, Micros] = {}
        self._adding = asyncio.Lock()

    async def refresh(self) -> None:
        """Take over what is registered now, if anything has changed."""
        version = self._ingest.directory.version
        if version != self._version:
            await self.reload()
            self._version = version

    async def reload(self) -> None:
        machines = await asyncio.to_thread(self.store.machines)
        self._by_code, self._by_device = machines, {row.device: row for row in machines.values()}

    def machines(self) -> Mapping[str, MachineRow]:
        """All of them, by code."""
        return self._by_code

    async def find(self, given: object) -> MachineRow | None:
        code = code_of(given)
        await self.refresh()
        return self._by_code.get(code) if code is not None else None

    def of_device(self, device: str) -> MachineRow | None:
        return self._by_device.get(device)

    def entry(self, machine: MachineRow) -> DeviceEntry | None:
        return self._ingest.directory.devices.get(machine.device)

    async def add(self, text: str) -> MachineRow | None:
        """Register a machine by what it calls itself, heard for the first time; None when there are too many."""
        async with self._adding:
            if (known := await self.find(text)) is not None:
                return known
            if len(self._by_code) >= self._most:
                self._ingest.refuse("", "too_many_devices")
                return None
            await asyncio.to_thread(register_heard, self._registry, self.store, text)
            await self._ingest.refresh()
            return await self.find(text)

    async def set_up(self, machine: MachineRow, settings: Settings, reset_at: Micros | None = None) -> None:
        """Remember with what it is started, or that it was reset."""
        if settings != machine.settings or reset_at is not None:
            await asyncio.to_thread(self.store.set_up, machine.code, settings, reset_at)
            await self.reload()

    # -- what it does now

    def hear(self, machine: MachineRow, at: Micros) -> None:
        """Note a heartbeat that is on its way to the store."""
        if machine.code in self._by_code:
            self._heard_at[machine.code] = max(at, self._heard_at.get(machine.code, 0))

    def status(self, machine: MachineRow) -> str:
        """What the machine said last, since it was reset."""
        series, latest = self._series(machine, STATE), self._telemetry.latest
        if series is None or not latest.has_any([series]) or latest.arrived_at[series] <= machine.reset_at:
            return STOPPED
        return RUNNING if latest.value[series] == RUNNING_CODE else STOPPED

    async def is_there(self, machine: MachineRow) -> bool:
        heard_at = self.heard_at(machine)
        if heard_at:
            return self._clock() - heard_at <= OFFLINE_AFTER_US
        try:
            return await self._listens(commands_topic(topic_name(machine)))
        except LogUnavailable:
            return False

    def heard_at(self, machine: MachineRow) -> Micros:
        """When its newest heartbeat came; 0 if it never had one."""
        series = self._series(machine, HEARTBEAT)
        stored = self._telemetry.latest.newest_arrival([series]) if series is not None else 0
        return max(stored, self._heard_at.get(machine.code, 0))

    def _series(self, machine: MachineRow, channel: str) -> int | None:
        entry = self.entry(machine)
        found = entry.channels.get(channel) if entry is not None else None
        return found.series if found is not None else None


def register(
    registry: Registry,
    store: DataButcherStore,
    code: str,
    name: str = "",
    maker: str = "",
    model: str = "",
    site_id: int | None = None,
    device: str | None = None,
) -> MachineRow:
    """Give a device the code; a new one, unless it is told which. Raises NotFound, Conflict (code, no room)."""
    key = device or f"{PREFIX}{code}"
    if device is None:
        title = name or " ".join(part for part in (maker, model) if part)
        make_device(registry, key, title or code, site_id)
    else:
        _add_heartbeat(registry, key)
    row = MachineRow(code, key, maker, model, DEFAULTS)
    store.add_machine(row)
    return row


def register_heard(registry: Registry, store: DataButcherStore, text: str) -> MachineRow:
    """Register a machine by what it calls itself, which is its name and, as far as there is room, its serial number."""
    code = code_of(text)
    assert code is not None, f"{text!r} is no name of a machine"
    key = f"{PREFIX}{code}"
    make_device(registry, key, text, serial=text if code != text and len(text) <= MAX_SERIAL_CHARS else None)
    return register(registry, store, code, device=key)


def make_device(registry: Registry, key: str, name: str, site_id: int | None = None, serial: str | None = None) -> None:
    """Have the device of a machine; nothing changes if there is one. Raises NotFound (site)."""
    if key not in registry.devices_named([key]):
        site = site_id if site_id is not None else registry.first_site().id
        registry.create_device(key, PROFILE, site, name=name[:100], serial=serial)
    _add_heartbeat(registry, key)


def _add_heartbeat(registry: Registry, device: str) -> None:
    """Have a channel for the signs of life, by which one knows after a restart, too, when the last one came."""
    registry.discover(device, [HEARTBEAT])
    if HEARTBEAT not in {channel.key for channel in registry.device(device).channels}:
        raise Conflict(f"the profile of {device} has no room for another channel, {HEARTBEAT}")
    registry.update_channel(device, HEARTBEAT, name=HEARTBEAT_NAME, precision=0)
