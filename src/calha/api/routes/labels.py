"""Labels for devices, as PDF."""

import asyncio
from typing import Annotated, Any

from fastapi import Header, Request
from starlette.responses import Response

from calha.api.access import Caller, Configures
from calha.api.addresses import public_url
from calha.api.routing import api_router
from calha.api.schemas_onboarding import NewLabels
from calha.api.services import Here
from calha.domain.access import Permission
from calha.domain.claim_codes import grouped
from calha.domain.errors import NotFound
from calha.reports.labels import Label, LabelLanguage, labels_pdf

router = api_router("labels", "/labels")

PDF = "application/pdf"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}, "description": "The labels."}
}


@router.post("", response_class=Response, responses=_ANSWERS)
async def print_labels(
    new: NewLabels,
    services: Here,
    caller: Configures,
    request: Request,
    accept_language: Annotated[str, Header(examples=["pt-BR"])] = "pt-BR",
) -> Response:
    """Labels with the claim codes of devices, in the order in which they are named."""
    devices = list(dict.fromkeys(new.devices))
    for key in devices:
        _require(caller, key)
    labels = await asyncio.to_thread(_labels, caller, devices, public_url(services.settings, request))
    language = new.language or _preferred(accept_language)
    pdf = await asyncio.to_thread(labels_pdf, labels, new.format, language, new.skip)
    await caller.note("labels.printed", f"{len(devices)} devices", after={"devices": devices[:100]})
    headers = {"Content-Disposition": 'attachment; filename="calha-labels.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type=PDF, headers=headers)


def _require(caller: Caller, key: str) -> None:
    site = caller.services.ingest.directory.site_of(key)
    if site is None or not caller.may(Permission.VIEW, site):
        raise NotFound(f"there is no device {key!r}", "unknown_device", device=key)
    caller.require(Permission.CONFIGURE, site)


def _labels(caller: Caller, devices: list[str], address: str) -> list[Label]:
    rows = caller.services.registry.devices_named(devices)
    codes = caller.accounts.ownerships.codes(devices)
    return [
        Label(rows[key].name, key, rows[key].serial, grouped(codes[key]), f"{address}/claim#{grouped(codes[key])}")
        for key in devices
    ]


def _preferred(accept_language: str) -> LabelLanguage:
    """The first of our languages that a browser names; Portuguese when it names none."""
    for one in accept_language.lower().split(","):
        if one.strip().startswith("en"):
            return "en"
        if one.strip().startswith("pt"):
            return "pt-BR"
    return "pt-BR"
