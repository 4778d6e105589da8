"""What people write down about a machine: events of its device, which Calha's own app shows as well.

The pages put the text into their HTML as it comes; so it goes to them escaped, and means there what was written.
"""

import asyncio
import html
from collections.abc import Callable
from typing import Any

from calha.compat.databutcher.fleet import Fleet
from calha.compat.databutcher.ids import new_id
from calha.compat.databutcher.users import User
from calha.compat.databutcher.wire import Fault
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.databutcher.store import MachineRow
from calha.store.registry import Registry

KIND = "manual_log"
MAX_CHARS = 4_000
MAX_TOLD = 500


class Records:
    def __init__(self, fleet: Fleet, registry: Registry, clock: Callable[[], Micros]) -> None:
        self._fleet = fleet
        self._registry = registry
        self._clock = clock

    async def add(self, user: User, machine: MachineRow, text: object) -> tuple[str, str]:
        """(id, local time) of what is kept now. Raises Fault."""
        if not isinstance(text, str) or len(text) > MAX_CHARS:
            raise Fault(400, f"Campo descricao é um texto de até {MAX_CHARS} caracteres")
        record_id, at = new_id(), self._clock()
        await asyncio.to_thread(add, self._registry, machine.device, text, at, record_id, user.principal.name)
        return record_id, self._local(machine, at)

    async def newest(self, machine: MachineRow, since: Micros) -> list[dict[str, Any]]:
        """At most MAX_TOLD, newest first; none from before `since`."""
        page = await asyncio.to_thread(lambda: self._registry.events(limit=MAX_TOLD, device=machine.device, kind=KIND))
        seen = [event for event in page.items if event.data["at"] >= since]
        return [
            {
                "registro_id": event.data["id"],
                "descricao": html.escape(event.text["pt"], quote=False),
                "timestamp": self._local(machine, event.data["at"]),
            }
            for event in sorted(seen, key=lambda event: int(event.data["at"]), reverse=True)
        ]

    def _local(self, machine: MachineRow, at: Micros) -> str:
        """As a clock on the machine's wall shows it, without a zone."""
        entry = self._fleet.entry(machine)
        zone = entry.zone if entry is not None else None
        return to_datetime(at).astimezone(zone).replace(tzinfo=None).isoformat()


def ids_of(registry: Registry, device: str) -> set[str]:
    """The ids of all records of a device."""
    found: set[str] = set()
    after: int | None = None
    while True:
        page = registry.events(after=after, limit=MAX_TOLD, device=device, kind=KIND)
        found |= {event.data["id"] for event in page.items}
        if page.next is None:
            return found
        after = int(page.next)


def add(registry: Registry, device: str, text: str, at: Micros, record_id: str, by: str) -> None:
    """Keep a record; the time in its data is to the µs, which not every database keeps in its own."""
    clean = text.replace("\0", "")
    about = {"id": record_id, "by": by, "at": at}
    registry.add_event(KIND, device=device, text={"pt": clean, "en": clean}, data=about, at=to_datetime(at))
