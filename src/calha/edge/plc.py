"""A PLC that the gateway reads over OPC UA: what it reports goes into the outbox as messages of its device.

It is read as a hub reads one (`connectors.opcua.link`): by subscription or polling, opened again for ever. The gateway knows
no channels, so nodes are numbered by their place; what a number means for its channel is the hub's to judge.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from calha.application_certificate import application_certificate
from calha.config.edge import PlcOptions
from calha.connectors.opcua.link import Hands, Link, Wanted
from calha.connectors.opcua.outbox import Outbox
from calha.connectors.opcua.session import Target
from calha.connectors.opcua.values import Slot
from calha.domain.directory import ChannelEntry
from calha.domain.errors import ConnectionFailed
from calha.domain.link import PlcReport
from calha.domain.readings import Batch, Micros
from calha.edge.intake import EdgeIntake
from calha.edge.page_html import PlcShown
from calha.edge.pins import Pins
from calha.edge.plc_messages import message_of

TRANSPORT: Final = "opcua"
CERTIFICATE: Final = "opcua"  # its name in the folder of certificates
MAX_FAULTS: Final = 20  # nodes that are named
MAX_TROUBLE_CHARS: Final = 500


class Plc:
    def __init__(
        self, number: int, options: PlcOptions, intake: EdgeIntake, certificates: Path, clock: Callable[[], Micros]
    ) -> None:
        """number: among the PLCs of this gateway. certificates: folder in which the gateway's own is kept.

        Raises InvalidConfiguration.
        """
        self._options = options
        self._channels = list(options.channels)
        self._intake = intake
        self._pins = Pins(certificates / "plcs.json")
        self._outbox = Outbox(self._publish, self._dropped)
        own = partial(application_certificate, certificates, CERTIFICATE)
        hands = Hands(clock, own, self._trust, self._tell, intake.refuse)
        before = [clock()] * len(self._channels)  # what was told before this start, of a gap say, is not known any more
        self._link = Link(self._wanted(number), self._outbox, hands, before)

    async def run(self, beat: Callable[[], None]) -> None:
        """Read until cancelled; then hand over what is on its way."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._outbox.run())
            await self._link.run(beat)

    @property
    def report(self) -> PlcReport:
        state = self._link.state
        trouble = state.trouble if state.state != "connected" else None
        return PlcReport(
            self._options.name,
            self._options.device,
            state.state,
            state.since,
            len(self._channels),
            self._link.counts()["good"],
            state.last_value_at or 0,
            self._outbox.waiting,
            self._outbox.lost.total(),
            f"{trouble.detail[:MAX_TROUBLE_CHARS]} ({trouble.cause})" if trouble is not None else "",
        )

    def shown(self) -> PlcShown:
        faults = sorted(self._link.faults.items())[:MAX_FAULTS]
        named = {self._channels[slot]: why for slot, why in faults}
        return PlcShown(self._options.endpoint, self._link.state.mode, self.report, named)

    def _wanted(self, number: int) -> Wanted:
        options, size = self._options, len(self._channels)
        slots = [
            Slot(node, options.device, key, ChannelEntry(place, "gauge"))
            for place, (key, node) in enumerate(options.channels.items())
        ]
        target = Target(
            options.endpoint,
            options.security,
            options.user,
            options.password.get_secret_value(),
            options.trusted or self._pins.of(options.endpoint),
            options.trust_first,
        )
        return Wanted(
            number,
            options.name,
            target,
            options.interval_ms,
            options.repeat_s,
            tuple(slots),
            (float(options.interval_ms),) * size,
            (options.deadband,) * size,
        )

    async def _publish(self, batch: Batch) -> None:
        """Raises LogUnavailable."""
        message = message_of(self._options.device, self._channels, batch, TRANSPORT, self._options.name)
        await self._intake.take([message], TRANSPORT)

    def _dropped(self, batch: Batch, cause: str) -> None:
        self._intake.refuse(self._options.device, cause, len(batch))

    async def _trust(self, _: int, sha256: str) -> None:
        await asyncio.to_thread(self._pins.add, self._options.endpoint, sha256)

    async def _tell(self, _: Wanted, error: ConnectionFailed | None) -> None:
        """The link has logged it, and the hub learns it from the next report."""
