"""Reports as the configuration wants them: where their files lie, and where they may go."""

from collections.abc import Callable

from calha.config.settings import Settings, address_of
from calha.domain.readings import Micros
from calha.mail import PostOffice
from calha.metering.metering import Metering
from calha.reports.delivery import Delivery
from calha.reports.kinds import Ground
from calha.reports.runs import ReportRuns
from calha.store.alarms import AlarmStore
from calha.store.anomalies import AnomalyStore
from calha.store.registry import Registry
from calha.store.reports import ReportHistory, SavedReports
from calha.store.telemetry import Telemetry

FOLDER = "reports"


def report_runs(
    settings: Settings,
    registry: Registry,
    telemetry: Telemetry,
    metering: Metering,
    post: PostOffice | None,
    clock: Callable[[], Micros],
    evidence_key: bytes,
) -> ReportRuns:
    """Runs over the stores; what was under way when the process ended is told as stopped."""
    engine = registry.engine
    address = settings.http.public_url or address_of(settings)
    delivery = Delivery(post.post if post is not None else None, settings.reports.folder, address)
    runs = ReportRuns(
        Ground(registry, telemetry, metering, AlarmStore(engine), AnomalyStore(engine), clock, evidence_key),
        ReportHistory(engine),
        SavedReports(engine),
        delivery,
        settings.data.folder / FOLDER,
        settings.reports.keep_days,
    )
    runs.end_broken()
    return runs
