"""Who has read whose consumption: written into the audit log, once an hour, reader and device (LGPD Art. 37).

A curve is somebody's when the device is his now, or when he paid for it by a contract within the time that is read. Nobody is
written down for reading his own, nor a program of this machine.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from calha.api.access import Caller
from calha.domain.readings import Micros
from calha.domain.times import to_datetime, to_text

DAY = timedelta(days=1)  # a contract's days are those of its site; a day more on either side does no harm


async def note_curve_reads(caller: Caller, devices: Sequence[str], since: Micros, until: Micros) -> None:
    """Somebody reads what these devices measured from `since` until before `until`."""
    if caller.principal.kind == "local":
        return
    since, until = max(since, 0), min(until, caller.services.clock())
    window = {"from": to_text(since), "to": to_text(until)}
    whose = await asyncio.to_thread(lambda: list(_whose(caller, devices, since, until)))
    for device, somebody in whose:
        if caller.accounts.door.is_first_read(caller.principal, f"{device} {somebody}"):
            await caller.note("curve.read", f"device {device}", after=window | {"owner": somebody})


def _whose(caller: Caller, devices: Sequence[str], since: Micros, until: Micros) -> Iterator[tuple[str, str]]:
    """(device, whose it is) as far as it is not the reader's own."""
    principal, door = caller.principal, caller.accounts.door
    reader = principal.id if principal.kind == "person" else None
    for device in devices:
        owner = door.owner_of(device)
        if owner is not None and owner != reader:
            yield device, f"person {owner}"
    first, last = to_datetime(since).date() - DAY, to_datetime(until).date() + DAY
    for device, customer, person in caller.services.billing.customers.payers(devices, first, last):
        if person is None:
            yield device, f"customer {customer}"
        elif person not in (reader, door.owner_of(device)):
            yield device, f"person {person}"
