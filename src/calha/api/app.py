"""The FastAPI application: routes under /api/v1, probes at the root, the web app elsewhere."""

from urllib.parse import urlsplit

from fastapi import FastAPI

from calha import __version__
from calha.api import docs, examples, files, invalid_requests, problems
from calha.api.conditional import ConditionalGet
from calha.api.hosts import OwnNames
from calha.api.routes import (
    account,
    acknowledgements,
    alarm_rules,
    alarms,
    analyses,
    annotations,
    anomalies,
    balances,
    billing,
    bulk,
    claims,
    cleanings,
    commands,
    connection_nodes,
    connections,
    consumption,
    customers,
    dashboard_files,
    dashboard_prints,
    dashboards,
    databutcher,
    devices,
    energy_credits,
    eta,
    events,
    explore,
    flumes,
    forecasts,
    gateways,
    hidrometro,
    invoices,
    labels,
    live,
    machines,
    message_templates,
    notifications,
    open_credits,
    people,
    pix_webhook,
    presence,
    profiles,
    provisioning,
    quarantine,
    readings,
    registers,
    reports,
    search,
    session,
    shared_dashboards,
    sites,
    statistics,
    status,
    supplies,
    tariffs,
    teams,
    telemetry,
    timeline,
    touched,
    transfer,
    validation,
    views,
    water_meters,
)
from calha.api.routing import API_PREFIX, take_over
from calha.api.services import Services

ROUTERS = (
    session.router,
    account.router,
    people.router,
    sites.router,
    customers.router,
    tariffs.router,
    invoices.router,
    touched.router,
    billing.router,
    forecasts.router,
    energy_credits.router,
    open_credits.router,
    pix_webhook.router,
    claims.router,
    commands.router,
    labels.router,
    bulk.router,
    provisioning.router,
    presence.router,
    connections.router,
    eta.router,
    connection_nodes.router,
    devices.router,
    gateways.router,
    profiles.router,
    readings.router,
    explore.router,
    statistics.router,
    annotations.router,
    views.router,
    consumption.router,
    registers.router,
    validation.router,
    alarms.router,
    alarm_rules.router,
    balances.router,
    flumes.router,
    reports.router,
    dashboards.router,
    dashboard_files.router,
    dashboard_prints.router,
    shared_dashboards.router,
    anomalies.router,
    timeline.router,
    analyses.router,
    cleanings.router,
    machines.router,
    supplies.router,
    water_meters.router,
    telemetry.router,
    quarantine.router,
    search.router,
    live.router,
    events.router,
    notifications.router,
    teams.router,
    message_templates.router,
    status.router,
    transfer.router,
    databutcher.router,
    hidrometro.router,
)


def create_app(services: Services | None) -> FastAPI:
    """The application over `services`; None makes one that can only describe itself (OpenAPI)."""
    app = FastAPI(
        title="Calha",
        version=__version__,
        summary="Telemetry: every acknowledged reading is on disk",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        separate_input_output_schemas=False,
    )
    app.state.services = services
    app.add_middleware(ConditionalGet)
    if services is not None:
        public = urlsplit(services.settings.http.public_url).hostname
        app.add_middleware(OwnNames, names=[*services.settings.http.names, *([public] if public else [])])
    assert all(router.prefix.startswith(API_PREFIX) for router in ROUTERS), "make it with calha.api.routing.api_router"
    for router in (*ROUTERS, status.probes, acknowledgements.pages):
        take_over(app, router)
    problems.add_to(app)
    invalid_requests.add_to(app)
    docs.add_to(app)
    files.add_to(app)
    examples.add_to(app)
    return app
