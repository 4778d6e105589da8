"""What a replaced system stands on: the services of this Calha."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calha.accounts.accounts import Accounts
from calha.commands.service import Commands
from calha.commands.ways import Carrier
from calha.domain.readings import Micros
from calha.ingest.service import Ingest
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

Newer = Callable[[int, float], Awaitable[bool]]


@dataclass(frozen=True)
class Ground:
    """newer: whether something beyond a log sequence is stored within so many seconds.

    carry: makes a carrier known, so that commands take its way too.
    """

    registry: Registry
    accounts: Accounts
    ingest: Ingest
    telemetry: Telemetry
    commands: Commands
    clock: Callable[[], Micros]
    newer: Newer
    carry: Callable[[Carrier], None]
