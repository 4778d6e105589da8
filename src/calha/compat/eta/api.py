"""The API of ETA flow on a port of its own, as its collector, importer and pages know it."""

from collections.abc import Callable
from typing import Self

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from calha.compat import docs_page
from calha.compat.eta import analysis, curves, door, listing, measurements, people, place, plant, reports
from calha.compat.eta.parts import Parts
from calha.compat.ground import Ground
from calha.compat.listening import serve
from calha.compat.refusing import refused
from calha.config.compat import EtaSection
from calha.domain.errors import CalhaError, NotFound, StoreUnavailable
from calha.store.eta import EtaNumbers

ROUTERS = (
    door.router,
    curves.router,
    measurements.router,
    listing.router,
    plant.router,
    people.router,
    analysis.router,
    reports.router,
)


class EtaApi:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @classmethod
    def on(cls, section: EtaSection, ground: Ground) -> Self:
        """Raises InvalidConfiguration when its site does not exist."""
        registry = ground.registry
        site, numbers = place.site_of(section, registry).id, EtaNumbers(registry.engine)
        base = ground.accounts, ground.ingest, ground.telemetry, ground.clock
        return cls(Parts(section, site, registry, numbers, *base))

    async def run(self, beat: Callable[[], None]) -> None:
        section = self._parts.section
        await serve(self.app(), section.host, section.port, "compat.eta.port", beat)

    def app(self) -> FastAPI:
        app = FastAPI(title="ETA", docs_url=None, redoc_url=None)
        docs_page.add_to(app)
        app.state.parts = self._parts
        app.add_api_route("/", _root, methods=["GET"])
        for router in ROUTERS:
            app.include_router(router)
        app.add_exception_handler(RequestValidationError, refused)
        app.add_exception_handler(CalhaError, _failed)
        app.add_middleware(
            CORSMiddleware,
            allow_origins=self._parts.section.origins,
            allow_credentials=True,
            allow_methods=["*"],
            allow_headers=["*"],
        )
        return app


def _root() -> dict[str, str]:
    return {"msg": "api do TCC"}


async def _failed(_: Request, error: Exception) -> JSONResponse:
    """What no route expects; nothing of the database is told."""
    if isinstance(error, NotFound):
        return JSONResponse({"detail": "Not Found"}, 404)
    if isinstance(error, StoreUnavailable):
        return JSONResponse({"detail": "O banco de leituras não responde; tente de novo."}, 503, {"Retry-After": "5"})
    return JSONResponse({"detail": "Não foi possível atender."}, 400)
