"""How Calha is doing: for people, for probes, for Prometheus."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from calha import certificates
from calha.api.access import Anybody, Views, ViewsAll
from calha.api.metrics import exposition
from calha.api.schemas import Status
from calha.api.services import Here
from calha.domain.errors import NotFound

router = APIRouter(tags=["status"])
probes = APIRouter(tags=["status"])


@router.get("/status")
async def status(services: Here, caller: Views) -> Status:
    """Durability promise, log, store, tasks, counters, addresses and warnings; connections of the caller's sites only."""
    report, sites = await services.status(), caller.reach().sites
    for name in ("connections", "warnings"):
        report[name] = [one for one in report[name] if one.get("site_id") is None or one["site_id"] in sites]
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
