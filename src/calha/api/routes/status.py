"""How Calha is doing: for people, for probes, for Prometheus."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from calha import certificates
from calha.api.access import Anybody, Views, ViewsAll
from calha.api.metrics import exposition
from calha.api.routing import api_router
from calha.api.schemas import Status
from calha.api.services import Here
from calha.api.status import narrowed
from calha.domain.errors import NotFound

router = api_router("status")
probes = APIRouter(tags=["status"])


@router.get("/status")
async def status(services: Here, caller: Views) -> Status:
    """Durability promise, log, store, tasks, counters, addresses and warnings; of sites and devices the caller's only."""
    report, reach = await services.status(), caller.reach()
    if not reach.is_everything:
        devices = services.ingest.directory.devices
        seen = {key for key, entry in devices.items() if entry.site in reach.sites}
        report = narrowed(report, reach.sites.__contains__, seen.__contains__)
    return Status.model_validate(report)


@router.get("/tls/authority", response_class=PlainTextResponse)
def read_authority(services: Here, _: Anybody) -> PlainTextResponse:
    """The certificate (PEM) of the local authority, which browsers and devices have to trust."""
    path = services.settings.data.folder / certificates.FOLDER / "ca.pem"
    if not path.exists():
        raise NotFound("there is no local authority: TLS is off, or uses a certificate of your own", "no_authority")
    return PlainTextResponse(path.read_text(), media_type="application/x-pem-file")


@probes.get("/healthz")
async def healthy(_: Anybody) -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@probes.get("/readyz", responses={503: {"description": "Not ready; `reasons` says why."}})
async def ready(services: Here, _: Anybody) -> Response:
    """Readings are taken and stored."""
    report = await services.status()
    blocking = {"log_unavailable", "store_unavailable"}
    reasons = [warning["text"]["en"] for warning in report["warnings"] if warning["code"] in blocking]
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@probes.get("/metrics", response_class=PlainTextResponse)
async def metrics(services: Here, _: ViewsAll) -> PlainTextResponse:
    """Prometheus text format."""
    return PlainTextResponse(exposition(await services.status()), media_type="text/plain; version=0.0.4")
