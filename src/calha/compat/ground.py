"""What a replaced system stands on: the services of this Calha."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calha.accounts.accounts import Accounts
from calha.accounts.claims import Claims
from calha.commands.service import Commands
from calha.commands.ways import Carrier
from calha.domain.readings import Micros
from calha.ingest.service import Ingest
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

Newer = Callable[[int, float], Awaitable[bool]]


@dataclass(frozen=True)
class Ground:
    """newer: whether something beyond a log sequence is stored within so many seconds. address: of Calha's own app.

    carry: makes a carrier known, so that commands take its way too.
    listens: whether somebody is subscribed to an MQTT topic of the dialects. renew: has those come again over MQTT who were
    admitted under a name, all or only those who listen to nothing. Both raise LogUnavailable.
    """

    registry: Registry
    accounts: Accounts
    claims: Claims
    ingest: Ingest
    telemetry: Telemetry
    commands: Commands
    clock: Callable[[], Micros]
    newer: Newer
    carry: Callable[[Carrier], None]
    listens: Callable[[str], Awaitable[bool]]
    renew: Callable[[str, bool], Awaitable[int]]
    address: str
