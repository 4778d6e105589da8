"""DataButcher put together: its MQTT dialect and its HTTP listener, over one picture of its machines."""

import asyncio
import logging
from collections.abc import Callable

from calha.accounts.gatekeeper import ANONYMOUS
from calha.compat.databutcher.app import DataButcherApp, Surface
from calha.compat.databutcher.dialect import DataButcherDialect
from calha.compat.databutcher.fleet import Fleet
from calha.compat.databutcher.machines import Machines
from calha.compat.databutcher.readings import Readings
from calha.compat.databutcher.records import Records
from calha.compat.databutcher.users import Users
from calha.compat.ground import Ground
from calha.compat.listening import serve
from calha.config.compat import DataButcherSection
from calha.domain.errors import InvalidConfiguration, LogUnavailable
from calha.ingest.limits import IngestLimits, MessageRate
from calha.store.databutcher.store import DataButcherStore

log = logging.getLogger(__name__)

FOLLOW_S = 0.5


class DataButcher:
    def __init__(self, section: DataButcherSection, ground: Ground) -> None:
        if section.pages is not None and not section.pages.is_dir():
            raise InvalidConfiguration(f"compat.databutcher.pages = {section.pages}: there is no such folder")
        self._section = section
        self._ground = ground
        store = DataButcherStore(ground.registry.engine)
        telemetry, ingest, clock = ground.telemetry, ground.ingest, ground.clock
        most = section.max_devices if section.anonymous else 0
        self._fleet = Fleet(store, ground.registry, ingest, telemetry, ground.listens, clock, most)
        limits = IngestLimits(messages_per_s=section.messages_per_s, burst_messages=section.burst_messages)
        rate = MessageRate(limits)
        self.dialect = DataButcherDialect(
            self._fleet, ground.commands, rate, clock, section.anonymous, section.max_devices
        )
        self._app = DataButcherApp(
            Surface(section.received_status, section.pages, ground.address),
            Users(ground.accounts, store, section.registration, section.password_chars),
            Machines(self._fleet, ground.accounts, ground.claims, ground.commands),
            Readings(self._fleet, ground.accounts, ingest, telemetry, rate, clock, section.anonymous),
            Records(self._fleet, ground.registry, clock),
        )

    async def listen(self, beat: Callable[[], None]) -> None:
        section = self._section
        await serve(self._app.asgi(), section.host, section.port, "compat.databutcher.port", beat)

    async def follow(self, beat: Callable[[], None]) -> None:
        """Take over what changes in the registry."""
        admitted = set(self.dialect.open_machines())
        while True:
            beat()
            await self._fleet.refresh()
            admitted = await self._renewed(admitted)
            await asyncio.sleep(FOLLOW_S)

    async def _renewed(self, admitted: set[str]) -> set[str]:
        """The machines for which those without a proof may speak: they come again when one is no longer among these, and a
        machine that was refused as unknown comes again when it is.
        """
        now = set(self.dialect.open_machines())
        if now == admitted:
            return admitted
        try:
            await self._ground.renew(ANONYMOUS, now > admitted)
        except LogUnavailable as error:
            log.debug("machines without a credential are let in anew later: %s", error)
            return admitted
        return now
