"""Commands wired to the parts that carry, show and record them."""

from collections.abc import Callable, Sequence

from calha.api.live_signal import LiveSignal
from calha.api.routes.commands import as_news
from calha.commands import record
from calha.commands.service import Commands, Shown
from calha.commands.ways import Carrier, Ways
from calha.domain.dialects import HOME, Dialect
from calha.domain.profiles import Profile
from calha.domain.readings import Micros
from calha.ingest.presence import PresenceWatch
from calha.ingest.service import Ingest
from calha.log import mqtt_sink
from calha.log.connection import Connection
from calha.log.doorman import Doorman
from calha.log.shards import shard_of
from calha.store.accounts import AuditLog
from calha.store.accounts.commands import CommandRow, CommandStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry


class Commanding:
    """carriers, presence, dialects: added once they are there, which themselves need the commands or the connections."""

    def __init__(
        self,
        registry: Registry,
        audit: AuditLog,
        telemetry: Telemetry,
        ingest: Ingest,
        live: LiveSignal,
        shards: Sequence[Connection],
        doorman: Doorman | None,
        clock: Callable[[], Micros],
    ) -> None:
        self._registry = registry
        self._audit = audit
        self._telemetry = telemetry
        self._ingest = ingest
        self._live = live
        self._shards = shards
        self._doorman = doorman
        self.carriers: list[Carrier] = []
        self.presence: PresenceWatch | None = None
        self.dialects: Sequence[Dialect] = ()
        ways = Ways(self._call, self._mail, self._recall, self.is_connected, self._is_online, self._last_seen)
        store = CommandStore(registry.engine)
        self.commands = Commands(store, self._profile, ways, self._shown, self._told, clock)

    def _profile(self, device: str) -> Profile:
        return self._registry.profile(self._registry.device(device).profile)

    def _call(self, device: str, order: bytes) -> bool:
        return any(carrier.call(device, order) for carrier in self.carriers)

    async def _mail(self, device: str, order: bytes) -> int | None:
        dialect = self._dialect(device)
        if dialect is None:
            return await mqtt_sink.send(self._shard(device), f"calha/v1/{device}/commands", order)
        speech = await dialect.say(device, order)
        return await mqtt_sink.send(self._shard(device), *speech, to_qos_0=True) if speech is not None else None

    async def _recall(self, device: str, seq: int) -> None:
        await mqtt_sink.recall(self._shard(device), seq)

    def speakers(self) -> set[str]:
        """The devices that are connected to a carrier."""
        return {device for carrier in self.carriers for device in carrier.speakers()}

    async def disconnect(self, device: str) -> int:
        """Close a device's connections to carriers; how many there were."""
        return sum([await carrier.disconnect(device) for carrier in self.carriers])

    async def is_connected(self, device: str) -> bool:
        """Whether a device holds a TCP or MQTT connection at this moment. Raises LogUnavailable."""
        if any(carrier.is_connected(device) for carrier in self.carriers):
            return True
        return self._doorman is not None and await self._doorman.is_connected(device)

    async def _is_online(self, device: str) -> bool:
        dialect = self._dialect(device)
        if dialect is not None:
            return await dialect.is_there(device)
        return self.presence is not None and await self.presence.is_online(device)

    def _last_seen(self, device: str) -> Micros | None:
        """From the last message, or from the newest reading, which survives a restart."""
        last, entry = self._ingest.last_message(device), self._ingest.directory.devices.get(device)
        if last is not None:
            return last.message.arrived_at
        arrived_at = self._telemetry.latest.arrived_at
        series = {channel.series for channel in entry.channels.values()} if entry is not None else set()
        return max((int(arrived_at[one]) for one in series if one < len(arrived_at)), default=0) or None

    def _shown(self, device: str, channel: str) -> Shown | None:
        entry, latest = self._ingest.directory.devices.get(device), self._telemetry.latest
        found = entry.channels.get(channel) if entry is not None else None
        if found is None or found.series >= len(latest.at) or not latest.arrived_at[found.series]:
            return None
        return Shown(float(latest.value[found.series]), int(latest.arrived_at[found.series]))

    async def _told(self, row: CommandRow) -> None:
        self._live.tell("command", row.device, as_news(row))
        await record.write(self._registry, self._audit, row)

    def _dialect(self, device: str) -> Dialect | None:
        return next((dialect for dialect in self.dialects if dialect.knows(device)), None)

    def _shard(self, device: str) -> Connection:
        home = device if self._dialect(device) is None else HOME
        return self._shards[shard_of(home, len(self._shards))]
