"""What the routes need. One object, made by `app`, reached by `Depends`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request, WebSocket

from calha.accounts.accounts import Accounts
from calha.accounts.claims import Claims
from calha.accounts.provisioning import Provisioning
from calha.api.live_signal import LiveSignal
from calha.api.shared_work import SharedWork
from calha.commands.service import Commands
from calha.config.settings import Settings
from calha.connectors.opcua.service import OpcUa
from calha.domain.readings import Micros
from calha.ingest.gateways import GatewayState
from calha.ingest.presence import PresenceWatch
from calha.ingest.service import Ingest
from calha.ingest.transfer import Transfer
from calha.log.quarantine import Quarantine
from calha.metering.billing_run import BillingRuns
from calha.metering.books import Billing
from calha.metering.metering import Metering
from calha.reports.runs import ReportRuns
from calha.store.dashboards import Dashboards
from calha.store.explore import Annotations, SavedViews
from calha.store.registry import Registry
from calha.store.registry.finding import Finder
from calha.store.telemetry import Telemetry
from calha.watch.alarms.service import AlarmWatch
from calha.watch.anomalies import Anomalies
from calha.watch.notify.service import Notifier


@dataclass(frozen=True)
class Services:
    settings: Settings
    registry: Registry
    finder: Finder
    accounts: Accounts
    claims: Claims
    provisioning: Provisioning
    commands: Commands
    telemetry: Telemetry
    ingest: Ingest
    presence: PresenceWatch
    opcua: OpcUa
    transfer: Transfer
    quarantine: Quarantine
    metering: Metering
    billing: Billing
    billing_runs: BillingRuns
    alarms: AlarmWatch
    reports: ReportRuns
    anomalies: Anomalies
    dashboards: Dashboards
    annotations: Annotations
    views: SavedViews
    notifier: Notifier
    live: LiveSignal
    status: Callable[[], Awaitable[dict[str, Any]]]
    backup: Callable[[str], Awaitable[dict[str, Any]]]
    gateways: Callable[[], Mapping[str, GatewayState]]
    """What is known of gateways since the start, by device."""
    disconnect: Callable[[str], Awaitable[int]]
    """Close the open connections of a device; how many there were."""
    disconnect_key: Callable[[int], Awaitable[None]]
    """Close the MQTT connections that an API key has opened."""
    clock: Callable[[], Micros]
    work: Callable[[str, Callable[[], object]], None]
    """Start long work by its name, in a thread."""
    counting: SharedWork = field(default_factory=SharedWork)
    """Of all meters of a site."""
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who changes what is edited as a whole."""

    def zone_of(self, device: str) -> str:
        """The name of the time zone of where a device stands; the installation's for one that is not registered."""
        return self.ingest.directory.zone_of(device) or self.settings.registry.zone


def _of_request(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def of_websocket(websocket: WebSocket) -> Services:
    services: Services = websocket.app.state.services
    return services


Here = Annotated[Services, Depends(_of_request)]
