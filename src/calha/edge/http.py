"""Telemetry over HTTP at a gateway: the same two routes as at the hub, answered when the outbox has the message on disk.

A device shows its own secret (Authorization: Bearer, or X-API-Key). Only anonymous devices, where they are allowed, need none.
"""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calha.accounts.gatekeeper import Proofs
from calha.api import problems
from calha.api.bodies import read_body
from calha.api.receipts import answer
from calha.domain.access import Principal
from calha.domain.errors import Forbidden, LogFull, LogUnavailable, NotSignedIn
from calha.edge.intake import EdgeIntake
from calha.ingest.limits import IngestLimits


class Telemetry:
    def __init__(self, intake: EdgeIntake, proofs: Proofs, limits: IngestLimits, anonymous: bool) -> None:
        self._intake = intake
        self._proofs = proofs
        self._limits = limits
        self._anonymous = anonymous

    def app(self) -> Starlette:
        app = Starlette(
            routes=[
                Route("/api/v1/telemetry", self._send, methods=["POST"]),
                Route("/api/v1/telemetry/{device}", self._send, methods=["POST"]),
                Route("/healthz", _healthy),
                Route("/readyz", _healthy),
            ]
        )
        problems.add_to(app)
        return app

    async def _send(self, request: Request) -> Response:
        device = request.path_params.get("device")
        speaker = await self._speaker(request)
        body = await read_body(
            request, self._limits.payload_bytes, f"at most {self._limits.payload_bytes} bytes are taken"
        )
        content_type = request.headers.get("content-type", "application/json")
        encoding = request.headers.get("content-encoding", "").strip().lower()
        named = (
            {device} if device else await asyncio.to_thread(self._intake.devices_named, body, content_type, encoding)
        )
        _require_own(speaker, named)
        try:
            return answer(await self._intake.submit(device, body, content_type, encoding), request)
        except LogUnavailable as error:
            self._intake.refuse(device or "", "log_full" if isinstance(error, LogFull) else "log_unavailable")
            raise

    async def _speaker(self, request: Request) -> Principal | None:
        """Who has sent a request; None for an anonymous device. Raises NotSignedIn."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            token = request.headers.get("x-api-key", "")
        if token:
            return await asyncio.to_thread(self._proofs.by_token, token.strip())
        if self._anonymous:
            return None
        raise NotSignedIn("give the secret of a device as Authorization: Bearer …")


def _require_own(speaker: Principal | None, devices: set[str]) -> None:
    """Raises Forbidden for readings of a device for which the speaker may not send."""
    foreign = sorted(devices - {speaker.device}) if speaker is not None else []
    if speaker is not None and foreign:
        raise Forbidden(f"{speaker.name} may not send readings of {foreign[0]!r}; nothing was taken")


async def _healthy(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
